package graph_test

import (
	"testing"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// Every row that a step of a coverage writes is in the record, and so is what follows from it or from a consent that
// ends: an enrollment that goes on or is put on hold, with its tasks.
func TestCoverageIsRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		enrollment := w.insured()
		written := w.watch()
		parts := []string{"VerificationAttempt", "CoverageBenefit", "EligibilityAnswer"}
		do := func(operation, document string, variables vars) answer {
			t.Helper()
			return w.wholly(written, parts, "coordinator", operation, document, variables)
		}
		coverage := do("addCoverage", addCoverage, vars{"input": w.policy(2)}).text("addCoverage.coverage.id")
		do("recordConsent", permitVerifying, vars{"id": w.id("patient ann")})
		id := do("submitBenefitVerification", verifyCoverage, vars{"id": coverage}).text("submitBenefitVerification.verification.id")
		do("recordVerificationResult", recordResult, vars{"input": vars{"verificationId": id, "outcome": "PARTIAL"}})
		do("retryVerification", retryVerification, vars{"id": id})
		do("recordVerificationResult", recordResult, w.result(id, "USD", "1", "1", "0"))
		if got := w.state(enrollment); got != "ACTIVE" {
			t.Errorf("with coverage it is %s", got)
		}
		do("updateCoverage", `mutation($id: ID!) { updateCoverage(input: {coverageId: $id, planName: "Gold"}) { coverage { id } } }`, vars{"id": coverage})
		leave := do("requestPriorAuthorization", `mutation($id: ID!) { requestPriorAuthorization(input: {coverageId: $id}) { authorization { id } } }`, vars{"id": coverage}).
			text("requestPriorAuthorization.authorization.id")
		do("cancelPriorAuthorization", `mutation($id: ID!) { cancelPriorAuthorization(input: {authorizationId: $id, reason: "not needed"}) { authorization { id } } }`, vars{"id": leave})
		do("cancelCoverage", cancelCoverage, vars{"id": coverage})
		given := w.must("coordinator", `query($id: ID!) { consentLedger(patientId: $id, first: 100) { nodes { id scope status } } }`, vars{"id": w.id("patient ann")})
		for _, one := range given.at("consentLedger.nodes").([]any) {
			if c := one.(map[string]any); c["scope"] == "PROGRAM_PARTICIPATION" && c["status"] == "ACTIVE" {
				do("revokeConsent", revoke, vars{"id": c["id"]})
			}
		}
		if got := w.state(enrollment); got != "ON_HOLD" {
			t.Errorf("without the consent it is %s", got)
		}
		do("recordConsent", permit, vars{"id": w.id("patient ann")})
		do("disenroll", disenroll, vars{"id": enrollment})
	})
}
