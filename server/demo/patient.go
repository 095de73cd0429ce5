package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/viewer"
)

// patient is a person treated.
type patient struct {
	id            uuid.UUID
	given, family string
	birth         code.Date
	at            place
	locale        string
	provider      *provider
	product       *product
	// until is the present, or the end of a life: nothing is told after it.
	until time.Time
	dead  bool
	minor bool
	phone string
	// calls and mails are the consents that contacts rely on, by when they began and ended.
	calls, mails *permission
	// policy is the first insurance.
	policy uuid.UUID
}

// permission is a consent as contacts rely on it.
type permission struct {
	consent  uuid.UUID
	from, to time.Time
}

// holds reports whether the permission was in force.
func (p *permission) holds(at time.Time) bool {
	return p != nil && !at.Before(p.from) && at.Before(p.to)
}

// perPage is how many patients are written together.
const perPage = 100

// people makes the patients with everything about them. The first two sign in.
func (w *world) people(ctx context.Context, n int, progress func(done int)) error {
	p := &page{}
	for i := range n {
		w.person(p, i)
		if (i+1)%perPage == 0 || i+1 == n {
			if err := p.flush(ctx, w); err != nil {
				return err
			}
			progress(i + 1)
		}
	}
	return nil
}

// person adds a patient and the whole of the patient's history to the page.
func (w *world) person(p *page, i int) {
	d := w.dice("patient %d", i)
	one := w.body(i, d)
	w.party(p, one, i, d)
	w.represent(p, one, i)
	w.care(p, one, d)
	w.permissions(p, one, d)
	w.takePart(p, one, i, d)
}

// represent lets the second patient who signs in stand for the first minor, and in former times for somebody else.
func (w *world) represent(p *page, one *patient, i int) {
	if i != firstMinor && i != firstMinor+1 {
		return
	}
	create := w.tx.ProxyGrant.Create().SetPatientID(one.id).SetIdentityID(w.users["patient2"]).SetStartedAt(w.now.Add(-year)).SetCreatedAt(w.now.Add(-year))
	if i == firstMinor {
		create.SetRelationship(code.ProxyRelationshipParent).SetScope(code.ProxyScopeManage).SetExpiresAt(w.now.Add(2 * year))
	} else {
		ended := w.now.Add(-year / 4)
		create.SetRelationship(code.ProxyRelationshipCaregiver).SetScope(code.ProxyScopeRead).SetExpiresAt(w.now.Add(year)).
			SetEndedAt(ended).SetEndReason("the patient looks after the own affairs again").SetVersion(2)
	}
	p.proxies = append(p.proxies, create)
}

// firstMinor is the number of the first patient who is a minor.
const firstMinor = 7

// signingIn are the patients with a button, by their number.
var signingIn = []string{"patient", "patient2"}

// body decides who the patient is. Ages from 90 on, minors, the deceased and small places are there in every world
// of some size, as rules depend on them.
func (w *world) body(i int, d dice) *patient {
	one := &patient{id: newKey(), given: d.FirstName(), family: d.LastName(), at: home(d), locale: english, until: w.now}
	age := d.days(20*365, 88*365)
	switch {
	case i < len(signingIn):
		age = d.days(35*365, 60*365)
	case i%25 == firstMinor:
		one.minor = true
		age = d.days(4*365, 16*365)
	case i%30 == 11:
		age = d.days(91*365, 101*365)
	case i%40 == 13:
		one.dead = true
		one.until = w.now.Add(-d.days(10, 200))
	case d.percent(15):
		one.locale = spanish
	}
	one.birth = code.DateOf(w.now.Add(-age))
	approved := []string{"Avelurix", "Oncavyra", "Cordaneva", "Rhemadora", "Dermivanza"}
	one.product = w.products[approved[i%len(approved)]]
	if i < len(signingIn) {
		who, _ := Find(signingIn[i])
		one.given, one.family, one.at = who.given, who.family, w.providers[i].at
		one.provider = w.providers[i]
		w.patients[who.Name] = one
		return one
	}
	near := w.near[one.at.territory()]
	one.provider = near[0]
	if !d.percent(35) {
		one.provider = pick(d, near)
	}
	return one
}

// party adds the patient's rows as a party: account, contact points, portal.
func (w *world) party(p *page, one *patient, i int, d dice) {
	made := w.now.Add(-year - d.days(0, 60))
	p.accounts = append(p.accounts, w.tx.Account.Create().SetID(one.id).SetKind(code.AccountKindPatient).
		SetLocale(one.locale).SetTimeZone(one.at.zone).SetCreatedAt(made))
	create := w.tx.Patient.Create().SetID(one.id).SetGiven(one.given).SetFamily(one.family).SetBirthDate(one.birth).
		SetSex(roll(d, []weighed[code.Sex]{{51, code.SexFemale}, {46, code.SexMale}, {2, code.SexOther}, {1, code.SexUnknown}})).
		SetMrn(fmt.Sprintf("DEMO-%06d", i)).SetAddressLine(d.Street()).SetAddressCity(one.at.city).
		SetAddressState(one.at.state).SetAddressZip(one.at.zip).SetAddressCountry("US").SetCreatedAt(made)
	if d.percent(8) {
		create.SetFormerFamily(d.LastName())
	}
	if one.dead {
		create.SetDeceasedAt(one.until)
	}
	p.patients = append(p.patients, create)
	p.marks = append(p.marks, w.marked("patient", one.id, "patient-%d", i))
	one.phone = one.at.phone(d)
	phone := w.tx.ContactPoint.Create().SetAccountID(one.id).SetChannel(code.ChannelPhone).SetValue(one.phone).
		SetVerifiedAt(made).SetPreferred(true).SetCreatedAt(made)
	if d.percent(20) {
		phone.SetQuietFrom("20:00").SetQuietTo("09:00")
	}
	address := w.tx.ContactPoint.Create().SetAccountID(one.id).SetChannel(code.ChannelEmail).SetValue(mail(one.given, one.family, i)).SetCreatedAt(made)
	if d.percent(85) {
		address.SetVerifiedAt(made)
	}
	if d.percent(5) {
		address.SetOptedOutAt(made.Add(d.days(30, 200)))
	}
	p.contacts = append(p.contacts, phone, address)
	if i < len(signingIn) {
		name := signingIn[i]
		p.users = append(p.users, w.user(name, viewer.Patient, one.given+" "+one.family, &one.id))
		w.access(p, one.id, code.PortalPatientPortal, code.PortalAccessStatusActive, d)
		return
	}
	if d.percent(45) {
		w.access(p, one.id, code.PortalPatientPortal, roll(d, []weighed[code.PortalAccessStatus]{
			{62, code.PortalAccessStatusActive},
			{14, code.PortalAccessStatusInvited},
			{9, code.PortalAccessStatusIdentityPending},
			{6, code.PortalAccessStatusExpired},
			{5, code.PortalAccessStatusSuspended},
			{4, code.PortalAccessStatusRevoked},
		}), d)
	}
}

// concomitant are medicines that many take, by RxNorm.
var concomitant = []struct{ rxnorm, text string }{
	{"314076", "lisinopril 10 MG Oral Tablet"},
	{"197361", "amlodipine 5 MG Oral Tablet"},
	{"259255", "atorvastatin 80 MG Oral Tablet"},
	{"312961", "simvastatin 20 MG Oral Tablet"},
	{"313782", "acetaminophen 325 MG Oral Tablet"},
}

// care adds who treats the patient, for what, with what, and who pays.
func (w *world) care(p *page, one *patient, d dice) {
	began := w.now.Add(-year - d.days(0, 50))
	treat := func(by *provider, basis code.CareBasis, from time.Time) *ent.CareRelationshipCreate {
		return w.tx.CareRelationship.Create().SetProviderID(by.id).SetPatientID(one.id).SetBasis(basis).SetStartedAt(from).SetCreatedAt(from)
	}
	p.relationships = append(p.relationships, treat(one.provider, code.CareBasisPrescriber, began).SetRole("treating physician"))
	if other := pick(d, w.providers); other != one.provider && other.at.territory() == one.at.territory() && d.percent(50) {
		second := treat(other, code.CareBasisReferral, began.Add(d.days(10, 60)))
		if d.percent(40) {
			second.SetEndedAt(began.Add(d.days(100, 300)))
		}
		p.relationships = append(p.relationships, second)
	}
	onset := w.now.Add(-d.days(400, 3000))
	if born := one.birth.Time(); onset.Before(born) {
		onset = born.Add(year)
	}
	diagnosis := func(code, text string, status code.ClinicalStatus) {
		p.conditions = append(p.conditions, w.tx.Condition.Create().SetPatientID(one.id).SetSnomedCode(code).SetText(text).
			SetClinicalStatus(status).SetOnsetAt(onset).SetCreatedAt(began))
	}
	diagnosis(one.product.snomed, one.product.disease, code.ClinicalStatusActive)
	if !one.minor && d.percent(35) {
		diagnosis("59621000", "Hypertension", code.ClinicalStatusActive)
	}
	if d.percent(15) {
		diagnosis("271737000", "Anemia", roll(d, []weighed[code.ClinicalStatus]{{50, code.ClinicalStatusResolved}, {50, code.ClinicalStatusRemission}}))
	}
	if !one.minor && d.percent(45) {
		taken := pick(d, concomitant)
		p.treatments = append(p.treatments, w.tx.Treatment.Create().SetPatientID(one.id).SetPrescriberID(one.provider.id).
			SetRxnormCode(taken.rxnorm).SetText(taken.text).SetDosage("once a day").SetStatus(code.TreatmentStatusActive).
			SetStartedAt(began).SetCreatedAt(began))
	}
	w.insure(p, one, d)
}
