package stream

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/carehub/carehub/ent/store"
)

// Trim removes the oldest events from the log and returns how many it removed: those before the moment, but never
// one of the latest that are to be kept, and never more than limit at once. The floor goes up first, in the same
// transaction, so that a reader sees either an event or that it is no longer kept. An event that has no position
// yet is out of reach, as is every event after one that is still young.
func Trim(ctx context.Context, tx *store.Tx, before time.Time, keep, limit int64) (removed int64, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("stream: removing old events: %w", err)
		}
	}()
	var floor, last int64
	if err := tx.Row(ctx, "SELECT floor, last FROM event_heads WHERE id = 1", nil, &floor, &last); err != nil {
		return 0, err
	}
	to := min(floor+limit, last-keep)
	if to <= floor {
		return 0, nil
	}
	var young int64
	err = tx.Row(ctx, "SELECT pos FROM events WHERE pos > $1 AND pos <= $2 AND at >= $3 ORDER BY pos LIMIT 1",
		[]any{floor, to, before}, &young)
	switch {
	case err == nil:
		to = young - 1
	case !errors.Is(err, sql.ErrNoRows):
		return 0, err
	}
	if to <= floor {
		return 0, nil
	}
	if _, err := tx.Exec(ctx, "UPDATE event_heads SET floor = $1 WHERE id = 1 AND floor < $1", to); err != nil {
		return 0, err
	}
	return tx.Exec(ctx, "DELETE FROM events WHERE pos <= $1", to)
}
