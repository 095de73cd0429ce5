package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/viewer"
)

type organization struct {
	id   uuid.UUID
	name string
	at   place
}

// provider is a professional; the subject is empty where nobody signs in.
type provider struct {
	id            uuid.UUID
	given, family string
	at            place
	product       *product // of the specialty
	subject       string
}

// organizations makes a clinic for each city and the payers.
func (w *world) organizations(ctx context.Context) error {
	var accounts []*ent.AccountCreate
	var rows []*ent.OrganizationCreate
	var marks []*ent.ExternalIdentifierCreate
	add := func(o *organization, account code.AccountKind, kind code.OrganizationKind, d dice) {
		o.id = newKey()
		accounts = append(accounts, w.tx.Account.Create().SetID(o.id).SetKind(account).SetTimeZone(o.at.zone).SetCreatedAt(w.began))
		rows = append(rows, w.tx.Organization.Create().SetID(o.id).SetName(o.name).SetKind(kind).SetPhone(o.at.phone(d)).
			SetAddressLine(d.Street()).SetAddressCity(o.at.city).SetAddressState(o.at.state).SetAddressZip(o.at.zip).
			SetAddressCountry("US").SetCreatedAt(w.began))
		marks = append(marks, w.marked("org", o.id, "org-%s", o.name))
	}
	for i, at := range cities {
		d := w.dice("clinic %d", i)
		kind := code.OrganizationKindClinic
		if i%4 == 0 {
			kind = code.OrganizationKindHospital
		}
		clinic := &organization{name: fmt.Sprintf("%s %s Clinic, %s", d.LastName(), d.LastName(), at.city), at: at}
		add(clinic, code.AccountKindOrganization, kind, d)
		w.clinics = append(w.clinics, clinic)
	}
	for i, name := range []string{"Meridian Mutual", "Lakeshore Health Plan", "Blue Heron Benefits", "Commonwealth Senior Care"} {
		payer := &organization{name: name, at: cities[i]}
		add(payer, code.AccountKindPayer, code.OrganizationKindPayer, w.dice("payer %d", i))
		w.payers = append(w.payers, payer)
	}
	if err := insert(ctx, w, w.tx.Account.CreateBulk, accounts); err != nil {
		return err
	}
	if err := insert(ctx, w, w.tx.Organization.CreateBulk, rows); err != nil {
		return err
	}
	return insert(ctx, w, w.tx.ExternalIdentifier.CreateBulk, marks)
}

// professionals makes the providers: those who sign in first, then one for every eight patients.
func (w *world) professionals(ctx context.Context, patients int) error {
	p := &page{}
	add := func(subject string, given, family string, t code.Territory, verified code.Verification) {
		i := len(w.providers)
		d := w.dice("provider %d", i)
		one := &provider{id: newKey(), given: given, family: family, subject: subject, at: cityIn(d, t)}
		one.product = w.products[catalog[i%len(catalog)].name]
		if given == "" {
			one.given, one.family = d.FirstName(), d.LastName()
		}
		w.providers = append(w.providers, one)
		w.near[t] = append(w.near[t], one)
		w.professional(p, one, verified, i, d)
	}
	for _, name := range []string{"provider", "provider2"} {
		who, _ := Find(name)
		territory := map[string]code.Territory{"provider": code.TerritoryNortheast, "provider2": code.TerritoryWest}[name]
		add(name, who.given, who.family, territory, code.VerificationVerified)
	}
	for _, more := range moreProviders {
		add(more.name, "", "", more.territory, more.verified)
	}
	territories := code.Territory("").Values()
	for i := range max(2*len(territories), patients/8) {
		verified := roll(w.dice("verified %d", i), []weighed[code.Verification]{
			{80, code.VerificationVerified},
			{8, code.VerificationPending},
			{7, code.VerificationUnverified},
			{3, code.VerificationExpired},
			{2, code.VerificationRejected},
		})
		add("", "", "", code.Territory(territories[i%len(territories)]), verified)
	}
	return p.flush(ctx, w)
}

// professional adds a provider's rows to the page.
func (w *world) professional(p *page, one *provider, verified code.Verification, i int, d dice) {
	phone := one.at.phone(d)
	p.accounts = append(p.accounts, w.tx.Account.Create().SetID(one.id).SetKind(code.AccountKindProvider).
		SetTimeZone(one.at.zone).SetCreatedAt(w.began))
	create := w.tx.Provider.Create().SetID(one.id).SetGiven(one.given).SetFamily(one.family).SetNpi(w.npi(d)).
		SetLicenceNumber(fmt.Sprintf("DEMO-%05d", i)).SetLicenceState(one.at.state).
		SetLicenceExpires(code.DateOf(w.now.Add(d.days(90, 900)))).
		SetSpecialty(one.product.specialty).SetSpecialtyCode(one.product.taxonomy).SetVerification(verified).
		SetTerritory(string(one.at.territory())).SetPhone(phone).SetAddressLine(d.Street()).SetAddressCity(one.at.city).
		SetAddressState(one.at.state).SetAddressZip(one.at.zip).SetCreatedAt(w.began)
	if verified == code.VerificationVerified || verified == code.VerificationExpired {
		create.SetVerifiedAt(w.began.Add(d.days(1, 60))).SetVerifiedSource("state licence board")
	}
	for _, c := range w.clinics {
		if c.at == one.at {
			create.SetOrganizationID(c.id)
		}
	}
	p.providers = append(p.providers, create)
	p.marks = append(p.marks, w.marked("provider", one.id, "provider-%d", i))
	p.contacts = append(p.contacts,
		w.tx.ContactPoint.Create().SetAccountID(one.id).SetChannel(code.ChannelPhone).SetValue(phone).SetVerifiedAt(w.began).
			SetPreferred(true).SetCreatedAt(w.began),
		w.tx.ContactPoint.Create().SetAccountID(one.id).SetChannel(code.ChannelEmail).SetValue(mail(one.given, one.family, i)).
			SetVerifiedAt(w.began).SetCreatedAt(w.began))
	if one.subject != "" {
		p.users = append(p.users, w.user(one.subject, viewer.Provider, one.given+" "+one.family, &one.id))
	}
	if one.subject != "" || d.percent(50) {
		w.access(p, one.id, code.PortalProviderPortal, code.PortalAccessStatusActive, d)
	}
}

// npi returns a number whose check digit is right: Luhn's formula with the prefix 80840, which adds 24. Numbers
// that are issued begin with 1 or 2; one that begins with 9 belongs to nobody.
func (w *world) npi(d dice) string {
	for {
		number := "9" + d.DigitN(8)
		sum := 24
		for i, r := range number {
			digit := int(r - '0')
			if i%2 == 0 {
				if digit *= 2; digit > 9 {
					digit -= 9
				}
			}
			sum += digit
		}
		number += fmt.Sprint((10 - sum%10) % 10)
		if !w.npis[number] {
			w.npis[number] = true
			return number
		}
	}
}

// mail returns an address of the domain that is kept free for examples.
func mail(given, family string, i int) string {
	local := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(given+family))
	return fmt.Sprintf("%s.%d@example.com", local, i)
}

// clients gives each liaison the professionals of the own territory; one of them used to be another's.
func (w *world) clients(ctx context.Context) error {
	p := &page{}
	for _, liaison := range []string{"liaison", "liaison2"} {
		who, _ := Find(liaison)
		territory := who.memberships[0].territory
		for i, one := range w.providers {
			if one.at.territory() != territory {
				continue
			}
			p.assignments = append(p.assignments, w.tx.LiaisonAssignment.Create().SetLiaisonID(w.users[liaison]).SetProviderID(one.id).
				SetTerritory(string(territory)).SetTherapeuticArea(one.product.area).SetStartedAt(w.began).SetCreatedAt(w.began))
			w.engagements(p, one, liaison, w.dice("engagements %s %d", liaison, i))
		}
	}
	former, before := w.providers[0], w.began.Add(-year)
	p.assignments = append(p.assignments, w.tx.LiaisonAssignment.Create().SetLiaisonID(w.users["liaison2"]).SetProviderID(former.id).
		SetTerritory(string(former.at.territory())).SetStartedAt(before).SetEndedAt(w.began).SetCreatedAt(before))
	return p.flush(ctx, w)
}
