package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"ariga.io/atlas/sql/migrate"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// TestMigrationsLeadToTheSchema fails when ent/schema or the extra statements changed and no migration was written.
func TestMigrationsLeadToTheSchema(t *testing.T) {
	local, err := migrate.NewLocalDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	dir := &migrate.MemDir{}
	files, err := local.Files()
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.CopyFiles(files); err != nil {
		t.Fatal(err)
	}
	sum, err := dir.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate.WriteSumFile(dir, sum); err != nil {
		t.Fatal(err)
	}
	scratch, err := store.Open(t.Context(), storetest.EmptyPostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer scratch.Close()
	if err := store.WriteMigrations(t.Context(), scratch, dir, "missing"); errors.Is(err, migrate.ErrNoPlan) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	if files, err = dir.Files(); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.Contains(f.Name(), "_missing") {
			t.Errorf("go run ./ent/store/internal/newmigration NAME would write:\n%s", f.Bytes())
		}
	}
}

// TestMigrationsAreWhole fails when a migration was edited after it had been written.
func TestMigrationsAreWhole(t *testing.T) {
	dir, err := migrate.NewLocalDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate.Validate(dir); err != nil {
		t.Error(err)
	}
}

func TestServersThatStartTogetherMigrateOnce(t *testing.T) {
	address := storetest.EmptyPostgresURL(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := store.Open(t.Context(), address)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if err := s.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
			if pending, err := s.Pending(t.Context()); err != nil || len(pending) > 0 {
				t.Errorf("pending: %v, %v", pending, err)
			}
		})
	}
	wg.Wait()
}

func TestMigrationThatFailsLeavesNothing(t *testing.T) {
	s, err := store.Open(t.Context(), storetest.EmptyPostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tables := func() int {
		return scalar[int](t, s.DB, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
	}
	if _, err := s.DB.ExecContext(t.Context(), "CREATE TABLE touchpoints (in_the_way int)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err == nil {
		t.Fatal("the migration did not fail")
	}
	if got := tables(); got != 1 {
		t.Errorf("a failed migration left %d tables", got-1)
	}
	if _, err := s.DB.ExecContext(t.Context(), "DROP TABLE touchpoints"); err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSQLiteMigratesAgainWithoutAChange(t *testing.T) {
	s := storetest.SQLite(t)
	dump := func() string {
		return strings.Join(texts(t, s, "SELECT coalesce(sql, name) FROM sqlite_master ORDER BY name"), "\n")
	}
	before := dump()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := dump(); after != before {
		t.Errorf("a second migration changed the schema:\n%s\n%s", before, after)
	}
}

func TestSQLiteDropsWhatTheSchemaNoLongerHas(t *testing.T) {
	s := storetest.SQLite(t)
	for _, statement := range []string{
		"ALTER TABLE departments ADD COLUMN bygone text NOT NULL DEFAULT 'x'",
		"CREATE INDEX bygone_index ON departments (name)",
		"CREATE TRIGGER bygone_trigger AFTER INSERT ON departments BEGIN SELECT RAISE(ABORT, 'bygone'); END",
	} {
		if _, err := s.DB.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	ours := scalar[int](t, s.DB, "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'") - 1
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, s, "SELECT name FROM sqlite_master WHERE name LIKE 'bygone%' OR sql LIKE '%bygone%'"); len(got) > 0 {
		t.Errorf("the migration left %v", got)
	}
	if got := scalar[int](t, s.DB, "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"); got != ours || ours == 0 {
		t.Errorf("after the migration there are %d triggers, want %d", got, ours)
	}
}
