package cdisc

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/record"
	"github.com/carehub/carehub/server/intake/tally"
)

// Collection is what the datasets of a run say of trials and their subjects.
type Collection struct {
	datasets []*Dataset
	studies  map[string]*study
	kept     int
}

// NewCollection begins a run.
func NewCollection() *Collection { return &Collection{studies: map[string]*study{}} }

// study is what all datasets say of one trial.
type study struct {
	id         string
	parameters map[string][]string // of TS
	// criteria are those of TI, by version of the protocol; versions are in the order of the rows.
	criteria map[string][]criterion
	versions []string
	// visitBeginsWithConsent tells that the first visit does, by the trial's design.
	visitBeginsWithConsent bool
	subjects               map[string]*subject
	outcome                outcome
}

type criterion struct {
	kind code.CriterionKind
	text string
}

// outcome is what became of a trial or subject in this run; empty while it is not known.
type outcome struct {
	tally.Outcome
	fault record.Fault
}

// Read reads a dataset to its end. What is returned is what became of its rows when none of them has a place, nil
// when they are to be loaded. An error refuses the dataset as a whole; nothing of it is then remembered.
func (c *Collection) Read(source string, r io.Reader) (*tally.Tally, error) {
	d, err := read(source, r, maxKept-c.kept)
	if err != nil {
		return nil, err
	}
	if _, kept := columns[d.name]; !kept || d.count == 0 {
		out := &tally.Tally{}
		d.unmapped(out, d.count, "the model has no place for them")
		return out, nil
	}
	c.kept += len(d.rows)
	c.datasets = append(c.datasets, d)
	for i, of := range d.rows {
		if of.fault != nil {
			continue
		}
		c.remember(d, of)
		if d.name == "DM" || d.name == "ADSL" {
			d.rows[i].values = slices.Clone(of.values[:identifiers]) // the rest is among the facts now
		}
	}
	return nil, nil //nolint:nilnil // the rows have no outcome yet
}

// unmapped counts rows that have no place; the finding names them together, as there may be millions.
func (d *Dataset) unmapped(out *tally.Tally, n int, reason string) {
	for range n {
		out.Count(d.name, tally.Unmapped)
	}
	if n > 0 {
		out.Findings = append(out.Findings, tally.Finding{
			Outcome: tally.Unmapped, Source: d.source, Resource: d.name, Path: d.name, Reason: fmt.Sprintf("%d rows: %s", n, reason),
		})
	}
}

// order is that in which datasets are loaded: those that others refer to first.
var order = []string{"TS", "TI", "DM", "ADSL", "DS", "TV"}

// Datasets are those to be loaded, in their order.
func (c *Collection) Datasets() []*Dataset {
	slices.SortStableFunc(c.datasets, func(a, b *Dataset) int {
		return cmp.Compare(slices.Index(order, a.name), slices.Index(order, b.name))
	})
	return c.datasets
}

// study is the trial of a row, nil when the row names none.
func (c *Collection) study(d *Dataset, of row) *study {
	id := d.value(of, "STUDYID")
	if id == "" || len(id) > maxIdentifier {
		return nil
	}
	if c.studies[id] == nil {
		c.studies[id] = &study{
			id: id, parameters: map[string][]string{}, criteria: map[string][]criterion{}, subjects: map[string]*subject{},
		}
	}
	return c.studies[id]
}

// maxIdentifier bounds identifiers of studies and subjects, in bytes.
const maxIdentifier = 60

// subject is the subject of a row, nil when the row names none.
func (c *Collection) subject(d *Dataset, of row) (*study, *subject) {
	s, id := c.study(d, of), d.value(of, "USUBJID")
	if s == nil || id == "" || len(id) > maxIdentifier {
		return nil, nil
	}
	if s.subjects[id] == nil {
		s.subjects[id] = &subject{}
	}
	return s, s.subjects[id]
}

var consentBegins = regexp.MustCompile(`(?i)informed consent`)

// remember adds what a row says to what is known of its trial or subject.
func (c *Collection) remember(d *Dataset, of row) {
	s := c.study(d, of)
	if s == nil {
		return
	}
	switch d.name {
	case "TS":
		name, value := d.value(of, "TSPARMCD"), d.value(of, "TSVAL")
		if value != "" && !slices.Contains(s.parameters[name], value) {
			s.parameters[name] = append(s.parameters[name], value)
		}
	case "TI":
		version, one := d.value(of, "TIVERS"), criterionOf(d, of)
		if !slices.Contains(s.versions, version) {
			s.versions = append(s.versions, version)
		}
		if one.text != "" && !slices.Contains(s.criteria[version], one) {
			s.criteria[version] = append(s.criteria[version], one)
		}
	case "TV":
		if d.value(of, "VISITNUM") == "1" && consentBegins.MatchString(d.value(of, "TVSTRL")) {
			s.visitBeginsWithConsent = true
		}
	case "DM", "ADSL", "DS":
		if _, who := c.subject(d, of); who != nil {
			who.remember(d, of)
		}
	}
}

func criterionOf(d *Dataset, of row) criterion {
	kind := code.CriterionKindInclusion
	if strings.EqualFold(d.value(of, "IECAT"), "EXCLUSION") {
		kind = code.CriterionKindExclusion
	}
	return criterion{kind, d.value(of, "IETEST")}
}

// remember adds what a row says. Of several rows of one dataset the first counts; of several milestones of one kind
// the earliest does.
func (s *subject) remember(d *Dataset, of row) {
	switch d.name {
	case "DM":
		if s.dm == nil {
			s.dm = factsOf(d, of)
		}
	case "ADSL":
		if s.adsl == nil {
			s.adsl = factsOf(d, of)
		}
	case "DS":
		m, fault := milestoneOf(d, of)
		if fault != nil || m.on == "" && m.kind != milestoneLeft {
			return
		}
		switch m.kind {
		case milestoneConsented:
			s.consented = earliest(s.consented, m.on)
		case milestoneRandomized:
			s.randomized = earliest(s.randomized, m.on)
		case milestoneTreated:
			s.treated = earliest(s.treated, m.on)
		case milestoneLeft:
			if s.disposition == "" || m.on != "" && (s.ended == "" || m.on < s.ended) {
				s.disposition, s.ended = m.what, m.on
			}
		}
	}
}

// milestone is a row of DS that has a place.
type milestone struct {
	kind milestoneKind
	what string
	on   code.Date
}

type milestoneKind int

const (
	milestoneOther milestoneKind = iota
	milestoneConsented
	milestoneRandomized
	milestoneTreated // ended the treatment
	milestoneLeft    // ended participation
)

// milestoneOf reads a row of DS. A disposition without a subcategory is one of participation, as in older editions
// of the standard.
func milestoneOf(d *Dataset, of row) (milestone, *record.Fault) {
	r := &record.Reader{}
	m := milestone{what: strings.ToUpper(record.Abridged(d.value(of, "DSDECOD"))), on: day(r, "DS.DSSTDTC", d.value(of, "DSSTDTC"))}
	switch category, within := strings.ToUpper(d.value(of, "DSCAT")), strings.ToUpper(d.value(of, "DSSCAT")); {
	case m.what == "":
	case category == "PROTOCOL MILESTONE" && strings.Contains(m.what, "INFORMED CONSENT"):
		m.kind = milestoneConsented
	case category == "PROTOCOL MILESTONE" && (m.what == "RANDOMIZED" || m.what == "RANDOMISED"):
		m.kind = milestoneRandomized
	case category == "DISPOSITION EVENT" && within == "STUDY TREATMENT":
		m.kind = milestoneTreated
	case category == "DISPOSITION EVENT" && (within == "" || within == "STUDY PARTICIPATION"):
		m.kind = milestoneLeft
	}
	return m, r.Fault
}
