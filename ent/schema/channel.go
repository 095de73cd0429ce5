package schema

import (
	"context"
	"errors"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/viewer"
)

// channelled lets the consent to a channel open and close it in the same transaction: one that is given opens it, one that
// is denied or ends, by whomever, closes it. What is taken in as it was elsewhere makes its rows in one go and says itself
// which contact points are out of use; the consents are asked before anything is sent all the same.
func channelled(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.ConsentMutation)
		status, set := m.Status()
		if !set || m.Op().Is(ent.OpCreate) && (viewer.IsSystem(ctx) || status != code.ConsentStatusActive) {
			return next.Mutate(ctx, m)
		}
		value, err := next.Mutate(ctx, m)
		if err != nil {
			return nil, err
		}
		now, one := value.(*ent.Consent)
		if !one { // of many at once, which the entity refuses before
			return value, nil
		}
		if _, is := gate.ChannelOf(now.Scope); !is {
			return value, nil
		}
		if _, err := m.Tx(); err != nil {
			return nil, errAlone
		}
		switch {
		case status == code.ConsentStatusActive && now.Decision == code.ConsentDecisionPermit:
			err = gate.OpenChannel(ctx, m.Client(), now.PatientID, now.Scope, now.CapturedAt)
		case status != code.ConsentStatusDraft && status != code.ConsentStatusProposed:
			err = gate.CloseChannel(ctx, m.Client(), now.PatientID, now.Scope)
		}
		return value, err
	})
}

// errSignedOnce refuses a signature that proves another consent, or that somebody else gave.
var errSignedOnce = errors.New("ent: a signature proves one consent of who gave it, on the form that was signed")

// signedOnce lets an electronic signature prove one consent only, unless that was entered in error; and nobody else's, and
// none on another form. What the system takes in from elsewhere numbers its signatures in its own way.
func signedOnce(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.ConsentMutation)
		ref, set := m.EvidenceRef()
		if kind, _ := m.EvidenceKind(); !set || kind != code.EvidenceKindESignature || viewer.IsSystem(ctx) || !m.Op().Is(ent.OpCreate|ent.OpUpdateOne) {
			return next.Mutate(ctx, m)
		}
		system := viewer.System(ctx, "signature of a consent")
		patient, _ := m.PatientID()
		form, _ := m.FormID()
		query := m.Client().Consent.Query().Where(consent.EvidenceKindEQ(code.EvidenceKindESignature), consent.EvidenceRef(ref))
		if id, known := m.ID(); known && m.Op().Is(ent.OpUpdateOne) {
			old, err := m.Client().Consent.Get(system, id)
			if err != nil {
				return nil, err
			}
			patient = old.PatientID
			if _, changed := m.FormID(); !changed && old.FormID != nil {
				form = *old.FormID
			}
			query.Where(consent.IDNEQ(id))
		}
		used, err := query.All(system)
		if err != nil {
			return nil, err
		}
		for _, other := range used {
			if other.PatientID != patient || other.FormID == nil || *other.FormID != form || other.Status != code.ConsentStatusEnteredInError {
				return nil, errSignedOnce
			}
		}
		return next.Mutate(ctx, m)
	})
}
