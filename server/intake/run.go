package intake

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/tally"
)

// maxDocument bounds a document, which is held in memory as a whole.
const maxDocument = 64 << 20

// run is one run of an importer.
//
// An importer goes through its sources in an order that depends on nothing but them. For each document it calls
// commit, unless there is nothing to store, and then add (or refuse, which adds a document that is left out as a
// whole). What was stored between two adds, what became of it and how far the run has come is one transaction.
// A document may be a part of a file, such as so many lines.
type run struct {
	ctx      context.Context
	client   *ent.Client
	kind     string
	book     *ent.ImportRun // nil when dry
	dry      *ent.Tx        // nil when not
	open     *ent.Tx        // of the document that was committed and is to be added
	errors   *errorFile
	progress *progress
	report   Report
	// settled is the number of documents that were added; the first skip of them were so by a run that was killed.
	settled, skip int
}

// execute runs an importer within the frame: as the system, booked, counted and with its progress shown.
func execute(ctx context.Context, client *ent.Client, opts Options, kind string, paths []string,
	do func(context.Context, *run, []string) error,
) (Report, error) {
	ctx = viewer.System(ctx, "import "+kind)
	if opts.Errors == nil {
		opts.Errors = io.Discard
	}
	r := &run{ctx: ctx, client: client, kind: kind, progress: newProgress(opts, kind), errors: newErrorFile(opts.Errors)}
	if err := r.begin(ctx, opts, paths); err != nil {
		return r.report, fmt.Errorf("import %s: %w", kind, err)
	}
	err := errors.Join(do(ctx, r, paths), r.progress.end(r.report))
	// A run that was stopped is booked too.
	if err = errors.Join(err, r.finish(context.WithoutCancel(ctx), err == nil)); err != nil {
		return r.report, fmt.Errorf("import %s: %w", kind, err)
	}
	return r.report, nil
}

func (r *run) finish(ctx context.Context, done bool) error {
	err := r.errors.flush()
	switch {
	case r.dry != nil:
		return errors.Join(err, r.dry.Rollback())
	case r.open != nil:
		err = errors.Join(err, r.open.Rollback())
		if done {
			err = errors.Join(err, errNotAdded)
		}
	}
	if err != nil || r.passing() && !done {
		return err
	}
	return r.save(ctx, r.client.ImportRun, done)
}

var errNotAdded = errors.New("a document was committed and not added")

// commit runs the work of one document, with the entry that audit shall have of it, in a transaction that the
// following add commits.
func (r *run) commit(ctx context.Context, work func(*ent.Tx) (*audit.Entry, error)) (err error) {
	switch {
	case r.dry != nil:
		_, err = work(r.dry)
		return err
	case r.open != nil:
		return errNotAdded
	}
	tx, err := r.client.Tx(ctx)
	if err != nil {
		return err
	}
	entry, err := work(tx)
	if r.passing() {
		return errors.Join(err, tx.Rollback())
	}
	if err == nil && entry != nil {
		entry.Operation, entry.Detail = "import "+r.kind, "run "+r.book.GlobalID().String()
		err = audit.Append(ctx, tx, *entry)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	r.open = tx
	return nil
}

// add reports what became of a document, and commits it.
func (r *run) add(t *tally.Tally) error {
	if r.passed() {
		return nil
	}
	r.report.Add(t)
	r.settled++
	if err := r.errors.list(t.Findings); err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	return r.progress.done(r.report)
}

// settle commits the open transaction with the checkpoint. A document that stored nothing has no transaction: the
// next checkpoint covers it, and a run that is killed before then reads it again.
func (r *run) settle() error {
	tx := r.open
	if tx == nil {
		return nil
	}
	err := r.save(r.ctx, tx.ImportRun, false)
	if err == nil {
		// The error file may be ahead of the database, but never behind it.
		err = r.errors.flush()
	}
	r.open = nil
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// refuse reports a document, or a file, that cannot be read or is not of the format.
func (r *run) refuse(typ, name string, reason error) error {
	f := tally.Finding{Outcome: tally.Refused, Source: name, Resource: typ, Path: typ, Reason: reason.Error()}
	if errors.Is(reason, source.ErrNotOurs) {
		typ, f.Outcome = "File", tally.Unmapped
		f.Resource, f.Path = typ, typ
	}
	t := &tally.Tally{}
	t.Find(typ, f)
	return r.add(t)
}

// isRefusal tells that the database refused the rows of a document, which does not concern the next one.
func (r *run) isRefusal(err error) bool {
	// On PostgreSQL a dry run cannot go on: its one transaction is lost.
	return r.dry == nil && (ent.IsConstraintError(err) || ent.IsValidationError(err))
}
