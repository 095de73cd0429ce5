package kpi

import (
	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/verificationattempt"
)

// complete are the statuses of a verification that was completed: one that ran out was.
var complete = []any{code.VerificationStatusComplete, code.VerificationStatusExpired}

// Completed are the coordinator's verifications that were completed within the window, where it is known when the payer
// was asked.
func (w Window) Completed() Part {
	return all(w.verifies, w.within(benefitverification.FieldCompletedAt), func(s *sql.Selector) {
		s.Where(sql.And(sql.In(s.C(benefitverification.FieldStatus), complete...), sql.NotNull(s.C(benefitverification.FieldSubmittedAt))))
	})
}

// Answered are the coordinator's verifications whose last attempt was answered within the window, rightly or not, and
// that rest there.
func (w Window) Answered() Part {
	return all(w.verifies, func(s *sql.Selector) {
		s.Where(sql.And(
			sql.In(s.C(benefitverification.FieldStatus), append([]any{code.VerificationStatusPartial, code.VerificationStatusError}, complete...)...),
			rule.Exists(s, verificationattempt.Table, "last", func(in *sql.Selector) {
				in.Where(sql.And(
					sql.ColumnsEQ(in.C(verificationattempt.FieldVerificationID), s.C(benefitverification.FieldID)),
					sql.ColumnsEQ(in.C(verificationattempt.FieldSeq), s.C(benefitverification.FieldAttempt)),
				))
				w.within(verificationattempt.FieldAnsweredAt)(in)
			}),
		))
	})
}

// AtOnce are those of Answered that were completed by the first attempt.
func (w Window) AtOnce() Part {
	return all(w.Answered(), func(s *sql.Selector) {
		s.Where(sql.And(sql.In(s.C(benefitverification.FieldStatus), complete...), sql.EQ(s.C(benefitverification.FieldAttempt), 1)))
	})
}

// RanOut are the coordinator's verifications whose validity ended within the window, before now.
func (w Window) RanOut() Part {
	until := w.To
	if w.AsOf.Before(until) {
		until = w.AsOf
	}
	return all(w.verifies, Window{From: w.From, To: until}.within(benefitverification.FieldValidUntil), func(s *sql.Selector) {
		s.Where(sql.In(s.C(benefitverification.FieldStatus), complete...))
	})
}

// Renewed are those of RanOut that were verified anew before.
func (w Window) Renewed() Part {
	return all(w.RanOut(), func(s *sql.Selector) {
		s.Where(rule.Exists(s, benefitverification.Table, "next", func(in *sql.Selector) {
			in.Where(sql.And(
				sql.ColumnsEQ(in.C(benefitverification.FieldSupersedesID), s.C(benefitverification.FieldID)),
				sql.In(in.C(benefitverification.FieldStatus), complete...),
				sql.ColumnsLTE(in.C(benefitverification.FieldCompletedAt), s.C(benefitverification.FieldValidUntil)),
			))
		}))
	})
}

// verifies matches verifications for an enrollment of the coordinator, or, where they are for none, of the coordinator's
// own asking.
func (w Window) verifies(s *sql.Selector) {
	s.Where(sql.Or(
		rule.Exists(s, enrollment.Table, "verified", func(in *sql.Selector) {
			in.Where(sql.And(
				sql.ColumnsEQ(in.C(enrollment.FieldID), s.C(benefitverification.FieldEnrollmentID)), sql.EQ(in.C(enrollment.FieldCoordinatorID), w.Coordinator),
			))
		}),
		sql.And(sql.IsNull(s.C(benefitverification.FieldEnrollmentID)), sql.EQ(s.C(benefitverification.FieldRequestedByID), w.Coordinator)),
	))
}
