// Package job does the work of the system that is due again and again: what nobody asks for but time itself.
//
// Each job has a row of ScheduledJob. Of several servers the one that holds the lease in it does the work; a server
// that dies is replaced when its lease has run out. The work is done in batches, each one transaction that begins
// by renewing the lease, so that a server which has lost it writes nothing more, and of which the last also ends
// the run. So a job that is killed at any moment goes on where it was, and does nothing twice.
//
// To add a job, write a file here with a function that returns it, and name it in All.
package job

import (
	"context"
	"slices"
	"time"

	"github.com/carehub/carehub/ent/store"
)

// Job is work that is due again and again.
type Job struct {
	// Name is how the operator knows it, and the key of its row: at most 80 characters, the same for ever.
	Name string

	// Next returns when it is due next, seen from a moment at which it has just been done. What was missed while no
	// server ran is done once.
	Next func(from time.Time) time.Time

	// Poll is how often it is looked whether the job is due; the runner's otherwise.
	Poll time.Duration

	// Do does one batch of the work in the transaction and reports whether there is more. It must find what is to be
	// done from the database alone, as another server may do the next batch, and be done within half of a lease:
	// a few hundred rows. Nothing outside of the transaction happens in it. The context is the system's; an error
	// undoes the batch and is tried again later.
	Do func(ctx context.Context, tx *store.Tx, now time.Time) (more bool, err error)

	// Work is there instead of Do where something happens outside of the database. It runs while the lease is held, but
	// not in its transaction, so that nobody waits for what is outside. A server that has lost the lease may still be at
	// it when another begins: it must do no harm twice.
	Work func(ctx context.Context, now time.Time) (more bool, err error)
}

// Settings are what an operator can say about the jobs.
type Settings struct{ Keep Keep }

// All returns the jobs of a server.
func All(s Settings) []Job {
	return slices.Concat(
		retention(s.Keep),
		due(),
	)
}

// Every is the Next of a job that is done once in each period.
func Every(period time.Duration) func(time.Time) time.Time {
	return func(from time.Time) time.Time { return from.Add(period) }
}
