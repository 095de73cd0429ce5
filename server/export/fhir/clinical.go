package fhir

import "github.com/carehub/carehub/ent"

// Condition is a diagnosis or problem.
type Condition struct {
	Resource
	ClinicalStatus    *CodeableConcept `json:"clinicalStatus"`
	Code              *CodeableConcept `json:"code"`
	Subject           *Reference       `json:"subject"`
	OnsetDateTime     string           `json:"onsetDateTime"`
	AbatementDateTime string           `json:"abatementDateTime,omitempty"`
}

// ConditionOf writes a condition.
func ConditionOf(at Addressing, row *ent.Condition, names Identifiers) *Condition {
	return &Condition{
		Resource:       resource(TypeCondition, row.ID, row.UpdatedAt, names),
		ClinicalStatus: coded("http://terminology.hl7.org/CodeSystem/condition-clinical", wire(row.ClinicalStatus), ""),
		Code:           coded("http://snomed.info/sct", text(row.SnomedCode), row.Text),
		Subject:        at.to(TypePatient, row.PatientID),
		OnsetDateTime:  moment(row.OnsetAt), AbatementDateTime: maybeMoment(row.AbatedAt),
	}
}

// MedicationRequest is a prescribed medication.
type MedicationRequest struct {
	Resource
	Status                    string           `json:"status"`
	Intent                    string           `json:"intent"`
	MedicationCodeableConcept *CodeableConcept `json:"medicationCodeableConcept"`
	Subject                   *Reference       `json:"subject"`
	AuthoredOn                string           `json:"authoredOn"`
	Requester                 *Reference       `json:"requester,omitempty"`
	DosageInstruction         []Dosage         `json:"dosageInstruction,omitempty"`
	DispenseRequest           *DispenseRequest `json:"dispenseRequest,omitempty"`
}

// Dosage is how a medication is taken.
type Dosage struct {
	Text string `json:"text"`
}

// DispenseRequest says for how long a medication is dispensed.
type DispenseRequest struct {
	ValidityPeriod Period `json:"validityPeriod"`
}

// MedicationRequestOf writes a treatment, whose enrollment with its program and whose product are loaded.
func MedicationRequestOf(at Addressing, row *ent.Treatment, names Identifiers) *MedicationRequest {
	out := &MedicationRequest{
		Resource: resource(TypeMedicationRequest, row.ID, row.UpdatedAt, names),
		Status:   wire(row.Status), Intent: "order",
		MedicationCodeableConcept: coded("http://www.nlm.nih.gov/research/umls/rxnorm", text(row.RxnormCode), row.Text),
		Subject:                   at.to(TypePatient, row.PatientID), AuthoredOn: moment(row.StartedAt),
		Requester: at.maybe(TypePractitioner, row.PrescriberID),
	}
	if row.Dosage != nil {
		out.DosageInstruction = []Dosage{{Text: *row.Dosage}}
	}
	if row.EndedAt != nil {
		out.DispenseRequest = &DispenseRequest{Period{End: moment(*row.EndedAt)}}
	}
	var x extensions
	x.reference("enrollment", at.enrolled(row.Edges.Enrollment))
	x.product(row.Edges.Product)
	out.Extension = x
	return out
}

// CareTeam is one professional who treats a patient.
type CareTeam struct {
	Resource
	Status      string        `json:"status"`
	Subject     *Reference    `json:"subject"`
	Period      Period        `json:"period"`
	Participant []Participant `json:"participant"`
}

// Participant is a member of a care team.
type Participant struct {
	Role   []CodeableConcept `json:"role,omitempty"`
	Member *Reference        `json:"member"`
}

// CareTeamOf writes a care relationship.
func CareTeamOf(at Addressing, row *ent.CareRelationship, names Identifiers) *CareTeam {
	out := &CareTeam{
		Resource: resource(TypeCareTeam, row.ID, row.UpdatedAt, names),
		Status:   "active", Subject: at.to(TypePatient, row.PatientID),
		Period:      Period{Start: moment(row.StartedAt), End: maybeMoment(row.EndedAt)},
		Participant: []Participant{{Role: concepts(text(row.Role)), Member: at.to(TypePractitioner, row.ProviderID)}},
	}
	if row.EndedAt != nil {
		out.Status = "inactive"
	}
	var x extensions
	x.code("care-basis", string(row.Basis))
	out.Extension = x
	return out
}
