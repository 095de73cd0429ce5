package fhir

import (
	"context"
	"math/bits"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/lifecycle"
)

// writes are the rows of a bundle, gathered while its resources are read.
type writes struct {
	accounts      []*ent.AccountCreate
	organizations []*ent.OrganizationCreate
	providerRows  []*ent.ProviderCreate
	locations     []*ent.LocationCreate
	patients      []*ent.PatientCreate
	contactPoints []*ent.ContactPointCreate
	programs      []*ent.CareProgramCreate
	details       []*ent.TrialDetailCreate
	programSites  []*ent.ProgramSiteCreate
	required      []*ent.RequiredConsentCreate
	criteria      []*ent.EligibilityCriterionCreate
	further       []*ent.ProgramProductCreate
	templates     []*ent.ActivityTemplateCreate
	answers       []*ent.EligibilityAnswerCreate
	plans         []*ent.OnboardingPlanCreate
	activities    []*ent.ServiceActivityCreate
	verifications []*ent.BenefitVerificationCreate
	attempts      []*ent.VerificationAttemptCreate
	benefits      []*ent.CoverageBenefitCreate
	permits       []*ent.PriorAuthorizationCreate
	disclosures   []*ent.DisclosureCreate
	relationships []*ent.CareRelationshipCreate
	consents      []*ent.ConsentCreate
	enrollments   []*ent.EnrollmentCreate
	subjects      []*ent.TrialSubjectCreate
	history       []*ent.StatusChangeCreate
	coverages     []*ent.CoverageCreate
	touchpoints   []*ent.TouchpointCreate
	treatments    []*ent.TreatmentCreate
	conditions    []*ent.ConditionCreate
	names         []*ent.ExternalIdentifierCreate
	// updates change rows that are there already.
	updates []func(context.Context) error
}

// insert stores the rows, those that others refer to first.
func (l *load) insert() error {
	w, tx := &l.writes, l.tx
	for _, step := range []func() error{
		func() error { return insertRows(l.ctx, w.accounts, tx.Account.CreateBulk) },
		func() error { return insertRows(l.ctx, w.organizations, tx.Organization.CreateBulk) },
		func() error { return insertRows(l.ctx, w.locations, tx.Location.CreateBulk) },
		func() error { return insertRows(l.ctx, w.providerRows, tx.Provider.CreateBulk) },
		func() error { return insertRows(l.ctx, w.patients, tx.Patient.CreateBulk) },
		func() error { return insertRows(l.ctx, w.contactPoints, tx.ContactPoint.CreateBulk) },
		func() error { return insertRows(l.ctx, w.programs, tx.CareProgram.CreateBulk) },
		func() error { return insertRows(l.ctx, w.details, tx.TrialDetail.CreateBulk) },
		func() error { return insertRows(l.ctx, w.programSites, tx.ProgramSite.CreateBulk) },
		func() error { return insertRows(l.ctx, w.required, tx.RequiredConsent.CreateBulk) },
		func() error { return insertRows(l.ctx, w.criteria, tx.EligibilityCriterion.CreateBulk) },
		func() error { return insertRows(l.ctx, w.further, tx.ProgramProduct.CreateBulk) },
		func() error { return insertRows(l.ctx, w.templates, tx.ActivityTemplate.CreateBulk) },
		func() error { return insertRows(l.ctx, w.consents, tx.Consent.CreateBulk) },
		func() error { return insertRows(l.ctx, w.disclosures, tx.Disclosure.CreateBulk) },
		func() error { return insertRows(l.ctx, w.relationships, tx.CareRelationship.CreateBulk) },
		l.settle,
		func() error { return insertRows(l.ctx, w.enrollments, tx.Enrollment.CreateBulk) },
		l.partake,
		func() error { return insertRows(l.ctx, w.subjects, tx.TrialSubject.CreateBulk) },
		func() error { return insertRows(l.ctx, w.answers, tx.EligibilityAnswer.CreateBulk) },
		func() error { return insertRows(l.ctx, w.plans, tx.OnboardingPlan.CreateBulk) },
		func() error { return insertRows(l.ctx, w.activities, tx.ServiceActivity.CreateBulk) },
		func() error { return insertRows(l.ctx, w.coverages, tx.Coverage.CreateBulk) },
		func() error { return insertRows(l.ctx, w.verifications, tx.BenefitVerification.CreateBulk) },
		func() error { return insertRows(l.ctx, w.attempts, tx.VerificationAttempt.CreateBulk) },
		func() error { return insertRows(l.ctx, w.benefits, tx.CoverageBenefit.CreateBulk) },
		func() error { return insertRows(l.ctx, w.permits, tx.PriorAuthorization.CreateBulk) },
		func() error { return insertRows(l.ctx, w.history, tx.StatusChange.CreateBulk) },
		func() error { return insertRows(l.ctx, w.touchpoints, tx.Touchpoint.CreateBulk) },
		func() error { return insertRows(l.ctx, w.treatments, tx.Treatment.CreateBulk) },
		func() error { return insertRows(l.ctx, w.conditions, tx.Condition.CreateBulk) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// settle puts enrollments on hold that are active where they come from, and whose gates are not met here: the same gates as
// everybody's.
func (l *load) settle() error {
	for _, c := range l.enrollments {
		m := c.Mutation()
		if status, _ := m.Status(); status != code.EnrollmentStatusActive {
			continue
		}
		key, _ := m.ID()
		patient, _ := m.PatientID()
		program, _ := m.ProgramID()
		eligibility, _ := m.Eligibility()
		a, err := gate.Activation(l.ctx, l.tx.Client(), patient, program, eligibility, clock.Now(l.ctx))
		if err != nil {
			return err
		}
		unmet := a.Unmet()
		if len(unmet) == 0 {
			continue
		}
		reason := (&lifecycle.UnmetError{Gates: unmet}).Error()
		c.SetStatus(code.EnrollmentStatusOnHold).SetHoldReason(reason)
		l.history = append(l.history, l.tx.StatusChange.Create().SetEnrollmentID(key).
			SetFromStatus(string(code.EnrollmentStatusActive)).SetToStatus(string(code.EnrollmentStatusOnHold)).SetNote(reason))
		l.remark("an active enrollment whose gates are not met here was put on hold")
	}
	return nil
}

// partake takes participants of trials back to candidates who never agreed to take part: nobody is screened without
// consent, wherever that is claimed.
func (l *load) partake() error {
	for _, c := range l.subjects {
		m := c.Mutation()
		state, _ := m.State()
		if !lifecycle.Participates(state) {
			continue
		}
		key, _ := m.ID()
		of, _ := m.EnrollmentID()
		e, err := l.tx.Enrollment.Get(l.ctx, of)
		if err != nil {
			return err
		}
		agreed, err := gate.OnceAgreed(l.ctx, l.tx.Client(), e.PatientID, e.ProgramID, clock.Now(l.ctx))
		if err != nil {
			return err
		}
		if agreed {
			continue
		}
		c.SetState(code.SubjectStateCandidate)
		l.history = append(l.history, l.tx.StatusChange.Create().SetTrialSubjectID(key).SetFromStatus(string(state)).
			SetToStatus(string(code.SubjectStateCandidate)).SetNote("no consent to take part in the trial is here"))
		l.remark("a participant of a trial who never agreed to take part became a candidate again")
	}
	return nil
}

// finish changes the rows that were there already, and makes all found again.
func (l *load) finish() error {
	for _, update := range l.updates {
		if err := update(l.ctx); err != nil {
			return err
		}
	}
	return insertRows(l.ctx, l.names, l.tx.ExternalIdentifier.CreateBulk)
}

// maxRows is the most rows of one statement. All statements have a power of two, so that few texts serve all
// bundles and a connection keeps them prepared.
const maxRows = 128

func insertRows[C any, B interface{ Exec(context.Context) error }](ctx context.Context, rows []C, bulk func(...C) B) error {
	for len(rows) > 0 {
		n := min(maxRows, 1<<(bits.Len(uint(len(rows)))-1))
		if err := bulk(rows[:n]...).Exec(ctx); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
