package fhir

import (
	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// Coverage is an insurance policy, or that the patient pays.
type Coverage struct {
	Resource
	Contained    []RelatedPerson  `json:"contained,omitempty"`
	Status       string           `json:"status"`
	Type         *CodeableConcept `json:"type"`
	Subscriber   *Reference       `json:"subscriber,omitempty"`
	SubscriberID string           `json:"subscriberId,omitempty"`
	Beneficiary  *Reference       `json:"beneficiary"`
	Relationship *CodeableConcept `json:"relationship,omitempty"`
	Period       *Period          `json:"period"`
	Payor        []Reference      `json:"payor"`
	Class        []CoverageClass  `json:"class,omitempty"`
	Order        int              `json:"order"`
}

// RelatedPerson is the subscriber of a coverage, as far as it is known.
type RelatedPerson struct {
	ResourceType string      `json:"resourceType"`
	ID           string      `json:"id"`
	Patient      *Reference  `json:"patient"`
	Name         []HumanName `json:"name,omitempty"`
	BirthDate    string      `json:"birthDate,omitempty"`
}

// CoverageClass is a group, plan or number that tells policies of a payer apart.
type CoverageClass struct {
	Type  *CodeableConcept `json:"type"`
	Value string           `json:"value"`
}

// coverageTypes are the codes of v3 ActCode and of coverage-selfpay that come next to the kinds.
var coverageTypes = map[code.CoverageKind]Coding{
	code.CoverageKindMedical:    {System: actCode, Code: "EHCPOL"},
	code.CoverageKindPharmacy:   {System: actCode, Code: "DRUGPOL"},
	code.CoverageKindDental:     {System: actCode, Code: "DENTPRG"},
	code.CoverageKindVision:     {System: actCode, Code: "VISPOL"},
	code.CoverageKindGovernment: {System: actCode, Code: "PUBLICPOL"},
	code.CoverageKindSelfPay:    {System: "http://terminology.hl7.org/CodeSystem/coverage-selfpay", Code: "pay"},
}

const actCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

// CoverageOf writes a coverage, whose history is loaded. Where nobody else pays, the payor is the patient.
func CoverageOf(at Addressing, row *ent.Coverage, names Identifiers) *Coverage {
	payor := at.maybe(TypeOrganization, row.PayerID)
	if payor == nil {
		payor = at.to(TypePatient, row.PatientID)
	}
	out := &Coverage{
		Resource: resource(TypeCoverage, row.ID, row.UpdatedAt, names),
		Status:   wire(row.Status), Type: &CodeableConcept{Coding: []Coding{coverageTypes[row.Kind]}},
		SubscriberID: text(row.MemberID), Beneficiary: at.to(TypePatient, row.PatientID),
		Period: days(&row.PeriodStart, row.PeriodEnd), Payor: []Reference{*payor}, Order: row.Priority,
	}
	if row.SubscriberRelationship != nil {
		out.Relationship = coded("http://terminology.hl7.org/CodeSystem/subscriber-relationship", wire(*row.SubscriberRelationship), "")
	}
	if row.SubscriberName != nil || row.SubscriberBirthDate != nil {
		who := RelatedPerson{
			ResourceType: "RelatedPerson", ID: "subscriber", Patient: out.Beneficiary, BirthDate: maybeDay(row.SubscriberBirthDate),
		}
		if row.SubscriberName != nil {
			who.Name = []HumanName{{Text: *row.SubscriberName}}
		}
		out.Contained, out.Subscriber = []RelatedPerson{who}, &Reference{Reference: "#subscriber"}
	}
	for _, c := range []struct {
		typ   string
		value *string
	}{{"group", row.GroupID}, {"plan", row.PlanName}, {"rxbin", row.Bin}, {"rxpcn", row.Pcn}} {
		if c.value != nil {
			out.Class = append(out.Class, CoverageClass{coded("http://terminology.hl7.org/CodeSystem/coverage-class", c.typ, ""), *c.value})
		}
	}
	var x extensions
	x.code("coverage-kind", string(row.Kind))
	for _, c := range row.Edges.History {
		x.change("status-change", c)
	}
	out.Extension = x
	return out
}
