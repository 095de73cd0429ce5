package fhir

import (
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
)

// Practitioner is a health professional as a person.
type Practitioner struct {
	Resource
	Active        *bool           `json:"active,omitempty"`
	Name          []HumanName     `json:"name,omitempty"`
	Telecom       []ContactPoint  `json:"telecom,omitempty"`
	Address       []Address       `json:"address,omitempty"`
	Qualification []Qualification `json:"qualification,omitempty"`
}

// Qualification is a licence.
type Qualification struct {
	Identifier []Identifier    `json:"identifier,omitempty"`
	Code       CodeableConcept `json:"code"`
	Period     *Period         `json:"period,omitempty"`
	Issuer     *Reference      `json:"issuer,omitempty"`
}

// PractitionerOf writes what a professional is as a person.
func PractitionerOf(row *ent.Provider, p Party) *Practitioner {
	out := &Practitioner{
		Resource: resource(TypePractitioner, row.ID, row.UpdatedAt, p.Names),
		Active:   p.active(), Name: names(row.Given, row.Family, ""), Telecom: p.telecom(),
		Address:       postal(row.AddressLine, row.AddressCity, row.AddressState, row.AddressZip, nil),
		Qualification: licence(row),
	}
	out.Identifier = withNPI(out.Identifier, row.Npi)
	var x extensions
	p.account(&x)
	x.code("qualification", string(row.Qualification))
	x.code("verification", string(row.Verification))
	x.moment("verified-at", row.VerifiedAt)
	x.text("verified-source", text(row.VerifiedSource))
	x.text("territory", row.Territory)
	out.Extension = x
	return out
}

// licence is the licence to practise of a state.
func licence(row *ent.Provider) []Qualification {
	if row.LicenceNumber == nil && row.LicenceState == nil && row.LicenceExpires == nil {
		return nil
	}
	out := Qualification{Code: CodeableConcept{Text: "Licence"}, Period: days(nil, row.LicenceExpires)}
	if row.LicenceNumber != nil {
		out.Identifier = []Identifier{{Value: *row.LicenceNumber}}
	}
	if row.LicenceState != nil {
		out.Issuer = &Reference{Display: *row.LicenceState}
	}
	return []Qualification{out}
}

// PractitionerRole is where a professional works and as what.
type PractitionerRole struct {
	Resource
	Practitioner *Reference        `json:"practitioner"`
	Organization *Reference        `json:"organization,omitempty"`
	Specialty    []CodeableConcept `json:"specialty,omitempty"`
	Telecom      []ContactPoint    `json:"telecom,omitempty"`
}

// nucc is the code system of specialties.
const nucc = "http://nucc.org/provider-taxonomy"

// PractitionerRoleOf writes what a professional does; nil when nothing is known of it.
func PractitionerRoleOf(at Addressing, row *ent.Provider) *PractitionerRole {
	specialty := coded(nucc, text(row.SpecialtyCode), text(row.Specialty))
	if specialty == nil && row.OrganizationID == nil && row.Phone == nil {
		return nil
	}
	out := &PractitionerRole{
		Resource:     resource(TypePractitionerRole, RoleKey(row.ID), row.UpdatedAt, nil),
		Practitioner: at.to(TypePractitioner, row.ID), Organization: at.maybe(TypeOrganization, row.OrganizationID),
		Telecom: directory(row.Phone),
	}
	if specialty != nil {
		out.Specialty = []CodeableConcept{*specialty}
	}
	return out
}

// RoleKey is the id of a professional's PractitionerRole, which is no row of its own.
func RoleKey(provider uuid.UUID) uuid.UUID {
	return uuid.NewSHA1(provider, []byte(TypePractitionerRole))
}
