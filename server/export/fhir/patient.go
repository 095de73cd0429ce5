package fhir

import "github.com/carehub/carehub/ent"

// Patient is a person treated.
type Patient struct {
	Resource
	Active           *bool                  `json:"active,omitempty"`
	Name             []HumanName            `json:"name,omitempty"`
	Telecom          []ContactPoint         `json:"telecom,omitempty"`
	Gender           string                 `json:"gender,omitempty"`
	BirthDate        string                 `json:"birthDate,omitempty"`
	DeceasedDateTime string                 `json:"deceasedDateTime,omitempty"`
	Address          []Address              `json:"address,omitempty"`
	Communication    []PatientCommunication `json:"communication,omitempty"`
}

// PatientCommunication is a language that the patient speaks.
type PatientCommunication struct {
	Language  CodeableConcept `json:"language"`
	Preferred bool            `json:"preferred"`
}

// PatientOf writes a patient.
func PatientOf(row *ent.Patient, p Party) *Patient {
	out := &Patient{
		Resource: resource(TypePatient, row.ID, row.UpdatedAt, p.Names),
		Active:   p.active(), Name: names(row.Given, row.Family, text(row.FormerFamily)), Telecom: p.telecom(),
		Gender: wire(row.Sex), BirthDate: maybeDay(row.BirthDate), DeceasedDateTime: maybeMoment(row.DeceasedAt),
		Address: postal(row.AddressLine, row.AddressCity, row.AddressState, row.AddressZip, row.AddressCountry),
		Communication: []PatientCommunication{{
			Language: CodeableConcept{Coding: []Coding{{System: "urn:ietf:bcp:47", Code: p.Account.Locale}}}, Preferred: true,
		}},
	}
	if row.Mrn != nil {
		out.Identifier = withNumber(out.Identifier, Identifier{Type: identifierType("MR"), Value: *row.Mrn})
	}
	x := extensions(out.Extension)
	p.account(&x)
	out.Extension = x
	return out
}

// names are the official name and the family name before it.
func names(given, family, former string) []HumanName {
	var out []HumanName
	if given != "" || family != "" {
		out = append(out, HumanName{Use: "official", Family: family, Given: list(given)})
	}
	if former != "" {
		out = append(out, HumanName{Use: "maiden", Family: former})
	}
	return out
}
