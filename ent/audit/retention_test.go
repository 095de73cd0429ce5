package audit

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// trim removes old rows in one transaction.
func trim(t *testing.T, s *store.Store, before time.Time, limit int) (int, error) {
	t.Helper()
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n, err := Trim(t.Context(), tx, before, limit)
	if err != nil {
		return n, errors.Join(err, tx.Rollback())
	}
	return n, tx.Commit()
}

// floors returns how many rows are left and how many the floors say were removed.
func floors(t *testing.T, s *store.Store) (left, removed int) {
	t.Helper()
	err := s.DB.QueryRowContext(t.Context(), "SELECT (SELECT COUNT(*) FROM audit_events), (SELECT SUM(seq) FROM audit_floors)").Scan(&left, &removed)
	if err != nil {
		t.Fatal(err)
	}
	return left, removed
}

// Old rows go from the old ends of all chains, in portions, and what is left is whole, with its anchors.
func TestTrim(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.Now()
		old := func(ctx context.Context) context.Context { return clock.At(ctx, now.Add(-2*time.Hour)) }
		for i := range 40 {
			mustAppend(old(as(t, actor(i%9), viewer.Coordinator)), t, s.Client, read(actor(i)))
		}
		mustAppend(as(t, actor(1), viewer.Coordinator), t, s.Client, read(actor(1)))
		mustAppend(old(as(t, actor(1), viewer.Coordinator)), t, s.Client, read(actor(1))) // by a server whose clock is wrong
		report, err := Verify(t.Context(), s.Client)
		if err != nil {
			t.Fatal(err)
		}
		anchors := report.Anchors()
		whole := func(left, removed int) {
			t.Helper()
			if l, r := floors(t, s); l != left || r != removed {
				t.Errorf("%d rows are left and %d removed, want %d and %d", l, r, left, removed)
			}
			report, err := Verify(t.Context(), s.Client, anchors...)
			if err = errors.Join(err, report.Err()); err != nil {
				t.Error(err)
			}
		}
		for _, step := range []struct{ limit, removed, left int }{{7, 7, 35}, {7, 7, 28}, {100, 26, 2}, {100, 0, 2}} {
			if n, err := trim(t, s, now.Add(-time.Hour), step.limit); err != nil || n != step.removed {
				t.Errorf("%d removed (%v), want %d", n, err, step.removed)
			}
			whole(step.left, 42-step.left)
		}
		if n, err := trim(t, s, now.Add(time.Hour), 100); err != nil || n != 2 {
			t.Errorf("%d removed (%v) at the end", n, err)
		}
		whole(0, 42)
		mustAppend(as(t, actor(1), viewer.Coordinator), t, s.Client, read(actor(1)))
		whole(1, 42)
	})
}

// Rows that are not as they were written stay, and what comes after them, because they are the proof.
func TestTrimKeepsProof(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAttacker(t, s)
		a.set(t, 5, "detail = detail || 'forged'")
		before, _ := floors(t, s)
		var fault *Fault
		if _, err := trim(t, s, time.Now().Add(time.Hour), 100); !errors.As(err, &fault) || fault.Shard != a.shard || fault.Seq != 5 {
			t.Errorf("got %v", err)
		}
		if left, removed := floors(t, s); left != before || removed != 0 {
			t.Errorf("%d of %d rows are left, %d are removed", left, before, removed)
		}
	})
}

// The record is whole at every moment while rows are added at one end and removed at the other.
func TestTrimWhileRecording(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const rows = 200
		var recording sync.WaitGroup
		for n := range 2 {
			recording.Go(func() {
				for i := range rows / 2 {
					mustAppend(as(t, actor(2*i+n), viewer.Coordinator), t, s.Client, read(actor(i)))
				}
			})
		}
		removed := 0
		for removed < rows/2 {
			n, err := trim(t, s, time.Now().Add(time.Hour), 5)
			if err != nil {
				t.Fatal(err)
			}
			removed += n
			report, err := Verify(t.Context(), s.Client)
			if err = errors.Join(err, report.Err()); err != nil {
				t.Fatal(err)
			}
		}
		recording.Wait()
		if left, floor := floors(t, s); left != rows-removed || floor != removed {
			t.Errorf("%d left and %d below the floors of %d, of which %d were removed", left, floor, rows, removed)
		}
	})
}
