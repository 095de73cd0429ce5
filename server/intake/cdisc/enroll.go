package cdisc

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/trialsubject"
	"github.com/carehub/carehub/server/intake/record"
	"github.com/carehub/carehub/server/intake/tally"
)

// portion is how many rows of subjects are stored together.
const portion = 128

// subjects takes the rows of DM or ADSL in.
func (l *load) subjects() error {
	for rows := range slices.Chunk(l.dataset.rows, portion) {
		if err := l.portion(rows); err != nil {
			return err
		}
	}
	return nil
}

// writes are the rows of a portion.
type writes struct {
	accounts      []*ent.AccountCreate
	patients      []*ent.PatientCreate
	enrollments   []*ent.EnrollmentCreate
	participation []*ent.TrialSubjectCreate
	consents      []*ent.ConsentCreate
	history       []*ent.StatusChangeCreate
}

func (l *load) portion(rows []row) error {
	var wanted []record.Name
	for _, of := range rows {
		if s, who := l.subject(l.dataset, of); who != nil {
			wanted = append(wanted, l.patientName(s, of), l.enrollmentName(s, of))
		}
	}
	if err := l.names.LookUp(l.ctx, wanted); err != nil {
		return err
	}
	w := &writes{}
	for _, of := range rows {
		if err := l.row(w, of); err != nil {
			return err
		}
	}
	tx := l.tx
	for _, step := range []func() error{
		func() error { return record.Insert(l.ctx, w.accounts, tx.Account.CreateBulk) },
		func() error { return record.Insert(l.ctx, w.patients, tx.Patient.CreateBulk) },
		func() error { return record.Insert(l.ctx, w.enrollments, tx.Enrollment.CreateBulk) },
		func() error { return record.Insert(l.ctx, w.consents, tx.Consent.CreateBulk) },
		func() error { return record.Insert(l.ctx, w.participation, tx.TrialSubject.CreateBulk) },
		func() error { return record.Insert(l.ctx, w.history, tx.StatusChange.CreateBulk) },
		func() error { return l.names.Insert(l.ctx) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) patientName(s *study, of row) record.Name {
	return record.Name{Entity: record.Patients, System: s.system(), Value: l.dataset.value(of, "USUBJID")}
}

func (l *load) enrollmentName(s *study, of row) record.Name {
	return record.Name{Entity: record.Enrollments, System: s.system(), Value: l.dataset.value(of, "USUBJID")}
}

// row takes one row in: the first of its subject brings all that the run knows of the subject.
func (l *load) row(w *writes, of row) error {
	s, who := l.subject(l.dataset, of)
	switch {
	case of.fault != nil:
		l.refuse(of, *of.fault)
		return nil
	case who == nil:
		l.refuse(of, record.Fault{Path: l.dataset.name + ".USUBJID", Reason: "STUDYID or USUBJID is missing or too long"})
		return nil
	}
	became, seen := l.result.subjects[who]
	if !seen {
		became, seen = who.outcome, who.outcome.Outcome != ""
	}
	if seen {
		if became.Outcome == tally.Refused {
			l.refuse(of, became.fault)
		} else {
			l.count(tally.Unchanged) // another row of the subject brought it
		}
		return nil
	}
	became, err := l.place(w, s, who, of)
	if err != nil {
		return err
	}
	l.result.subjects[who] = became
	if became.Outcome == tally.Refused {
		l.refuse(of, became.fault)
	} else {
		l.count(became.Outcome)
	}
	return nil
}

// place stores a subject, or moves the one that is there on.
func (l *load) place(w *writes, s *study, who *subject, of row) (outcome, error) {
	p, fault := who.judge(s.visitBeginsWithConsent)
	if fault != nil {
		fault.Path = l.dataset.name + "." + column(fault.Path)
		return outcome{tally.Refused, *fault}, nil
	}
	if key, found := l.names.Key(l.enrollmentName(s, of)); found {
		return l.moveOn(w, key, p)
	}
	in, err := l.program(s)
	if err != nil {
		return outcome{}, err
	}
	if p.ended == "" && !in.active {
		return outcome{tally.Refused, record.Fault{
			Path: l.dataset.name, Reason: "has not ended participation, and the program is not active: nobody enrolls yet",
		}}, nil
	}
	site, err := l.site(s, in.key, p.site)
	if err != nil {
		return outcome{}, err
	}
	patient, found := l.names.Key(l.patientName(s, of))
	if !found {
		patient = l.patient(w, p, l.patientName(s, of))
	}
	if p.designedDate {
		l.result.Remark("the first visit, which begins with it by the trial's design, dates the informed consent")
	}
	l.enroll(w, p, of, s, patient, in.key, site)
	l.result.Patients = append(l.result.Patients, patient)
	return outcome{Outcome: tally.Accepted}, nil
}

// column is the last part of a path.
func column(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return path[i+1:]
		}
	}
	return path
}

func (l *load) patient(w *writes, p *plan, name record.Name) uuid.UUID {
	key := uuid.Must(uuid.NewV7())
	l.names.Call(name, key)
	w.accounts = append(w.accounts, l.tx.Account.Create().SetID(key).SetKind(code.AccountKindPatient))
	died := p.died
	if died != nil && died.IsZero() {
		now := clock.Now(l.ctx) // only that is known; as of FHIR's patients
		died = &now
		l.result.Remark("a death without a date is dated by the import")
	}
	w.patients = append(w.patients, l.tx.Patient.Create().SetID(key).SetMrn(name.Value).SetSex(p.sex).
		SetNillableBirthDate(p.born).SetNillableAddressCountry(p.country).SetNillableDeceasedAt(died))
	return key
}

func (l *load) enroll(w *writes, p *plan, of row, s *study, patient, in uuid.UUID, site *uuid.UUID) {
	key, participant, agreed := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	l.names.Call(l.enrollmentName(s, of), key)
	e := l.tx.Enrollment.Create().SetID(key).SetPatientID(patient).SetProgramID(in).SetSource(code.EnrollmentSourceImport).
		SetStatus(p.status()).SetReferredAt(p.consented.Time()).SetConsentedAt(p.consented.Time()).
		SetNillableActivatedAt(moment(p.activated())).SetNillableEndedAt(moment(p.ended)).SetNillableEndReason(p.reason)
	switch {
	case p.status() == code.EnrollmentStatusIneligible:
		e.SetEligibilityDecidedAt(p.ended.Time())
	case p.randomized != "":
		e.SetEligibilityDecidedAt(p.randomized.Time())
	}
	w.enrollments = append(w.enrollments, e)
	w.participation = append(w.participation, l.tx.TrialSubject.Create().SetID(participant).SetEnrollmentID(key).
		SetState(p.state()).SetNillableScreeningNumber(optional(p.number)).SetNillableArm(p.arm).
		SetNillableRandomizedAt(moment(p.randomized)).SetNillableSiteID(site))
	c := l.tx.Consent.Create().SetID(agreed).SetPatientID(patient).SetProgramID(in).
		SetScope(code.ConsentScopeTrialParticipation).SetDecision(code.ConsentDecisionPermit).
		SetStatus(code.ConsentStatusActive).SetCapturedVia(code.ChannelInPerson).SetSignerRole(code.SignerRoleSelf).
		SetCapturedAt(p.consented.Time()).SetEffectiveFrom(p.consented.Time()).
		SetEvidenceKind(code.EvidenceKindSourceRecord).SetEvidenceRef("CDISC " + s.id + " " + l.dataset.name + " " + l.dataset.value(of, "USUBJID"))
	w.consents = append(w.consents, c)
	w.history = append(w.history, change(l.tx, "", code.ConsentStatusActive, p.consented, "informed consent").SetConsentID(agreed))
	if p.withdrawn {
		c.SetStatus(code.ConsentStatusInactive).SetRevokedAt(p.ended.Time()).SetNillableRevokedReason(p.reason)
		w.history = append(w.history, change(l.tx, code.ConsentStatusActive, code.ConsentStatusInactive, p.ended, "withdrawal").SetConsentID(agreed))
	}
	l.histories(w, p, key, participant, "", "")
}

// histories writes the steps after those that are there.
func (l *load) histories(w *writes, p *plan, key, participant uuid.UUID, status code.EnrollmentStatus, state code.SubjectState) {
	for _, step := range p.enrollment {
		w.history = append(w.history, change(l.tx, status, step.to, step.on, step.note).SetEnrollmentID(key))
		status = step.to
	}
	for _, step := range p.participation {
		w.history = append(w.history, change(l.tx, state, step.to, step.on, step.note).SetTrialSubjectID(participant))
		state = step.to
	}
}

// change is a step of a lifecycle that the source dates.
func change[S ~string](tx *ent.Tx, from, to S, on code.Date, note string) *ent.StatusChangeCreate {
	c := tx.StatusChange.Create().SetToStatus(string(to)).SetAt(on.Time()).SetNote("imported: " + note)
	if from != "" {
		c.SetFromStatus(string(from))
	}
	return c
}

// moment is the beginning of a day; nil when it is not known.
func moment(on code.Date) *time.Time {
	if on == "" {
		return nil
	}
	at := on.Time()
	return &at
}

// activated is the day on which the enrollment became active; empty when it never did.
func (p *plan) activated() code.Date {
	for _, step := range p.enrollment {
		if step.to == code.EnrollmentStatusActive {
			return step.on
		}
	}
	return ""
}

// moveOn ends an enrollment that is open here and has ended in the source. What a person changed stays.
func (l *load) moveOn(w *writes, key uuid.UUID, p *plan) (outcome, error) {
	unchanged := outcome{Outcome: tally.Unchanged}
	if p.ended == "" {
		return unchanged, nil
	}
	e, err := l.tx.Enrollment.Query().
		Where(enrollment.ID(key), enrollment.EndedAtIsNil(), enrollment.UpdatedByIsNil()).Only(l.ctx)
	if ent.IsNotFound(err) {
		return unchanged, nil
	}
	if err != nil {
		return outcome{}, err
	}
	t, err := l.tx.TrialSubject.Query().Where(trialsubject.EnrollmentID(key)).Only(l.ctx)
	if err != nil {
		return outcome{}, err
	}
	if err := l.tx.Enrollment.UpdateOne(e).SetStatus(p.status()).SetEndedAt(p.ended.Time()).SetNillableEndReason(p.reason).
		SetNillableActivatedAt(moment(p.activated())).Exec(l.ctx); err != nil {
		return outcome{}, err
	}
	if err := l.tx.TrialSubject.UpdateOne(t).SetState(p.state()).SetNillableRandomizedAt(moment(p.randomized)).Exec(l.ctx); err != nil {
		return outcome{}, err
	}
	ends := &plan{enrollment: p.enrollment[len(p.enrollment)-1:], participation: p.participation[len(p.participation)-1:]}
	l.histories(w, ends, key, t.ID, e.Status, t.State)
	l.result.Patients = append(l.result.Patients, e.PatientID)
	if !p.withdrawn {
		return outcome{Outcome: tally.Accepted}, nil
	}
	return outcome{Outcome: tally.Accepted}, l.revoke(w, e, p)
}

// revoke ends the consent that came with the subject.
func (l *load) revoke(w *writes, e *ent.Enrollment, p *plan) error {
	all, err := l.tx.Consent.Query().Where(
		consent.PatientID(e.PatientID), consent.ProgramID(e.ProgramID), consent.ScopeEQ(code.ConsentScopeTrialParticipation),
		consent.EvidenceKindEQ(code.EvidenceKindSourceRecord), consent.StatusEQ(code.ConsentStatusActive),
	).All(l.ctx)
	for _, c := range all {
		if err := l.tx.Consent.UpdateOne(c).SetStatus(code.ConsentStatusInactive).
			SetRevokedAt(p.ended.Time()).SetNillableRevokedReason(p.reason).Exec(l.ctx); err != nil {
			return err
		}
		w.history = append(w.history, change(l.tx, c.Status, code.ConsentStatusInactive, p.ended, "withdrawal").SetConsentID(c.ID))
	}
	return err
}
