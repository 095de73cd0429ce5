package gate

import (
	"context"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/patient"
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

func forUpdate(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.ForUpdate()
	}
}
