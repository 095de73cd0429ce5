package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent"
)

// Tx is a transaction of the entities that also runs statements which ent does not write.
type Tx struct {
	*ent.Tx
	raw dialect.Tx
}

// Begin starts a transaction.
func (s *Store) Begin(ctx context.Context) (*Tx, error) {
	opened := &opening{Driver: s.driver}
	tx, err := ent.NewClient(ent.Driver(opened)).Tx(ctx)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return &Tx{Tx: tx, raw: opened.tx}, nil
}

// Exec runs a statement and returns how many rows it changed.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	var result sql.Result
	if err := t.raw.Exec(ctx, query, args, &result); err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Row runs a statement that gives one row, and scans it. Without a row it is sql.ErrNoRows.
func (t *Tx) Row(ctx context.Context, query string, args []any, into ...any) (err error) {
	var rows entsql.Rows
	if err := t.raw.Query(ctx, query, args, &rows); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if rows.Next() {
		return rows.Scan(into...)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return sql.ErrNoRows
}

// opening remembers the transaction that it opens.
type opening struct {
	dialect.Driver
	tx dialect.Tx
}

// Tx implements dialect.Driver.
func (o *opening) Tx(ctx context.Context) (_ dialect.Tx, err error) {
	o.tx, err = o.Driver.Tx(ctx)
	return o.tx, err
}
