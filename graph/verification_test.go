package graph_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// The operations of coverages and their verification.
const (
	addCoverage    = `mutation($input: AddCoverageInput!) { addCoverage(input: $input) { coverage { id status priority version } } }`
	cancelCoverage = `mutation($id: ID!) { cancelCoverage(input: {coverageId: $id, reason: "changed the payer"}) { coverage { status history { nodes { toStatus note } } } } }`
	verifyCoverage = `mutation($id: ID!) { submitBenefitVerification(input: {coverageId: $id}) { verification { id status attempt } unmet { code scope } } }`
	recordResult   = `mutation($input: RecordVerificationResultInput!) { recordVerificationResult(input: $input) { verification { status result
		benefits { nodes { currency deductibleIndividual { limit applied remaining } copay } } } } }`
	retryVerification = `mutation($id: ID!) { retryVerification(input: {verificationId: $id}) { verification { status attempt attempts { nodes { seq outcome errorCode } } } unmet { code } } }`
	permitVerifying   = `mutation($id: ID!) { recordConsent(input: {patientId: $id, scope: INSURANCE_VERIFICATION, capturedVia: IN_PERSON, evidence: {witness: "A nurse"}}) { consent { id status } } }`
)

// asked is a new coverage of ann's that is being verified.
func (w *world) asked() (coverage, verification string) {
	w.t.Helper()
	added := w.must("coordinator", addCoverage, vars{"input": w.policy(2)})
	coverage = added.text("addCoverage.coverage.id")
	w.must("coordinator", permitVerifying, vars{"id": w.id("patient ann")})
	return coverage, w.must("coordinator", verifyCoverage, vars{"id": coverage}).text("submitBenefitVerification.verification.id")
}

// policy is a coverage of ann's.
func (w *world) policy(priority int) vars {
	return vars{
		"patientId": w.id("patient ann"), "payerId": w.id("org payer"), "kind": "MEDICAL", "memberId": "M1", "subscriberBirthDate": "1971-03-07",
		"periodStart": "2026-01-01", "priority": priority,
	}
}

// result is a complete answer with a deductible.
func (w *world) result(id, currency, limit, applied, remaining string) vars {
	return vars{"input": vars{
		"verificationId": id, "outcome": "COMPLETE", "result": "COVERED", "validUntil": day(90).Format(time.RFC3339),
		"benefits": []vars{{
			"inNetwork": true, "currency": currency, "copay": "20",
			"deductibleIndividual": vars{"limit": limit, "applied": applied, "remaining": remaining},
		}},
	}}
}

// A coverage is verified by phone: refused while a gate is not met, partial at first, complete at the second attempt.
func TestVerification(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		added := w.must("coordinator", addCoverage, vars{"input": w.policy(2)})
		coverage := added.text("addCoverage.coverage.id")
		w.refused("CONFLICT", "coordinator", addCoverage, vars{"input": w.policy(2)})
		w.refused("NOT_FOUND", "coordinator2", verifyCoverage, vars{"id": coverage})
		for _, who := range []string{"patient", "provider", "liaison", "safety", "analyst", "admin"} {
			w.refused("GRAPHQL_VALIDATION_FAILED", who, verifyCoverage, vars{"id": coverage})
		}
		if got := w.must("coordinator", verifyCoverage, vars{"id": coverage}).gates("submitBenefitVerification"); !slices.Equal(got, []string{"CONSENT_MISSING"}) {
			t.Errorf("without a consent: %v", got)
		}
		w.must("coordinator", permitVerifying, vars{"id": w.id("patient ann")})
		next := w.follow("patient", `subscription { benefitVerificationUpdated { ... on BenefitVerificationUpdated { verification { status } } } }`, nil)
		next(time.Second) // the checkpoint
		id := w.must("coordinator", verifyCoverage, vars{"id": coverage}).text("submitBenefitVerification.verification.id")
		if a := next(5 * time.Second); a == nil || a.text("benefitVerificationUpdated.verification.status") == "" {
			t.Errorf("the patient hears nothing: %+v", a)
		}
		w.must("coordinator", recordResult, vars{"input": vars{"verificationId": id, "outcome": "PARTIAL"}})
		again := w.must("coordinator", retryVerification, vars{"id": id})
		if got := again.text("retryVerification.verification.attempts.nodes.0.outcome") + " " + again.text("retryVerification.verification.attempts.nodes.1.outcome"); got != "PARTIAL QUEUED" {
			t.Errorf("the attempts are %s", again.raw)
		}
		done := w.must("coordinator", recordResult, w.result(id, "USD", "1500", "300.5", "1199.50"))
		for path, want := range map[string]string{
			"status": "COMPLETE", "result": "COVERED", "benefits.nodes.0.copay": "20.00",
			"benefits.nodes.0.deductibleIndividual.limit": "1500.00", "benefits.nodes.0.deductibleIndividual.applied": "300.50",
			"benefits.nodes.0.deductibleIndividual.remaining": "1199.50",
		} {
			if got := done.text("recordVerificationResult.verification." + path); got != want {
				t.Errorf("%s is %q, want %q: %s", path, got, want, done.raw)
			}
		}
		w.refused("INVALID_TRANSITION", "coordinator", recordResult, w.result(id, "USD", "1", "1", "0"))
		summary := w.must("provider", `query($id: ID!) { benefitVerification(id: $id) { status result priorAuthorizationRequired } }`, vars{"id": id})
		if summary.text("benefitVerification.status") != "COMPLETE" {
			t.Errorf("the provider sees %s", summary.raw)
		}
		w.refused("NOT_FOUND", "provider2", `query($id: ID!) { benefitVerification(id: $id) { status } }`, vars{"id": id})
		ended := w.must("coordinator", cancelCoverage, vars{"id": coverage})
		if ended.text("cancelCoverage.coverage.status") != "CANCELLED" || ended.text("cancelCoverage.coverage.history.nodes.0.note") != "changed the payer" {
			t.Errorf("the coverage is %s", ended.raw)
		}
		if got := w.must("coordinator", verifyCoverage, vars{"id": coverage}).gates("submitBenefitVerification"); !slices.Equal(got, []string{"COVERAGE_NOT_ACTIVE"}) {
			t.Errorf("of a coverage that ended: %v", got)
		}
	})
}

// What a payer can not have said is refused, and nothing of it is kept.
func TestImplausibleResults(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		_, id := w.asked()
		for name, input := range map[string]vars{
			"applied beyond the limit":   w.result(id, "USD", "100", "100.01", "0"),
			"remaining beyond the limit": w.result(id, "USD", "100", "0", "101"),
			"negative":                   w.result(id, "USD", "-100", "0", "0"),
			"too exact":                  w.result(id, "USD", "100.001", "0", "0"),
			"cents of yen":               w.result(id, "JPY", "100.5", "0", "0"),
			"no currency":                w.result(id, "XYZ", "100", "0", "0"),
			"no number":                  w.result(id, "USD", "1e9", "0", "0"),
			"no result":                  {"input": vars{"verificationId": id, "outcome": "COMPLETE"}},
			"no answer":                  {"input": vars{"verificationId": id, "outcome": "QUEUED"}},
		} {
			t.Run(name, func(t *testing.T) {
				w.refused("BAD_USER_INPUT", "coordinator", recordResult, input)
			})
		}
		now := w.must("coordinator", `query($id: ID!) { benefitVerification(id: $id) { status benefits { totalCount } } }`, vars{"id": id})
		if now.text("benefitVerification.status") != "SUBMITTED" {
			t.Errorf("after refusals it is %s", now.raw)
		}
	})
}

// Of two who record an answer at once one does.
func TestTwoResults(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		_, id := w.asked()
		var both sync.WaitGroup
		answers := make([]answer, 2)
		for i := range answers {
			both.Go(func() { answers[i] = w.do("coordinator", recordResult, w.result(id, "USD", "10", "0", "10")) })
		}
		both.Wait()
		won := 0
		for _, a := range answers {
			if len(a.errors) == 0 {
				won++
			}
		}
		if won != 1 {
			t.Errorf("%d recorded: %v %v", won, answers[0].raw, answers[1].raw)
		}
	})
}

// What an attempt brings takes the place of what an earlier one brought, whole; one that failed leaves it.
func TestAnswersReplaceEachOther(t *testing.T) {
	const read = `query($id: ID!) { benefitVerification(id: $id) { status result disposition validUntil payerReference errorCode benefits { totalCount } attempts { nodes { detail } } } }`
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		_, id := w.asked()
		answer := func(more vars) vars {
			input := vars{"verificationId": id}
			for k, v := range more {
				input[k] = v
			}
			return vars{"input": input}
		}
		is := func(want string) {
			t.Helper()
			a := w.must("patient", `query($id: ID!) { benefitVerification(id: $id) { status result disposition benefits { totalCount } } }`, vars{"id": id})
			got := fmt.Sprint(a.at("benefitVerification.status"), " ", a.at("benefitVerification.result"), " ", a.at("benefitVerification.disposition"), " ", a.at("benefitVerification.benefits.totalCount"))
			if got != want {
				t.Errorf("the patient reads %q, want %q", got, want)
			}
		}
		partial := answer(vars{"outcome": "PARTIAL", "result": "COVERED", "disposition": "more to come", "payerReference": "P1", "benefits": []vars{{"inNetwork": true, "currency": "USD", "copay": "1"}}})
		w.must("coordinator", recordResult, partial)
		is("PARTIAL COVERED more to come 1")
		w.must("coordinator", retryVerification, vars{"id": id})
		w.must("coordinator", recordResult, answer(vars{"outcome": "ERROR", "errorCode": "NO_ANSWER", "disposition": "nobody at the phone"}))
		is("ERROR COVERED more to come 1")
		if got := w.must("coordinator", read, vars{"id": id}); got.text("benefitVerification.attempts.nodes.1.detail") != "nobody at the phone" {
			t.Errorf("of the attempt is told %s", got.raw)
		}
		w.must("coordinator", retryVerification, vars{"id": id})
		w.must("coordinator", recordResult, answer(vars{"outcome": "COMPLETE", "result": "NOT_COVERED", "validUntil": day(90).Format(time.RFC3339)}))
		is("COMPLETE NOT_COVERED <nil> 0")
		if got := w.must("coordinator", read, vars{"id": id}); got.text("benefitVerification.errorCode")+got.text("benefitVerification.payerReference") != "" {
			t.Errorf("left of earlier answers is %s", got.raw)
		}
	})
}

// Coverages of one patient are verified at once; one coverage is not verified twice at once.
func TestVerifyAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.must("coordinator", permitVerifying, vars{"id": w.id("patient ann")})
		for round := range 5 {
			var ids []string
			for i := range 4 {
				ids = append(ids, w.must("coordinator", addCoverage, vars{"input": w.policy(10 + 4*round + i)}).text("addCoverage.coverage.id"))
			}
			won := map[string]int{}
			for i, a := range w.together(8, func(int) context.Context { return w.as("coordinator") }, verifyCoverage, func(i int) vars { return vars{"id": ids[i%4]} }) {
				switch a.code() {
				case "":
					won[ids[i%4]]++
				case "CONFLICT":
				default:
					t.Errorf("%s", a.raw)
				}
			}
			for _, id := range ids {
				if won[id] != 1 {
					t.Errorf("%d verify one coverage", won[id])
				}
			}
		}
	})
}
