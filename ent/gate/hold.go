package gate

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/ent/viewer"
)

// reviewWithin is how soon a coordinator looks at an enrollment that was put on hold.
const reviewWithin = 3 * 24 * time.Hour

// Recheck puts the patient's active enrollments on hold whose gates are not met any more, and gives their
// coordinators the task to look at them. It is called in the transaction that took the gate away.
func Recheck(ctx context.Context, client *ent.Client, patient uuid.UUID) error {
	ctx = viewer.System(ctx, "gates of an enrollment")
	active, err := client.Enrollment.Query().
		Where(enrollment.PatientID(patient), enrollment.StatusEQ(code.EnrollmentStatusActive)).All(ctx)
	if err != nil {
		return err
	}
	now := clock.Now(ctx)
	for _, e := range active {
		a, err := Activation(ctx, client, patient, e.ProgramID, e.Eligibility, now)
		if err != nil {
			return err
		}
		// Nothing but a consent that ends stops what runs: a program that rests or is closed goes on with whom it has,
		// and a verification that ran out is made anew meanwhile.
		a = lifecycle.Activation{Program: code.ProgramStatusActive, Eligibility: code.EligibilityDecisionEligible, Required: a.Required, InForce: a.InForce}
		if unmet := a.Unmet(); len(unmet) > 0 {
			if err := hold(ctx, client, e, (&lifecycle.UnmetError{Gates: unmet}).Error(), now); err != nil {
				return err
			}
		}
	}
	return nil
}

// hold puts an enrollment on hold, with its history, its task and its event.
func hold(ctx context.Context, client *ent.Client, e *ent.Enrollment, reason string, now time.Time) error {
	err := client.Enrollment.UpdateOneID(e.ID).Where(enrollment.Version(e.Version)).
		SetStatus(code.EnrollmentStatusOnHold).SetHoldReason(reason).Exec(ctx)
	if err != nil {
		return err
	}
	err = client.StatusChange.Create().SetEnrollmentID(e.ID).
		SetFromStatus(string(e.Status)).SetToStatus(string(code.EnrollmentStatusOnHold)).SetNote(reason).Exec(ctx)
	if err != nil {
		return err
	}
	seq, err := client.ServiceActivity.Query().Where(serviceactivity.EnrollmentID(e.ID)).Count(ctx)
	if err != nil {
		return err
	}
	task, err := client.ServiceActivity.Create().SetEnrollmentID(e.ID).SetSeq(seq + 1).SetKind(code.ActivityKindHoldReview).
		SetTitle("Look at the enrollment that was put on hold").SetMandatory(true).SetDueAt(now.Add(reviewWithin)).
		SetNillableAssigneeID(e.CoordinatorID).Save(ctx)
	if err != nil {
		return err
	}
	follow(ctx, Follow{code.AuditActionUpdate, ent.TypeEnrollment, e.ID, e.PatientID})
	follow(ctx, Follow{code.AuditActionCreate, ent.TypeServiceActivity, task.ID, e.PatientID})
	err = client.StatusChange.Create().SetServiceActivityID(task.ID).SetToStatus(string(task.Status)).Exec(ctx)
	if err != nil {
		return err
	}
	return client.Event.Create().SetKind(code.EventKindEnrollmentChanged).SetEntity("enrollment").SetEntityID(e.ID).
		SetSubjectID(e.PatientID).SetAt(now).Exec(ctx)
}
