package stream_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph/stream"
)

// Two sequencers meet at the lock. Only the one that looks for events after it has the lock leaves a log without
// holes; the two well-known mistakes are tried as well, so that the check is known to find them.
func TestSequencersMeet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, number string
		dense        bool
	}{
		{"lock first", "", true},
		{"lock and look in one statement", stream.NumberInOneStatement, false},
		{"no second look at the position", stream.NumberWithoutRecheck, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := storetest.Postgres(t)
			write(t, s, many(5)...)
			first, second := begin(t, s), begin(t, s)
			run(t, first, stream.LockHead, nil)
			met := make(chan error, 1)
			go func() {
				if c.number == "" {
					met <- try(second, stream.LockHead)
					return
				}
				met <- try(second, c.number, 100)
			}()
			waiting(t, s)
			run(t, first, stream.NumberEvents, []any{0, 3}) // leaves two
			run(t, first, stream.MoveHead, []any{3})
			if err := first.Commit(); err != nil {
				t.Fatal(err)
			}
			err := <-met
			if c.number == "" && err == nil {
				err = try(second, stream.NumberEvents, 3, 100)
			}
			if err == nil {
				err = second.Commit()
			}
			var n, lowest, highest int64
			if err := s.DB.QueryRowContext(t.Context(), "SELECT count(pos), min(pos), max(pos) FROM events").
				Scan(&n, &lowest, &highest); err != nil {
				t.Fatal(err)
			}
			if dense := err == nil && n == 5 && lowest == 1 && highest == 5; dense != c.dense {
				t.Errorf("%d events have positions from %d to %d (%v), dense: %v", n, lowest, highest, err, dense)
			}
		})
	}
}

func begin(t *testing.T, s *store.Store) *sql.Tx {
	t.Helper()
	tx, err := s.DB.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func try(tx *sql.Tx, statement string, args ...any) error {
	_, err := tx.ExecContext(context.Background(), statement, args...)
	return err
}

func run(t *testing.T, tx *sql.Tx, statement string, args []any) {
	t.Helper()
	if err := try(tx, statement, args...); err != nil {
		t.Fatal(err)
	}
}

// waiting returns when somebody waits for a lock.
func waiting(t *testing.T, s *store.Store) {
	t.Helper()
	for n := 0; n == 0; time.Sleep(time.Millisecond) {
		if err := s.DB.QueryRowContext(t.Context(),
			"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}

// A transaction that began earlier and commits later than another comes later, and is not forgotten.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	s := storetest.Postgres(t)
	items := follow(t, open(t, s, stream.Options{}), nil)
	receive(t, items, stream.KindCheckpoint)
	slow, err := s.Client.Tx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	late := entry()
	if err := stream.Append(t.Context(), slow, late); err != nil {
		t.Fatal(err)
	}
	expect(t, items, write(t, s, many(3)...)...)
	if err := slow.Commit(); err != nil {
		t.Fatal(err)
	}
	expect(t, items, late.ID)
}

// A server that freezes while it gives positions does not stop the others for long.
func TestFrozenSequencer(t *testing.T) {
	t.Parallel()
	s := storetest.Postgres(t)
	items := follow(t, open(t, s, stream.Options{}), nil)
	receive(t, items, stream.KindCheckpoint)
	frozen := begin(t, peer(t, s))
	run(t, frozen, stream.LockHead, nil)
	expect(t, items, write(t, s, entry())...)
	if err := try(frozen, stream.MoveHead, 1000); err == nil {
		t.Error("the frozen server has the lock still")
	}
}

// What was seen must survive a crash, also where the database does not care.
func TestSequencerCommitsDurably(t *testing.T) {
	t.Parallel()
	tx := begin(t, storetest.Postgres(t))
	run(t, tx, "SET LOCAL synchronous_commit = off", nil)
	run(t, tx, stream.LockHead, nil)
	var setting string
	if err := tx.QueryRowContext(t.Context(), "SHOW synchronous_commit").Scan(&setting); err != nil || setting != "on" {
		t.Errorf("synchronous_commit is %s (%v)", setting, err)
	}
}

// A notification wakes another server, also after its listener was killed. Without a poll nothing else would.
func TestNotification(t *testing.T) {
	t.Parallel()
	s := storetest.Postgres(t)
	open(t, s, stream.Options{}) // gives the positions
	items := follow(t, open(t, peer(t, s), stream.Options{Poll: time.Hour}), nil)
	receive(t, items, stream.KindCheckpoint)
	for range 3 {
		listening(t, s)
		expect(t, items, write(t, s, entry())...)
		killListeners(t, s)
		// What nobody heard is found at the reconnect.
		expect(t, items, write(t, s, entry())...)
	}
}

// listening returns when both servers listen.
func listening(t *testing.T, s *store.Store) {
	t.Helper()
	for n := 0; n < 2; time.Sleep(time.Millisecond) {
		if err := s.DB.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'LISTEN %' AND state = 'idle' AND pid <> pg_backend_pid()`).Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}
