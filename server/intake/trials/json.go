package trials

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/carehub/carehub/server/intake/record"
)

// envelope is what studies come in: a list, an answer of either version of the API, or one study alone.
type envelope struct {
	FullStudiesResponse *envelope
	FullStudies         []envelope
	FullStudy, Study    *envelope
	Studies             []envelope
	ProtocolSection     json.RawMessage
	ResultsSection      present
}

// present tells that an element is there, without keeping it.
type present bool

// UnmarshalJSON implements json.Unmarshaler.
func (p *present) UnmarshalJSON([]byte) error {
	*p = true
	return nil
}

// text is a text or a number.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if data[0] == '"' {
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
	} else if n := json.Number(data); bytes.ContainsAny(data[:1], "-0123456789") {
		s = n.String()
	} else if string(data) != "null" {
		return errors.New("neither text nor number")
	}
	*t = text(s)
	return nil
}

// protocol is what both versions have of a study. Their names differ by case, which does not matter, or otherwise:
// then both stand here.
type protocol struct {
	IdentificationModule struct{ NCTID, BriefTitle, OfficialTitle string }
	StatusModule         struct {
		OverallStatus        string
		StartDateStruct      struct{ StartDate, Date string }
		CompletionDateStruct struct{ CompletionDate, Date string }
		LastUpdateSubmitDate string
	}
	SponsorCollaboratorsModule struct {
		ResponsibleParty struct {
			ResponsiblePartyInvestigatorFullName, ResponsiblePartyInvestigatorAffiliation string
			InvestigatorFullName, InvestigatorAffiliation                                 string
		}
		LeadSponsor struct{ LeadSponsorName, LeadSponsorClass, Name, Class string }
	}
	DescriptionModule struct{ BriefSummary string }
	ConditionsModule  struct {
		ConditionList struct{ Condition []string }
		Conditions    []string
	}
	DesignModule struct {
		PhaseList  struct{ Phase []string }
		Phases     []string
		DesignInfo struct {
			DesignMaskingInfo struct {
				DesignMasking       string
				DesignWhoMaskedList struct{ DesignWhoMasked []string }
			}
			MaskingInfo struct {
				Masking   string
				WhoMasked []string
			}
		}
		EnrollmentInfo struct{ EnrollmentCount, Count text }
	}
	EligibilityModule struct{ EligibilityCriteria, Gender, Sex, MinimumAge, MaximumAge string }

	ContactsLocationsModule struct {
		CentralContactList  struct{ CentralContact []contact }
		CentralContacts     []contact
		OverallOfficialList struct{ OverallOfficial []contact }
		OverallOfficials    []contact
		LocationList        struct{ Location []place }
		Locations           []place
	}
}

type contact struct {
	CentralContactName, CentralContactPhone, CentralContactEMail    string
	LocationContactName, LocationContactPhone, LocationContactEMail string
	OverallOfficialName, OverallOfficialAffiliation                 string
	Name, Phone, EMail, Affiliation                                 string
}

type place struct {
	LocationFacility, LocationStatus, LocationCity, LocationState, LocationZip, LocationCountry string
	Facility, Status, City, State, Zip, Country                                                 string

	LocationContactList struct{ LocationContact []contact }
	Contacts            []contact
}

// ParseJSON reads a document of either version of the API. An error refuses it as a whole.
func ParseJSON(source string, data []byte) (*Document, error) {
	var top envelope
	into := any(&top)
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		into = &top.Studies
	}
	if err := json.Unmarshal(data, into); err != nil {
		return nil, readable(err)
	}
	all := top.entries(nil)
	if len(all) == 0 {
		return nil, errors.New("has no study of ClinicalTrials.gov")
	}
	return &Document{source, all}, nil
}

// entries appends the studies within.
func (e *envelope) entries(all []entry) []entry {
	if len(e.ProtocolSection) > 0 {
		all = append(all, e.entry())
	}
	for _, one := range []*envelope{e.FullStudiesResponse, e.FullStudy, e.Study} {
		if one != nil {
			all = one.entries(all)
		}
	}
	for _, many := range [][]envelope{e.FullStudies, e.Studies} {
		for i := range many {
			all = many[i].entries(all)
		}
	}
	return all
}

func (e *envelope) entry() entry {
	var p protocol
	if err := json.Unmarshal(e.ProtocolSection, &p); err != nil {
		return entry{fault: &record.Fault{Path: "ProtocolSection", Reason: readable(err).Error()}}
	}
	s := p.study()
	s.hasResults = bool(e.ResultsSection)
	if bytes.Contains(e.ProtocolSection, []byte(`"nctId"`)) { // version 2 has its texts in Markdown
		s.summary = unescape(s.summary)
		for i := range s.criteria {
			s.criteria[i].text = unescape(s.criteria[i].text)
		}
	}
	return entry{study: s}
}

func (p *protocol) study() study {
	s := study{
		id:    p.IdentificationModule.NCTID,
		title: p.IdentificationModule.BriefTitle, officialTitle: p.IdentificationModule.OfficialTitle,
		summary: p.DescriptionModule.BriefSummary,
		status:  p.StatusModule.OverallStatus, updated: p.StatusModule.LastUpdateSubmitDate,
		starts:     first(p.StatusModule.StartDateStruct.StartDate, p.StatusModule.StartDateStruct.Date),
		ends:       first(p.StatusModule.CompletionDateStruct.CompletionDate, p.StatusModule.CompletionDateStruct.Date),
		phase:      strings.Join(append(p.DesignModule.PhaseList.Phase, p.DesignModule.Phases...), "/"),
		masking:    first(p.DesignModule.DesignInfo.DesignMaskingInfo.DesignMasking, p.DesignModule.DesignInfo.MaskingInfo.Masking),
		masked:     append(p.DesignModule.DesignInfo.DesignMaskingInfo.DesignWhoMaskedList.DesignWhoMasked, p.DesignModule.DesignInfo.MaskingInfo.WhoMasked...),
		enrollment: first(string(p.DesignModule.EnrollmentInfo.EnrollmentCount), string(p.DesignModule.EnrollmentInfo.Count)),
		conditions: append(p.ConditionsModule.ConditionList.Condition, p.ConditionsModule.Conditions...),
		criteria:   paragraphs(p.EligibilityModule.EligibilityCriteria),
		minAge:     p.EligibilityModule.MinimumAge, maxAge: p.EligibilityModule.MaximumAge,
		sex: first(p.EligibilityModule.Gender, p.EligibilityModule.Sex),
	}
	lead := p.SponsorCollaboratorsModule.LeadSponsor
	s.sponsor, s.sponsorClass = first(lead.LeadSponsorName, lead.Name), first(lead.LeadSponsorClass, lead.Class)
	responsible := p.SponsorCollaboratorsModule.ResponsibleParty
	s.meet(responsible.ResponsiblePartyInvestigatorFullName, responsible.InvestigatorFullName)
	s.affiliated(
		first(responsible.ResponsiblePartyInvestigatorFullName, responsible.InvestigatorFullName),
		first(responsible.ResponsiblePartyInvestigatorAffiliation, responsible.InvestigatorAffiliation),
	)
	m := &p.ContactsLocationsModule
	for _, all := range [][]contact{m.CentralContactList.CentralContact, m.CentralContacts, m.OverallOfficialList.OverallOfficial, m.OverallOfficials} {
		s.meetAll(all)
	}
	for _, l := range append(m.LocationList.Location, m.Locations...) {
		s.locations = append(s.locations, location{
			first(l.LocationFacility, l.Facility), first(l.LocationStatus, l.Status), first(l.LocationCity, l.City),
			first(l.LocationState, l.State), first(l.LocationZip, l.Zip), first(l.LocationCountry, l.Country),
		})
		s.meetAll(l.LocationContactList.LocationContact)
		s.meetAll(l.Contacts)
	}
	return s
}

// meet remembers what is not to be stored.
func (s *study) meet(texts ...string) {
	for _, text := range texts {
		if text = record.Clean(text); text != "" {
			s.people = append(s.people, text)
		}
	}
}

// affiliated remembers an official of an institution. One that is the institution itself is no person.
func (s *study) affiliated(name, institution string) {
	if institution != "" && !strings.EqualFold(name, institution) {
		s.officials = append(s.officials, name)
	}
}

func (s *study) meetAll(all []contact) {
	for _, c := range all {
		s.affiliated(first(c.OverallOfficialName, c.Name), first(c.OverallOfficialAffiliation, c.Affiliation))
		s.meet(
			c.CentralContactName, c.CentralContactPhone, c.CentralContactEMail, c.LocationContactName,
			c.LocationContactPhone, c.LocationContactEMail, c.OverallOfficialName, c.Name, c.Phone, c.EMail,
		)
	}
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text = record.Clean(text); text != "" {
			return text
		}
	}
	return ""
}

var escaped = regexp.MustCompile(`\\([\\` + "`" + `*_{}\[\]()#+.!<>|~=&-])`)

// unescape takes the backslashes of Markdown out.
func unescape(markdown string) string { return escaped.ReplaceAllString(markdown, "$1") }

// readable says what encoding/json found without quoting the data.
func readable(err error) error {
	switch err := err.(type) { //nolint:errorlint // encoding/json returns these unwrapped
	case *json.SyntaxError:
		return fmt.Errorf("not JSON at byte %d", err.Offset)
	case *json.UnmarshalTypeError:
		return fmt.Errorf("%s: a JSON %s is not what the registry has there", err.Field, err.Value)
	}
	return err
}
