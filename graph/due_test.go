package graph_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/event"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph"
)

// due does all the work of the names, or of all, that there is.
func (w *world) due(names ...string) {
	w.t.Helper()
	done := 0
	for _, d := range graph.Dues() {
		if len(names) > 0 && !slices.Contains(names, d.Name) {
			continue
		}
		done++
		for more := true; more; {
			w.ok(w.within(w.system(), func(tx *ent.Tx) (err error) {
				more, err = d.Do(w.system(), tx)
				return err
			}))
		}
	}
	if done == 0 || len(names) > 0 && done != len(names) {
		w.t.Fatalf("not all of %v is known", names)
	}
}

// activated takes ann into the program, with a consent until then, and returns her enrollment and the consent.
func (w *world) activated(program string, until time.Time) (id, given string) {
	w.t.Helper()
	id = w.must("provider", referPatient, vars{"input": vars{"programId": w.id("program " + program), "patientId": w.id("patient ann")}}).text("referPatient.enrollment.id")
	w.must("coordinator", recordAnswers, w.answers(id, program, true))
	w.must("coordinator", decide, vars{"input": vars{"enrollmentId": id, "decision": "ELIGIBLE"}})
	given = w.must("coordinator", `mutation($id: ID!, $until: Time) { recordConsent(input: {patientId: $id, scope: PROGRAM_PARTICIPATION, capturedVia: IN_PERSON, expiresAt: $until, evidence: {witness: "A nurse"}}) { consent { id } } }`,
		vars{"id": w.id("patient ann"), "until": until.Format(time.RFC3339)}).text("recordConsent.consent.id")
	if got := w.must("coordinator", activate, vars{"id": id}).text("activateEnrollment.enrollment.status"); got != "ACTIVE" {
		w.t.Fatalf("activated: %s", got)
	}
	return id, given
}

// A consent that expires: its renewal is a task in time, once; on its day it ends, once, with all that follows.
func TestConsentExpires(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		id, given := w.activated("aid", noon.AddDate(0, 0, 40))
		key, err := gid.Parse(nil, id)
		w.ok(err)
		tasks := func(kind code.ActivityKind) int {
			return w.client.ServiceActivity.Query().Where(serviceactivity.EnrollmentID(key.UUID), serviceactivity.KindEQ(kind)).CountX(w.system())
		}
		state := func() string {
			return w.must("coordinator", `query($id: ID!) { enrollment(id: $id) { status } }`, vars{"id": id}).text("enrollment.status")
		}
		w.due("consents to be renewed")
		if n := tasks("CONSENT_RENEWAL"); n != 0 {
			t.Errorf("%d tasks forty days ahead", n)
		}
		w.later(15 * 24 * time.Hour)
		for range 2 {
			w.due("consents to be renewed")
		}
		if n := tasks("CONSENT_RENEWAL"); n != 1 {
			t.Errorf("%d tasks to renew", n)
		}
		w.due("consents that expire")
		if got := state(); got != "ACTIVE" {
			t.Errorf("before the day it is %s", got)
		}
		next := w.follow("coordinator", `subscription { enrollmentUpdated { ... on EnrollmentUpdated { enrollment { id status } } } }`, nil)
		next(time.Second) // the checkpoint
		w.later(25 * 24 * time.Hour)
		for range 2 {
			w.due("consents that expire")
		}
		if got := state(); got != "ON_HOLD" {
			t.Errorf("on the day it is %s", got)
		}
		if a := next(5 * time.Second); a == nil || a.text("enrollmentUpdated.enrollment.status") != "ON_HOLD" {
			t.Errorf("the coordinator hears %+v", a)
		}
		consent, err := gid.Parse(nil, given)
		w.ok(err)
		steps := w.client.StatusChange.Query().Where(statuschange.ConsentID(consent.UUID), statuschange.ToStatus("INACTIVE")).AllX(w.system())
		if len(steps) != 1 || steps[0].Note == nil || *steps[0].Note != "expired" || steps[0].ChangedByID != nil {
			t.Errorf("history of the consent: %v", steps)
		}
		if n := w.client.Event.Query().Where(event.KindEQ("CONSENT_CHANGED"), event.EntityID(consent.UUID)).CountX(w.system()); n != 2 {
			t.Errorf("%d events of the consent, want that it was given and that it expired", n)
		}
		if n := tasks("HOLD_REVIEW"); n != 1 {
			t.Errorf("%d tasks to look at it", n)
		}
		if n := w.audits("job: consents that expire"); n == 0 {
			t.Error("the audit knows nothing of it")
		}
		if broken := w.unfounded(); broken != nil {
			t.Error(broken)
		}
	})
}

// Free places go to those who have waited longest, each once, however they became free and whoever looks.
func TestWaitlist(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("small", func(p *ent.CareProgramCreate) { p.SetCapacity(1) })
		var queue []string
		for i, name := range []string{"ann", "cal", "rex", "eve", "fay"} {
			id := w.must("provider", referPatient, vars{"input": vars{"programId": w.id("program small"), "patientId": w.id("patient " + name)}}).text("referPatient.enrollment.id")
			w.must("coordinator", recordAnswers, w.answers(id, "small", true))
			w.later(time.Minute)
			got := w.must("coordinator", decide, vars{"input": vars{"enrollmentId": id, "decision": "ELIGIBLE"}}).text("decideEligibility.enrollment.status")
			if want := map[bool]string{true: "CONSENT_PENDING", false: "WAITLISTED"}[i == 0]; got != want {
				t.Fatalf("%s becomes %s", name, got)
			}
			queue = append(queue, id)
		}
		moved := func(want ...bool) {
			t.Helper()
			for i, up := range want {
				if got := strings.HasSuffix(w.way(queue[i]), "CONSENT_PENDING"); got != up {
					t.Errorf("number %d went %s", i, w.way(queue[i]))
				}
			}
			if broken := w.unfounded(); broken != nil {
				t.Error(broken)
			}
		}
		w.due("places that became free")
		moved(true, false, false, false, false)
		w.must("coordinator", disenroll, vars{"id": queue[0]})
		moved(false, true, false, false, false)

		// A capacity that grew is found by the job; several servers give each place once.
		w.ok(w.client.CareProgram.UpdateOneID(w.row("program small")).SetCapacity(3).Exec(w.system()))
		var servers sync.WaitGroup
		for range 4 {
			servers.Go(func() { w.due("places that became free") })
		}
		servers.Wait()
		moved(false, true, true, true, false)
		w.ok(w.client.CareProgram.UpdateOneID(w.row("program small")).SetCapacity(5).SetStatus("PAUSED").Exec(w.system()))
		w.due("places that became free")
		moved(false, true, true, true, false)
		w.form("PROGRAM_PARTICIPATION")
		w.ok(w.client.CareProgram.UpdateOneID(w.row("program small")).SetStatus("ACTIVE").Exec(w.system()))
		w.due("places that became free")
		moved(false, true, true, true, true)
	})
}
