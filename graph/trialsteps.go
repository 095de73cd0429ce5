package graph

import (
	"context"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/graph/model"
)

// RegisterOnStudy resolves Mutation.registerOnStudy.
func (r mutationResolver) RegisterOnStudy(ctx context.Context, input model.RegisterOnStudyInput) (*model.RegisterOnStudyPayload, error) {
	now, unmet, err := r.onward(ctx, "registerOnStudy", input.SubjectID, input.ExpectedVersion, code.SubjectStatePendingOnStudy)
	if err != nil {
		return nil, err
	}
	return &model.RegisterOnStudyPayload{Subject: now, Unmet: unmet}, nil
}

// StartStudy resolves Mutation.startStudy.
func (r mutationResolver) StartStudy(ctx context.Context, input model.StartStudyInput) (*model.StartStudyPayload, error) {
	now, unmet, err := r.onward(ctx, "startStudy", input.SubjectID, input.ExpectedVersion, code.SubjectStateOnStudy)
	if err != nil {
		return nil, err
	}
	return &model.StartStudyPayload{Subject: now, Unmet: unmet}, nil
}

// StartIntervention resolves Mutation.startIntervention.
func (r mutationResolver) StartIntervention(ctx context.Context, input model.StartInterventionInput) (*model.StartInterventionPayload, error) {
	now, unmet, err := r.onward(ctx, "startIntervention", input.SubjectID, input.ExpectedVersion, code.SubjectStateOnStudyIntervention)
	if err != nil {
		return nil, err
	}
	return &model.StartInterventionPayload{Subject: now, Unmet: unmet}, nil
}

// StartObservation resolves Mutation.startObservation.
func (r mutationResolver) StartObservation(ctx context.Context, input model.StartObservationInput) (*model.StartObservationPayload, error) {
	now, unmet, err := r.onward(ctx, "startObservation", input.SubjectID, input.ExpectedVersion, code.SubjectStateOnStudyObservation)
	if err != nil {
		return nil, err
	}
	return &model.StartObservationPayload{Subject: now, Unmet: unmet}, nil
}

// StartFollowUp resolves Mutation.startFollowUp.
func (r mutationResolver) StartFollowUp(ctx context.Context, input model.StartFollowUpInput) (*model.StartFollowUpPayload, error) {
	now, unmet, err := r.onward(ctx, "startFollowUp", input.SubjectID, input.ExpectedVersion, code.SubjectStateFollowUp)
	if err != nil {
		return nil, err
	}
	return &model.StartFollowUpPayload{Subject: now, Unmet: unmet}, nil
}

// EndStudyParticipation resolves Mutation.endStudyParticipation. The participant follows the enrollment.
func (r mutationResolver) EndStudyParticipation(ctx context.Context, input model.EndStudyParticipationInput) (*model.EndStudyParticipationPayload, error) {
	now, unmet, err := r.subject(ctx, "endStudyParticipation", input.SubjectID, input.ExpectedVersion, func(c *change, _ *ent.TrialSubject, e *ent.Enrollment) error {
		_, err := c.become(c, e, code.EnrollmentStatusCompleted, nil, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &model.EndStudyParticipationPayload{Subject: now, Unmet: unmet}, nil
}

// WithdrawTrialSubject resolves Mutation.withdrawTrialSubject. The participant follows the enrollment.
func (r mutationResolver) WithdrawTrialSubject(ctx context.Context, input model.WithdrawTrialSubjectInput) (*model.WithdrawTrialSubjectPayload, error) {
	now, unmet, err := r.subject(ctx, "withdrawTrialSubject", input.SubjectID, input.ExpectedVersion, func(c *change, _ *ent.TrialSubject, e *ent.Enrollment) error {
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return err
		}
		_, err = c.withdraw(e, &reason)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &model.WithdrawTrialSubjectPayload{Subject: now, Unmet: unmet}, nil
}
