package stream_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph/stream"
	"github.com/carehub/carehub/graph/stream/streamtest"
)

var chaosEvents = flag.Int("chaos.events", 3000, "events of a chaos test")

const (
	writers     = 8
	subscribers = 12
	// patience is how long after the last commit a subscriber may get nothing before it gives up.
	patience = 10 * time.Second
)

// Writers that commit out of order and roll back, two servers of which one is replaced, listeners that are killed,
// subscribers that vanish and come back on either server: all see the same sequence, which is what was committed.
func TestChaos(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		c := &chaos{T: t, store: s, events: *chaosEvents, open: stream.Open}
		v := c.run(c.subscribe)
		if err := v.Err(); err != nil {
			t.Error(err)
		}
		if n := c.resets.Load(); n > 0 {
			t.Errorf("%d resets", n)
		}
		c.dense()
		t.Logf("servers 2 (one process), %s; replaced servers %d, killed listeners %d, rollbacks %d, resumes %d, resets %d",
			v, c.replaced, c.killed, c.rollbacks.Load(), c.resumes.Load(), c.resets.Load())
	})
}

// The mistakes that lose events are found by the very same run: a test that lets one of them pass proves nothing.
func TestChaosFindsMutants(t *testing.T) {
	t.Parallel()
	broken := func(defect stream.Defect) func(context.Context, *store.Store, stream.Options) (*stream.Log, error) {
		return func(ctx context.Context, s *store.Store, o stream.Options) (*stream.Log, error) {
			return stream.OpenWith(ctx, s, o, defect)
		}
	}
	for _, m := range []struct {
		name   string
		open   func(context.Context, *store.Store, stream.Options) (*stream.Log, error)
		reader func(*chaos) func() []uuid.UUID
	}{
		{"cursor is the key given at the insert", stream.Open, func(c *chaos) func() []uuid.UUID { return c.readNaively }},
		{"lock and look in one statement", broken(stream.Numbering(stream.NumberInOneStatement)), nil},
		{"lock and look in one statement, position not looked at again", broken(stream.Numbering(stream.NumberWithoutRecheck)), nil},
		{"attach to the ring without its lock", broken(stream.AttachInTwoSteps), nil},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			for range 8 { // what a mutant does depends on chance
				c := &chaos{T: t, store: storetest.Postgres(t), events: min(*chaosEvents, 10_000), open: m.open}
				reader := c.subscribe
				if m.reader != nil {
					reader = m.reader(c)
				}
				v := c.run(reader)
				t.Logf("mutant, %s: %s; resets %d", m.name, v, c.resets.Load())
				if v.Err() != nil {
					return
				}
			}
			t.Error("nothing was found")
		})
	}
}

// chaos is one run.
type chaos struct {
	*testing.T
	store  *store.Store
	events int // that are committed at least
	open   func(context.Context, *store.Store, stream.Options) (*stream.Log, error)

	logs  []*server
	start stream.Cursor
	done  chan struct{} // closed when nobody writes any more

	resumes, resets, rollbacks atomic.Int64
	replaced, killed           int

	mu        sync.Mutex
	committed []uuid.UUID
}

// server is a server that may be replaced.
type server struct {
	mu  sync.Mutex
	log *stream.Log
}

func (s *server) current() *stream.Log {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log
}

func (s *server) replace(fresh *stream.Log) (old *stream.Log) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, s.log = s.log, fresh
	return old
}

// run lets the readers follow what the writers write while things break, and judges what they got.
func (c *chaos) run(reader func() []uuid.UUID) streamtest.Verdict {
	c.done = make(chan struct{})
	for range 2 {
		c.logs = append(c.logs, &server{log: c.fresh()})
	}
	c.start = c.logs[0].log.Head()
	received := make([][]uuid.UUID, subscribers)
	var writing, reading, breaking sync.WaitGroup
	for range writers {
		writing.Go(c.write)
	}
	for i := range received {
		reading.Go(func() { received[i] = reader() })
	}
	breaking.Go(c.breakThings)
	writing.Wait()
	close(c.done)
	breaking.Wait()
	reading.Wait()
	return streamtest.Judge(c.table(), received...)
}

// fresh returns the log of a new server. It keeps little, so that the table is read as well.
func (c *chaos) fresh() *stream.Log {
	return closing(c, peer(c, c.store), stream.Options{Ring: 32, Poll: 2 * time.Millisecond}, c.open)
}

// table returns the events in the order of their positions; they must be those that were committed.
func (c *chaos) table() []uuid.UUID {
	c.Helper()
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		if keys := c.keys("SELECT entity_id FROM events WHERE pos IS NULL"); len(keys) == 0 {
			break
		}
	}
	table := c.keys("SELECT entity_id FROM events ORDER BY pos, id")
	if v := streamtest.Judge(table, c.committed); v.Lost+v.Duplicated+v.Invented > 0 {
		c.Errorf("what was committed against the table: %v", v)
	}
	return table
}

func (c *chaos) keys(query string, args ...any) (keys []uuid.UUID) {
	c.Helper()
	rows, err := c.store.DB.QueryContext(c.Context(), query, args...)
	if err != nil {
		c.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var key uuid.UUID
		if err := rows.Scan(&key); err != nil {
			c.Fatal(err)
		}
		keys = append(keys, key)
	}
	if err := rows.Err(); err != nil {
		c.Fatal(err)
	}
	return keys
}

// dense fails when the positions have holes.
func (c *chaos) dense() {
	c.Helper()
	var n, least, most, last int64
	if err := c.store.DB.QueryRowContext(c.Context(), `
SELECT count(DISTINCT pos), min(pos), max(pos), (SELECT last FROM event_heads) FROM events`).Scan(&n, &least, &most, &last); err != nil {
		c.Fatal(err)
	}
	if least != 1 || most != n || last != n {
		c.Errorf("%d positions go from %d to %d, and the head is %d", n, least, most, last)
	}
}

// write runs transactions until there are enough events: some slow, some rolled back.
func (c *chaos) write() {
	ctx := c.Context()
	for c.count() < c.events {
		tx, err := c.store.Client.Tx(ctx)
		if err != nil {
			c.Error(err)
			return
		}
		entries := many(1 + rand.IntN(3))
		for _, e := range entries {
			if err := stream.Append(ctx, tx, e); err != nil {
				c.Error(err)
				return
			}
		}
		if rand.IntN(3) == 0 {
			longest := 30 * time.Millisecond
			if c.store.Dialect == dialect.SQLite {
				longest /= 10 // the others wait
			}
			time.Sleep(rand.N(longest))
		}
		if rand.IntN(20) == 0 {
			if err := tx.Rollback(); err != nil {
				c.Error(err)
			}
			c.rollbacks.Add(1)
			continue
		}
		if err := tx.Commit(); err != nil {
			c.Error(err)
			return
		}
		c.mu.Lock()
		for _, e := range entries {
			c.committed = append(c.committed, e.ID)
		}
		c.mu.Unlock()
		if rand.IntN(2) == 0 { // a wake-up may be lost
			c.logs[rand.IntN(len(c.logs))].current().Kick()
		}
		time.Sleep(rand.N(5 * time.Millisecond))
	}
}

// writing reports whether more is to be expected.
func (c *chaos) writing() bool {
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

func (c *chaos) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.committed)
}

// breakThings kills the listeners and replaces the second server again and again.
func (c *chaos) breakThings() {
	for i := 0; ; i++ {
		select {
		case <-c.done:
			return
		case <-time.After(250 * time.Millisecond):
		}
		if c.store.Dialect == dialect.Postgres {
			c.killed += killListeners(c, c.store)
		}
		if i%4 == 3 {
			shut(c, c.logs[1].replace(c.fresh()))
			c.replaced++
		}
	}
}

// subscribe follows the log from the start, with resumes on either server. Who listens when the last event is
// committed stays: an event that comes only to those who ask anew has not come.
func (c *chaos) subscribe() (got []uuid.UUID) {
	at := c.start
	for progress := c.progress(); progress(got); {
		c.resumes.Add(1)
		ctx, cancel := context.WithCancel(c.Context())
		leave := time.AfterFunc(10*time.Millisecond+rand.N(200*time.Millisecond), func() {
			if c.writing() {
				cancel()
			}
		})
		items, err := stream.Follow(ctx, c.logs[rand.IntN(len(c.logs))].current(), &at, all, itself)
		if errors.Is(err, stream.ErrClosed) { // just being replaced
			cancel()
			continue
		}
		if err != nil {
			cancel()
			c.Error(err)
			return got
		}
		for left := rand.IntN(300); (left > 0 || !c.writing()) && progress(got); left-- {
			var it item
			open := true
			select {
			case it, open = <-items:
			case <-time.After(patience / 4):
				continue
			}
			if !open {
				break
			}
			switch at = it.Cursor; it.Kind {
			case stream.KindValue:
				got = append(got, it.Value.ID)
			case stream.KindReset:
				c.resets.Add(1)
			default:
				c.Errorf("got %+v", it)
			}
			if rand.IntN(100) == 0 {
				time.Sleep(rand.N(20 * time.Millisecond))
			}
		}
		leave.Stop()
		cancel() // what was handed over after the last look is the server's loss, not the client's
	}
	return got
}

// readNaively follows the log by the key that an event got at its insert.
func (c *chaos) readNaively() (got []uuid.UUID) {
	var last int64
	for progress := c.progress(); progress(got); time.Sleep(rand.N(4 * time.Millisecond)) {
		rows, err := c.store.DB.QueryContext(c.Context(), "SELECT id, entity_id FROM events WHERE id > $1 ORDER BY id", last)
		if err != nil {
			c.Error(err)
			return got
		}
		for rows.Next() {
			var key uuid.UUID
			if err := rows.Scan(&last, &key); err != nil {
				c.Error(err)
			}
			got = append(got, key)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil { //nolint:sqlclosecheck // the loop goes on, and nothing in it returns
			c.Error(err)
		}
	}
	return got
}

// progress returns a function that reports whether a reader should go on: while anybody writes, and then until it has
// everything or gets nothing any more.
func (c *chaos) progress() func(got []uuid.UUID) bool {
	had, since := 0, time.Now()
	return func(got []uuid.UUID) bool {
		if c.writing() || len(got) > had {
			had, since = len(got), time.Now()
		}
		if c.writing() {
			return true
		}
		return time.Since(since) < patience && (len(got) < c.count() || !c.complete(got))
	}
}

// complete reports whether everything that was committed has come.
func (c *chaos) complete(got []uuid.UUID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return streamtest.Judge(c.committed, got).Lost == 0
}

// killListeners ends the sessions that wait for notifications of this database, and returns how many.
func killListeners(t testing.TB, s *store.Store) (n int) {
	t.Helper()
	if err := s.DB.QueryRowContext(context.WithoutCancel(t.Context()), `
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'LISTEN %' AND pid <> pg_backend_pid()`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
