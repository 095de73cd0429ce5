package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"modernc.org/sqlite"
)

// openSQLite opens the file with one connection that writes and several that read.
func openSQLite(path string, o options) (*Store, error) {
	if path == "" {
		return nil, errors.New("the database URL names no file")
	}
	writer, err := sqlitePool(path, 1, url.Values{
		"_txlock": {"immediate"}, // a transaction that reads first and then writes could otherwise not wait for the lock
		"_pragma": {"journal_mode(WAL)", "synchronous(" + o.synchronous + ")"},
	})
	if err != nil {
		return nil, err
	}
	write := entsql.OpenDB(dialect.SQLite, writer)
	s := &Store{DB: writer, Dialect: dialect.SQLite, driver: write}
	if path == ":memory:" { // lives in its one connection
		return s, nil
	}
	if err := createPrivate(path); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	readers, err := sqlitePool(path, max(4, runtime.GOMAXPROCS(0)), url.Values{"_pragma": {"query_only(1)"}})
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	s.driver = &split{Driver: write, readers: entsql.OpenDB(dialect.SQLite, readers)}
	return s, nil
}

// createPrivate makes a new database file that only its owner may read; SQLite gives its log the same mode.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// sqlitePool returns a pool of up to size connections, all kept open.
func sqlitePool(path string, size int, settings url.Values) (*sql.DB, error) {
	// The order matters: a connection must already wait for locks when it changes the journal mode.
	settings["_pragma"] = append([]string{"busy_timeout(10000)", "foreign_keys(1)"}, settings["_pragma"]...)
	settings.Set("_time_format", "sqlite")
	settings.Set("_timezone", "UTC") // text sorts as time only in one zone
	name := path
	if path != ":memory:" {
		name = (&url.URL{Path: filepath.Clean(path)}).EscapedPath()
	}
	source, err := sqlite.NewConnector("file:" + name + "?" + settings.Encode())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector{Connector: source, embedded: true})
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// split is the SQLite driver: what only reads never waits for the one connection that writes.
type split struct {
	*entsql.Driver
	readers *entsql.Driver
}

// Query implements dialect.ExecQuerier.
func (d *split) Query(ctx context.Context, query string, args, v any) error {
	if reads(query) {
		return d.readers.Query(ctx, query, args, v)
	}
	return d.Driver.Query(ctx, query, args, v)
}

// QueryContext implements entsql.ExecQuerier.
func (d *split) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if reads(query) {
		return d.readers.QueryContext(ctx, query, args...)
	}
	return d.Driver.QueryContext(ctx, query, args...)
}

// BeginTx starts a transaction; one that says it only reads has a reader.
func (d *split) BeginTx(ctx context.Context, opts *entsql.TxOptions) (dialect.Tx, error) {
	if opts != nil && opts.ReadOnly {
		return d.readers.BeginTx(ctx, opts)
	}
	return d.Driver.BeginTx(ctx, opts)
}

// Close implements dialect.Driver.
func (d *split) Close() error { return errors.Join(d.readers.Close(), d.Driver.Close()) }

var writing = regexp.MustCompile(`(?i)\b(INSERT|UPDATE|DELETE|REPLACE)\b`)

// reads reports whether a statement surely changes nothing. Where it cannot tell, it says no: the writer reads too.
func reads(query string) bool {
	switch verb(query) {
	case "SELECT", "VALUES":
		return true
	case "WITH":
		return !writing.MatchString(query)
	}
	return false
}
