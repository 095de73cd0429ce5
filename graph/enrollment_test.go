package graph_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// The operations of an enrollment.
const (
	referPatient   = `mutation($input: ReferPatientInput!) { referPatient(input: $input) { enrollment { id status patient { name } } unmet { code } } }`
	answerAs       = `{ enrollment { status answers { nodes { value result criterion { seq } } } } } }`
	submitAnswers  = `mutation($input: SubmitEligibilityInput!) { submitEligibility(input: $input) ` + answerAs
	prescreen      = `mutation($input: AnswerPrescreenerInput!) { answerPrescreener(input: $input) ` + answerAs
	recordAnswers  = `mutation($input: RecordEligibilityInput!) { recordEligibility(input: $input) ` + answerAs
	decide         = `mutation($input: DecideEligibilityInput!) { decideEligibility(input: $input) { enrollment { status eligibility } unmet { code } } }`
	activate       = `mutation($id: ID!) { activateEnrollment(input: {enrollmentId: $id}) { enrollment { status activatedAt } unmet { code scope } } }`
	hold           = `mutation($id: ID!) { putOnHold(input: {enrollmentId: $id, reason: "moved away"}) { enrollment { status holdReason } } }`
	resume         = `mutation($id: ID!) { resumeEnrollment(input: {enrollmentId: $id}) { enrollment { status } unmet { code scope } } }`
	complete       = `mutation($id: ID!) { completeEnrollment(input: {enrollmentId: $id}) { enrollment { status endedAt } } }`
	disenroll      = `mutation($id: ID!) { disenroll(input: {enrollmentId: $id, reason: "no answer"}) { enrollment { status } } }`
	withdraw       = `mutation($id: ID!) { withdrawEnrollment(input: {enrollmentId: $id}) { enrollment { status optOutUntil } } }`
	cancelReferral = `mutation($id: ID!) { cancelReferral(input: {enrollmentId: $id, reason: "a mistake"}) { enrollment { status } } }`
	request        = `mutation($id: ID!) { requestEnrollment(input: {programId: $id}) { enrollment { id status } unmet { code } } }`
	enroll         = `mutation($input: EnrollPatientInput!) { enrollPatient(input: $input) { enrollment { id status coordinator { id } } unmet { code } } }`
	onboarding     = `query($id: ID!) { onboarding(enrollmentId: $id) { activities { nodes { title status mandatory dueAt } } } }`
	permit         = `mutation($id: ID!) { recordConsent(input: {patientId: $id, scope: PROGRAM_PARTICIPATION, capturedVia: IN_PERSON, evidence: {witness: "A nurse"}}) { consent { id status } } }`
	revoke         = `mutation($id: ID!) { revokeConsent(input: {consentId: $id, reason: "no longer"}) { consent { status } } }`
)

// screened is a program of the coordinator's that asks two things, with a step of onboarding and places for one.
func (w *world) screened(name string, change func(*ent.CareProgramCreate)) {
	w.t.Helper()
	ctx, c := w.system(), w.client
	create := c.CareProgram.Create().SetKind("PATIENT_SERVICES").SetName(name).SetStatus("ACTIVE").SetSelfEnrollment(true)
	if change != nil {
		change(create)
	}
	program := w.keep(name)(create.Save(ctx))
	w.ok(c.RequiredConsent.Create().SetProgramID(program).SetScope("PROGRAM_PARTICIPATION").Exec(ctx))
	w.ok(c.ProgramTeamMember.Create().SetProgramID(program).SetIdentityID(w.row("user coordinator")).SetStartedAt(day(-1)).Exec(ctx))
	w.keep(name + "Adult")(c.EligibilityCriterion.Create().SetProgramID(program).SetSeq(1).SetKind("INCLUSION").SetText("Adults").SetExpression("age >= 18.0").Save(ctx))
	w.keep(name + "Other")(c.EligibilityCriterion.Create().SetProgramID(program).SetSeq(2).SetKind("EXCLUSION").SetText("Takes something else").Save(ctx))
	w.ok(c.ActivityTemplate.Create().SetProgramID(program).SetSeq(1).SetKind("TRAINING_CALL").SetTitle("First call").SetDueDays(3).Exec(ctx))
}

// answers are the answers to a program's criteria.
func (w *world) answers(of, program string, meets bool) vars {
	return vars{"input": vars{"enrollmentId": of, "answers": []vars{{"criterionId": w.id("criterion " + program + "Other"), "value": "nothing", "meets": meets}}}}
}

// way is what the enrollment has gone through.
func (w *world) way(id string) string {
	w.t.Helper()
	key, err := gid.Parse(nil, id)
	w.ok(err)
	rows, err := w.client.StatusChange.Query().Where(statuschange.EnrollmentID(key.UUID)).Order(statuschange.ByAt(), statuschange.ByID()).All(w.system())
	w.ok(err)
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = row.ToStatus
	}
	return strings.Join(out, " ")
}

// gates are the codes of the gates that refused the mutation.
func (a answer) gates(mutation string) []string {
	var out []string
	list, _ := a.at(mutation + ".unmet").([]any)
	for _, one := range list {
		out = append(out, one.(map[string]any)["code"].(string))
	}
	return out
}

// A patient gets into a program: referred, screened, found eligible, consenting, active, on hold when the consent
// goes, and back.
func TestEnrollment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		next := map[string]func(time.Duration) *answer{}
		for _, who := range []string{"provider", "patient", "coordinator", "patient2", "provider2", "coordinator2"} {
			next[who] = w.follow(who, `subscription { enrollmentUpdated { ... on EnrollmentUpdated { enrollment { status } } } }`, nil)
			next[who](time.Second) // the checkpoint
		}
		hears := func(statuses ...string) {
			t.Helper()
			for _, who := range []string{"provider", "patient", "coordinator"} {
				for _, want := range statuses {
					if a := next[who](5 * time.Second); a == nil || a.text("enrollmentUpdated.enrollment.status") == "" {
						t.Errorf("%s hears nothing of %s: %+v", who, want, a)
					}
				}
			}
		}
		made := w.must("provider", referPatient, vars{"input": vars{"programId": w.id("program aid"), "patientId": w.id("patient ann")}})
		id := made.text("referPatient.enrollment.id")
		of := vars{"id": id}
		hears("REFERRED")
		for _, who := range []string{"patient2", "coordinator2"} {
			w.refused("NOT_FOUND", who, map[string]string{"patient2": withdraw, "coordinator2": activate}[who], of)
		}
		w.refused("NOT_FOUND", "provider2", cancelReferral, of)
		for _, who := range []string{"liaison", "safety", "analyst", "admin", "patient"} {
			w.refused("GRAPHQL_VALIDATION_FAILED", who, activate, of)
		}
		if got := w.must("coordinator", activate, of).gates("activateEnrollment"); !slices.Equal(got, []string{"NOT_ELIGIBLE", "CONSENT_MISSING"}) {
			t.Errorf("activated at once: %v", got)
		}
		twice := w.must("provider", referPatient, vars{"input": vars{"programId": w.id("program aid"), "patientId": w.id("patient ann")}})
		if got := twice.gates("referPatient"); !slices.Equal(got, []string{"ALREADY_ENROLLED"}) {
			t.Errorf("referred twice: %v", got)
		}

		given := w.must("provider", submitAnswers, w.answers(id, "aid", false))
		want := []any{
			map[string]any{"value": nil, "result": "MET", "criterion": map[string]any{"seq": 1.0}},
			map[string]any{"value": "nothing", "result": "NOT_MET", "criterion": map[string]any{"seq": 2.0}},
		}
		if diff := cmp.Diff(want, given.at("submitEligibility.enrollment.answers.nodes")); diff != "" {
			t.Errorf("answers: %s", diff)
		}
		hears("SCREENING")
		eligible := vars{"input": vars{"enrollmentId": id, "decision": "ELIGIBLE"}}
		if got := w.must("coordinator", decide, eligible).gates("decideEligibility"); !slices.Equal(got, []string{"CRITERION_NOT_MET"}) {
			t.Errorf("eligible against an answer: %v", got)
		}
		w.refused("BAD_USER_INPUT", "coordinator", decide, vars{"input": vars{"enrollmentId": id, "decision": "INELIGIBLE"}})
		w.must("coordinator", recordAnswers, w.answers(id, "aid", true))
		if got := w.must("coordinator", decide, eligible).text("decideEligibility.enrollment.status"); got != "CONSENT_PENDING" {
			t.Errorf("eligible: %s", got)
		}
		hears("ELIGIBLE", "CONSENT_PENDING")
		consent := w.must("coordinator", permit, vars{"id": w.id("patient ann")}).text("recordConsent.consent.id")
		hears("READY")
		w.later(time.Minute)
		if got := w.must("coordinator", activate, of); got.text("activateEnrollment.enrollment.status") != "ACTIVE" {
			t.Errorf("activated: %s", got.raw)
		}
		hears("ACTIVE")
		plan := w.must("patient", onboarding, of)
		if plan.text("onboarding.activities.nodes.0.title") != "First call" || plan.text("onboarding.activities.nodes.0.dueAt") != "2026-11-23T12:01:00Z" {
			t.Errorf("plan: %s", plan.raw)
		}

		w.later(time.Minute)
		w.must("coordinator", revoke, vars{"id": consent})
		hears("ON_HOLD")
		row := w.must("coordinator", `query($id: ID!) { enrollment(id: $id) { status holdReason activities { nodes { kind status assignee { id } } } unmet { code scope } } }`, of)
		if row.text("enrollment.status") != "ON_HOLD" || row.text("enrollment.activities.nodes.0.kind") != "TRAINING_CALL" ||
			row.text("enrollment.activities.nodes.1.kind") != "HOLD_REVIEW" && row.text("enrollment.activities.nodes.0.kind") != "HOLD_REVIEW" {
			t.Errorf("on hold: %s", row.raw)
		}
		if got := w.must("coordinator", resume, of).gates("resumeEnrollment"); !slices.Equal(got, []string{"CONSENT_MISSING"}) {
			t.Errorf("resumed without consent: %v", got)
		}
		w.must("coordinator", permit, vars{"id": w.id("patient ann")})
		w.must("coordinator", resume, of)
		w.must("coordinator", hold, of)
		w.must("coordinator", resume, of)
		w.must("coordinator", complete, of)
		w.refused("INVALID_TRANSITION", "patient", withdraw, of)
		const all = "REFERRED SCREENING ELIGIBLE CONSENT_PENDING READY ACTIVE ON_HOLD ACTIVE ON_HOLD ACTIVE COMPLETED"
		if got := w.way(id); got != all {
			t.Errorf("the way was %s", got)
		}
		for _, who := range []string{"patient2", "provider2", "coordinator2"} {
			if a := next[who](100 * time.Millisecond); a != nil {
				t.Errorf("%s hears %s", who, a.raw)
			}
		}
	})
}

// The ways in and out besides: a new patient, the patient's own wish, waiting, leaving.
func TestWaysInAndOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("small", func(p *ent.CareProgramCreate) { p.SetCapacity(1).SetAutoActivate(true).SetOptOutDays(30) })
		w.screened("closed", func(p *ent.CareProgramCreate) { p.SetStatus("PAUSED").SetSelfEnrollment(false) })
		fresh := vars{"given": "Nora", "family": "New", "birthDate": "1990-05-01", "phone": "617-555-0101", "state": "MA"}
		refer := func(more vars) vars {
			input := vars{"programId": w.id("program small"), "newPatient": fresh}
			for k, v := range more {
				input[k] = v
			}
			return vars{"input": input}
		}
		if got := w.must("provider", referPatient, refer(nil)).gates("referPatient"); !slices.Equal(got, []string{"CARE_RELATIONSHIP_MISSING"}) {
			t.Errorf("not attested: %v", got)
		}
		w.refused("BAD_USER_INPUT", "provider", referPatient, refer(vars{"patientId": w.id("patient ann")}))
		w.refused("NOT_FOUND", "provider", referPatient, vars{"input": vars{"programId": w.id("program small"), "patientId": w.id("patient bob")}})
		future := vars{"given": "N", "family": "N", "birthDate": "2090-01-01"}
		w.refused("BAD_USER_INPUT", "provider", referPatient, refer(vars{"newPatient": future, "attestsTreatment": true}))
		made := w.must("provider", referPatient, refer(vars{"attestsTreatment": true}))
		if made.text("referPatient.enrollment.patient.name") != "Nora New" {
			t.Errorf("new patient: %s", made.raw)
		}
		nora := made.text("referPatient.enrollment.id")
		w.refused("NOT_FOUND", "provider2", `query($id: ID!) { enrollment(id: $id) { id } }`, vars{"id": nora})

		// The patient's own wish.
		closed := w.do("patient", request, vars{"id": w.id("program closed")})
		if closed.code() != "NOT_FOUND" { // a program that takes nobody is not shown to patients
			t.Errorf("closed: %s", closed.raw)
		}
		open := w.must("patient", `{ programsOpenToMe { nodes { name } } trialsOpenToMe { nodes { name } } }`, nil)
		if got := open.at("programsOpenToMe.nodes"); !cmp.Equal(got, []any{map[string]any{"name": "small"}}) {
			t.Errorf("open to me: %v", got)
		}
		asked := w.must("patient", request, vars{"id": w.id("program small")})
		ann := asked.text("requestEnrollment.enrollment.id")
		w.must("patient", prescreen, vars{"input": vars{"enrollmentId": ann, "answers": []vars{{"criterionId": w.id("criterion smallOther"), "value": "nothing"}}}})
		if got := w.must("coordinator", decide, vars{"input": vars{"enrollmentId": ann, "decision": "ELIGIBLE"}}).gates("decideEligibility"); !slices.Equal(got, []string{"ANSWER_MISSING"}) {
			t.Errorf("what the patient says decides: %v", got)
		}

		// The last place is given once; whoever comes second waits, and gets it when it is free.
		for _, id := range []string{nora, ann} {
			w.must("coordinator", recordAnswers, w.answers(id, "small", true))
		}
		statuses := make([]string, 2)
		var both sync.WaitGroup
		for i, id := range []string{nora, ann} {
			both.Go(func() {
				for range 20 {
					a := w.do("coordinator", decide, vars{"input": vars{"enrollmentId": id, "decision": "ELIGIBLE"}})
					if statuses[i] = a.text("decideEligibility.enrollment.status"); a.code() == "" {
						return
					}
				}
			})
		}
		both.Wait()
		slices.Sort(statuses)
		if !slices.Equal(statuses, []string{"CONSENT_PENDING", "WAITLISTED"}) {
			t.Fatalf("two for one place: %v", statuses)
		}
		seated, waiting := nora, ann
		if w.must("coordinator", `query($id: ID!) { enrollment(id: $id) { status } }`, vars{"id": ann}).text("enrollment.status") == "CONSENT_PENDING" {
			seated, waiting = ann, nora
		}
		if got := w.must("coordinator", decide, vars{"input": vars{"enrollmentId": waiting, "decision": "ELIGIBLE"}}).gates("decideEligibility"); !slices.Equal(got, []string{"PROGRAM_FULL"}) {
			t.Errorf("still full: %v", got)
		}
		w.must("coordinator", disenroll, vars{"id": seated})
		w.must("coordinator", decide, vars{"input": vars{"enrollmentId": waiting, "decision": "ELIGIBLE"}})
		if got := w.way(waiting); !strings.HasSuffix(got, "WAITLISTED ELIGIBLE CONSENT_PENDING") {
			t.Errorf("waited: %s", got)
		}

		// The program activates by itself with the last consent; who leaves is not taken again before the day.
		if seated == ann {
			w.must("coordinator", disenroll, vars{"id": waiting})
			ann = w.must("patient", request, vars{"id": w.id("program small")}).text("requestEnrollment.enrollment.id")
			w.must("coordinator", recordAnswers, w.answers(ann, "small", true))
			w.must("coordinator", decide, vars{"input": vars{"enrollmentId": ann, "decision": "ELIGIBLE"}})
		}
		w.must("coordinator", permit, vars{"id": w.id("patient ann")})
		if got := w.way(ann); !strings.HasSuffix(got, "CONSENT_PENDING READY ACTIVE") {
			t.Errorf("activated by itself: %s", got)
		}
		if got := w.must("patient", withdraw, vars{"id": ann}).text("withdrawEnrollment.enrollment.optOutUntil"); got != "2026-12-20" {
			t.Errorf("left until %s", got)
		}
		if got := w.must("patient", request, vars{"id": w.id("program small")}).gates("requestEnrollment"); !slices.Equal(got, []string{"OPTED_OUT"}) {
			t.Errorf("back at once: %v", got)
		}
		w.later(31 * 24 * time.Hour)
		if got := w.must("patient", request, vars{"id": w.id("program small")}).text("requestEnrollment.enrollment.status"); got != "REFERRED" {
			t.Errorf("back later: %s", got)
		}
	})
}

// The gates hold for whoever writes, past the API as well, and only where what follows can be undone with the step.
func TestGatesHoldForEverybody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		ctx := w.system()
		create := func(c *ent.Client) *ent.EnrollmentCreate {
			return c.Enrollment.Create().SetPatientID(w.row("patient cal")).SetProgramID(w.row("program aid")).SetSource("IMPORT").SetReferredAt(noon)
		}
		within := func(do func(*ent.Client) error) error {
			t.Helper()
			tx, err := w.client.Tx(ctx)
			w.ok(err)
			defer func() { w.ok(tx.Rollback()) }()
			return do(tx.Client())
		}
		is := func(what string, err error, want ...lifecycle.Unmet) {
			t.Helper()
			refused, ok := errors.AsType[*lifecycle.UnmetError](err)
			if !ok || !slices.Equal(refused.Gates, want) {
				t.Errorf("%s: %v", what, err)
			}
		}
		missing := lifecycle.Unmet{Gate: code.GateCodeConsentMissing, Scope: code.ConsentScopeProgramParticipation}
		err := within(func(c *ent.Client) error { return create(c).SetStatus("ACTIVE").Exec(ctx) })
		is("created active", err, lifecycle.Unmet{Gate: code.GateCodeNotEligible}, missing)
		row := create(w.client).SetStatus("READY").SetEligibility("ELIGIBLE").SaveX(ctx)
		err = within(func(c *ent.Client) error { return c.Enrollment.UpdateOneID(row.ID).SetStatus("ACTIVE").Exec(ctx) })
		is("updated to active", err, missing)
		err = w.client.Enrollment.UpdateOneID(row.ID).SetStatus("ACTIVE").Exec(ctx)
		if err == nil || !strings.Contains(err.Error(), "transaction") {
			t.Errorf("activated outside of a transaction: %v", err)
		}
		if err := w.client.Enrollment.Update().Where(enrollment.ID(row.ID)).SetStatus("ACTIVE").Exec(ctx); err == nil {
			t.Error("activated with others")
		}
		if err := create(w.client).SetStatus("REFERRED").Exec(ctx); !ent.IsConstraintError(err) {
			t.Errorf("two open enrollments: %v", err)
		}
		as := w.as("coordinator")
		if err := within(func(c *ent.Client) error { return c.Enrollment.UpdateOneID(row.ID).SetStatus("ACTIVE").Exec(as) }); err == nil {
			t.Error("activated as the coordinator without a gate")
		}
		if got := w.client.Enrollment.GetX(ctx, row.ID).Status; got != "READY" {
			t.Errorf("became %s", got)
		}
	})
}
