package intake

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/source"
)

// maxExport bounds a bulk export when it is expanded. It is read line by line.
const maxExport = 1 << 40

// bundles takes FHIR in: bundles, single resources and bulk exports. It goes through the sources once per rank, as
// resources of a higher rank refer to those of lower ones; the first time makes the plans.
func bundles(ctx context.Context, r *run, paths []string) error {
	t := &taking{run: r, importer: fhir.NewImporter(), plans: map[string][]fhir.Plan{}}
	for t.rank = range fhir.MaxRank + 1 {
		first := t.rank == 0
		err := source.Walk{
			Ours:  func(name string) bool { return isJSON(name) || isExport(name) },
			Limit: maxExport,
			Skip: func(file string) bool {
				return !first && !slices.ContainsFunc(t.plans[file], func(p fhir.Plan) bool { return p.Visits(t.rank) })
			},
			Refuse: func(name string, reason error) error {
				if !first {
					return nil // it was reported the first time
				}
				return r.refuse("File", name, reason)
			},
			Visit: func(d *source.Document) error {
				switch {
				case !first && (d.Index >= len(t.plans[d.File]) || !t.plans[d.File][d.Index].Visits(t.rank)):
					return nil
				case isExport(d.Name):
					return t.export(ctx, d)
				}
				return t.document(ctx, d)
			},
		}.Run(ctx, paths...)
		if err != nil {
			return err
		}
	}
	return nil
}

func isJSON(name string) bool { return strings.EqualFold(filepath.Ext(name), ".json") }

// isExport tells a bulk export by its name, packed or not.
func isExport(name string) bool {
	lower := strings.TrimSuffix(strings.ToLower(name), ".gz")
	return strings.HasSuffix(lower, ".ndjson")
}

// taking is a run over FHIR sources at one of the ranks.
type taking struct {
	*run
	importer *fhir.Importer
	rank     int
	plans    map[string][]fhir.Plan // of the documents of a file, in their order
	buf      []byte
}

// plan remembers the plan of the document that was read first.
func (t *taking) plan(d *source.Document, p fhir.Plan) { t.plans[d.File] = append(t.plans[d.File], p) }

// document takes a bundle or a single resource in, as far as its plan says for the rank.
func (t *taking) document(ctx context.Context, d *source.Document) (err error) {
	first := t.rank == 0
	if !first && t.passed() {
		return nil
	}
	if t.buf, err = source.Text(source.Bound(d, maxDocument), t.buf); err != nil {
		if first {
			t.plan(d, 0)
		}
		return t.refuse("Bundle", d.Name, err)
	}
	if !first && t.plans[d.File][d.Index].Whole() {
		return t.whole(ctx, d.Name)
	}
	if first {
		t.progress.more(1)
		if plan, whole := fhir.Survey(t.buf); whole {
			if t.plan(d, plan); !plan.Visits(0) || t.passed() {
				return nil
			}
			return t.whole(ctx, d.Name)
		}
	}
	b, err := fhir.Parse(d.Name, t.buf)
	switch {
	case err != nil:
		if first {
			t.plan(d, 0)
		}
		return t.refuse("Bundle", d.Name, err)
	case first:
		plan := b.Plan()
		if t.plan(d, plan); !plan.Visits(0) || t.passed() {
			return nil
		}
	}
	return t.take(ctx, b, t.rank)
}

// whole takes the document that was read in at once.
func (t *taking) whole(ctx context.Context, name string) error {
	b, err := fhir.Parse(name, t.buf)
	if err != nil {
		return t.refuse("Bundle", name, err)
	}
	return t.take(ctx, b, fhir.AllRanks)
}

// export takes the lines of a rank of a bulk export in.
func (t *taking) export(ctx context.Context, d *source.Document) error {
	lines := fhir.ReadLines(d.Name, d, t.rank)
	var failed error
	for {
		b, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			failed = err
			break
		}
		t.progress.more(1)
		if t.passed() {
			continue
		}
		if err := t.take(ctx, b, t.rank); err != nil {
			return err
		}
	}
	if t.rank > 0 {
		return nil // what cannot be read was reported the first time
	}
	t.plan(d, lines.Plan())
	if failed != nil {
		return t.refuse("File", d.Name, failed)
	}
	return nil
}

// take takes the resources of a rank in.
func (t *taking) take(ctx context.Context, b *fhir.Bundle, rank int) error {
	var result *fhir.Result
	err := t.commit(ctx, func(tx *ent.Tx) (_ *audit.Entry, err error) {
		if result, err = t.importer.Load(ctx, tx, b, rank); err != nil || !result.Changed {
			return nil, err
		}
		entry := &audit.Entry{Action: code.AuditActionCreate}
		if len(result.Patients) > 0 {
			entry.Entity, entry.IDs, entry.Patients = "Patient", result.Patients, result.Patients
		}
		return entry, nil
	})
	switch {
	case err != nil && t.isRefusal(err):
		result = b.Refused(rank, "the database refused the bundle")
	case err != nil:
		return errors.Join(errors.New(b.Name()), err)
	}
	return t.add(&result.Tally)
}
