package stream

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
)

// channel is where the sequencer notifies; nobody else does. A NOTIFY in the transactions that write events
// would make them commit one by one.
const channel = "carehub_events"

// On PostgreSQL an event gets its position after its transaction is committed. A number taken at the insert would
// be of no use: the transaction with the smaller one may become visible later, and whoever has already read the
// larger one would never go back for it. Any server may give positions; the lock on the row of event_heads lets
// one at a time.
const (
	// The lock has a statement of its own: the one that numbers must see what the holder before it has
	// committed, and in READ COMMITTED a statement sees what was committed before it began. A server that
	// freezes with the lock in its hand loses it. Positions that somebody has seen must survive a crash,
	// whatever the writers chose.
	lockHead = `
SELECT last, set_config('idle_in_transaction_session_timeout', '2s', true),
  CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END
FROM event_heads WHERE id = 1 FOR UPDATE`

	// The condition on pos is checked again on the row as it is when it is changed.
	numberEvents = `
WITH waiting AS MATERIALIZED (
  SELECT id, row_number() OVER (ORDER BY id) AS n
  FROM (SELECT id FROM events WHERE pos IS NULL ORDER BY id LIMIT $2) AS oldest
), numbered AS (
  UPDATE events SET pos = $1 + waiting.n FROM waiting WHERE events.id = waiting.id AND events.pos IS NULL
  RETURNING pos
)
SELECT count(*), COALESCE(max(pos), $1) FROM numbered`

	moveHead = `
WITH moved AS (UPDATE event_heads SET last = $1 WHERE id = 1 RETURNING last)
SELECT pg_notify('` + channel + `', '') FROM moved`
)

// number gives positions to the oldest events without one.
func (l *Log) number(ctx context.Context) (err error) {
	if l.db.Dialect != dialect.Postgres {
		return errors.New("stream: an event has no position: the triggers of the database are missing")
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	defer func() {
		if err != nil {
			err = fmt.Errorf("stream: giving positions: %w", err)
		}
	}()
	tx, err := l.db.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to say
	var last int64
	var ignored sql.NullString
	if err := tx.QueryRowContext(ctx, lockHead).Scan(&last, &ignored, &ignored); err != nil {
		return err
	}
	var n, head int64
	if err := tx.QueryRowContext(ctx, numberEvents, last, pageSize).Scan(&n, &head); err != nil {
		return err
	}
	switch {
	case n == 0: // another server was faster
		return nil
	case head != last+n:
		return fmt.Errorf("%d positions after %d end with %d", n, last, head)
	}
	if _, err := tx.ExecContext(ctx, moveHead, head); err != nil {
		return err
	}
	return tx.Commit()
}
