package graph

import (
	"errors"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/predicate"
)

// waiting matches enrollments that wait for a place.
func waiting() predicate.Enrollment { return enrollment.StatusEQ(code.EnrollmentStatusWaitlisted) }

// moveUp gives the free places of the program to those who have waited longest. Who waits and does not meet the criteria
// any more is passed over, and waits for a decision of the coordinator.
func (c *change) moveUp(program uuid.UUID) error {
	of, err := c.tx.CareProgram.Get(c.system, program)
	if err != nil || of.Status != code.ProgramStatusActive {
		return err
	}
	next, err := c.tx.Enrollment.Query().Where(waiting(), enrollment.ProgramID(program)).
		Order(enrollment.ByWaitlistedAt(), enrollment.ByID()).Limit(duePart).All(c.system)
	if err != nil {
		return err
	}
	for _, e := range next {
		free, err := c.place(of)
		if err != nil || !free {
			return err
		}
		_, err = c.admit(c.system, e, nil)
		if _, unmet := errors.AsType[*lifecycle.UnmetError](err); err != nil && !unmet {
			return err
		}
	}
	return nil
}

// freePlaces is a part of the work that gives places which became free by themselves: a capacity that grew, a program
// that opened again, an import. It takes one program after another, and those only that have a free place.
func freePlaces(c *change) (more bool, err error) {
	programs, err := c.tx.CareProgram.Query().
		Where(careprogram.StatusEQ(code.ProgramStatusActive), careprogram.HasEnrollmentsWith(waiting())). //nolint:forbidigo // as the system
		Order(careprogram.ByID()).All(c.system)
	if err != nil {
		return false, err
	}
	for _, of := range programs {
		before, err := c.waitingFor(of)
		if err != nil {
			return false, err
		}
		if err := c.moveUp(of.ID); err != nil {
			return false, err
		}
		after, err := c.waitingFor(of)
		if err != nil {
			return false, err
		}
		if after < before {
			return true, nil // the next part looks anew
		}
	}
	return false, nil
}

func (c *change) waitingFor(of *ent.CareProgram) (int, error) {
	return c.tx.Enrollment.Query().Where(waiting(), enrollment.ProgramID(of.ID)).Count(c.system)
}
