package fhir

import (
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	entdisclosure "github.com/carehub/carehub/ent/disclosure"
	"github.com/carehub/carehub/ent/gate"
	out "github.com/carehub/carehub/server/export/fhir"
)

// restoreDisclosure makes an entry of the accounting of disclosures. One whose authorization is not here, or did not
// cover it, is refused as everybody's.
func (l *load) restoreDisclosure(x *exact, e *out.AuditEvent) func() {
	if len(e.Entity) != 1 || len(e.Agent) != 1 {
		x.refuse("AuditEvent", "an export has one entity and one agent")
		return nil
	}
	patient := x.owner("entity.what", e.Entity[0].What)
	consent := x.refer(x.path("consent"), x.extension("consent").ValueReference, consents)
	basis := must(x, "legal-basis", entdisclosure.LegalBasisValidator)
	at := x.began("recorded", e.Recorded)
	c := l.tx.Disclosure.Create().SetPatientID(patient).SetNillableConsentID(consent).SetLegalBasis(basis).SetDisclosedAt(at).
		SetRecipientName(x.needed("agent.name", e.Agent[0].Name, entdisclosure.RecipientNameValidator)).
		SetNillableRecipientAddress(x.words("recipient-address", entdisclosure.RecipientAddressValidator)).
		SetDescription(x.needed("entity.description", e.Entity[0].Description, entdisclosure.DescriptionValidator)).
		SetPurpose(x.needed("purposeOfEvent.text", firstSays(e.PurposeOfEvent), entdisclosure.PurposeValidator))
	switch {
	case x.fault != nil:
	case consent == nil && basis == code.LegalBasisAuthorization, consent != nil && !l.authorizes(*consent, patient, at):
		x.refuse(x.path("consent"), "no authorization of the patient covered it at the time")
	}
	return func() { l.disclosures = append(l.disclosures, c.SetID(x.it.key)) }
}

// authorizes tells that a consent, here or on its way, permitted disclosures of the patient at a time.
func (l *load) authorizes(key, patient uuid.UUID, at time.Time) bool {
	row := &ent.Consent{}
	for _, c := range l.consents {
		if m := c.Mutation(); row.ID == uuid.Nil {
			if id, _ := m.ID(); id == key {
				row.ID = id
				row.PatientID, _ = m.PatientID()
				row.Scope, _ = m.Scope()
				row.Decision, _ = m.Decision()
				row.Status, _ = m.Status()
				row.EffectiveFrom, _ = m.EffectiveFrom()
				if t, set := m.ExpiresAt(); set {
					row.ExpiresAt = &t
				}
				if t, set := m.RevokedAt(); set {
					row.RevokedAt = &t
				}
			}
		}
	}
	if row.ID == uuid.Nil {
		var err error
		if row, err = l.tx.Consent.Get(l.ctx, key); err != nil {
			l.failed = err
			return false
		}
	}
	return row.PatientID == patient && gate.Authorizes(row, at)
}
