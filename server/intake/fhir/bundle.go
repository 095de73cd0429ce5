// Package fhir takes FHIR R4 bundles in: transactions and batches of patients, professionals and organizations,
// and of what became of a patient that has a place in the model.
//
// The rules, where FHIR or the data leaves a choice:
//
//   - A resource is found again by its address: the urn:uuid of its id or full URL, else its full URL on the web.
//     An id that is good only within its source ("p1") finds a party only when it has no business identifier,
//     and anything else only together with its patient.
//   - Parties are found by their business identifiers as well; by social security, driver's licence and passport
//     numbers, and by an NPI that is none, only when nothing better is there.
//   - What was taken in stays: of two resources with one address the first wins, unless meta.lastUpdated says that
//     the second is newer. What a person changed here stays, unless the source changed it later still.
//   - A text that is no valid NPI is kept as an external identifier, never as the provider's NPI.
//   - A reference that finds nothing refuses its resource; loaded after what it refers to, it is taken.
package fhir

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// Bundle is a bundle that was read but not taken in.
type Bundle struct {
	source  string
	entries []*entry
}

// entry is one resource of a bundle and what the bundle asks to do with it.
type entry struct {
	typ, id  string
	fullURL  string
	updated  string // meta.lastUpdated
	source   string // meta.source
	method   string
	criteria string // of a conditional create or update
	raw      json.RawMessage
	fault    *fault // found while reading; nil mostly
}

// name is what the source calls the resource.
func (e *entry) name() string {
	if e.id != "" {
		return e.typ + "/" + e.id
	}
	return e.typ + " " + e.fullURL
}

// Parse reads a bundle. An error refuses it as a whole.
func Parse(source string, data []byte) (*Bundle, error) {
	var doc struct {
		ResourceType string
		Type         string
		Entry        []struct {
			FullURL  string
			Resource json.RawMessage
			Request  struct{ Method, URL, IfNoneExist string }
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("no FHIR bundle in JSON: %w", readable(err))
	}
	if doc.ResourceType != "Bundle" {
		return nil, fmt.Errorf("resourceType is %q; a Bundle is expected", abridged(doc.ResourceType))
	}
	b := &Bundle{source: source, entries: make([]*entry, 0, len(doc.Entry))}
	for i, d := range doc.Entry {
		var of base
		var broken *fault
		if len(d.Resource) == 0 {
			broken = &fault{fmt.Sprintf("Bundle.entry[%d]", i), "has no resource"}
		} else if err := json.Unmarshal(d.Resource, &of); err != nil {
			broken = &fault{fmt.Sprintf("Bundle.entry[%d].resource", i), readable(err).Error()}
		} else if of.ResourceType == "" {
			broken = &fault{fmt.Sprintf("Bundle.entry[%d].resource.resourceType", i), "missing"}
		}
		if of.ResourceType == "" {
			of.ResourceType = "Resource"
		}
		e := &entry{
			typ: abridged(of.ResourceType), id: abridged(of.ID), fullURL: clean(d.FullURL), updated: of.Meta.LastUpdated, source: of.Meta.Source,
			method: d.Request.Method, criteria: d.Request.IfNoneExist, raw: d.Resource, fault: broken,
		}
		if _, query, conditional := strings.Cut(d.Request.URL, "?"); conditional && e.criteria == "" {
			e.criteria = query
		}
		b.entries = append(b.entries, e)
	}
	if version := foreignVersion(b.entries); version != "" {
		return nil, fmt.Errorf("written in FHIR %s; R4 is expected", version)
	}
	if doc.Type != "transaction" && doc.Type != "batch" {
		return nil, fmt.Errorf("a bundle of type %q; transaction or batch is expected", abridged(doc.Type))
	}
	return b, nil
}

// Ranks. The bundles of a lower rank are taken in first, as those of a higher refer to them.
const (
	Parties    = iota // professionals, organizations, places
	Roles             // and their affiliations
	Patients          // has a patient
	Dependants        // has what belongs to patients of other bundles
	MaxRank    = Dependants
)

var ofType = regexp.MustCompile(`"resourceType"\s*:\s*"(\w+)"`)

// Rank tells a bundle's rank from its text, without reading it as JSON.
func Rank(data []byte) int {
	rank := Parties
	for len(data) > 0 {
		at := ofType.FindSubmatchIndex(data)
		if at == nil {
			break
		}
		switch string(data[at[2]:at[3]]) {
		case "Patient":
			return Patients
		case "PractitionerRole":
			rank = max(rank, Roles)
		case "Bundle", "Organization", "Practitioner", "Location", "HealthcareService":
		default:
			rank = Dependants
		}
		data = data[at[1]:]
	}
	return rank
}

// Len is the number of resources.
func (b *Bundle) Len() int { return len(b.entries) }

// addressSystem is the system of external identifiers that are URIs.
const addressSystem = "urn:ietf:rfc:3986"

// address returns what a resource is found again by, and whether it is good beyond its source.
func (e *entry) address() (value string, global bool) {
	const scheme = "urn:uuid:"
	for _, text := range []string{e.id, strings.TrimPrefix(e.fullURL, scheme)} {
		if key, err := uuid.Parse(text); err == nil && len(text) == len(key.String()) {
			return scheme + key.String(), true
		}
	}
	if isWeb(e.fullURL) {
		return e.fullURL, true
	}
	if e.id != "" {
		return e.typ + "/" + e.id, false
	}
	sum := sha256.Sum256(e.raw)
	return e.typ + "/sha256:" + hex.EncodeToString(sum[:]), false
}

func isWeb(address string) bool {
	return strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")
}

// criterion reads the only search that a conditional create, update or reference may use here: an identifier
// with its system.
func criterion(query string) (system, value string, err error) {
	values, err := url.ParseQuery(strings.TrimPrefix(query, "?"))
	if err != nil || len(values) != 1 || len(values["identifier"]) != 1 {
		return "", "", fmt.Errorf("no search by one identifier: %q", abridged(query))
	}
	system, value, found := strings.Cut(clean(values["identifier"][0]), "|")
	if !found || system == "" || value == "" || len(system) > maxName || len(value) > maxName {
		return "", "", fmt.Errorf("an identifier needs its system, and neither is long: %q", abridged(query))
	}
	return system, value, nil
}

// readable says what encoding/json found without quoting the data.
func readable(err error) error {
	switch err := err.(type) { //nolint:errorlint // encoding/json returns these unwrapped
	case *json.SyntaxError:
		return fmt.Errorf("not JSON at byte %d", err.Offset)
	case *json.UnmarshalTypeError:
		return fmt.Errorf("%s: a JSON %s is not what FHIR R4 has there", elementPath(err.Field), err.Value)
	}
	return err
}

// elementPath is a path as FHIR writes it, of one that encoding/json wrote with the names of Go.
func elementPath(field string) string {
	parts := strings.Split(field, ".")
	for i, p := range parts {
		switch {
		case p == "":
			return "it"
		case p == strings.ToUpper(p):
			parts[i] = strings.ToLower(p)
		default:
			parts[i] = strings.ToLower(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, ".")
}
