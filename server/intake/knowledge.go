package intake

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/labels"
	"github.com/carehub/carehub/server/intake/medquad"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/tally"
)

// education takes documents of MedQuAD in.
func education(ctx context.Context, r *run, paths []string) error {
	return r.documents(ctx, paths, isXML, func(d *source.Document) error {
		if r.passed() {
			return nil
		}
		decoder, err := source.XML(d)
		if err != nil {
			return r.refuse("Document", d.Name, err)
		}
		doc, err := medquad.Parse(d.Name, decoder)
		if err != nil {
			return r.refuse("Document", d.Name, err)
		}
		return r.knowledge(ctx, d.Name, func(tx *ent.Tx) (*tally.Tally, uuid.UUID, error) {
			result, err := medquad.Load(ctx, tx, doc)
			if err != nil {
				return nil, uuid.Nil, err
			}
			return &result.Tally, result.Changed, nil
		}, func() *tally.Tally { return &doc.Refused(byDatabase).Tally })
	})
}

// drugLabels takes labels in, and sections of labels.
func drugLabels(ctx context.Context, r *run, paths []string) error {
	importer := labels.NewImporter()
	ours := func(name string) bool { return isXML(name) || isJSON(name) || labels.IsSection(name) }
	return r.documents(ctx, paths, ours, func(d *source.Document) error {
		found, err := readLabels(d)
		if err != nil {
			return r.refuse("Label", d.Name, err)
		}
		r.progress.more(len(found) - 1)
		for _, l := range found {
			err := r.knowledge(ctx, d.Name, func(tx *ent.Tx) (*tally.Tally, uuid.UUID, error) {
				result, err := importer.Load(ctx, tx, l)
				if err != nil {
					return nil, uuid.Nil, err
				}
				return &result.Tally, result.Changed, nil
			}, func() *tally.Tally { return &l.Refused(byDatabase).Tally })
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// readLabels reads the labels of a document by its form, which its name tells.
func readLabels(d *source.Document) ([]*labels.Label, error) {
	// An entry of an archive has its own name after the mark.
	name := d.Name[strings.LastIndex(d.Name, "!")+1:]
	name = strings.TrimSuffix(filepath.ToSlash(name), ".gz")
	if isXML(name) {
		decoder, err := source.XML(d)
		if err != nil {
			return nil, err
		}
		label, err := labels.SPL(d.Name, decoder)
		return []*labels.Label{label}, err
	}
	data, err := source.Text(d, nil)
	switch {
	case err != nil:
		return nil, err
	case isJSON(name):
		return labels.OpenFDA(d.Name, data)
	}
	return []*labels.Label{labels.Section(d.Name, name, data)}, nil
}

func isXML(name string) bool { return strings.EqualFold(filepath.Ext(name), ".xml") }

// byDatabase is why a document is refused that the rules let through and the database did not.
const byDatabase = "the database refused it"

// documents goes through the documents of a format in their order.
func (r *run) documents(ctx context.Context, paths []string, ours func(string) bool, visit func(*source.Document) error) error {
	return source.Walk{
		Ours: ours, Limit: maxDocument,
		Refuse: func(name string, reason error) error { return r.refuse("File", name, reason) },
		Visit: func(d *source.Document) error {
			r.progress.more(1)
			return visit(d)
		},
	}.Run(ctx, paths...)
}

// knowledge stores one document of knowledge, as load does it, and reports what became of it.
func (r *run) knowledge(ctx context.Context, name string,
	load func(*ent.Tx) (*tally.Tally, uuid.UUID, error), refused func() *tally.Tally,
) error {
	var result *tally.Tally
	err := r.commit(ctx, func(tx *ent.Tx) (entry *audit.Entry, err error) {
		var changed uuid.UUID
		if result, changed, err = load(tx); err != nil || changed == uuid.Nil {
			return nil, err
		}
		return &audit.Entry{Action: code.AuditActionCreate, Entity: ent.TypeKnowledgeResource, IDs: []uuid.UUID{changed}}, nil
	})
	switch {
	case err != nil && r.isRefusal(err):
		result = refused()
	case err != nil:
		return errors.Join(errors.New(name), err)
	}
	return r.add(result)
}
