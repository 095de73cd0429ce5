package gate

import (
	"context"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/trialdetail"
	"github.com/carehub/carehub/ent/viewer"
)

// Lock makes the transactions that change what the patient's gates are about follow one another: who activates an
// enrollment sees the consent that another is ending, and the other the enrollment. On SQLite writers do so by
// themselves.
func Lock(ctx context.Context, client *ent.Client, key uuid.UUID) error {
	_, err := client.Patient.Query().Where(patient.ID(key)).Modify(forUpdate).Select(patient.FieldID).
		Strings(viewer.System(ctx, "gates of an enrollment"))
	return err
}

// LockPlaces makes the transactions that give or free places of the program follow one another.
func LockPlaces(ctx context.Context, client *ent.Client, program uuid.UUID) error {
	_, err := client.CareProgram.Query().Where(careprogram.ID(program)).Modify(forUpdate).Select(careprogram.FieldID).
		Strings(viewer.System(ctx, "places of a program"))
	return err
}

// LockTrial makes the transactions that move participants of the trial and those that put another version of its consent
// form in force follow one another: whoever is screened has agreed to the version of that moment, and whoever approves the
// next one finds everybody who is to be asked again. It comes before the lock of a patient.
func LockTrial(ctx context.Context, client *ent.Client, program uuid.UUID) error {
	_, err := client.TrialDetail.Query().Where(trialdetail.ProgramID(program)).Modify(forUpdate).Select(trialdetail.FieldID).
		Strings(viewer.System(ctx, "gates of a trial"))
	return err
}

// Steady reads the program as it stays until the end of the transaction: an enrollment that begins has begun before the
// program is closed, or finds it closed.
func Steady(ctx context.Context, client *ent.Client, program uuid.UUID) (*ent.CareProgram, error) {
	ctx = viewer.System(ctx, "gates of an enrollment")
	_, err := client.CareProgram.Query().Where(careprogram.ID(program)).Modify(forShare).Select(careprogram.FieldID).Strings(ctx)
	if err != nil {
		return nil, err
	}
	return client.CareProgram.Get(ctx, program)
}

func forShare(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.ForShare()
	}
}

func forUpdate(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.ForUpdate()
	}
}
