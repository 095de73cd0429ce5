package demo

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/lifecycle"
)

// ways are the ways through an enrollment, by where they end.
var ways = func() map[code.EnrollmentStatus][]code.EnrollmentStatus {
	screened := []code.EnrollmentStatus{code.EnrollmentStatusReferred, code.EnrollmentStatusScreening}
	asked := append(slices.Clip(screened), code.EnrollmentStatusEligible, code.EnrollmentStatusConsentPending)
	active := append(slices.Clip(asked), code.EnrollmentStatusReady, code.EnrollmentStatusActive)
	return map[code.EnrollmentStatus][]code.EnrollmentStatus{
		code.EnrollmentStatusReferred:       screened[:1],
		code.EnrollmentStatusScreening:      screened,
		code.EnrollmentStatusEligible:       asked[:3],
		code.EnrollmentStatusIneligible:     append(slices.Clip(screened), code.EnrollmentStatusIneligible),
		code.EnrollmentStatusWaitlisted:     append(slices.Clip(screened), code.EnrollmentStatusWaitlisted),
		code.EnrollmentStatusConsentPending: asked,
		code.EnrollmentStatusReady:          active[:5],
		code.EnrollmentStatusActive:         active,
		code.EnrollmentStatusOnHold:         append(slices.Clip(active), code.EnrollmentStatusOnHold),
		code.EnrollmentStatusCompleted:      append(slices.Clip(active), code.EnrollmentStatusCompleted),
		code.EnrollmentStatusWithdrawn:      append(slices.Clip(active), code.EnrollmentStatusWithdrawn),
		code.EnrollmentStatusDiscontinued:   append(slices.Clip(active), code.EnrollmentStatusDiscontinued),
		code.EnrollmentStatusDeclined:       append(slices.Clip(asked), code.EnrollmentStatusDeclined),
		code.EnrollmentStatusCancelled:      append(slices.Clip(screened), code.EnrollmentStatusCancelled),
	}
}()

// pace is how many days a step takes: from the status before to this one, and how long ago an enrollment that
// stands there came there.
var pace = map[code.EnrollmentStatus]struct{ takes, rests [2]int }{
	code.EnrollmentStatusReferred:       {rests: [2]int{0, 3}},
	code.EnrollmentStatusScreening:      {takes: [2]int{1, 4}, rests: [2]int{0, 5}},
	code.EnrollmentStatusEligible:       {takes: [2]int{2, 7}, rests: [2]int{0, 2}},
	code.EnrollmentStatusIneligible:     {takes: [2]int{2, 7}, rests: [2]int{1, 200}},
	code.EnrollmentStatusWaitlisted:     {takes: [2]int{2, 10}, rests: [2]int{3, 40}},
	code.EnrollmentStatusConsentPending: {takes: [2]int{1, 2}, rests: [2]int{1, 9}},
	code.EnrollmentStatusReady:          {takes: [2]int{1, 9}, rests: [2]int{0, 3}},
	code.EnrollmentStatusActive:         {takes: [2]int{1, 5}, rests: [2]int{5, 230}},
	code.EnrollmentStatusOnHold:         {takes: [2]int{30, 120}, rests: [2]int{3, 40}},
	code.EnrollmentStatusCompleted:      {takes: [2]int{90, 200}, rests: [2]int{1, 120}},
	code.EnrollmentStatusWithdrawn:      {takes: [2]int{20, 150}, rests: [2]int{1, 150}},
	code.EnrollmentStatusDiscontinued:   {takes: [2]int{20, 150}, rests: [2]int{1, 150}},
	code.EnrollmentStatusDeclined:       {takes: [2]int{2, 14}, rests: [2]int{1, 200}},
	code.EnrollmentStatusCancelled:      {takes: [2]int{3, 20}, rests: [2]int{1, 200}},
}

// reasons say in words why an enrollment ended.
var reasons = map[code.EnrollmentStatus]string{
	code.EnrollmentStatusIneligible:   "a criterion is not met",
	code.EnrollmentStatusCompleted:    "the program's year is over",
	code.EnrollmentStatusWithdrawn:    "the patient does not want to go on",
	code.EnrollmentStatusDiscontinued: "the treatment was stopped",
	code.EnrollmentStatusDeclined:     "the patient does not consent",
	code.EnrollmentStatusCancelled:    "referred by mistake",
}

// destination is where the nth enrollment stands: those who sign in are active, then each status comes once, and
// from there on as often as in life.
func destination(n int, d dice) code.EnrollmentStatus {
	if n < 3 {
		return code.EnrollmentStatusActive
	}
	if all := code.EnrollmentStatus("").Values(); n < 3+len(all) {
		return code.EnrollmentStatus(all[n-3])
	}
	return roll(d, []weighed[code.EnrollmentStatus]{
		{42, code.EnrollmentStatusActive},
		{6, code.EnrollmentStatusOnHold},
		{12, code.EnrollmentStatusCompleted},
		{5, code.EnrollmentStatusWithdrawn},
		{4, code.EnrollmentStatusDiscontinued},
		{5, code.EnrollmentStatusReferred},
		{5, code.EnrollmentStatusScreening},
		{3, code.EnrollmentStatusEligible},
		{6, code.EnrollmentStatusConsentPending},
		{3, code.EnrollmentStatusReady},
		{3, code.EnrollmentStatusWaitlisted},
		{2, code.EnrollmentStatusIneligible},
		{2, code.EnrollmentStatusDeclined},
		{2, code.EnrollmentStatusCancelled},
	})
}

// journey is one enrollment as its contacts and consents need it.
type journey struct {
	id      uuid.UUID
	patient *patient
	program *program
	steps   []step[code.EnrollmentStatus]
}

// at returns when the enrollment reached the status, and whether it did.
func (j *journey) at(status code.EnrollmentStatus) (time.Time, bool) {
	for _, s := range j.steps {
		if s.to == status {
			return s.at, true
		}
	}
	return time.Time{}, false
}

func (j *journey) last() step[code.EnrollmentStatus] { return j.steps[len(j.steps)-1] }

// takePart adds the patient's enrollments in the programs of the patient's product: one, or for some both.
func (w *world) takePart(p *page, one *patient, i int, d dice) {
	joined := 0
	for _, program := range w.programs {
		if w.takes(program, one, i) && i%20 != 0 {
			w.participate(p, one, program, d)
		}
		if program.kind == code.ProgramKindClinicalTrial || program.product != one.product.name || program.status != code.ProgramStatusActive || joined == 1 && i%2 == 1 {
			continue
		}
		joined++
		w.enroll(p, one, program, d)
	}
}

// enroll adds one enrollment with its history, consents, treatment and contacts.
func (w *world) enroll(p *page, one *patient, in *program, d dice) {
	to := code.EnrollmentStatusDiscontinued
	if !one.dead {
		to = w.seat(in, destination(w.journeys, d))
		w.journeys++
	}
	j := w.travel(one, in, to, d)
	create := w.begun(j, d)
	switch source := d.IntN(10); {
	case source < 6:
		create.SetSource(code.EnrollmentSourceProvider).SetReferrerID(one.provider.id)
	case source < 8 && in.selfEnrollment:
		create.SetSource(code.EnrollmentSourcePatient)
	default:
		create.SetSource(code.EnrollmentSourceCoordinator)
	}
	p.enrollments = append(p.enrollments, create)
	p.changes = append(p.changes, changes(w.tx, j.steps, func(c *ent.StatusChangeCreate) { c.SetEnrollmentID(j.id) })...)
	w.required(p, j, d)
	w.verify(p, j, w.dice("verification %d", w.journeys))
	w.treat(p, j)
	w.conversations(p, j, d)
}

// queue is how many wait for a place in a full program.
const queue = 3

// seat lets patients wait in full programs, and there only. Those who sign in have their places.
func (w *world) seat(in *program, to code.EnrollmentStatus) code.EnrollmentStatus {
	switch {
	case in.full && w.journeys >= 3 && w.waiting < queue:
		w.waiting++
		return code.EnrollmentStatusWaitlisted
	case to == code.EnrollmentStatusWaitlisted && !in.full:
		return code.EnrollmentStatusScreening
	}
	return to
}

// begun is the row of an enrollment that has gone the way.
func (w *world) begun(j *journey, d dice) *ent.EnrollmentCreate {
	to := j.last().to
	create := w.tx.Enrollment.Create().SetID(j.id).SetPatientID(j.patient.id).SetProgramID(j.program.id).SetCoordinatorID(w.users[j.program.coordinator]).
		SetStatus(to).SetReferredAt(j.steps[0].at).SetCreatedAt(j.steps[0].at).SetVersion(len(j.steps))
	for _, s := range j.steps {
		switch s.to {
		case code.EnrollmentStatusEligible:
			create.SetEligibility(code.EligibilityDecisionEligible).SetEligibilityDecidedAt(s.at)
		case code.EnrollmentStatusIneligible:
			create.SetEligibility(code.EligibilityDecisionIneligible).SetEligibilityDecidedAt(s.at)
		case code.EnrollmentStatusWaitlisted:
			create.SetWaitlistedAt(s.at)
		case code.EnrollmentStatusReady:
			create.SetConsentedAt(s.at)
		case code.EnrollmentStatusActive:
			create.SetActivatedAt(s.at)
		}
	}
	if lifecycle.Enrollment.Terminal(to) {
		create.SetEndedAt(j.last().at).SetEndReason(j.last().note)
		if to == code.EnrollmentStatusWithdrawn && d.percent(30) {
			create.SetOptOutUntil(code.DateOf(j.last().at.Add(year)))
		}
	}
	return create
}

// travel decides when the enrollment took each step: from where it stands back to its beginning.
func (w *world) travel(one *patient, in *program, to code.EnrollmentStatus, d dice) *journey {
	way := ways[to]
	coordinator := w.users[in.coordinator]
	j := &journey{id: newKey(), patient: one, program: in, steps: make([]step[code.EnrollmentStatus], len(way))}
	at := one.until.Add(-d.days(pace[to].rests[0], pace[to].rests[1]))
	if one.dead {
		at = one.until
	}
	for i := len(way) - 1; i >= 0; i-- {
		j.steps[i] = step[code.EnrollmentStatus]{to: way[i], at: at, by: &coordinator}
		at = at.Add(-d.days(pace[way[i]].takes[0], pace[way[i]].takes[1]))
	}
	j.steps[len(way)-1].note = reasons[to]
	if one.dead {
		j.steps[len(way)-1].note = "the patient has died"
	}
	return j
}

// treat adds what is prescribed to somebody whose enrollment has become active.
func (w *world) treat(p *page, j *journey) {
	began, active := j.at(code.EnrollmentStatusActive)
	if !active {
		return
	}
	create := w.tx.Treatment.Create().SetPatientID(j.patient.id).SetPrescriberID(j.patient.provider.id).SetEnrollmentID(j.id).
		SetProductID(j.patient.product.id).SetText(fmt.Sprintf("%s, %s", j.patient.product.name, j.patient.product.generic)).
		SetDosage(j.patient.product.dosage).SetStatus(code.TreatmentStatusActive).SetStartedAt(began).SetCreatedAt(began)
	switch last := j.last(); last.to {
	case code.EnrollmentStatusOnHold:
		create.SetStatus(code.TreatmentStatusOnHold)
	case code.EnrollmentStatusCompleted:
		create.SetStatus(code.TreatmentStatusCompleted).SetEndedAt(last.at)
	case code.EnrollmentStatusWithdrawn, code.EnrollmentStatusDiscontinued:
		create.SetStatus(code.TreatmentStatusStopped).SetEndedAt(last.at)
	}
	p.treatments = append(p.treatments, create)
}
