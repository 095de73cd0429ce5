package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// The operations of a participant.
const (
	steps          = `(input: {subjectId: $id}) { subject { state } unmet { code } } }`
	screen         = `mutation($id: ID!, $number: String, $site: ID, $version: Int) { startScreening(input: {subjectId: $id, screeningNumber: $number, siteId: $site, expectedVersion: $version}) { subject { state screeningNumber site { id } } unmet { code } } }`
	screeningFound = `mutation($id: ID!, $fit: Boolean!, $note: String) { recordScreeningResult(input: {subjectId: $id, eligible: $fit, note: $note}) { subject { state } unmet { code } } }`
	registers      = `mutation($id: ID!) { registerOnStudy` + steps
	startsStudy    = `mutation($id: ID!) { startStudy` + steps
	intervenes     = `mutation($id: ID!) { startIntervention` + steps
	observes       = `mutation($id: ID!) { startObservation` + steps
	followsUp      = `mutation($id: ID!) { startFollowUp` + steps
	endsStudy      = `mutation($id: ID!) { endStudyParticipation` + steps
	notRegistered  = `mutation($id: ID!) { notRegister(input: {subjectId: $id, reason: "did not come"}) { subject { state } unmet { code } } }`
	leavesTrial    = `mutation($id: ID!) { withdrawTrialSubject(input: {subjectId: $id, reason: "moved away"}) { subject { state } unmet { code } } }`
	signTrial      = `mutation($program: ID!, $scope: ConsentScope!, $form: ID!) { signConsent(input: {scope: $scope, programId: $program, formId: $form, decision: PERMIT, signerName: "Ann"}) { consent { id status } unmet { code } } }`
	prescreened    = `mutation($input: AnswerPrescreenerInput!) { answerPrescreener(input: $input) { enrollment { status trialSubject { state } } unmet { code scope } } }`
	askedBy        = `mutation($input: RecordEligibilityInput!) { recordEligibility(input: $input) { enrollment { status trialSubject { state } } unmet { code scope } } }`
	participation  = `query($id: ID!) { node(id: $id) { ... on TrialSubject { state randomizedAt } } }`
	agreeTo        = `mutation($patient: ID!, $program: ID!, $scope: ConsentScope!) { recordConsent(input: {patientId: $patient, programId: $program, scope: $scope, capturedVia: IN_PERSON, evidence: {witness: "A nurse"}}) { consent { id } } }`
)

// trial is an open and blinded trial of the coordinator's, with a site, a criterion and approved forms.
func (w *world) trial(name string) {
	w.t.Helper()
	ctx, c := w.system(), w.client
	program := w.keep(name)(c.CareProgram.Create().SetKind("CLINICAL_TRIAL").SetName(name).SetStatus("ACTIVE").SetSelfEnrollment(true).SetOptOutDays(30).Save(ctx))
	w.ok(c.TrialDetail.Create().SetProgramID(program).SetStudyStatus("ACTIVE").SetEthicsApprovalRef("E-2").SetEthicsVersion("1").SetBlinded(true).Exec(ctx))
	w.ok(c.RequiredConsent.Create().SetProgramID(program).SetScope("TRIAL_PARTICIPATION").Exec(ctx))
	w.ok(c.ProgramTeamMember.Create().SetProgramID(program).SetIdentityID(w.row("user coordinator")).SetRole("MANAGER").SetStartedAt(day(-1)).Exec(ctx))
	w.keep(name)(c.ProgramSite.Create().SetProgramID(program).SetOrganizationID(w.row("org clinic")).SetStudyStatus("ACTIVE").Save(ctx))
	w.keep(name + "Any")(c.EligibilityCriterion.Create().SetProgramID(program).SetSeq(1).SetKind("INCLUSION").SetText("Can come").SetRequired(false).Save(ctx))
	for _, scope := range []code.ConsentScope{"TRIAL_PARTICIPATION", "TRIAL_PRESCREEN"} {
		w.keep(name + string(scope))(c.ConsentForm.Create().SetProgramID(program).SetScope(scope).SetEdition(1).SetLocale("en-US").SetTitle("Form").
			SetBody("I agree").SetSha256("of the body").SetEthicsVersion("1").SetEffectiveFrom(day(-1)).SetStatus("APPROVED").Save(ctx))
	}
}

// newVersion drafts and approves the next edition of the trial's form, and returns it.
func (w *world) newVersion(trial, ethics string, from time.Time) string {
	w.t.Helper()
	form := w.must("coordinator", draftForm, vars{"input": vars{
		"scope": "TRIAL_PARTICIPATION", "programId": w.id("program " + trial), "locale": "en-US", "title": "Form", "body": "I agree, to version " + ethics,
		"ethicsVersion": ethics, "effectiveFrom": from.Format(time.RFC3339),
	}}).text("draftConsentForm.form.id")
	w.must("privacy", approveForm, vars{"id": form})
	return form
}

// comes answers the only criterion of the trial.
func (w *world) comes(of, trial string) vars {
	return vars{"input": vars{"enrollmentId": of, "answers": []vars{{"criterionId": w.id("criterion " + trial + "Any"), "value": "yes"}}}}
}

// participant is somebody new in the trial, a candidate or, with the consent to take part, one who may be screened.
func (w *world) participant(trial string, agrees bool) (enrollment, subject, patient string) {
	w.t.Helper()
	made := w.must("coordinator", `mutation($input: EnrollPatientInput!) { enrollPatient(input: $input) { enrollment { id patient { id } trialSubject { id } } } }`,
		vars{"input": vars{"programId": w.id("program " + trial), "newPatient": vars{"given": "Nora", "family": "New", "birthDate": "1990-05-01"}}})
	enrollment, subject, patient = made.text("enrollPatient.enrollment.id"), made.text("enrollPatient.enrollment.trialSubject.id"), made.text("enrollPatient.enrollment.patient.id")
	scope := map[bool]string{false: "TRIAL_PRESCREEN", true: "TRIAL_PARTICIPATION"}[agrees]
	w.must("coordinator", agreeTo, vars{"patient": patient, "program": w.id("program " + trial), "scope": scope})
	if got := w.must("coordinator", askedBy, w.comes(enrollment, trial)); got.text("recordEligibility.enrollment.trialSubject.state") != "CANDIDATE" {
		w.t.Fatalf("answered: %s", got.raw)
	}
	return enrollment, subject, patient
}

// wayOf is what the participant has gone through.
func (w *world) wayOf(subject string) string {
	w.t.Helper()
	key, err := gid.Parse(nil, subject)
	w.ok(err)
	rows, err := w.client.StatusChange.Query().Where(statuschange.TrialSubjectID(key.UUID)).Order(statuschange.ByAt(), statuschange.ByID()).All(w.system())
	w.ok(err)
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = row.ToStatus
	}
	return strings.Join(out, " ")
}

// A patient takes part in a trial: asked beforehand, agreeing, screened, on study, agreeing anew to another version,
// followed up, off study; and what everybody sees of it at each step.
func TestTrial(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.trial("nova")
		program := w.id("program nova")
		made := w.must("patient", `mutation($id: ID!) { requestEnrollment(input: {programId: $id}) { enrollment { id trialSubject { id state } } unmet { code } } }`, vars{"id": program})
		id, subject := made.text("requestEnrollment.enrollment.id"), made.text("requestEnrollment.enrollment.trialSubject.id")
		of, enrolled := vars{"id": subject}, vars{"id": id}
		sees := func(state string) {
			t.Helper()
			w.later(time.Minute)
			for _, who := range []string{"patient", "provider", "coordinator"} {
				a := w.must(who, participation, of)
				if got := a.text("node.state"); got != state {
					t.Errorf("%s sees %s, not %s", who, got, state)
				}
				if hidden := a.withheld()["node.randomizedAt"] == "OPEN_LABEL"; hidden != (who != "coordinator") {
					t.Errorf("%s and when somebody was randomized: %s", who, a.raw)
				}
			}
			for _, who := range []string{"patient2", "provider2", "coordinator2"} {
				if a := w.do(who, participation, of); a.code() != "NOT_FOUND" {
					t.Errorf("%s: %s", who, a.raw)
				}
			}
			for _, who := range []string{"liaison", "quality", "analyst", "admin"} {
				if a := w.do(who, participation, of); a.code() != "GRAPHQL_VALIDATION_FAILED" {
					t.Errorf("%s: %s", who, a.raw)
				}
				if a := w.do(who, `query($id: ID!) { node(id: $id) { id } }`, of); a.code() != "NOT_FOUND" {
					t.Errorf("%s: %s", who, a.raw)
				}
			}
		}
		step := func(document, operation, state string, more vars) {
			t.Helper()
			w.later(time.Minute)
			variables := vars{"id": subject}
			for k, v := range more {
				variables[k] = v
			}
			if a := w.must("coordinator", document, variables); a.text(operation+".subject.state") != state {
				t.Fatalf("%s: %s", operation, a.raw)
			}
		}
		waits := func(document, operation string, gates ...string) {
			t.Helper()
			if got := w.refused("", "coordinator", document, of).gates(operation); !slices.Equal(got, gates) {
				t.Errorf("%s: %v, not %v", operation, got, gates)
			}
		}
		sees("POTENTIAL_CANDIDATE")
		w.refused("INVALID_TRANSITION", "coordinator", screen, of)
		asked := w.refused("", "patient", prescreened, w.comes(id, "nova"))
		if asked.text("answerPrescreener.unmet.0.code") != "CONSENT_MISSING" || asked.text("answerPrescreener.unmet.0.scope") != "TRIAL_PRESCREEN" {
			t.Errorf("asked without leave: %s", asked.raw)
		}
		if got := w.refused("", "coordinator", askedBy, w.comes(id, "nova")).gates("recordEligibility"); !slices.Equal(got, []string{"CONSENT_MISSING"}) {
			t.Errorf("asked by the coordinator without leave: %v", got)
		}
		w.must("patient", signTrial, vars{"program": program, "scope": "TRIAL_PRESCREEN", "form": w.id("form novaTRIAL_PRESCREEN")})
		w.must("patient", prescreened, w.comes(id, "nova"))
		sees("CANDIDATE")
		for _, who := range []string{"coordinator2"} {
			w.refused("NOT_FOUND", who, screen, of)
		}
		for _, who := range []string{"patient", "provider", "liaison", "quality", "analyst", "admin"} {
			w.refused("GRAPHQL_VALIDATION_FAILED", who, screen, of)
		}
		waits(screen, "startScreening", "CONSENT_MISSING")
		w.must("patient", signTrial, vars{"program": program, "scope": "TRIAL_PARTICIPATION", "form": w.id("form novaTRIAL_PARTICIPATION")})
		w.must("coordinator", `mutation($id: ID!) { pauseProgram(input: {programId: $id, reason: "no stock"}) { program { status } } }`, vars{"id": program})
		waits(screen, "startScreening", "PROGRAM_NOT_ACTIVE")
		w.must("coordinator", `mutation($id: ID!) { resumeProgram(input: {programId: $id}) { program { status } } }`, vars{"id": program})
		w.refused("NOT_FOUND", "coordinator", screen, vars{"id": subject, "site": w.id("site bridge")})
		w.refused("BAD_USER_INPUT", "coordinator", screen, vars{"id": subject, "site": program})
		w.refused("BAD_USER_INPUT", "coordinator", screen, vars{"id": subject, "number": " "})
		w.refused("CONFLICT", "coordinator", screen, vars{"id": subject, "version": 99})
		w.refused("INVALID_TRANSITION", "coordinator", registers, of)
		step(screen, "startScreening", "SCREENING", vars{"number": "S-7", "site": w.id("site nova")})
		sees("SCREENING")
		w.refused("BAD_USER_INPUT", "coordinator", screeningFound, vars{"id": subject, "fit": false})
		step(screeningFound, "recordScreeningResult", "ELIGIBLE", vars{"fit": true})
		w.refused("INVALID_TRANSITION", "coordinator", startsStudy, of)
		step(registers, "registerOnStudy", "PENDING_ON_STUDY", nil)
		sees("PENDING_ON_STUDY")
		w.refused("INVALID_TRANSITION", "coordinator", startsStudy, of) // the enrollment is not active
		w.must("coordinator", decide, vars{"input": vars{"enrollmentId": id, "decision": "ELIGIBLE"}})
		if a := w.must("coordinator", activate, enrolled); a.text("activateEnrollment.enrollment.status") != "ACTIVE" {
			t.Fatalf("activated: %s", a.raw)
		}
		step(startsStudy, "startStudy", "ON_STUDY", nil)
		w.ok(w.client.TrialSubject.Update().SetRandomizedAt(*w.now.Load()).SetArm(canary("nova", "Arm")).Exec(w.system()))
		sees("ON_STUDY")
		w.refused("INVALID_TRANSITION", "coordinator", complete, enrolled)
		w.refused("INVALID_TRANSITION", "coordinator", followsUp, of)
		step(intervenes, "startIntervention", "ON_STUDY_INTERVENTION", nil)
		w.refused("INVALID_TRANSITION", "coordinator", observes, of)

		// Another version of the study: a correction of the first changes nothing, the second is to be agreed to.
		due := func() (bool, string) {
			t.Helper()
			a := w.must("coordinator", `query($id: ID!) { enrollment(id: $id) { trialSubject { reconsentDue } activities { nodes { kind status outcome } } } }`, enrolled)
			is, _ := a.at("enrollment.trialSubject.reconsentDue").(bool)
			task := ""
			for i := range 9 {
				if at := fmt.Sprintf("enrollment.activities.nodes.%d.", i); a.text(at+"kind") == "RECONSENT" {
					task += a.text(at+"status") + a.text(at+"outcome")
				}
			}
			return is, task
		}
		w.newVersion("nova", "1", *w.now.Load())
		if is, task := due(); is || task != "" {
			t.Errorf("a correction is to be agreed to: %v %s", is, task)
		}
		second := w.newVersion("nova", "2", *w.now.Load())
		if is, task := due(); !is || task != "REQUESTED" {
			t.Errorf("the second version: %v %s", is, task)
		}
		waits(followsUp, "startFollowUp", "CONSENT_FORM_OUTDATED")
		third := w.newVersion("nova", "3", w.now.Load().Add(time.Hour))
		w.due("participants to be asked again")
		if is, task := due(); !is || task != "REQUESTED" {
			t.Errorf("asked twice: %v %s", is, task)
		}
		w.must("patient", signTrial, vars{"program": program, "scope": "TRIAL_PARTICIPATION", "form": second})
		if is, task := due(); is || task != "COMPLETEDagreed anew" {
			t.Errorf("agreed anew: %v %s", is, task)
		}
		w.later(2 * time.Hour) // the third version comes into force by itself
		w.due("participants to be asked again")
		w.due("participants to be asked again")
		if is, task := due(); !is || strings.Count(task, "REQUESTED") != 1 {
			t.Errorf("the third version: %v %s", is, task)
		}
		w.must("patient", signTrial, vars{"program": program, "scope": "TRIAL_PARTICIPATION", "form": third})
		step(followsUp, "startFollowUp", "FOLLOW_UP", nil)
		step(endsStudy, "endStudyParticipation", "OFF_STUDY", nil)
		sees("OFF_STUDY")
		w.refused("INVALID_TRANSITION", "coordinator", leavesTrial, of)
		const all = "POTENTIAL_CANDIDATE CANDIDATE SCREENING ELIGIBLE PENDING_ON_STUDY ON_STUDY ON_STUDY_INTERVENTION FOLLOW_UP OFF_STUDY"
		if got := w.wayOf(subject); got != all || !strings.HasSuffix(w.way(id), "ACTIVE COMPLETED") {
			t.Errorf("the way was %s, of the enrollment %s", got, w.way(id))
		}
		a := w.must("coordinator", `query($id: ID!) { node(id: $id) { ... on TrialSubject { screeningNumber version history { totalCount } } } }`, of)
		if a.at("node.history.totalCount") != 9.0 || a.text("node.screeningNumber") != "S-7" {
			t.Errorf("history: %s", a.raw)
		}
		// Where it is known to all who is treated how, the participant is told when it was decided. The arm nobody is told.
		w.ok(w.client.TrialDetail.Update().SetBlinded(false).Exec(w.system()))
		if a := w.must("patient", participation, of); a.text("node.randomizedAt") == "" || len(a.withheld()) > 0 {
			t.Errorf("in an open trial: %s", a.raw)
		}
		for _, p := range viewer.Personas() {
			if def := w.api.Views[p].Schema.Types["TrialSubject"]; def != nil && def.Fields.ForName("arm") != nil {
				t.Errorf("%s may ask for the arm", p)
			}
		}
	})
}

// The ways out of a trial, each with the end of the enrollment.
func TestTrialEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.trial("nova")
		for _, c := range []struct {
			name   string
			agrees bool
			do     func(enrollment, subject string)
			state  string
			ends   string
		}{
			{"not registered", false, func(_, s string) { w.must("coordinator", notRegistered, vars{"id": s}) }, "CANDIDATE NOT_REGISTERED", "CANCELLED"},
			{"not fit", true, func(_, s string) {
				w.must("coordinator", screen, vars{"id": s})
				w.must("coordinator", screeningFound, vars{"id": s, "fit": false, "note": "too weak"})
			}, "SCREENING INELIGIBLE", "INELIGIBLE"},
			{"not fit, found eligible before", true, func(e, s string) {
				w.must("coordinator", screen, vars{"id": s})
				w.must("coordinator", decide, vars{"input": vars{"enrollmentId": e, "decision": "ELIGIBLE"}})
				w.must("coordinator", screeningFound, vars{"id": s, "fit": false, "note": "too weak"})
			}, "SCREENING INELIGIBLE", "CANCELLED"},
			{"ineligible by the enrollment", true, func(e, s string) {
				w.must("coordinator", screen, vars{"id": s})
				w.must("coordinator", decide, vars{"input": vars{"enrollmentId": e, "decision": "INELIGIBLE", "note": "too old"}})
			}, "SCREENING INELIGIBLE", "INELIGIBLE"},
			{"ineligible as a candidate", false, func(e, _ string) {
				w.must("coordinator", decide, vars{"input": vars{"enrollmentId": e, "decision": "INELIGIBLE", "note": "too old"}})
			}, "CANDIDATE NOT_REGISTERED", "INELIGIBLE"},
			{"left before", true, func(_, s string) {
				w.must("coordinator", screen, vars{"id": s})
				w.must("coordinator", leavesTrial, vars{"id": s})
			}, "SCREENING WITHDRAWN", "CANCELLED"},
			{"left", true, func(e, s string) {
				w.onStudy(e, s)
				w.must("coordinator", leavesTrial, vars{"id": s})
			}, "ON_STUDY WITHDRAWN", "WITHDRAWN"},
			{"taken out", true, func(e, s string) {
				w.onStudy(e, s)
				w.must("coordinator", observes, vars{"id": s})
				w.must("coordinator", disenroll, vars{"id": e})
			}, "ON_STUDY_OBSERVATION WITHDRAWN", "DISCONTINUED"},
		} {
			enrollment, subject, patient := w.participant("nova", c.agrees)
			c.do(enrollment, subject)
			if got := w.wayOf(subject); !strings.HasSuffix(got, c.state) || !strings.HasSuffix(w.way(enrollment), c.ends) {
				t.Errorf("%s: %s, the enrollment %s", c.name, got, w.way(enrollment))
			}
			for _, document := range []string{screen, registers, startsStudy, intervenes, observes, followsUp, endsStudy, notRegistered, leavesTrial} {
				w.refused("INVALID_TRANSITION", "coordinator", document, vars{"id": subject})
			}
			again := w.must("coordinator", enroll, vars{"input": vars{"programId": w.id("program nova"), "patientId": patient}})
			if left := strings.HasPrefix(c.name, "left"); slices.Equal(again.gates("enrollPatient"), []string{"OPTED_OUT"}) != left {
				t.Errorf("%s: enrolled again: %s", c.name, again.raw)
			}
		}
	})
}

// onStudy takes a candidate who agreed to take part into the study.
func (w *world) onStudy(enrollment, subject string) {
	w.t.Helper()
	w.must("coordinator", screen, vars{"id": subject})
	w.must("coordinator", screeningFound, vars{"id": subject, "fit": true})
	w.must("coordinator", registers, vars{"id": subject})
	w.must("coordinator", decide, vars{"input": vars{"enrollmentId": enrollment, "decision": "ELIGIBLE"}})
	w.must("coordinator", activate, vars{"id": enrollment})
	if a := w.must("coordinator", startsStudy, vars{"id": subject}); a.text("startStudy.subject.state") != "ON_STUDY" {
		w.t.Fatalf("on study: %s", a.raw)
	}
}
