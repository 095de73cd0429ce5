package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/golden"
)

// TestEnrollmentJourney tells over one running server how patients get into programs, and out again.
func TestEnrollmentJourney(t *testing.T) {
	onEach(t, func(t *testing.T, database string) {
		p := launch(t, database)
		t.Run("referral", func(t *testing.T) { testReferral(t, p) })
		t.Run("own wish", func(t *testing.T) { testOwnWish(t, p) })
		t.Run("newcomer", func(t *testing.T) { testNewcomer(t, p) })
		p.stop()
		if out := command(t, 0, "audit", "verify", "--database", database); strings.Count(out, " ok\n") < 2 {
			t.Errorf("audit verify says:\n%s", out)
		}
		for _, text := range []string{"Rivera", "Canary", "eyJ"} {
			if said := p.log.String(); strings.Contains(said, text) {
				t.Errorf("the log repeats %q:\n%s", text, said)
			}
		}
	})
}

// standing is what is asked of an enrollment after each step.
const standing = "enrollment { id status } unmet { code scope }"

// program finds a program by its name.
func (u *user) programNamed(list, name string) string {
	u.t.Helper()
	r := u.asks("{ "+list+"(first: 100) { nodes { id name } } }", nil)
	for _, node := range r.at(list + ".nodes").([]any) {
		if row := node.(object); row["name"] == name {
			return row["id"].(string)
		}
	}
	u.t.Fatalf("%s sees no %s in %s: %s", u.name, name, list, r.body)
	return ""
}

// ana is the demo patient as the user knows her.
func (u *user) ana(list string) string {
	u.t.Helper()
	return u.asks("{ "+list+`(first: 1, filter: {family: "Rivera"}) { nodes { id } } }`, nil).text(list + ".nodes.0.id")
}

// answersAll answers every criterion of a program, by the mutation of the persona.
func (u *user) answersAll(mutation, enrollment, program string) {
	u.t.Helper()
	form := u.asks("query ($id: ID!) { eligibilityForm(programId: $id) { program { criteria(first: 100) { nodes { id expression } } } } }", object{"id": program})
	var answers []object
	for _, node := range form.at("eligibilityForm.program.criteria.nodes").([]any) {
		row := node.(object)
		answer := object{"criterionId": row["id"], "value": "yes"}
		if mutation != "answerPrescreener" && row["expression"] == nil {
			answer["meets"] = true
		}
		answers = append(answers, answer)
	}
	if len(answers) > 0 {
		u.does(mutation, object{"enrollmentId": enrollment, "answers": answers}, "enrollment { status }")
	}
}

// signs signs what a program still demands of the patient, each scope on the form that is in force.
func (u *user) signs(program string, scopes ...string) {
	u.t.Helper()
	for _, scope := range scopes {
		form := u.asks("query ($scope: ConsentScope!, $program: ID) { consentForm(scope: $scope, programId: $program) { id title body } }", object{"scope": scope, "program": program})
		u.does("signConsent", object{"scope": scope, "programId": program, "decision": "PERMIT", "formId": form.at("consentForm.id"), "signerName": "Ana Rivera"},
			"consent { id status } unmet { code }").is("payload.consent.status", "ACTIVE")
	}
}

// missing lists the consents that an enrollment waits for.
func (u *user) missing(enrollment string) []string {
	u.t.Helper()
	var out []string
	r := u.asks("query ($id: ID!) { enrollment(id: $id) { unmet { code scope } } }", object{"id": enrollment})
	for _, gate := range r.at("enrollment.unmet").([]any) {
		if g := gate.(object); g["code"] == "CONSENT_MISSING" {
			out = append(out, g["scope"].(string))
		}
	}
	return out
}

// testReferral: a physician refers a patient, the coordinator finds her eligible, she signs, becomes active, withdraws a
// consent, which holds everything up at once, signs anew, and goes on. What everybody sees at each step stands in
// testdata/enrollment.golden.
func testReferral(t *testing.T, p *program) {
	provider, patient, coordinator := p.demoUser(t, "provider"), p.demoUser(t, "patient"), p.demoUser(t, "coordinator")
	heard := map[string]*listener{}
	for _, u := range []*user{provider, patient, coordinator} {
		heard[u.name] = u.listens(enrollmentsMoving)
	}
	hear := func(id string, statuses ...string) {
		t.Helper()
		for _, l := range heard {
			l.hearsWay(id, statuses...)
		}
	}
	into := provider.programNamed("programsOpenForReferral", "Cordaneva Companion")
	refer := object{"programId": into, "patientId": provider.ana("myPatients"), "idempotencyKey": "ana"}
	made := provider.does("referPatient", refer, standing).is("payload.enrollment.status", "REFERRED")
	id := made.text("payload.enrollment.id")
	provider.does("referPatient", refer, standing).is("payload.enrollment.id", id) // sent twice, made once
	refer["idempotencyKey"] = "another"
	provider.does("referPatient", refer, standing).is("payload.enrollment", nil).is("payload.unmet.0.code", "ALREADY_ENROLLED")
	hear(id, "REFERRED")
	of := object{"enrollmentId": id}
	sights := &enrollmentSights{t: t, p: p}
	sights.of("referred", id)

	provider.attempts("activateEnrollment", of, standing).refused("GRAPHQL_VALIDATION_FAILED")
	p.demoUser(t, "coordinator2").attempts("activateEnrollment", of, standing).refused("NOT_FOUND")
	p.demoUser(t, "provider2").attempts("cancelReferral", object{"enrollmentId": id, "reason": "a mistake"}, "enrollment { id }").refused("NOT_FOUND")
	coordinator.does("activateEnrollment", of, standing).is("payload.enrollment", nil).is("payload.unmet.0.code", "NOT_ELIGIBLE")
	provider.answersAll("submitEligibility", id, into)
	decided := coordinator.does("decideEligibility", object{"enrollmentId": id, "decision": "ELIGIBLE"}, standing).is("payload.enrollment.status", "CONSENT_PENDING")
	sights.of("eligible", id)
	if got := decided.at("payload.unmet").([]any); len(got) != 0 {
		t.Errorf("found eligible with %v", got)
	}
	demanded := coordinator.missing(id)
	if len(demanded) == 0 {
		t.Fatal("the program demands no consent that is missing")
	}
	patient.signs(into, demanded...)
	patient.asks("query ($id: ID!) { enrollment(id: $id) { status unmet { code } } }", object{"id": id}).is("enrollment.status", "READY")
	coordinator.does("activateEnrollment", of, standing).is("payload.enrollment.status", "ACTIVE")
	sights.of("active", id)
	hear(id, "SCREENING", "ELIGIBLE", "CONSENT_PENDING", "READY", "ACTIVE")

	consents := patient.asks("{ myConsents(first: 100) { nodes { id scope status program { id } } } }", nil)
	var withdrawn any
	for _, node := range consents.at("myConsents.nodes").([]any) {
		if c := node.(object); c["scope"] == demanded[0] && c["status"] == "ACTIVE" && c["program"] != nil && c["program"].(object)["id"] == into {
			withdrawn = c["id"]
		}
	}
	p.demoUser(t, "patient2").attempts("withdrawConsent", object{"consentId": withdrawn, "reason": "not mine"}, "consent { id }").refused("NOT_FOUND")
	patient.does("withdrawConsent", object{"consentId": withdrawn, "reason": "I want to think"}, "consent { status }").is("payload.consent.status", "INACTIVE")
	hear(id, "ON_HOLD")
	sights.of("consent withdrawn", id)
	coordinator.does("resumeEnrollment", of, standing).is("payload.enrollment", nil).is("payload.unmet.0.scope", demanded[0])
	patient.signs(into, demanded[0])
	coordinator.does("resumeEnrollment", of, standing).is("payload.enrollment.status", "ACTIVE")
	hear(id, "ACTIVE")
	patient.does("withdrawEnrollment", object{"enrollmentId": id, "reason": "moving abroad"}, "enrollment { status }").is("payload.enrollment.status", "WITHDRAWN")
	hear(id, "WITHDRAWN")
	sights.of("withdrawn", id)
	golden.Compare(t, "testdata/enrollment.golden", []byte(sights.String()))
}

// testOwnWish: a patient asks to take part, is told what is missing, and takes the wish back.
func testOwnWish(t *testing.T, p *program) {
	patient, coordinator := p.demoUser(t, "patient"), p.demoUser(t, "coordinator2")
	open := patient.asks("{ programsOpenToMe(first: 100) { nodes { id name selfEnrollment } } trialsOpenToMe(first: 100) { nodes { id kind } } }", nil)
	for _, node := range open.at("programsOpenToMe.nodes").([]any) {
		if row := node.(object); row["selfEnrollment"] != true {
			t.Errorf("%v is offered to patients", row)
		}
	}
	into := patient.programNamed("programsOpenToMe", "Dermivanza Care")
	made := patient.does("requestEnrollment", object{"programId": into}, standing).is("payload.enrollment.status", "REFERRED")
	id := made.text("payload.enrollment.id")
	patient.does("requestEnrollment", object{"programId": into}, standing).is("payload.unmet.0.code", "ALREADY_ENROLLED")
	patient.answersAll("answerPrescreener", id, into)
	listed := coordinator.asks(`query ($p: ID!) { enrollmentWorklist(filter: {program: $p, status: [REFERRED, SCREENING]}, first: 100) { nodes { id patient { name } } } }`, object{"p": into})
	found := false
	for _, node := range listed.at("enrollmentWorklist.nodes").([]any) {
		found = found || node.(object)["id"] == id
	}
	if !found {
		t.Errorf("the coordinator of the program does not see the wish: %s", listed.body)
	}
	p.demoUser(t, "patient2").attempts("withdrawEnrollment", object{"enrollmentId": id}, "enrollment { id }").refused("NOT_FOUND")
	patient.does("withdrawEnrollment", object{"enrollmentId": id}, "enrollment { status }").is("payload.enrollment.status", "CANCELLED")
	patient.attempts("withdrawEnrollment", object{"enrollmentId": id}, "enrollment { status }").refused("INVALID_TRANSITION")
}

// testNewcomer: a physician refers a patient whom nobody knows yet, attesting the treatment, and is the only provider
// who sees that patient from then on; then takes the referral back.
func testNewcomer(t *testing.T, p *program) {
	provider, coordinator := p.demoUser(t, "provider"), p.demoUser(t, "coordinator")
	into := provider.programNamed("programsOpenForReferral", "Avelurix Together")
	someone := object{"given": "CanaryNew", "family": "CanaryComer", "birthDate": "1980-02-29", "state": "NY", "zip": "10001"}
	provider.does("referPatient", object{"programId": into, "newPatient": someone}, standing).is("payload.enrollment", nil).is("payload.unmet.0.code", "CARE_RELATIONSHIP_MISSING")
	made := provider.does("referPatient", object{"programId": into, "newPatient": someone, "attestsTreatment": true}, "enrollment { id status patient { id name } } unmet { code }").
		is("payload.enrollment.patient.name", "CanaryNew CanaryComer")
	id, patient := made.at("payload.enrollment.id"), made.at("payload.enrollment.patient.id")
	coordinator.asks("query ($id: ID!) { patient(id: $id) { name } }", object{"id": patient}).is("patient.name", "CanaryNew CanaryComer")
	for _, name := range []string{"provider2", "coordinator2", "patient", "safety"} {
		p.demoUser(t, name).tries("query ($id: ID!) { patient(id: $id) { id } }", object{"id": patient}).refused("NOT_FOUND")
	}
	cancel := object{"enrollmentId": id, "reason": "referred the wrong one"}
	coordinator.attempts("cancelReferral", cancel, "enrollment { status }").refused("GRAPHQL_VALIDATION_FAILED")
	provider.does("cancelReferral", cancel, "enrollment { status }").is("payload.enrollment.status", "CANCELLED")
}

// enrollmentSights writes down what everybody sees of an enrollment, step by step.
type enrollmentSights struct {
	strings.Builder
	t *testing.T
	p *program
}

// of writes down a step. Personas without a way to single enrollments look for it at the patient.
func (s *enrollmentSights) of(step, id string) {
	s.t.Helper()
	fmt.Fprintf(s, "\n%s\n", step)
	const whole = "query ($id: ID!) { enrollment(id: $id) { status eligibility patient { name } unmet { code } } }"
	for _, name := range []string{"provider", "provider2", "patient", "patient2", "coordinator", "coordinator2"} {
		fmt.Fprintf(s, "  %-12s %s\n", name, s.p.demoUser(s.t, name).tries(whole, object{"id": id}).sight("enrollment"))
	}
	patient := s.p.demoUser(s.t, "coordinator").asks("query ($id: ID!) { enrollment(id: $id) { patient { id } } }", object{"id": id}).at("enrollment.patient.id")
	const beside = "query ($id: ID!) { patient(id: $id) { pseudonym name enrollments(first: 1) { nodes { status referredYear program { name } } } } }"
	for _, name := range []string{"liaison", "liaison2", "safety", "reviewer", "privacy"} {
		fmt.Fprintf(s, "  %-12s %s\n", name, s.p.demoUser(s.t, name).tries(beside, object{"id": patient}).sight("patient"))
	}
	for _, name := range []string{"analyst", "admin"} {
		fmt.Fprintf(s, "  %-12s %s\n", name, s.p.demoUser(s.t, name).tries(whole, object{"id": id}).sight("enrollment"))
	}
}
