package fhir

import "github.com/carehub/carehub/ent"

// AuditEvent is an entry of the accounting of disclosures.
type AuditEvent struct {
	Resource
	Type           Coding            `json:"type"`
	Action         string            `json:"action"`
	Recorded       string            `json:"recorded"`
	PurposeOfEvent []CodeableConcept `json:"purposeOfEvent"`
	Agent          []AuditAgent      `json:"agent"`
	Source         AuditSource       `json:"source"`
	Entity         []AuditEntity     `json:"entity"`
}

// AuditAgent is who received what was disclosed.
type AuditAgent struct {
	Name      string `json:"name"`
	Requestor bool   `json:"requestor"`
}

// AuditSource is who disclosed it.
type AuditSource struct {
	Observer Reference `json:"observer"`
}

// AuditEntity is whose data it was, and which.
type AuditEntity struct {
	What        *Reference `json:"what"`
	Description string     `json:"description"`
}

// DisclosureOf writes a disclosure.
func DisclosureOf(at Addressing, row *ent.Disclosure, names Identifiers) *AuditEvent {
	out := &AuditEvent{
		Resource: resource(TypeAuditEvent, row.ID, row.UpdatedAt, names),
		Type:     Coding{System: "http://dicom.nema.org/resources/ontology/DCM", Code: "110106"}, Action: "R",
		Recorded: moment(row.DisclosedAt), PurposeOfEvent: concepts(row.Purpose), Agent: []AuditAgent{{Name: row.RecipientName}},
		Source: AuditSource{Reference{Display: "Carehub"}},
		Entity: []AuditEntity{{at.to(TypePatient, row.PatientID), row.Description}},
	}
	var x extensions
	x.code("legal-basis", string(row.LegalBasis))
	x.text("recipient-address", text(row.RecipientAddress))
	x.reference("consent", at.maybe(TypeConsent, row.ConsentID))
	out.Extension = x
	return out
}
