// Package tally counts what became of the records of an import and names those that were not taken in.
package tally

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Outcome is what became of a record.
type Outcome string

// The outcomes. Every record has exactly one.
const (
	// Accepted records were stored or changed what is stored.
	Accepted Outcome = "ACCEPTED"
	// Unchanged records were in already.
	Unchanged Outcome = "UNCHANGED"
	// Refused records break a rule, or need a record that does.
	Refused Outcome = "REFUSED"
	// Unmapped records have no place in the model.
	Unmapped Outcome = "UNMAPPED"
)

// Finding is one line of the error file: a record that was not taken in, and why. It quotes no value of the
// record but codes and references, as the file may be passed on.
type Finding struct {
	Outcome Outcome `json:"outcome"`
	// Source is the file, and the entry where the file is an archive.
	Source string `json:"source"`
	// Line is the record's in the file, from 1, where a file has one record a line.
	Line int `json:"line,omitempty"`
	// Resource is the type and the source's own name of the record.
	Resource string `json:"resource"`
	// Path leads to the element at fault; it is the type where the record is at fault as a whole.
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// Counts is how many records had each outcome.
type Counts struct {
	Accepted, Unchanged, Refused, Unmapped int
}

func (c Counts) plus(d Counts) Counts {
	return Counts{c.Accepted + d.Accepted, c.Unchanged + d.Unchanged, c.Refused + d.Refused, c.Unmapped + d.Unmapped}
}

func (c Counts) with(o Outcome) Counts {
	switch o {
	case Accepted:
		c.Accepted++
	case Unchanged:
		c.Unchanged++
	case Refused:
		c.Refused++
	case Unmapped:
		c.Unmapped++
	}
	return c
}

// Sum is the number of records.
func (c Counts) Sum() int { return c.Accepted + c.Unchanged + c.Refused + c.Unmapped }

// Report is what became of all records of a run.
type Report struct {
	Counts
	// Types has the counts by type of record.
	Types map[string]Counts
	// Remarks counts what was taken in otherwise than it stood, by sentence.
	Remarks map[string]int
}

// ExitCode is what a command ends with: 0, or 2 when nothing was accepted and nothing was in already.
func (r Report) ExitCode() int {
	if r.Accepted+r.Unchanged == 0 {
		return 2
	}
	return 0
}

// Resumed is the report of a run that goes on from these counts.
func Resumed(types map[string]Counts, remarks map[string]int) Report {
	r := Report{Types: types, Remarks: remarks}
	for _, c := range types {
		r.Counts = r.plus(c)
	}
	return r
}

// Add adds what became of some more records.
func (r *Report) Add(t *Tally) {
	if r.Types == nil {
		r.Types = map[string]Counts{}
	}
	if r.Remarks == nil {
		r.Remarks = map[string]int{}
	}
	for typ, c := range t.types {
		r.Types[typ] = r.Types[typ].plus(c)
		r.Counts = r.plus(c)
	}
	for remark, n := range t.remarks {
		r.Remarks[remark] += n
	}
}

// Print writes the report as a table for people.
func (r Report) Print(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "accepted\tunchanged\trefused\tunmapped\t")
	row := func(c Counts, name string) {
		fmt.Fprintf(out, "%d\t%d\t%d\t%d\t %s\n", c.Accepted, c.Unchanged, c.Refused, c.Unmapped, name)
	}
	for _, typ := range slices.Sorted(maps.Keys(r.Types)) {
		row(r.Types[typ], typ)
	}
	row(r.Counts, "in all")
	if err := out.Flush(); err != nil {
		return err
	}
	for _, remark := range slices.Sorted(maps.Keys(r.Remarks)) {
		if _, err := fmt.Fprintf(w, "%d × %s\n", r.Remarks[remark], remark); err != nil {
			return err
		}
	}
	return nil
}

// Tally is what became of the records of one document. It joins the report when the document is committed.
type Tally struct {
	// Findings are in the order of the records.
	Findings []Finding
	types    map[string]Counts
	remarks  map[string]int
}

// Count counts a record that was taken in.
func (t *Tally) Count(typ string, o Outcome) {
	if t.types == nil {
		t.types = map[string]Counts{}
	}
	t.types[typ] = t.types[typ].with(o)
}

// Find counts and names a record that was not taken in.
func (t *Tally) Find(typ string, f Finding) {
	t.Count(typ, f.Outcome)
	t.Findings = append(t.Findings, f)
}

// Len is the number of records.
func (t *Tally) Len() int {
	var all Counts
	for _, c := range t.types {
		all = all.plus(c)
	}
	return all.Sum()
}

// Remark counts a record that was taken in otherwise than it stood.
func (t *Tally) Remark(sentence string) {
	if t.remarks == nil {
		t.remarks = map[string]int{}
	}
	t.remarks[sentence]++
}
