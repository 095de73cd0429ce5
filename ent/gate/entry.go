package gate

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/viewer"
)

// Entry reads what decides whether an enrollment of the patient in the program may begin now. For a patient whom
// the system does not know yet the key is uuid.Nil.
func Entry(ctx context.Context, client *ent.Client, patient uuid.UUID, program *ent.CareProgram, source code.EnrollmentSource, now time.Time) (lifecycle.Entry, error) {
	ctx = viewer.System(ctx, "gates of an enrollment")
	e := lifecycle.Entry{
		Program: program.Status, Source: source, SelfEnrollment: program.SelfEnrollment,
		Trial: program.Kind == code.ProgramKindClinicalTrial, Today: code.DateOf(now), StartsOn: program.StartsOn, EndsOn: program.EndsOn,
	}
	if e.Trial {
		trial, err := detail(ctx, client, program.ID)
		if err != nil {
			return e, err
		}
		if trial != nil {
			e.Study = trial.StudyStatus
		}
	}
	if patient == uuid.Nil {
		return e, nil
	}
	last, err := client.Enrollment.Query().
		Where(enrollment.PatientID(patient), enrollment.ProgramID(program.ID)).
		Order(enrollment.ByReferredAt(sql.OrderDesc()), enrollment.ByID(sql.OrderDesc())).All(ctx)
	for _, one := range last {
		e.Open = e.Open || one.EndedAt == nil
		if until := one.OptOutUntil; until != nil && (e.OptOutUntil == nil || *until > *e.OptOutUntil) {
			e.OptOutUntil = until
		}
	}
	return e, err
}
