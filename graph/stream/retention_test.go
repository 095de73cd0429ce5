package stream_test

import (
	"context"
	"errors"
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

// trim removes old events in one transaction and returns how many.
func trim(t testing.TB, s *store.Store, before time.Time, keep, limit int64) int64 {
	t.Helper()
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n, err := stream.Trim(t.Context(), tx, before, keep, limit)
	if err != nil {
		t.Fatal(errors.Join(err, tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return n
}

// kept returns the floor, the number of the first event that is left, and how many are left.
func kept(t testing.TB, s *store.Store) (floor, first, count int64) {
	t.Helper()
	err := s.DB.QueryRowContext(t.Context(),
		"SELECT floor, COALESCE((SELECT MIN(pos) FROM events), 0), (SELECT COUNT(*) FROM events) FROM event_heads").Scan(&floor, &first, &count)
	if err != nil {
		t.Fatal(err)
	}
	return floor, first, count
}

// Old events go, in portions and from the old end only; those that are young, the latest, and those that have no
// position yet stay.
func TestTrim(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{Ring: 4})
		at := cursors(t, s, l, 20)
		shut(t, l)
		now := time.Now()
		age := func(from, to int, age time.Duration) {
			t.Helper()
			execute(t, s, "UPDATE events SET at = $1 WHERE pos BETWEEN $2 AND $3", now.Add(-age).UTC(), from, to)
		}
		age(1, 20, 2*time.Hour)
		waiting := int64(0) // for a position, which SQLite gives at once
		if s.Dialect == dialect.Postgres {
			waiting = 1
			write(t, s, entry())
			execute(t, s, "UPDATE events SET at = $1 WHERE pos IS NULL", now.Add(-2*time.Hour))
		}
		old := now.Add(-time.Hour)
		expect := func(step string, removed, wantRemoved, wantFloor int64) {
			t.Helper()
			floor, first, count := kept(t, s)
			if removed != wantRemoved || floor != wantFloor || count != 20-wantFloor+waiting || wantFloor < 20 && first != wantFloor+1 {
				t.Errorf("%s: %d removed, floor %d, first %d, %d left", step, removed, floor, first, count)
			}
		}
		expect("nothing is so old", trim(t, s, now.Add(-3*time.Hour), 0, 100), 0, 0)
		expect("all are to be kept", trim(t, s, old, 20, 100), 0, 0)
		expect("one portion", trim(t, s, old, 5, 3), 3, 3)
		age(8, 8, time.Minute)
		expect("up to a young one", trim(t, s, old, 5, 100), 4, 7)
		expect("nothing is left to do", trim(t, s, old, 5, 100), 0, 7)
		age(8, 8, 2*time.Hour)
		expect("up to the latest", trim(t, s, old, 5, 100), 8, 15)
		execute(t, s, "DELETE FROM events WHERE pos IS NULL")
		l = open(t, s, stream.Options{Ring: 4})
		resume(t, s, l, at[14], stream.CursorExpired)
		items := follow(t, l, &at[15])
		for range 5 {
			receive(t, items, stream.KindValue)
		}
		trim(t, s, now.Add(time.Hour), 0, 100)
		if _, _, count := kept(t, s); count != 0 {
			t.Errorf("%d events are left", count)
		}
		resume(t, s, l, at[15], stream.CursorExpired)
	})
}

// While events are written and removed, whoever reads, from wherever and however slowly, gets all of them in their
// order up to the end or the word that some are gone; and from there on all again.
func TestTrimWhileReading(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{Ring: 16})
		start := l.Head()
		entries := many(1400)
		place := map[uuid.UUID]int{}
		for i, e := range entries {
			place[e.ID] = i
		}
		before, during, after := entries[:1000], entries[1000:1300], entries[1300:]
		for portion := range slices.Chunk(before, 50) {
			write(t, s, portion...)
		}
		all := cursorsFrom(t, l, start, len(before))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var readers, others sync.WaitGroup
		var values, resets atomic.Int64
		read := func(items <-chan item, from int, slow bool) {
			for at := from - 1; at < place[after[0].ID]; {
				select {
				case it := <-items:
					switch next := place[it.Value.ID]; {
					case it.Kind == stream.KindReset && it.Reason == stream.CursorExpired:
						at = -2
						resets.Add(1)
					case it.Kind != stream.KindValue || at >= -1 && next != at+1:
						t.Errorf("a reader from %d got %+v, event %d, after event %d", from, it, next, at)
						return
					default:
						at = next
						values.Add(1)
					}
				case <-ctx.Done():
					t.Errorf("a reader from %d stands at %d", from, at)
					return
				}
				if slow && values.Load()%20 == 0 {
					<-time.After(time.Millisecond)
				}
			}
		}
		for i := range 40 {
			from := rand.IntN(len(all))
			items := follow(t, l, &all[from])
			readers.Go(func() { read(items, from, i%2 == 0) })
		}
		others.Go(func() {
			for _, e := range during {
				write(t, s, e)
			}
		})
		others.Go(func() {
			for range 40 {
				trim(t, s, time.Now().Add(time.Hour), 200, 25)
			}
		})
		others.Wait()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			readers.Wait()
		}()
	writing:
		for _, e := range after { // who begins anew at the very end waits for one more
			write(t, s, e)
			select {
			case <-ended:
				break writing
			case <-time.After(100 * time.Millisecond):
			}
		}
		<-ended
		t.Logf("%d values, %d resets", values.Load(), resets.Load())
		if floor, first, _ := kept(t, s); floor < 500 || first != floor+1 {
			t.Errorf("the floor is %d, the first event %d", floor, first)
		}
	})
}

// cursorsFrom returns the cursors after each of the next n events, the first being where it begins.
func cursorsFrom(t *testing.T, l *stream.Log, start stream.Cursor, n int) []stream.Cursor {
	t.Helper()
	out := []stream.Cursor{start}
	items := follow(t, l, &start)
	for range n {
		out = append(out, receive(t, items, stream.KindValue).Cursor)
	}
	return out[:n]
}
