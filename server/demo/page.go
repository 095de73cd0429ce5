package demo

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// page gathers rows of several tables until there are enough of them to be written together.
type page struct {
	accounts      []*ent.AccountCreate
	users         []*ent.IdentityCreate
	providers     []*ent.ProviderCreate
	patients      []*ent.PatientCreate
	marks         []*ent.ExternalIdentifierCreate
	contacts      []*ent.ContactPointCreate
	accesses      []*ent.PortalAccessCreate
	proxies       []*ent.ProxyGrantCreate
	relationships []*ent.CareRelationshipCreate
	assignments   []*ent.LiaisonAssignmentCreate
	enrollments   []*ent.EnrollmentCreate
	subjects      []*ent.TrialSubjectCreate
	consents      []*ent.ConsentCreate
	coverages     []*ent.CoverageCreate
	verifications []*ent.BenefitVerificationCreate
	attempts      []*ent.VerificationAttemptCreate
	benefits      []*ent.CoverageBenefitCreate
	treatments    []*ent.TreatmentCreate
	conditions    []*ent.ConditionCreate
	cases         []*ent.CareCaseCreate
	routings      []*ent.CaseRoutingCreate
	touchpoints   []*ent.TouchpointCreate
	changes       []*ent.StatusChangeCreate
}

// flush writes the page, each table after those that it refers to.
func (p *page) flush(ctx context.Context, w *world) error {
	for _, write := range []func() error{
		func() error { return insert(ctx, w, w.tx.Account.CreateBulk, p.accounts) },
		func() error { return insert(ctx, w, w.tx.Identity.CreateBulk, p.users) },
		func() error { return insert(ctx, w, w.tx.Provider.CreateBulk, p.providers) },
		func() error { return insert(ctx, w, w.tx.Patient.CreateBulk, p.patients) },
		func() error { return insert(ctx, w, w.tx.ExternalIdentifier.CreateBulk, p.marks) },
		func() error { return insert(ctx, w, w.tx.ContactPoint.CreateBulk, p.contacts) },
		func() error { return insert(ctx, w, w.tx.PortalAccess.CreateBulk, p.accesses) },
		func() error { return insert(ctx, w, w.tx.ProxyGrant.CreateBulk, p.proxies) },
		func() error { return insert(ctx, w, w.tx.CareRelationship.CreateBulk, p.relationships) },
		func() error { return insert(ctx, w, w.tx.LiaisonAssignment.CreateBulk, p.assignments) },
		func() error { return insert(ctx, w, w.tx.Consent.CreateBulk, p.consents) },
		func() error { return insert(ctx, w, w.tx.Coverage.CreateBulk, p.coverages) },
		func() error { return insert(ctx, w, w.tx.BenefitVerification.CreateBulk, p.verifications) },
		func() error { return insert(ctx, w, w.tx.VerificationAttempt.CreateBulk, p.attempts) },
		func() error { return insert(ctx, w, w.tx.CoverageBenefit.CreateBulk, p.benefits) },
		// The hook on enrollments looks at each active one by itself, with its consents and verifications.
		func() error { return insert(ctx, w, w.tx.Enrollment.CreateBulk, p.enrollments) },
		func() error { return insert(ctx, w, w.tx.TrialSubject.CreateBulk, p.subjects) },
		func() error { return insert(ctx, w, w.tx.Treatment.CreateBulk, p.treatments) },
		func() error { return insert(ctx, w, w.tx.Condition.CreateBulk, p.conditions) },
		// The hook on cases looks at each by itself; there are few.
		func() error { return insert(ctx, w, w.tx.CareCase.CreateBulk, p.cases) },
		func() error { return insert(ctx, w, w.tx.CaseRouting.CreateBulk, p.routings) },
		func() error { return insert(ctx, w, w.tx.Touchpoint.CreateBulk, p.touchpoints) },
		func() error { return insert(ctx, w, w.tx.StatusChange.CreateBulk, p.changes) },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	*p = page{}
	return nil
}

// access adds a portal grant in the status, with the way that led there.
func (w *world) access(p *page, account uuid.UUID, portal code.Portal, status code.PortalAccessStatus, d dice) {
	path := map[code.PortalAccessStatus][]code.PortalAccessStatus{
		code.PortalAccessStatusInvited:         {code.PortalAccessStatusInvited},
		code.PortalAccessStatusExpired:         {code.PortalAccessStatusInvited, code.PortalAccessStatusExpired},
		code.PortalAccessStatusIdentityPending: {code.PortalAccessStatusInvited, code.PortalAccessStatusIdentityPending},
	}[status]
	if path == nil {
		path = []code.PortalAccessStatus{code.PortalAccessStatusInvited, code.PortalAccessStatusIdentityPending, code.PortalAccessStatusActive}
		if status != code.PortalAccessStatusActive {
			path = append(path, status)
		}
	}
	id, at := newKey(), w.began.Add(d.days(5, 300))
	create := w.tx.PortalAccess.Create().SetID(id).SetAccountID(account).SetPortal(portal).SetStatus(status).
		SetInvitedAt(at).SetCreatedAt(at).SetVersion(len(path))
	var steps []step[code.PortalAccessStatus]
	for _, to := range path {
		steps = append(steps, step[code.PortalAccessStatus]{to: to, at: at})
		switch to {
		case code.PortalAccessStatusActive:
			create.SetActivatedAt(at).SetLastLoginAt(w.now.Add(-d.days(0, 40)))
		case code.PortalAccessStatusSuspended:
			create.SetReason("several failed sign-ins")
		case code.PortalAccessStatusRevoked:
			create.SetReason("asked for by the account's owner")
		}
		at = at.Add(d.days(1, 12))
	}
	p.accesses = append(p.accesses, create)
	p.changes = append(p.changes, changes(w.tx, steps, func(c *ent.StatusChangeCreate) { c.SetPortalAccessID(id) })...)
}
