package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/predicate"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/ent/viewer"
)

// reconsentWithin is how soon a coordinator asks a participant again.
const reconsentWithin = 14 * 24 * time.Hour

// ReconsentDue resolves TrialSubject.reconsentDue.
func (r trialSubjectResolver) ReconsentDue(ctx context.Context, obj *ent.TrialSubject) (bool, error) {
	if !lifecycle.Participates(obj.State) {
		return false, nil
	}
	e, err := r.Client.Enrollment.Get(viewer.System(ctx, "reconsent"), obj.EnrollmentID)
	if err != nil {
		return false, err
	}
	p, err := gate.Participates(ctx, r.Client, e.PatientID, e.ProgramID, clock.Now(ctx))
	return p.Reconsent(), err
}

// newVersion lets another version of a trial's consent form, which has just been approved, be asked for.
func (c *change) newVersion(form *ent.ConsentForm) error {
	if form.Scope != code.ConsentScopeTrialParticipation {
		return nil
	}
	var of []predicate.Enrollment
	if form.ProgramID != nil {
		if err := gate.LockTrial(c, c.tx.Client(), *form.ProgramID); err != nil {
			return err
		}
		of = append(of, enrollment.ProgramID(*form.ProgramID))
	}
	_, err := c.askAgain(0, of...)
	return err
}

// reconsentTasks is the work that finds who is to be asked again when a version comes into force that was approved
// ahead of its time.
func reconsentTasks(c *change) (more bool, err error) {
	made, err := c.askAgain(duePart)
	return made == duePart, err
}

// askAgain gives the coordinators of participants who are screened or further, and have agreed to another version of the
// form than the one in force, the task to ask them again; at most limit of them, or all when it is 0. Whoever has the
// task open gets no second one.
func (c *change) askAgain(limit int, of ...predicate.Enrollment) (made int, err error) {
	open, err := c.tx.Enrollment.Query().Where(of...).
		Where(enrollment.EndedAtIsNil(), enrollment.HasTrialSubject()).
		WithTrialSubject().Order(enrollment.ByID()).All(c.system)
	if err != nil {
		return 0, err
	}
	now := clock.Now(c)
	for _, e := range open {
		if s := e.Edges.TrialSubject; s == nil || !lifecycle.Participates(s.State) {
			continue
		}
		p, err := gate.Participates(c, c.tx.Client(), e.PatientID, e.ProgramID, now)
		if err != nil {
			return made, err
		}
		if !p.Reconsent() {
			continue
		}
		asked, err := c.tx.ServiceActivity.Query().
			Where(serviceactivity.EnrollmentID(e.ID), serviceactivity.KindEQ(code.ActivityKindReconsent), undone()).Exist(c.system)
		if err != nil {
			return made, err
		}
		if asked {
			continue
		}
		err = c.task(e, code.ActivityKindReconsent, "Ask for consent to the new version of the study", now.Add(reconsentWithin))
		if err != nil {
			return made, err
		}
		c.tellEnrollment(e)
		if made++; made == limit {
			break
		}
	}
	return made, nil
}

// agreedAnew ends the tasks to ask the patient again, where the version in force is agreed to now.
func (c *change) agreedAnew(patient uuid.UUID) error {
	open, err := c.tx.Enrollment.Query().Where(enrollment.PatientID(patient), enrollment.EndedAtIsNil()).WithTrialSubject().All(c.system)
	if err != nil {
		return err
	}
	for _, e := range open {
		if e.Edges.TrialSubject == nil {
			continue
		}
		p, err := gate.Participates(c, c.tx.Client(), patient, e.ProgramID, clock.Now(c))
		if err != nil {
			return err
		}
		if !p.Given || !p.Current {
			continue
		}
		if err := c.endTasks(e, doneSteps, "agreed anew", serviceactivity.KindEQ(code.ActivityKindReconsent)); err != nil {
			return err
		}
		c.tellEnrollment(e)
	}
	return nil
}
