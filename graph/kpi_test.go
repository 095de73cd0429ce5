package graph_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

const coordinatorKpis = `query($from: Date!, $to: Date!, $zone: String, $of: ID) {
	coordinatorKpis(window: {from: $from, to: $to, timeZone: $zone}, coordinatorId: $of) {
		funnel { stage count conversion rows(first: 100) { totalCount nodes { id } } }
		enrollmentCycle { count p50Hours p90Hours rows(first: 100) { nodes { id } } }
		timeToTherapy { count p50Hours p90Hours rows(first: 100) { nodes { id } } }
		consentTurnaround { count p50Hours p90Hours rows(first: 100) { nodes { id } } }
		consentRefusal { numerator denominator value rows(first: 100) { nodes { id } } refused: rows(part: NUMERATOR, first: 100) { nodes { id } } }
		verificationTurnaround { count p50Hours p90Hours rows(first: 100) { nodes { id } } }
		verificationFirstPass { numerator denominator value rows(first: 100) { nodes { id } } met: rows(part: NUMERATOR, first: 100) { nodes { id } } }
		reverificationOnTime { numerator denominator value rows(first: 100) { nodes { id } } met: rows(part: NUMERATOR, first: 100) { nodes { id } } }
	}
}`

// pastEnrollment and pastConsent are what a history knows.
type (
	pastEnrollment struct {
		id, patient, program  uuid.UUID
		coordinator           string
		referred              time.Time
		eligible              bool
		consented, activated  *time.Time
		firstFill, secondFill *time.Time
	}
	pastConsent struct {
		id, patient uuid.UUID
		program     *uuid.UUID
		status      code.ConsentStatus
		asked       *time.Time
		captured    time.Time
	}
	// pastVerification was asked for the enrollment, or by the coordinator for none; its last attempt was answered then.
	pastVerification struct {
		id          uuid.UUID
		enrollment  *pastEnrollment
		coordinator string
		status      code.VerificationStatus
		submitted   time.Time
		answered    *time.Time
		attempt     int
		until       *time.Time
		supersedes  *pastVerification
	}
	past struct {
		enrollments   []pastEnrollment
		consents      []pastConsent
		verifications []*pastVerification
	}
)

// invent makes up a history of ten weeks before noon, in steps of six hours so that some moments are the edges of days.
func (w *world) invent(d *rand.Rand, n int) past {
	var p past
	programs := []uuid.UUID{w.row("program bridge"), w.row("program harbor")}
	patients := []uuid.UUID{w.row("patient ann"), w.row("patient cal"), w.row("patient bob"), w.row("patient rex"), w.row("patient eve")}
	moment := func() time.Time { return day(-70).Add(time.Duration(d.IntN(70*4)) * 6 * time.Hour) }
	after := func(t time.Time, share float64) *time.Time {
		if d.Float64() > share {
			return nil
		}
		at := t.Add(time.Duration(d.IntN(20*4)) * 6 * time.Hour)
		return &at
	}
	for range n {
		e := pastEnrollment{
			id: uuid.Must(uuid.NewV7()), patient: patients[d.IntN(len(patients))], program: programs[d.IntN(2)],
			coordinator: []string{"coordinator", "coordinator", "coordinator2", ""}[d.IntN(4)], referred: moment(), eligible: d.IntN(3) > 0,
		}
		e.consented, e.activated = after(e.referred, 0.6), after(e.referred, 0.5)
		if e.firstFill = after(e.referred, 0.5); e.firstFill != nil {
			e.secondFill = after(*e.firstFill, 0.5)
		}
		p.enrollments = append(p.enrollments, e)
		c := pastConsent{
			id: uuid.Must(uuid.NewV7()), patient: patients[d.IntN(len(patients))], captured: moment(),
			status: []code.ConsentStatus{"PROPOSED", "ACTIVE", "ACTIVE", "INACTIVE", "REJECTED", "ENTERED_IN_ERROR"}[d.IntN(6)],
		}
		if d.IntN(2) == 0 {
			c.program = &programs[d.IntN(2)]
		}
		if d.IntN(4) > 0 {
			asked := c.captured.Add(-time.Duration(d.IntN(40)) * 6 * time.Hour)
			c.asked = &asked
		}
		p.consents = append(p.consents, c)
	}
	for range n {
		p.verifications = append(p.verifications, p.inventVerification(d, moment()))
	}
	return p
}

// live writes the history.
func (w *world) live(p past) {
	w.t.Helper()
	ctx, c := w.system(), w.client
	for _, e := range p.enrollments {
		create := c.Enrollment.Create().SetID(e.id).SetPatientID(e.patient).SetProgramID(e.program).SetSource("IMPORT").SetStatus("COMPLETED").
			SetReferredAt(e.referred).SetNillableConsentedAt(e.consented).SetNillableActivatedAt(e.activated).SetEndedAt(noon)
		if e.eligible {
			create.SetEligibility("ELIGIBLE")
		}
		if e.coordinator != "" {
			create.SetCoordinatorID(w.row("user " + e.coordinator))
		}
		w.ok(create.Exec(ctx))
		for i, at := range []*time.Time{e.secondFill, e.firstFill} {
			if at != nil {
				w.ok(c.ServiceActivity.Create().SetEnrollmentID(e.id).SetSeq(i + 1).SetKind([]code.ActivityKind{"FIRST_DOSE", "FIRST_FILL"}[i]).SetTitle("It begins").
					SetStatus("COMPLETED").SetDueAt(*at).SetCompletedAt(*at).Exec(ctx))
			}
		}
		w.ok(c.ServiceActivity.Create().SetEnrollmentID(e.id).SetSeq(3).SetKind("FIRST_FILL").SetTitle("It did not").
			SetStatus("FAILED").SetDueAt(e.referred).SetCompletedAt(e.referred).Exec(ctx))
	}
	for _, x := range p.consents {
		w.ok(c.Consent.Create().SetID(x.id).SetPatientID(x.patient).SetNillableProgramID(x.program).SetScope("DATA_PROCESSING").SetStatus(x.status).
			SetDecision("PERMIT").SetCapturedVia("PORTAL").SetNillableRequestedAt(x.asked).SetCapturedAt(x.captured).SetEffectiveFrom(x.captured).
			SetSignerRole("SELF").SetEvidenceKind("E_SIGNATURE").SetEvidenceRef("signature").Exec(ctx))
	}
	for _, v := range p.verifications {
		w.verified(v)
	}
}

// figures recomputes, from the history alone, what the API shall say of the coordinator from one moment to another.
func (p past) figures(coordinator string, from, to time.Time) map[string]any {
	in := func(t *time.Time) bool { return t != nil && !t.Before(from) && t.Before(to) }
	stages := make([][]string, 4)
	var cycle, therapy, turnaround []time.Duration
	var cycled, treated, given, asked, refused []string
	for _, e := range p.enrollments {
		if e.coordinator != coordinator {
			continue
		}
		id := gid.ID{Prefix: "enrollment", UUID: e.id}.String()
		if in(&e.referred) {
			reached := 0
			switch {
			case e.activated != nil:
				reached = 3
			case e.consented != nil:
				reached = 2
			case e.eligible:
				reached = 1
			}
			for i := range reached + 1 {
				stages[i] = append(stages[i], id)
			}
		}
		if in(e.activated) {
			cycle, cycled = append(cycle, e.activated.Sub(e.referred)), append(cycled, id)
		}
		if in(e.firstFill) {
			therapy, treated = append(therapy, e.firstFill.Sub(e.referred)), append(treated, id)
		}
	}
	for _, c := range p.consents {
		concerns := slices.ContainsFunc(p.enrollments, func(e pastEnrollment) bool {
			return e.coordinator == coordinator && e.patient == c.patient && (c.program == nil || *c.program == e.program)
		})
		if !concerns || c.asked == nil || !in(&c.captured) || c.status == "PROPOSED" || c.status == "ENTERED_IN_ERROR" {
			continue
		}
		id := gid.ID{Prefix: "consent", UUID: c.id}.String()
		asked = append(asked, id)
		if c.status == "REJECTED" {
			refused = append(refused, id)
			continue
		}
		given, turnaround = append(given, id), append(turnaround, c.captured.Sub(*c.asked))
	}
	funnel := make([]any, 4)
	for i, ids := range stages {
		var conversion any
		if i > 0 {
			conversion = share(len(ids), len(stages[i-1]))
		}
		funnel[i] = map[string]any{
			"stage": []string{"REFERRED", "ELIGIBLE", "CONSENTED", "ACTIVE"}[i], "count": float64(len(ids)), "conversion": conversion,
			"rows": map[string]any{"totalCount": float64(len(ids)), "nodes": nodes(ids)},
		}
	}
	out := map[string]any{
		"funnel": funnel, "enrollmentCycle": took(cycle, cycled), "timeToTherapy": took(therapy, treated), "consentTurnaround": took(turnaround, given),
		"consentRefusal": rated(refused, asked, "refused"),
	}
	maps.Copy(out, p.checks(coordinator, in, noon))
	return out
}

// share is a quotient as JSON has it.
func share(n, of int) any {
	if of == 0 {
		return nil
	}
	return float64(n) / float64(of)
}

// rated is a rate with its rows, those of the numerator under the name.
func rated(met, all []string, name string) map[string]any {
	return map[string]any{
		"numerator": float64(len(met)), "denominator": float64(len(all)), "value": share(len(met), len(all)),
		"rows": map[string]any{"nodes": nodes(all)}, name: map[string]any{"nodes": nodes(met)},
	}
}

// took is how long something took: percentiles by counting how many are no longer.
func took(spans []time.Duration, ids []string) map[string]any {
	rank := func(share float64) any {
		best := math.Inf(1)
		for _, s := range spans {
			within := 0
			for _, other := range spans {
				if other <= s {
					within++
				}
			}
			if float64(within) >= share*float64(len(spans)) {
				best = min(best, s.Hours())
			}
		}
		if len(spans) == 0 {
			return nil
		}
		return best
	}
	return map[string]any{"count": float64(len(ids)), "p50Hours": rank(0.5), "p90Hours": rank(0.9), "rows": map[string]any{"nodes": nodes(ids)}}
}

// nodes are rows as a set.
func nodes(ids []string) []any {
	slices.Sort(ids)
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = map[string]any{"id": id}
	}
	return out
}

// sorted sorts all nodes in what was answered.
func sorted(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, part := range v {
			list, _ := part.([]any)
			if name != "nodes" {
				sorted(part)
				continue
			}
			slices.SortFunc(list, cmpID)
		}
	case []any:
		for _, part := range v {
			sorted(part)
		}
	}
	return value
}

func cmpID(a, b any) int {
	one, other := a.(map[string]any)["id"].(string), b.(map[string]any)["id"].(string)
	switch {
	case one < other:
		return -1
	case one > other:
		return 1
	}
	return 0
}

// The figures are those that a plain count over made-up histories gives, with the rows behind them.
func TestCoordinatorKpis(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.uncoordinated()
		d := rand.New(rand.NewPCG(5, 11)) //nolint:gosec // a test, not a secret
		history := w.invent(d, 120)
		w.live(history)
		seen := map[string]bool{}
		for _, zone := range []string{"", "America/New_York", "Asia/Kolkata"} {
			place, err := time.LoadLocation(zone)
			w.ok(err)
			for _, days := range [][2]int{{-70, 1}, {-40, -20}, {-21, -20}, {-400, -390}} {
				from, to := day(days[0]), day(days[1])
				begin, end := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, place), time.Date(to.Year(), to.Month(), to.Day(), 0, 0, 0, 0, place)
				for _, who := range []string{"coordinator", "coordinator2"} {
					variables := vars{"from": from.Format(time.DateOnly), "to": to.Format(time.DateOnly)}
					if zone != "" {
						variables["zone"] = zone
					}
					got := sorted(w.must(who, coordinatorKpis, variables).at("coordinatorKpis"))
					want := history.figures(who, begin, end)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%s, %s, %v (-want +got):\n%s", who, zone, days, diff)
					}
					for name, figure := range want {
						if f, ok := figure.(map[string]any); ok && (f["value"] != nil || f["p50Hours"] != nil) {
							seen[name] = true
						}
					}
				}
			}
		}
		if len(seen) != 7 {
			t.Errorf("only %v ever had rows", seen)
		}
	})
}

// uncoordinated takes the cast's own enrollments from the coordinators: the histories of a test are made up whole.
func (w *world) uncoordinated() {
	w.t.Helper()
	rows, err := w.client.Enrollment.Query().All(w.system())
	w.ok(err)
	for _, e := range rows {
		w.ok(w.client.Enrollment.UpdateOne(e).ClearCoordinatorID().Exec(w.system()))
	}
}

// Who asks wrongly is told so, and nobody is shown the figures of others but who manages them.
func TestKpisOfOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		ask := func(from, to string, more vars) vars {
			out := vars{"from": from, "to": to}
			for k, v := range more {
				out[k] = v
			}
			return out
		}
		for _, wrong := range []vars{
			ask("2026-11-01", "2026-11-01", nil), ask("2026-11-02", "2026-11-01", nil), ask("2025-01-01", "2026-11-01", nil),
			ask("2026-11-01", "2026-11-02", vars{"zone": "Mars/Olympus"}), ask("2026-11-01", "2026-11-02", vars{"zone": "Local"}),
			ask("2026-11-01", "2026-11-02", vars{"of": w.id("patient ann")}),
		} {
			w.refused("BAD_USER_INPUT", "coordinator", coordinatorKpis, wrong)
		}
		other := ask("2026-11-01", "2026-11-02", vars{"of": w.id("user coordinator2")})
		w.refused("FORBIDDEN", "coordinator", coordinatorKpis, other)
		for _, who := range []string{"patient", "provider", "liaison", "safety", "analyst", "admin"} {
			w.refused("GRAPHQL_VALIDATION_FAILED", who, coordinatorKpis, other)
		}
		ctx := w.system()
		w.ok(w.client.ProgramTeamMember.Create().SetIdentityID(w.row("user coordinator")).SetProgramID(w.row("program harbor")).
			SetRole("MANAGER").SetStartedAt(day(-1)).Exec(ctx))
		got := w.must("coordinator", coordinatorKpis, ask(day(-300).Format(time.DateOnly), day(1).Format(time.DateOnly), vars{"of": w.id("user coordinator2")}))
		if n := fmt.Sprint(got.at("coordinatorKpis.funnel.0.count")); n == "0" {
			t.Error("a manager sees no figures of the team")
		}
	})
}
