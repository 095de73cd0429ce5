package fhir

import (
	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// Party is what patients, professionals and organizations have beside their own row.
type Party struct {
	Account  *ent.Account
	Contacts []*ent.ContactPoint
	Names    Identifiers
}

// active tells an account that is in use. One that was merged is not, and says so in an extension.
func (p Party) active() *bool {
	active := p.Account.Status == code.AccountStatusActive
	return &active
}

// account adds what FHIR has no element for in a party.
func (p Party) account(x *extensions) {
	x.code("account-status", string(p.Account.Status))
	x.code("locale", p.Account.Locale)
	x.text("time-zone", p.Account.TimeZone)
}

// systems are the telecom systems of the channels; the others have no address that FHIR knows.
var systems = map[code.Channel]string{
	code.ChannelPhone: "phone", code.ChannelSms: "sms", code.ChannelFax: "fax", code.ChannelEmail: "email",
}

// telecom is the ways to reach a party, each marked by its channel.
func (p Party) telecom() []ContactPoint {
	var out []ContactPoint
	for _, row := range p.Contacts {
		var x extensions
		x.code("channel", string(row.Channel))
		x.moment("verified-at", row.VerifiedAt)
		x.text("quiet-from", text(row.QuietFrom))
		x.text("quiet-to", text(row.QuietTo))
		x.moment("opted-out-at", row.OptedOutAt)
		to := ContactPoint{Extension: x, System: systems[row.Channel], Value: row.Value}
		if to.System == "" {
			to.System = "other"
		}
		if row.Preferred {
			to.Rank = 1
		}
		out = append(out, to)
	}
	return out
}

// withNumber adds a number that stands in a column of its own to the identifiers: as the type of the one with the
// same value, else by itself.
func withNumber(all []Identifier, number Identifier) []Identifier {
	for i := range all {
		if all[i].Value == number.Value && (number.System == "" || number.System == all[i].System) {
			all[i].Type = number.Type
			return all
		}
	}
	return append(all, number)
}

// NPISystem is the system of National Provider Identifiers.
const NPISystem = "http://hl7.org/fhir/sid/us-npi"

func withNPI(all []Identifier, npi *string) []Identifier {
	if npi == nil {
		return all
	}
	return withNumber(all, Identifier{Type: identifierType("NPI"), System: NPISystem, Value: *npi})
}

// identifierType is a code of HL7 v2 table 0203.
func identifierType(c string) *CodeableConcept {
	return &CodeableConcept{Coding: []Coding{{System: "http://terminology.hl7.org/CodeSystem/v2-0203", Code: c}}}
}
