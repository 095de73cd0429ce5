package stream_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a log of the database that is closed at the end of the test.
func open(t testing.TB, s *store.Store, o stream.Options) *stream.Log {
	t.Helper()
	return closing(t, s, o, stream.Open)
}

// unmoved returns a log that moves on only by advance.
func unmoved(t testing.TB, s *store.Store, o stream.Options) *stream.Log {
	t.Helper()
	return closing(t, s, o, stream.Unmoved)
}

func closing(
	t testing.TB, s *store.Store, o stream.Options,
	open func(context.Context, *store.Store, stream.Options) (*stream.Log, error),
) *stream.Log {
	t.Helper()
	o.Key = []byte("a key that all servers share")
	o.Logger = slog.New(slog.DiscardHandler)
	l, err := open(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, l) })
	return l
}

func advance(t testing.TB, l *stream.Log) {
	t.Helper()
	if err := stream.Advance(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

// settle returns when the log has come to the end of the table.
func settle(t testing.TB, l *stream.Log) {
	t.Helper()
	if err := stream.Settle(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

func shut(t testing.TB, l *stream.Log) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		t.Error(err)
	}
}

// peer opens the database once more, as another server does; an SQLite database has one server.
func peer(t testing.TB, s *store.Store) *store.Store {
	t.Helper()
	if s.Dialect == dialect.SQLite {
		return s
	}
	other, err := store.Open(t.Context(), s.Source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
	return other
}

// entry returns an entry about a new case.
func entry() stream.Entry {
	return stream.Entry{Kind: code.EventKindCaseEntered, Entity: "case", ID: uuid.New()}
}

func accessChanged(identity uuid.UUID) stream.Entry {
	return stream.Entry{Kind: code.EventKindAccessChanged, Entity: "identity", ID: identity, Subject: &identity}
}

// write commits the entries in one transaction and returns their keys.
func write(t testing.TB, s *store.Store, entries ...stream.Entry) []uuid.UUID {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	tx, err := s.Client.Tx(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var keys []uuid.UUID
	for _, e := range entries {
		if err := stream.Append(ctx, tx, e); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, e.ID)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return keys
}

// many returns n entries.
func many(n int) []stream.Entry {
	var entries []stream.Entry
	for range n {
		entries = append(entries, entry())
	}
	return entries
}

// execute runs a statement past ent.
func execute(t testing.TB, s *store.Store, statement string, args ...any) {
	t.Helper()
	if _, err := s.DB.ExecContext(context.WithoutCancel(t.Context()), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// item is an item of a stream whose values are the events themselves.
type item = stream.Item[stream.Event]

func all(stream.Event) bool { return true }

func itself(_ context.Context, e stream.Event) (stream.Event, bool, error) { return e, true, nil }

// follow streams every event until the test ends.
func follow(t testing.TB, l *stream.Log, after *stream.Cursor) <-chan item {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	items, err := stream.Follow(ctx, l, after, all, itself)
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// receive returns the next item, which must be of the kind.
func receive[T any](t testing.TB, items <-chan stream.Item[T], kind stream.ItemKind) stream.Item[T] {
	t.Helper()
	select {
	case it, ok := <-items:
		if !ok || it.Kind != kind {
			t.Fatalf("got %+v (open: %v), want an item of kind %d", it, ok, kind)
		}
		return it
	case <-time.After(10 * time.Second):
		t.Fatalf("nothing came, want an item of kind %d", kind)
	}
	panic("unreachable")
}

// expect receives the values with the keys, and nothing else before or between them.
func expect(t testing.TB, items <-chan item, keys ...uuid.UUID) (last stream.Cursor) {
	t.Helper()
	for i, key := range keys {
		it := receive(t, items, stream.KindValue)
		if it.Value.ID != key {
			t.Fatalf("value %d is of %v, want %v", i, it.Value.ID, key)
		}
		last = it.Cursor
	}
	return last
}

// quiet fails when something comes soon.
func quiet[T any](t testing.TB, items <-chan stream.Item[T]) {
	t.Helper()
	select {
	case it, ok := <-items:
		t.Fatalf("got %+v (open: %v), want nothing", it, ok)
	case <-time.After(100 * time.Millisecond):
	}
}

func each(t *testing.T, test func(*testing.T, *store.Store)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Parallel()
		test(t, s)
	})
}
