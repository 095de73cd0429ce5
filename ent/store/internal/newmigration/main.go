// Command newmigration writes the PostgreSQL migrations that lead from ent/store/migrations to the schema of
// ent/schema: `go run ./ent/store/internal/newmigration NAME`, after `go generate ./...`. It tries them out on the
// server that CAREHUB_TEST_POSTGRES_URL names, or on one of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"

	"ariga.io/atlas/sql/migrate"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/internal/cluster"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./ent/store/internal/newmigration NAME")
		os.Exit(2)
	}
	switch err := write(context.Background(), os.Args[1]); {
	case errors.Is(err, migrate.ErrNoPlan):
		fmt.Println("the migrations already lead to the schema")
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(ctx context.Context, name string) (err error) {
	dir, err := migrate.NewLocalDir("ent/store/migrations")
	if err != nil {
		return fmt.Errorf("%w: run it from the root of the repository", err)
	}
	if err := begin(dir); err != nil {
		return err
	}
	server := os.Getenv("CAREHUB_TEST_POSTGRES_URL")
	if server == "" {
		if server, err = cluster.URL(ctx, os.Getpid()); err != nil {
			return err
		}
	}
	admin, err := store.Open(ctx, server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	scratch := fmt.Sprintf("carehub_newmigration_%d", os.Getpid())
	if _, err := admin.DB.ExecContext(ctx, "CREATE DATABASE "+scratch+" TEMPLATE template0"); err != nil {
		return err
	}
	defer func() {
		_, dropped := admin.DB.ExecContext(ctx, "DROP DATABASE "+scratch+" WITH (FORCE)")
		err = errors.Join(err, dropped)
	}()
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	u.Path = "/" + scratch
	s, err := store.Open(ctx, u.String())
	if err != nil {
		return err
	}
	return errors.Join(store.WriteMigrations(ctx, s, dir, name), s.Close())
}

// begin makes an empty directory whole, so that migrations that were never released can be removed and written
// as one.
func begin(dir migrate.Dir) error {
	files, err := dir.Files()
	if err != nil || len(files) > 0 {
		return err
	}
	sum, err := dir.Checksum()
	if err != nil {
		return err
	}
	return migrate.WriteSumFile(dir, sum)
}
