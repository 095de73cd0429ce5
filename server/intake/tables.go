package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/table"
	"github.com/carehub/carehub/server/intake/tally"
)

const (
	// maxTable bounds a table, of which only some rows are in memory.
	maxTable = 64 << 30
	// maxBatch is the most rows that are taken in together, in a transaction of their own.
	maxBatch = 500
)

// export is a format of several tables that refer to one another.
type export struct {
	// ranks is how many ranks there are: the tables of a lower one are taken in first.
	ranks int
	// sort names the table and tells its rank, which is negative when the model has no place for it. An error
	// refuses the document.
	sort func(*source.Table) (name string, rank int, err error)
	// read looks at the rows of a batch before it is taken in.
	read func(*table.Batch)
	// load takes a batch in.
	load func(context.Context, *ent.Tx, *table.Batch) error
}

// taken marks a table that has no rank any more.
const taken = -1

// tables takes the tables of an export in. It goes through the sources once per rank; the first time tells the
// ranks.
func (r *run) tables(ctx context.Context, paths []string, e export) error {
	ranks := map[string][]int{} // of the documents of a file, in their order
	for rank := range e.ranks {
		first := rank == 0
		err := source.Walk{
			Ours:  isCSV,
			Limit: maxTable,
			Skip: func(file string) bool {
				return !first && !slices.Contains(ranks[file], rank)
			},
			Refuse: func(name string, reason error) error {
				if !first {
					return nil // it was reported the first time
				}
				return r.refuse("File", name, reason)
			},
			Visit: func(d *source.Document) error {
				if !first && (d.Index >= len(ranks[d.File]) || ranks[d.File][d.Index] != rank) {
					return nil
				}
				t, name, of, err := e.open(d)
				if err != nil {
					ranks[d.File] = append(ranks[d.File], taken)
					return r.refuse("File", d.Name, err)
				}
				if first {
					ranks[d.File] = append(ranks[d.File], of)
				}
				switch of {
				case rank:
					return r.table(ctx, e, t, name)
				case taken:
					return r.unmapped(ctx, t, name)
				}
				return nil
			},
		}.Run(ctx, paths...)
		if err != nil {
			return err
		}
	}
	return nil
}

func isCSV(name string) bool { return strings.EqualFold(filepath.Ext(name), ".csv") }

func (e export) open(d *source.Document) (t *source.Table, name string, rank int, err error) {
	if t, err = source.NewTable(d); err != nil {
		return nil, "", taken, err
	}
	name, rank, err = e.sort(t)
	return t, name, max(rank, taken), err
}

// table takes the rows of one table in, some at a time.
func (r *run) table(ctx context.Context, e export, t *source.Table, name string) error {
	var rows []*source.Row
	broken := &tally.Tally{}
	flush := func() error {
		if len(rows)+len(broken.Findings) == 0 {
			return nil
		}
		b := table.NewBatch(t.Name, name, rows)
		rows = nil
		e.read(b)
		return r.batch(ctx, e, b, broken)
	}
	for {
		row, err := t.Next()
		var fault *source.RowError
		switch {
		case errors.Is(err, io.EOF):
			return flush()
		case errors.As(err, &fault):
			broken.Find(name, table.Finding(t.Name, name, tally.Refused, fault.Line, fault.Offset, name, fault.Reason))
		case err != nil:
			return errors.Join(flush(), r.refuse("File", t.Name, err))
		default:
			rows = append(rows, row)
		}
		if len(rows)+len(broken.Findings) == maxBatch {
			if err := flush(); err != nil {
				return err
			}
			broken = &tally.Tally{}
		}
	}
}

// batch takes some rows in, in a transaction of their own, and reports the broken ones among them.
func (r *run) batch(ctx context.Context, e export, b *table.Batch, broken *tally.Tally) error {
	r.progress.more(1)
	var result *fhir.Result
	err := r.commit(ctx, func(tx *ent.Tx) (*audit.Entry, error) {
		if err := e.load(ctx, tx, b); err != nil {
			return nil, err
		}
		result = b.Result()
		if !result.Changed {
			return nil, nil //nolint:nilnil // nothing happened that audit should have an entry of
		}
		entry := &audit.Entry{Action: code.AuditActionCreate}
		if len(result.Patients) > 0 {
			entry.Entity, entry.IDs, entry.Patients = "Patient", result.Patients, result.Patients
		}
		return entry, nil
	})
	switch {
	case err != nil && r.isRefusal(err):
		result = b.Refused("the database refused the rows")
	case err != nil:
		return errors.Join(errors.New(b.Source), err)
	}
	for _, f := range broken.Findings {
		result.Find(b.Table, f)
	}
	return r.add(&result.Tally)
}

// unmapped counts the rows of a table that has no place in the model. One finding names them all.
func (r *run) unmapped(ctx context.Context, t *source.Table, name string) error {
	r.progress.more(1)
	rows := 0
	for {
		_, err := t.Next()
		var fault *source.RowError
		switch {
		case errors.Is(err, io.EOF):
			return r.add(nowhere(t.Name, name, rows))
		case err != nil && !errors.As(err, &fault):
			return errors.Join(r.add(nowhere(t.Name, name, rows)), r.refuse("File", t.Name, err))
		case ctx.Err() != nil:
			return ctx.Err()
		}
		rows++
	}
}

func nowhere(document, name string, rows int) *tally.Tally {
	t := &tally.Tally{}
	for range rows - 1 {
		t.Count(name, tally.Unmapped)
	}
	if rows > 0 {
		t.Find(name, tally.Finding{
			Outcome: tally.Unmapped, Source: document, Resource: name, Path: name,
			Reason: fmt.Sprintf("the model has no place for its rows: %d", rows),
		})
	}
	return t
}
