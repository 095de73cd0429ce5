package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/onboardingplan"
	"github.com/carehub/carehub/ent/programteammember"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// doneSteps are the steps by which an activity is completed from each status, as people record it: all at once.
var doneSteps = []code.ActivityStatus{code.ActivityStatusAccepted, code.ActivityStatusInProgress, code.ActivityStatusCompleted}

// endActivity ends an activity that the viewer sees, over the steps that lead to the end, and completes the onboarding
// plan with the last mandatory one.
func (r mutationResolver) endActivity(ctx context.Context, operation string, id gid.ID, version *int, steps []code.ActivityStatus, argument string, words *string) (*ent.ServiceActivity, error) {
	key, err := r.change(ctx, operation, nil, nil, func(c *change) (uuid.UUID, error) {
		if err := expect(id, "activity", "input.activityId"); err != nil {
			return uuid.Nil, err
		}
		a, err := c.tx.ServiceActivity.Get(c, id.UUID)
		if err != nil {
			return uuid.Nil, missing(err, "activity", "input.activityId")
		}
		c.concerns(ent.TypeServiceActivity, a.ID)
		if version != nil && *version != a.Version {
			return uuid.Nil, changedMeanwhile()
		}
		if words != nil {
			text, err := sentence(*words, argument, 500)
			if err != nil {
				return uuid.Nil, err
			}
			words = &text
		}
		e, err := c.tx.Enrollment.Get(c, a.EnrollmentID)
		if err != nil {
			return uuid.Nil, err
		}
		to := steps[len(steps)-1]
		from := a.Status
		var way []code.ActivityStatus
		for _, next := range steps {
			if lifecycle.Activity.Allows(from, next) {
				way = append(way, next)
				from = next
			}
		}
		if from != to {
			return uuid.Nil, noWay("activity", a.Status, to)
		}
		update := c.tx.ServiceActivity.UpdateOneID(a.ID).Where(serviceactivity.Version(a.Version)).SetStatus(to).SetNillableOutcome(words)
		if to == code.ActivityStatusCompleted {
			update.SetCompletedAt(clock.Now(c))
		}
		if err := update.Exec(c.system); err != nil {
			return uuid.Nil, changedOr(err)
		}
		c.record(code.AuditActionUpdate, ent.TypeServiceActivity, &e.PatientID, a.ID)
		was := a.Status
		for _, next := range way {
			err := c.tx.StatusChange.Create().SetServiceActivityID(a.ID).SetFromStatus(string(was)).SetToStatus(string(next)).
				SetNillableChangedByID(c.actor()).Exec(c.system)
			if err != nil {
				return uuid.Nil, err
			}
			was = next
		}
		c.tellEnrollment(e)
		return a.ID, c.planDone(a, e)
	})
	if err != nil {
		return nil, err
	}
	return r.Client.ServiceActivity.Get(ctx, key)
}

// planDone completes the plan of the activity when no mandatory step of it is open.
func (c *change) planDone(a *ent.ServiceActivity, e *ent.Enrollment) error {
	if a.PlanID == nil {
		return nil
	}
	open, err := c.tx.ServiceActivity.Query().Where(serviceactivity.PlanID(*a.PlanID), serviceactivity.Mandatory(true),
		serviceactivity.StatusNotIn(code.ActivityStatusCompleted, code.ActivityStatusCancelled)).Exist(c.system)
	if err != nil || open {
		return err
	}
	n, err := c.tx.OnboardingPlan.Update().Where(onboardingplan.ID(*a.PlanID), onboardingplan.CompletedAtIsNil()).
		SetCompletedAt(clock.Now(c)).Save(c.system)
	if n > 0 {
		c.record(code.AuditActionUpdate, ent.TypeOnboardingPlan, &e.PatientID, *a.PlanID)
	}
	return err
}

// CompleteActivity resolves Mutation.completeActivity.
func (r mutationResolver) CompleteActivity(ctx context.Context, input model.CompleteActivityInput) (*model.CompleteActivityPayload, error) {
	now, err := r.endActivity(ctx, "completeActivity", input.ActivityID, input.ExpectedVersion, doneSteps, "input.outcome", input.Outcome)
	if err != nil {
		return nil, err
	}
	return &model.CompleteActivityPayload{Activity: now}, nil
}

// SkipActivity resolves Mutation.skipActivity.
func (r mutationResolver) SkipActivity(ctx context.Context, input model.SkipActivityInput) (*model.SkipActivityPayload, error) {
	now, err := r.endActivity(ctx, "skipActivity", input.ActivityID, input.ExpectedVersion, []code.ActivityStatus{code.ActivityStatusCancelled}, "input.reason", &input.Reason)
	if err != nil {
		return nil, err
	}
	return &model.SkipActivityPayload{Activity: now}, nil
}

// AssignCoordinator resolves Mutation.assignCoordinator.
func (r mutationResolver) AssignCoordinator(ctx context.Context, input model.AssignCoordinatorInput) (*model.AssignCoordinatorPayload, error) {
	now, _, err := r.step(ctx, "assignCoordinator", nil, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.enrolled(input.EnrollmentID, input.ExpectedVersion)
		if err != nil {
			return nil, err
		}
		if lifecycle.Enrollment.Terminal(e.Status) {
			return nil, fault.New(fault.InvalidTransition, "an enrollment in status %s is not coordinated any more", e.Status)
		}
		if err := expect(input.UserID, "user", "input.userId"); err != nil {
			return nil, err
		}
		user := input.UserID.UUID
		of, err := c.tx.ProgramTeamMember.Query().Where(programteammember.ProgramID(e.ProgramID),
			programteammember.IdentityID(user), programteammember.EndedAtIsNil()).Exist(c.system)
		if err != nil {
			return nil, err
		}
		if !of {
			return nil, fault.Input("input.userId", "not of the program's team")
		}
		now, err := c.tx.Enrollment.UpdateOneID(e.ID).Where(enrollment.Version(e.Version)).SetCoordinatorID(user).Save(c.system)
		if err != nil {
			return nil, changedOr(err)
		}
		c.record(code.AuditActionUpdate, ent.TypeEnrollment, &e.PatientID, e.ID)
		c.tellEnrollment(e)
		return now, c.tx.ServiceActivity.Update().Where(serviceactivity.EnrollmentID(e.ID), serviceactivity.StatusNotIn(
			code.ActivityStatusCompleted, code.ActivityStatusCancelled, code.ActivityStatusFailed)).SetAssigneeID(user).Exec(c.system)
	})
	if err != nil {
		return nil, err
	}
	return &model.AssignCoordinatorPayload{Enrollment: now}, nil
}
