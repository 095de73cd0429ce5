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
	Reference, Display string
	Identifier         *identifier
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

type organization struct {
	Identifier []identifier
	Type       []concept
	Name       string
	Active     *bool
	Telecom    []contactPoint
	Address    []address
}

type practitioner struct {
	Identifier []identifier
	Active     *bool
	Name       []humanName
	Telecom    []contactPoint
	Address    []address
}

type practitionerRole struct {
	Practitioner, Organization reference
	Code, Specialty            []concept
	Telecom                    []contactPoint
}

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

type condition struct {
	ClinicalStatus, VerificationStatus concept
	Code                               concept
	Subject, Encounter                 reference
	OnsetDateTime, AbatementDateTime   string
	OnsetPeriod, AbatementPeriod       period
	RecordedDate                       string
}

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

type explanationOfBenefit struct {
	Contained      []coverage
	Status         string
	Patient        reference
	BillablePeriod period
	Insurance      []struct{ Coverage reference }
}

type coverage struct {
	ResourceType, ID, Status string
	Type                     concept
	SubscriberID             string
	Payor                    []reference
}
