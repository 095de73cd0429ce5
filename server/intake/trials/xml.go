package trials

import (
	"encoding/xml"
	"errors"
	"regexp"
	"strings"

	"github.com/carehub/carehub/server/intake/record"
)

// clinicalStudy is the legacy form of a study.
type clinicalStudy struct {
	ID            string   `xml:"id_info>nct_id"`
	BriefTitle    string   `xml:"brief_title"`
	OfficialTitle string   `xml:"official_title"`
	Summary       string   `xml:"brief_summary>textblock"`
	Status        string   `xml:"overall_status"`
	Start         string   `xml:"start_date"`
	Completion    string   `xml:"completion_date"`
	Updated       string   `xml:"last_update_submitted"`
	LastChanged   string   `xml:"lastchanged_date"` // its name until 2017
	Phase         string   `xml:"phase"`
	Masking       string   `xml:"study_design_info>masking"`
	Design        string   `xml:"study_design"` // until 2016 all of the design was one text
	Enrollment    string   `xml:"enrollment"`
	Conditions    []string `xml:"condition"`
	Sponsor       string   `xml:"sponsors>lead_sponsor>agency"`
	SponsorClass  string   `xml:"sponsors>lead_sponsor>agency_class"`

	Criteria   string `xml:"eligibility>criteria>textblock"`
	Gender     string `xml:"eligibility>gender"`
	MinimumAge string `xml:"eligibility>minimum_age"`
	MaximumAge string `xml:"eligibility>maximum_age"`

	Investigator  string          `xml:"responsible_party>investigator_full_name"`
	Affiliation   string          `xml:"responsible_party>investigator_affiliation"`
	Party         string          `xml:"responsible_party>name_title"`
	Officials     []person        `xml:"overall_official"`
	Contact       []person        `xml:"overall_contact"`
	ContactBackup []person        `xml:"overall_contact_backup"`
	Locations     []studyLocation `xml:"location"`
	Results       *struct{}       `xml:"clinical_results"`
}

type person struct {
	First  string `xml:"first_name"`
	Middle string `xml:"middle_name"`
	Last   string `xml:"last_name"`
	Phone  string `xml:"phone"`
	EMail  string `xml:"email"`
	With   string `xml:"affiliation"`
}

type studyLocation struct {
	Facility      string   `xml:"facility>name"`
	City          string   `xml:"facility>address>city"`
	State         string   `xml:"facility>address>state"`
	ZIP           string   `xml:"facility>address>zip"`
	Country       string   `xml:"facility>address>country"`
	Status        string   `xml:"status"`
	Contact       []person `xml:"contact"`
	ContactBackup []person `xml:"contact_backup"`
	Investigator  []person `xml:"investigator"`
}

// ParseXML reads one study in the legacy form. An error refuses it as a whole.
func ParseXML(source string, d *xml.Decoder) (*Document, error) {
	var doc struct {
		XMLName xml.Name
		clinicalStudy
	}
	if err := d.Decode(&doc); err != nil {
		return nil, errors.New("not XML of the registry's form")
	}
	if doc.XMLName.Local != "clinical_study" {
		return nil, errors.New("has no study of ClinicalTrials.gov")
	}
	return &Document{source, []entry{{study: doc.study()}}}, nil
}

var (
	designMasking = regexp.MustCompile(`Masking: ?([^,(]*(\([^)]*\))?)`)
	inBrackets    = regexp.MustCompile(`\((.*)\)`)
)

func (c *clinicalStudy) study() study {
	s := study{
		id: first(c.ID), title: c.BriefTitle, officialTitle: c.OfficialTitle, summary: c.Summary,
		status: first(c.Status), updated: first(c.Updated, c.LastChanged), starts: first(c.Start), ends: first(c.Completion),
		phase: c.Phase, enrollment: first(c.Enrollment), conditions: c.Conditions,
		sponsor: first(c.Sponsor), sponsorClass: first(c.SponsorClass),
		criteria: paragraphs(unwrap(c.Criteria)),
		minAge:   first(c.MinimumAge), maxAge: first(c.MaximumAge), sex: first(c.Gender),
		hasResults: c.Results != nil,
	}
	s.masking = first(c.Masking)
	if design := designMasking.FindStringSubmatch(c.Design); s.masking == "" && design != nil {
		s.masking = design[1]
	}
	if who := inBrackets.FindStringSubmatch(s.masking); who != nil && !strings.EqualFold(who[1], "open label") {
		for _, one := range strings.Split(who[1], ",") {
			s.masked = append(s.masked, record.Clean(one))
		}
	}
	s.meet(c.Investigator, c.Party)
	s.affiliated(first(c.Investigator), first(c.Affiliation))
	for _, all := range [][]person{c.Officials, c.Contact, c.ContactBackup} {
		s.meetPersons(all)
	}
	for _, l := range c.Locations {
		s.locations = append(s.locations, location{
			first(l.Facility), first(l.Status), first(l.City), first(l.State), first(l.ZIP), first(l.Country),
		})
		for _, all := range [][]person{l.Contact, l.ContactBackup, l.Investigator} {
			s.meetPersons(all)
		}
	}
	return s
}

func (s *study) meetPersons(all []person) {
	for _, p := range all {
		name := record.Clean(p.First + " " + p.Middle + " " + p.Last)
		s.affiliated(name, first(p.With))
		s.meet(name, p.Phone, p.EMail)
	}
}

// unwrap joins the lines of a paragraph, which the legacy form breaks near column 100: a paragraph ends with an
// empty line or where a bullet begins.
func unwrap(wrapped string) string {
	var out strings.Builder
	open := false
	for line := range strings.Lines(wrapped) {
		line = strings.TrimRight(line, " \t\r\n")
		switch _, marker := bullet(strings.TrimLeft(line, " \t")); {
		case line == "":
			open = false
			continue
		case open && marker == "":
			out.WriteString(" " + strings.TrimLeft(line, " \t"))
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(line)
		open = true
	}
	return out.String()
}
