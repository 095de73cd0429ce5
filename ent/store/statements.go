package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/lib/pq"
)

// statementsPerConnection bounds the statements that one connection keeps prepared.
const statementsPerConnection = 256

// errReading is returned where a PostgreSQL connection is asked for a second result before the first was
// read to its end: its protocol has one conversation at a time.
var errReading = errors.New("store: the rows of an earlier statement of this transaction are still being read")

// connector opens connections that keep prepared what they run repeatedly, and that report every statement to
// the counter of its context.
//
// Statements are kept below database/sql and not above it: a driver connection has one user at a time, so its
// cache needs no locks, serves statements inside and outside of transactions alike, and is gone together with
// the connection it was prepared on.
type connector struct {
	driver.Connector
	// embedded is the database inside this process (SQLite): results of one connection may overlap, and
	// prepared statements are memory that only closing them frees.
	embedded bool
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	raw, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := raw.(rawConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("store: driver %T lacks an interface that the store needs", raw), raw.Close())
	}
	cn := &conn{rawConn: inner, embedded: c.embedded}
	cn.cache, err = simplelru.NewLRU(statementsPerConnection, func(_ string, s *statement) { s.evict() })
	return cn, err
}

// rawConn is what both drivers' connections can do.
type rawConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.Pinger
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
}

// conn is one connection with its prepared statements.
type conn struct {
	rawConn
	embedded bool
	cache    *simplelru.LRU[string, *statement]
	// open counts the results that are being read.
	open int
}

// statement is a text that the connection has seen. It is prepared when it is run for the second time, so that
// a text of which there is only one costs neither a round trip nor the place of another.
type statement struct {
	prepared interface {
		driver.Stmt
		driver.StmtExecContext
		driver.StmtQueryContext
	}
	// busy: a result of it is being read; it must be neither run again nor closed.
	busy, evicted bool
}

func (s *statement) evict() {
	s.evicted = true
	if !s.busy && s.prepared != nil {
		// A connection on which closing fails knows itself that it is broken.
		_ = s.prepared.Close()
	}
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	record(ctx, query, args)
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	var result driver.Rows
	if s == nil {
		result, err = c.rawConn.QueryContext(ctx, query, args)
	} else {
		result, err = s.prepared.QueryContext(ctx, args)
		err = c.renew(query, err)
	}
	if err != nil {
		return nil, err
	}
	c.open++
	if s != nil {
		s.busy = true
	}
	return &rows{Rows: result, conn: c, statement: s}, nil
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	record(ctx, query, args)
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.rawConn.ExecContext(ctx, query, args)
	}
	result, err := s.prepared.ExecContext(ctx, args)
	return result, c.renew(query, err)
}

// statement returns the prepared statement to run for the query, or nil when the query is to be run as text.
func (c *conn) statement(ctx context.Context, query string) (*statement, error) {
	if c.open > 0 && !c.embedded {
		return nil, errReading
	}
	s, seen := c.cache.Get(query)
	switch {
	case !seen:
		if preparable(query) {
			c.cache.Add(query, &statement{})
		}
		return nil, nil //nolint:nilnil // as the comment says
	case s.busy:
		return nil, nil //nolint:nilnil // as the comment says
	case s.prepared == nil:
		raw, err := c.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		var ok bool
		if s.prepared, ok = raw.(interface {
			driver.Stmt
			driver.StmtExecContext
			driver.StmtQueryContext
		}); !ok {
			return nil, errors.Join(fmt.Errorf("store: driver statement %T takes no context", raw), raw.Close())
		}
	}
	return s, nil
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.rawConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// Close implements driver.Conn.
func (c *conn) Close() error {
	if c.embedded {
		c.cache.Purge()
	}
	return c.rawConn.Close()
}

// renew forgets a statement whose plan a migration has outdated on a running server. database/sql then runs it
// on another connection; inside a transaction the caller sees the error, as the transaction is lost.
func (c *conn) renew(query string, err error) error {
	var refused *pq.Error
	if !errors.As(err, &refused) {
		return err
	}
	const invalidStatementName, featureNotSupported = "26000", "0A000"
	if refused.Code == invalidStatementName ||
		refused.Code == featureNotSupported && strings.HasPrefix(refused.Message, "cached plan must not change") {
		c.cache.Remove(query)
		return driver.ErrBadConn
	}
	return err
}

// rows is a result that gives its statement back when it is closed.
type rows struct {
	driver.Rows
	conn      *conn
	statement *statement // nil: run as text
	closed    bool
}

// Close implements driver.Rows.
func (r *rows) Close() error {
	err := r.Rows.Close()
	if r.closed {
		return err
	}
	r.closed = true
	r.conn.open--
	if r.statement != nil {
		r.statement.busy = false
		if r.statement.evicted {
			r.statement.evict()
		}
	}
	return err
}

// verb returns the first word of a statement in capitals.
func verb(query string) string {
	query = strings.TrimLeftFunc(query, func(r rune) bool { return unicode.IsSpace(r) || r == '(' })
	if end := strings.IndexFunc(query, func(r rune) bool { return !unicode.IsLetter(r) }); end >= 0 {
		query = query[:end]
	}
	return strings.ToUpper(query)
}

// preparable reports whether the text is one statement of those that gain from a kept plan.
func preparable(query string) bool {
	switch verb(query) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return !strings.Contains(query, ";")
	}
	return false
}
