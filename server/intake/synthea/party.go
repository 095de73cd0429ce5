package synthea

import (
	"strings"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/postal"
	"github.com/carehub/carehub/server/intake/table"
)

// place is the address of a row. A ZIP code gets lost zeros back, and is left out when it is not certain; a state of
// the country tells the country, which the export does not name.
func (l *load) place(r *table.Record, state string) fhir.Object {
	out := fhir.Object{"line": lines(r.Get("ADDRESS")), "city": r.Get("CITY"), "state": r.Get(state)}
	letters, domestic := code.StateOf(r.Get(state))
	if domestic {
		out["country"] = "US"
	}
	if text := r.Get("ZIP"); text != "" {
		zip, certain := postal.ZIP(text, letters)
		switch {
		case !certain:
			l.Remark("a ZIP code that is none was left out")
		case zip[0] == '0' && text[0] != '0':
			l.Remark("a ZIP code was given its leading zeros back")
		default:
			zip = text
		}
		out["postalCode"] = zip
	}
	return out
}

func lines(all ...string) []string {
	var out []string
	for _, line := range all {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

func telecom(number string) []fhir.Object {
	if number == "" {
		return nil
	}
	return []fhir.Object{{"system": "phone", "value": number}}
}

func organizations(l *load) error {
	l.require("Id")
	return l.take(func(r *table.Record) fhir.Object { return l.organization(r, "prov", "STATE") })
}

// payers takes payers in, but the one that stands for having none.
func payers(l *load) error {
	l.require("Id")
	for _, r := range l.Records {
		if fhir.Uninsured(r.Get("NAME")) {
			r.Unmap("NAME", "stands for having no insurance and is no payer")
		}
	}
	return l.take(func(r *table.Record) fhir.Object {
		o := l.organization(r, "pay", "STATE_HEADQUARTERED")
		o["identifier"] = append(o["identifier"].([]fhir.Object), fhir.PayerIdentifier(r.Get("NAME")))
		return o
	})
}

func (l *load) organization(r *table.Record, typ, state string) fhir.Object {
	return fhir.Object{
		"resourceType": "Organization", "id": r.Get("Id"), "active": true, "name": r.Get("NAME"),
		"identifier": []fhir.Object{fhir.Identifier("", System, strings.ToLower(r.Get("Id")))},
		"type":       []fhir.Object{fhir.Concept("http://terminology.hl7.org/CodeSystem/organization-type", typ, "")},
		"telecom":    telecom(r.Get("PHONE")),
		"address":    []fhir.Object{l.place(r, state)},
	}
}

// providers takes professionals in, each with a role: the specialty and the organization. One whose organization
// is not known is in without it.
func providers(l *load) error {
	l.require("Id", "?ORGANIZATION")
	err := l.take(func(r *table.Record) fhir.Object {
		given, family := personName(r.Get("NAME"))
		return fhir.Object{
			"resourceType": "Practitioner", "id": r.Get("Id"), "active": true,
			"identifier": []fhir.Object{fhir.Identifier("", System, strings.ToLower(r.Get("Id")))},
			"name":       []fhir.Object{{"family": family, "given": given}},
			"address":    []fhir.Object{l.place(r, "STATE")},
		}
	})
	if err != nil {
		return err
	}
	var at []string
	for _, r := range l.Records {
		at = append(at, address(r.Get("ORGANIZATION")))
	}
	known, err := fhir.Find(l.ctx, l.tx, fhir.EntityOrganization, fhir.AddressSystem, at)
	if err != nil {
		return err
	}
	return l.Take(l.ctx, l.tx, l.fhir, l.Select((*table.Record).In), func(r *table.Record) fhir.Object {
		organization := r.Get("ORGANIZATION")
		if _, is := known[address(organization)]; !is && organization != "" {
			l.Remark("a provider's organization is not known: the provider is in without it")
			organization = ""
		}
		return fhir.Object{
			"resourceType": "PractitionerRole", "id": derived("role", r.Get("Id")),
			"practitioner": reference(r.Get("Id")), "organization": reference(organization),
			"specialty": specialty(r.Get("SPECIALITY")),
		}
	}, func(*table.Record) { l.Remark("a provider's specialty is too long: the provider is in without it") })
}

// personName is a name whose last word is the family's.
func personName(text string) (given []string, family string) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil, ""
	}
	return words[:len(words)-1], words[len(words)-1]
}

// specialty is the specialty of a provider; the one that nearly all have is coded as in the FHIR export.
func specialty(text string) []fhir.Object {
	switch text {
	case "":
		return nil
	case "GENERAL PRACTICE":
		return []fhir.Object{fhir.Concept(fhir.NUCC, "208D00000X", "General Practice")}
	}
	return []fhir.Object{fhir.Concept("", "", text)}
}

// space is the name space of the keys of what has no Id in the export.
var space = uuid.NewSHA1(uuid.NameSpaceURL, []byte(System))

// derived is a key that is made of parts and always the same.
func derived(parts ...string) string {
	return uuid.NewSHA1(space, []byte(strings.Join(parts, "\x00"))).String()
}

var sexes = map[string]string{"M": "male", "F": "female", "": ""}

// patients takes patients in one by one: a refused one would take the others of its bundle along.
func patients(l *load) error {
	l.require("Id")
	for _, r := range l.Records {
		if _, known := sexes[r.Get("GENDER")]; !known {
			r.Refuse("GENDER", "neither M nor F")
		}
		if !r.Open() {
			continue
		}
		if err := l.Take(l.ctx, l.tx, l.fhir, []*table.Record{r}, l.patient, nil); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) patient(r *table.Record) fhir.Object {
	id := strings.ToLower(r.Get("Id"))
	identifiers := []fhir.Object{
		fhir.Identifier("", System, id),
		fhir.Identifier("MR", "http://hospital.smarthealthit.org", id),
	}
	for _, of := range []struct{ column, typ, system string }{
		{"SSN", "SS", "http://hl7.org/fhir/sid/us-ssn"},
		{"DRIVERS", "DL", "urn:oid:2.16.840.1.113883.4.3.25"},
		{"PASSPORT", "PPN", "http://standardhealthrecord.org/fhir/StructureDefinition/passportNumber"},
	} {
		if value := r.Get(of.column); value != "" {
			identifiers = append(identifiers, fhir.Identifier(of.typ, of.system, value))
		}
	}
	given := lines(r.Get("FIRST"), r.Get("MIDDLE"))
	names := []fhir.Object{{"use": "official", "family": r.Get("LAST"), "given": given}}
	if maiden := r.Get("MAIDEN"); maiden != "" {
		names = append(names, fhir.Object{"use": "maiden", "family": maiden, "given": given})
	}
	return fhir.Object{
		"resourceType": "Patient", "id": id, "identifier": identifiers, "name": names,
		"gender": sexes[r.Get("GENDER")], "birthDate": r.Get("BIRTHDATE"), "deceasedDateTime": r.Get("DEATHDATE"),
		"address": []fhir.Object{l.place(r, "STATE")},
	}
}
