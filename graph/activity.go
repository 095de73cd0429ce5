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
	"github.com/carehub/carehub/ent/predicate"
	"github.com/carehub/carehub/ent/programteammember"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// The steps by which an activity ends: as people record it, all at once.
var (
	doneSteps = []code.ActivityStatus{code.ActivityStatusAccepted, code.ActivityStatusInProgress, code.ActivityStatusCompleted}
	skipped   = []code.ActivityStatus{code.ActivityStatusCancelled}
)

// undone matches activities that have not ended.
func undone() predicate.ServiceActivity {
	return serviceactivity.StatusNotIn(code.ActivityStatusCompleted, code.ActivityStatusCancelled, code.ActivityStatusFailed)
}

// activity is a mutation that ends an activity which the viewer sees.
func (r mutationResolver) activity(ctx context.Context, operation string, id gid.ID, version *int, steps []code.ActivityStatus, argument string, outcome *string) (*ent.ServiceActivity, error) {
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
		if outcome != nil {
			text, err := sentence(*outcome, argument, 500)
			if err != nil {
				return uuid.Nil, err
			}
			outcome = &text
		}
		e, err := c.tx.Enrollment.Get(c, a.EnrollmentID)
		if err != nil {
			return uuid.Nil, err
		}
		if err := c.endActivity(a, e, steps, outcome); err != nil {
			return uuid.Nil, err
		}
		c.tellEnrollment(e)
		return a.ID, c.planDone(a, e)
	})
	if err != nil {
		return nil, err
	}
	now, err := r.Client.ServiceActivity.Get(ctx, key)
	return now, ent.MaskNotFound(err)
}

// endActivity ends an activity over those of the steps that lead to the last of them, with its history.
func (c *change) endActivity(a *ent.ServiceActivity, e *ent.Enrollment, steps []code.ActivityStatus, outcome *string) error {
	to, at := steps[len(steps)-1], a.Status
	var way []*ent.StatusChangeCreate
	for _, next := range steps {
		if lifecycle.Activity.Allows(at, next) {
			way = append(way, c.tx.StatusChange.Create().SetServiceActivityID(a.ID).SetFromStatus(string(at)).
				SetToStatus(string(next)).SetNillableChangedByID(c.actor()))
			at = next
		}
	}
	if at != to || len(way) == 0 {
		return noWay("activity", a.Status, to)
	}
	update := c.tx.ServiceActivity.UpdateOneID(a.ID).Where(serviceactivity.Version(a.Version)).SetStatus(to).SetNillableOutcome(outcome)
	if to == code.ActivityStatusCompleted {
		update.SetCompletedAt(clock.Now(c))
	}
	if err := update.Exec(c.system); err != nil {
		return changedOr(err)
	}
	c.record(code.AuditActionUpdate, ent.TypeServiceActivity, &e.PatientID, a.ID)
	for _, step := range way { // one by one, so that they stand in their order
		if err := step.Exec(c.system); err != nil {
			return err
		}
	}
	return nil
}

// endTasks ends what is still to be done for the enrollment and matches: nobody is left with a task that is no more.
func (c *change) endTasks(e *ent.Enrollment, steps []code.ActivityStatus, outcome string, of ...predicate.ServiceActivity) error {
	open, err := c.tx.ServiceActivity.Query().Where(of...).Where(serviceactivity.EnrollmentID(e.ID), undone()).
		Order(serviceactivity.BySeq(), serviceactivity.ByID()).All(c.system)
	if err != nil {
		return err
	}
	for _, a := range open {
		if err := c.endActivity(a, e, steps, &outcome); err != nil {
			return err
		}
	}
	return nil
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
	now, err := r.activity(ctx, "completeActivity", input.ActivityID, input.ExpectedVersion, doneSteps, "input.outcome", input.Outcome)
	if err != nil {
		return nil, err
	}
	return &model.CompleteActivityPayload{Activity: now}, nil
}

// SkipActivity resolves Mutation.skipActivity.
func (r mutationResolver) SkipActivity(ctx context.Context, input model.SkipActivityInput) (*model.SkipActivityPayload, error) {
	now, err := r.activity(ctx, "skipActivity", input.ActivityID, input.ExpectedVersion, skipped, "input.reason", &input.Reason)
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
		return now, c.reassign(e, &user)
	})
	if err != nil {
		return nil, err
	}
	return &model.AssignCoordinatorPayload{Enrollment: now}, nil
}

// reassign gives what is still to be done for the enrollment to somebody, or to nobody.
func (c *change) reassign(e *ent.Enrollment, to *uuid.UUID) error {
	open, err := c.tx.ServiceActivity.Query().Where(serviceactivity.EnrollmentID(e.ID), undone()).IDs(c.system)
	if err != nil || len(open) == 0 {
		return err
	}
	c.record(code.AuditActionUpdate, ent.TypeServiceActivity, &e.PatientID, open...)
	update := c.tx.ServiceActivity.Update().Where(serviceactivity.IDIn(open...)).ClearAssigneeID()
	if to != nil {
		update.SetAssigneeID(*to)
	}
	return update.Exec(c.system)
}
