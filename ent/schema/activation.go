package schema

import (
	"context"
	"errors"
	"slices"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
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
		if _, err := m.Tx(); err != nil {
			return nil, errAlone
		}
		if err := gate.Lock(ctx, m.Client(), patient); err != nil {
			return nil, err
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

// The refusals of changes to consents.
var (
	errEndedOneByOne = errors.New("ent: consents are changed one by one, or their effects could not be told")
	errAlone         = errors.New("ent: a step with effects is taken in a transaction")
	errSigned        = errors.New("ent: a consent that was given is never edited: a change is a new consent")
)

// marks are the columns that every change writes.
var marks = []string{consent.FieldUpdatedAt, consent.FieldUpdatedBy, consent.FieldVersion}

// untouched reports whether the mutation changes nothing but the columns.
func untouched(m ent.Mutation, but []string) bool {
	for _, field := range slices.Concat(m.Fields(), m.ClearedFields()) {
		if !slices.Contains(but, field) {
			return false
		}
	}
	return true
}

// effective keeps a consent as it was given, and lets one that ends take effect in the same transaction: what relied on
// it is put on hold. A consent in force has its evidence.
func effective(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.ConsentMutation)
		status, _ := m.Status()
		if err := ownEvidence(ctx, m); err != nil {
			return nil, err
		}
		if m.Op().Is(ent.OpCreate) {
			if status == code.ConsentStatusActive && !proven(m, nil) {
				return nil, errNoEvidence
			}
			return next.Mutate(ctx, m)
		}
		if !m.Op().Is(ent.OpUpdateOne) {
			if !untouched(m, marks) {
				return nil, errEndedOneByOne
			}
			return next.Mutate(ctx, m)
		}
		id, _ := m.ID()
		old, err := m.Client().Consent.Get(viewer.System(ctx, "effects of a consent"), id)
		if err != nil {
			return nil, err
		}
		if old.Status != code.ConsentStatusDraft && old.Status != code.ConsentStatusProposed {
			if !untouched(m, slices.Concat(marks, []string{consent.FieldStatus, consent.FieldRevokedAt, consent.FieldRevokedReason})) {
				return nil, errSigned
			}
		}
		if status == code.ConsentStatusActive && !proven(m, old) {
			return nil, errNoEvidence
		}
		if old.Status != code.ConsentStatusActive || status == "" || status == code.ConsentStatusActive {
			return next.Mutate(ctx, m)
		}
		if _, err := m.Tx(); err != nil {
			return nil, errAlone
		}
		if err := gate.Lock(ctx, m.Client(), old.PatientID); err != nil {
			return nil, err
		}
		value, err := next.Mutate(ctx, m)
		if err == nil {
			err = gate.Recheck(ctx, m.Client(), old.PatientID)
		}
		return value, err
	})
}

// errForeignEvidence refuses a document of somebody else, or one of nobody in particular, as proof of a consent.
var errForeignEvidence = errors.New("ent: a consent is proved by a document of the same patient")

// ownEvidence checks that a document which is to prove the consent is the patient's own.
func ownEvidence(ctx context.Context, m *ent.ConsentMutation) error {
	document, set := m.DocumentID()
	if !set {
		return nil
	}
	ctx = viewer.System(ctx, "evidence of a consent")
	patient, made := m.PatientID()
	if !made {
		id, one := m.ID()
		if !one {
			return errEndedOneByOne
		}
		old, err := m.Client().Consent.Get(ctx, id)
		if err != nil {
			return err
		}
		patient = old.PatientID
	}
	found, err := m.Client().Document.Get(ctx, document)
	if err == nil && found.PatientID != patient {
		err = errForeignEvidence
	}
	return err
}

// errNoEvidence refuses a consent in force that nothing proves.
var errNoEvidence = errors.New("ent: a consent in force has its evidence")

// proven reports whether the consent, of which old is what it was, has evidence after the mutation.
func proven(m *ent.ConsentMutation, old *ent.Consent) bool {
	_, kind := m.EvidenceKind()
	_, ref := m.EvidenceRef()
	return (kind || old != nil && old.EvidenceKind != nil) && (ref || old != nil && old.EvidenceRef != nil)
}
