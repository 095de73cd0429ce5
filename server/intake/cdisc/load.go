package cdisc

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/server/intake/record"
	"github.com/carehub/carehub/server/intake/tally"
)

// Result is what became of a dataset.
type Result struct {
	tally.Tally
	// Patients are those that something was stored of.
	Patients []uuid.UUID
	// Programs are those that were made.
	Programs []uuid.UUID

	subjects map[*subject]outcome
	studies  map[*study]outcome
}

// Committed tells that the dataset is in: what other datasets say of its trials and subjects follows from that.
func (r *Result) Committed() {
	for s, o := range r.subjects {
		s.outcome = o
	}
	for s, o := range r.studies {
		s.outcome = o
	}
}

// Refused is the result of a dataset that the database does not take.
func (c *Collection) Refused(d *Dataset, reason string) *Result {
	out := &Result{subjects: map[*subject]outcome{}}
	fault := record.Fault{Path: d.name, Reason: reason}
	for _, of := range d.rows {
		d.find(&out.Tally, of, tally.Refused, fault)
		if d.name == "DM" || d.name == "ADSL" {
			if _, who := c.subject(d, of); who != nil && who.outcome.Outcome == "" {
				out.subjects[who] = outcome{tally.Refused, fault}
			}
		}
	}
	return out
}

// find counts and names a row that was not taken in.
func (d *Dataset) find(out *tally.Tally, of row, o tally.Outcome, f record.Fault) {
	name := d.name
	if id := d.value(of, "USUBJID"); id != "" {
		name += "/" + record.Abridged(id)
	}
	out.Find(d.name, tally.Finding{Outcome: o, Source: d.source, Resource: name, Path: f.Path, Reason: f.Reason})
}

// Load takes a dataset in within the transaction.
func (c *Collection) Load(ctx context.Context, tx *ent.Tx, d *Dataset) (*Result, error) {
	l := &load{
		Collection: c, ctx: ctx, tx: tx, dataset: d, names: record.NewNames(tx), programs: map[*study]program{},
		sites:  map[place]uuid.UUID{},
		result: &Result{subjects: map[*subject]outcome{}, studies: map[*study]outcome{}},
	}
	var err error
	switch d.name {
	case "TS", "TI":
		err = l.design()
	case "TV":
		d.unmapped(&l.result.Tally, len(d.rows), "read for when the informed consent is given; the model has no place for the rest")
	case "DS":
		l.dispositions()
	default:
		err = l.subjects()
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(l.result.Patients, compare)
	return l.result, nil
}

func compare(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

// load is one dataset on its way into the database.
type load struct {
	*Collection
	ctx      context.Context
	tx       *ent.Tx
	dataset  *Dataset
	names    *record.Names
	programs map[*study]program
	sites    map[place]uuid.UUID
	result   *Result
}

func (l *load) refuse(of row, f record.Fault) { l.dataset.find(&l.result.Tally, of, tally.Refused, f) }

func (l *load) count(o tally.Outcome) { l.result.Count(l.dataset.name, o) }

// dispositions counts the rows of DS. What they say was stored with their subjects.
func (l *load) dispositions() {
	d, out := l.dataset, &l.result.Tally
	without := 0
	for _, of := range d.rows {
		if of.fault != nil {
			l.refuse(of, *of.fault)
			continue
		}
		m, fault := milestoneOf(d, of)
		_, who := l.subject(d, of)
		switch {
		case fault != nil:
			l.refuse(of, *fault)
		case m.kind == milestoneOther:
			without++
		case who == nil || who.outcome.Outcome == "":
			l.refuse(of, record.Fault{Path: "DS.USUBJID", Reason: "names no subject of DM or ADSL"})
		case who.outcome.Outcome == tally.Refused:
			l.refuse(of, record.Fault{Path: "DS.USUBJID", Reason: "its subject was refused: " + who.outcome.fault.Reason})
		case m.on == "":
			l.refuse(of, record.Fault{Path: "DS.DSSTDTC", Reason: "no whole day"})
		default:
			l.count(who.outcome.Outcome)
		}
	}
	d.unmapped(out, without, "the model has no place for milestones of their kind")
}
