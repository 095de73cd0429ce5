package fhir

import (
	"encoding/json"
	"strings"
)

// What the importer reads of FHIR R4; the names are FHIR's.

type coding struct {
	System, Code, Display string
}

type concept struct {
	Coding []coding
	Text   string
}

// text is what a person wrote, else the first name that a code system gives.
func (c concept) text() string {
	if c.Text != "" {
		return c.Text
	}
	for _, coding := range c.Coding {
		if coding.Display != "" {
			return coding.Display
		}
	}
	return ""
}

// code returns the first code of the system.
func (c concept) code(system string) string {
	for _, coding := range c.Coding {
		if coding.System == system {
			return coding.Code
		}
	}
	return ""
}

// first returns the first code of any system.
func (c concept) first() string {
	for _, coding := range c.Coding {
		if coding.Code != "" {
			return coding.Code
		}
	}
	return ""
}

type identifier struct {
	Type          concept
	System, Value string
}

type reference struct {
	Reference, Type, Display string
	Identifier               *identifier
}

// empty tells that the reference names nothing that could be looked up.
func (r reference) empty() bool { return r.Reference == "" && r.Identifier == nil }

type period struct {
	Start, End string
}

type humanName struct {
	Use, Family, Text string
	Given             []string
}

type contactPoint struct {
	System, Value, Use string
}

type address struct {
	Line                             []string
	City, State, PostalCode, Country string
}

// line is the street as one text.
func (a address) line() string { return strings.Join(a.Line, ", ") }

// base is what every resource has.
type base struct {
	ResourceType, ID string
	Meta             struct{ LastUpdated, Source string }
}

// Each type says what it refers to; those of a patient say whose they are, and those that become a part of something
// else what that is called.

func (*organization) refer(func(reference, string)) {}

type organization struct {
	Identifier []identifier
	Type       []concept
	Name       string
	Active     *bool
	Telecom    []contactPoint
	Address    []address
}

func (*practitioner) refer(func(reference, string)) {}

type practitioner struct {
	Identifier []identifier
	Active     *bool
	Name       []humanName
	Telecom    []contactPoint
	Address    []address
}

type practitionerRole struct {
	Practitioner, Organization reference
	Location                   []reference
	Code, Specialty            []concept
	Telecom                    []contactPoint
}

func (p *practitionerRole) refer(to func(reference, string)) {
	to(p.Practitioner, providers)
	to(p.Organization, orgs)
	for _, ref := range p.Location {
		to(ref, locations)
	}
}

func (*patient) refer(func(reference, string)) {}

type patient struct {
	Identifier       []identifier
	Active           *bool
	Name             []humanName
	Telecom          []contactPoint
	Gender           string
	BirthDate        string
	DeceasedBoolean  bool
	DeceasedDateTime string
	Address          []address
	Communication    []struct {
		Language  concept
		Preferred bool
	}
	Link      []struct{ Type string }
	Extension []struct{ URL string }
}

type encounter struct {
	Status      string
	Class       coding
	Type        []concept
	Subject     reference
	Participant []struct {
		Type       []concept
		Individual reference
	}
	Period          period
	ReasonCode      []concept
	ServiceProvider reference
}

func (e *encounter) refer(to func(reference, string)) {
	to(e.Subject, patients)
	to(e.ServiceProvider, orgs)
	for _, p := range e.Participant {
		to(p.Individual, providers)
	}
}

func (e *encounter) of() (string, reference) { return "subject", e.Subject }

type condition struct {
	ClinicalStatus, VerificationStatus concept
	Code                               concept
	Subject, Encounter                 reference
	OnsetDateTime, AbatementDateTime   string
	OnsetPeriod, AbatementPeriod       period
	RecordedDate                       string
}

func (c *condition) refer(to func(reference, string)) {
	to(c.Subject, patients)
	to(c.Encounter, touchpoints)
}

func (c *condition) of() (string, reference) { return "subject", c.Subject }

// dated tells that the condition says itself since when it is.
func (c *condition) dated() bool { return c.OnsetDateTime+c.OnsetPeriod.Start+c.RecordedDate != "" }

type medicationRequest struct {
	Contained                 []medication
	Status, Intent            string
	DoNotPerform              bool
	MedicationCodeableConcept concept
	MedicationReference       reference
	Subject, Encounter        reference
	Requester                 reference
	AuthoredOn                string
	DosageInstruction         []dosage
	DispenseRequest           struct{ ValidityPeriod period }
}

func (m *medicationRequest) refer(to func(reference, string)) {
	to(m.Subject, patients)
	to(m.Requester, providers)
	to(m.Encounter, touchpoints)
}

func (m *medicationRequest) of() (string, reference) { return "subject", m.Subject }

func (m *medicationRequest) dated() bool {
	return m.AuthoredOn+m.DispenseRequest.ValidityPeriod.Start != ""
}

type medication struct {
	ResourceType, ID string
	Code             concept
}

type dosage struct {
	Text, PatientInstruction string
	AsNeededBoolean          bool
	Timing                   struct {
		Code   concept
		Repeat struct {
			Frequency  json.Number
			Period     json.Number
			PeriodUnit string
		}
	}
	DoseAndRate []struct {
		DoseQuantity struct {
			Value json.Number
			Unit  string
		}
	}
}

type carePlan struct {
	Status, Intent string
	Category       []concept
	Subject        reference
	Period         period
	Created        string
}

func (p *carePlan) refer(to func(reference, string)) { to(p.Subject, patients) }

func (p *carePlan) of() (string, reference) { return "subject", p.Subject }

func (p *carePlan) names() []name {
	if program, has := programOf(p.Category); has {
		return []name{program.name}
	}
	return nil
}

type explanationOfBenefit struct {
	Contained      []coverage
	Status         string
	Patient        reference
	BillablePeriod period
	Insurance      []struct{ Coverage reference }
}

func (e *explanationOfBenefit) refer(to func(reference, string)) {
	to(e.Patient, patients)
	for _, p := range e.policies() {
		to(p.payer, orgs)
	}
}

func (e *explanationOfBenefit) of() (string, reference) { return "patient", e.Patient }

func (e *explanationOfBenefit) names() []name {
	var out []name
	for _, p := range e.policies() {
		out = append(out, payerName(p.payer.Display))
	}
	return out
}
