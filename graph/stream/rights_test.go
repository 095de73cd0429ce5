package stream_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/stream"
)

// version reads an event as the version of the rights under which it was read.
func version(ctx context.Context, _ stream.Event) (int, bool, error) {
	return viewer.From(ctx).RightsVersion, true, nil
}

// asking returns a context with the identity.
func asking(t testing.TB, identity uuid.UUID) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(viewer.NewContext(t.Context(), &viewer.Identity{Key: identity}))
	t.Cleanup(cancel)
	return ctx
}

// cached is a cache of one identity's rights, as the server has it: a hook empties it.
type cached struct{ database, version atomic.Int64 }

func (c *cached) hook(uuid.UUID) { c.version.Store(0) }

func (c *cached) refresh(ctx context.Context) (context.Context, error) {
	c.version.CompareAndSwap(0, c.database.Load())
	v := *viewer.From(ctx)
	v.RightsVersion = int(c.version.Load())
	return viewer.NewContext(ctx, &v), nil
}

// No event after the change of a viewer's rights is read under the old ones; of somebody else's change the
// viewer hears nothing.
func TestRightsChange(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{Ring: 8})
		me := uuid.New()
		var rights cached
		rights.database.Store(1)
		l.OnAccessChanged(rights.hook)
		items, err := stream.Follow(asking(t, me), l, nil, all, version, stream.WithViewer(rights.refresh))
		if err != nil {
			t.Fatal(err)
		}
		receive(t, items, stream.KindCheckpoint)
		write(t, s, entry(), accessChanged(uuid.New()), entry())
		for range 3 {
			if it := receive(t, items, stream.KindValue); it.Value != 1 {
				t.Errorf("read under rights %d, want 1", it.Value)
			}
		}
		rights.database.Store(2)
		write(t, s, append(append(many(20), accessChanged(me)), many(20)...)...)
		for range 20 { // the rights at the time of reading or, of what was already under way, those before
			receive(t, items, stream.KindValue)
		}
		it := receive(t, items, stream.KindReset)
		if it.Reason != stream.ScopeChanged {
			t.Errorf("reset for %s", it.Reason)
		}
		for range 20 {
			if it := receive(t, items, stream.KindValue); it.Value != 2 {
				t.Errorf("read under rights %d, want 2", it.Value)
			}
		}
		again, err := stream.Follow(asking(t, me), l, &it.Cursor, all, version, stream.WithViewer(rights.refresh))
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			receive(t, again, stream.KindValue)
		}
	})
}

// A stream that begins on a server that has not heard yet of a change before its cursor must not keep the rights
// that this server remembers.
func TestRightsChangeBeforeCursor(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		lagging := unmoved(t, peer(t, s), stream.Options{})
		me := uuid.New()
		var rights cached
		rights.database.Store(2)
		rights.version.Store(1)
		lagging.OnAccessChanged(rights.hook)
		l := open(t, s, stream.Options{})
		write(t, s, accessChanged(me), entry())
		settle(t, l)
		at := l.Head()
		items, err := stream.Follow(asking(t, me), lagging, &at, all, version, stream.WithViewer(rights.refresh))
		if err != nil {
			t.Fatal(err)
		}
		write(t, s, entry())
		settle(t, l)
		advance(t, lagging)
		if it := receive(t, items, stream.KindValue); it.Value != 2 {
			t.Errorf("read under rights %d, want 2", it.Value)
		}
	})
}

// What is read from the table is not handed out before the hooks have heard of what it has.
func TestTableIsNotAheadOfHooks(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		lagging := unmoved(t, peer(t, s), stream.Options{Ring: 4})
		l := open(t, s, stream.Options{})
		at := l.Head()
		keys := write(t, s, many(10)...)
		settle(t, l)
		advance(t, lagging)
		later := write(t, s, accessChanged(uuid.New()), entry())
		settle(t, l)
		items := follow(t, lagging, &at)
		expect(t, items, keys...)
		quiet(t, items)
		advance(t, lagging)
		expect(t, items, later...)
	})
}

// Events that are skipped may have changed rights, so after every reset the viewer is read anew.
func TestRightsAfterReset(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{Ring: 4})
		var rights cached
		l.OnAccessChanged(rights.hook)
		me := uuid.New()
		rights.database.Store(1)
		at := l.Head()
		hold := make(chan struct{})
		items, err := stream.Follow(asking(t, me), l, nil, all, func(ctx context.Context, e stream.Event) (int, bool, error) {
			<-hold
			return version(ctx, e)
		}, stream.WithViewer(rights.refresh))
		if err != nil {
			t.Fatal(err)
		}
		receive(t, items, stream.KindCheckpoint)
		write(t, s, entry())
		settle(t, l)
		rights.database.Store(2)
		write(t, s, append([]stream.Entry{accessChanged(me)}, many(300)...)...)
		settle(t, l)
		execute(t, s, "UPDATE event_heads SET floor = last WHERE id = 1")
		execute(t, s, "DELETE FROM events")
		close(hold)
		for {
			it := <-items
			if it.Kind == stream.KindReset && it.Reason == stream.CursorExpired {
				break
			}
			if it.Kind != stream.KindValue {
				t.Fatalf("got %+v", it)
			}
		}
		write(t, s, entry())
		if it := receive(t, items, stream.KindValue); it.Value != 2 {
			t.Errorf("read under rights %d, want 2", it.Value)
		}
		resume(t, s, l, at, stream.CursorExpired)
	})
}

// The hooks hear of every change, in the order of the log and before a later event is handed out.
func TestHooks(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{})
		var heard atomic.Int64
		l.OnAccessChanged(func(subject uuid.UUID) {
			if heard.Add(1) != int64(subject[0]) {
				t.Errorf("heard of %v out of order", subject)
			}
		})
		items := follow(t, l, nil)
		receive(t, items, stream.KindCheckpoint)
		for n := range byte(50) {
			write(t, s, accessChanged(uuid.UUID{n + 1}), entry())
		}
		for n := range int64(50) {
			receive(t, items, stream.KindValue)
			receive(t, items, stream.KindValue)
			if heard.Load() <= n {
				t.Fatalf("the event after change %d came before the hook was called", n+1)
			}
		}
	})
}

// A viewer that may no longer ask at all, and one that cannot be read anew, gets nothing more.
func TestRightsEnd(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{})
		revoked := errors.New("revoked")
		me := uuid.New()
		may := atomic.Bool{}
		may.Store(true)
		ended, err := stream.Follow(asking(t, me), l, nil, all, version, stream.WithViewer(
			func(ctx context.Context) (context.Context, error) {
				if may.Load() {
					return ctx, nil
				}
				return nil, revoked
			}))
		if err != nil {
			t.Fatal(err)
		}
		fixed, err := stream.Follow(asking(t, me), l, nil, all, version)
		if err != nil {
			t.Fatal(err)
		}
		receive(t, ended, stream.KindCheckpoint)
		receive(t, fixed, stream.KindCheckpoint)
		may.Store(false)
		write(t, s, accessChanged(me), entry())
		if it := receive(t, ended, stream.KindFailure); !errors.Is(it.Err, revoked) {
			t.Errorf("ended with %v", it.Err)
		}
		if it := receive(t, fixed, stream.KindFailure); fault.CodeOf(it.Err) != fault.Unauthenticated {
			t.Errorf("ended with %v", it.Err)
		}
	})
}

// A change of rights that names nobody would revoke nothing.
func TestAccessChangedNamesAnIdentity(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		tx, err := s.Client.Tx(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback() //nolint:errcheck // the test is over
		nameless := stream.Entry{Kind: code.EventKindAccessChanged, Entity: "identity", ID: uuid.New()}
		if err := stream.Append(t.Context(), tx, nameless); err == nil {
			t.Error("the event was written")
		}
	})
}
