package store_test

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// Statements of our own and those of ent are of one transaction: they see each other's changes, and end together.
func TestBegin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := viewer.System(t.Context(), "test")
		tx, err := s.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var before, after int
		count := "SELECT COUNT(*) FROM idempotency_keys"
		if err := tx.Row(ctx, count, nil, &before); err != nil || before != 0 {
			t.Fatalf("%d rows (%v)", before, err)
		}
		if err := tx.IdempotencyKey.Create().SetIdentityID(uuid.New()).SetOperation("o").SetKey("k").SetInputHash("h").SetCreatedAt(time.Now()).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if err := tx.Row(ctx, count, nil, &after); err != nil || after != 1 {
			t.Errorf("%d rows (%v), want the one that ent made", after, err)
		}
		if n, err := tx.Exec(ctx, "DELETE FROM idempotency_keys WHERE operation = $1", "o"); err != nil || n != 1 {
			t.Errorf("%d rows deleted (%v)", n, err)
		}
		if n, err := tx.IdempotencyKey.Query().Count(ctx); err != nil || n != 0 {
			t.Errorf("ent counts %d (%v)", n, err)
		}
		var nothing string
		if err := tx.Row(ctx, "SELECT operation FROM idempotency_keys", nil, &nothing); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("no row gives %v", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	})
}
