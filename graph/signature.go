package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// maxAhead bounds how far consentsExpiring looks ahead, in days.
const maxAhead = 400

// ConsentsExpiring resolves Query.consentsExpiring.
func (r queryResolver) ConsentsExpiring(ctx context.Context, days int, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Consent], error) {
	if days < 0 || days > maxAhead {
		return nil, fault.Input("days", "0 to %d", maxAhead)
	}
	now := clock.Now(ctx)
	ending := r.Client.Consent.Query().Where(
		consent.StatusEQ(code.ConsentStatusActive), consent.ExpiresAtGT(now), consent.ExpiresAtLTE(now.AddDate(0, 0, days)))
	return relay.Page(ctx, ending, list.ConsentsExpiring, page(first, after, last, before), r.Client.LoadConsent)
}

// consented is a mutation that takes a step of a consent and answers with it.
func (r mutationResolver) consented(ctx context.Context, operation string, key *string, input any, do func(*change) (uuid.UUID, error)) (*ent.Consent, []*model.UnmetGate, error) {
	id, err := r.change(ctx, operation, key, input, do)
	if unmet, refused := unmetOf(err); refused {
		return nil, unmet, nil
	}
	if err != nil {
		return nil, nil, err
	}
	now, err := r.Client.Consent.Get(ctx, id)
	return now, []*model.UnmetGate{}, ent.MaskNotFound(err)
}

// RequestConsent resolves Mutation.requestConsent.
func (r mutationResolver) RequestConsent(ctx context.Context, input model.RequestConsentInput) (*model.RequestConsentPayload, error) {
	now, unmet, err := r.consented(ctx, "requestConsent", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		if err := expect(input.PatientID, "patient", "input.patientId"); err != nil {
			return uuid.Nil, err
		}
		patient, err := c.tx.Patient.Get(c, input.PatientID.UUID)
		if err != nil {
			return uuid.Nil, missing(err, "patient", "input.patientId")
		}
		var program *uuid.UUID
		if input.ProgramID != nil {
			found, err := c.program(*input.ProgramID)
			if err != nil {
				return uuid.Nil, err
			}
			program = &found.ID
		}
		return c.propose(asking{patient: patient.ID, scope: input.Scope, program: program, channel: input.Channel, expires: input.ExpiresAt})
	})
	if err != nil {
		return nil, err
	}
	return &model.RequestConsentPayload{Consent: now, Unmet: unmet}, nil
}

// RenewConsent resolves Mutation.renewConsent.
func (r mutationResolver) RenewConsent(ctx context.Context, input model.RenewConsentInput) (*model.RenewConsentPayload, error) {
	now, unmet, err := r.consented(ctx, "renewConsent", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		old, err := c.consent(input.ConsentID)
		if err != nil {
			return uuid.Nil, err
		}
		if old.Status != code.ConsentStatusActive && old.Status != code.ConsentStatusInactive {
			return uuid.Nil, fault.New(fault.InvalidTransition, "a consent in status %s is not renewed", old.Status)
		}
		return c.propose(asking{
			patient: old.PatientID, scope: old.Scope, program: old.ProgramID, channel: input.Channel, expires: input.ExpiresAt, renews: &old.ID,
		})
	})
	if err != nil {
		return nil, err
	}
	return &model.RenewConsentPayload{Consent: now, Unmet: unmet}, nil
}

// asking is a consent to be asked for.
type asking struct {
	patient         uuid.UUID
	scope           code.ConsentScope
	program, renews *uuid.UUID
	channel         code.Channel
	expires         *time.Time
}

// propose asks for a consent on the form that is in force. A text that is missing in every language of the chain is
// a gate: nobody is asked to sign nothing.
func (c *change) propose(a asking) (uuid.UUID, error) {
	if _, provable := proofs[a.channel]; !provable {
		return uuid.Nil, fault.Input("input.channel", "a consent given over %s can not be proved", a.channel)
	}
	now := clock.Now(c)
	if a.expires != nil && !a.expires.After(now) {
		return uuid.Nil, fault.Input("input.expiresAt", "not in the past")
	}
	form, err := c.formFor(a.patient, a.scope, a.program, now)
	if err != nil {
		return uuid.Nil, err
	}
	if form == nil {
		return uuid.Nil, &lifecycle.UnmetError{Gates: []lifecycle.Unmet{{Gate: code.GateCodeFormMissing, Scope: a.scope}}}
	}
	made, err := c.tx.Consent.Create().SetPatientID(a.patient).SetScope(a.scope).SetNillableProgramID(a.program).SetFormID(form.ID).
		SetNillableRenewsID(a.renews).SetStatus(code.ConsentStatusProposed).SetDecision(code.ConsentDecisionPermit).SetCapturedVia(a.channel).
		SetRequestedAt(now).SetCapturedAt(now).SetEffectiveFrom(now).SetNillableExpiresAt(a.expires).SetSignerRole(code.SignerRoleSelf).Save(c)
	if err != nil {
		return uuid.Nil, err
	}
	return made.ID, c.consentStep(made, "", nil)
}

// consent reads a consent that the viewer sees and means to change.
func (c *change) consent(id gid.ID) (*ent.Consent, error) {
	if err := expect(id, "consent", "input.consentId"); err != nil {
		return nil, err
	}
	found, err := c.tx.Consent.Get(c, id.UUID)
	if err != nil {
		return nil, missing(err, "consent", "input.consentId")
	}
	c.concerns(ent.TypeConsent, found.ID)
	return found, nil
}

// proposed reads a consent that was asked for.
func (c *change) proposed(id gid.ID) (*ent.Consent, error) {
	asked, err := c.consent(id)
	if err == nil && asked.Status != code.ConsentStatusProposed {
		err = noWay("consent", asked.Status, code.ConsentStatusActive)
	}
	return asked, err
}

// SignConsent resolves Mutation.signConsent.
func (r mutationResolver) SignConsent(ctx context.Context, input model.SignConsentInput) (*model.SignConsentPayload, error) {
	now, unmet, err := r.consented(ctx, "signConsent", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.sign(input)
	})
	if err != nil {
		return nil, err
	}
	return &model.SignConsentPayload{Consent: now, Unmet: unmet}, nil
}

// sign takes the patient's own signature. Who signs has read the form that is in force: another edition is a gate.
func (c *change) sign(input model.SignConsentInput) (uuid.UUID, error) {
	name := strings.TrimSpace(input.SignerName)
	if n := utf8.RuneCountInString(name); n < 1 || n > 200 {
		return uuid.Nil, fault.Input("input.signerName", "1 to 200 characters")
	}
	if err := expect(input.FormID, "form", "input.formId"); err != nil {
		return uuid.Nil, err
	}
	patient, err := c.standsFor(input.PatientID)
	if err != nil {
		return uuid.Nil, err
	}
	var asked *ent.Consent
	scope, program := input.Scope, (*uuid.UUID)(nil)
	switch {
	case (input.ConsentID == nil) == (input.Scope == nil):
		return uuid.Nil, fault.Input("input.consentId", "give either consentId or scope")
	case input.ConsentID != nil:
		if input.PatientID != nil {
			return uuid.Nil, fault.Input("input.patientId", "the consent says for whom it is")
		}
		if asked, err = c.proposed(*input.ConsentID); err != nil {
			return uuid.Nil, err
		}
		scope, program, patient = &asked.Scope, asked.ProgramID, asked.PatientID
	case input.ProgramID != nil:
		found, err := c.program(*input.ProgramID)
		if err != nil {
			return uuid.Nil, err
		}
		program = &found.ID
	}
	if err := gate.Lock(c, c.tx.Client(), patient); err != nil {
		return uuid.Nil, err
	}
	role, err := c.signs(patient)
	if err != nil {
		return uuid.Nil, err
	}
	now := clock.Now(c)
	form, err := c.formFor(patient, *scope, program, now)
	if err != nil {
		return uuid.Nil, err
	}
	if form == nil || form.ID != input.FormID.UUID {
		gate := code.GateCodeConsentFormOutdated
		if form == nil {
			gate = code.GateCodeFormMissing
		}
		return uuid.Nil, &lifecycle.UnmetError{Gates: []lifecycle.Unmet{{Gate: gate, Scope: *scope}}}
	}
	g := given{
		decision: input.Decision, via: code.ChannelPortal, at: now, role: role, name: &name,
		proof: evidence{kind: code.EvidenceKindESignature, ref: signature(c.viewer.Key, form, *scope, input.Decision, name, now), from: addressOf(c)},
	}
	if asked != nil {
		if asked.FormID == nil || *asked.FormID != form.ID {
			if asked, err = c.tx.Consent.UpdateOneID(asked.ID).Where(consent.Version(asked.Version)).SetFormID(form.ID).Save(c); err != nil {
				return uuid.Nil, err
			}
		}
		return asked.ID, c.answerConsent(asked, g)
	}
	create := c.tx.Consent.Create().SetPatientID(patient).SetNillableProgramID(program).SetScope(*scope).SetFormID(form.ID)
	return c.giveConsent(create, g)
}

// signature binds who signed, what, how and when (21 CFR 11.70): the same act gives the same text, another none like it.
func signature(signer uuid.UUID, form *ent.ConsentForm, scope code.ConsentScope, decision code.ConsentDecision, name string, at time.Time) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		signer.String(), form.ID.String(), form.Sha256, string(scope), string(decision), name, at.Format(time.RFC3339Nano),
	}, "\n")))
	return fmt.Sprintf("sha256:%s", hex.EncodeToString(sum[:]))
}

// signedHere finds the signature that is to prove a consent which is recorded: one that the patient gave here, which
// proves no other consent, and what it was given for. It returns the form that was signed; who signed, when and where
// from is what it was.
func (c *change) signedHere(patient uuid.UUID, input model.RecordConsentInput, g *given) (*uuid.UUID, error) {
	rows, err := c.tx.Consent.Query().Where(
		consent.PatientID(patient), consent.EvidenceKindEQ(code.EvidenceKindESignature), consent.EvidenceRef(g.proof.ref),
	).Order(consent.ByCapturedAt(), consent.ByID()).All(c.system)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || rows[0].FormID == nil {
		return nil, fault.Input(g.proof.argument, "the patient has given no such signature here")
	}
	for _, row := range rows {
		if row.Status != code.ConsentStatusEnteredInError {
			return nil, fault.Input(g.proof.argument, "the signature proves another consent")
		}
	}
	signed := rows[0]
	over, err := c.tx.StatusChange.Query().Where(statuschange.ConsentID(signed.ID), statuschange.ToStatus(string(code.ConsentStatusInactive))).Exist(c.system)
	if err != nil {
		return nil, err
	}
	switch {
	case signed.Scope != input.Scope || signed.Decision != g.decision:
		return nil, fault.Input(g.proof.argument, "the signature is for another scope or decision")
	case signed.CapturedVia != g.via:
		return nil, fault.Input("input.capturedVia", "the signature was given over another channel")
	case input.CapturedAt != nil && !input.CapturedAt.Equal(signed.CapturedAt):
		return nil, fault.Input("input.capturedAt", "the signature was given at another moment")
	case over:
		return nil, fault.Input(g.proof.argument, "what was signed was taken back, or is over")
	case signed.ExpiresAt != nil && !signed.ExpiresAt.After(clock.Now(c)):
		return nil, fault.Input(g.proof.argument, "what was signed is over")
	case input.ExpiresAt != nil && !input.ExpiresAt.After(clock.Now(c)):
		return nil, fault.Input("input.expiresAt", "in the future")
	case input.ExpiresAt != nil && signed.ExpiresAt != nil && input.ExpiresAt.After(*signed.ExpiresAt):
		return nil, fault.Input("input.expiresAt", "not later than what was signed")
	}
	if g.expires == nil {
		g.expires = signed.ExpiresAt
	}
	g.at, g.role, g.name, g.proof.from = signed.CapturedAt, signed.SignerRole, signed.SignerName, signed.SignedFrom
	return signed.FormID, nil
}

// WithdrawConsent resolves Mutation.withdrawConsent.
func (r mutationResolver) WithdrawConsent(ctx context.Context, input model.WithdrawConsentInput) (*model.WithdrawConsentPayload, error) {
	now, _, err := r.consented(ctx, "withdrawConsent", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		found, err := c.consent(input.ConsentID)
		if err != nil {
			return uuid.Nil, err
		}
		reason := "withdrawn by the patient"
		if input.Reason != nil {
			if reason, err = sentence(*input.Reason, "input.reason", 300); err != nil {
				return uuid.Nil, err
			}
		}
		if !lifecycle.Consent.Allows(found.Status, code.ConsentStatusInactive) {
			return uuid.Nil, noWay("consent", found.Status, code.ConsentStatusInactive)
		}
		return found.ID, c.endConsent(found, reason)
	})
	if err != nil {
		return nil, err
	}
	return &model.WithdrawConsentPayload{Consent: now}, nil
}
