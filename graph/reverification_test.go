package graph_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

const worklist = `{ verificationWorklist { nodes { id status supersedes { id } } } reverificationsDue { nodes { id reverifyAt } } }`

// insured is a program that demands coverage, with ann in it as far as that lets her.
func (w *world) insured() (enrollment string) {
	w.t.Helper()
	w.screened("insured", func(p *ent.CareProgramCreate) { p.SetCoverageRequired(true).SetAutoActivate(true) })
	enrollment = w.must("provider", referPatient, vars{"input": vars{"programId": w.id("program insured"), "patientId": w.id("patient ann")}}).text("referPatient.enrollment.id")
	w.must("coordinator", recordAnswers, w.answers(enrollment, "insured", true))
	w.must("coordinator", decide, vars{"input": vars{"enrollmentId": enrollment, "decision": "ELIGIBLE"}})
	w.must("coordinator", permit, vars{"id": w.id("patient ann")})
	return enrollment
}

// state is the status of an enrollment.
func (w *world) state(enrollment string) string {
	w.t.Helper()
	return w.must("coordinator", `query($id: ID!) { enrollment(id: $id) { status } }`, vars{"id": enrollment}).text("enrollment.status")
}

// covered records that ann's payer pays, or does not, for ninety days.
func (w *world) covered(verification string, result code.VerificationResult) {
	w.t.Helper()
	w.must("coordinator", recordResult, vars{"input": vars{
		"verificationId": verification, "outcome": "COMPLETE", "result": result, "validUntil": w.now.Load().AddDate(0, 0, 90).Format(time.RFC3339),
	}})
}

// Where a program demands coverage, an enrollment waits for what the payer says, and goes on with it.
func TestCoverageGate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		id := w.insured()
		if got := w.state(id); got != "READY" {
			t.Errorf("before anything is verified it is %s", got)
		}
		unmet := func(want ...string) {
			t.Helper()
			if got := w.must("coordinator", activate, vars{"id": id}).gates("activateEnrollment"); !slices.Equal(got, want) {
				t.Errorf("unmet are %v, want %v", got, want)
			}
		}
		unmet("COVERAGE_NOT_VERIFIED")
		policy, first := w.asked()
		unmet("COVERAGE_NOT_VERIFIED")
		w.covered(first, "NOT_COVERED")
		unmet("NOT_COVERED")
		second := w.must("coordinator", verifyCoverage, vars{"id": policy}).text("submitBenefitVerification.verification.id")
		w.must("coordinator", cancelCoverage, vars{"id": policy})
		w.is(second, "CANCELLED : ERROR CANCELLED") // nothing is asked of a coverage that has ended
		unmet("COVERAGE_NOT_VERIFIED")              // nor does what it paid count
		_, third := w.asked()
		next := w.follow("provider", `subscription { enrollmentUpdated { ... on EnrollmentUpdated { enrollment { id status } } } }`, nil)
		next(time.Second) // the checkpoint
		w.covered(third, "PRIOR_AUTHORIZATION_REQUIRED")
		if got := w.state(id); got != "ACTIVE" {
			t.Errorf("with coverage it is %s", got)
		}
		if a := next(5 * time.Second); a == nil || a.text("enrollmentUpdated.enrollment.status") != "ACTIVE" {
			t.Errorf("the provider hears %+v", a)
		}
	})
}

// A verification is made anew before it expires, once, and expires when it is not.
func TestReverification(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		enrollment := w.insured()
		policy, first := w.asked()
		w.covered(first, "COVERED")
		key, err := gid.Parse(nil, enrollment)
		w.ok(err)
		tasks := func(status ...code.ActivityStatus) int {
			return w.client.ServiceActivity.Query().Where(serviceactivity.EnrollmentID(key.UUID), serviceactivity.KindEQ("REVERIFICATION"), serviceactivity.StatusIn(status...)).CountX(w.system())
		}
		drafts := func() (ids []string) {
			for _, one := range w.must("coordinator", worklist, nil).at("verificationWorklist.nodes").([]any) {
				ids = append(ids, one.(map[string]any)["id"].(string))
			}
			return ids
		}
		if due := w.must("coordinator", worklist, nil).text("reverificationsDue.nodes.0.reverifyAt"); due != noon.AddDate(0, 0, 60).Format(time.RFC3339) {
			t.Errorf("it is to be made anew at %s", due)
		}
		w.later(59 * 24 * time.Hour)
		w.due()
		if got := drafts(); len(got) != 0 {
			t.Errorf("made anew too early: %v", got)
		}
		w.must("coordinator", `mutation($id: ID!, $at: Time!) { scheduleReverification(input: {verificationId: $id, at: $at}) { verification { reverifyAt } } }`,
			vars{"id": first, "at": w.now.Load().Add(36 * time.Hour).Format(time.RFC3339)})
		w.later(30 * time.Hour)
		w.due()
		if got := drafts(); len(got) != 0 {
			t.Errorf("made anew before the day that was planned: %v", got)
		}
		w.later(12 * time.Hour)
		for range 2 {
			w.due()
		}
		got := drafts()
		if len(got) != 1 || tasks("REQUESTED") != 1 {
			t.Fatalf("drafts %v, %d tasks", got, tasks("REQUESTED"))
		}
		second := got[0]
		w.refused("CONFLICT", "coordinator", `mutation($id: ID!, $at: Time!) { scheduleReverification(input: {verificationId: $id, at: $at}) { verification { reverifyAt } } }`,
			vars{"id": first, "at": w.now.Load().Add(time.Hour).Format(time.RFC3339)})
		w.must("coordinator", `mutation($id: ID!) { submitBenefitVerification(input: {verificationId: $id, method: FAX}) { verification { status } unmet { code } } }`, vars{"id": second})
		w.covered(second, "COVERED")
		if tasks("REQUESTED") != 0 || tasks("COMPLETED") != 1 {
			t.Error("the task is open although it is verified anew")
		}
		w.later(40 * 24 * time.Hour) // beyond the first one's time
		w.due()
		w.is(first, "EXPIRED COVERED : COMPLETE")
		if got := drafts(); len(got) != 0 {
			t.Errorf("made anew twice: %v", got)
		}

		// Who asks about the coverage submits the draft that waits.
		w.later(30 * 24 * time.Hour)
		w.due()
		third := drafts()
		again := w.must("coordinator", verifyCoverage, vars{"id": policy}).text("submitBenefitVerification.verification.id")
		if len(third) != 1 || again != third[0] {
			t.Errorf("%s is asked, and the draft is %v", again, third)
		}
		w.covered(again, "COVERED")

		// Nobody does anything: the draft stays, the verification expires, the enrollment goes on.
		w.later(70 * 24 * time.Hour)
		w.due()
		fourth := drafts()
		w.later(30 * 24 * time.Hour)
		for range 2 {
			w.due()
		}
		w.is(again, "EXPIRED COVERED : COMPLETE")
		if got := drafts(); len(fourth) != 1 || !slices.Equal(got, fourth) {
			t.Errorf("drafts were %v and are %v", fourth, got)
		}
		if got := w.state(enrollment); got != "ACTIVE" {
			t.Errorf("the enrollment is %s", got)
		}
		if broken := w.unfounded(); broken != nil {
			t.Error(broken)
		}
	})
}

// Another question about the same is the verification made anew, whatever became of the draft.
func TestVerifiedAnewOtherwise(t *testing.T) {
	for name, meanwhile := range map[string]func(w *world, draft string){
		"the draft waits": func(*world, string) {},
		"the draft came to nothing": func(w *world, draft string) {
			w.must("coordinator", `mutation($id: ID!) { submitBenefitVerification(input: {verificationId: $id}) { verification { status } unmet { code } } }`, vars{"id": draft})
			w.must("coordinator", recordResult, vars{"input": vars{"verificationId": draft, "outcome": "ERROR", "errorCode": "NO_ANSWER"}})
		},
		"the time is over": func(w *world, _ string) {
			w.later(40 * 24 * time.Hour)
			w.due()
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, st *store.Store) {
				w := newWorld(t, st)
				w.insured()
				policy, first := w.asked()
				w.covered(first, "COVERED")
				w.later(61 * 24 * time.Hour)
				w.due()
				draft := w.must("coordinator", worklist, nil).text("verificationWorklist.nodes.0.id")
				meanwhile(w, draft)
				made := w.must("coordinator", `mutation($id: ID!) { submitBenefitVerification(input: {coverageId: $id, purposes: [VALIDATION]}) { verification { id supersedes { id } } unmet { code } } }`, vars{"id": policy})
				if got := made.text("submitBenefitVerification.verification.supersedes.id"); got != first {
					t.Errorf("it makes %q anew, want %q", got, first)
				}
				w.covered(made.text("submitBenefitVerification.verification.id"), "COVERED")
				if left := w.must("coordinator", worklist, nil).at("verificationWorklist.nodes").([]any); len(left) != 0 {
					t.Errorf("left to do is %v", left)
				}
				if n := w.client.ServiceActivity.Query().Where(serviceactivity.KindEQ("REVERIFICATION"), serviceactivity.StatusNEQ("COMPLETED")).CountX(w.system()); n != 0 {
					t.Errorf("%d tasks are open", n)
				}
			})
		})
	}
}

// What is of no use any more is not verified anew: a coverage that has ended, an enrollment that is over.
func TestNotVerifiedAnew(t *testing.T) {
	for name, ends := range map[string]func(w *world, coverage, enrollment string){
		"the coverage was cancelled": func(w *world, coverage, _ string) { w.must("coordinator", cancelCoverage, vars{"id": coverage}) },
		"its last day is over": func(w *world, coverage, _ string) {
			w.must("coordinator", `mutation($id: ID!, $day: Date!) { updateCoverage(input: {coverageId: $id, periodEnd: $day}) { coverage { periodEnd } } }`,
				vars{"id": coverage, "day": day(50).Format(time.DateOnly)})
		},
		"the enrollment is over": func(w *world, _, enrollment string) { w.must("coordinator", complete, vars{"id": enrollment}) },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, st *store.Store) {
				w := newWorld(t, st)
				enrollment := w.insured()
				coverage, id := w.asked()
				w.covered(id, "COVERED")
				ends(w, coverage, enrollment)
				w.later(100 * 24 * time.Hour)
				w.due()
				w.is(id, "EXPIRED COVERED : COMPLETE")
				if n := w.client.BenefitVerification.Query().Where(benefitverification.StatusEQ("DRAFT")).CountX(w.system()); n != 0 {
					t.Errorf("%d drafts", n)
				}
			})
		})
	}
}

// A payer's leave: asked for, denied, asked for again, given, and over one day.
func TestPriorAuthorization(t *testing.T) {
	const (
		ask    = `mutation($id: ID!, $v: ID) { requestPriorAuthorization(input: {coverageId: $id, verificationId: $v}) { authorization { id status } unmet { code scope } } }`
		record = `mutation($input: RecordPriorAuthorizationDecisionInput!) { recordPriorAuthorizationDecision(input: $input) { authorization { status number validFrom validUntil reason } } }`
		read   = `query($id: ID!) { coverage(id: $id) { authorizations { nodes { status } } } }`
	)
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		coverage, verification := w.asked()
		w.refused("NOT_FOUND", "coordinator2", ask, vars{"id": coverage})
		for _, who := range []string{"patient", "provider", "liaison", "safety", "analyst", "admin"} {
			w.refused("GRAPHQL_VALIDATION_FAILED", who, ask, vars{"id": coverage})
		}
		first := w.must("coordinator", ask, vars{"id": coverage, "v": verification}).text("requestPriorAuthorization.authorization.id")
		decided := func(id string, more vars) vars {
			input := vars{"authorizationId": id}
			for k, v := range more {
				input[k] = v
			}
			return vars{"input": input}
		}
		until := day(30).Format(time.DateOnly)
		for _, wrong := range []vars{
			{"approved": false},
			{"approved": true},
			{"approved": true, "number": "A1"},
			{"approved": true, "validUntil": until},
			{"approved": true, "number": "A1", "validUntil": day(-1).Format(time.DateOnly)},
			{"approved": true, "number": "A1", "validUntil": until, "reason": "but why"},
			{"approved": false, "reason": "not yet", "number": "A1"},
			{"approved": true, "number": "A1", "validFrom": day(31).Format(time.DateOnly), "validUntil": until},
		} {
			w.refused("BAD_USER_INPUT", "coordinator", record, decided(first, wrong))
		}
		w.must("coordinator", record, decided(first, vars{"approved": false, "reason": "another product first"}))
		w.refused("INVALID_TRANSITION", "coordinator", record, decided(first, vars{"approved": true, "number": "A1", "validUntil": until}))
		second := w.must("coordinator", ask, vars{"id": coverage}).text("requestPriorAuthorization.authorization.id")
		given := w.must("coordinator", record, decided(second, vars{"approved": true, "number": "A1", "validUntil": until}))
		if got := given.text("recordPriorAuthorizationDecision.authorization.validFrom"); got != noon.Format(time.DateOnly) {
			t.Errorf("given: %s", given.raw)
		}
		third := w.must("coordinator", ask, vars{"id": coverage}).text("requestPriorAuthorization.authorization.id")
		w.must("coordinator", `mutation($id: ID!) { cancelPriorAuthorization(input: {authorizationId: $id, reason: "not needed"}) { authorization { status } } }`, vars{"id": third})
		for _, who := range []string{"coordinator", "patient", "provider"} {
			if got := fmt.Sprint(w.must(who, read, vars{"id": coverage}).at("coverage.authorizations.nodes")); got != "[map[status:CANCELLED] map[status:APPROVED] map[status:DENIED]]" {
				t.Errorf("%s sees %s", who, got)
			}
		}
		w.refused("NOT_FOUND", "provider2", `query($id: ID!) { priorAuthorization(id: $id) { status } }`, vars{"id": second})
		w.later(30 * 24 * time.Hour)
		w.due("prior authorizations that expire")
		if got := w.must("coordinator", read, vars{"id": coverage}).text("coverage.authorizations.nodes.1.status"); got != "APPROVED" {
			t.Errorf("on its last day it is %s", got)
		}
		w.later(24 * time.Hour)
		w.due("prior authorizations that expire")
		if got := w.must("coordinator", `query($id: ID!) { priorAuthorization(id: $id) { status history { nodes { toStatus } } } }`, vars{"id": second}); fmt.Sprint(got.at("priorAuthorization.history.nodes")) !=
			"[map[toStatus:EXPIRED] map[toStatus:APPROVED] map[toStatus:SUBMITTED] map[toStatus:DRAFT]]" {
			t.Errorf("afterwards it is %s", got.raw)
		}
		w.revoked("ann", "INSURANCE_VERIFICATION")
		if got := w.must("coordinator", ask, vars{"id": coverage}).gates("requestPriorAuthorization"); !slices.Equal(got, []string{"CONSENT_MISSING"}) {
			t.Errorf("without the consent: %v", got)
		}
	})
}

// Of eight who add a coverage of one priority at once one does.
func TestPriorityRace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		won := 0
		for _, a := range w.together(8, func(int) context.Context { return w.as("coordinator") }, addCoverage, func(int) vars { return vars{"input": w.policy(5)} }) {
			switch a.code() {
			case "":
				won++
			case "CONFLICT":
			default:
				t.Errorf("%s", a.raw)
			}
		}
		if n := w.client.Coverage.Query().Where(coverage.PatientID(w.row("patient ann")), coverage.Priority(5)).CountX(w.system()); won != 1 || n != 1 {
			t.Errorf("%d added it, there are %d", won, n)
		}
	})
}
