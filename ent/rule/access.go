package rule

import (
	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/carerelationship"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/proxygrant"
	"github.com/carehub/carehub/ent/viewer"
)

// ByProxy is for lists of grants: those by which the viewer stands for others.
func ByProxy(v viewer.Viewer) func(*sql.Selector) { return own(proxygrant.FieldIdentityID)(v) }

// ForOneself is for lists of grants: those by which others stand for the viewer.
func ForOneself(v viewer.Viewer) func(*sql.Selector) { return self(proxygrant.FieldPatientID)(v) }

// AccessDeviates is for lists of patients: the access to some portal is not the one that the enrollments call for. What
// differs, and how, is for package graph, which computes the same of one patient.
var AccessDeviates = either(
	deviates(code.PortalPatientPortal, everything),
	providerLacks,
	deviates(code.PortalTrialPortal, through(enrollment.FieldProgramID, careprogram.Table, "trial", is(careprogram.FieldKind, code.ProgramKindClinicalTrial))),
)

// providerLacks is for rows of Patient: the patient has an open enrollment, and somebody who treats the patient has no
// grant of the providers' portal in order. One that is open calls for no reason: providers ask questions there as well.
func providerLacks(v viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(Exists(s, enrollment.Table, "calling", func(in *sql.Selector) {
			in.Where(sql.ColumnsEQ(in.C(enrollment.FieldPatientID), s.C(patient.FieldID)))
			in.Where(sql.IsNull(in.C(enrollment.FieldEndedAt)))
		}))
		s.Where(Exists(s, carerelationship.Table, "treating", func(care *sql.Selector) {
			care.Where(sql.ColumnsEQ(care.C(carerelationship.FieldPatientID), s.C(patient.FieldID)))
			care.Where(sql.IsNull(care.C(carerelationship.FieldEndedAt)))
			care.Where(sql.Not(Exists(care, portalaccess.Table, "grant_of", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(portalaccess.FieldAccountID), care.C(carerelationship.FieldProviderID)))
				in.Where(sql.EQ(in.C(portalaccess.FieldPortal), string(code.PortalProviderPortal)))
				Apply(in, inOrder(v))
			})))
		}))
	}
}

// deviates is for rows of Patient: an open enrollment of the kind calls for the portal and there is no grant in order, or
// none does and there is an open grant.
func deviates(portal code.Portal, calling Rule) Rule {
	expected := func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, enrollment.Table, "calling", func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C(enrollment.FieldPatientID), s.C(patient.FieldID)))
				in.Where(sql.IsNull(in.C(enrollment.FieldEndedAt)))
				Apply(in, calling(v))
			}))
		}
	}
	granted := func(which Rule) Rule {
		return func(v viewer.Viewer) func(*sql.Selector) {
			return func(s *sql.Selector) {
				s.Where(Exists(s, portalaccess.Table, "grant_of", func(in *sql.Selector) {
					in.Where(sql.ColumnsEQ(in.C(portalaccess.FieldAccountID), s.C(patient.FieldID)))
					in.Where(sql.EQ(in.C(portalaccess.FieldPortal), string(portal)))
					Apply(in, which(v))
				}))
			}
		}
	}
	open := oneOf(portalaccess.FieldStatus, code.PortalAccessStatusInvited, code.PortalAccessStatusIdentityPending, code.PortalAccessStatusActive)
	return either(both(expected, not(granted(inOrder))), both(not(expected), granted(open)))
}

// inOrder is for rows of PortalAccess: the portal is open, or about to be opened in time.
var inOrder = either(
	is(portalaccess.FieldStatus, code.PortalAccessStatusActive),
	both(is(portalaccess.FieldStatus, code.PortalAccessStatusInvited), after(portalaccess.FieldExpiresAt)),
	both(is(portalaccess.FieldStatus, code.PortalAccessStatusIdentityPending), after(portalaccess.FieldVerifyBy)),
)

// after matches rows whose moment is still to come, or is none.
func after(column string) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(sql.Or(sql.IsNull(s.C(column)), sql.GT(s.C(column), v.Now()))) }
	}
}

// not matches what the rule does not match.
func not(r Rule) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(sql.Not(Bracketed(s, r(v)))) }
	}
}
