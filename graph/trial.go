package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/trialsubject"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// subjectOf reads the enrollment's participant; nil where the program is no trial.
func (c *change) subjectOf(e *ent.Enrollment) (*ent.TrialSubject, error) {
	s, err := c.tx.TrialSubject.Query().Where(trialsubject.EnrollmentID(e.ID)).Only(c.system)
	return s, ent.MaskNotFound(err)
}

// candidate makes whoever begins in a trial a potential candidate.
func (c *change) candidate(e *ent.Enrollment) error {
	s, err := c.tx.TrialSubject.Create().SetEnrollmentID(e.ID).SetState(code.SubjectStatePotentialCandidate).Save(c.system)
	if err != nil {
		return err
	}
	c.record(code.AuditActionCreate, ent.TypeTrialSubject, &e.PatientID, s.ID)
	return c.tx.StatusChange.Create().SetTrialSubjectID(s.ID).SetToStatus(string(s.State)).SetNillableChangedByID(c.actor()).Exec(c.system)
}

// prescreened makes the enrollment's potential candidate a candidate, which takes a consent to be asked. Who agreed to
// take part may be asked too.
func (c *change) prescreened(e *ent.Enrollment) error {
	s, err := c.subjectOf(e)
	if err != nil || s == nil || s.State != code.SubjectStatePotentialCandidate {
		return err
	}
	permits, err := gate.Permits(c, c.tx.Client(), e.PatientID, e.ProgramID, clock.Now(c),
		code.ConsentScopeTrialPrescreen, code.ConsentScopeTrialParticipation)
	if err != nil {
		return err
	}
	if !permits {
		return &lifecycle.UnmetError{Gates: []lifecycle.Unmet{{Gate: code.GateCodeConsentMissing, Scope: code.ConsentScopeTrialPrescreen}}}
	}
	return c.subjectStep(s, e, code.SubjectStateCandidate, nil, nil)
}

// subjectStep takes one step of a participant's lifecycle, with its history and event. The hook of participants refuses
// what nobody has agreed to.
func (c *change) subjectStep(s *ent.TrialSubject, e *ent.Enrollment, to code.SubjectState, note *string, set func(*ent.TrialSubjectUpdateOne)) error {
	if !lifecycle.Subject.Allows(s.State, to) {
		return noWay("participant", s.State, to)
	}
	update := c.tx.TrialSubject.UpdateOneID(s.ID).Where(trialsubject.Version(s.Version), trialsubject.StateEQ(s.State)).SetState(to)
	if set != nil {
		set(update)
	}
	if err := update.Exec(c.system); err != nil {
		return changedOr(err)
	}
	c.record(code.AuditActionUpdate, ent.TypeTrialSubject, &e.PatientID, s.ID)
	c.tellEnrollment(e)
	return c.tx.StatusChange.Create().SetTrialSubjectID(s.ID).SetFromStatus(string(s.State)).SetToStatus(string(to)).
		SetNillableNote(note).SetNillableChangedByID(c.actor()).Exec(c.system)
}

// subjectGoesOn takes a step of a participant whose enrollment stays what it is.
func (c *change) subjectGoesOn(s *ent.TrialSubject, e *ent.Enrollment, to code.SubjectState, note *string, set func(*ent.TrialSubjectUpdateOne)) error {
	if lifecycle.Subject.Allows(s.State, to) && !lifecycle.GoTogether(to, e.Status) {
		return fault.New(fault.InvalidTransition, "an enrollment in status %s has no participant in state %s", e.Status, to)
	}
	if e.Status == code.EnrollmentStatusOnHold && to != code.SubjectStateFollowUp {
		return fault.New(fault.InvalidTransition, "while the enrollment is on hold the participant takes no step but to the follow-up")
	}
	return c.subjectStep(s, e, to, note, set)
}

// subjectFollows keeps the participant's state and the enrollment's status together: an enrollment that ends ends the
// participation, and one goes no further than its participant.
func (c *change) subjectFollows(e *ent.Enrollment, note *string) error {
	s, err := c.subjectOf(e)
	if err != nil || s == nil || lifecycle.GoTogether(s.State, e.Status) {
		return err
	}
	if !lifecycle.Enrollment.Terminal(e.Status) {
		return fault.New(fault.InvalidTransition, "a participant in state %s has no enrollment in status %s", s.State, e.Status)
	}
	if lifecycle.Subject.Terminal(s.State) {
		return nil // a past that was brought in from outside
	}
	return c.subjectStep(s, e, lifecycle.SubjectEnd(s.State, e.Status), note, nil)
}

// participant reads a participant whom the viewer sees and means to change, with the enrollment.
func (c *change) participant(id gid.ID, version *int) (*ent.TrialSubject, *ent.Enrollment, error) {
	if err := expect(id, "subject", "input.subjectId"); err != nil {
		return nil, nil, err
	}
	s, err := c.tx.TrialSubject.Get(c, id.UUID)
	if err != nil {
		return nil, nil, missing(err, "subject", "input.subjectId")
	}
	c.concerns(ent.TypeTrialSubject, s.ID)
	if version != nil && *version != s.Version {
		return nil, nil, changedMeanwhile()
	}
	e, err := c.tx.Enrollment.Get(c, s.EnrollmentID)
	return s, e, err
}

// subject is a mutation that changes a participant and answers with it.
func (r mutationResolver) subject(ctx context.Context, operation string, id gid.ID, version *int, do func(*change, *ent.TrialSubject, *ent.Enrollment) error) (*ent.TrialSubject, []*model.UnmetGate, error) {
	key, err := r.change(ctx, operation, nil, nil, func(c *change) (uuid.UUID, error) {
		s, e, err := c.participant(id, version)
		if err != nil {
			return uuid.Nil, err
		}
		return s.ID, do(c, s, e)
	})
	if unmet, refused := unmetOf(err); refused {
		return nil, unmet, nil
	}
	if err != nil {
		return nil, nil, err
	}
	now, err := r.Client.TrialSubject.Get(ctx, key)
	return now, []*model.UnmetGate{}, ent.MaskNotFound(err)
}

// onward is a mutation that takes a participant one step further in the study.
func (r mutationResolver) onward(ctx context.Context, operation string, id gid.ID, version *int, to code.SubjectState) (*ent.TrialSubject, []*model.UnmetGate, error) {
	return r.subject(ctx, operation, id, version, func(c *change, s *ent.TrialSubject, e *ent.Enrollment) error {
		return c.subjectGoesOn(s, e, to, nil, nil)
	})
}
