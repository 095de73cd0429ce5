package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/importrun"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/tally"
)

// checkpoint is how far a run has come. It is stored in the transaction of each document, so that a run which was
// killed, and is started again over the same sources, goes on behind the last document that was committed: with
// its counts, its remarks and its error file as they were then.
type checkpoint struct {
	// Settled is the number of documents that were added.
	Settled int
	Types   map[string]tally.Counts
	Remarks map[string]int
	Errors  mark
}

// begin books the run, or takes up the one that was killed over the same sources.
func (r *run) begin(ctx context.Context, opts Options, paths []string) (err error) {
	if len(paths) == 0 {
		return errors.New("no path given")
	}
	fingerprint, err := source.Fingerprint(opts.Version, paths...)
	if err != nil {
		return err
	}
	if opts.DryRun {
		if _, err := r.errors.rewind(opts.Errors, mark{}); err != nil {
			return err
		}
		r.dry, err = r.client.Tx(ctx)
		return err
	}
	if taken, err := r.resume(ctx, opts.Errors, fingerprint); err != nil || taken {
		return err
	}
	if _, err := r.errors.rewind(opts.Errors, mark{}); err != nil {
		return err
	}
	const limit = 1000
	from := strings.Join(paths, " ")
	if len(from) > limit {
		from = strings.ToValidUTF8(from[:limit], "")
	}
	r.book, err = r.client.ImportRun.Create().SetKind(r.kind).SetSource(from).
		SetFingerprint(fingerprint).SetStartedAt(clock.Now(ctx)).Save(ctx)
	return err
}

// ErrTakenUp ends a run whose sources another process has begun to take in from where this one stood.
var ErrTakenUp = errors.New("the run was taken up by another process")

// resume takes up the latest run of the kind over the same sources, if it did not finish and its error file is there.
// From then on the process that ran it before, should it be alive, can commit no more.
func (r *run) resume(ctx context.Context, to io.Writer, fingerprint string) (bool, error) {
	last, err := r.client.ImportRun.Query().
		Where(importrun.Kind(r.kind), importrun.Fingerprint(fingerprint)).
		Order(importrun.ByStartedAt(sql.OrderDesc()), importrun.ByID(sql.OrderDesc())).
		First(ctx)
	switch {
	case ent.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, err
	case last.FinishedAt != nil || last.Checkpoint == nil:
		return false, nil
	}
	var at checkpoint
	if err := json.Unmarshal(last.Checkpoint, &at); err != nil {
		return false, fmt.Errorf("the checkpoint of %s: %w", last.GlobalID(), err)
	}
	if same, err := r.errors.rewind(to, at.Errors); err != nil || !same {
		return false, err
	}
	n, err := r.client.ImportRun.Update().
		Where(importrun.ID(last.ID), importrun.Resumed(last.Resumed), importrun.FinishedAtIsNil()).
		SetResumed(last.Resumed + 1).Save(ctx)
	switch {
	case err != nil:
		return false, err
	case n == 0:
		return false, ErrTakenUp
	}
	last.Resumed++
	r.book, r.skip = last, at.Settled
	r.report = tally.Resumed(at.Types, at.Remarks)
	return true, nil
}

// passed tells that the next document was settled before the run was taken up again, and passes over it. A document
// is here what ends in one add. An importer that asks before it reads a document is spared the work; one that does
// not ask does the work again, to no effect.
func (r *run) passed() bool {
	if !r.passing() {
		return false
	}
	r.settled++
	r.progress.pass()
	return true
}

func (r *run) passing() bool { return r.settled < r.skip }

// save stores how far the run has come.
func (r *run) save(ctx context.Context, books *ent.ImportRunClient, done bool) error {
	update := books.Update().Where(importrun.ID(r.book.ID), importrun.Resumed(r.book.Resumed)).
		SetAccepted(r.report.Accepted).SetUnchanged(r.report.Unchanged).
		SetRefused(r.report.Refused).SetUnmapped(r.report.Unmapped)
	if done {
		update.SetFinishedAt(clock.Now(ctx)).ClearCheckpoint()
	} else {
		at, err := json.Marshal(checkpoint{r.settled, r.report.Types, r.report.Remarks, r.errors.mark()})
		if err != nil {
			return err
		}
		update.SetCheckpoint(at)
	}
	n, err := update.Save(ctx)
	if err == nil && n == 0 {
		err = ErrTakenUp
	}
	return err
}
