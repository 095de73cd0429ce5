package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
	"github.com/carehub/carehub/graph/stream"
)

// ConsentLedger resolves Query.consentLedger.
func (r queryResolver) ConsentLedger(ctx context.Context, patientID gid.ID, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Consent], error) {
	if err := r.seesPatient(ctx, patientID); err != nil {
		return nil, err
	}
	return relay.Each(ctx, r.Client.Consent.Query, list.PatientConsents, patientID.UUID, page(first, after, last, before), r.Client.LoadConsent)
}

// MyConsents resolves Query.myConsents.
func (r queryResolver) MyConsents(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Consent], error) {
	return relay.Page(ctx, r.Client.Consent.Query(), list.MyConsents, page(first, after, last, before), r.Client.LoadConsent)
}

// RecordConsent resolves Mutation.recordConsent.
func (r mutationResolver) RecordConsent(ctx context.Context, input model.RecordConsentInput) (*model.RecordConsentPayload, error) {
	id, err := r.change(ctx, "recordConsent", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.recordConsent(input)
	})
	if err != nil {
		return nil, err
	}
	now, err := r.Client.Consent.Get(ctx, id)
	return &model.RecordConsentPayload{Consent: now}, ent.MaskNotFound(err)
}

// RevokeConsent resolves Mutation.revokeConsent.
func (r mutationResolver) RevokeConsent(ctx context.Context, input model.RevokeConsentInput) (*model.RevokeConsentPayload, error) {
	id, err := r.change(ctx, "revokeConsent", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.revokeConsent(input)
	})
	if err != nil {
		return nil, err
	}
	now, err := r.Client.Consent.Get(ctx, id)
	return &model.RevokeConsentPayload{Consent: now}, ent.MaskNotFound(err)
}

// recordConsent writes a consent that was given. What it says replaces what was in force for the same scope and
// program.
func (c *change) recordConsent(input model.RecordConsentInput) (uuid.UUID, error) {
	if err := expect(input.PatientID, "patient", "input.patientId"); err != nil {
		return uuid.Nil, err
	}
	patient, err := c.tx.Patient.Get(c, input.PatientID.UUID)
	if err != nil {
		return uuid.Nil, missing(err, "patient", "input.patientId")
	}
	now := clock.Now(c)
	captured := now
	if input.CapturedAt != nil {
		captured = *input.CapturedAt
	}
	if captured.After(now) {
		return uuid.Nil, fault.Input("input.capturedAt", "a consent is recorded after it was given")
	}
	if input.ExpiresAt != nil && !input.ExpiresAt.After(captured) {
		return uuid.Nil, fault.Input("input.expiresAt", "a consent expires after it was given")
	}
	proved, err := c.proved(patient.ID, input)
	if err != nil {
		return uuid.Nil, err
	}
	// Whoever gives or ends a consent of the patient at the same time waits, so that one is in force and no more.
	if err := gate.Lock(c, c.tx.Client(), patient.ID); err != nil {
		return uuid.Nil, err
	}
	var program *uuid.UUID
	if input.ProgramID != nil {
		if err := expect(*input.ProgramID, "program", "input.programId"); err != nil {
			return uuid.Nil, err
		}
		if _, err := c.tx.CareProgram.Get(c, input.ProgramID.UUID); err != nil {
			return uuid.Nil, missing(err, "program", "input.programId")
		}
		program = &input.ProgramID.UUID
	}
	g := given{
		decision: or(input.Decision, code.ConsentDecisionPermit), via: input.CapturedVia, at: captured, expires: input.ExpiresAt,
		role: or(input.SignerRole, code.SignerRoleSelf), name: input.SignerName, proof: proved,
	}
	var signedOn *uuid.UUID
	if proved.kind == code.EvidenceKindESignature {
		if signedOn, err = c.signedHere(patient.ID, input, &g); err != nil {
			return uuid.Nil, err
		}
	}
	form, err := c.formFor(patient.ID, input.Scope, program, g.at)
	if err != nil {
		return uuid.Nil, err
	}
	if signedOn != nil && (form == nil || form.ID != *signedOn) {
		return uuid.Nil, fault.Input(proved.argument, "the signature is on another form, or on another edition")
	}
	if input.ConsentID != nil {
		asked, err := c.proposed(*input.ConsentID)
		if err != nil {
			return uuid.Nil, err
		}
		if asked.PatientID != patient.ID || asked.Scope != input.Scope || !same(asked.ProgramID, program) {
			return uuid.Nil, fault.Input("input.consentId", "another consent was asked for")
		}
		if signedOn != nil && !same(asked.FormID, signedOn) {
			return uuid.Nil, fault.Input(proved.argument, "the signature is not on the form that was asked for")
		}
		return asked.ID, c.answerConsent(asked, g)
	}
	create := c.tx.Consent.Create().SetPatientID(patient.ID).SetNillableProgramID(program).SetScope(input.Scope)
	if form != nil {
		create.SetFormID(form.ID)
	}
	return c.giveConsent(create, g)
}

// given is a consent as it was given.
type given struct {
	decision code.ConsentDecision
	via      code.Channel
	at       time.Time
	expires  *time.Time
	role     code.SignerRole
	name     *string
	proof    evidence
}

// set writes how the consent was given.
func (g given) set(m *ent.ConsentMutation) {
	m.SetDecision(g.decision)
	m.SetCapturedVia(g.via)
	m.SetCapturedAt(g.at)
	m.SetEffectiveFrom(g.at)
	m.SetSignerRole(g.role)
	m.SetEvidenceKind(g.proof.kind)
	m.SetEvidenceRef(g.proof.ref)
	if g.proof.document != nil {
		m.SetDocumentID(*g.proof.document)
	}
	if g.proof.script != nil {
		m.SetScriptVersion(*g.proof.script)
	}
	if g.proof.agent != nil {
		m.SetAgentName(*g.proof.agent)
	}
	if g.proof.from != nil {
		m.SetSignedFrom(*g.proof.from)
	}
	if g.expires != nil {
		m.SetExpiresAt(*g.expires)
	}
	if g.name != nil {
		m.SetSignerName(*g.name)
	}
}

// giveConsent makes a consent that was given unasked.
func (c *change) giveConsent(create *ent.ConsentCreate, g given) (uuid.UUID, error) {
	g.set(create.Mutation())
	made, err := create.SetStatus(code.ConsentStatusActive).Save(c)
	if err != nil {
		return uuid.Nil, err
	}
	if err := c.consentStep(made, "", nil); err != nil {
		return uuid.Nil, err
	}
	return made.ID, c.inForce(made)
}

// answerConsent gives a consent that was asked for, or notes that it was refused.
func (c *change) answerConsent(asked *ent.Consent, g given) error {
	to := code.ConsentStatusActive
	if g.decision == code.ConsentDecisionDeny {
		to = code.ConsentStatusRejected
	}
	if g.expires == nil {
		g.expires = asked.ExpiresAt
	}
	update := c.tx.Consent.UpdateOneID(asked.ID).Where(consent.Version(asked.Version), consent.StatusEQ(asked.Status)).SetStatus(to)
	g.set(update.Mutation())
	now, err := update.Save(c)
	if ent.IsNotFound(err) {
		return changedMeanwhile()
	}
	if err != nil {
		return err
	}
	if err := c.consentStep(now, asked.Status, nil); err != nil {
		return err
	}
	if to == code.ConsentStatusRejected {
		return nil
	}
	return c.inForce(now)
}

// inForce lets a consent that was given take the place of the one before it, and lets what waited for it go on. The
// new one stands before the old one ends, so that nothing is put on hold in between.
func (c *change) inForce(now *ent.Consent) error {
	if err := c.replaceConsents(now); err != nil {
		return err
	}
	if now.Scope == code.ConsentScopeTrialParticipation {
		if err := c.agreedAnew(now.PatientID); err != nil {
			return err
		}
	}
	return c.consentGiven(now.PatientID)
}

// same reports whether two optional references are alike.
func same(a, b *uuid.UUID) bool { return a == b || a != nil && b != nil && *a == *b }

// replaceConsents ends what was in force for the patient, scope and program before the new consent.
func (c *change) replaceConsents(now *ent.Consent) error {
	query := c.tx.Consent.Query().Where(
		consent.PatientID(now.PatientID), consent.ScopeEQ(now.Scope), consent.StatusEQ(code.ConsentStatusActive), consent.IDNEQ(now.ID))
	// A no that names no program is a no to all of them, and so is what is said of a channel.
	_, channel := gate.ChannelOf(now.Scope)
	switch {
	case now.ProgramID != nil:
		query.Where(consent.ProgramID(*now.ProgramID))
	case !channel && now.Decision == code.ConsentDecisionPermit:
		query.Where(consent.ProgramIDIsNil())
	}
	old, err := query.All(c)
	if err != nil {
		return err
	}
	for _, o := range old {
		if o.CapturedAt.After(now.CapturedAt) {
			return fault.Input("input.capturedAt", "a later consent for the scope is in force")
		}
		if err := c.endConsent(o, "replaced by a newer consent"); err != nil {
			return err
		}
	}
	return nil
}

// revokeConsent ends an active consent at once, with its effects on what relied on it.
func (c *change) revokeConsent(input model.RevokeConsentInput) (uuid.UUID, error) {
	if err := expect(input.ConsentID, "consent", "input.consentId"); err != nil {
		return uuid.Nil, err
	}
	found, err := c.tx.Consent.Get(c, input.ConsentID.UUID)
	if err != nil {
		return uuid.Nil, missing(err, "consent", "input.consentId")
	}
	reason, err := sentence(input.Reason, "input.reason", 300)
	if err != nil {
		return uuid.Nil, err
	}
	if input.ExpectedVersion != nil && *input.ExpectedVersion != found.Version {
		return uuid.Nil, changedMeanwhile()
	}
	if !lifecycle.Consent.Allows(found.Status, code.ConsentStatusInactive) {
		return uuid.Nil, noWay("consent", found.Status, code.ConsentStatusInactive)
	}
	return found.ID, c.endConsent(found, reason)
}

// MarkConsentEnteredInError resolves Mutation.markConsentEnteredInError.
func (r mutationResolver) MarkConsentEnteredInError(ctx context.Context, input model.MarkConsentEnteredInErrorInput) (*model.MarkConsentEnteredInErrorPayload, error) {
	now, _, err := r.consented(ctx, "markConsentEnteredInError", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		found, err := c.consent(input.ConsentID)
		if err != nil {
			return uuid.Nil, err
		}
		if !c.viewer.MemberOf(string(code.DepartmentCodePrivacy)) {
			return uuid.Nil, fault.New(fault.Forbidden, "only privacy says that a consent never was")
		}
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return uuid.Nil, err
		}
		if input.ExpectedVersion != nil && *input.ExpectedVersion != found.Version {
			return uuid.Nil, changedMeanwhile()
		}
		if !lifecycle.Consent.Allows(found.Status, code.ConsentStatusEnteredInError) {
			return uuid.Nil, noWay("consent", found.Status, code.ConsentStatusEnteredInError)
		}
		return found.ID, c.overConsent(found, code.ConsentStatusEnteredInError, reason)
	})
	if err != nil {
		return nil, err
	}
	return &model.MarkConsentEnteredInErrorPayload{Consent: now}, nil
}

// endConsent makes an active consent inactive.
func (c *change) endConsent(found *ent.Consent, reason string) error {
	return c.overConsent(found, code.ConsentStatusInactive, reason)
}

// overConsent ends a consent; what follows is for the entity's hook.
func (c *change) overConsent(found *ent.Consent, to code.ConsentStatus, reason string) error {
	ended, err := c.tx.Consent.UpdateOneID(found.ID).
		Where(consent.Version(found.Version), consent.StatusEQ(found.Status)).
		SetStatus(to).SetRevokedAt(clock.Now(c)).SetRevokedReason(reason).Save(c)
	if ent.IsNotFound(err) {
		return changedMeanwhile()
	}
	if err != nil {
		return err
	}
	return c.consentStep(ended, found.Status, &reason)
}

// consentStep writes a step of the consent's lifecycle and tells the streams.
func (c *change) consentStep(now *ent.Consent, from code.ConsentStatus, note *string) error {
	steps := c.tx.StatusChange.Create().SetConsentID(now.ID).SetToStatus(string(now.Status)).SetNillableNote(note).SetNillableChangedByID(c.actor())
	action := code.AuditActionCreate
	if from != "" {
		steps.SetFromStatus(string(from))
		action = code.AuditActionUpdate
	}
	if err := steps.Exec(c.system); err != nil {
		return err
	}
	c.record(action, ent.TypeConsent, &now.PatientID, now.ID)
	if err := c.channelSettled(now); err != nil {
		return err
	}
	c.announce(stream.Entry{Kind: code.EventKindConsentChanged, Entity: "consent", ID: now.ID, Subject: &now.PatientID})
	return nil
}

// or returns the value, or the one that stands for an absent one.
func or[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}

// History resolves Consent.history.
func (r consentResolver) History(ctx context.Context, obj *ent.Consent, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.StatusChange], error) {
	return relay.Each(ctx, r.Client.StatusChange.Query, list.ConsentHistory, obj.ID, page(first, after, last, before), r.Client.LoadStatusChange)
}
