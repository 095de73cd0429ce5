package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

func TestOpenRefusesWithoutTellingThePassword(t *testing.T) {
	for _, url := range []string{
		"", "carehub.db", "sqlite:", "mysql://u:secret@h/d", "postgres://u:secret@h:port/d", "postgres://u:sec%ret@h/d",
		"postgres://u:secret@127.0.0.1:1/d?sslmode=disable", "sqlite:" + filepath.Join(t.TempDir(), "absent", "carehub.db"),
	} {
		s, err := store.Open(t.Context(), url)
		if err == nil {
			t.Errorf("%q was opened", url)
			_ = s.Close()
		} else if strings.Contains(err.Error(), "sec") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestSQLiteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20e.db")
	s, err := store.Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files, err := filepath.Glob(filepath.Dir(path) + "/*"); err != nil || len(files) != 3 {
		t.Errorf("files %v, %v; want the database, its log and the index of that", files, err)
	} else {
		for _, f := range files {
			if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v, %v; want 0600", f, info.Mode(), err)
			}
		}
	}
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "query_only": "0",
	} {
		if got := scalar[string](t, s.DB, "PRAGMA "+pragma); got != want {
			t.Errorf("%s = %s, want %s", pragma, got, want)
		}
	}
}

func TestSQLiteInMemory(t *testing.T) {
	s, err := store.Open(t.Context(), "sqlite::memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(texts(t, s, "SELECT name FROM sqlite_master WHERE type = 'table'")); n < 20 {
		t.Errorf("%d tables in memory", n)
	}
}

// texts runs the query on the driver, as ent does.
func texts(t *testing.T, s *store.Store, query string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var rows entsql.Rows
	if err := s.Driver().Query(ctx, query, []any{}, &rows); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var out []string
	if err := entsql.ScanSlice(rows, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSQLiteReadsDoNotWaitForTheWriter(t *testing.T) {
	s := storetest.SQLite(t)
	numbers(t, s.DB, 1)
	tx := begin(t, s.DB) // holds the only connection that writes
	if _, err := tx.ExecContext(t.Context(), "UPDATE numbers SET n = 2"); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		"SELECT n FROM numbers", "\n\tselect n FROM numbers", "WITH c AS (SELECT n FROM numbers) SELECT n FROM c",
	} {
		if got := texts(t, s, query); !cmp.Equal(got, []string{"1"}) {
			t.Errorf("during the transaction %s gives %v, want 1", query, got)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, s, "SELECT n FROM numbers"); !cmp.Equal(got, []string{"2"}) {
		t.Errorf("after the transaction the number is %v, want 2", got)
	}
}

func TestSQLiteWritesThatReturnRowsReachTheWriter(t *testing.T) {
	s := storetest.SQLite(t)
	numbers(t, s.DB, 1)
	for _, query := range []string{
		"INSERT INTO numbers (n) VALUES (9) RETURNING n",
		"WITH c AS (SELECT 9 AS n) INSERT INTO numbers SELECT n FROM c RETURNING n",
	} {
		if got := texts(t, s, query); !cmp.Equal(got, []string{"9"}) {
			t.Errorf("%s gives %v", query, got)
		}
	}
	tx, err := s.Client.BeginTx(t.Context(), &entsql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // it only read
	held := begin(t, s.DB)
	if _, err := tx.Department.Query().Count(t.Context()); err != nil && !strings.Contains(err.Error(), "privacy") {
		t.Errorf("a transaction that only reads waited for the writer: %v", err)
	}
	if err := held.Rollback(); err != nil {
		t.Error(err)
	}
}

// TestKinds writes one value of each kind of field through the settings of production, as text and prepared.
func TestKinds(t *testing.T) {
	type row struct {
		ID    uuid.UUID
		Text  string
		Whole int64
		Real  float64
		Truth bool
		At    time.Time
		Maybe *time.Time
		Doc   string
		Raw   []byte
	}
	columns := map[string]string{
		dialect.SQLite:   "id uuid, txt text, whole integer, num real, truth bool, at datetime, maybe datetime, doc json, raw blob",
		dialect.Postgres: "id uuid, txt text, whole bigint, num double precision, truth bool, at timestamptz, maybe timestamptz, doc json, raw bytea",
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if _, err := s.DB.ExecContext(t.Context(), "CREATE TABLE kinds ("+columns[s.Dialect]+")"); err != nil {
			t.Fatal(err)
		}
		east := time.FixedZone("", 5*3600)
		for i := range 3 {
			at := time.Date(2026, 3, 29, 1, 59, 59, 123456000, time.UTC)
			doc, err := json.Marshal(map[string]any{"ä": []int{1}})
			if err != nil {
				t.Fatal(err)
			}
			want := row{uuid.New(), "Žluťoučký 😀 \\ '", -1 << 62, 0.1, true, at, nil, string(doc), []byte{0, 1, 0xff}}
			if i > 0 {
				want.Maybe = &at
			}
			_, err = s.DB.ExecContext(t.Context(), "INSERT INTO kinds VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
				want.ID, want.Text, want.Whole, want.Real, want.Truth, want.At.In(east), want.Maybe, doc, want.Raw)
			if err != nil {
				t.Fatal(err)
			}
			var got row
			err = s.DB.QueryRowContext(t.Context(), "SELECT * FROM kinds WHERE id = $1 AND at = $2", want.ID, at).
				Scan(&got.ID, &got.Text, &got.Whole, &got.Real, &got.Truth, &got.At, &got.Maybe, &got.Doc, &got.Raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("run %d: %s", i+1, diff)
			}
			if got.At.Location() != time.UTC {
				t.Errorf("run %d: the time is in zone %v", i+1, got.At.Location())
			}
		}
	})
}

func TestTextSortsAlike(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if _, err := s.DB.ExecContext(t.Context(), "CREATE TABLE words (word text)"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DB.ExecContext(t.Context(), "INSERT INTO words VALUES ('b'), ('B'), ('a b'), ('ab'), ('ä'), ('_'), ('')"); err != nil {
			t.Fatal(err)
		}
		want := []string{"", "B", "_", "a b", "ab", "b", "ä"}
		if diff := cmp.Diff(want, texts(t, s, "SELECT word FROM words ORDER BY word")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCheck(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if findings, err := s.Check(t.Context()); err != nil || len(findings) > 0 {
			t.Errorf("a fresh database has findings: %v, %v", findings, err)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		path := strings.TrimPrefix(storetest.SQLiteURL(t), "sqlite:")
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		copy(content[len(content)/2:], bytes.Repeat([]byte{0xAA}, 8192))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(t.Context(), "sqlite:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if findings, err := s.Check(t.Context()); err == nil && len(findings) == 0 {
			t.Error("a damaged file has no finding")
		}
	})
	t.Run("behind", func(t *testing.T) {
		s, err := store.Open(t.Context(), storetest.EmptyPostgresURL(t))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		findings, err := s.Check(t.Context())
		if err != nil || len(findings) == 0 || !strings.Contains(findings[0], "pending") {
			t.Errorf("an empty database has the findings %v, %v", findings, err)
		}
		if err := errors.Join(s.Migrate(t.Context()), s.Migrate(t.Context())); err != nil {
			t.Fatal(err)
		}
		if findings, err := s.Check(t.Context()); err != nil || len(findings) > 0 {
			t.Errorf("after migrating it has the findings %v, %v", findings, err)
		}
	})
}
