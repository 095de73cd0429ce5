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
	"github.com/carehub/carehub/ent/programsite"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// StartScreening resolves Mutation.startScreening.
func (r mutationResolver) StartScreening(ctx context.Context, input model.StartScreeningInput) (*model.StartScreeningPayload, error) {
	now, unmet, err := r.subject(ctx, "startScreening", input.SubjectID, input.ExpectedVersion, func(c *change, s *ent.TrialSubject, e *ent.Enrollment) error {
		if n := input.ScreeningNumber; n != nil {
			number, err := words(*n, "input.screeningNumber", 60)
			if err != nil {
				return err
			}
			input.ScreeningNumber = &number
		}
		site, err := c.siteOf(e, input.SiteID)
		if err != nil {
			return err
		}
		if lifecycle.Subject.Allows(s.State, code.SubjectStateScreening) {
			if err := c.mayScreen(e); err != nil {
				return err
			}
		}
		return c.subjectGoesOn(s, e, code.SubjectStateScreening, nil, func(u *ent.TrialSubjectUpdateOne) {
			u.SetNillableScreeningNumber(input.ScreeningNumber).SetNillableSiteID(site)
		})
	})
	if err != nil {
		return nil, err
	}
	return &model.StartScreeningPayload{Subject: now, Unmet: unmet}, nil
}

// mayScreen refuses to screen a candidate while the trial lets nobody in, or without the consent to take part: with all
// that is missing at once. The hook of participants looks at the consent again, under its lock.
func (c *change) mayScreen(e *ent.Enrollment) error {
	program, err := c.tx.CareProgram.Get(c.system, e.ProgramID)
	if err != nil {
		return err
	}
	unmet, err := gate.Recruiting(c, c.tx.Client(), program)
	if err != nil {
		return err
	}
	p, err := gate.Participates(c, c.tx.Client(), e.PatientID, e.ProgramID, clock.Now(c))
	if err != nil {
		return err
	}
	if unmet = append(unmet, p.Unmet()...); len(unmet) > 0 {
		return &lifecycle.UnmetError{Gates: unmet}
	}
	return nil
}

// siteOf reads the site of the enrollment's trial that the input names; nil where it names none.
func (c *change) siteOf(e *ent.Enrollment, id *gid.ID) (*uuid.UUID, error) {
	if id == nil {
		return nil, nil //nolint:nilnil // no site is named
	}
	if err := expect(*id, "site", "input.siteId"); err != nil {
		return nil, err
	}
	site, err := c.tx.ProgramSite.Query().Where(programsite.ID(id.UUID), programsite.ProgramID(e.ProgramID)).Only(c)
	if err != nil {
		return nil, missing(err, "site", "input.siteId")
	}
	return &site.ID, nil
}

// RecordScreeningResult resolves Mutation.recordScreeningResult.
func (r mutationResolver) RecordScreeningResult(ctx context.Context, input model.RecordScreeningResultInput) (*model.RecordScreeningResultPayload, error) {
	now, unmet, err := r.subject(ctx, "recordScreeningResult", input.SubjectID, input.ExpectedVersion, func(c *change, s *ent.TrialSubject, e *ent.Enrollment) error {
		note := input.Note
		if note != nil {
			text, err := sentence(*note, "input.note", 300)
			if err != nil {
				return err
			}
			note = &text
		}
		switch {
		case input.Eligible:
			return c.subjectGoesOn(s, e, code.SubjectStateEligible, note, nil)
		case note == nil:
			return fault.Input("input.note", "say why")
		}
		return c.unfit(s, e, *note)
	})
	if err != nil {
		return nil, err
	}
	return &model.RecordScreeningResultPayload{Subject: now, Unmet: unmet}, nil
}

// unfit ends the participation of whom the screening found not fit, and the enrollment with it: as INELIGIBLE while that
// was not decided otherwise.
func (c *change) unfit(s *ent.TrialSubject, e *ent.Enrollment, note string) error {
	if err := c.subjectStep(s, e, code.SubjectStateIneligible, &note, nil); err != nil {
		return err
	}
	if !lifecycle.Enrollment.Allows(e.Status, code.EnrollmentStatusIneligible) {
		_, err := c.become(c, e, ending(e.Status, code.EnrollmentStatusDiscontinued), &note, nil)
		return err
	}
	_, err := c.become(c, e, code.EnrollmentStatusIneligible, &note, func(u *ent.EnrollmentUpdateOne) {
		u.SetEligibility(code.EligibilityDecisionIneligible).SetEligibilityNote(note).SetEligibilityDecidedAt(clock.Now(c))
	})
	return err
}

// NotRegister resolves Mutation.notRegister.
func (r mutationResolver) NotRegister(ctx context.Context, input model.NotRegisterInput) (*model.NotRegisterPayload, error) {
	now, unmet, err := r.subject(ctx, "notRegister", input.SubjectID, input.ExpectedVersion, func(c *change, s *ent.TrialSubject, e *ent.Enrollment) error {
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return err
		}
		if err := c.subjectStep(s, e, code.SubjectStateNotRegistered, &reason, nil); err != nil {
			return err
		}
		_, err = c.become(c, e, code.EnrollmentStatusCancelled, &reason, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &model.NotRegisterPayload{Subject: now, Unmet: unmet}, nil
}
