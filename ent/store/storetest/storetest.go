// Package storetest gives every data test both engines: a fresh, migrated database on each.
package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/internal/cluster"
)

// Each runs the test once per engine, as a subtest that is named after it.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite returns a fresh database in a file of its own.
func SQLite(t testing.TB, opts ...store.Option) *store.Store {
	t.Helper()
	return open(t, SQLiteURL(t), append([]store.Option{store.WithSynchronous("OFF")}, opts...)...)
}

// SQLiteURL returns the URL of a fresh database, for a test that opens it itself.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	content, err := migratedFile()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "carehub.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// Postgres returns a fresh database on the test server. Without PostgreSQL the test is skipped.
func Postgres(t testing.TB, opts ...store.Option) *store.Store {
	t.Helper()
	return open(t, PostgresURL(t), opts...)
}

// PostgresURL returns the URL of a fresh database, for a test that opens it itself. Without PostgreSQL the test
// is skipped.
func PostgresURL(t testing.TB) string {
	t.Helper()
	server := Server(t)
	template, err := templateOn(server)
	if err != nil {
		t.Fatal(err)
	}
	return create(t, server, template)
}

// EmptyPostgresURL is PostgresURL before any migration.
func EmptyPostgresURL(t testing.TB) string {
	t.Helper()
	return create(t, Server(t), "template0")
}

// Server returns the URL of the PostgreSQL server for tests: the one that CAREHUB_TEST_POSTGRES_URL names, whose
// role may create databases, or one that lives as long as this run of go test does.
func Server(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("CAREHUB_TEST_POSTGRES_URL"); server != "" {
		return server
	}
	server, err := cluster.URL(t.Context(), run())
	Require(t, "PostgreSQL", !errors.Is(err, cluster.ErrAbsent))
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// Require skips the test where a part is absent that it needs and that a developer may do without, such as
// PostgreSQL or Chromium. With CAREHUB_REQUIRE_ALL=1 nothing may be absent.
func Require(t testing.TB, what string, present bool) {
	t.Helper()
	switch {
	case present:
	case os.Getenv("CAREHUB_REQUIRE_ALL") == "1":
		t.Fatalf("%s is absent, and CAREHUB_REQUIRE_ALL=1", what)
	default:
		t.Skipf("%s is absent", what)
	}
}

// run returns the process whose life the server shares: the go command, where it started this test, because its
// other tests use the same server; otherwise this process.
func run() int {
	parent := os.Getppid()
	name, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(parent), "comm"))
	if err == nil && strings.TrimSpace(string(name)) == "go" {
		return parent
	}
	return os.Getpid()
}

func open(t testing.TB, address string, opts ...store.Option) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), address, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// migratedFile returns the bytes of an empty SQLite database; migrating it anew for every test would take longer
// than most tests do.
var migratedFile = sync.OnceValues(func() (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "carehub")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "carehub.db")
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+path, store.WithSynchronous("OFF"))
	if err != nil {
		return nil, err
	}
	// The last connection that is closed moves the log into the file.
	if err := errors.Join(s.Migrate(ctx), s.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// name returns a name for a database that no other test of any process uses.
func name(prefix string) string { return prefix + strings.ToLower(rand.Text()) }

// named returns the server's URL with another database in it.
func named(server, database string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + database
	return u.String(), nil
}
