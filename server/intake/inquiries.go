package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/server/intake/inquiries"
	"github.com/carehub/carehub/server/intake/source"
)

// routable tells before anything is written whether inquiries would reach a department.
func routable(ctx context.Context, client *ent.Client) error {
	err := graph.CheckRouting(viewer.System(ctx, "import inquiries"), client, code.AccountKindPatient)
	if err != nil {
		return fmt.Errorf("import inquiries: %w: departments and routing rules are needed, which a server makes when it first starts on the database", err)
	}
	return nil
}

// questions takes tables of questions in. Each row is a document of its own.
func questions(ctx context.Context, r *run, paths []string) error {
	return source.Walk{
		Ours: isCSV, Limit: maxDocument,
		Refuse: func(name string, reason error) error { return r.refuse("File", name, reason) },
		Visit: func(d *source.Document) error {
			data, err := source.Text(d, nil)
			if err != nil {
				return r.refuse("Inquiries", d.Name, err)
			}
			rows, err := inquiries.NewReader(d.Name, bytes.NewReader(data))
			if err != nil {
				return r.refuse("Inquiries", d.Name, err)
			}
			for {
				row, err := rows.Next()
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				r.progress.more(1)
				if err := r.question(ctx, d.Name, row); err != nil {
					return err
				}
			}
		},
	}.Run(ctx, paths...)
}

// question takes one row in.
func (r *run) question(ctx context.Context, name string, row *inquiries.Row) error {
	if r.passed() {
		return nil
	}
	var result *inquiries.Result
	err := r.commit(ctx, func(tx *ent.Tx) (_ *audit.Entry, err error) {
		if result, err = inquiries.Load(ctx, tx, row); err != nil || len(result.Changed) == 0 {
			return nil, err
		}
		return &audit.Entry{Action: code.AuditActionCreate, Entity: ent.TypeCareCase, IDs: result.Changed}, nil
	})
	switch {
	case err != nil && r.isRefusal(err):
		result = row.Refused(byDatabase)
	case err != nil:
		return errors.Join(errors.New(name), err)
	}
	return r.add(&result.Tally)
}
