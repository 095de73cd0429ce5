// Package fhir takes FHIR R4 in: bundles, single resources and the lines of bulk exports; patients, professionals
// and organizations, and of what became of a patient that has a place in the model.
//
// The rules, where FHIR or the data leaves a choice:
//
//   - A resource is found again by its address: the urn:uuid of its id or full URL, else its full URL on the web.
//     An id that is good only within its bundle ("p1") finds a party only when it has no business identifier,
//     and anything else only together with its patient. Single resources and the lines of bulk exports have their
//     ids from one server: there such an id finds its resource and what refers to it, unless the business
//     identifiers say that it is another one.
//   - The urn:uuid of a key of this database is the row with that key.
//   - Parties are found by their business identifiers as well; by social security, driver's licence and passport
//     numbers, and by an NPI that is none, only when nothing better is there.
//   - What was taken in stays: of two resources with one address the first wins, unless meta.lastUpdated says that
//     the second is newer. What a person changed here stays, unless the source changed it later still.
//   - What Carehub exported (meta.source) is put back as it was: nothing is normalised, and nothing derived from it.
//   - A text that is no valid NPI is kept as an external identifier, never as the provider's NPI.
//   - A reference that finds nothing refuses its resource; loaded after what it refers to, it is taken. The ranks
//     see to it that this does not depend on the order of files and lines.
//
// The rules of the kinds of resources stand with their code.
package fhir

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

// Bundle is a bundle that was read but not taken in.
type Bundle struct {
	source  string
	loose   bool // no bundle: what becomes of one resource does not concern another
	entries []*entry
}

// entry is one resource of a bundle and what the bundle asks to do with it.
type entry struct {
	typ, id  string
	fullURL  string
	updated  string // meta.lastUpdated
	origin   string // meta.source
	method   string
	criteria string // of a conditional create or update
	raw      json.RawMessage
	line     int    // in a bulk export, from 1
	loose    bool   // of no bundle: its id is good beyond the document
	fault    *fault // found while reading; nil mostly
}

// name is what the source calls the resource.
func (e *entry) name() string {
	if e.id != "" {
		return e.typ + "/" + e.id
	}
	return e.typ + " " + e.fullURL
}

// Parse reads a bundle, or a single resource as a bundle of one. An error refuses it as a whole.
func Parse(source string, data []byte) (*Bundle, error) {
	b := &Bundle{source: source}
	var what struct{ ResourceType string }
	if err := json.Unmarshal(data, &what); err != nil {
		return nil, fmt.Errorf("no FHIR resource in JSON: %w", readable(err))
	}
	if what.ResourceType != "Bundle" {
		b.loose = true
		b.entries = []*entry{loose(data)}
		return b, b.check()
	}
	var doc struct {
		Type  string
		Entry []struct {
			FullURL  string
			Resource json.RawMessage
			Request  struct{ Method, URL, IfNoneExist string }
		}
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("no FHIR bundle in JSON: %w", readable(err))
	}
	b.entries = make([]*entry, 0, len(doc.Entry))
	for i, d := range doc.Entry {
		e := read(d.Resource, fmt.Sprintf("Bundle.entry[%d]", i))
		e.fullURL, e.method, e.criteria = clean(d.FullURL), d.Request.Method, d.Request.IfNoneExist
		if _, query, conditional := strings.Cut(d.Request.URL, "?"); conditional && e.criteria == "" {
			e.criteria = query
		}
		b.entries = append(b.entries, e)
	}
	if err := b.check(); err != nil {
		return nil, err
	}
	switch doc.Type {
	case "transaction", "batch", "collection":
		return b, nil
	}
	return nil, fmt.Errorf("a bundle of type %q; transaction, batch or collection is expected", abridged(doc.Type))
}

// check refuses what is written in another version of FHIR.
func (b *Bundle) check() error {
	if version := foreignVersion(b.entries); version != "" {
		return fmt.Errorf("written in FHIR %s; R4 is expected", version)
	}
	return nil
}

// loose reads a resource that stands by itself.
func loose(data []byte) *entry {
	e := read(data, "")
	e.loose = true
	return e
}

// read reads what every resource has. The path is where it stands in a bundle.
func read(resource json.RawMessage, path string) *entry {
	whole, typ := "Resource", "resourceType"
	if path != "" {
		whole, typ = path+".resource", path+".resource.resourceType"
	}
	var of base
	var broken *fault
	if len(resource) == 0 {
		broken = &fault{path, "has no resource"}
	} else if err := json.Unmarshal(resource, &of); err != nil {
		broken = &fault{whole, readable(err).Error()}
	} else if of.ResourceType == "" {
		broken = &fault{typ, "missing"}
	}
	if of.ResourceType == "" {
		of.ResourceType = "Resource"
	}
	return &entry{
		typ: abridged(of.ResourceType), id: abridged(of.ID), updated: of.Meta.LastUpdated, origin: of.Meta.Source, raw: resource, fault: broken,
	}
}

// Name is the document that the bundle is, or is a part of.
func (b *Bundle) Name() string { return b.source }

// Len is the number of resources.
func (b *Bundle) Len() int { return len(b.entries) }

// addressSystem is the system of external identifiers that are URIs.
const addressSystem = "urn:ietf:rfc:3986"

// looseSystem is the system of external identifiers that are the ids of resources of no bundle.
const looseSystem = "urn:carehub:fhir:id"

// uuidScheme begins the URIs of keys.
const uuidScheme = "urn:uuid:"

// address returns what a resource is found again by, and whether it is good beyond its source.
func (e *entry) address() (value string, global bool) {
	for _, text := range []string{e.id, strings.TrimPrefix(e.fullURL, uuidScheme)} {
		if key, err := uuid.Parse(text); err == nil && len(text) == len(key.String()) {
			return uuidScheme + key.String(), true
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

// space is the system of the address.
func (e *entry) space(global bool) string {
	if e.loose && !global {
		return looseSystem
	}
	return addressSystem
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
