package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/lib/pq"

	"github.com/carehub/carehub/ent/store"
)

// create makes a database from the template and drops it when the test is over.
func create(t testing.TB, server, template string) string {
	t.Helper()
	database := name("carehub_test_")
	ctx := context.WithoutCancel(t.Context())
	if err := execute(ctx, server, "CREATE DATABASE "+pq.QuoteIdentifier(database)+" TEMPLATE "+pq.QuoteIdentifier(template)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := execute(ctx, server, "DROP DATABASE "+pq.QuoteIdentifier(database)+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	address, err := named(server, database)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

var templates struct {
	sync.Mutex
	made map[string]string // by server
}

// templateOn returns the name of the server's migrated database for this test binary, which the first test of
// all processes makes.
func templateOn(server string) (string, error) {
	templates.Lock()
	defer templates.Unlock()
	if made, ok := templates.made[server]; ok {
		return made, nil
	}
	version, err := store.Version()
	if err != nil {
		return "", err
	}
	template := fmt.Sprintf("carehub_template_%x", sha256.Sum256([]byte(version)))[:40]
	if err := migrated(context.Background(), server, template); err != nil {
		return "", fmt.Errorf("storetest: making the template database: %w", err)
	}
	if templates.made == nil {
		templates.made = map[string]string{}
	}
	templates.made[server] = template
	return template, nil
}

// migrated makes sure that a migrated database of the name exists. It gets the name only when it is complete.
func migrated(ctx context.Context, server, template string) (err error) {
	db, err := sql.Open("postgres", server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // the lock belongs to the connection, and ends with it
	if _, err := db.ExecContext(ctx, "SELECT pg_advisory_lock(hashtext('carehub_template'))"); err != nil {
		return err
	}
	var exists bool
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", template).Scan(&exists)
	if err != nil || exists {
		return err
	}
	making := name("carehub_making_")
	_, err = db.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(making)+" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
	if err != nil {
		return err
	}
	address, err := named(server, making)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, address)
	if err != nil {
		return err
	}
	if err := errors.Join(s.Migrate(ctx), s.Close()); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "ALTER DATABASE "+pq.QuoteIdentifier(making)+" RENAME TO "+pq.QuoteIdentifier(template))
	return err
}

func execute(ctx context.Context, server, statement string) (err error) {
	db, err := sql.Open("postgres", server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}
