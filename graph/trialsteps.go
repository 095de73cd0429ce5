package graph

import (
	"context"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/graph/model"
)

// RegisterOnStudy resolves Mutation.registerOnStudy.
func (r mutationResolver) RegisterOnStudy(ctx context.Context, input model.RegisterOnStudyInput) (*model.RegisterOnStudyPayload, error) {
	now, unmet, err := r.subject(ctx, "registerOnStudy", input.SubjectID, input.ExpectedVersion, code.SubjectStatePendingOnStudy, nil, false, nil, nil)
	if err != nil {
		return nil, err
	}
	return &model.RegisterOnStudyPayload{Subject: now, Unmet: unmet}, nil
}

// StartStudy resolves Mutation.startStudy.
func (r mutationResolver) StartStudy(ctx context.Context, input model.StartStudyInput) (*model.StartStudyPayload, error) {
	now, unmet, err := r.subject(ctx, "startStudy", input.SubjectID, input.ExpectedVersion, code.SubjectStateOnStudy, nil, false, nil, nil)
	if err != nil {
		return nil, err
	}
	return &model.StartStudyPayload{Subject: now, Unmet: unmet}, nil
}

// StartIntervention resolves Mutation.startIntervention.
func (r mutationResolver) StartIntervention(ctx context.Context, input model.StartInterventionInput) (*model.StartInterventionPayload, error) {
	now, unmet, err := r.subject(ctx, "startIntervention", input.SubjectID, input.ExpectedVersion, code.SubjectStateOnStudyIntervention, nil, false, nil, nil)
	if err != nil {
		return nil, err
	}
	return &model.StartInterventionPayload{Subject: now, Unmet: unmet}, nil
}

// StartObservation resolves Mutation.startObservation.
func (r mutationResolver) StartObservation(ctx context.Context, input model.StartObservationInput) (*model.StartObservationPayload, error) {
	now, unmet, err := r.subject(ctx, "startObservation", input.SubjectID, input.ExpectedVersion, code.SubjectStateOnStudyObservation, nil, false, nil, nil)
	if err != nil {
		return nil, err
	}
	return &model.StartObservationPayload{Subject: now, Unmet: unmet}, nil
}

// StartFollowUp resolves Mutation.startFollowUp.
func (r mutationResolver) StartFollowUp(ctx context.Context, input model.StartFollowUpInput) (*model.StartFollowUpPayload, error) {
	now, unmet, err := r.subject(ctx, "startFollowUp", input.SubjectID, input.ExpectedVersion, code.SubjectStateFollowUp, nil, false, nil, nil)
	if err != nil {
		return nil, err
	}
	return &model.StartFollowUpPayload{Subject: now, Unmet: unmet}, nil
}

// EndStudyParticipation resolves Mutation.endStudyParticipation.
func (r mutationResolver) EndStudyParticipation(ctx context.Context, input model.EndStudyParticipationInput) (*model.EndStudyParticipationPayload, error) {
	end := func(*ent.Enrollment) code.EnrollmentStatus { return code.EnrollmentStatusCompleted }
	now, unmet, err := r.subject(ctx, "endStudyParticipation", input.SubjectID, input.ExpectedVersion, code.SubjectStateOffStudy, nil, false, end, nil)
	if err != nil {
		return nil, err
	}
	return &model.EndStudyParticipationPayload{Subject: now, Unmet: unmet}, nil
}

// NotRegister resolves Mutation.notRegister.
func (r mutationResolver) NotRegister(ctx context.Context, input model.NotRegisterInput) (*model.NotRegisterPayload, error) {
	end := endsAs(code.EnrollmentStatusDiscontinued)
	now, unmet, err := r.subject(ctx, "notRegister", input.SubjectID, input.ExpectedVersion, code.SubjectStateNotRegistered, &input.Reason, false, end, nil)
	if err != nil {
		return nil, err
	}
	return &model.NotRegisterPayload{Subject: now, Unmet: unmet}, nil
}

// WithdrawTrialSubject resolves Mutation.withdrawTrialSubject.
func (r mutationResolver) WithdrawTrialSubject(ctx context.Context, input model.WithdrawTrialSubjectInput) (*model.WithdrawTrialSubjectPayload, error) {
	end := endsAs(code.EnrollmentStatusWithdrawn)
	now, unmet, err := r.subject(ctx, "withdrawTrialSubject", input.SubjectID, input.ExpectedVersion, code.SubjectStateWithdrawn, &input.Reason, false, end, nil)
	if err != nil {
		return nil, err
	}
	return &model.WithdrawTrialSubjectPayload{Subject: now, Unmet: unmet}, nil
}
