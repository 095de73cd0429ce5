package job

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// A job is done when it is due, to its end, and then not before it is due again. What was missed is done once.
func TestDue(t *testing.T) {
	each(t, 10, func(t *testing.T, p *plan) {
		r, j := p.runner(), work()
		begin := p.clock()
		p.turn(r, j)
		p.done(10)
		row := p.row(j)
		if row.Runs != 1 || !row.DueAt.Equal(begin.Add(time.Hour)) || !row.StartedAt.Equal(begin) || !row.FinishedAt.Equal(begin) || row.Holder != nil || row.LeaseUntil != nil {
			t.Errorf("after the first run the row is %v", row)
		}
		p.more(1)
		p.passes(time.Hour - time.Second)
		p.turn(r, j)
		p.done(10)
		p.passes(time.Second)
		p.turn(r, j)
		p.done(11)
		p.passes(1000 * time.Hour)
		p.turn(r, j)
		p.turn(r, j)
		if row := p.row(j); row.Runs != 3 || !row.DueAt.Equal(p.clock().Add(time.Hour)) {
			t.Errorf("after a long absence the row is %v", row)
		}
	})
}

// A clock that was ahead and is put right must not keep a job from being done for as long as it was ahead.
func TestClockGoesBack(t *testing.T) {
	each(t, 1, func(t *testing.T, p *plan) {
		r, j := p.runner(), work()
		years := 10 * 365 * 24 * time.Hour
		p.passes(years)
		p.turn(r, j)
		row := p.row(j)
		if claimed, err := r.claim(p.ctx(), j, row); err != nil || claimed {
			t.Fatalf("claimed before it was due: %v, %v", claimed, err)
		}
		p.passes(time.Hour)
		if claimed, err := r.claim(p.ctx(), j, row); err != nil || !claimed {
			t.Fatalf("claimed when due: %v, %v", claimed, err)
		} // and dies
		p.passes(-years)
		p.more(1)
		p.turn(p.runner(), j)
		p.done(2)
		if row := p.row(j); !row.DueAt.Equal(p.clock().Add(time.Hour)) {
			t.Errorf("due at %v", row.DueAt)
		}
		// A server whose clock is a little behind is not a clock that was wrong.
		p.more(1)
		p.passes(-5 * time.Minute)
		p.turn(r, j)
		p.done(2)
	})
}

// While a lease is good nobody else gets it. When it has run out another goes on, and whoever had it writes nothing
// more, whatever it was in the middle of.
func TestLease(t *testing.T) {
	each(t, 10, func(t *testing.T, p *plan) {
		first, second, j := p.runner(), p.runner(), work()
		row, err := first.row(p.ctx(), j)
		if err != nil {
			t.Fatal(err)
		}
		if claimed, err := first.claim(p.ctx(), j, row); !claimed || err != nil {
			t.Fatalf("claimed: %v, %v", claimed, err)
		}
		if claimed, err := second.claim(p.ctx(), j, row); claimed || err != nil {
			t.Fatalf("claimed a second time by the same row: %v, %v", claimed, err)
		}
		for n := 1; n <= 2; n++ { // the second batch comes when the lease of the claim has run out: it was renewed
			p.turn(second, j)
			if more, err := first.batch(p.ctx(), j, row); !more || err != nil {
				t.Fatalf("batch: %v, %v", more, err)
			}
			p.done(n * piecesPerBatch)
			p.passes(20 * time.Second)
		}
		p.turn(second, j)
		p.done(2 * piecesPerBatch)
		p.passes(11 * time.Second)
		p.turn(second, j)
		p.done(10)
		p.more(1)
		if _, err := first.batch(p.ctx(), j, row); !errors.Is(err, errTaken) {
			t.Errorf("a batch without the lease: %v", err)
		}
		if err := first.failed(p.ctx(), j, row, errors.New("late")); err != nil {
			t.Error(err)
		}
		p.done(10)
		if row := p.row(j); row.Runs != 1 || row.Failures != 0 {
			t.Errorf("the row is %v", row)
		}
	})
}

// Runners on several servers share the work, and none of it is done twice.
func TestManyRunners(t *testing.T) {
	each(t, 150, func(t *testing.T, p *plan) {
		var runners []*Runner
		j := work()
		j.Next = Every(2 * time.Millisecond)
		for range 3 {
			runners = append(runners, Start(t.Context(), p.Store, []Job{j}, Options{Poll: time.Millisecond, Logger: slog.New(slog.DiscardHandler)}))
		}
		defer func() {
			for _, r := range runners {
				if err := r.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}()
		eventually(t, "many runs", func() bool {
			rows, err := p.Client.ScheduledJob.Query().Count(p.ctx())
			return err == nil && rows == 1 && p.row(j).Runs >= 20
		})
		p.done(150)
	})
}

// A server that stops gives the lease back: another goes on at once, and what was in the middle is undone.
func TestClose(t *testing.T) {
	each(t, 10, func(t *testing.T, p *plan) {
		j, batches, inside := work(), 0, make(chan struct{})
		held := j
		held.Do = func(ctx context.Context, tx *store.Tx, now time.Time) (bool, error) {
			more, err := j.Do(ctx, tx, now)
			if batches++; batches == 2 {
				close(inside)
				<-ctx.Done()
				return true, ctx.Err()
			}
			return more, err
		}
		r := Start(clock.With(t.Context(), p.clock), p.Store, []Job{held}, Options{Poll: time.Millisecond, Logger: slog.New(slog.NewTextHandler(p.log, nil))})
		<-inside
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.done(piecesPerBatch)
		if row := p.row(j); row.Failures != 0 || row.Runs != 0 || row.Holder != nil {
			t.Errorf("the row is %v", row)
		}
		p.turn(p.runner(), j)
		p.done(10)
		if log := p.log.String(); log != "" {
			t.Errorf("the log says %s", log)
		}
	})
}

// A failure undoes its batch, is tried again after a pause that doubles, is said once, and tells no value of a row.
func TestFailure(t *testing.T) {
	each(t, 10, func(t *testing.T, p *plan) {
		r, good := p.runner(), work()
		secret := storetest.Canary("Row")
		failing := map[string]func(context.Context, *store.Tx) error{
			"*errors.errorString": func(context.Context, *store.Tx) error { return errors.Join(errors.New(secret)) },
			"panic: string":       func(context.Context, *store.Tx) error { panic(secret) },
			"the form is missing": func(context.Context, *store.Tx) error { return Failure("the form is missing") },
			map[string]string{"sqlite3": "sqlite 1", "postgres": "postgres 22P02"}[p.Dialect]: func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, map[string]string{"sqlite3": "SELECT " + secret, "postgres": "SELECT '" + secret + "'::uuid"}[p.Dialect])
				return err
			},
		}
		failures, pause := 0, time.Minute
		for want, fails := range failing {
			bad := good
			bad.Do = func(ctx context.Context, tx *store.Tx, now time.Time) (bool, error) {
				if _, err := good.Do(ctx, tx, now); err != nil {
					t.Error(err)
				}
				return true, fails(ctx, tx)
			}
			for range 2 {
				p.turn(r, bad)
				failures++
				row := p.row(good)
				if row.Failures != failures || row.LastError == nil || !strings.HasPrefix(*row.LastError, want) || !row.DueAt.Equal(p.clock().Add(pause)) || row.Holder != nil {
					t.Errorf("after %d failures the row is %v, want %q", failures, row, want)
				}
				p.done(0)
				p.passes(pause - time.Second)
				p.turn(r, bad)
				p.passes(time.Second)
				pause = min(2*pause, time.Hour)
			}
			if n := strings.Count(p.log.String(), want); n != 1 {
				t.Errorf("the failure is said %d times:\n%s", n, p.log)
			}
		}
		p.turn(r, good)
		p.done(10)
		if row := p.row(good); row.Failures != 0 || row.LastError != nil || row.Runs != 1 {
			t.Errorf("after a success the row is %v", row)
		}
		if log := p.log.String(); !strings.Contains(log, "succeeds again") || len(storetest.Canaries(log)) > 0 {
			t.Errorf("the log says:\n%s", log)
		}
	})
}

// A database that does not answer is said once, and nothing else is lost than time.
func TestDatabaseFails(t *testing.T) {
	each(t, 10, func(t *testing.T, p *plan) {
		j := work()
		p.exec("ALTER TABLE scheduled_jobs RENAME TO away")
		r := Start(t.Context(), p.Store, []Job{j}, Options{Poll: time.Millisecond, Logger: slog.New(slog.NewTextHandler(p.log, nil))})
		eventually(t, "it is said", func() bool { return p.log.String() != "" })
		p.exec("ALTER TABLE away RENAME TO scheduled_jobs")
		eventually(t, "the job is done", func() bool {
			n, err := p.Client.ScheduledJob.Query().Count(p.ctx())
			return err == nil && n == 1 && p.row(j).Runs > 0
		})
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
		p.done(10)
		if log := p.log.String(); strings.Count(log, "cannot be scheduled") != 1 {
			t.Errorf("the log says:\n%s", log)
		}
	})
}

// A batch that takes longer than half a lease is undone and counts as a failure.
func TestBatchTooLong(t *testing.T) {
	each(t, 10, func(t *testing.T, p *plan) {
		r, j := p.runner(), work()
		r.options.Lease = 100 * time.Millisecond
		slow := j
		slow.Do = func(ctx context.Context, tx *store.Tx, now time.Time) (bool, error) {
			if _, err := j.Do(ctx, tx, now); err != nil {
				return false, err
			}
			<-ctx.Done()
			return true, ctx.Err()
		}
		p.turn(r, slow)
		p.done(0)
		if row := p.row(j); row.LastError == nil || *row.LastError != "a batch took too long" {
			t.Errorf("the row is %v", row)
		}
	})
}
