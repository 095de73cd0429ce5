package schema

import (
	"context"
	"errors"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/viewer"
)

// The refusals of steps that could not be checked.
var (
	errOpenedOneByOne  = errors.New("ent: programs are opened and put away one by one")
	errSubjectOneByOne = errors.New("ent: participants are moved on one by one")
)

// opened refuses to open a program whose gates are not met, and to put one away in which enrollments are open, whoever
// does it. A program that comes into being, by an import, has nothing yet that could be checked.
func opened(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.CareProgramMutation)
		status, _ := m.Status()
		if status != code.ProgramStatusActive && status != code.ProgramStatusArchived || m.Op().Is(ent.OpCreate) {
			return next.Mutate(ctx, m)
		}
		if !m.Op().Is(ent.OpUpdateOne) {
			return nil, errOpenedOneByOne
		}
		id, _ := m.ID()
		old, err := m.Client().CareProgram.Get(viewer.System(ctx, "gates of a program"), id)
		if err != nil {
			return nil, err
		}
		var unmet []lifecycle.Unmet
		switch status {
		case old.Status:
		case code.ProgramStatusActive:
			unmet, err = gate.Opening(ctx, m.Client(), old, clock.Now(ctx))
		default:
			unmet, err = gate.Archiving(ctx, m.Client(), old)
		}
		if err == nil && len(unmet) > 0 {
			err = &lifecycle.UnmetError{Gates: unmet}
		}
		if err != nil {
			return nil, err
		}
		return next.Mutate(ctx, m)
	})
}

// agreed refuses to take a participant of a trial into screening or further who has not agreed before, on the version of
// the form that is in force. A row that comes into being there tells of a past, as imports and restored copies do: it
// relies on a consent of that past, which may have ended since.
func agreed(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.TrialSubjectMutation)
		state, set := m.State()
		switch {
		case !set:
			return next.Mutate(ctx, m)
		case m.Op().Is(ent.OpUpdate):
			return nil, errSubjectOneByOne
		case !lifecycle.Participates(state):
			return next.Mutate(ctx, m)
		}
		system := viewer.System(ctx, "gates of a trial")
		of, _ := m.EnrollmentID()
		if m.Op().Is(ent.OpUpdateOne) {
			id, _ := m.ID()
			old, err := m.Client().TrialSubject.Get(system, id)
			if err != nil {
				return nil, err
			}
			of = old.EnrollmentID
		}
		e, err := m.Client().Enrollment.Get(system, of)
		if err != nil {
			return nil, err
		}
		now := clock.Now(ctx)
		var p gate.Participation
		if m.Op().Is(ent.OpCreate) {
			p.Given, err = gate.OnceAgreed(ctx, m.Client(), e.PatientID, e.ProgramID, now)
			p.Current = p.Given
		} else {
			if _, err := m.Tx(); err != nil {
				return nil, errAlone
			}
			if err := gate.LockTrial(ctx, m.Client(), e.ProgramID); err != nil {
				return nil, err
			}
			if err := gate.Lock(ctx, m.Client(), e.PatientID); err != nil {
				return nil, err
			}
			p, err = gate.Participates(ctx, m.Client(), e.PatientID, e.ProgramID, now)
		}
		if err != nil {
			return nil, err
		}
		if unmet := p.Unmet(); len(unmet) > 0 {
			return nil, &lifecycle.UnmetError{Gates: unmet}
		}
		return next.Mutate(ctx, m)
	})
}
