package graph

import (
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/graph/fault"
)

// reverifyAhead is how long before it expires a verification is made anew, if it is good for twice as long.
const reverifyAhead = 30 * 24 * time.Hour

// again is when a verification that is complete now is made anew: reverifyAhead, or half of its time, before it expires.
func again(now, until time.Time) time.Time {
	return clock.Exact(until.Add(-min(reverifyAhead, until.Sub(now)/2)))
}

// unsucceeded matches verifications that are not being, and were not, made anew. One that was given up does not count.
func unsucceeded(s *sql.Selector) {
	s.Where(sql.Not(rule.Exists(s, benefitverification.Table, "next", func(in *sql.Selector) {
		in.Where(sql.And(
			sql.ColumnsEQ(in.C(benefitverification.FieldSupersedesID), s.C(benefitverification.FieldID)),
			sql.NEQ(in.C(benefitverification.FieldStatus), code.VerificationStatusCancelled),
		))
	})))
}

// succeeded reports whether the verification is being, or was, made anew.
func (c *change) succeeded(v *ent.BenefitVerification) (bool, error) {
	return c.tx.BenefitVerification.Query().
		Where(benefitverification.SupersedesID(v.ID), benefitverification.StatusNEQ(code.VerificationStatusCancelled)).Exist(c.system)
}

// expireVerifications ends complete verifications whose time has passed. What is active stays so: they are made anew.
func expireVerifications(c *change) (more bool, err error) {
	over, err := c.tx.BenefitVerification.Query().
		Where(benefitverification.StatusEQ(code.VerificationStatusComplete), benefitverification.ValidUntilLTE(clock.Now(c))).
		Order(benefitverification.ByValidUntil(), benefitverification.ByID()).Limit(duePart).All(c)
	if err != nil {
		return false, err
	}
	for _, old := range over {
		if err := gate.Lock(c, c.tx.Client(), old.PatientID); err != nil {
			return false, err
		}
		ended, err := c.verified(old, code.VerificationStatusExpired, nil, func(u *ent.BenefitVerificationUpdateOne) { u.ClearReverifyAt() })
		if fault.CodeOf(err) == fault.Conflict {
			continue // somebody changed it meanwhile; the next round looks anew
		}
		if err == nil {
			err = c.verifyAnew(ended)
		}
		if err != nil {
			return false, err
		}
	}
	return len(over) == duePart, nil
}

// reverifications makes the drafts of verifications that are to be made anew before they expire.
func reverifications(c *change) (more bool, err error) {
	due, err := c.tx.BenefitVerification.Query().
		Where(benefitverification.StatusEQ(code.VerificationStatusComplete), benefitverification.ReverifyAtLTE(clock.Now(c))).
		Order(benefitverification.ByReverifyAt(), benefitverification.ByID()).Limit(duePart).All(c)
	if err != nil {
		return false, err
	}
	for _, old := range due {
		if err := gate.Lock(c, c.tx.Client(), old.PatientID); err != nil {
			return false, err
		}
		// The moment is over whether or not there is anything to verify anew, so that nobody looks at the row again.
		now, err := c.tx.BenefitVerification.UpdateOneID(old.ID).Where(benefitverification.Version(old.Version)).ClearReverifyAt().Save(c)
		if ent.IsNotFound(err) {
			continue
		}
		if err == nil {
			err = c.verifyAnew(now)
		}
		if err != nil {
			return false, err
		}
	}
	return len(due) == duePart, nil
}

// verifyAnew makes the draft that makes the verification anew, once, and gives it to the coordinators who need it. What is
// of no use any more is not verified: a coverage that has ended, an enrollment that is over.
func (c *change) verifyAnew(old *ent.BenefitVerification) error {
	succeeded, err := c.succeeded(old)
	if err != nil || succeeded {
		return err
	}
	of, err := c.tx.Coverage.Get(c.system, old.CoverageID)
	if err != nil || of.Status != code.CoverageStatusActive || of.PeriodEnd != nil && *of.PeriodEnd < code.DateOf(clock.Now(c)) {
		return err
	}
	needing, err := c.needing(old)
	if err != nil || len(needing) == 0 {
		return err
	}
	draft, err := c.tx.BenefitVerification.Create().SetPatientID(old.PatientID).SetCoverageID(old.CoverageID).SetNillableEnrollmentID(old.EnrollmentID).
		SetNillableProductID(old.ProductID).SetPurposes(old.Purposes).SetMethod(old.Method).SetNillableRequestedByID(old.RequestedByID).
		SetSupersedesID(old.ID).Save(c.system)
	if err != nil {
		return err
	}
	if err := c.verificationStep(draft, "", nil); err != nil {
		return err
	}
	for _, e := range needing {
		if err := c.task(e, code.ActivityKindReverification, "Verify the insurance coverage anew", or(old.ValidUntil, clock.Now(c))); err != nil {
			return err
		}
		c.tellEnrollment(e)
	}
	return nil
}

// needing are the open enrollments that the verification is for: the one that it names, or those of programs that demand
// coverage.
func (c *change) needing(v *ent.BenefitVerification) ([]*ent.Enrollment, error) {
	q := c.tx.Enrollment.Query().Where(enrollment.PatientID(v.PatientID), enrollment.EndedAtIsNil())
	if v.EnrollmentID != nil {
		q.Where(enrollment.ID(*v.EnrollmentID))
	} else {
		q.Where(enrollment.HasProgramWith(careprogram.CoverageRequired(true))) //nolint:forbidigo // as the system
	}
	return q.Order(enrollment.ByID()).All(c.system)
}

// reverified ends the tasks to verify anew what is verified now.
func (c *change) reverified(v *ent.BenefitVerification) error {
	needing, err := c.needing(v)
	if err != nil {
		return err
	}
	for _, e := range needing {
		if err := c.endTasks(e, doneSteps, "verified anew", serviceactivity.KindEQ(code.ActivityKindReverification)); err != nil {
			return err
		}
	}
	return nil
}

// silentPayers ends attempts that no payer has answered in time, and those that nobody carries to one.
func silentPayers(c *change) (more bool, err error) {
	now := clock.Now(c)
	silent, err := c.tx.BenefitVerification.Query().Where(
		benefitverification.MethodEQ(code.VerificationMethodElectronic),
		benefitverification.Or(
			benefitverification.And(benefitverification.StatusEQ(code.VerificationStatusInProgress), benefitverification.Or(
				benefitverification.DueAtIsNil(), benefitverification.DueAtLTE(now))),
			benefitverification.And(benefitverification.StatusEQ(code.VerificationStatusSubmitted), benefitverification.Or(
				benefitverification.DueAtIsNil(), benefitverification.DueAtLTE(now.Add(-answerWithin)))),
		),
	).Order(benefitverification.ByDueAt(), benefitverification.ByID()).Limit(duePart).All(c)
	if err != nil {
		return false, err
	}
	for _, v := range silent {
		why := errorTimeout
		if v.Status == code.VerificationStatusSubmitted {
			why = errorTransport
		}
		if err := c.attemptFailed(v, why); err != nil && fault.CodeOf(err) != fault.Conflict {
			return false, err
		}
	}
	return len(silent) == duePart, nil
}
