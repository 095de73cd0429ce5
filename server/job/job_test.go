package job

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/scheduledjob"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(asServer); url != "" {
		stall(url)
		return
	}
	goleak.VerifyTestMain(m)
}

// plan is a database in which there is work to be done: a row for each piece, which says how often it was done.
type plan struct {
	*store.Store
	t   testing.TB
	log *lockedBuffer

	mu  sync.Mutex
	now time.Time
}

const createWork = "CREATE TABLE work (n INTEGER PRIMARY KEY, done INTEGER NOT NULL)"

func newPlan(t testing.TB, s *store.Store, pieces int) *plan {
	t.Helper()
	p := &plan{Store: s, t: t, log: &lockedBuffer{}, now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
	p.exec(createWork)
	p.more(pieces)
	return p
}

// more adds work.
func (p *plan) more(pieces int) {
	p.t.Helper()
	for range pieces {
		p.exec("INSERT INTO work SELECT COUNT(*) + 1, 0 FROM work")
	}
}

func (p *plan) exec(statement string) {
	p.t.Helper()
	if _, err := p.DB.ExecContext(p.t.Context(), statement); err != nil {
		p.t.Fatal(err)
	}
}

// clock is the time of the plan.
func (p *plan) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// passes moves the clock.
func (p *plan) passes(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

// ctx is a system context with the plan's clock.
func (p *plan) ctx() context.Context {
	return viewer.System(clock.With(p.t.Context(), p.clock), "test")
}

// runner returns a runner of another server that does nothing by itself.
func (p *plan) runner() *Runner {
	return newRunner(p.Store, Options{Logger: slog.New(slog.NewTextHandler(p.log, nil))})
}

// turn lets the runner look at the job once.
func (p *plan) turn(r *Runner, j Job) {
	p.t.Helper()
	if err := r.turn(p.ctx(), j); err != nil {
		p.t.Fatal(err)
	}
}

// row is the job's.
func (p *plan) row(j Job) *ent.ScheduledJob {
	p.t.Helper()
	row, err := p.Client.ScheduledJob.Query().Where(scheduledjob.Name(j.Name)).Only(p.ctx())
	if err != nil {
		p.t.Fatal(err)
	}
	return row
}

// done fails unless that many pieces are done once, and no other.
func (p *plan) done(want int) {
	p.t.Helper()
	var once, more int
	err := p.DB.QueryRowContext(p.t.Context(), "SELECT COALESCE(SUM(CASE WHEN done = 1 THEN 1 END), 0), COALESCE(SUM(CASE WHEN done > 1 THEN 1 END), 0) FROM work").Scan(&once, &more)
	if err != nil || once != want || more != 0 {
		p.t.Fatalf("%d pieces are done once and %d more often (%v), want %d", once, more, err, want)
	}
}

// piecesPerBatch is how much work is done in one transaction.
const piecesPerBatch = 3

// work is a job that does what is not done yet.
func work() Job {
	return Job{Name: "sweep", Next: Every(time.Hour), Do: func(ctx context.Context, tx *store.Tx, _ time.Time) (bool, error) {
		n, err := tx.Exec(ctx, fmt.Sprintf(
			"UPDATE work SET done = done + 1 WHERE n IN (SELECT n FROM work WHERE done = 0 ORDER BY n LIMIT %d)", piecesPerBatch))
		return n > 0, err
	}}
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// eventually waits until what is said is true.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("not in time: " + what)
		}
	}
}

// each runs the test on both engines with some work to do.
func each(t *testing.T, pieces int, test func(t *testing.T, p *plan)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store) { test(t, newPlan(t, s, pieces)) })
}
