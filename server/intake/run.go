package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/tally"
)

// maxDocument bounds a document, which is held in memory as a whole.
const maxDocument = 64 << 20

// run is one run of an importer.
type run struct {
	client   *ent.Client
	kind     string
	book     *ent.ImportRun // nil when dry
	dry      *ent.Tx        // nil when not
	errors   *json.Encoder
	progress *progress
	report   Report
}

// execute runs an importer within the frame: as the system, booked, counted and with its progress shown.
func execute(ctx context.Context, client *ent.Client, opts Options, kind string, paths []string,
	do func(context.Context, *run, []string) error,
) (Report, error) {
	ctx = viewer.System(ctx, "import "+kind)
	r := &run{client: client, kind: kind, progress: newProgress(opts, kind)}
	if opts.Errors == nil {
		opts.Errors = io.Discard
	}
	r.errors = json.NewEncoder(opts.Errors)
	r.errors.SetEscapeHTML(false)
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

func (r *run) begin(ctx context.Context, opts Options, paths []string) (err error) {
	if len(paths) == 0 {
		return errors.New("no path given")
	}
	if opts.DryRun {
		r.dry, err = r.client.Tx(ctx)
		return err
	}
	const limit = 1000
	from := strings.Join(paths, " ")
	if len(from) > limit {
		from = strings.ToValidUTF8(from[:limit], "")
	}
	r.book, err = r.client.ImportRun.Create().SetKind(r.kind).SetSource(from).SetStartedAt(clock.Now(ctx)).Save(ctx)
	return err
}

func (r *run) finish(ctx context.Context, done bool) error {
	if r.dry != nil {
		return r.dry.Rollback()
	}
	update := r.client.ImportRun.UpdateOne(r.book).
		SetAccepted(r.report.Accepted).SetUnchanged(r.report.Unchanged).
		SetRefused(r.report.Refused).SetUnmapped(r.report.Unmapped)
	if done {
		update.SetFinishedAt(clock.Now(ctx))
	}
	return update.Exec(ctx)
}

// commit runs the work of one document in a transaction of its own, with the entry that audit shall have of it.
func (r *run) commit(ctx context.Context, work func(*ent.Tx) (*audit.Entry, error)) (err error) {
	if r.dry != nil {
		_, err = work(r.dry)
		return err
	}
	tx, err := r.client.Tx(ctx)
	if err != nil {
		return err
	}
	entry, err := work(tx)
	if err == nil && entry != nil {
		entry.Operation, entry.Detail = "import "+r.kind, "run "+r.book.GlobalID().String()
		err = audit.Append(ctx, tx, *entry)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// add reports what became of a document.
func (r *run) add(t *tally.Tally) error {
	r.report.Add(t)
	for _, f := range t.Findings {
		if err := r.errors.Encode(f); err != nil {
			return fmt.Errorf("writing the error file: %w", err)
		}
	}
	return r.progress.done(r.report)
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
