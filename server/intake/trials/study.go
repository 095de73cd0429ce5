// Package trials takes studies of ClinicalTrials.gov in: answers and downloads of its API, versions 1 and 2, in
// JSON, and the legacy XML. All are read into one form.
//
// The rules, where the registry or the data leaves a choice:
//
//   - The registry's identifier (NCT number) says which study it is, not the name of the file. Of several records of
//     one study the one that was submitted last stays; one that is not newer changes nothing. What a person changed
//     here stays, unless the registry changed it later still.
//   - A study becomes a program in DRAFT that demands consent to trial participation: ethics reference and consent
//     forms are not in the registry, so nobody enrolls until a coordinator has completed it.
//   - A day that the registry does not give is not made up: "August 2020" is no day.
//   - Contacts, officials and investigators are people and are not taken in, nor is a sponsor or facility that is
//     one of them. Where a text repeats their names, addresses or numbers, these are left out of it.
//   - A facility is found again by name, city, state and country. One without a name of its own is a site of this
//     study alone and is called after its place.
package trials

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/record"
)

// study is the form that all formats are read into: the registry's words, not yet judged.
type study struct {
	id, title, officialTitle, summary string

	status, updated, starts, ends string
	phase                         string
	// masking is the degree, masked who is masked where the registry says it.
	masking    string
	masked     []string
	enrollment string
	conditions []string

	sponsor, sponsorClass string
	criteria              []paragraph
	minAge, maxAge, sex   string
	locations             []location
	// people are names, addresses and numbers of contacts and officials: what is not to be stored.
	people []string
	// officials are those of them who are said to be with an institution, which they are not themselves.
	officials  []string
	hasResults bool
}

type location struct{ facility, status, city, state, zip, country string }

// Document is a file of studies that was read but not taken in.
type Document struct {
	source  string
	studies []entry
}

// entry is one study of a document.
type entry struct {
	study
	fault *record.Fault // found while reading; nil mostly
}

// name is what the registry calls the study.
func (e *entry) name() string { return "Study " + record.Abridged(e.id) }

// Len is the number of studies and their locations.
func (d *Document) Len() int {
	n := 0
	for i := range d.studies {
		n += 1 + len(d.studies[i].locations)
	}
	return n
}

// details are the values of a study as the columns have them.
type details struct {
	name                    string
	officialTitle, summary  *string
	phase                   *code.StudyPhase
	status                  *code.StudyStatus
	registryStatus, sponsor *string
	starts, ends            *code.Date
	blinded                 bool
	target                  *int
	conditions              []string
	criteria                []criterion
	updated                 time.Time // zero where the registry does not say
	remarks                 []string
}

var registryID = regexp.MustCompile(`^NCT[0-9]{8}$`)

// judge reads the values of a study; what breaks a rule refuses it.
func (s *study) judge() (*details, *record.Fault) {
	r := &record.Reader{}
	if !registryID.MatchString(s.id) {
		r.Refuse("nct_id", "no identifier of ClinicalTrials.gov")
	}
	d := &details{conditions: []string{}}
	people := newPeople(s)
	text := func(path, value string, limit int) string {
		value, cut := people.leftOutOf(value)
		if cut {
			d.remarks = append(d.remarks, "what a text repeats of a contact was left out of it")
		}
		return r.Text(path, value, limit)
	}
	d.officialTitle = optional(text("official_title", s.officialTitle, 1000))
	d.name = text("brief_title", s.title, 300)
	if d.name == "" {
		d.name = s.id
	}
	d.summary = optional(text("brief_summary", s.summary, 20000))
	d.status, d.registryStatus = studyStatus(s.status), r.Optional("overall_status", s.status, 60)
	if d.status == nil && d.registryStatus != nil {
		d.remarks = append(d.remarks, "a status that FHIR has no word for was kept in the registry's words alone")
	}
	if d.phase = studyPhase(s.phase); d.phase == nil && s.phase != "" {
		d.remarks = append(d.remarks, "a phase beyond the value set was left out")
	}
	d.starts, d.ends = d.day(r, "start_date", s.starts), d.day(r, "completion_date", s.ends)
	if updated := d.day(r, "last_update_submitted", s.updated); updated != nil {
		d.updated = updated.Time()
	}
	d.blinded = blinded(s.masking, s.masked)
	if s.enrollment != "" {
		n, err := strconv.ParseInt(s.enrollment, 10, 32)
		if err != nil || n < 0 {
			r.Refuse("enrollment", "no number of participants")
		}
		count := int(n)
		d.target = &count
	}
	for _, c := range s.conditions {
		if c = r.Text("condition", c, 300); c != "" {
			d.conditions = append(d.conditions, c)
		}
	}
	d.sponsor = r.Optional("lead_sponsor", s.sponsor, 300)
	if people.isPerson(s.sponsor, s.sponsorClass) {
		d.sponsor = nil
		d.remarks = append(d.remarks, "a sponsor who is a person was left out")
	}
	d.criteria = d.eligibility(s, text)
	return d, r.Fault
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// day reads a date. One without a day is none.
func (d *details) day(r *record.Reader, path, text string) *code.Date {
	if text == "" {
		return nil
	}
	for _, layout := range []string{time.DateOnly, "January 2, 2006"} {
		if t, err := time.Parse(layout, text); err == nil {
			day := code.DateOf(t)
			return &day
		}
	}
	for _, layout := range []string{"2006-01", "January 2006", "2006"} {
		if _, err := time.Parse(layout, text); err == nil {
			d.remarks = append(d.remarks, "a date without a day was left out")
			return nil
		}
	}
	r.Refuse(path, "no date as the registry writes them")
	return nil
}

// cut is the text before a separator.
func cut(text, separator string) string {
	before, _, _ := strings.Cut(text, separator)
	return before
}
