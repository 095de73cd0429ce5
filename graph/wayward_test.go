package graph_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph/model"
)

// walk is somebody who does anything at any time, in any order, as any of the personas.
type walk struct {
	w    *world
	turn func() error
	h    *house
	// done counts what was not refused.
	done map[string]int
	// of are the programs of enrollments.
	of map[string]string
	// rows are the identifiers that operations returned, by what they are of.
	rows map[string][]string
	// before are the rows of the cast, whose histories are made up.
	before map[uuid.UUID]bool
}

// wayward are the operations of the walk: who does them, on which kind of row, what of them is a new row of which kind.
var wayward = map[string]struct {
	who, document, on   string
	made, path, payload string
	input               func(*walk, *rapid.T) vars
}{
	"refer": {who: "provider", document: referPatient, made: "enrollment", path: "referPatient.enrollment.id", payload: "referPatient", input: func(k *walk, r *rapid.T) vars {
		return vars{"input": vars{"programId": k.w.id(k.into(r)), "patientId": k.w.id("patient " + k.patient(r))}}
	}},
	"ask to take part": {who: "patient", document: request, made: "enrollment", path: "requestEnrollment.enrollment.id", payload: "requestEnrollment", input: func(k *walk, r *rapid.T) vars {
		return vars{"id": k.w.id(k.into(r))}
	}},
	"answer": {who: "coordinator", document: recordAnswers, on: "enrollment", payload: "recordEligibility", input: func(k *walk, r *rapid.T) vars {
		of := k.any(r, "enrollment")
		return k.w.answers(of, k.of[of], rapid.Bool().Draw(r, "meets"))
	}},
	"decide": {who: "coordinator", document: decide, on: "enrollment", payload: "decideEligibility", input: func(k *walk, r *rapid.T) vars {
		return vars{"input": vars{"enrollmentId": k.any(r, "enrollment"), "decision": rapid.SampledFrom([]string{"ELIGIBLE", "ELIGIBLE", "INELIGIBLE"}).Draw(r, "decision")}}
	}},
	"activate":          {who: "coordinator", document: activate, on: "enrollment", payload: "activateEnrollment"},
	"hold":              {who: "coordinator", document: hold, on: "enrollment", payload: "putOnHold"},
	"resume":            {who: "coordinator", document: resume, on: "enrollment", payload: "resumeEnrollment"},
	"complete":          {who: "coordinator", document: complete, on: "enrollment", payload: "completeEnrollment"},
	"disenroll":         {who: "coordinator", document: disenroll, on: "enrollment", payload: "disenroll"},
	"withdraw":          {who: "patient", document: withdraw, on: "enrollment", payload: "withdrawEnrollment"},
	"cancel a referral": {who: "provider", document: cancelReferral, on: "enrollment", payload: "cancelReferral"},
	"permit": {
		who: "coordinator", made: "consent", path: "recordConsent.consent.id", payload: "recordConsent",
		document: `mutation($id: ID!, $scope: ConsentScope!, $until: Time) { recordConsent(input: {patientId: $id, scope: $scope, capturedVia: IN_PERSON, expiresAt: $until, evidence: {witness: "A nurse"}}) { consent { id } } }`,
		input: func(k *walk, r *rapid.T) vars {
			out := vars{"id": k.w.id("patient " + k.patient(r)), "scope": rapid.SampledFrom([]string{"PROGRAM_PARTICIPATION", "INSURANCE_VERIFICATION"}).Draw(r, "scope")}
			if rapid.Bool().Draw(r, "expires") {
				out["until"] = k.w.now.Load().AddDate(0, 0, 10).Format(time.RFC3339)
			}
			return out
		},
	},
	"revoke": {who: "coordinator", document: revoke, on: "consent", payload: "revokeConsent"},
	"insure": {who: "coordinator", document: addCoverage, made: "coverage", path: "addCoverage.coverage.id", payload: "addCoverage", input: func(k *walk, r *rapid.T) vars {
		policy := k.w.policy(rapid.IntRange(2, 6).Draw(r, "priority"))
		policy["patientId"] = k.w.id("patient " + k.patient(r))
		return vars{"input": policy}
	}},
	"end a coverage": {who: "coordinator", document: cancelCoverage, on: "coverage", payload: "cancelCoverage"},
	"verify":         {who: "coordinator", document: verifyCoverage, on: "coverage", made: "verification", path: "submitBenefitVerification.verification.id", payload: "submitBenefitVerification"},
	"verify over the clearinghouse": {
		who: "coordinator", document: submitElectronic, on: "coverage", made: "verification", path: "submitBenefitVerification.verification.id", payload: "submitBenefitVerification",
	},
	"retry": {who: "coordinator", document: retryVerification, on: "verification", payload: "retryVerification"},
	"give up": {
		who: "coordinator", on: "verification", payload: "cancelVerification",
		document: `mutation($id: ID!) { cancelVerification(input: {verificationId: $id, reason: "not needed"}) { verification { status } } }`,
	},
	"record": {who: "coordinator", document: recordResult, on: "verification", payload: "recordVerificationResult", input: func(k *walk, r *rapid.T) vars {
		in := vars{"verificationId": k.any(r, "verification"), "outcome": "PARTIAL"}
		switch rapid.IntRange(0, 3).Draw(r, "outcome") {
		case 0:
			in["outcome"], in["errorCode"] = "ERROR", "NO_ANSWER"
		case 1, 2:
			in["outcome"], in["validUntil"] = "COMPLETE", k.w.now.Load().AddDate(0, 0, 8).Format(time.RFC3339)
			in["result"] = rapid.SampledFrom([]string{"COVERED", "NOT_COVERED"}).Draw(r, "result")
		}
		return vars{"input": in}
	}},
	"ask for leave": {
		who: "coordinator", on: "coverage", made: "authorization", path: "requestPriorAuthorization.authorization.id", payload: "requestPriorAuthorization",
		document: `mutation($id: ID!) { requestPriorAuthorization(input: {coverageId: $id}) { authorization { id } unmet { code } } }`,
	},
	"decide on leave": {
		who: "coordinator", on: "authorization", payload: "recordPriorAuthorizationDecision",
		document: `mutation($id: ID!) { recordPriorAuthorizationDecision(input: {authorizationId: $id, approved: false, reason: "not yet"}) { authorization { id } } }`,
	},
	"invite": {
		who: "coordinator", made: "access", path: "invitePortalUser.access.id", payload: "invitePortalUser", document: inviteTo,
		input: func(k *walk, _ *rapid.T) vars {
			return vars{"id": k.w.id("patient cal"), "portal": "PATIENT_PORTAL"} // ann is the one who does things herself
		},
	},
	"suspend":         {who: "coordinator", document: suspendAccess, on: "access", payload: "suspendPortalAccess"},
	"restore":         {who: "coordinator", document: restoreAccess, on: "access", payload: "restorePortalAccess"},
	"take the access": {who: "coordinator", document: revokeAccess, on: "access", payload: "revokePortalAccess"},
}

func (k *walk) patient(r *rapid.T) string {
	return rapid.SampledFrom([]string{"ann", "ann", "cal"}).Draw(r, "patient")
}

// into is a program, and what the next enrollment is in.
func (k *walk) into(r *rapid.T) string {
	k.of[""] = rapid.SampledFrom([]string{"aid", "full", "insured"}).Draw(r, "program")
	return "program " + k.of[""]
}

// any is one of the rows of the kind; where there is none, the walk does something else.
func (k *walk) any(r *rapid.T, kind string) string {
	if len(k.rows[kind]) == 0 {
		r.Skip("no " + kind)
	}
	return rapid.SampledFrom(k.rows[kind]).Draw(r, kind)
}

// step does one operation, which is done whole or refused whole.
func (k *walk) step(r *rapid.T, name string) {
	one := wayward[name]
	var variables vars
	if one.input != nil {
		variables = one.input(k, r)
	} else {
		variables = vars{"id": k.any(r, one.on)}
	}
	k.w.later(time.Minute)
	before := k.size()
	a := k.w.do(one.who, one.document, variables)
	switch refused := len(a.gates(one.payload)) > 0; {
	case a.code() == "" && !refused:
		if id := a.text(one.path); one.made != "" && !slices.Contains(k.rows[one.made], id) {
			k.rows[one.made] = append(k.rows[one.made], id)
			k.of[id] = k.of[""]
		}
		k.done[name]++
	case !refused && !slices.Contains([]string{"INVALID_TRANSITION", "CONFLICT", "NOT_FOUND", "BAD_USER_INPUT", "FORBIDDEN"}, a.code()):
		r.Fatalf("%s: %s", name, a.raw)
	case k.size() != before:
		r.Fatalf("%s was refused and wrote something: %s", name, a.raw)
	}
}

// size is how much history and how many events there are.
func (k *walk) size() [2]int {
	ctx := k.w.system()
	return [2]int{k.w.client.StatusChange.Query().CountX(ctx), k.w.client.Event.Query().CountX(ctx)}
}

// along takes an enrollment on as people mean it to go, as far as that works.
func (k *walk) along(r *rapid.T) {
	of := k.any(r, "enrollment")
	k.w.do("coordinator", recordAnswers, k.w.answers(of, k.of[of], true))
	k.w.do("coordinator", decide, vars{"input": vars{"enrollmentId": of, "decision": "ELIGIBLE"}})
	for _, patient := range []string{"ann", "cal"} {
		k.w.do("coordinator", permit, vars{"id": k.w.id("patient " + patient)})
		k.w.do("coordinator", permitVerifying, vars{"id": k.w.id("patient " + patient)})
	}
	k.w.later(time.Minute)
	k.w.do("coordinator", activate, vars{"id": of})
}

// time lets days pass, and what is due with them.
func (k *walk) time(r *rapid.T) {
	k.w.later(time.Duration(rapid.IntRange(1, 6).Draw(r, "days")) * 24 * time.Hour)
	k.w.due()
}

// payers answer, in any way, what they are asked.
func (k *walk) payers(r *rapid.T) {
	if len(k.h.asked) > 0 {
		a := k.w.answerOf(rapid.SampledFrom([]code.VerificationResult{"COVERED", "NOT_COVERED", "SOMETHING_NEW"}).Draw(r, "says"))
		if rapid.Bool().Draw(r, "in part") {
			a = model.RecordVerificationResultInput{Outcome: "PARTIAL"}
		}
		k.h.says(a)
	}
	k.w.ok(k.turn())
}

// check holds everything to the lifecycles and the invariants.
func (k *walk) check(r *rapid.T) {
	if broken := k.w.unfounded(); broken != nil {
		r.Fatalf("%v", broken)
	}
	ctx, c := k.w.system(), k.w.client
	steps := c.StatusChange.Query().Order(statuschange.ByAt(), statuschange.ByID()).AllX(ctx)
	holds(k, r, lifecycle.Enrollment, steps, func(s *ent.StatusChange) *uuid.UUID { return s.EnrollmentID }, c.Enrollment.Query().AllX(ctx),
		func(e *ent.Enrollment) (uuid.UUID, code.EnrollmentStatus) { return e.ID, e.Status })
	holds(k, r, lifecycle.Consent, steps, func(s *ent.StatusChange) *uuid.UUID { return s.ConsentID }, c.Consent.Query().AllX(ctx),
		func(e *ent.Consent) (uuid.UUID, code.ConsentStatus) { return e.ID, e.Status })
	holds(k, r, lifecycle.Coverage, steps, func(s *ent.StatusChange) *uuid.UUID { return s.CoverageID }, c.Coverage.Query().AllX(ctx),
		func(e *ent.Coverage) (uuid.UUID, code.CoverageStatus) { return e.ID, e.Status })
	holds(k, r, lifecycle.Verification, steps, func(s *ent.StatusChange) *uuid.UUID { return s.BenefitVerificationID }, c.BenefitVerification.Query().AllX(ctx),
		func(e *ent.BenefitVerification) (uuid.UUID, code.VerificationStatus) { return e.ID, e.Status })
	holds(k, r, lifecycle.PriorAuthorization, steps, func(s *ent.StatusChange) *uuid.UUID { return s.PriorAuthorizationID }, c.PriorAuthorization.Query().AllX(ctx),
		func(e *ent.PriorAuthorization) (uuid.UUID, code.PriorAuthorizationStatus) { return e.ID, e.Status })
	holds(k, r, lifecycle.PortalAccess, steps, func(s *ent.StatusChange) *uuid.UUID { return s.PortalAccessID }, c.PortalAccess.Query().AllX(ctx),
		func(e *ent.PortalAccess) (uuid.UUID, code.PortalAccessStatus) { return e.ID, e.Status })
	holds(k, r, lifecycle.Activity, steps, func(s *ent.StatusChange) *uuid.UUID { return s.ServiceActivityID }, c.ServiceActivity.Query().AllX(ctx),
		func(e *ent.ServiceActivity) (uuid.UUID, code.ActivityStatus) { return e.ID, e.Status })
}

// holds checks that each row went a way of its lifecycle, step by step, to where it stands.
func holds[S ~string, E any](k *walk, r *rapid.T, m lifecycle.Machine[S], steps []*ent.StatusChange, of func(*ent.StatusChange) *uuid.UUID, rows []*E, at func(*E) (uuid.UUID, S)) {
	ways := map[uuid.UUID][]*ent.StatusChange{}
	for _, s := range steps {
		if key := of(s); key != nil {
			ways[*key] = append(ways[*key], s)
		}
	}
	for _, row := range rows {
		key, status := at(row)
		if k.before[key] {
			continue
		}
		was := ""
		for _, s := range ways[key] {
			from := ""
			if s.FromStatus != nil {
				from = *s.FromStatus
			}
			if from != was || from != "" && !m.Allows(S(from), S(s.ToStatus)) {
				r.Fatalf("%T of %s went from %q to %s, having been %q", row, key, from, s.ToStatus, was)
			}
			was = s.ToStatus
		}
		if was != string(status) {
			r.Fatalf("%T of %s is %s, and its history ends with %q", row, key, status, was)
		}
	}
}

// TestWayward does anything in any order for a while: no row ever leaves its lifecycle, nothing is half done, and what must
// hold of enrollments holds after each step.
func TestWayward(t *testing.T) {
	for name, value := range map[string]string{"rapid.checks": "4", "rapid.steps": "100"} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			if err := f.Value.Set(value); err != nil {
				t.Fatal(err)
			}
		}
	}
	storetest.Each(t, func(t *testing.T, first *store.Store) {
		done := map[string]int{}
		defer func() { t.Logf("done: %v", done) }()
		rapid.Check(t, func(r *rapid.T) {
			anew := storetest.SQLite
			if first.Dialect == dialect.Postgres {
				anew = storetest.Postgres
			}
			k := &walk{w: newWorld(t, anew(t)), h: &house{}, rows: map[string][]string{}, of: map[string]string{}, done: done, before: map[uuid.UUID]bool{}}
			k.turn = k.w.exchange(k.h)
			one := 1
			k.rows["access"] = []string{k.w.id("access cal")}
			k.w.screened("aid", nil)
			k.w.screened("full", func(p *ent.CareProgramCreate) { p.SetNillableCapacity(&one).SetWaitlist(true) })
			k.w.screened("insured", func(p *ent.CareProgramCreate) { p.SetCoverageRequired(true).SetAutoActivate(true) })
			for _, key := range k.w.rows {
				k.before[key.UUID] = true
			}
			actions := map[string]func(*rapid.T){"": k.check, "time passes": k.time, "payers answer": k.payers, "go along": k.along, "go along again": k.along}
			for name := range wayward {
				actions[name] = func(r *rapid.T) { k.step(r, name) }
			}
			r.Repeat(actions)
		})
	})
}
