package kpi

import (
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/serviceactivity"
)

// Stage is how far enrollments came.
type Stage string

// The stages of the funnel, each a part of the one before it.
const (
	StageReferred  Stage = "REFERRED"
	StageEligible  Stage = "ELIGIBLE"
	StageConsented Stage = "CONSENTED"
	StageActive    Stage = "ACTIVE"
)

// Stages lists them in their order.
func Stages() []Stage { return []Stage{StageReferred, StageEligible, StageConsented, StageActive} }

// Cohort are the coordinator's enrollments that were referred within the window and came as far as the stage. One that
// came further counts for the stages before it, however it got past them (an import knows only the last).
func (w Window) Cohort(to Stage) Part {
	return all(w.own, w.within(enrollment.FieldReferredAt), func(s *sql.Selector) {
		var reached []*sql.Predicate
		switch to {
		case StageReferred:
			return
		case StageEligible:
			reached = append(reached, sql.EQ(s.C(enrollment.FieldEligibility), code.EligibilityDecisionEligible))
			fallthrough
		case StageConsented:
			reached = append(reached, sql.NotNull(s.C(enrollment.FieldConsentedAt)))
			fallthrough
		default:
			reached = append(reached, sql.NotNull(s.C(enrollment.FieldActivatedAt)))
		}
		s.Where(sql.Or(reached...))
	})
}

// Activated are the coordinator's enrollments that became active within the window.
func (w Window) Activated() Part { return all(w.own, w.within(enrollment.FieldActivatedAt)) }

// therapy are the kinds of the activities with which a treatment begins.
var therapy = []any{code.ActivityKindFirstFill, code.ActivityKindFirstDose}

// Begun matches activities with which a treatment began.
func Begun(s *sql.Selector) {
	s.Where(sql.And(
		sql.In(s.C(serviceactivity.FieldKind), therapy...), sql.EQ(s.C(serviceactivity.FieldStatus), code.ActivityStatusCompleted),
		sql.NotNull(s.C(serviceactivity.FieldCompletedAt)),
	))
}

// Treated are the coordinator's enrollments whose treatment began, for the first time, within the window.
func (w Window) Treated() Part {
	begun := func(s *sql.Selector, before time.Time) *sql.Predicate {
		return rule.Exists(s, serviceactivity.Table, "begun", func(in *sql.Selector) {
			in.Where(sql.ColumnsEQ(in.C(serviceactivity.FieldEnrollmentID), s.C(enrollment.FieldID)))
			Begun(in)
			in.Where(sql.LT(in.C(serviceactivity.FieldCompletedAt), before))
		})
	}
	return all(w.own, func(s *sql.Selector) { s.Where(sql.And(begun(s, w.To), sql.Not(begun(s, w.From)))) })
}

// Asked are the consents of the coordinator's enrollments that were asked for and given or refused within the window.
// One that covers all programs counts for each coordinator of the patient.
func (w Window) Asked() Part {
	return all(w.within(consent.FieldCapturedAt), func(s *sql.Selector) {
		s.Where(sql.And(
			sql.NotNull(s.C(consent.FieldRequestedAt)),
			sql.In(s.C(consent.FieldStatus), code.ConsentStatusActive, code.ConsentStatusInactive, code.ConsentStatusRejected),
			rule.Exists(s, enrollment.Table, "asking", func(in *sql.Selector) {
				in.Where(sql.And(
					sql.ColumnsEQ(in.C(enrollment.FieldPatientID), s.C(consent.FieldPatientID)),
					sql.EQ(in.C(enrollment.FieldCoordinatorID), w.Coordinator),
					sql.Or(sql.IsNull(s.C(consent.FieldProgramID)), sql.ColumnsEQ(in.C(enrollment.FieldProgramID), s.C(consent.FieldProgramID))),
				))
			}),
		))
	})
}

// Given are those of Asked that were given.
func (w Window) Given() Part {
	return all(w.Asked(), func(s *sql.Selector) { s.Where(sql.NEQ(s.C(consent.FieldStatus), code.ConsentStatusRejected)) })
}

// Refused are those of Asked that were refused.
func (w Window) Refused() Part {
	return all(w.Asked(), func(s *sql.Selector) { s.Where(sql.EQ(s.C(consent.FieldStatus), code.ConsentStatusRejected)) })
}

// own matches enrollments of the coordinator.
func (w Window) own(s *sql.Selector) {
	s.Where(sql.EQ(s.C(enrollment.FieldCoordinatorID), w.Coordinator))
}

// within matches rows whose moment lies in the window.
func (w Window) within(column string) Part {
	return func(s *sql.Selector) {
		s.Where(sql.And(sql.GTE(s.C(column), w.From), sql.LT(s.C(column), w.To)))
	}
}

// all matches what all parts match.
func all(parts ...Part) Part {
	return func(s *sql.Selector) {
		for _, p := range parts {
			p(s)
		}
	}
}
