package intake

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/cdisc"
	"github.com/carehub/carehub/server/intake/source"
)

// maxDataset bounds a dataset, which is read row by row.
const maxDataset = 16 << 30

// datasets takes the datasets of trials in. All are read first, as they refer to each other; each is then one
// transaction.
func datasets(ctx context.Context, r *run, paths []string) error {
	all := cdisc.NewCollection()
	err := source.Walk{
		Ours:   func(name string) bool { return isJSON(name) || strings.EqualFold(filepath.Ext(name), ".ndjson") },
		Limit:  maxDataset,
		Refuse: func(name string, reason error) error { return r.refuse("File", name, reason) },
		Visit: func(d *source.Document) error {
			r.progress.more(1)
			switch rows, err := all.Read(d.Name, d); {
			case err != nil:
				return r.refuse("File", d.Name, err)
			case rows != nil:
				return r.add(rows)
			}
			return ctx.Err()
		},
	}.Run(ctx, paths...)
	if err != nil {
		return err
	}
	for _, d := range all.Datasets() {
		if err := r.dataset(ctx, all, d); err != nil {
			return err
		}
	}
	return nil
}

// dataset takes one dataset in.
func (r *run) dataset(ctx context.Context, all *cdisc.Collection, d *cdisc.Dataset) (err error) {
	var result *cdisc.Result
	err = r.commit(ctx, func(tx *ent.Tx) (*audit.Entry, error) {
		if result, err = all.Load(ctx, tx, d); err != nil {
			return nil, err
		}
		entry := &audit.Entry{Action: code.AuditActionCreate}
		switch {
		case len(result.Patients) > 0:
			entry.Entity, entry.IDs, entry.Patients = "Patient", result.Patients, result.Patients
		case len(result.Programs) > 0:
			entry.Entity, entry.IDs = "CareProgram", result.Programs
		default:
			return nil, nil //nolint:nilnil // nothing was stored
		}
		return entry, nil
	})
	switch {
	case err != nil && r.isRefusal(err):
		result = all.Refused(d, "the database refused the dataset")
	case err != nil:
		return errors.Join(errors.New(d.Name()), err)
	}
	result.Committed()
	return r.add(&result.Tally)
}
