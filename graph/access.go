package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/carerelationship"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// PortalAccessExceptions resolves Query.portalAccessExceptions.
func (r queryResolver) PortalAccessExceptions(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Patient], error) {
	return relay.Page(ctx, r.Client.Patient.Query(), list.PortalAccessExceptions, page(first, after, last, before), r.Client.LoadPatient)
}

// PortalAccessMatrix resolves Query.portalAccessMatrix. What is expected follows from all enrollments, not only from
// those of the viewer's programs: of the others the viewer learns that a portal is expected, and nothing more.
func (r queryResolver) PortalAccessMatrix(ctx context.Context, patientID gid.ID) ([]*model.PortalAccessExpectation, error) {
	if err := r.seesPatient(ctx, patientID); err != nil {
		return nil, err
	}
	system := viewer.System(ctx, "expected access")
	open, err := r.Client.Enrollment.Query().Where(enrollment.PatientID(patientID.UUID), enrollment.EndedAtIsNil()).All(system)
	if err != nil {
		return nil, err
	}
	programs := keysOf(open, func(e *ent.Enrollment) uuid.UUID { return e.ProgramID })
	trial, err := r.Client.CareProgram.Query().Where(careprogram.IDIn(programs...), careprogram.KindEQ(code.ProgramKindClinicalTrial)).Exist(system)
	if err != nil {
		return nil, err
	}
	grants, err := r.Client.PortalAccess.Query().Where(portalaccess.AccountID(patientID.UUID)).
		Order(portalaccess.ByInvitedAt(), portalaccess.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	now := clock.Now(ctx).UnixMicro()
	var out []*model.PortalAccessExpectation
	for _, of := range []struct {
		portal   code.Portal
		expected bool
	}{{code.PortalPatientPortal, len(open) > 0}, {code.PortalTrialPortal, trial}} {
		e := &model.PortalAccessExpectation{Portal: of.portal, Expected: of.expected, Access: standing(grants, of.portal)}
		explain(e, mismatch(of.expected, e.Access, now), "the patient is in a program that calls for the portal")
		stands(e, e.Access)
		out = append(out, e)
	}
	return r.providersAccess(ctx, patientID.UUID, len(open) > 0, now, out)
}

// providersAccess adds what is expected of those who treat the patient now. The coordinator sees the providers, and how
// their grants stand, but not the grants: those are not of a program.
func (r queryResolver) providersAccess(ctx context.Context, patient uuid.UUID, expected bool, now int64, out []*model.PortalAccessExpectation) ([]*model.PortalAccessExpectation, error) {
	system := viewer.System(ctx, "expected access")
	care, err := r.Client.CareRelationship.Query().Where(carerelationship.PatientID(patient), carerelationship.EndedAtIsNil()).
		Order(carerelationship.ByStartedAt(), carerelationship.ByID()).All(system)
	if err != nil {
		return nil, err
	}
	known := map[uuid.UUID]bool{}
	for _, one := range care {
		if known[one.ProviderID] {
			continue
		}
		known[one.ProviderID] = true
		provider, err := r.Client.Provider.Get(ctx, one.ProviderID)
		if ent.MaskNotFound(err) != nil {
			return nil, err
		}
		grants, err := r.Client.PortalAccess.Query().Where(portalaccess.AccountID(one.ProviderID)).
			Order(portalaccess.ByInvitedAt(), portalaccess.ByID()).All(system)
		if err != nil {
			return nil, err
		}
		e := &model.PortalAccessExpectation{Portal: code.PortalProviderPortal, Provider: provider, Expected: expected}
		access := standing(grants, code.PortalProviderPortal)
		if expected { // a provider has other reasons to come
			explain(e, mismatch(true, access, now), "the provider treats a patient who is in a program")
		}
		stands(e, access)
		out = append(out, e)
	}
	return out, nil
}

// explain says what differs, in a code and in words.
func explain(e *model.PortalAccessExpectation, is model.AccessMismatch, why string) {
	if is == "" {
		return
	}
	words := mismatches[is]
	if e.Expected {
		words = why + ", but " + words
	}
	e.Mismatch, e.Explanation = &is, &words
}

// stands says where the grant stands.
func stands(e *model.PortalAccessExpectation, access *ent.PortalAccess) {
	if access != nil {
		e.Status, e.LastLoginAt = &access.Status, access.LastLoginAt
	}
}

// standing is the open grant of the portal, or the latest; nil where there is none.
func standing(grants []*ent.PortalAccess, portal code.Portal) (of *ent.PortalAccess) {
	for _, g := range grants {
		if g.Portal != portal {
			continue
		}
		of = g
		if g.Status != code.PortalAccessStatusRevoked && g.Status != code.PortalAccessStatusExpired {
			return g
		}
	}
	return of
}

// mismatches say in words what differs.
var mismatches = map[model.AccessMismatch]string{
	model.AccessMismatchMissing:                 "nobody was ever invited",
	model.AccessMismatchInvitationExpired:       "the invitation was not accepted in time: invite again",
	model.AccessMismatchRevokedThoughExpected:   "the access was revoked",
	model.AccessMismatchSuspendedThoughExpected: "the access is suspended",
	model.AccessMismatchIdentityPendingLong:     "the invitation was accepted and the identity has not been verified in time",
	model.AccessMismatchOpenWithoutReason:       "no open enrollment calls for the portal",
}

// mismatch is how the access differs from what is expected; empty where it does not. The list of exceptions decides the
// same in SQL (rule.AccessDeviates).
func mismatch(expected bool, access *ent.PortalAccess, now int64) model.AccessMismatch {
	late := func(at *time.Time) bool { return at != nil && at.UnixMicro() <= now }
	switch {
	case access == nil && expected:
		return model.AccessMismatchMissing
	case access == nil:
		return ""
	case !expected:
		switch access.Status {
		case code.PortalAccessStatusInvited, code.PortalAccessStatusIdentityPending, code.PortalAccessStatusActive:
			return model.AccessMismatchOpenWithoutReason
		}
		return ""
	}
	switch access.Status {
	case code.PortalAccessStatusExpired:
		return model.AccessMismatchInvitationExpired
	case code.PortalAccessStatusInvited:
		if late(access.ExpiresAt) {
			return model.AccessMismatchInvitationExpired
		}
	case code.PortalAccessStatusIdentityPending:
		if late(access.VerifyBy) {
			return model.AccessMismatchIdentityPendingLong
		}
	case code.PortalAccessStatusSuspended:
		return model.AccessMismatchSuspendedThoughExpected
	case code.PortalAccessStatusRevoked:
		return model.AccessMismatchRevokedThoughExpected
	}
	return ""
}
