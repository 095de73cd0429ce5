package stream

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/carehub/carehub/ent/store"
)

// Defect breaks a log in a way in which others were broken.
type Defect func(*Log)

// OpenWith is Open for a log with the defect.
func OpenWith(ctx context.Context, s *store.Store, o Options, defect Defect) (*Log, error) {
	l, err := newLog(ctx, s, o)
	if err != nil {
		return nil, err
	}
	defect(l)
	l.start()
	return l, nil
}

// NumberInOneStatement locks the head, looks for events and gives them positions in one statement: it waits for the
// lock, and then goes by what it saw before it waited. $1 is how many events.
var NumberInOneStatement = strings.NewReplacer(
	"WITH waiting AS", "WITH head AS MATERIALIZED (SELECT last FROM event_heads WHERE id = 1 FOR UPDATE), waiting AS",
	"$1", "(SELECT last FROM head)",
	"$2", "$1",
).Replace(numberEvents)

// NumberWithoutRecheck does not look again either whether an event has got a position meanwhile. Alone, behind a lock
// in its own statement, that would be harmless: it is the second line.
var NumberWithoutRecheck = strings.Replace(NumberInOneStatement, "AND events.pos IS NULL", "", 1)

// Numbering gives positions by the one statement.
func Numbering(statement string) Defect {
	return func(l *Log) {
		l.sequence = func(ctx context.Context) error {
			tx, err := l.db.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
			if err != nil {
				return err
			}
			defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to say
			var n, head int64
			if err := tx.QueryRowContext(ctx, statement, pageSize).Scan(&n, &head); err != nil || n == 0 {
				return err
			}
			if _, err := tx.ExecContext(ctx, moveHead, head); err != nil {
				return err
			}
			return tx.Commit()
		}
	}
}

// AttachInTwoSteps lets go of the ring's lock between the look at how far it reaches and the copy of the events.
func AttachInTwoSteps(l *Log) {
	r := l.ring
	l.attach = func(p position) ([]Event, standing, <-chan struct{}) {
		r.mu.RLock()
		base, head := r.base, r.head
		r.mu.RUnlock()
		if rand.IntN(4) == 0 { // as when another goroutine is given the core
			time.Sleep(rand.N(10 * time.Millisecond))
		}
		r.mu.RLock()
		defer r.mu.RUnlock()
		switch {
		case p.pos > head.pos:
			return nil, ahead, r.moved
		case p.pos < base.pos:
			return nil, behind, r.moved
		}
		var events []Event
		for at := p.pos + 1; at <= min(head.pos, p.pos+batchSize); at++ {
			events = append(events, *r.slot(at))
		}
		return events, within, r.moved
	}
}
