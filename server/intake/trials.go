package intake

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/trials"
)

// studyFiles takes studies in, each file in a transaction of its own.
func studyFiles(ctx context.Context, r *run, paths []string) error {
	var buf []byte
	return source.Walk{
		Ours:   func(name string) bool { return isJSON(name) || strings.EqualFold(filepath.Ext(name), ".xml") },
		Limit:  maxDocument,
		Refuse: func(name string, reason error) error { return r.refuse("File", name, reason) },
		Visit: func(d *source.Document) (err error) {
			r.progress.more(1)
			if buf, err = source.Text(d, buf); err != nil {
				return r.refuse("File", d.Name, err)
			}
			return r.studyFile(ctx, d.Name, buf)
		},
	}.Run(ctx, paths...)
}

func (r *run) studyFile(ctx context.Context, name string, data []byte) error {
	document, err := trials.Parse(name, data)
	if err != nil {
		return r.refuse("File", name, err)
	}
	var result *trials.Result
	err = r.commit(ctx, func(tx *ent.Tx) (*audit.Entry, error) {
		if result, err = trials.Load(ctx, tx, document); err != nil || len(result.Programs) == 0 {
			return nil, err
		}
		return &audit.Entry{Action: code.AuditActionCreate, Entity: "CareProgram", IDs: result.Programs}, nil
	})
	switch {
	case err != nil && r.isRefusal(err):
		result = document.Refused("the database refused the file")
	case err != nil:
		return errors.Join(errors.New(name), err)
	}
	return r.add(&result.Tally)
}
