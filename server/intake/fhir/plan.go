package fhir

import (
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/server/intake/tally"
)

// program is a category of care plans.
type program struct {
	name
	title string
}

// programOf is the program that a plan's category stands for. Two codes are two programs, whatever their titles.
func programOf(p *carePlan) (program, bool) {
	const profileCategory = "http://hl7.org/fhir/us/core/CodeSystem/careplan-category" // says only that it is a plan
	for _, category := range p.Category {
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

var ended = map[code.EnrollmentStatus]bool{
	code.EnrollmentStatusDiscontinued: true,
	code.EnrollmentStatusCompleted:    true,
}

// stay is what a care plan says of an enrollment.
type stay struct {
	program program
	status  code.EnrollmentStatus
	start   time.Time
	end     *time.Time // only of one that ended
}

// plans takes the care plans in: each becomes an enrollment in the program of its category.
func (l *load) plans() error {
	stays := map[*item]stay{}
	var of []uuid.UUID
	l.each("CarePlan", func(it *item) {
		s, f := l.stay(it.resource.(*carePlan))
		if f != nil {
			l.drop(it, *f)
			return
		}
		stays[it] = s
		if _, known := l.known[it.address]; !known && !ended[s.status] {
			of = append(of, it.patient)
		}
	})
	open, err := l.openEnrollments(unique(of))
	if err != nil {
		return err
	}
	l.each("CarePlan", func(it *item) { l.enroll(it, stays[it], open) })
	return nil
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

// stay reads a plan. An active plan whose period is over is completed; a plan that ended without an end ended
// when it began; one without a beginning began when it was written down, or now.
func (l *load) stay(p *carePlan) (stay, *fault) {
	r := &reader{}
	status := translate(r, "CarePlan.status", p.Status, planStatuses)
	start, end := r.span("CarePlan.period", p.Period)
	if start == nil {
		start = r.moment("CarePlan.created", p.Created)
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
	of, has := programOf(p)
	if !has {
		r.refuse("CarePlan.category", "missing: no program can be told")
	}
	of.title = r.text("CarePlan.category.coding.display", of.title, 300)
	if len(of.system) > maxName || len(of.value) > maxName {
		r.refuse("CarePlan.category.coding", "longer than %d bytes", maxName)
	}
	return stay{of, status, *start, end}, r.fault
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
	into, made := l.known[s.program.name]
	at := seat{it.patient, into}
	if made && s.end == nil && open[at] {
		l.drop(it, fault{"CarePlan.status", "a second open plan of one category and patient"})
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
	if s.status != code.EnrollmentStatusReferred {
		c.SetEligibility(code.EligibilityDecisionEligible).SetEligibilityDecidedAt(s.start).SetActivatedAt(s.start)
	}
	l.enrollments = append(l.enrollments, c)
	l.history = append(l.history, l.tx.StatusChange.Create().
		SetEnrollmentID(it.key).SetToStatus(string(s.status)).SetNote("imported as "+it.name()))
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
	err = l.tx.Enrollment.UpdateOne(row).Where(enrollment.Version(row.Version)).
		SetStatus(s.status).SetNillableEndedAt(s.end).Exec(l.ctx)
	if err != nil {
		return err
	}
	return l.tx.StatusChange.Create().SetEnrollmentID(it.key).
		SetFromStatus(string(row.Status)).SetToStatus(string(s.status)).SetNote("imported as " + it.name()).Exec(l.ctx)
}
