package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/programsite"
	"github.com/carehub/carehub/ent/serviceactivity"
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

// prescreened makes the enrollment's potential candidate a candidate, which takes a consent to be asked.
func (c *change) prescreened(e *ent.Enrollment) error {
	s, err := c.subjectOf(e)
	if err != nil || s == nil || s.State != code.SubjectStatePotentialCandidate {
		return err
	}
	permits, err := gate.Permits(c, c.tx.Client(), e.PatientID, e.ProgramID, code.ConsentScopeTrialPrescreen, clock.Now(c))
	if err != nil {
		return err
	}
	if !permits {
		return &lifecycle.UnmetError{Gates: []lifecycle.Unmet{{Gate: code.GateCodeConsentMissing, Scope: code.ConsentScopeTrialPrescreen}}}
	}
	return c.subjectStep(e, s, code.SubjectStateCandidate, nil, nil)
}

// subjectStep takes one step of a participant's lifecycle, with its history and event. The hook of participants refuses
// what nobody has agreed to.
func (c *change) subjectStep(e *ent.Enrollment, s *ent.TrialSubject, to code.SubjectState, note *string, set func(*ent.TrialSubjectUpdateOne)) error {
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
	return c.subjectStep(e, s, lifecycle.SubjectEnd(s.State, e.Status), note, nil)
}

// RECONSENT: how soon a coordinator asks a participant again.
const reconsentDays = 14

// reconsent gives the coordinators of a trial the task to ask everybody again who is screened or further, because the
// form was approved in another version by the ethics committee. Whoever has the task open already gets no second one.
func (c *change) reconsent(form *ent.ConsentForm) error {
	if form.Scope != code.ConsentScopeTrialParticipation || form.ProgramID == nil {
		return nil
	}
	now := clock.Now(c)
	open, err := c.tx.Enrollment.Query().Where(enrollment.ProgramID(*form.ProgramID), enrollment.EndedAtIsNil()).WithTrialSubject().All(c.system)
	if err != nil {
		return err
	}
	for _, e := range open {
		if s := e.Edges.TrialSubject; s == nil || !lifecycle.Participates(s.State) {
			continue
		}
		p, err := gate.Participates(c, c.tx.Client(), e.PatientID, e.ProgramID, now)
		if err != nil {
			return err
		}
		asked, err := c.tx.ServiceActivity.Query().Where(serviceactivity.EnrollmentID(e.ID), serviceactivity.KindEQ(code.ActivityKindReconsent),
			serviceactivity.StatusNotIn(code.ActivityStatusCompleted, code.ActivityStatusCancelled, code.ActivityStatusFailed)).Exist(c.system)
		if err != nil {
			return err
		}
		if !p.Reconsent || asked {
			continue
		}
		seq, err := c.tx.ServiceActivity.Query().Where(serviceactivity.EnrollmentID(e.ID)).Count(c.system)
		if err != nil {
			return err
		}
		task, err := c.tx.ServiceActivity.Create().SetEnrollmentID(e.ID).SetSeq(seq + 1).SetKind(code.ActivityKindReconsent).
			SetTitle("Ask for consent to the new version of the study").SetMandatory(true).SetDueAt(now.AddDate(0, 0, reconsentDays)).
			SetNillableAssigneeID(e.CoordinatorID).Save(c.system)
		if err != nil {
			return err
		}
		c.record(code.AuditActionCreate, ent.TypeServiceActivity, &e.PatientID, task.ID)
		if err := c.tx.StatusChange.Create().SetServiceActivityID(task.ID).SetToStatus(string(task.Status)).SetNillableChangedByID(c.actor()).Exec(c.system); err != nil {
			return err
		}
		c.tellEnrollment(e)
	}
	return nil
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

// subject is a mutation that takes a step of a participant: together with the enrollment, where end says how that ends.
func (r mutationResolver) subject(ctx context.Context, operation string, id gid.ID, version *int, to code.SubjectState, note *string, demanded bool, end func(*ent.Enrollment) code.EnrollmentStatus, set func(*change, *ent.Enrollment, *ent.TrialSubjectUpdateOne) error) (*ent.TrialSubject, []*model.UnmetGate, error) {
	key, err := r.change(ctx, operation, nil, nil, func(c *change) (uuid.UUID, error) {
		s, e, err := c.participant(id, version)
		if err != nil {
			return uuid.Nil, err
		}
		if demanded && note == nil {
			return uuid.Nil, fault.Input("input.note", "say why")
		}
		if note != nil {
			argument := "input.reason"
			if operation == "recordScreeningResult" {
				argument = "input.note"
			}
			words, err := sentence(*note, argument, 300)
			if err != nil {
				return uuid.Nil, err
			}
			note = &words
		}
		var bad error
		err = c.subjectStep(e, s, to, note, func(u *ent.TrialSubjectUpdateOne) {
			if set != nil {
				bad = set(c, e, u)
			}
		})
		if bad != nil {
			return uuid.Nil, bad
		}
		if err != nil {
			return uuid.Nil, err
		}
		if end != nil {
			_, err = c.become(c, e, end(e), note, nil)
			return s.ID, err
		}
		if !lifecycle.GoTogether(to, e.Status) {
			return uuid.Nil, fault.New(fault.InvalidTransition, "an enrollment in status %s has no participant in state %s", e.Status, to)
		}
		return s.ID, nil
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

// endsAs is how the enrollment ends with the participation: with the status where it was active, CANCELLED before.
func endsAs(active code.EnrollmentStatus) func(*ent.Enrollment) code.EnrollmentStatus {
	return func(e *ent.Enrollment) code.EnrollmentStatus { return ending(e.Status, active) }
}

// StartScreening resolves Mutation.startScreening.
func (r mutationResolver) StartScreening(ctx context.Context, input model.StartScreeningInput) (*model.StartScreeningPayload, error) {
	now, unmet, err := r.subject(ctx, "startScreening", input.SubjectID, input.ExpectedVersion, code.SubjectStateScreening, nil, false, nil, func(c *change, e *ent.Enrollment, u *ent.TrialSubjectUpdateOne) error {
		if number := input.ScreeningNumber; number != nil {
			if n := len([]rune(*number)); n < 1 || n > 60 {
				return fault.Input("input.screeningNumber", "1 to 60 characters")
			}
			u.SetScreeningNumber(*number)
		}
		if input.SiteID == nil {
			return nil
		}
		if err := expect(*input.SiteID, "site", "input.siteId"); err != nil {
			return err
		}
		if _, err := c.tx.ProgramSite.Query().Where(programsite.ID(input.SiteID.UUID), programsite.ProgramID(e.ProgramID)).Only(c); err != nil {
			return missing(err, "site", "input.siteId")
		}
		u.SetSiteID(input.SiteID.UUID)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &model.StartScreeningPayload{Subject: now, Unmet: unmet}, nil
}

// RecordScreeningResult resolves Mutation.recordScreeningResult.
func (r mutationResolver) RecordScreeningResult(ctx context.Context, input model.RecordScreeningResultInput) (*model.RecordScreeningResultPayload, error) {
	to, end := code.SubjectStateEligible, (func(*ent.Enrollment) code.EnrollmentStatus)(nil)
	if !input.Eligible {
		to = code.SubjectStateIneligible
		end = func(e *ent.Enrollment) code.EnrollmentStatus {
			if lifecycle.Enrollment.Allows(e.Status, code.EnrollmentStatusIneligible) {
				return code.EnrollmentStatusIneligible
			}
			return ending(e.Status, code.EnrollmentStatusDiscontinued)
		}
	}
	now, unmet, err := r.subject(ctx, "recordScreeningResult", input.SubjectID, input.ExpectedVersion, to, input.Note, !input.Eligible, end, nil)
	if err != nil {
		return nil, err
	}
	return &model.RecordScreeningResultPayload{Subject: now, Unmet: unmet}, nil
}
