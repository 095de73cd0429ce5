package job

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
)

// Options of a Runner; the zero value of each stands for a sensible choice.
type Options struct {
	// Poll is how often the runner looks whether a job is due; 5 s.
	Poll time.Duration
	// Lease is how long a run is left to a server that shows no sign of life; 30 s. A batch may take half of it.
	Lease time.Duration
	// Logger hears of failures; slog.Default().
	Logger *slog.Logger
}

// Runner does the jobs of one server. Every job has a goroutine of its own: a long one holds up no other.
type Runner struct {
	db      *store.Store
	options Options
	holder  string

	cancel  context.CancelFunc
	workers sync.WaitGroup
}

// Start does the jobs until Close. The moments at which they are due are told by the clock of the context.
func Start(ctx context.Context, db *store.Store, jobs []Job, o Options) *Runner {
	r := newRunner(db, o)
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, j := range jobs {
		r.workers.Go(func() { r.serve(viewer.System(ctx, "job: "+j.Name), j) })
	}
	return r
}

func newRunner(db *store.Store, o Options) *Runner {
	if o.Poll == 0 {
		o.Poll = 5 * time.Second
	}
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Runner{db: db, options: o, holder: fmt.Sprintf("%d %s", os.Getpid(), rand.Text())}
}

// Close stops what runs, in the middle of a batch if need be, which is undone then, and gives its lease back. It
// waits until the last has stopped, or the context ends.
func (r *Runner) Close(ctx context.Context) error {
	r.cancel()
	stopped := make(chan struct{})
	go func() {
		r.workers.Wait()
		close(stopped)
	}()
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("job: closing: %w", ctx.Err())
	}
}

// serve does the job whenever it is due. That the database does not answer is said once.
func (r *Runner) serve(ctx context.Context, j Job) {
	tick := time.NewTicker(cmp.Or(j.Poll, r.options.Poll))
	defer tick.Stop()
	failing := false
	for {
		err := r.turn(ctx, j)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			r.options.Logger.ErrorContext(ctx, "a job cannot be scheduled", "job", j.Name, "error", reason(err))
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// turn does the job if it is due and nobody else does it.
func (r *Runner) turn(ctx context.Context, j Job) error {
	row, err := r.row(ctx, j)
	if err != nil {
		return err
	}
	if claimed, err := r.claim(ctx, j, row); err != nil || !claimed {
		return err
	}
	return r.run(ctx, j, row)
}

// run does batch after batch until there is no more to do. Its error is about the schedule; that of the job is
// written into the row.
func (r *Runner) run(ctx context.Context, j Job, row *ent.ScheduledJob) error {
	for more := true; more; {
		var err error
		more, err = r.batch(ctx, j, row)
		switch {
		case ctx.Err() != nil:
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			return r.release(last, row)
		case errors.Is(err, errTaken):
			r.options.Logger.WarnContext(ctx, "another server goes on with the job", "job", j.Name)
			return nil
		case err != nil:
			return r.failed(ctx, j, row, err)
		}
	}
	if row.Failures > 0 {
		r.options.Logger.InfoContext(ctx, "the job succeeds again", "job", j.Name)
	}
	return nil
}

// batch does one batch in a transaction of the lease's holder, and ends the run with the last.
func (r *Runner) batch(ctx context.Context, j Job, row *ent.ScheduledJob) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.options.Lease/2)
	defer cancel()
	if j.Work != nil {
		return r.outside(ctx, j, row)
	}
	err = r.held(ctx, row, func(tx *store.Tx) error {
		if more, err = j.Do(ctx, tx, clock.Now(ctx)); err != nil || more {
			return err
		}
		return r.finish(ctx, tx.Tx, j, row)
	})
	return more && err == nil, err
}

// outside does one batch of what happens outside of the database, between two transactions of the lease's holder.
func (r *Runner) outside(ctx context.Context, j Job, row *ent.ScheduledJob) (more bool, err error) {
	if err := r.held(ctx, row, func(*store.Tx) error { return nil }); err != nil {
		return false, err
	}
	if more, err = guarded(func() (bool, error) { return j.Work(ctx, clock.Now(ctx)) }); err != nil || more {
		return more, err
	}
	return false, r.held(ctx, row, func(tx *store.Tx) error { return r.finish(ctx, tx.Tx, j, row) })
}

// guarded returns a panic as an error.
func guarded(do func() (bool, error)) (more bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			more, err = false, panicked{v}
		}
	}()
	return do()
}

// held does something in a transaction in which the lease is held and renewed.
func (r *Runner) held(ctx context.Context, row *ent.ScheduledJob, do func(*store.Tx) error) (err error) {
	tx, err := r.db.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if v := recover(); v != nil {
			err = panicked{v}
		}
		if err != nil {
			_ = tx.Rollback() // fails only where the connection, and with it the transaction, is gone
		}
	}()
	if err := r.renew(ctx, tx, row); err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// failed writes down why the job failed, and says so when it is news.
func (r *Runner) failed(ctx context.Context, j Job, row *ent.ScheduledJob, err error) error {
	why := reason(err)
	if row.LastError == nil || *row.LastError != why {
		r.options.Logger.ErrorContext(ctx, "a job failed", "job", j.Name, "error", why)
	}
	return r.fail(ctx, row, why)
}
