package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// numbers makes a table of the numbers 1 to n.
func numbers(t *testing.T, db *sql.DB, n int) {
	t.Helper()
	for _, statement := range []string{
		"CREATE TABLE numbers (n bigint NOT NULL)",
		fmt.Sprintf("INSERT INTO numbers WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d) SELECT n FROM c", n),
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// querier is a connection, a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func scalar[T any](t *testing.T, q querier, query string, args ...any) T {
	t.Helper()
	var v T
	if err := q.QueryRowContext(t.Context(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

func begin(t *testing.T, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func TestStatementIsPreparedOnItsSecondRun(t *testing.T) {
	s := storetest.Postgres(t)
	prepared := func(q querier) int {
		return scalar[int](t, q, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%carehub%';")
	}
	s.DB.SetMaxOpenConns(1)
	tx := begin(t, s.DB)
	for i, want := range []int{0, 1, 1} {
		scalar[int](t, tx, "SELECT $1::int + 1 AS carehub", i)
		if got := prepared(tx); got != want {
			t.Errorf("after run %d, %d statements are prepared, want %d", i+1, got, want)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := prepared(s.DB); got != 1 {
		t.Errorf("after the transaction, %d statements are prepared, want 1", got)
	}
}

func TestStatementsAreBounded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		tx := begin(t, s.DB)
		for range 2 {
			for i := range 400 {
				for range 2 {
					if got := scalar[int](t, tx, fmt.Sprintf("SELECT %d", i)); got != i {
						t.Fatalf("SELECT %d = %d", i, got)
					}
				}
			}
		}
		if s.Dialect == dialect.Postgres {
			if got := scalar[int](t, tx, "SELECT count(*) FROM pg_prepared_statements"); got < 200 || got > 256 {
				t.Errorf("%d statements are prepared, want at most 256", got)
			}
		}
	})
}

func TestStatementIsEvictedWhileItsRowsAreRead(t *testing.T) {
	s := storetest.SQLite(t)
	numbers(t, s.DB, 1000)
	const query = "SELECT n FROM numbers ORDER BY n"
	tx := begin(t, s.DB)
	scalar[int](t, tx, query)
	rows, err := tx.QueryContext(t.Context(), query) // prepared
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	read := 0
	for ; rows.Next(); read++ {
		if read == 10 {
			if got := scalar[int](t, tx, query); got != 1 {
				t.Errorf("the same statement inside its own rows gives %d, want 1", got)
			}
			for i := range 300 {
				scalar[int](t, tx, fmt.Sprintf("SELECT %d", i))
			}
		}
	}
	if err := rows.Err(); err != nil || read != 1000 {
		t.Errorf("read %d rows, %v; want 1000", read, err)
	}
	if got := scalar[int](t, tx, query); got != 1 {
		t.Errorf("after its eviction the statement gives %d, want 1", got)
	}
}

func TestSecondResultInOnePostgresTransactionIsRefused(t *testing.T) {
	s := storetest.Postgres(t)
	numbers(t, s.DB, 1000)
	for _, runs := range []int{1, 2} { // as text, and prepared
		tx := begin(t, s.DB)
		for range runs - 1 {
			scalar[int](t, tx, "SELECT n FROM numbers")
		}
		rows, err := tx.QueryContext(t.Context(), "SELECT n FROM numbers")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), "SELECT 1"); err == nil {
			t.Error("a statement ran while rows were being read")
		}
		read := 0
		for rows.Next() {
			read++
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || read != 1000 { //nolint:sqlclosecheck // within the loop
			t.Errorf("read %d rows, %v; want 1000", read, err)
		}
		if got := scalar[int](t, tx, "SELECT 7"); got != 7 {
			t.Errorf("afterwards the transaction gives %d, want 7", got)
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

func TestStatementsSurviveLostConnections(t *testing.T) {
	s := storetest.Postgres(t)
	numbers(t, s.DB, 3)
	count := func() int { return scalar[int](t, s.DB, "SELECT count(*) FROM numbers WHERE n <= $1", 3) }
	for range 3 {
		count()
	}
	other := storetest.Server(t)
	admin, err := store.Open(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	name := scalar[string](t, s.DB, "SELECT current_database()")
	scalar[int](t, admin.DB, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1", name)
	for range 3 {
		if got := count(); got != 3 {
			t.Errorf("after the connections were lost, the count is %d, want 3", got)
		}
	}
}

func TestMigrationOutdatesAPlanOfARunningServer(t *testing.T) {
	s := storetest.Postgres(t)
	numbers(t, s.DB, 1)
	s.DB.SetMaxOpenConns(2)
	const query = "SELECT * FROM numbers WHERE n > $1"
	width := func() int {
		rows, err := s.DB.QueryContext(t.Context(), query, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err := errors.Join(err, rows.Err()); err != nil {
			t.Fatal(err)
		}
		return len(columns)
	}
	for range 3 {
		width()
	}
	if _, err := s.DB.ExecContext(t.Context(), "ALTER TABLE numbers ADD COLUMN name text"); err != nil {
		t.Fatal(err)
	}
	if got := width(); got != 2 {
		t.Errorf("after the migration a row has %d columns, want 2", got)
	}
	if _, err := s.DB.ExecContext(t.Context(), "ALTER TABLE numbers ADD COLUMN more text"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		width()
	}
	if got := width(); got != 3 {
		t.Errorf("after two migrations a row has %d columns, want 3", got)
	}
}

func TestStatementsInParallel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		numbers(t, s.DB, 100)
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				for i := range 50 {
					if worker%2 == 0 {
						got := scalar[int](t, s.DB, "SELECT count(*) FROM numbers WHERE n <= $1", 50)
						if got != 50 {
							t.Errorf("the count is %d, want 50", got)
						}
						continue
					}
					tx, err := s.DB.BeginTx(t.Context(), nil)
					if err != nil {
						t.Error(err)
						return
					}
					_, err = tx.ExecContext(t.Context(), "INSERT INTO numbers (n) VALUES ($1)", 1000+worker*100+i)
					if err := errors.Join(err, tx.Commit()); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		if got := scalar[int](t, s.DB, "SELECT count(*) FROM numbers"); got != 300 {
			t.Errorf("%d numbers, want 300", got)
		}
	})
}

func TestStatementEndsWithItsContext(t *testing.T) {
	const endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 4000000000) SELECT count(*) FROM c"
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for range 3 { // as text, prepared, and again
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			began := time.Now()
			err := s.DB.QueryRowContext(ctx, endless).Scan(new(int))
			cancel()
			if err == nil || time.Since(began) > 5*time.Second {
				t.Errorf("ended after %v with %v", time.Since(began), err)
			}
			if got := scalar[int](t, s.DB, "SELECT 5"); got != 5 {
				t.Errorf("afterwards the connection gives %d, want 5", got)
			}
		}
	})
	s := storetest.Postgres(t, store.WithStatementTimeout(50*time.Millisecond))
	if err := s.DB.QueryRowContext(t.Context(), endless).Scan(new(int)); err == nil {
		t.Error("the statement timeout did not end the statement")
	}
}

func TestCounter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		numbers(t, s.DB, 1)
		ctx, counter := store.WithCounter(t.Context())
		for range 2 {
			if err := s.DB.QueryRowContext(ctx, "SELECT n FROM numbers WHERE n = $1", 1).Scan(new(int)); err != nil {
				t.Fatal(err)
			}
		}
		tx, err := s.DB.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM numbers"); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		scalar[int](t, s.DB, "SELECT count(*) FROM numbers") // under another context
		got := fmt.Sprint(counter.Count(), counter.Statements())
		want := "3 [{SELECT n FROM numbers WHERE n = $1 [1]} {SELECT n FROM numbers WHERE n = $1 [1]} {DELETE FROM numbers []}]"
		if got != want {
			t.Errorf("counted %s, want %s", got, want)
		}
	})
}
