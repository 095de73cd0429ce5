package graph_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/requiredconsent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// within does something in a transaction of its own.
func (w *world) within(ctx context.Context, do func(*ent.Tx) error) error {
	w.t.Helper()
	tx, err := w.client.Tx(ctx)
	w.ok(err)
	if err := do(tx); err != nil {
		w.ok(tx.Rollback())
		return err
	}
	return tx.Commit()
}

// unfounded lists, by plain reading, what invariants of enrollments are broken: an active one without a consent that its
// program demands, the eligibility or the coverage, two open ones of one patient and program, more places taken than there are.
func (w *world) unfounded() []string {
	w.t.Helper()
	ctx, now := w.system(), *w.now.Load()
	var broken []string
	rows, err := w.client.Enrollment.Query().WithProgram().All(ctx)
	w.ok(err)
	open, taken := map[[2]string]int{}, map[string]int{}
	for _, e := range rows {
		if e.EndedAt == nil {
			if open[[2]string{e.PatientID.String(), e.ProgramID.String()}]++; open[[2]string{e.PatientID.String(), e.ProgramID.String()}] > 1 {
				broken = append(broken, "two open enrollments of "+e.PatientID.String())
			}
		}
		if lifecycle.Enrollment.Terminal(e.Status) != (e.EndedAt != nil) {
			broken = append(broken, string(e.Status)+" and its end do not agree")
		}
		switch e.Status {
		case "ELIGIBLE", "CONSENT_PENDING", "READY", "ACTIVE", "ON_HOLD":
			taken[e.ProgramID.String()]++
		}
		if limit := e.Edges.Program.Capacity; limit != nil && taken[e.ProgramID.String()] > *limit {
			broken = append(broken, "more places taken than there are in "+e.Edges.Program.Name)
		}
		if e.Status != code.EnrollmentStatusActive {
			continue
		}
		if e.Eligibility != code.EligibilityDecisionEligible {
			broken = append(broken, "active and not eligible: "+e.ID.String())
		}
		demanded, err := w.client.RequiredConsent.Query().Where(requiredconsent.ProgramID(e.ProgramID)).All(ctx)
		w.ok(err)
		for _, d := range demanded {
			given, err := w.client.Consent.Query().Where(
				consent.PatientID(e.PatientID), consent.ScopeEQ(d.Scope), consent.StatusEQ("ACTIVE"), consent.DecisionEQ("PERMIT"),
				consent.Or(consent.ProgramIDIsNil(), consent.ProgramID(e.ProgramID)),
			).All(ctx)
			w.ok(err)
			if !slices.ContainsFunc(given, func(c *ent.Consent) bool { return c.ExpiresAt == nil || c.ExpiresAt.After(now) }) {
				broken = append(broken, "active without "+string(d.Scope)+": "+e.ID.String())
			}
		}
		if !e.Edges.Program.CoverageRequired || e.ActivatedAt == nil {
			continue
		}
		checked, err := w.client.BenefitVerification.Query().Where(benefitverification.PatientID(e.PatientID), benefitverification.CompletedAtLTE(*e.ActivatedAt)).All(ctx)
		w.ok(err)
		if !slices.ContainsFunc(checked, func(v *ent.BenefitVerification) bool {
			return v.ValidUntil.After(*e.ActivatedAt) && *v.Result != code.VerificationResultNotCovered
		}) {
			broken = append(broken, "active without coverage: "+e.ID.String())
		}
	}
	return broken
}

// The gates hold for whoever writes, past the API as well.
func TestGatesHoldForEverybody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		w.screened("insured", func(p *ent.CareProgramCreate) { p.SetCoverageRequired(true) })
		ctx := w.system()
		create := func(c *ent.EnrollmentClient, program string) *ent.EnrollmentCreate {
			return c.Create().SetPatientID(w.row("patient cal")).SetProgramID(w.row("program " + program)).SetSource("IMPORT").SetReferredAt(noon)
		}
		is := func(what string, err error, want ...lifecycle.Unmet) {
			t.Helper()
			refused, ok := errors.AsType[*lifecycle.UnmetError](err)
			if !ok || !slices.Equal(refused.Gates, want) {
				t.Errorf("%s: %v", what, err)
			}
		}
		fails := func(what string, err error) {
			t.Helper()
			if err == nil {
				t.Error(what)
			}
		}
		missing := lifecycle.Unmet{Gate: code.GateCodeConsentMissing, Scope: code.ConsentScopeProgramParticipation}
		is("created active", w.within(ctx, func(tx *ent.Tx) error {
			return create(tx.Enrollment, "aid").SetStatus("ACTIVE").Exec(ctx)
		}), lifecycle.Unmet{Gate: code.GateCodeNotEligible}, missing)
		is("created active with others", w.within(ctx, func(tx *ent.Tx) error {
			return tx.Enrollment.CreateBulk(create(tx.Enrollment, "aid"), create(tx.Enrollment, "insured").SetStatus("ACTIVE").SetEligibility("ELIGIBLE")).Exec(ctx)
		}), missing, lifecycle.Unmet{Gate: code.GateCodeCoverageNotVerified})
		row := create(w.client.Enrollment, "aid").SetStatus("READY").SetEligibility("ELIGIBLE").SaveX(ctx)
		is("updated to active", w.within(ctx, func(tx *ent.Tx) error {
			return tx.Enrollment.UpdateOneID(row.ID).SetStatus("ACTIVE").Exec(ctx)
		}), missing)
		fails("activated with others", w.within(ctx, func(tx *ent.Tx) error {
			return tx.Enrollment.Update().Where(enrollment.ID(row.ID)).SetStatus("ACTIVE").Exec(ctx)
		}))
		fails("activated outside of a transaction", w.client.Enrollment.UpdateOne(row).SetStatus("ACTIVE").Exec(ctx))
		if _, err := create(w.client.Enrollment, "aid").SetStatus("REFERRED").Save(ctx); !ent.IsConstraintError(err) {
			t.Errorf("two open enrollments: %v", err)
		}
		for _, who := range []string{"coordinator", "provider", "patient", "liaison", "analyst", "admin"} {
			fails("activated as "+who, w.within(w.as(who), func(tx *ent.Tx) error {
				return tx.Enrollment.UpdateOneID(row.ID).SetStatus("ACTIVE").Exec(w.as(who))
			}))
		}

		// A consent that is denied, expired, to come, of another scope or program, or only asked for, opens nothing.
		for what, change := range map[string]func(*ent.ConsentCreate){
			"denied":      func(c *ent.ConsentCreate) { c.SetDecision("DENY") },
			"expired":     func(c *ent.ConsentCreate) { c.SetExpiresAt(noon) },
			"to come":     func(c *ent.ConsentCreate) { c.SetEffectiveFrom(noon.Add(time.Hour)) },
			"of another":  func(c *ent.ConsentCreate) { c.SetProgramID(w.row("program bridge")) },
			"asked for":   func(c *ent.ConsentCreate) { c.SetStatus("PROPOSED") },
			"ended":       func(c *ent.ConsentCreate) { c.SetStatus("INACTIVE") },
			"of somebody": func(c *ent.ConsentCreate) { c.SetPatientID(w.row("patient ann")) },
		} {
			is(what, w.within(ctx, func(tx *ent.Tx) error {
				give := w.giving(tx.Consent)
				change(give)
				if err := give.Exec(ctx); err != nil {
					return err
				}
				return tx.Enrollment.UpdateOneID(row.ID).SetStatus("ACTIVE").Exec(ctx)
			}), missing)
		}
		unproved := w.giving(w.client.Consent)
		unproved.Mutation().ResetEvidenceRef()
		fails("a consent in force without evidence", unproved.Exec(ctx))

		given := w.giving(w.client.Consent).SaveX(ctx)
		w.ok(w.within(ctx, func(tx *ent.Tx) error { return tx.Enrollment.UpdateOneID(row.ID).SetStatus("ACTIVE").Exec(ctx) }))
		fails("a consent that was given was edited", w.client.Consent.UpdateOne(given).SetSignerName("Somebody else").Exec(ctx))
		fails("a consent that was given was edited with others", w.client.Consent.Update().SetExpiresAt(noon).Exec(ctx))
		fails("a consent ended outside of a transaction", w.client.Consent.UpdateOne(given).SetStatus("INACTIVE").Exec(ctx))
		w.ok(w.within(ctx, func(tx *ent.Tx) error {
			return tx.Consent.UpdateOneID(given.ID).SetStatus("ENTERED_IN_ERROR").Exec(ctx)
		}))
		if now := w.client.Enrollment.GetX(ctx, row.ID); now.Status != code.EnrollmentStatusOnHold {
			t.Errorf("without the consent it is %s", now.Status)
		}
		if broken := w.unfounded(); broken != nil {
			t.Error(broken)
		}

		// Where the coverage is to be verified, a verification that is complete and valid opens the gate.
		insured := create(w.client.Enrollment, "insured").SetStatus("READY").SetEligibility("ELIGIBLE").SaveX(ctx)
		w.giving(w.client.Consent).ExecX(ctx)
		activate := func() error {
			return w.within(ctx, func(tx *ent.Tx) error { return tx.Enrollment.UpdateOneID(insured.ID).SetStatus("ACTIVE").Exec(ctx) })
		}
		unverified := lifecycle.Unmet{Gate: code.GateCodeCoverageNotVerified}
		is("never verified", activate(), unverified)
		policy := w.client.Coverage.Create().SetPatientID(w.row("patient cal")).SetKind("MEDICAL").SetStatus("ACTIVE").SetPeriodStart("2026-01-01").SaveX(ctx)
		check := w.client.BenefitVerification.Create().SetPatientID(policy.PatientID).SetCoverageID(policy.ID).SetStatus("PARTIAL").SaveX(ctx)
		is("verified in part", activate(), unverified)
		w.client.BenefitVerification.UpdateOne(check).SetStatus("COMPLETE").SetValidUntil(noon).ExecX(ctx)
		is("verified until now", activate(), unverified)
		w.client.BenefitVerification.Update().Where(benefitverification.ID(check.ID)).SetValidUntil(noon.Add(time.Hour)).ExecX(ctx)
		w.ok(activate())
	})
}

// giving is a consent of cal's to take part.
func (w *world) giving(c *ent.ConsentClient) *ent.ConsentCreate {
	return c.Create().SetPatientID(w.row("patient cal")).SetScope("PROGRAM_PARTICIPATION").SetStatus("ACTIVE").SetDecision("PERMIT").
		SetCapturedVia("IN_PERSON").SetCapturedAt(noon).SetEffectiveFrom(noon).SetSignerRole("SELF").SetEvidenceKind("WITNESS").SetEvidenceRef("A nurse")
}

// Who activates and who revokes at the same time: whichever comes first, no enrollment is active without its consent.
func TestRevokeRacesActivate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		ctx := w.system()
		ends := map[code.EnrollmentStatus]int{}
		for range 12 {
			given := w.giving(w.client.Consent).SaveX(ctx)
			row := w.client.Enrollment.Create().SetPatientID(w.row("patient cal")).SetProgramID(w.row("program aid")).SetSource("COORDINATOR").
				SetReferredAt(noon).SetStatus("READY").SetEligibility("ELIGIBLE").SetCoordinatorID(w.row("user coordinator")).SaveX(ctx)
			answers := w.together(2, func(int) context.Context { return w.as("coordinator") },
				`mutation($e: ID!, $c: ID!, $first: Boolean!) {
					activateEnrollment(input: {enrollmentId: $e}) @include(if: $first) { enrollment { status } unmet { code } }
					revokeConsent(input: {consentId: $c, reason: "no longer"}) @skip(if: $first) { consent { status } }
				}`, func(i int) vars {
					return vars{"e": row.GlobalID().String(), "c": given.GlobalID().String(), "first": i == 0}
				})
			for _, a := range answers {
				if code := a.code(); code != "" && code != "CONFLICT" {
					t.Errorf("%s", a.raw)
				}
			}
			if broken := w.unfounded(); broken != nil {
				t.Fatal(broken)
			}
			ends[w.client.Enrollment.GetX(ctx, row.ID).Status]++
			w.client.Enrollment.UpdateOneID(row.ID).SetStatus("CANCELLED").SetEndedAt(noon).ExecX(ctx)
		}
		if ends["ACTIVE"] > 0 {
			t.Errorf("ends: %v", ends)
		}
	})
}

// Of many who refer one patient to one program at once, one does.
func TestReferralRace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		made := 0
		for _, a := range w.together(8, func(i int) context.Context { return w.as([]string{"provider", "coordinator"}[i%2]) },
			`mutation($program: ID!, $patient: ID!, $first: Boolean!) {
				referPatient(input: {programId: $program, patientId: $patient}) @include(if: $first) { enrollment { id } unmet { code } }
			}`, func(int) vars {
				return vars{"program": w.id("program aid"), "patient": w.id("patient ann"), "first": true}
			}) {
			if a.code() != "" && a.code() != "GRAPHQL_VALIDATION_FAILED" {
				t.Errorf("%s", a.raw)
			}
			if a.text("referPatient.enrollment.id") != "" {
				made++
			} else if a.code() == "" && !slices.Equal(a.gates("referPatient"), []string{"ALREADY_ENROLLED"}) {
				t.Errorf("%s", a.raw)
			}
		}
		if made != 1 {
			t.Errorf("%d referrals", made)
		}
		if broken := w.unfounded(); broken != nil {
			t.Error(broken)
		}
	})
}
