package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/eligibilityanswer"
	"github.com/carehub/carehub/ent/eligibilitycriterion"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/lifecycle"
)

// admit finds the patient eligible: every required criterion speaks for it. Where the program is full the enrollment
// waits; otherwise it takes a place and goes on. The step is taken as ctx: the viewer, or the system for who moves up.
func (c *change) admit(ctx context.Context, e *ent.Enrollment, note *string) (*ent.Enrollment, error) {
	if !lifecycle.Enrollment.Allows(e.Status, code.EnrollmentStatusEligible) {
		return nil, noWay("enrollment", e.Status, code.EnrollmentStatusEligible)
	}
	program, err := c.tx.CareProgram.Get(c.system, e.ProgramID)
	if err != nil {
		return nil, err
	}
	unmet, err := c.unanswered(e)
	if err != nil {
		return nil, err
	}
	if program.Status != code.ProgramStatusActive {
		unmet = append(unmet, lifecycle.Unmet{Gate: code.GateCodeProgramNotActive})
	}
	free, err := c.place(program)
	if err != nil {
		return nil, err
	}
	waits := !free && program.Waitlist && e.Status != code.EnrollmentStatusWaitlisted
	if !free && !waits {
		unmet = append(unmet, lifecycle.Unmet{Gate: code.GateCodeProgramFull})
	}
	if len(unmet) > 0 {
		return nil, &lifecycle.UnmetError{Gates: unmet}
	}
	now := clock.Now(c)
	if waits {
		return c.become(ctx, e, code.EnrollmentStatusWaitlisted, note, func(u *ent.EnrollmentUpdateOne) {
			u.SetWaitlistedAt(now).SetNillableEligibilityNote(note)
		})
	}
	e, err = c.become(ctx, e, code.EnrollmentStatusEligible, note, func(u *ent.EnrollmentUpdateOne) {
		u.SetEligibility(code.EligibilityDecisionEligible).SetNillableEligibilityNote(note).SetEligibilityDecidedAt(now)
	})
	if err != nil {
		return nil, err
	}
	return c.goOn(e)
}

// unanswered lists the gates that required criteria leave unmet: at most one of each.
func (c *change) unanswered(e *ent.Enrollment) ([]lifecycle.Unmet, error) {
	required, err := c.tx.EligibilityCriterion.Query().
		Where(eligibilitycriterion.ProgramID(e.ProgramID), eligibilitycriterion.Required(true)).All(c.system)
	if err != nil {
		return nil, err
	}
	answers, err := c.tx.EligibilityAnswer.Query().Where(eligibilityanswer.EnrollmentID(e.ID)).All(c.system)
	if err != nil {
		return nil, err
	}
	results := map[uuid.UUID]code.AnswerResult{}
	for _, a := range answers {
		results[a.CriterionID] = a.Result
	}
	var open, against bool
	for _, of := range required {
		switch results[of.ID] {
		case code.AnswerResultMet:
		case code.AnswerResultNotMet:
			against = true
		default:
			open = true
		}
	}
	var out []lifecycle.Unmet
	if open {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeAnswerMissing})
	}
	if against {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeCriterionNotMet})
	}
	return out, nil
}

// seated are the statuses in which an enrollment takes a place of its program.
var seated = []code.EnrollmentStatus{
	code.EnrollmentStatusEligible, code.EnrollmentStatusConsentPending, code.EnrollmentStatusReady,
	code.EnrollmentStatusActive, code.EnrollmentStatusOnHold,
}

// place reports whether the program has a free place. Of two who look at the same time one waits for the other, so
// that the last place is given once.
func (c *change) place(program *ent.CareProgram) (bool, error) {
	if program.Capacity == nil {
		return true, nil
	}
	if err := gate.LockPlaces(c, c.tx.Client(), program.ID); err != nil {
		return false, err
	}
	taken, err := c.tx.Enrollment.Query().
		Where(enrollment.ProgramID(program.ID), enrollment.StatusIn(seated...)).Count(c.system)
	return taken < *program.Capacity, err
}
