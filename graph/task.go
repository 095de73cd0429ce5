package graph

import (
	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/serviceactivity"
)

// tasksDone completes the enrollment's open tasks of the kind: what they asked for has come about.
func (c *change) tasksDone(e *ent.Enrollment, kind code.ActivityKind) error {
	open, err := c.tx.ServiceActivity.Query().Where(
		serviceactivity.EnrollmentID(e.ID), serviceactivity.KindEQ(kind),
		serviceactivity.StatusNotIn(code.ActivityStatusCompleted, code.ActivityStatusCancelled, code.ActivityStatusFailed),
	).Order(serviceactivity.BySeq()).All(c.system)
	if err != nil {
		return err
	}
	for _, task := range open {
		err := c.tx.ServiceActivity.UpdateOneID(task.ID).Where(serviceactivity.Version(task.Version)).
			SetStatus(code.ActivityStatusCompleted).SetCompletedAt(clock.Now(c)).Exec(c.system)
		if err != nil {
			return changedOr(err)
		}
		c.record(code.AuditActionUpdate, ent.TypeServiceActivity, &e.PatientID, task.ID)
		was := task.Status
		for _, next := range doneSteps {
			if !lifecycle.Activity.Allows(was, next) {
				continue
			}
			err := c.tx.StatusChange.Create().SetServiceActivityID(task.ID).SetFromStatus(string(was)).SetToStatus(string(next)).
				SetNillableChangedByID(c.actor()).Exec(c.system)
			if err != nil {
				return err
			}
			was = next
		}
	}
	return nil
}
