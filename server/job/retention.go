package job

import (
	"context"
	"time"

	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/stream"
)

// Keep says how long is kept what nobody needs for ever.
type Keep struct {
	// Events is how far back a stream can be resumed. The latest EventsMin are kept however old they are.
	Events    Period
	EventsMin int64
	// Audit is how long the record of who read and did what is kept. The HIPAA rules ask for six years
	// (45 CFR 164.316(b)(2)(i)).
	Audit Period
	// Idempotency is how long a retry is known for one.
	Idempotency Period
}

// rowsPerBatch bounds the transaction of a batch. While events are removed, none gets a position.
const rowsPerBatch = 500

// retention removes what has been kept long enough. Each kind has a job of its own, so that one which fails does
// not keep the others from being done.
func retention(keep Keep) []Job {
	remove := func(name string, period Period, trim func(context.Context, *store.Tx, time.Time) (int64, error)) Job {
		return Job{
			Name: name,
			Next: Every(time.Hour),
			Do: func(ctx context.Context, tx *store.Tx, now time.Time) (more bool, err error) {
				n, err := trim(ctx, tx, period.Before(now))
				return n > 0, err
			},
		}
	}
	return []Job{
		remove("retention of events", keep.Events, func(ctx context.Context, tx *store.Tx, before time.Time) (int64, error) {
			return stream.Trim(ctx, tx, before, keep.EventsMin, rowsPerBatch)
		}),
		remove("retention of audit", keep.Audit, func(ctx context.Context, tx *store.Tx, before time.Time) (int64, error) {
			n, err := audit.Trim(ctx, tx, before, rowsPerBatch)
			return int64(n), err
		}),
		remove("retention of idempotency keys", keep.Idempotency, func(ctx context.Context, tx *store.Tx, before time.Time) (int64, error) {
			n, err := graph.ForgetKeys(ctx, tx.Tx, before, rowsPerBatch)
			return int64(n), err
		}),
	}
}
