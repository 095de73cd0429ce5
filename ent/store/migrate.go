package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/postgres"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"

	entmigrate "github.com/carehub/carehub/ent/migrate"
)

//go:embed migrations
var embedded embed.FS

// Migrate brings the database to the schema of this program: SQLite automatically from the difference,
// PostgreSQL by the migrations in the order in which they were written. Running it again changes nothing.
func (s *Store) Migrate(ctx context.Context) error {
	migrate := s.migrateVersions
	if s.Dialect == dialect.SQLite {
		migrate = s.migrateAutomatically
	}
	if err := migrate(ctx); err != nil {
		return fmt.Errorf("store: migrating: %w", err)
	}
	return nil
}

// migrateAutomatically also drops what the schema no longer has: a column that is left behind and takes no
// NULL would refuse every new row.
func (s *Store) migrateAutomatically(ctx context.Context) error {
	// The writer alone: altering a table switches foreign keys off on the connection that does it.
	drv := entsql.OpenDB(dialect.SQLite, s.DB)
	if err := entmigrate.NewSchema(drv).Create(ctx, dropping(dialect.SQLite)...); err != nil {
		return err
	}
	tx, err := s.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to say
	triggers, err := names(ctx, tx, "SELECT name FROM sqlite_master WHERE type = 'trigger'")
	if err != nil {
		return err
	}
	for _, trigger := range triggers { // one of an earlier version may differ
		if _, err := tx.ExecContext(ctx, `DROP TRIGGER "`+trigger+`"`); err != nil {
			return err
		}
	}
	for _, statement := range extra[dialect.SQLite] {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%w in %s", err, statement)
		}
	}
	return tx.Commit()
}

func names(ctx context.Context, tx *sql.Tx, query string) (_ []string, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []string
	err = entsql.ScanSlice(rows, &out)
	return out, errors.Join(err, rows.Err())
}

func dropping(name string) []schema.MigrateOption {
	return []schema.MigrateOption{
		schema.WithDropColumn(true), schema.WithDropIndex(true), schema.WithDiffHook(keepExtra(name)),
	}
}

// migrateVersions applies all pending migrations in one transaction, so that a server that dies in the middle
// leaves the old schema and one that starts at the same time waits.
func (s *Store) migrateVersions(ctx context.Context) error {
	dir, err := migrations()
	if err != nil {
		return err
	}
	tx, err := s.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to say
	for _, statement := range []string{
		"SET LOCAL statement_timeout = 0", // a table is as large as it is
		"SELECT pg_advisory_xact_lock(hashtext('" + revisionsTable + "'))",
		createRevisions,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	drv, err := postgres.Open(tx)
	if err != nil {
		return err
	}
	// Others may keep tables in the same database; a table of theirs in the way fails the migration as a whole.
	executor, err := migrate.NewExecutor(drv, dir, revisions{tx}, migrate.WithAllowDirty(true))
	if err != nil {
		return err
	}
	if err := executor.ExecuteN(ctx, 0); err != nil && !errors.Is(err, migrate.ErrNoPendingFiles) {
		return err
	}
	return tx.Commit()
}

// Pending names the migrations that the database still lacks. SQLite has none: it migrates when it is opened.
func (s *Store) Pending(ctx context.Context) ([]string, error) {
	if s.Dialect == dialect.SQLite {
		return nil, nil
	}
	dir, err := migrations()
	if err != nil {
		return nil, err
	}
	files, err := dir.Files()
	if err != nil {
		return nil, err
	}
	var migrated bool
	if err := s.DB.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", revisionsTable).Scan(&migrated); err != nil {
		return nil, err
	}
	var applied []*migrate.Revision
	if migrated {
		if applied, err = (revisions{s.DB}).ReadRevisions(ctx); err != nil {
			return nil, err
		}
	}
	var pending []string
	for _, f := range files {
		if !slices.ContainsFunc(applied, func(r *migrate.Revision) bool { return r.Version == f.Version() }) {
			pending = append(pending, f.Name())
		}
	}
	return pending, nil
}

// migrations returns the embedded directory.
func migrations() (migrate.Dir, error) {
	dir := &migrate.MemDir{}
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return nil, err
	}
	return dir, fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		return dir.WriteFile(path, content)
	})
}

// WriteMigrations writes the migrations that lead from the end of the directory to the schema of this program,
// and returns migrate.ErrNoPlan where it is there already. The store is an empty PostgreSQL database, in which
// the directory is tried out.
func WriteMigrations(ctx context.Context, scratch *Store, dir migrate.Dir, name string) error {
	planner, err := schema.NewMigrate(scratch.driver, append(dropping(dialect.Postgres),
		schema.WithDir(dir), schema.WithFormatter(migrate.DefaultFormatter),
		schema.WithMigrationMode(schema.ModeReplay), schema.WithErrNoPlan(true))...)
	if err != nil {
		return err
	}
	none := planner.NamedDiff(ctx, name, entmigrate.Tables...)
	if none != nil && !errors.Is(none, migrate.ErrNoPlan) {
		return none
	}
	files, err := dir.Files()
	if err != nil {
		return err
	}
	plan := &migrate.Plan{Name: name + "_extra", Version: versionAfter(files)}
	for _, statement := range extra[dialect.Postgres] {
		if !slices.ContainsFunc(files, func(f migrate.File) bool { return strings.Contains(string(f.Bytes()), statement) }) {
			plan.Changes = append(plan.Changes, &migrate.Change{Cmd: statement})
		}
	}
	if len(plan.Changes) == 0 {
		return none
	}
	return migrate.NewPlanner(nil, dir).WritePlan(plan)
}

// versionAfter returns a version, a moment in time, that sorts after those of all files.
func versionAfter(files []migrate.File) string {
	const layout = "20060102150405"
	at := time.Now().UTC()
	for slices.ContainsFunc(files, func(f migrate.File) bool { return f.Version() >= at.Format(layout) }) {
		at = at.Add(time.Second)
	}
	return at.Format(layout)
}

// Version identifies the schema that Migrate leads to on PostgreSQL.
func Version() (string, error) {
	dir, err := migrations()
	if err != nil {
		return "", err
	}
	sum, err := dir.Checksum()
	if err != nil {
		return "", err
	}
	return sum.Sum(), nil
}
