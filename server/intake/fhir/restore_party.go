package fhir

import (
	"errors"

	"github.com/carehub/carehub/ent"
	entaccount "github.com/carehub/carehub/ent/account"
	"github.com/carehub/carehub/ent/code"
	entcontact "github.com/carehub/carehub/ent/contactpoint"
	entlocation "github.com/carehub/carehub/ent/location"
	entorganization "github.com/carehub/carehub/ent/organization"
	entpatient "github.com/carehub/carehub/ent/patient"
	entprovider "github.com/carehub/carehub/ent/provider"
	out "github.com/carehub/carehub/server/export/fhir"
	"github.com/carehub/carehub/server/intake/tally"
)

// restoreParty reads the account of a party and the ways to reach it.
func (l *load) restoreParty(x *exact, kind code.AccountKind, telecom []out.ContactPoint) (write func()) {
	a := l.tx.Account.Create().SetKind(kind).
		SetStatus(must(x, "account-status", entaccount.StatusValidator)).
		SetLocale(x.needed("extension(locale)", x.extension("locale").ValueCode, entaccount.LocaleValidator)).
		SetTimeZone(x.needed("extension(time-zone)", x.extension("time-zone").ValueString, entaccount.TimeZoneValidator))
	var contacts []*ent.ContactPointCreate
	for _, t := range telecom {
		of := &exact{reader: x.reader, l: l, it: x.it, extensions: t.Extension}
		channel := picked(of, "channel", entcontact.ChannelValidator)
		if channel == nil {
			continue // the telephone of the directory
		}
		contacts = append(contacts, l.tx.ContactPoint.Create().SetChannel(*channel).
			SetValue(of.needed("telecom.value", t.Value, entcontact.ValueValidator)).SetPreferred(t.Rank == 1).
			SetNillableVerifiedAt(of.when("verified-at")).SetNillableOptedOutAt(of.when("opted-out-at")).
			SetNillableQuietFrom(of.words("quiet-from", entcontact.QuietFromValidator)).
			SetNillableQuietTo(of.words("quiet-to", entcontact.QuietToValidator)))
	}
	return func() {
		l.accounts = append(l.accounts, a.SetID(x.it.key))
		for _, c := range contacts {
			l.contactPoints = append(l.contactPoints, c.SetAccountID(x.it.key))
		}
	}
}

// directory is the telephone number of a party's entry in a directory.
func (x *exact) directory(telecom []out.ContactPoint, rule func(string) error) *string {
	for _, t := range telecom {
		if len(t.Extension) == 0 {
			return x.text("telecom.value", t.Value, rule)
		}
	}
	return nil
}

// numbered is the identifier of a type of HL7 v2 table 0203; empty where there is none.
func numbered(all []out.Identifier, typ string) string {
	for _, id := range all {
		if id.Type != nil && len(id.Type.Coding) > 0 && id.Type.Coding[0].Code == typ {
			return id.Value
		}
	}
	return ""
}

// official is the name in use, and the family name before it.
func official(all []out.HumanName) (given, family, former string) {
	for _, n := range all {
		if n.Use == "maiden" {
			former = n.Family
			continue
		}
		family = n.Family
		given = first(n.Given)
	}
	return given, family, former
}

func first(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// postal is the only address; it is empty where there is none.
func postal(all []out.Address) out.Address {
	if len(all) == 0 {
		return out.Address{}
	}
	return all[0]
}

func (l *load) restorePatient(x *exact, p *out.Patient) func() {
	given, family, former := official(p.Name)
	at := postal(p.Address)
	c := l.tx.Patient.Create().
		SetGiven(orEmpty(x.text("name.given", given, entpatient.GivenValidator))).
		SetFamily(orEmpty(x.text("name.family", family, entpatient.FamilyValidator))).
		SetNillableFormerFamily(x.text("name.family", former, entpatient.FormerFamilyValidator)).
		SetNillableBirthDate(x.date("birthDate", p.BirthDate)).
		SetSex(chosen(x, "Patient.gender", unwired(p.Gender), entpatient.SexValidator)).
		SetNillableMrn(x.text("identifier.value", numbered(p.Identifier, "MR"), entpatient.MrnValidator)).
		SetNillableAddressLine(x.text("address.line", first(at.Line), entpatient.AddressLineValidator)).
		SetNillableAddressCity(x.text("address.city", at.City, entpatient.AddressCityValidator)).
		SetNillableAddressState(x.text("address.state", at.State, entpatient.AddressStateValidator)).
		SetNillableAddressZip(x.text("address.postalCode", at.PostalCode, entpatient.AddressZipValidator)).
		SetNillableAddressCountry(x.text("address.country", at.Country, entpatient.AddressCountryValidator)).
		SetNillableDeceasedAt(x.moment("Patient.deceasedDateTime", p.DeceasedDateTime))
	party := l.restoreParty(x, code.AccountKindPatient, p.Telecom)
	return func() {
		party()
		l.fresh[x.it.key] = true
		l.patients = append(l.patients, c.SetID(x.it.key))
	}
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func (l *load) restorePractitioner(x *exact, p *out.Practitioner) func() {
	given, family, _ := official(p.Name)
	at := postal(p.Address)
	c := l.tx.Provider.Create().
		SetGiven(orEmpty(x.text("name.given", given, entprovider.GivenValidator))).
		SetFamily(orEmpty(x.text("name.family", family, entprovider.FamilyValidator))).
		SetNillableNpi(x.text("identifier.value", numbered(p.Identifier, "NPI"), isNPI)).
		SetQualification(must(x, "qualification", entprovider.QualificationValidator)).
		SetVerification(must(x, "verification", entprovider.VerificationValidator)).
		SetNillableVerifiedAt(x.when("verified-at")).
		SetNillableVerifiedSource(x.words("verified-source", entprovider.VerifiedSourceValidator)).
		SetTerritory(orEmpty(x.words("territory", entprovider.TerritoryValidator))).
		SetNillableAddressLine(x.text("address.line", first(at.Line), entprovider.AddressLineValidator)).
		SetNillableAddressCity(x.text("address.city", at.City, entprovider.AddressCityValidator)).
		SetNillableAddressState(x.text("address.state", at.State, entprovider.AddressStateValidator)).
		SetNillableAddressZip(x.text("address.postalCode", at.PostalCode, entprovider.AddressZipValidator))
	for _, q := range p.Qualification {
		if len(q.Identifier) > 0 {
			c.SetNillableLicenceNumber(x.text("qualification.identifier.value", q.Identifier[0].Value, entprovider.LicenceNumberValidator))
		}
		if q.Issuer != nil {
			c.SetNillableLicenceState(x.text("qualification.issuer.display", q.Issuer.Display, entprovider.LicenceStateValidator))
		}
		if q.Period != nil {
			c.SetNillableLicenceExpires(x.date("qualification.period.end", q.Period.End))
		}
	}
	party := l.restoreParty(x, code.AccountKindProvider, p.Telecom)
	return func() {
		party()
		l.providers[x.it.key] = c.SetID(x.it.key)
		l.providerRows = append(l.providerRows, c)
	}
}

func isNPI(text string) error {
	if !validNPI(text) {
		return errors.New("no National Provider Identifier")
	}
	return nil
}

// restoreRole completes the row of a professional, as far as nothing is known there yet. The role of the very row that
// was exported says nothing new.
func (l *load) restoreRole(x *exact, p *out.PractitionerRole) func() {
	who := x.needs("practitioner", p.Practitioner, providers)
	at := x.refer("PractitionerRole.organization", p.Organization, orgs)
	phone := x.directory(p.Telecom, entprovider.PhoneValidator)
	var specialty, specialtyCode *string
	if len(p.Specialty) > 0 {
		specialty = x.text("specialty.text", p.Specialty[0].Text, entprovider.SpecialtyValidator)
		if all := p.Specialty[0].Coding; len(all) > 0 {
			specialtyCode = x.text("specialty.coding.code", all[0].Code, entprovider.SpecialtyCodeValidator)
		}
	}
	if x.fault != nil {
		return nil
	}
	if _, taken := l.known[x.it.address]; taken || x.it.id == out.RoleKey(who).String() {
		x.it.key, x.it.outcome = who, tally.Unchanged
		return nil
	}
	x.it.key, x.it.outcome = who, tally.Accepted
	l.call(x.it.address, who)
	fill := func(m *ent.ProviderMutation, here *ent.Provider) {
		unless(here.Specialty, m.SetSpecialty, specialty)
		unless(here.SpecialtyCode, m.SetSpecialtyCode, specialtyCode)
		unless(here.Phone, m.SetPhone, phone)
		unless(here.OrganizationID, m.SetOrganizationID, at)
	}
	if c, fresh := l.providers[who]; fresh {
		fill(c.Mutation(), &ent.Provider{})
		return nil
	}
	here, err := l.tx.Provider.Get(l.ctx, who)
	if err != nil {
		l.failed = err
		return nil
	}
	u := l.tx.Provider.UpdateOneID(who)
	if fill(u.Mutation(), here); len(u.Mutation().Fields()) == 0 {
		x.it.outcome = tally.Unchanged
		return nil
	}
	l.updates = append(l.updates, u.Exec)
	return nil
}

// unless calls a setter with a value where there is none yet.
func unless[T any](here *T, setter func(T), value *T) {
	if here == nil {
		set(setter, value)
	}
}

func (l *load) restoreOrganization(x *exact, o *out.Organization) func() {
	at := postal(o.Address)
	c := l.tx.Organization.Create().
		SetName(x.needed("name", o.Name, entorganization.NameValidator)).
		SetKind(must(x, "organization-kind", entorganization.KindValidator)).
		SetNillableNpi(x.text("identifier.value", numbered(o.Identifier, "NPI"), entorganization.NpiValidator)).
		SetNillablePhone(x.directory(o.Telecom, entorganization.PhoneValidator)).
		SetNillableAddressLine(x.text("address.line", first(at.Line), entorganization.AddressLineValidator)).
		SetNillableAddressCity(x.text("address.city", at.City, entorganization.AddressCityValidator)).
		SetNillableAddressState(x.text("address.state", at.State, entorganization.AddressStateValidator)).
		SetNillableAddressZip(x.text("address.postalCode", at.PostalCode, entorganization.AddressZipValidator)).
		SetNillableAddressCountry(x.text("address.country", at.Country, entorganization.AddressCountryValidator))
	party := l.restoreParty(x, must(x, "account-kind", entaccount.KindValidator), o.Telecom)
	return func() {
		party()
		l.organizations = append(l.organizations, c.SetID(x.it.key))
	}
}

func (l *load) restoreLocation(x *exact, o *out.Location) func() {
	var at out.Address
	if o.Address != nil {
		at = *o.Address
	}
	c := l.tx.Location.Create().
		SetName(x.needed("name", o.Name, entlocation.NameValidator)).
		SetNillablePhone(x.directory(o.Telecom, entlocation.PhoneValidator)).
		SetNillableOrganizationID(x.refer("Location.managingOrganization", o.ManagingOrganization, orgs)).
		SetNillableAddressLine(x.text("address.line", first(at.Line), entlocation.AddressLineValidator)).
		SetNillableAddressCity(x.text("address.city", at.City, entlocation.AddressCityValidator)).
		SetNillableAddressState(x.text("address.state", at.State, entlocation.AddressStateValidator)).
		SetNillableAddressZip(x.text("address.postalCode", at.PostalCode, entlocation.AddressZipValidator)).
		SetNillableAddressCountry(x.text("address.country", at.Country, entlocation.AddressCountryValidator))
	return func() { l.locations = append(l.locations, c.SetID(x.it.key)) }
}
