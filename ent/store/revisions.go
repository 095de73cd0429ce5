package store

import (
	"context"
	"errors"

	"ariga.io/atlas/sql/migrate"
	entsql "entgo.io/ent/dialect/sql"
)

// revisionsTable remembers which migrations a PostgreSQL database has had.
const (
	revisionsTable  = "schema_revisions"
	createRevisions = `CREATE TABLE IF NOT EXISTS ` + revisionsTable + ` (
		version text PRIMARY KEY,
		description text NOT NULL,
		applied bigint NOT NULL,
		total bigint NOT NULL,
		executed_at timestamptz NOT NULL,
		hash text NOT NULL
	)`
)

// revisions is a migrate.RevisionReadWriter. It keeps nothing about migrations that stopped halfway: those are
// rolled back together with the row that began them.
type revisions struct{ db entsql.ExecQuerier }

// Ident implements migrate.RevisionReadWriter.
func (revisions) Ident() *migrate.TableIdent { return &migrate.TableIdent{Name: revisionsTable} }

// ReadRevisions implements migrate.RevisionReadWriter.
func (r revisions) ReadRevisions(ctx context.Context) (_ []*migrate.Revision, err error) {
	rows, err := r.db.QueryContext(ctx, `SELECT version, description, applied, total, executed_at, hash
		FROM `+revisionsTable+` ORDER BY version`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var out []*migrate.Revision
	for rows.Next() {
		v := &migrate.Revision{Type: migrate.RevisionTypeExecute}
		if err := rows.Scan(&v.Version, &v.Description, &v.Applied, &v.Total, &v.ExecutedAt, &v.Hash); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// ReadRevision implements migrate.RevisionReadWriter.
func (r revisions) ReadRevision(ctx context.Context, version string) (*migrate.Revision, error) {
	all, err := r.ReadRevisions(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		if v.Version == version {
			return v, nil
		}
	}
	return nil, migrate.ErrRevisionNotExist
}

// WriteRevision implements migrate.RevisionReadWriter.
func (r revisions) WriteRevision(ctx context.Context, v *migrate.Revision) error {
	_, err := r.db.ExecContext(ctx, `INSERT INTO `+revisionsTable+`
		(version, description, applied, total, executed_at, hash) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (version) DO UPDATE SET applied = excluded.applied, executed_at = excluded.executed_at`,
		v.Version, v.Description, v.Applied, v.Total, v.ExecutedAt, v.Hash)
	return err
}

// DeleteRevision implements migrate.RevisionReadWriter.
func (r revisions) DeleteRevision(ctx context.Context, version string) error {
	_, err := r.db.ExecContext(ctx, "DELETE FROM "+revisionsTable+" WHERE version = $1", version)
	return err
}
