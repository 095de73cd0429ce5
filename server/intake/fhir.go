package intake

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/source"
)

// taken marks a document that has no rank any more.
const taken = -1

// bundles takes FHIR bundles in. It goes through the sources once per rank that occurs, as a bundle of a higher
// rank refers to those of lower ones; the first time tells the ranks.
func bundles(ctx context.Context, r *run, paths []string) error {
	importer := fhir.NewImporter()
	ranks := map[string][]int{} // of the documents of a file, in their order
	var buf []byte
	for rank := range fhir.MaxRank + 1 {
		first := rank == 0
		err := source.Walk{
			Ours:  isJSON,
			Limit: maxDocument,
			Skip: func(file string) bool {
				return !first && !slices.Contains(ranks[file], rank)
			},
			Refuse: func(name string, reason error) error {
				if !first {
					return nil // it was reported the first time
				}
				return r.refuse("File", name, reason)
			},
			Visit: func(d *source.Document) (err error) {
				if !first && (d.Index >= len(ranks[d.File]) || ranks[d.File][d.Index] != rank) {
					return nil
				}
				if !first && r.passed() {
					return nil
				}
				if buf, err = source.Text(d, buf); err != nil {
					ranks[d.File] = append(ranks[d.File], taken)
					return r.refuse("Bundle", d.Name, err)
				}
				if first {
					r.progress.more(1)
					of := fhir.Rank(buf)
					ranks[d.File] = append(ranks[d.File], of)
					if of != rank {
						return nil
					}
					if r.passed() {
						return nil
					}
				}
				return r.bundle(ctx, importer, d.Name, buf)
			},
		}.Run(ctx, paths...)
		if err != nil {
			return err
		}
	}
	return nil
}

func isJSON(name string) bool { return strings.EqualFold(filepath.Ext(name), ".json") }

// bundle takes one bundle in.
func (r *run) bundle(ctx context.Context, importer *fhir.Importer, name string, data []byte) error {
	b, err := fhir.Parse(name, data)
	if err != nil {
		return r.refuse("Bundle", name, err)
	}
	var result *fhir.Result
	err = r.commit(ctx, func(tx *ent.Tx) (*audit.Entry, error) {
		if result, err = importer.Load(ctx, tx, b); err != nil || !result.Changed {
			return nil, err
		}
		entry := &audit.Entry{Action: code.AuditActionCreate}
		if len(result.Patients) > 0 {
			entry.Entity, entry.IDs, entry.Patients = "Patient", result.Patients, result.Patients
		}
		return entry, nil
	})
	switch {
	case err != nil && r.isRefusal(err):
		result = b.Refused("the database refused the bundle")
	case err != nil:
		return errors.Join(errors.New(name), err)
	}
	return r.add(&result.Tally)
}
