package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/lifecycle"
)

// participation is where a participant of a trial stands, with the way there and the status of the enrollment.
type participation struct {
	status code.EnrollmentStatus
	way    []code.SubjectState
}

// participations are the ways through a trial, one after the other for the participants: everybody once, and again.
var participations = func() []participation {
	asked := []code.SubjectState{code.SubjectStatePotentialCandidate, code.SubjectStateCandidate}
	screened := append(asked[:2:2], code.SubjectStateScreening)
	pending := append(screened[:3:3], code.SubjectStateEligible, code.SubjectStatePendingOnStudy)
	treated := append(pending[:5:5], code.SubjectStateOnStudy, code.SubjectStateOnStudyIntervention)
	with := func(way []code.SubjectState, next ...code.SubjectState) []code.SubjectState {
		return append(way[:len(way):len(way)], next...)
	}
	return []participation{
		{code.EnrollmentStatusActive, treated},
		{code.EnrollmentStatusScreening, screened},
		{code.EnrollmentStatusReady, pending},
		{code.EnrollmentStatusScreening, asked},
		{code.EnrollmentStatusActive, with(pending, code.SubjectStateOnStudy)},
		{code.EnrollmentStatusCompleted, with(treated, code.SubjectStateFollowUp, code.SubjectStateOffStudy)},
		{code.EnrollmentStatusReferred, asked[:1]},
		{code.EnrollmentStatusWithdrawn, with(treated, code.SubjectStateWithdrawn)},
		{code.EnrollmentStatusConsentPending, pending[:4]},
		{code.EnrollmentStatusIneligible, with(screened, code.SubjectStateIneligible)},
		{code.EnrollmentStatusActive, with(treated, code.SubjectStateFollowUp)},
		{code.EnrollmentStatusCancelled, with(asked, code.SubjectStateNotRegistered)},
		{code.EnrollmentStatusActive, with(pending, code.SubjectStateOnStudy, code.SubjectStateOnStudyObservation)},
	}
}()

// takes tells that patients of the product whom the trial is open to take part: grown up and alive, and not those who sign
// in, who may ask to.
func (w *world) takes(trial *program, one *patient, i int) bool {
	return trial.kind == code.ProgramKindClinicalTrial && trial.status == code.ProgramStatusActive && trial.product == one.product.name &&
		i >= len(signingIn) && !one.minor && !one.dead
}

// participate adds the enrollment of a participant, with the consents that each step of the trial relies on.
func (w *world) participate(p *page, one *patient, trial *program, d dice) {
	at := participations[w.participants%len(participations)]
	w.participants++
	j := w.travel(one, trial, at.status, d)
	create := w.begun(j, d).SetSource(code.EnrollmentSourcePatient)
	p.enrollments = append(p.enrollments, create)
	p.changes = append(p.changes, changes(w.tx, j.steps, func(c *ent.StatusChangeCreate) { c.SetEnrollmentID(j.id) })...)

	id := newKey()
	subject := w.tx.TrialSubject.Create().SetID(id).SetEnrollmentID(j.id).SetState(at.way[len(at.way)-1]).SetCreatedAt(j.steps[0].at).SetVersion(len(at.way))
	steps := make([]step[code.SubjectState], len(at.way))
	for n, to := range at.way {
		steps[n] = step[code.SubjectState]{to: to, at: j.when(to), by: j.steps[0].by}
		switch to {
		case code.SubjectStateCandidate:
			w.consent(p, grant{patient: one, scope: code.ConsentScopeTrialPrescreen, at: steps[n].at.Add(-time.Hour)}, d)
		case code.SubjectStateScreening:
			subject.SetScreeningNumber(fmt.Sprintf("S-%03d", w.participants))
			g := grant{patient: one, scope: code.ConsentScopeTrialParticipation, program: trial, at: steps[n].at.Add(-30 * time.Minute), by: j.steps[0].by}
			g.expires = g.at.Add(5 * year)
			if at.status == code.EnrollmentStatusWithdrawn {
				g.ended, g.why = j.last().at, "revoked by the patient"
			}
			w.consent(p, g, d)
		case code.SubjectStateOnStudy:
			subject.SetRandomizedAt(steps[n].at).SetArm(pick(d, []string{"Avelurix", "Placebo"}))
		}
	}
	if lifecycle.Subject.Terminal(at.way[len(at.way)-1]) {
		steps[len(steps)-1].note = j.last().note
	}
	p.subjects = append(p.subjects, subject)
	p.changes = append(p.changes, changes(w.tx, steps, func(c *ent.StatusChangeCreate) { c.SetTrialSubjectID(id) })...)
	w.conversations(p, j, d)
}

// pacing says with which step of the enrollment a step of the participant goes, and how long after it.
var pacing = map[code.SubjectState]struct {
	status code.EnrollmentStatus
	after  time.Duration
}{
	code.SubjectStatePotentialCandidate:  {code.EnrollmentStatusReferred, 0},
	code.SubjectStateCandidate:           {code.EnrollmentStatusScreening, -2 * time.Hour},
	code.SubjectStateScreening:           {code.EnrollmentStatusScreening, 0},
	code.SubjectStateEligible:            {code.EnrollmentStatusEligible, -time.Hour},
	code.SubjectStatePendingOnStudy:      {code.EnrollmentStatusReady, -time.Hour},
	code.SubjectStateOnStudy:             {code.EnrollmentStatusActive, time.Hour},
	code.SubjectStateOnStudyIntervention: {code.EnrollmentStatusActive, day},
	code.SubjectStateOnStudyObservation:  {code.EnrollmentStatusActive, day},
	code.SubjectStateFollowUp:            {code.EnrollmentStatusActive, 4 * day},
}

// when is the moment of a participant's step. The last one goes with the end of the enrollment.
func (j *journey) when(to code.SubjectState) time.Time {
	if with, paced := pacing[to]; paced {
		at, _ := j.at(with.status)
		return at.Add(with.after)
	}
	return j.last().at
}

// fill leaves no free place in the programs that are to be full, so that who waits there waits rightly.
func (w *world) fill(ctx context.Context) error {
	for _, p := range w.programs {
		if !p.full {
			continue
		}
		taken, err := w.tx.Enrollment.Query().Where(enrollment.ProgramID(p.id), enrollment.StatusIn(
			code.EnrollmentStatusEligible, code.EnrollmentStatusConsentPending, code.EnrollmentStatusReady,
			code.EnrollmentStatusActive, code.EnrollmentStatusOnHold)).Count(ctx)
		if err != nil {
			return err
		}
		if err := w.tx.CareProgram.UpdateOneID(p.id).SetCapacity(taken).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
