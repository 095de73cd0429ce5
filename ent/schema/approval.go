package schema

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consentform"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/viewer"
)

// The refusals of changes to consent forms and disclosures.
var (
	errFormFixed      = errors.New("ent: a consent form that was approved is never edited: a change is a new edition")
	errFormStep       = errors.New("ent: the lifecycle of consent forms does not lead there")
	errFormOneByOne   = errors.New("ent: consent forms are changed one by one")
	errOwnForm        = errors.New("ent: nobody approves a consent form of their own")
	errDisclosed      = errors.New("ent: a disclosure is never changed or removed")
	errForeignConsent = errors.New("ent: the consent is another patient's")
)

// approved keeps a form as it was approved, seals its text with the sum of it, and lets nobody approve an own one.
func approved(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.ConsentFormMutation)
		switch {
		case m.Op().Is(ent.OpCreate):
			body, _ := m.Body()
			sum := sha256.Sum256([]byte(body))
			m.SetSha256(hex.EncodeToString(sum[:]))
			return next.Mutate(ctx, m)
		case !m.Op().Is(ent.OpUpdateOne):
			if !untouched(m, marks) {
				return nil, errFormOneByOne
			}
			return next.Mutate(ctx, m)
		}
		id, _ := m.ID()
		old, err := m.Client().ConsentForm.Get(viewer.System(ctx, "a consent form as it was"), id)
		if err != nil {
			return nil, err
		}
		ends := slices.Concat(marks, []string{consentform.FieldStatus, consentform.FieldEffectiveTo})
		if old.Status != code.FormStatusDraft && !untouched(m, ends) {
			return nil, errFormFixed
		}
		status, changes := m.Status()
		if changes && status != old.Status && !lifecycle.Form.Allows(old.Status, status) {
			return nil, errFormStep
		}
		if changes && status == code.FormStatusApproved && old.CreatedBy != nil {
			if by, set := m.ApprovedByID(); !set || by == *old.CreatedBy {
				return nil, errOwnForm
			}
		}
		return next.Mutate(ctx, m)
	})
}

// permitted lets disclosures be written and nothing else, and an authorized one only where the patient's authorization
// held at that time.
func permitted(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.DisclosureMutation)
		if !m.Op().Is(ent.OpCreate) {
			return nil, errDisclosed
		}
		basis, _ := m.LegalBasis()
		at, _ := m.DisclosedAt()
		of, named := m.ConsentID()
		if !named {
			if basis == code.LegalBasisAuthorization {
				return nil, unauthorized()
			}
			return next.Mutate(ctx, m)
		}
		c, err := m.Client().Consent.Get(viewer.System(ctx, "authorization of a disclosure"), of)
		if err != nil {
			return nil, err
		}
		if patient, _ := m.PatientID(); c.PatientID != patient {
			return nil, errForeignConsent
		}
		if !gate.Authorizes(c, at) {
			return nil, unauthorized()
		}
		return next.Mutate(ctx, m)
	})
}

// unauthorized is the gate of a disclosure that no authorization covers.
func unauthorized() error {
	return &lifecycle.UnmetError{Gates: []lifecycle.Unmet{{Gate: code.GateCodeConsentMissing, Scope: code.ConsentScopeHipaaAuthorization}}}
}
