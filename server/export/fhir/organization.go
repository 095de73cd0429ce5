package fhir

import (
	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// Organization is a hospital, clinic, payer, trial site or sponsor.
type Organization struct {
	Resource
	Active  *bool             `json:"active,omitempty"`
	Type    []CodeableConcept `json:"type,omitempty"`
	Name    string            `json:"name"`
	Telecom []ContactPoint    `json:"telecom,omitempty"`
	Address []Address         `json:"address,omitempty"`
}

// organizationTypes are the codes of FHIR's organization-type that come next to ours.
var organizationTypes = map[code.OrganizationKind]string{
	code.OrganizationKindHospital: "prov", code.OrganizationKindClinic: "prov", code.OrganizationKindPayer: "pay",
	code.OrganizationKindSite: "prov", code.OrganizationKindSponsor: "bus", code.OrganizationKindOther: "other",
}

// OrganizationOf writes an organization.
func OrganizationOf(row *ent.Organization, p Party) *Organization {
	const system = "http://terminology.hl7.org/CodeSystem/organization-type"
	out := &Organization{
		Resource: resource(TypeOrganization, row.ID, row.UpdatedAt, p.Names),
		Active:   p.active(), Type: []CodeableConcept{*coded(system, organizationTypes[row.Kind], "")},
		Name: row.Name, Telecom: append(directory(row.Phone), p.telecom()...),
		Address: postal(row.AddressLine, row.AddressCity, row.AddressState, row.AddressZip, row.AddressCountry),
	}
	out.Identifier = withNPI(out.Identifier, row.Npi)
	var x extensions
	p.account(&x)
	x.code("account-kind", string(p.Account.Kind))
	x.code("organization-kind", string(row.Kind))
	out.Extension = x
	return out
}

// Location is a place where an organization works.
type Location struct {
	Resource
	Name                 string         `json:"name"`
	Telecom              []ContactPoint `json:"telecom,omitempty"`
	Address              *Address       `json:"address,omitempty"`
	ManagingOrganization *Reference     `json:"managingOrganization,omitempty"`
}

// LocationOf writes a location.
func LocationOf(at Addressing, row *ent.Location, names Identifiers) *Location {
	out := &Location{
		Resource: resource(TypeLocation, row.ID, row.UpdatedAt, names),
		Name:     row.Name, Telecom: directory(row.Phone), ManagingOrganization: at.maybe(TypeOrganization, row.OrganizationID),
	}
	if all := postal(row.AddressLine, row.AddressCity, row.AddressState, row.AddressZip, row.AddressCountry); all != nil {
		out.Address = &all[0]
	}
	return out
}
