package fhir

import (
	"errors"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/trialsubject"
	"github.com/carehub/carehub/server/intake/tally"
)

// program is a category of care plans.
type program struct {
	name
	title string
}

// programOf is the program that the category of a plan, or the type of an episode, stands for. Two codes are two
// programs, whatever their titles.
func programOf(all []concept) (program, bool) {
	const profileCategory = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category" // says only that it is a plan
	for _, category := range all {
		for _, c := range category.Coding {
			c.System, c.Code = clean(c.System), clean(c.Code)
			if c.System == profileCategory || c.System == "" || c.Code == "" {
				continue
			}
			title := clean(c.Display)
			if title == "" {
				title = clean(category.text())
			}
			if title == "" {
				title = c.Code
			}
			return program{name{programs, c.System, c.Code}, title}, true
		}
		if text := clean(category.Text); text != "" && category.code(profileCategory) == "" {
			return program{name{programs, "urn:carehub:care-plan-category", strings.ToLower(text)}, text}, true
		}
	}
	return program{}, false
}

var planStatuses = map[string]code.EnrollmentStatus{
	"draft":     code.EnrollmentStatusReferred,
	"active":    code.EnrollmentStatusActive,
	"on-hold":   code.EnrollmentStatusOnHold,
	"revoked":   code.EnrollmentStatusDiscontinued,
	"completed": code.EnrollmentStatusCompleted,
}

// ended are the statuses of enrollments that are over, began those of enrollments that were active once.
var (
	ended = map[code.EnrollmentStatus]bool{
		code.EnrollmentStatusDiscontinued: true,
		code.EnrollmentStatusCompleted:    true,
		code.EnrollmentStatusWithdrawn:    true,
		code.EnrollmentStatusCancelled:    true,
		code.EnrollmentStatusIneligible:   true,
	}
	began = map[code.EnrollmentStatus]bool{
		code.EnrollmentStatusActive:       true,
		code.EnrollmentStatusOnHold:       true,
		code.EnrollmentStatusDiscontinued: true,
		code.EnrollmentStatusCompleted:    true,
		code.EnrollmentStatusWithdrawn:    true,
	}
	decided = map[code.EnrollmentStatus]bool{
		code.EnrollmentStatusEligible:   true,
		code.EnrollmentStatusReady:      true,
		code.EnrollmentStatusIneligible: true,
	}
)

// stay is what a care plan, an episode of care or a research subject says of an enrollment.
type stay struct {
	program program
	into    uuid.UUID // the program, where it is one that is there
	status  code.EnrollmentStatus
	start   time.Time
	end     *time.Time // only of one that ended
	subject *subject   // only in a trial
}

// stays takes care plans, episodes and subjects in: each becomes an enrollment.
func (l *load) stays() error {
	stays := map[*item]stay{}
	var patients, trials, permissions []uuid.UUID
	for _, it := range l.items {
		if s, is := it.resource.(*researchSubject); is && it.outcome == "" {
			trial, _ := l.find(it, s.Study, programs)
			relied, _ := l.find(it, s.Consent, consents)
			trials, permissions = append(trials, trial), append(permissions, relied)
		}
	}
	if err := l.lookUpPrograms(missing(trials, l.trials)); err != nil {
		return err
	}
	if err := l.lookUpPermissions(missing(permissions, l.permissions)); err != nil {
		return err
	}
	for _, it := range l.items {
		if it.outcome != "" {
			continue
		}
		var s stay
		var f *fault
		switch r := it.resource.(type) {
		case *carePlan:
			s, f = l.plan(r)
		case *episodeOfCare:
			s, f = l.episode(it, r)
		case *researchSubject:
			s, f = l.subject(it, r)
		default:
			continue
		}
		if f != nil {
			l.drop(it, *f)
			continue
		}
		stays[it] = s
		if _, known := l.known[it.address]; !known && !ended[s.status] {
			patients = append(patients, it.patient)
		}
	}
	open, err := l.openEnrollments(unique(patients))
	if err != nil {
		return err
	}
	for _, it := range l.items {
		if s, is := stays[it]; is {
			l.enroll(it, s, open)
		}
	}
	return nil
}

// missing are the keys that a table lacks.
func missing[V any](of []uuid.UUID, table map[uuid.UUID]V) []uuid.UUID {
	var out []uuid.UUID
	for _, key := range unique(of) {
		if _, has := table[key]; !has && key != uuid.Nil {
			out = append(out, key)
		}
	}
	return out
}

// seat is a patient's place in a program.
type seat struct{ patient, program uuid.UUID }

// openEnrollments are those of the patients that have not ended.
func (l *load) openEnrollments(of []uuid.UUID) (map[seat]bool, error) {
	out := map[seat]bool{}
	if len(of) == 0 {
		return out, nil
	}
	rows, err := l.tx.Enrollment.Query().
		Where(enrollment.EndedAtIsNil(), func(q *sql.Selector) { q.Where(arg.Keys(q.C(enrollment.FieldPatientID), of)) }).
		Select(enrollment.FieldPatientID, enrollment.FieldProgramID).
		All(l.ctx)
	for _, row := range rows {
		out[seat{row.PatientID, row.ProgramID}] = true
	}
	return out, err
}

// plan reads a care plan as a stay in the program of its category.
func (l *load) plan(p *carePlan) (stay, *fault) {
	r := &reader{}
	s := l.stay(r, "CarePlan", translate(r, "CarePlan.status", p.Status, planStatuses), p.Period, p.Created)
	var has bool
	if s.program, has = programOf(p.Category); !has {
		r.refuse("CarePlan.category", "missing: no program can be told")
	}
	r.program("CarePlan.category", &s.program)
	return s, r.fault
}

// program bounds the texts of a program.
func (r *reader) program(path string, p *program) {
	p.title = r.text(path+".coding.display", p.title, 300)
	if len(p.system) > maxName || len(p.value) > maxName {
		r.refuse(path+".coding", "longer than %d bytes", maxName)
	}
}

// stay reads when something was. An active one whose period is over is completed; one that ended without an end
// ended when it began; one without a beginning began when it was written down, or now.
func (l *load) stay(r *reader, typ string, status code.EnrollmentStatus, p period, created string) stay {
	start, end := r.span(typ+".period", p)
	if start == nil {
		start = r.moment(typ+".created", created)
	}
	now := clock.Now(l.ctx)
	if start == nil {
		start = &now
	}
	if status == code.EnrollmentStatusActive && end != nil && end.Before(now) {
		status = code.EnrollmentStatusCompleted
	}
	switch {
	case !ended[status]:
		end = nil
	case end == nil:
		end = start
	}
	return stay{status: status, start: *start, end: end}
}

func (l *load) enroll(it *item, s stay, open map[seat]bool) {
	key, found, f := l.match(it)
	switch {
	case f != nil:
		l.drop(it, *f)
		return
	case found:
		it.key, it.outcome = key, tally.Unchanged
		it.revise = func(editable func(*sql.Selector)) error { return l.reenroll(it, s, editable) }
		return
	}
	into, made := s.into, true
	if into == uuid.Nil {
		into, made = l.known[s.program.name]
	}
	at := seat{it.patient, into}
	if made && s.end == nil && open[at] {
		l.drop(it, fault{it.typ + ".status", "a second open plan, episode or participation of one program and patient"})
		return
	}
	if !made {
		into = l.startProgram(s.program)
		at.program = into
	}
	l.place(it)
	open[at] = open[at] || s.end == nil
	c := l.tx.Enrollment.Create().SetID(it.key).SetPatientID(it.patient).SetProgramID(into).
		SetStatus(s.status).SetSource(code.EnrollmentSourceImport).SetReferredAt(s.start).
		SetNillableEndedAt(s.end)
	switch {
	case s.status == code.EnrollmentStatusIneligible:
		c.SetEligibility(code.EligibilityDecisionIneligible).SetEligibilityDecidedAt(s.start)
	case began[s.status] || decided[s.status]:
		c.SetEligibility(code.EligibilityDecisionEligible).SetEligibilityDecidedAt(s.start)
	}
	if began[s.status] {
		c.SetActivatedAt(s.start)
	}
	if s.subject != nil {
		c.SetNillableConsentedAt(s.subject.consented)
		l.enter(it, s.subject)
	}
	l.enrollments = append(l.enrollments, c)
	l.history = append(l.history, l.tx.StatusChange.Create().
		SetEnrollmentID(it.key).SetToStatus(string(s.status)).SetNote("imported as "+it.name()))
}

// enter makes the subject of an enrollment in a trial.
func (l *load) enter(it *item, s *subject) {
	key := uuid.Must(uuid.NewV7())
	l.subjects = append(l.subjects, l.tx.TrialSubject.Create().SetID(key).SetEnrollmentID(it.key).
		SetState(s.state).SetNillableScreeningNumber(s.number).SetNillableArm(s.arm))
	l.history = append(l.history, l.tx.StatusChange.Create().
		SetTrialSubjectID(key).SetToStatus(string(s.state)).SetNote("imported as "+it.name()))
}

// startProgram makes the therapy program of a category: open, without required consents or coverage.
func (l *load) startProgram(p program) uuid.UUID {
	key := uuid.Must(uuid.NewV7())
	l.call(p.name, key)
	l.programs = append(l.programs, l.tx.CareProgram.Create().SetID(key).
		SetKind(code.ProgramKindTherapy).SetName(p.title).SetStatus(code.ProgramStatusActive))
	return key
}

// reenroll moves an enrollment that has not ended to the status of a newer plan.
func (l *load) reenroll(it *item, s stay, editable func(*sql.Selector)) error {
	row, err := l.tx.Enrollment.Query().Where(enrollment.ID(it.key), enrollment.EndedAtIsNil(), editable).Only(l.ctx)
	if err != nil {
		return err
	}
	if row.Status == s.status {
		return nil
	}
	if err := l.mayMove(row, s); err != nil {
		return err
	}
	err = l.tx.Enrollment.UpdateOne(row).Where(enrollment.Version(row.Version)).
		SetStatus(s.status).SetNillableEndedAt(s.end).Exec(l.ctx)
	if err != nil {
		return err
	}
	err = l.tx.StatusChange.Create().SetEnrollmentID(it.key).
		SetFromStatus(string(row.Status)).SetToStatus(string(s.status)).SetNote("imported as " + it.name()).Exec(l.ctx)
	if err != nil || s.subject == nil {
		return err
	}
	return l.reenter(it, s.subject)
}

// errGated says that a newer record tells of a step whose gates are not met here.
var errGated = errors.New("fhir: the gates of a newer record are not met")

// mayMove looks at the gates of the step that a newer record tells of, before anything of it is written: the same gates as
// everybody's. Where one is not met the rows stay as they are, for a person to look at.
func (l *load) mayMove(row *ent.Enrollment, s stay) error {
	var unmet []lifecycle.Unmet
	now := clock.Now(l.ctx)
	if s.status == code.EnrollmentStatusActive {
		a, err := gate.Activation(l.ctx, l.tx.Client(), row.PatientID, row.ProgramID, row.Eligibility, now)
		if err != nil {
			return err
		}
		unmet = a.Unmet()
	}
	if s.subject != nil && lifecycle.Participates(s.subject.state) {
		p, err := gate.Participates(l.ctx, l.tx.Client(), row.PatientID, row.ProgramID, now)
		if err != nil {
			return err
		}
		unmet = append(unmet, p.Unmet()...)
	}
	if len(unmet) == 0 {
		return nil
	}
	l.remark("a newer plan, episode or participation whose gates are not met here was left out")
	return errGated
}

// reenter moves the subject of an enrollment in a trial to the state of a newer record.
func (l *load) reenter(it *item, s *subject) error {
	row, err := l.tx.TrialSubject.Query().Where(trialsubject.EnrollmentID(it.key)).Only(l.ctx)
	if err != nil || row.State == s.state {
		return err
	}
	if err := l.tx.TrialSubject.UpdateOne(row).SetState(s.state).Exec(l.ctx); err != nil {
		return err
	}
	return l.tx.StatusChange.Create().SetTrialSubjectID(row.ID).
		SetFromStatus(string(row.State)).SetToStatus(string(s.state)).SetNote("imported as " + it.name()).Exec(l.ctx)
}
