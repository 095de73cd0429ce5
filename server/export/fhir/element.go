package fhir

import (
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
)

// The data types of FHIR R4, as far as they are written.

// Coding is a code of a code system.
type Coding struct {
	System  string `json:"system,omitempty"`
	Code    string `json:"code,omitempty"`
	Display string `json:"display,omitempty"`
}

// CodeableConcept is a meaning in codes and words.
type CodeableConcept struct {
	Coding []Coding `json:"coding,omitempty"`
	Text   string   `json:"text,omitempty"`
}

// Identifier is a name that a system has for a thing.
type Identifier struct {
	Type   *CodeableConcept `json:"type,omitempty"`
	System string           `json:"system,omitempty"`
	Value  string           `json:"value,omitempty"`
}

// Reference points to a resource.
type Reference struct {
	Reference string `json:"reference,omitempty"`
	Display   string `json:"display,omitempty"`
}

// Period is a stretch of time.
type Period struct {
	Start string `json:"start,omitempty"`
	End   string `json:"end,omitempty"`
}

// HumanName is a name of a person.
type HumanName struct {
	Use    string   `json:"use,omitempty"`
	Text   string   `json:"text,omitempty"`
	Family string   `json:"family,omitempty"`
	Given  []string `json:"given,omitempty"`
}

// ContactPoint is a way to reach somebody.
type ContactPoint struct {
	Extension []Extension `json:"extension,omitempty"`
	System    string      `json:"system,omitempty"`
	Value     string      `json:"value,omitempty"`
	Use       string      `json:"use,omitempty"`
	Rank      int         `json:"rank,omitempty"`
}

// Address is a postal address.
type Address struct {
	Line       []string `json:"line,omitempty"`
	City       string   `json:"city,omitempty"`
	State      string   `json:"state,omitempty"`
	PostalCode string   `json:"postalCode,omitempty"`
	Country    string   `json:"country,omitempty"`
}

// concept is a text; nil when there is none.
func concept(words string) *CodeableConcept {
	if words == "" {
		return nil
	}
	return &CodeableConcept{Text: words}
}

// concepts is concept where FHIR has a list.
func concepts(words string) []CodeableConcept {
	if words == "" {
		return nil
	}
	return []CodeableConcept{{Text: words}}
}

// coded is a code with a text, of which either may be missing; nil when both are.
func coded(system, c, words string) *CodeableConcept {
	if c == "" {
		return concept(words)
	}
	return &CodeableConcept{Coding: []Coding{{System: system, Code: c}}, Text: words}
}

func (at Addressing) to(typ string, key uuid.UUID) *Reference {
	return &Reference{Reference: at(typ, key)}
}

func (at Addressing) maybe(typ string, key *uuid.UUID) *Reference {
	if key == nil {
		return nil
	}
	return at.to(typ, *key)
}

// days is a period of whole days; nil when it is open on both sides.
func days(from, to *code.Date) *Period {
	if from == nil && to == nil {
		return nil
	}
	return &Period{Start: maybeDay(from), End: maybeDay(to)}
}

// list is the values that are there.
func list(values ...string) []string {
	var out []string
	for _, v := range values {
		if v != "" {
			out = append(out, v)
		}
	}
	return out
}

// postal is an address of which any part may be missing; nil when all are.
func postal(line, city, state, zip, country *string) []Address {
	if line == nil && city == nil && state == nil && zip == nil && country == nil {
		return nil
	}
	return []Address{{
		Line: list(text(line)), City: text(city), State: text(state), PostalCode: text(zip), Country: text(country),
	}}
}

// directory is the telephone number of a party's entry in a directory.
func directory(phone *string) []ContactPoint {
	if phone == nil {
		return nil
	}
	return []ContactPoint{{System: "phone", Value: *phone, Use: "work"}}
}
