package intake

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/graph/stream"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/staff"
)

// staffFiles takes staff files in, each in a transaction of its own.
func staffFiles(ctx context.Context, r *run, paths []string) error {
	return source.Walk{
		Ours: func(name string) bool {
			extension := filepath.Ext(name)
			return strings.EqualFold(extension, ".yaml") || strings.EqualFold(extension, ".yml")
		},
		Limit:  maxDocument,
		Refuse: func(name string, reason error) error { return r.refuse("File", name, reason) },
		Visit: func(d *source.Document) error {
			r.progress.more(1)
			if r.passed() {
				return nil
			}
			data, err := source.Text(d, nil)
			if err != nil {
				return r.refuse("File", d.Name, err)
			}
			return r.staffFile(ctx, d.Name, data)
		},
	}.Run(ctx, paths...)
}

func (r *run) staffFile(ctx context.Context, name string, data []byte) error {
	file, err := staff.Parse(name, data)
	if err != nil {
		return r.refuse("File", name, err)
	}
	var result *staff.Result
	err = r.commit(ctx, func(tx *ent.Tx) (*audit.Entry, error) {
		if result, err = staff.Load(ctx, tx, file); err != nil || len(result.Changed) == 0 {
			return nil, err
		}
		for _, who := range result.Changed {
			// Running servers remember what an identity may do.
			if err := stream.Append(ctx, tx, stream.Entry{
				Kind: code.EventKindAccessChanged, Entity: "user", ID: who, Subject: &who,
			}); err != nil {
				return nil, err
			}
		}
		return &audit.Entry{Action: code.AuditActionUpdate, Entity: "Identity", IDs: result.Changed}, nil
	})
	switch {
	case err != nil && r.isRefusal(err):
		return r.refuse("File", name, errors.New("the database refused the file"))
	case err != nil:
		return errors.Join(errors.New(name), err)
	}
	return r.add(&result.Tally)
}
