package main

import (
	"fmt"
	"testing"

	"github.com/carehub/carehub/ent/golden"
)

// TestTrialJourney tells over one running server how a patient asks to take part in a blinded trial, agrees, is screened,
// agrees anew when the ethics committee has approved another version, and comes to the end of it.
func TestTrialJourney(t *testing.T) {
	onEach(t, func(t *testing.T, database string) {
		p := launch(t, database)
		patient, coordinator, privacy, provider := p.demoUser(t, "patient"), p.demoUser(t, "coordinator"), p.demoUser(t, "privacy"), p.demoUser(t, "provider")
		into := patient.programNamed("trialsOpenToMe", "Avelurix in severe asthma")
		made := patient.does("requestEnrollment", object{"programId": into}, "enrollment { id status trialSubject { id state } } unmet { code }").
			is("payload.enrollment.trialSubject.state", "POTENTIAL_CANDIDATE")
		enrollment, subject := made.text("payload.enrollment.id"), object{"subjectId": made.at("payload.enrollment.trialSubject.id")}
		heard := []*listener{patient.listens(enrollmentsMoving), provider.listens(enrollmentsMoving), coordinator.listens(enrollmentsMoving)}
		sights := &trialSights{enrollmentSights{t: t, p: p}}
		sights.of("asked to take part", enrollment)

		criteria := patient.asks("query ($id: ID!) { eligibilityForm(programId: $id) { program { criteria(first: 100) { nodes { id } } } } }", object{"id": into})
		answers := []object{} // a trial may ask nothing
		for _, node := range criteria.at("eligibilityForm.program.criteria.nodes").([]any) {
			answers = append(answers, object{"criterionId": node.(object)["id"], "value": "yes"})
		}
		prescreener := object{"enrollmentId": enrollment, "answers": answers}
		patient.does("answerPrescreener", prescreener, standing).is("payload.enrollment", nil).is("payload.unmet.0.scope", "TRIAL_PRESCREEN")
		patient.signs(into, "TRIAL_PRESCREEN")
		patient.does("answerPrescreener", prescreener, "enrollment { trialSubject { state } } unmet { code }").is("payload.enrollment.trialSubject.state", "CANDIDATE")

		const took = "subject { state } unmet { code scope }"
		step := func(mutation string, more object) *reply {
			t.Helper()
			input := object{"subjectId": subject["subjectId"]}
			for name, value := range more {
				input[name] = value
			}
			return coordinator.does(mutation, input, took)
		}
		for _, name := range []string{"patient", "provider", "liaison", "safety", "analyst", "admin"} {
			p.demoUser(t, name).attempts("startScreening", subject, took).refused("GRAPHQL_VALIDATION_FAILED")
		}
		p.demoUser(t, "coordinator2").attempts("startScreening", subject, took).refused("NOT_FOUND")
		step("startScreening", nil).is("payload.subject", nil).is("payload.unmet.0.code", "CONSENT_MISSING")
		patient.signs(into, "TRIAL_PARTICIPATION")
		step("startScreening", object{"screeningNumber": "S-900"}).is("payload.subject.state", "SCREENING")
		sights.of("screened", enrollment)
		step("recordScreeningResult", object{"eligible": true}).is("payload.subject.state", "ELIGIBLE")
		coordinator.answersAll("recordEligibility", enrollment, into)
		coordinator.does("decideEligibility", object{"enrollmentId": enrollment, "decision": "ELIGIBLE"}, standing).is("payload.enrollment.status", "READY")
		step("registerOnStudy", nil).is("payload.subject.state", "PENDING_ON_STUDY")
		coordinator.does("activateEnrollment", object{"enrollmentId": enrollment}, standing).is("payload.enrollment.status", "ACTIVE")
		step("startStudy", nil).is("payload.subject.state", "ON_STUDY")
		step("startIntervention", nil).is("payload.subject.state", "ON_STUDY_INTERVENTION")
		sights.of("treated", enrollment)

		drafted := coordinator.does("draftConsentForm", object{
			"scope": "TRIAL_PARTICIPATION", "programId": into, "locale": "en-US", "title": "The new version", "body": "I agree to the new version.", "ethicsVersion": "another",
		}, "form { id }").at("payload.form.id")
		coordinator.attempts("approveConsentForm", object{"formId": drafted}, "form { id }").refused("GRAPHQL_VALIDATION_FAILED")
		privacy.does("approveConsentForm", object{"formId": drafted}, "form { status }").is("payload.form.status", "APPROVED")
		coordinator.asks("query ($id: ID!) { enrollment(id: $id) { trialSubject { reconsentDue } } }", object{"id": enrollment}).is("enrollment.trialSubject.reconsentDue", true)
		patient.asks("query ($id: ID!) { enrollment(id: $id) { trialSubject { reconsentDue } } }", object{"id": enrollment}).is("enrollment.trialSubject.reconsentDue", true)
		listed := coordinator.asks(`query ($id: ID!) { enrollment(id: $id) { activities(first: 100) { nodes { kind status } } } }`, object{"id": enrollment})
		if got := fmt.Sprint(listed.at("enrollment.activities.nodes")); got != "[map[kind:RECONSENT status:REQUESTED]]" {
			t.Errorf("what is to be done is %s", got)
		}
		step("startFollowUp", nil).is("payload.subject", nil).is("payload.unmet.0.code", "CONSENT_FORM_OUTDATED")
		patient.signs(into, "TRIAL_PARTICIPATION")
		coordinator.asks("query ($id: ID!) { enrollment(id: $id) { trialSubject { reconsentDue } activities { nodes { status } } } }", object{"id": enrollment}).
			is("enrollment.trialSubject.reconsentDue", false).is("enrollment.activities.nodes.0.status", "COMPLETED")
		step("startFollowUp", nil).is("payload.subject.state", "FOLLOW_UP")
		step("endStudyParticipation", nil).is("payload.subject.state", "OFF_STUDY")
		for _, l := range heard {
			l.hearsOut(enrollment, "COMPLETED")
		}
		sights.of("off study", enrollment)
		golden.Compare(t, "testdata/trial.golden", []byte(sights.String()))
		p.stop()
	})
}

// trialSights writes down what everybody sees of a participant, step by step.
type trialSights struct{ enrollmentSights }

func (s *trialSights) of(step, id string) {
	s.t.Helper()
	fmt.Fprintf(s, "\n%s\n", step)
	const whole = "query ($id: ID!) { enrollment(id: $id) { status trialSubject { state randomizedAt } } }"
	for _, name := range []string{"provider", "provider2", "patient", "patient2", "coordinator", "coordinator2"} {
		fmt.Fprintf(s, "  %-12s %s\n", name, s.p.demoUser(s.t, name).tries(whole, object{"id": id}).sight("enrollment"))
	}
	for _, name := range []string{"liaison", "safety", "privacy", "analyst", "admin"} {
		fmt.Fprintf(s, "  %-12s %s\n", name, s.p.demoUser(s.t, name).tries(whole, object{"id": id}).sight("enrollment"))
	}
}
