package intake

import (
	"bufio"
	"bytes"
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
		Visit: func(d *source.Document) error {
			r.progress.more(1)
			document, err := studies(d, &buf)
			if err != nil {
				return r.refuse("File", d.Name, err)
			}
			return r.studyFile(ctx, d.Name, document)
		},
	}.Run(ctx, paths...)
}

// studies reads a file in whichever form it is, with the room of buf.
func studies(d *source.Document, buf *[]byte) (*trials.Document, error) {
	text := bufio.NewReader(d)
	if begin, _ := text.Peek(64); bytes.HasPrefix(bytes.TrimLeft(begin, "\uFEFF \t\r\n"), []byte("<")) {
		decoder, err := source.XML(text)
		if err != nil {
			return nil, err
		}
		return trials.ParseXML(d.Name, decoder)
	}
	data, err := source.Text(text, *buf)
	*buf = data
	if err != nil {
		return nil, err
	}
	return trials.ParseJSON(d.Name, data)
}

func (r *run) studyFile(ctx context.Context, name string, document *trials.Document) (err error) {
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
