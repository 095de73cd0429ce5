package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// PatientDisclosures resolves Query.patientDisclosures.
func (r queryResolver) PatientDisclosures(ctx context.Context, patientID gid.ID, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Disclosure], error) {
	if err := r.seesPatient(ctx, patientID); err != nil {
		return nil, err
	}
	return relay.Each(ctx, r.Client.Disclosure.Query, list.PatientDisclosures, patientID.UUID, page(first, after, last, before), r.Client.LoadDisclosure)
}

// MyDisclosures resolves Query.myDisclosures.
func (r queryResolver) MyDisclosures(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Disclosure], error) {
	return relay.Page(ctx, r.Client.Disclosure.Query(), list.MyDisclosures, page(first, after, last, before), r.Client.LoadDisclosure)
}

// RecordDisclosure resolves Mutation.recordDisclosure.
func (r mutationResolver) RecordDisclosure(ctx context.Context, input model.RecordDisclosureInput) (*model.RecordDisclosurePayload, error) {
	id, err := r.change(ctx, "recordDisclosure", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.disclose(input)
	})
	if unmet, refused := unmetOf(err); refused {
		return &model.RecordDisclosurePayload{Unmet: unmet}, nil
	}
	if err != nil {
		return nil, err
	}
	now, err := r.Client.Disclosure.Get(ctx, id)
	return &model.RecordDisclosurePayload{Disclosure: now, Unmet: []*model.UnmetGate{}}, ent.MaskNotFound(err)
}

// disclose writes a disclosure. Whether an authorization covered it is for the entity's hook.
func (c *change) disclose(input model.RecordDisclosureInput) (uuid.UUID, error) {
	if err := expect(input.PatientID, "patient", "input.patientId"); err != nil {
		return uuid.Nil, err
	}
	patient, err := c.tx.Patient.Get(c, input.PatientID.UUID)
	if err != nil {
		return uuid.Nil, missing(err, "patient", "input.patientId")
	}
	at := or(input.DisclosedAt, clock.Now(c))
	if at.After(clock.Now(c)) {
		return uuid.Nil, fault.Input("input.disclosedAt", "a disclosure is recorded after it was made")
	}
	create := c.tx.Disclosure.Create().SetPatientID(patient.ID).SetDisclosedAt(at).SetLegalBasis(input.LegalBasis)
	for _, t := range []struct {
		text, argument string
		limit          int
		set            func(string) *ent.DisclosureCreate
	}{
		{input.RecipientName, "recipientName", 200, create.SetRecipientName},
		{or(input.RecipientAddress, ""), "recipientAddress", 300, create.SetRecipientAddress},
		{input.Description, "description", 1000, create.SetDescription},
		{input.Purpose, "purpose", 300, create.SetPurpose},
	} {
		if t.argument == "recipientAddress" && input.RecipientAddress == nil {
			continue
		}
		words, err := sentence(t.text, "input."+t.argument, t.limit)
		if err != nil {
			return uuid.Nil, err
		}
		t.set(words)
	}
	if input.ConsentID != nil {
		if input.LegalBasis != code.LegalBasisAuthorization {
			return uuid.Nil, fault.Input("input.consentId", "a consent is the basis of an AUTHORIZATION only")
		}
		if err := expect(*input.ConsentID, "consent", "input.consentId"); err != nil {
			return uuid.Nil, err
		}
		given, err := c.tx.Consent.Get(c, input.ConsentID.UUID)
		if err != nil {
			return uuid.Nil, missing(err, "consent", "input.consentId")
		}
		if given.PatientID != patient.ID {
			return uuid.Nil, fault.Input("input.consentId", "another patient's consent")
		}
		create.SetConsentID(given.ID)
	}
	made, err := create.Save(c)
	if err != nil {
		return uuid.Nil, err
	}
	c.record(code.AuditActionCreate, ent.TypeDisclosure, &patient.ID, made.ID)
	return made.ID, nil
}
