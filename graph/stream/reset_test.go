package stream_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/graph/stream"
)

// resume follows from the cursor and expects a reset for the reason, from whose cursor the stream goes on.
func resume(t *testing.T, s *store.Store, l *stream.Log, cursor stream.Cursor, reason stream.ResetReason) {
	t.Helper()
	items := follow(t, l, &cursor)
	it := receive(t, items, stream.KindReset)
	if it.Reason != reason {
		t.Errorf("reset for %s, want %s", it.Reason, reason)
	}
	key := write(t, s, entry())
	expect(t, items, key...)
	expect(t, follow(t, l, &it.Cursor), key...)
}

// cursors returns the cursors before and after each of n new events.
func cursors(t *testing.T, s *store.Store, l *stream.Log, n int) []stream.Cursor {
	t.Helper()
	items := follow(t, l, nil)
	out := []stream.Cursor{receive(t, items, stream.KindCheckpoint).Cursor}
	for _, key := range write(t, s, many(n)...) {
		out = append(out, expect(t, items, key))
	}
	return out
}

// Behind the floor of what is kept a cursor is expired; on the floor nothing is missing yet.
func TestRetentionFloor(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{Ring: 4})
		at := cursors(t, s, l, 20)
		execute(t, s, "UPDATE event_heads SET floor = 10 WHERE id = 1")
		execute(t, s, "DELETE FROM events WHERE pos <= 10")
		resume(t, s, l, at[9], stream.CursorExpired)
		items := follow(t, l, &at[10])
		for range 10 {
			receive(t, items, stream.KindValue)
		}
	})
}

// Positions are not used again, even when nothing is left in the table and no server remembers.
func TestPositionsAreNotUsedAgain(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{})
		at := cursors(t, s, l, 5)
		shut(t, l)
		execute(t, s, "UPDATE event_heads SET floor = last WHERE id = 1")
		execute(t, s, "DELETE FROM events")
		l = open(t, peer(t, s), stream.Options{})
		key := write(t, s, entry())
		expect(t, follow(t, l, &at[5]), key...)
		if _, last := stream.Reached(l); last != 6 {
			t.Errorf("the event has position %d, want 6", last)
		}
		var id int64
		if err := s.DB.QueryRowContext(t.Context(), "SELECT id FROM events").Scan(&id); err != nil || id != 6 {
			t.Errorf("the row has key %d (%v), want 6", id, err)
		}
		resume(t, s, l, at[4], stream.CursorExpired)
	})
}

// A restored backup says so by its epoch.
func TestOtherEpoch(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{})
		live := follow(t, l, nil)
		receive(t, live, stream.KindCheckpoint)
		at := l.Head()
		execute(t, s, "UPDATE event_heads SET epoch = $1 WHERE id = 1", uuid.NewString())
		if it := receive(t, live, stream.KindReset); it.Reason != stream.CursorUnknown {
			t.Errorf("reset for %s", it.Reason)
		}
		resume(t, s, l, at, stream.CursorUnknown)
	})
}

// A fail-over that lost commits gives the same positions to other events. The tag tells, whether the event is
// in memory or in the table, and for those that were connected all the time as well.
func TestLostCommits(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		for _, ring := range []int{4, 1000} {
			l := open(t, s, stream.Options{Ring: ring, Grace: 200 * time.Millisecond})
			var mu sync.Mutex
			var doubted []uuid.UUID
			l.OnAccessChanged(func(subject uuid.UUID) {
				mu.Lock()
				defer mu.Unlock()
				doubted = append(doubted, subject)
			})
			at := cursors(t, s, l, 20)
			live := follow(t, l, &at[20])
			ctx := t.Context()
			tx, err := s.DB.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{
				"DELETE FROM events WHERE pos > (SELECT last - 10 FROM event_heads)",
				"UPDATE event_heads SET last = last - 10",
			} {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					t.Fatal(err)
				}
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			// What is lost cannot come back: a cursor ahead of the log is given up after a time of grace.
			if it := receive(t, live, stream.KindReset); it.Reason != stream.CursorUnknown {
				t.Errorf("reset for %s", it.Reason)
			}
			resume(t, s, l, at[20], stream.CursorUnknown)
			write(t, s, many(20)...)
			settle(t, l)
			for _, cursor := range []stream.Cursor{at[11], at[15], at[20]} {
				resume(t, s, l, cursor, stream.CursorUnknown)
			}
			receive(t, follow(t, l, &at[10]), stream.KindValue) // nothing of what it has seen was lost
			mu.Lock()
			if len(doubted) == 0 || doubted[0] != uuid.Nil {
				t.Errorf("the hook heard %v, want that everybody's rights are in doubt", doubted)
			}
			mu.Unlock()
		}
	})
}

// An event that vanished without the floor having moved is a loss, and not passed over in silence.
func TestHole(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{Ring: 4})
		at := cursors(t, s, l, 20)
		execute(t, s, "DELETE FROM events WHERE pos = 10")
		for _, i := range []int{3, 9, 10} {
			resume(t, s, l, at[i], stream.CursorUnknown)
		}
		receive(t, follow(t, l, &at[11]), stream.KindValue)
	})
}

// A server that lags behind the one where the cursor comes from catches up first.
func TestCursorAhead(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		lagging := unmoved(t, peer(t, s), stream.Options{})
		l := open(t, s, stream.Options{})
		at := cursors(t, s, l, 5)
		items := follow(t, lagging, &at[3])
		quiet(t, items)
		keys := write(t, s, entry())
		settle(t, l)
		advance(t, lagging)
		receive(t, items, stream.KindValue)
		receive(t, items, stream.KindValue)
		expect(t, items, keys...)
	})
}
