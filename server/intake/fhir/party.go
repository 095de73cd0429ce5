package fhir

import (
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/nyaruka/phonenumbers"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/tally"
)

// Limits of columns, in bytes.
const (
	maxPersonName = 200
	maxLine       = 300
	maxCity       = 120
	maxState      = 60
	maxZIP        = 20
	maxCountry    = 60
	maxPhone      = 40
	maxMRN        = 64
)

// place is an address as the columns have it.
type place struct{ line, city, state, zip, country *string }

// place reads the first address. A state of the country is kept as its two letters, however it is written.
func (r *reader) place(path string, all []address) place {
	if len(all) == 0 {
		return place{}
	}
	a := all[0]
	state := a.State
	if letters, known := code.StateOf(state); known {
		state = letters
	}
	path += ".address[0]"
	return place{
		line:    r.optional(path+".line", a.line(), maxLine),
		city:    r.optional(path+".city", a.City, maxCity),
		state:   r.optional(path+".state", state, maxState),
		zip:     r.optional(path+".postalCode", a.PostalCode, maxZIP),
		country: r.optional(path+".country", a.Country, maxCountry),
	}
}

// phone returns the first telephone number.
func phone(telecom []contactPoint) *string {
	for _, t := range telecom {
		if t.System == "phone" && t.Value != "" {
			if number, ok := e164(t.Value); ok {
				return &number
			}
		}
	}
	return nil
}

// e164 writes a telephone number as ITU E.164; numbers without a country are of the United States.
func e164(text string) (string, bool) {
	number, err := phonenumbers.Parse(text, "US")
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return "", false
	}
	return phonenumbers.Format(number, phonenumbers.E164), true
}

var channels = map[string]code.Channel{
	"phone": code.ChannelPhone, "sms": code.ChannelSms, "fax": code.ChannelFax, "email": code.ChannelEmail,
}

// contacts makes the contact points of an account. What is neither a telephone nor an e-mail address is left out.
func (l *load) contacts(account uuid.UUID, telecom []contactPoint) {
	seen := map[string]bool{}
	for _, t := range telecom {
		channel, known := channels[t.System]
		value := clean(t.Value)
		if known && channel != code.ChannelEmail {
			value, known = e164(value)
		} else {
			known = known && strings.Contains(value, "@") && len(value) <= maxLine
		}
		if !known {
			if value != "" {
				l.remark("a way of contact that is no telephone number or e-mail address was left out")
			}
			continue
		}
		if seen[string(channel)+value] {
			continue
		}
		seen[string(channel)+value] = true
		l.contactPoints = append(l.contactPoints, l.tx.ContactPoint.Create().
			SetAccountID(account).SetChannel(channel).SetValue(value))
	}
}

func (l *load) account(key uuid.UUID, kind code.AccountKind, active *bool) *ent.AccountCreate {
	c := l.tx.Account.Create().SetID(key).SetKind(kind)
	if active != nil && !*active {
		c.SetStatus(code.AccountStatusInactive)
	}
	l.accounts = append(l.accounts, c)
	return c
}

func (l *load) organization(it *item, o *organization) {
	r := &reader{}
	name := r.text("Organization.name", o.Name, 300)
	if name == "" {
		r.refuse("Organization.name", "missing")
	}
	at := r.place("Organization", o.Address)
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	fill := func(m *ent.OrganizationMutation) {
		m.SetName(name)
		m.SetKind(organizationKind(o, name))
		for _, n := range it.names {
			if n.system == NPISystem {
				m.SetNpi(n.value)
			}
		}
		set(m.SetPhone, phone(o.Telecom))
		set(m.SetAddressLine, at.line)
		set(m.SetAddressCity, at.city)
		set(m.SetAddressState, at.state)
		set(m.SetAddressZip, at.zip)
		set(m.SetAddressCountry, at.country)
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error {
			u := l.tx.Organization.UpdateOneID(it.key).Where(editable)
			fill(u.Mutation())
			return u.Exec(l.ctx)
		}
		return
	}
	kind := code.AccountKindOrganization
	if organizationKind(o, name) == code.OrganizationKindPayer {
		kind = code.AccountKindPayer
	}
	l.account(it.key, kind, o.Active)
	c := l.tx.Organization.Create().SetID(it.key)
	fill(c.Mutation())
	l.organizations = append(l.organizations, c)
}

// set calls a setter with a value that is there.
func set[T any](setter func(T), value *T) {
	if value != nil {
		setter(*value)
	}
}

func organizationKind(o *organization, name string) code.OrganizationKind {
	for _, t := range o.Type {
		switch t.code("http://terminology.hl7.org/CodeSystem/organization-type") {
		case "pay", "ins":
			return code.OrganizationKindPayer
		case "prov":
			if strings.Contains(strings.ToUpper(name), "HOSPITAL") {
				return code.OrganizationKindHospital
			}
			return code.OrganizationKindClinic
		}
	}
	return code.OrganizationKindOther
}

// person is a name in use and the family name before.
type person struct{ given, family, former string }

// person picks the official name, else the usual one, else the first that is neither old nor a maiden name.
func (r *reader) person(path string, all []humanName) person {
	var out person
	best := -1
	rank := map[string]int{"official": 3, "usual": 2, "": 1, "maiden": -1, "old": -1}
	for _, n := range all {
		if n.Use == "maiden" {
			out.former = r.text(path+".name.family", n.Family, maxPersonName)
		}
		if v := rank[n.Use]; v > best {
			best = v
			out.given = r.text(path+".name.given", strings.Join(n.Given, " "), maxPersonName)
			out.family = r.text(path+".name.family", n.Family, maxPersonName)
			if out.given == "" && out.family == "" {
				out.family = r.text(path+".name.text", n.Text, maxPersonName)
			}
		}
	}
	return out
}

func (l *load) practitioner(it *item, p *practitioner) {
	r := &reader{}
	who, at := r.person("Practitioner", p.Name), r.place("Practitioner", p.Address)
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	fill := func(m *ent.ProviderMutation) {
		m.SetGiven(who.given)
		m.SetFamily(who.family)
		for _, n := range it.names {
			if n.system == NPISystem {
				m.SetNpi(n.value)
			}
		}
		if at.state != nil {
			m.SetTerritory(string(code.TerritoryOf(*at.state)))
		}
		set(m.SetPhone, phone(p.Telecom))
		set(m.SetAddressLine, at.line)
		set(m.SetAddressCity, at.city)
		set(m.SetAddressState, at.state)
		set(m.SetAddressZip, at.zip)
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error {
			u := l.tx.Provider.UpdateOneID(it.key).Where(editable)
			fill(u.Mutation())
			return u.Exec(l.ctx)
		}
		return
	}
	for _, n := range it.weak {
		if n.system == NPISystem {
			l.remark("an NPI that is none was kept as an external identifier; its provider is unverified")
		}
	}
	l.account(it.key, code.AccountKindProvider, p.Active)
	c := l.tx.Provider.Create().SetID(it.key).SetVerification(code.VerificationUnverified)
	fill(c.Mutation())
	l.providers[it.key] = c
	l.providerRows = append(l.providerRows, c)
	l.contacts(it.key, p.Telecom)
}

// nucc is the code system of specialties.
const nucc = "http://nucc.org/provider-taxonomy"

// role gives a professional specialty and organization. It is stored as what it says of the professional.
func (l *load) role(it *item, p *practitionerRole) {
	r := &reader{}
	who, reason := l.find(it, p.Practitioner, providers)
	if reason == "" && who == uuid.Nil {
		reason = "missing"
	}
	if reason != "" {
		r.refuse("PractitionerRole.practitioner", "%s", reason)
	}
	org, reason := l.find(it, p.Organization, orgs)
	if reason != "" {
		r.refuse("PractitionerRole.organization", "%s", reason)
	}
	if org == uuid.Nil {
		org = l.employer(r, it, p)
	}
	var specialty, specialtyCode *string
	if len(p.Specialty) > 0 {
		// The first that is coded for the purpose, else the first.
		i := max(slices.IndexFunc(p.Specialty, func(c concept) bool { return c.code(nucc) != "" }), 0)
		path := fmt.Sprintf("PractitionerRole.specialty[%d]", i)
		specialty = r.optional(path, p.Specialty[i].text(), 200)
		specialtyCode = r.optional(path+".coding.code", p.Specialty[i].code(nucc), 20)
	}
	if r.fault == nil && !it.global {
		it.address.value = who.String() + " " + it.address.value
		if err := l.lookUp(map[name]bool{it.address: true}); err != nil {
			l.fail(err)
			return
		}
	}
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	if key, found := l.known[it.address]; found {
		it.key, it.outcome = key, tally.Unchanged
		return
	}
	it.key, it.outcome = who, tally.Accepted
	l.call(it.address, who)
	fill := func(m *ent.ProviderMutation) {
		set(m.SetSpecialty, specialty)
		set(m.SetSpecialtyCode, specialtyCode)
		if specialtyCode != nil {
			m.SetQualification(qualificationOf(*specialtyCode))
		}
		set(m.SetPhone, phone(p.Telecom))
		if org != uuid.Nil {
			m.SetOrganizationID(org)
		}
	}
	if c, fresh := l.providers[who]; fresh {
		fill(c.Mutation())
		return
	}
	u := l.tx.Provider.UpdateOneID(who)
	fill(u.Mutation())
	l.updates = append(l.updates, u.Exec)
}

// employer is the organization that manages the locations of a role, where the role itself names none.
func (l *load) employer(r *reader, it *item, p *practitionerRole) uuid.UUID {
	var all []uuid.UUID
	for i, ref := range p.Location {
		key, reason := l.find(it, ref, locations)
		if reason != "" {
			r.refuse(fmt.Sprintf("PractitionerRole.location[%d]", i), "%s", reason)
		}
		if key != uuid.Nil {
			all = append(all, l.managerOf(key))
		}
	}
	if all = unique(all); len(all) != 1 {
		return uuid.Nil
	}
	return all[0]
}

// qualificationOf tells a profession by its NUCC code: 20 begins physicians, 1835 pharmacists.
func qualificationOf(taxonomy string) code.Qualification {
	switch {
	case strings.HasPrefix(taxonomy, "20"):
		return code.QualificationPhysician
	case strings.HasPrefix(taxonomy, "1835"):
		return code.QualificationPharmacist
	}
	return code.QualificationOtherHealthProfessional
}
