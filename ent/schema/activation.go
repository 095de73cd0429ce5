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

// errActivatedOneByOne refuses to activate many enrollments with one statement, which could not be checked.
var errActivatedOneByOne = errors.New("ent: enrollments are activated one by one")

// gated refuses to make an enrollment active whose gates are not met, whoever does it.
func gated(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.EnrollmentMutation)
		if status, set := m.Status(); !set || status != code.EnrollmentStatusActive {
			return next.Mutate(ctx, m)
		}
		patient, _ := m.PatientID()
		program, _ := m.ProgramID()
		eligibility, _ := m.Eligibility()
		switch {
		case m.Op().Is(ent.OpCreate):
		case m.Op().Is(ent.OpUpdateOne):
			id, _ := m.ID()
			old, err := m.Client().Enrollment.Get(viewer.System(ctx, "gates of an enrollment"), id)
			if err != nil {
				return nil, err
			}
			patient, program = old.PatientID, old.ProgramID
			if eligibility == "" {
				eligibility = old.Eligibility
			}
		default:
			return nil, errActivatedOneByOne
		}
		a, err := gate.Activation(ctx, m.Client(), patient, program, eligibility, clock.Now(ctx))
		if err != nil {
			return nil, err
		}
		if unmet := a.Unmet(); len(unmet) > 0 {
			return nil, &lifecycle.UnmetError{Gates: unmet}
		}
		return next.Mutate(ctx, m)
	})
}

// errEndedOneByOne refuses to end many consents with one statement, whose effects could not be told.
var errEndedOneByOne = errors.New("ent: consents are ended one by one")

// effective lets a consent that ends take effect in the same transaction: what relied on it is put on hold. A
// consent in force has its evidence.
func effective(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.ConsentMutation)
		status, moved := m.Status()
		if !moved {
			return next.Mutate(ctx, m)
		}
		if status == code.ConsentStatusActive {
			if err := proven(ctx, m); err != nil {
				return nil, err
			}
		}
		ended := status == code.ConsentStatusInactive || status == code.ConsentStatusEnteredInError
		if ended && m.Op().Is(ent.OpUpdate) {
			return nil, errEndedOneByOne
		}
		value, err := next.Mutate(ctx, m)
		if row, ok := value.(*ent.Consent); err == nil && ok && ended && m.Op().Is(ent.OpUpdateOne) {
			err = gate.Recheck(ctx, m.Client(), row.PatientID)
		}
		return value, err
	})
}

// errNoEvidence refuses a consent in force that nothing proves.
var errNoEvidence = errors.New("ent: a consent in force has its evidence")

func proven(ctx context.Context, m *ent.ConsentMutation) error {
	_, kind := m.EvidenceKind()
	_, ref := m.EvidenceRef()
	if kind && ref {
		return nil
	}
	if m.Op().Is(ent.OpUpdateOne) {
		id, _ := m.ID()
		old, err := m.Client().Consent.Get(viewer.System(ctx, "evidence of a consent"), id)
		if err != nil {
			return err
		}
		if (kind || old.EvidenceKind != nil) && (ref || old.EvidenceRef != nil) {
			return nil
		}
	}
	return errNoEvidence
}
