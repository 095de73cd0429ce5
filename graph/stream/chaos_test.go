package stream_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/graph/stream"
)

const (
	chaosTime   = 2 * time.Second
	writers     = 8
	subscribers = 12
)

// Writers that commit out of order and roll back, two servers of which one is replaced, listeners that are killed,
// subscribers that vanish and come back on either server: all see the same sequence, which is what was committed.
func TestChaos(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		c := &chaos{T: t, store: s, done: make(chan struct{})}
		for range 2 {
			c.logs = append(c.logs, &server{log: open(t, peer(t, s), stream.Options{Ring: 64})})
		}
		start := c.logs[0].log.Head()
		naive := &naiveReader{}
		var writing, reading, breaking sync.WaitGroup
		for range writers {
			writing.Go(c.write)
		}
		received := make([][]uuid.UUID, subscribers)
		for i := range received {
			reading.Go(func() { received[i] = c.subscribe(start) })
		}
		reading.Go(func() { naive.read(c) })
		breaking.Go(c.breakThings)
		writing.Wait()
		close(c.done)
		breaking.Wait()
		reading.Wait()

		committed := c.table()
		if err := same(c.committed, committed); err != nil {
			t.Errorf("the table against what was committed: %v", err)
		}
		for i, got := range received {
			if err := same(committed, got); err != nil {
				t.Errorf("subscriber %d: %v", i, err)
			}
			if !slices.Equal(got, received[0]) {
				t.Errorf("subscriber %d has another order than subscriber 0", i)
			}
		}
		t.Logf("%d events, %d resumes, naive reader: %v", len(committed), c.resumes.Load(), same(committed, naive.got))
		// The check must be able to fail: a reader whose cursor is the key given at the insert loses events.
		if s.Dialect == dialect.Postgres && same(committed, naive.got) == nil {
			t.Error("a naive reader lost nothing: this test proves nothing")
		}
	})
}

// same compares a sequence with the set of what should be in it.
func same(want, got []uuid.UUID) error {
	times := map[uuid.UUID]int{}
	for _, key := range got {
		times[key]++
	}
	lost := 0
	for _, key := range want {
		if times[key] == 0 {
			lost++
		}
	}
	if repeated := len(got) - len(times); lost > 0 || repeated > 0 || len(times) != len(want) {
		return fmt.Errorf("%d of %d lost, %d repeated, %d got", lost, len(want), repeated, len(got))
	}
	return nil
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

type chaos struct {
	*testing.T
	store   *store.Store
	logs    []*server
	done    chan struct{} // closed when nobody writes any more
	resumes atomic.Int64

	mu        sync.Mutex
	committed []uuid.UUID
}

// table returns the events in the order of their positions, which must have no hole.
func (c *chaos) table() []uuid.UUID {
	c.Helper()
	settle(c, c.logs[0].current())
	rows, err := c.store.DB.QueryContext(c.Context(), "SELECT pos, entity_id FROM events ORDER BY pos")
	if err != nil {
		c.Fatal(err)
	}
	defer rows.Close()
	var out []uuid.UUID
	for rows.Next() {
		var pos int64
		var key uuid.UUID
		if err := rows.Scan(&pos, &key); err != nil {
			c.Fatal(err)
		}
		if out = append(out, key); pos != int64(len(out)) {
			c.Errorf("position %d is taken by event %d", pos, len(out))
		}
	}
	if err := rows.Err(); err != nil {
		c.Fatal(err)
	}
	return out
}

// write runs transactions until the time is over: some slow, some rolled back.
func (c *chaos) write() {
	ctx := c.Context()
	for until := time.Now().Add(chaosTime); time.Now().Before(until); {
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

// breakThings kills the listeners and replaces the second server again and again.
func (c *chaos) breakThings() {
	for i := 0; ; i++ {
		select {
		case <-c.done:
			return
		case <-time.After(250 * time.Millisecond):
		}
		if c.store.Dialect == dialect.Postgres {
			killListeners(c, c.store)
		}
		if i%4 == 3 {
			fresh := open(c, peer(c, c.store), stream.Options{Ring: 64})
			s := c.logs[1]
			s.mu.Lock()
			old := s.log
			s.log = fresh
			s.mu.Unlock()
			shut(c, old)
		}
	}
}

// subscribe follows from the cursor, with resumes on either server, until everything committed has come.
func (c *chaos) subscribe(at stream.Cursor) (got []uuid.UUID) {
	deadline := time.Now().Add(chaosTime + 15*time.Second)
	for time.Now().Before(deadline) {
		if c.complete(got) {
			return got
		}
		c.resumes.Add(1)
		ctx, cancel := context.WithTimeout(c.Context(), 10*time.Millisecond+rand.N(200*time.Millisecond))
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
		for left := rand.IntN(300); left > 0; left-- {
			it, open := <-items
			if !open {
				break
			}
			if it.Kind != stream.KindValue {
				c.Errorf("got %+v", it)
				break
			}
			got, at = append(got, it.Value.ID), it.Cursor
			if rand.IntN(100) == 0 {
				time.Sleep(rand.N(20 * time.Millisecond))
			}
		}
		cancel() // what was handed over after the last look is the server's loss, not the client's
	}
	return got
}

// complete reports whether nothing is to be expected any more.
func (c *chaos) complete(got []uuid.UUID) bool {
	select {
	case <-c.done:
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(got) >= len(c.committed)
	default:
		return false
	}
}

// naiveReader takes the key that an event got at its insert for a position.
type naiveReader struct{ got []uuid.UUID }

func (n *naiveReader) read(c *chaos) {
	var last int64
	for final := false; !final; {
		select {
		case <-c.done:
			final = true
		case <-time.After(2 * time.Millisecond):
		}
		rows, err := c.store.DB.QueryContext(c.Context(), "SELECT id, entity_id FROM events WHERE id > $1 ORDER BY id", last)
		if err != nil {
			c.Error(err)
			return
		}
		for rows.Next() {
			var key uuid.UUID
			if err := rows.Scan(&last, &key); err != nil {
				c.Error(err)
			}
			n.got = append(n.got, key)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil { //nolint:sqlclosecheck // the loop goes on, and nothing in it returns
			c.Error(err)
		}
	}
}

// killListeners ends the sessions that wait for notifications of this database.
func killListeners(t testing.TB, s *store.Store) {
	t.Helper()
	execute(t, s, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'LISTEN %' AND pid <> pg_backend_pid()`)
}
