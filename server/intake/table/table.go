// Package table takes rows of tables in by the rules of package fhir: a row becomes a resource, or several, and
// has one outcome.
package table

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/tally"
)

// Record is a row and what became of it.
type Record struct {
	*source.Row
	Outcome tally.Outcome
	// Path and Reason say why the record was not taken in.
	Path, Reason string
}

// Refuse refuses a record because of a column, unless it is refused already.
func (r *Record) Refuse(column, format string, args ...any) {
	r.leave(tally.Refused, column, format, args...)
}

// Unmap leaves a record out that has no place in the model.
func (r *Record) Unmap(column, format string, args ...any) {
	r.leave(tally.Unmapped, column, format, args...)
}

func (r *Record) leave(o tally.Outcome, column, format string, args ...any) {
	if r.Outcome == "" {
		r.Outcome, r.Path, r.Reason = o, column, fmt.Sprintf(format, args...)
	}
}

// In tells that the record is taken in, or was in already.
func (r *Record) In() bool { return r.Outcome == tally.Accepted || r.Outcome == tally.Unchanged }

// Open tells that nothing was decided on the record yet.
func (r *Record) Open() bool { return r.Outcome == "" }

// Batch is some rows of one table, which are taken in together.
type Batch struct {
	// Source is the name of the document, and Table of the table.
	Source, Table string
	Records       []*Record

	remarks  []string
	patients []uuid.UUID
	changed  bool
}

// NewBatch makes a batch of rows.
func NewBatch(document, name string, rows []*source.Row) *Batch {
	b := &Batch{Source: document, Table: name}
	for _, row := range rows {
		b.Records = append(b.Records, &Record{Row: row})
	}
	return b
}

// Remark counts what was taken in otherwise than it stood.
func (b *Batch) Remark(sentence string) { b.remarks = append(b.remarks, sentence) }

// Touch tells of a change, and of the patients it concerns.
func (b *Batch) Touch(patients ...uuid.UUID) {
	b.changed = true
	for _, p := range patients {
		if p != uuid.Nil {
			b.patients = append(b.patients, p)
		}
	}
}

// Select returns the records of which a condition holds.
func (b *Batch) Select(holds func(*Record) bool) []*Record {
	var out []*Record
	for _, r := range b.Records {
		if holds(r) {
			out = append(out, r)
		}
	}
	return out
}

// Take makes a resource of each record and takes them in together. A record that has its outcome already keeps
// it, but that it is accepted if it changed something now; what refuses one that is in is given to otherwise.
func (b *Batch) Take(ctx context.Context, tx *ent.Tx, im *fhir.Importer, records []*Record,
	resource func(*Record) fhir.Object, otherwise func(*Record),
) error {
	if len(records) == 0 {
		return nil
	}
	resources := make([]fhir.Object, len(records))
	for i, r := range records {
		resources[i] = resource(r)
	}
	bundle, err := fhir.Made(b.Source, resources...)
	if err != nil {
		return err
	}
	result, err := im.Load(ctx, tx, bundle, fhir.AllRanks)
	if err != nil {
		return err
	}
	findings := result.Findings
	for i, r := range records {
		outcome := result.Outcomes[i]
		var f tally.Finding
		if outcome == tally.Refused || outcome == tally.Unmapped {
			f, findings = findings[0], findings[1:]
		}
		switch {
		case r.Open() && f.Outcome == "":
			r.Outcome = outcome
		case r.Open():
			r.leave(outcome, f.Path, "%s", f.Reason)
		case f.Outcome != "":
			otherwise(r)
		case outcome == tally.Accepted:
			r.Outcome = outcome
		}
	}
	b.remarks = append(b.remarks, result.Remarks...)
	b.patients = append(b.patients, result.Patients...)
	b.changed = b.changed || result.Changed
	return nil
}

// Result counts what became of the records.
func (b *Batch) Result() *fhir.Result {
	out := &fhir.Result{Changed: b.changed}
	for _, r := range b.Records {
		if r.In() {
			out.Count(b.Table, r.Outcome)
			continue
		}
		out.Find(b.Table, Finding(b.Source, b.Table, r.Outcome, r.Line, r.Offset, r.Path, r.Reason))
	}
	for _, remark := range b.remarks {
		out.Remark(remark)
	}
	seen := map[uuid.UUID]bool{}
	for _, p := range b.patients {
		if !seen[p] {
			seen[p] = true
			out.Patients = append(out.Patients, p)
		}
	}
	return out
}

// Refused is the result of a batch that cannot be taken in as a whole.
func (b *Batch) Refused(reason string) *fhir.Result {
	out := &fhir.Result{}
	for _, r := range b.Records {
		out.Find(b.Table, Finding(b.Source, b.Table, tally.Refused, r.Line, r.Offset, b.Table, reason))
	}
	return out
}

// Finding names a row that was not taken in, by its line and its byte in the document.
func Finding(document, name string, o tally.Outcome, line int, offset int64, path, reason string) tally.Finding {
	return tally.Finding{
		Outcome: o, Source: document, Resource: fmt.Sprintf("%s line %d byte %d", name, line, offset), Path: path, Reason: reason,
	}
}
