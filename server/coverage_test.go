package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/golden"
)

// TestCoverageJourney tells over one running server how a patient's insurance is verified, over a clearinghouse whose
// payers answer in part at first, wrongly or not at all, until the program that demands it lets her in.
func TestCoverageJourney(t *testing.T) {
	onEach(t, func(t *testing.T, database string) {
		p := launch(t, database)
		patient, coordinator, provider := p.demoUser(t, "patient"), p.demoUser(t, "coordinator2"), p.demoUser(t, "provider")
		into := patient.programNamed("programsOpenToMe", "Oncavyra Access")
		made := patient.does("requestEnrollment", object{"programId": into}, standing).is("payload.enrollment.status", "REFERRED")
		enrollment := object{"enrollmentId": made.at("payload.enrollment.id")}
		patient.answersAll("answerPrescreener", made.text("payload.enrollment.id"), into)
		coordinator.does("decideEligibility", object{"enrollmentId": enrollment["enrollmentId"], "decision": "ELIGIBLE"}, standing)
		patient.signs(into, coordinator.missing(made.text("payload.enrollment.id"))...)
		coordinator.does("activateEnrollment", enrollment, standing).is("payload.enrollment", nil).is("payload.unmet.0.code", "COVERAGE_NOT_VERIFIED")

		ana := coordinator.asks("query ($id: ID!) { enrollment(id: $id) { patient { id } } }", object{"id": enrollment["enrollmentId"]}).at("enrollment.patient.id")
		payer := coordinator.asks(`query ($id: ID!) { patient(id: $id) { coverages(first: 1) { nodes { payer { id } } } } }`, object{"id": ana}).at("patient.coverages.nodes.0.payer.id")
		policy := func(member string, priority int) object {
			return object{
				"patientId": ana, "payerId": payer, "kind": "MEDICAL", "memberId": member, "subscriberBirthDate": "1984-05-06",
				"periodStart": "2026-01-01", "priority": priority, "idempotencyKey": member,
			}
		}
		p.demoUser(t, "coordinator").attempts("addCoverage", object{
			"patientId": p.demoUser(t, "liaison").asks(`{ me { name } }`, nil).at("me.name"), "kind": "MEDICAL", "periodStart": "2026-01-01",
		}, "coverage { id }").refused("BAD_USER_INPUT")
		added := coordinator.does("addCoverage", policy("CanaryMember-PARTIAL", 5), "coverage { id status }").is("payload.coverage.status", "ACTIVE")
		coverage := object{"coverageId": added.at("payload.coverage.id"), "method": "ELECTRONIC"}
		heard := []*listener{patient.listens(verificationsMoving), coordinator.listens(verificationsMoving), provider.listens(verificationsMoving)}
		hear := func(id string, statuses ...string) {
			t.Helper()
			for _, l := range heard {
				l.hearsWay(id, statuses...)
			}
		}
		const verification = "verification { id status attempt } unmet { code scope }"
		for _, name := range []string{"patient", "provider", "liaison", "safety", "analyst", "admin"} {
			p.demoUser(t, name).attempts("submitBenefitVerification", coverage, verification).refused("GRAPHQL_VALIDATION_FAILED")
		}
		id := coordinator.does("submitBenefitVerification", coverage, verification).text("payload.verification.id")
		sights := &coverageSights{enrollmentSights{t: t, p: p}}
		hear(id, "DRAFT", "SUBMITTED", "IN_PROGRESS", "PARTIAL")
		sights.of("answered in part", id)
		listed := coordinator.asks(`{ verificationWorklist(filter: {status: [PARTIAL]}, first: 100) { nodes { id } } }`, nil)
		if found := fmt.Sprint(listed.at("verificationWorklist.nodes")); !strings.Contains(found, id) {
			t.Errorf("the worklist is %s", found)
		}
		coordinator.does("retryVerification", object{"verificationId": id}, verification).is("payload.verification.attempt", 2.0)
		hear(id, "SUBMITTED", "IN_PROGRESS", "COMPLETE")
		sights.of("answered", id)
		coordinator.does("activateEnrollment", enrollment, standing).is("payload.enrollment.status", "ACTIVE")

		wrong := coordinator.does("addCoverage", policy("CanaryMember-WRONG", 6), "coverage { id }").at("payload.coverage.id")
		other := coordinator.does("submitBenefitVerification", object{"coverageId": wrong, "method": "ELECTRONIC"}, verification).text("payload.verification.id")
		hear(other, "DRAFT", "SUBMITTED", "IN_PROGRESS", "ERROR")
		coordinator.asks("query ($id: ID!) { benefitVerification(id: $id) { errorCode result benefits { totalCount } } }", object{"id": other}).
			is("benefitVerification.errorCode", "IMPLAUSIBLE").is("benefitVerification.result", nil).is("benefitVerification.benefits.totalCount", 0.0)
		coordinator.does("cancelCoverage", object{"coverageId": wrong, "reason": "entered wrongly", "enteredInError": true}, "coverage { status }").
			is("payload.coverage.status", "ENTERED_IN_ERROR")
		patient.does("withdrawEnrollment", enrollment, "enrollment { status }").is("payload.enrollment.status", "WITHDRAWN")
		golden.Compare(t, "testdata/coverage.golden", []byte(sights.String()))
		p.stop()
		for _, text := range []string{"CanaryMember", "Rivera"} {
			if said := p.log.String(); strings.Contains(said, text) {
				t.Errorf("the log repeats %q:\n%s", text, said)
			}
		}
	})
}

// coverageSights writes down what everybody sees of a verification, step by step.
type coverageSights struct{ enrollmentSights }

func (s *coverageSights) of(step, id string) {
	s.t.Helper()
	fmt.Fprintf(s, "\n%s\n", step)
	const summary = "query ($id: ID!) { benefitVerification(id: $id) { status result priorAuthorizationRequired } }"
	for _, name := range []string{"provider", "provider2", "patient", "patient2", "coordinator", "coordinator2"} {
		fmt.Fprintf(s, "  %-12s %s\n", name, s.p.demoUser(s.t, name).tries(summary, object{"id": id}).sight("benefitVerification"))
	}
	const whole = "query ($id: ID!) { benefitVerification(id: $id) { status benefits { nodes { inNetwork currency copay deductibleIndividual { limit applied remaining } } } } }"
	for _, name := range []string{"provider", "patient", "coordinator2"} {
		fmt.Fprintf(s, "  %-12s %s\n", name, s.p.demoUser(s.t, name).tries(whole, object{"id": id}).sight("benefitVerification"))
	}
	for _, name := range []string{"liaison", "liaison2", "safety", "reviewer", "privacy", "analyst", "admin"} {
		fmt.Fprintf(s, "  %-12s %s\n", name, s.p.demoUser(s.t, name).tries(summary, object{"id": id}).sight("benefitVerification"))
	}
}
