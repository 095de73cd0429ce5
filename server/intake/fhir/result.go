package fhir

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/carehub/carehub/server/intake/tally"
)

// refusedPatient is the patient that a bundle is rolled back for.
func (l *load) refusedPatient() *item {
	if l.rank != AllRanks || l.bundle.loose {
		return nil
	}
	for _, it := range l.items {
		if it.typ == "Patient" && it.outcome == tally.Refused {
			return it
		}
	}
	return nil
}

// rolledBack is the result of a bundle that is left out because of a patient.
func (l *load) rolledBack(culprit *item) *Result {
	for _, it := range l.items {
		if it.outcome != tally.Unmapped && it.outcome != tally.Refused {
			it.refuse(fault{it.typ, "the bundle was rolled back: " + culprit.name() + " was refused"})
		}
	}
	l.remarks, l.writes = nil, writes{}
	return l.result()
}

// result counts what became of the items, in their order.
func (l *load) result() *Result {
	out := &Result{}
	touched := map[uuid.UUID]bool{}
	for _, it := range l.items {
		if it.context {
			continue
		}
		switch it.outcome {
		case tally.Accepted, tally.Unchanged:
			out.Count(it.typ, it.outcome)
			if it.outcome == tally.Unchanged {
				continue
			}
			out.Changed = true
			if it.typ == "Patient" {
				touched[it.key] = true
			} else if it.patient != uuid.Nil {
				touched[it.patient] = true
			}
		default:
			out.Find(it.typ, tally.Finding{
				Outcome: it.outcome, Source: l.bundle.source, Line: it.line,
				Resource: it.name(), Path: it.fault.path, Reason: it.fault.reason,
			})
		}
	}
	for _, remark := range l.remarks {
		out.Remark(remark)
	}
	for key := range touched {
		out.Patients = append(out.Patients, key)
	}
	slices.SortFunc(out.Patients, func(a, b uuid.UUID) int { return cmp.Compare(a.String(), b.String()) })
	return out
}

// Refused is the result of a document whose resources of a rank, or of AllRanks, cannot be taken in together.
func (b *Bundle) Refused(rank int, reason string) *Result {
	out := &Result{}
	for _, e := range b.entries {
		if rank != AllRanks && rankOf(e.typ) != rank {
			continue
		}
		f := tally.Finding{
			Outcome: tally.Refused, Source: b.source, Line: e.line, Resource: e.name(), Path: e.typ, Reason: reason,
		}
		if _, has := mapped[e.typ]; !has {
			f.Outcome, f.Reason = tally.Unmapped, "the model has no place for it"
		}
		out.Find(e.typ, f)
	}
	return out
}
