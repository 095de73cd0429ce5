// Package store opens the database: its connections, its prepared statements and its migrations.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect"

	"github.com/carehub/carehub/ent"
	_ "github.com/carehub/carehub/ent/runtime" // policies, hooks and defaults of the entities
)

// Store is an open database.
type Store struct {
	// Client is the entities' door to the database.
	Client *ent.Client
	// DB is the pool of connections that may write. On SQLite it has one connection, which every transaction
	// holds; what only reads goes through Client or Driver, which have readers of their own.
	DB *sql.DB
	// Dialect is dialect.SQLite or dialect.Postgres.
	Dialect string
	// Source is the data source name for a lib/pq Listener; empty on SQLite.
	Source string

	driver dialect.Driver
}

type options struct {
	statementTimeout time.Duration
	synchronous      string
}

// Option changes how a database is opened.
type Option func(*options)

// WithStatementTimeout bounds each statement on PostgreSQL, which otherwise is 30 seconds. SQLite has no such
// bound: there a statement ends with its context.
func WithStatementTimeout(d time.Duration) Option {
	return func(o *options) { o.statementTimeout = d }
}

// WithSynchronous sets SQLite's synchronous pragma, otherwise FULL: a commit that was acknowledged survives a
// loss of power. NORMAL and OFF trade that for speed.
func WithSynchronous(mode string) Option {
	return func(o *options) { o.synchronous = mode }
}

// Open opens the database that the URL names: "sqlite:PATH", "sqlite::memory:" or "postgres://...".
// It does not migrate.
func Open(ctx context.Context, url string, opts ...Option) (*Store, error) {
	o := options{statementTimeout: 30 * time.Second, synchronous: "FULL"}
	for _, opt := range opts {
		opt(&o)
	}
	var s *Store
	var err error
	switch scheme, rest, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		s, err = openSQLite(rest, o)
	case "postgres", "postgresql":
		s, err = openPostgres(url, o)
	default:
		err = errors.New(`the database URL is neither "sqlite:PATH" nor "postgres://..."`)
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := s.DB.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("store: opening the database: %w", err), s.driver.Close())
	}
	s.Client = ent.NewClient(ent.Driver(s.driver))
	return s, nil
}

// Driver is what Client runs its statements on, for statements that ent does not write.
func (s *Store) Driver() dialect.Driver { return s.driver }

// Close closes all connections.
func (s *Store) Close() error { return s.driver.Close() }
