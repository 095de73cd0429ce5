package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/activitytemplate"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/onboardingplan"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/relay"
)

// Onboarding resolves Query.onboarding.
func (r queryResolver) Onboarding(ctx context.Context, enrollmentID gid.ID) (*ent.OnboardingPlan, error) {
	if err := expect(enrollmentID, "enrollment", "enrollmentId"); err != nil {
		return nil, err
	}
	if _, err := r.Client.Enrollment.Get(ctx, enrollmentID.UUID); err != nil {
		return nil, missing(err, "enrollment", "enrollmentId")
	}
	plan, err := r.Client.OnboardingPlan.Query().Where(onboardingplan.EnrollmentID(enrollmentID.UUID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // the enrollment has not become active
	}
	return one(ctx, r.Client.LoadOnboardingPlan, plan, err)
}

// Activities resolves OnboardingPlan.activities.
func (r onboardingPlanResolver) Activities(ctx context.Context, obj *ent.OnboardingPlan, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ServiceActivity], error) {
	return relay.Each(ctx, r.Client.ServiceActivity.Query, list.PlanActivities, obj.ID, page(first, after, last, before), r.Client.LoadServiceActivity)
}

// Activities resolves Enrollment.activities.
func (r enrollmentResolver) Activities(ctx context.Context, obj *ent.Enrollment, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ServiceActivity], error) {
	return relay.Each(ctx, r.Client.ServiceActivity.Query, list.EnrollmentActivities, obj.ID, page(first, after, last, before), r.Client.LoadServiceActivity)
}

// plan makes the onboarding plan of an enrollment from the program's template.
func (c *change) plan(e *ent.Enrollment, activated time.Time) error {
	template, err := c.tx.ActivityTemplate.Query().Where(activitytemplate.ProgramID(e.ProgramID)).
		Order(activitytemplate.BySeq()).All(c.system)
	if err != nil {
		return err
	}
	made, err := c.tx.OnboardingPlan.Create().SetEnrollmentID(e.ID).Save(c.system)
	if err != nil {
		return err
	}
	c.record(code.AuditActionCreate, ent.TypeOnboardingPlan, &e.PatientID, made.ID)
	var keys []uuid.UUID
	for _, step := range template {
		activity, err := c.tx.ServiceActivity.Create().SetEnrollmentID(e.ID).SetPlanID(made.ID).SetSeq(step.Seq).SetKind(step.Kind).
			SetTitle(step.Title).SetMandatory(step.Mandatory).SetDueAt(activated.AddDate(0, 0, step.DueDays)).
			SetNillableAssigneeID(e.CoordinatorID).Save(c.system)
		if err != nil {
			return err
		}
		err = c.tx.StatusChange.Create().SetServiceActivityID(activity.ID).SetToStatus(string(activity.Status)).SetNillableChangedByID(c.actor()).Exec(c.system)
		if err != nil {
			return err
		}
		keys = append(keys, activity.ID)
	}
	if len(keys) > 0 {
		c.record(code.AuditActionCreate, ent.TypeServiceActivity, &e.PatientID, keys...)
	}
	return nil
}
