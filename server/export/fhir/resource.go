// Package fhir writes rows as FHIR R4 resources: pure functions, one file per kind of resource. What they write,
// the package of the same name in server/intake reads back into the same rows.
//
// The rules:
//
//   - A resource's id is the key of its row; its address is urn:uuid and that key.
//   - An element carries what FHIR has an element for. What it has none for, or says more coarsely, travels in an
//     extension whose URL begins with ExtensionBase; docs/export.md lists them.
//   - Source marks a resource as ours, so that its texts are read back exactly and nothing is derived from it.
package fhir

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// Source is meta.source of all resources.
const Source = "urn:carehub"

// Addressing writes a reference to the row that is a resource of the type.
type Addressing func(resourceType string, key uuid.UUID) string

// Relative addresses resources by type and id, as the files of a bulk export do.
func Relative(resourceType string, key uuid.UUID) string { return resourceType + "/" + key.String() }

// URN addresses resources by the urn:uuid of their id, as the entries of a bundle do.
func URN(_ string, key uuid.UUID) string { return "urn:uuid:" + key.String() }

// Types of resources.
const (
	TypeOrganization      = "Organization"
	TypeLocation          = "Location"
	TypePractitioner      = "Practitioner"
	TypePractitionerRole  = "PractitionerRole"
	TypeHealthcareService = "HealthcareService"
	TypeResearchStudy     = "ResearchStudy"
	TypePatient           = "Patient"
	TypeConsent           = "Consent"
	TypeCoverage          = "Coverage"
	TypeEpisodeOfCare     = "EpisodeOfCare"
	TypeResearchSubject   = "ResearchSubject"
	TypeCareTeam          = "CareTeam"
	TypeTask              = "Task"
	TypeEligibility       = "CoverageEligibilityResponse"
	TypeClaimResponse     = "ClaimResponse"
	TypeAuditEvent        = "AuditEvent"
	TypeCondition         = "Condition"
	TypeMedicationRequest = "MedicationRequest"
	TypeEncounter         = "Encounter"
	TypeCommunication     = "Communication"
)

// Resource is what every resource begins with.
type Resource struct {
	ResourceType string       `json:"resourceType"`
	ID           string       `json:"id"`
	Meta         Meta         `json:"meta"`
	Extension    []Extension  `json:"extension,omitempty"`
	Identifier   []Identifier `json:"identifier,omitempty"`
}

// TypeAndID returns the resource's type and id.
func (r *Resource) TypeAndID() (resourceType, id string) { return r.ResourceType, r.ID }

// Meta says when the row was last changed, and where.
type Meta struct {
	LastUpdated string `json:"lastUpdated"`
	Source      string `json:"source"`
}

func resource(typ string, key uuid.UUID, updated time.Time, names Identifiers) Resource {
	return Resource{
		ResourceType: typ, ID: key.String(), Meta: Meta{LastUpdated: moment(updated), Source: Source}, Identifier: names.of(key),
	}
}

// Identifiers are the names that other systems have for rows, by the rows' keys.
type Identifiers map[uuid.UUID][]*ent.ExternalIdentifier

// Systems of identifiers that an import makes for itself.
const (
	addressSystem = "urn:ietf:rfc:3986"          // the address; one that is no URI is good within one bundle only
	looseSystem   = "urn:carehub:fhir:id"        // an id by itself, behind the key of a patient where it needs one
	versionSystem = "urn:carehub:record-version" // which version was taken in
)

// of returns a row's names as identifiers, without those that mean nothing outside of this database.
func (all Identifiers) of(key uuid.UUID) []Identifier {
	var out []Identifier
	for _, n := range all[key] {
		if !isLocal(n) {
			out = append(out, Identifier{System: n.System, Value: n.Value})
		}
	}
	return out
}

func isLocal(n *ent.ExternalIdentifier) bool {
	switch n.System {
	case versionSystem:
		return true
	case looseSystem:
		return strings.Contains(n.Value, " ")
	case addressSystem:
		return !isURI(n.Value)
	}
	return false
}

func isURI(text string) bool {
	for _, scheme := range []string{"urn:uuid:", "http://", "https://"} {
		if strings.HasPrefix(text, scheme) {
			return true
		}
	}
	return false
}

// moment writes a time as a FHIR instant or dateTime, with all of its microseconds.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func maybeMoment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return moment(*t)
}

func maybeDay(d *code.Date) string {
	if d == nil {
		return ""
	}
	return string(*d)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// wire writes a code of a FHIR value set, which the model has in capitals and with underscores.
func wire[T ~string](c T) string {
	return strings.ReplaceAll(strings.ToLower(string(c)), "_", "-")
}

// Extensions returns the resource's own extensions.
func (r *Resource) Extensions() []Extension { return r.Extension }

// Names returns what other systems call the row.
func (r *Resource) Names() []Identifier { return r.Identifier }
