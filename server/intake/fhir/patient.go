package fhir

import (
	"regexp"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/tally"
)

var sexes = map[string]code.Sex{
	"":        code.SexUnknown,
	"male":    code.SexMale,
	"female":  code.SexFemale,
	"other":   code.SexOther,
	"unknown": code.SexUnknown,
}

func (l *load) patient(it *item, p *patient) {
	if p.animal() {
		it.outcome, it.fault = tally.Unmapped, fault{"Patient.extension", "an animal"}
		return
	}
	r := &reader{}
	who, at := r.person("Patient", p.Name), r.place("Patient", p.Address)
	former := r.optional("Patient.name.family", who.former, maxPersonName)
	born := r.day("Patient.birthDate", p.BirthDate)
	if born != nil && born.Time().After(clock.Now(l.ctx)) {
		r.refuse("Patient.birthDate", "in the future")
	}
	sex := translate(r, "Patient.gender", p.Gender, sexes)
	mrn := r.optional("Patient.identifier.value", medicalRecord(p.Identifier), maxMRN)
	died := l.death(r, p)
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	fill := func(m *ent.PatientMutation) {
		set(m.SetGiven, nonempty(who.given))
		set(m.SetFamily, nonempty(who.family))
		set(m.SetFormerFamily, former)
		set(m.SetBirthDate, born)
		m.SetSex(sex)
		set(m.SetMrn, mrn)
		set(m.SetAddressLine, at.line)
		set(m.SetAddressCity, at.city)
		set(m.SetAddressState, at.state)
		set(m.SetAddressZip, at.zip)
		set(m.SetAddressCountry, at.country)
		set(m.SetDeceasedAt, died)
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error {
			u := l.tx.Patient.UpdateOneID(it.key).Where(editable)
			fill(u.Mutation())
			return u.Exec(l.ctx)
		}
		return
	}
	active := p.Active
	if p.replaced() {
		l.remark("a patient whom the source has replaced by another record is inactive")
		active = new(bool)
	}
	account := l.account(it.key, code.AccountKindPatient, active)
	if language := languageOf(p); language != "" {
		account.SetLocale(language)
	}
	l.fresh[it.key] = true
	c := l.tx.Patient.Create().SetID(it.key)
	fill(c.Mutation())
	l.patients = append(l.patients, c)
	l.contacts(it.key, p.Telecom)
}

// animal tells that the patient is one, as R4 says it.
func (p *patient) animal() bool {
	return slices.ContainsFunc(p.Extension, func(e struct{ URL string }) bool {
		return e.URL == "http://hl7.org/fhir/StructureDefinition/patient-animal"
	})
}

// replaced tells that the source has merged the record into another one, which it uses instead.
func (p *patient) replaced() bool {
	return slices.ContainsFunc(p.Link, func(link struct{ Type string }) bool { return link.Type == "replaced-by" })
}

// death is when the patient died. Where the source knows only that it happened, it is the moment of import.
func (l *load) death(r *reader, p *patient) *time.Time {
	if died := r.moment("Patient.deceasedDateTime", p.DeceasedDateTime); died != nil || !p.DeceasedBoolean {
		return died
	}
	now := clock.Now(l.ctx)
	return &now
}

// medicalRecord is the number of the first medical record.
func medicalRecord(all []identifier) string {
	for _, id := range all {
		if id.Type.code("http://terminology.hl7.org/CodeSystem/v2-0203") == "MR" {
			return id.Value
		}
	}
	return ""
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

// languageOf is the preferred language, else the first.
func languageOf(p *patient) string {
	preferred := max(slices.IndexFunc(p.Communication, func(c struct {
		Language  concept
		Preferred bool
	},
	) bool {
		return c.Preferred
	}), 0)
	if preferred >= len(p.Communication) {
		return ""
	}
	const maxTag = 35
	tag := p.Communication[preferred].Language.first()
	if len(tag) > maxTag || !languageTag.MatchString(tag) {
		return ""
	}
	return tag
}
