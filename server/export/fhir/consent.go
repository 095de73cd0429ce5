package fhir

import (
	"strings"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// Consent is what a patient permits or denies.
type Consent struct {
	Resource
	Status           string            `json:"status"`
	Scope            *CodeableConcept  `json:"scope"`
	Category         []CodeableConcept `json:"category"`
	Patient          *Reference        `json:"patient"`
	DateTime         string            `json:"dateTime"`
	SourceAttachment *Attachment       `json:"sourceAttachment"`
	PolicyRule       *CodeableConcept  `json:"policyRule"`
	Provision        Provision         `json:"provision"`
}

// Attachment names a document.
type Attachment struct {
	Title string `json:"title"`
}

// Provision is the decision and for how long it holds.
type Provision struct {
	Type   string `json:"type"`
	Period Period `json:"period"`
}

// ConsentScopes is the code system of what consents are about; the codes are those of the model.
const ConsentScopes = "urn:carehub:fhir:consent-scope"

// ConsentOf writes a consent, whose history is loaded.
func ConsentOf(at Addressing, row *ent.Consent, names Identifiers) *Consent {
	scope := "patient-privacy"
	if strings.HasPrefix(string(row.Scope), "TRIAL_") {
		scope = "research"
	}
	out := &Consent{
		Resource: resource(TypeConsent, row.ID, row.UpdatedAt, names),
		Status:   wire(row.Status),
		Scope:    coded("http://terminology.hl7.org/CodeSystem/consentscope", scope, ""),
		Category: []CodeableConcept{*coded("http://loinc.org", "59284-0", "")},
		Patient:  at.to(TypePatient, row.PatientID), DateTime: moment(row.CapturedAt),
		PolicyRule: coded(ConsentScopes, string(row.Scope), ""),
		Provision: Provision{
			Type: wire(row.Decision), Period: Period{Start: moment(row.EffectiveFrom), End: maybeMoment(row.ExpiresAt)},
		},
	}
	if row.EvidenceRef != nil {
		out.SourceAttachment = &Attachment{Title: *row.EvidenceRef}
	}
	var x extensions
	if row.ProgramID != nil {
		x.reference("program", at.program(row.Edges.Program))
	}
	x.reference("renews", at.maybe(TypeConsent, row.RenewsID))
	x.code("captured-via", string(row.CapturedVia))
	x.code("evidence-kind", optional(row.EvidenceKind))
	x.moment("requested-at", row.RequestedAt)
	x.code("signer-role", string(row.SignerRole))
	x.text("signer-name", text(row.SignerName))
	x.text("signed-from", text(row.SignedFrom))
	x.text("script-version", text(row.ScriptVersion))
	x.text("agent-name", text(row.AgentName))
	x.moment("revoked-at", row.RevokedAt)
	x.text("revoked-reason", text(row.RevokedReason))
	x.text("info-description", text(row.InfoDescription))
	x.text("discloser", text(row.Discloser))
	x.text("recipient", text(row.Recipient))
	x.text("purpose", text(row.Purpose))
	x.text("expiry-event", text(row.ExpiryEvent))
	for _, c := range row.Edges.History {
		x.change("status-change", c)
	}
	out.Extension = x
	return out
}

// program refers to a program: what resource it is depends on its kind.
func (at Addressing) program(row *ent.CareProgram) *Reference {
	if row.Kind == code.ProgramKindClinicalTrial {
		return at.to(TypeResearchStudy, row.ID)
	}
	return at.to(TypeHealthcareService, row.ID)
}
