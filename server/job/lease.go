package job

import (
	"context"
	"errors"
	"time"

	"entgo.io/ent/dialect"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/scheduledjob"
	"github.com/carehub/carehub/ent/store"
)

// errTaken says that another runner has the lease: this one had not shown a sign of life for too long.
var errTaken = errors.New("job: another server has taken the job over")

// row returns the row of the job, and makes it when there is none yet; then the job is due at once.
func (r *Runner) row(ctx context.Context, j Job) (*ent.ScheduledJob, error) {
	found, err := r.db.Client.ScheduledJob.Query().Where(scheduledjob.Name(j.Name)).Only(ctx)
	if !ent.IsNotFound(err) {
		return found, err
	}
	err = r.db.Client.ScheduledJob.Create().SetName(j.Name).SetDueAt(clock.Now(ctx)).Exec(ctx)
	if err != nil && !ent.IsConstraintError(err) { // another server was faster
		return nil, err
	}
	return r.db.Client.ScheduledJob.Query().Where(scheduledjob.Name(j.Name)).Only(ctx)
}

// claim takes the lease when the job is due and nobody has it, and reports whether it did. A lease or a due moment
// that lies twice as far ahead as any that is given now is of a clock that was wrong: it could be years away.
func (r *Runner) claim(ctx context.Context, j Job, row *ent.ScheduledJob) (bool, error) {
	now := clock.Now(ctx)
	if row.Holder != nil && row.LeaseUntil != nil && row.LeaseUntil.After(now) && row.LeaseUntil.Before(now.Add(2*r.options.Lease)) {
		return false, nil
	}
	wait := max(j.Next(now).Sub(now), backoffMax)
	if row.DueAt.After(now) && row.DueAt.Before(now.Add(2*wait)) {
		return false, nil
	}
	// The version tells whether anybody, a holder that still lives above all, has touched the row since it was read.
	n, err := r.db.Client.ScheduledJob.Update().
		Where(scheduledjob.ID(row.ID), scheduledjob.Version(row.Version)).
		SetHolder(r.holder).SetLeaseUntil(now.Add(r.options.Lease)).SetStartedAt(now).Save(ctx)
	return n == 1, err
}

// frozen ends the transaction of a server that freezes with what it has locked.
const frozen = "SELECT set_config('idle_in_transaction_session_timeout', '5s', true)"

// renew makes the transaction one of the lease's holder. To its end nobody else can have the lease.
func (r *Runner) renew(ctx context.Context, tx *store.Tx, row *ent.ScheduledJob) error {
	if r.db.Dialect == dialect.Postgres {
		if _, err := tx.Exec(ctx, frozen); err != nil {
			return err
		}
	}
	n, err := tx.ScheduledJob.Update().
		Where(scheduledjob.ID(row.ID), scheduledjob.Holder(r.holder)).
		SetLeaseUntil(clock.Now(ctx).Add(r.options.Lease)).Save(ctx)
	if err == nil && n == 0 {
		err = errTaken
	}
	return err
}

// finish ends a run that has done all there was, in the transaction of its last batch.
func (r *Runner) finish(ctx context.Context, tx *ent.Tx, j Job, row *ent.ScheduledJob) error {
	now := clock.Now(ctx)
	return tx.ScheduledJob.Update().Where(scheduledjob.ID(row.ID)).
		ClearHolder().ClearLeaseUntil().SetFinishedAt(now).SetDueAt(clock.Exact(j.Next(now))).
		AddRuns(1).SetFailures(0).ClearLastError().Exec(ctx)
}

// fail ends a run that cannot go on now, and says when it is tried again.
func (r *Runner) fail(ctx context.Context, row *ent.ScheduledJob, reason string) error {
	now := clock.Now(ctx)
	return r.db.Client.ScheduledJob.Update().
		Where(scheduledjob.ID(row.ID), scheduledjob.Holder(r.holder)).
		ClearHolder().ClearLeaseUntil().SetFinishedAt(now).SetDueAt(now.Add(backoff(row.Failures))).
		AddFailures(1).SetLastError(reason).Exec(ctx)
}

// release gives the lease back in the middle of a run, which goes on elsewhere at once.
func (r *Runner) release(ctx context.Context, row *ent.ScheduledJob) error {
	return r.db.Client.ScheduledJob.Update().
		Where(scheduledjob.ID(row.ID), scheduledjob.Holder(r.holder)).
		ClearHolder().ClearLeaseUntil().Exec(ctx)
}

// The pause after a failure begins with backoffMin and doubles up to backoffMax.
const (
	backoffMin = time.Minute
	backoffMax = time.Hour
)

// backoff returns the pause after a failure that so many others in a row went before.
func backoff(failures int) time.Duration {
	return min(backoffMin<<min(failures, 10), backoffMax)
}
