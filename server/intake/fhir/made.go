package fhir

import (
	"context"
	"encoding/json"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/externalidentifier"
)

// Other formats are taken in by the same rules: their records are made resources of FHIR R4 first.

// Object is a resource, or an element of one, as JSON has it.
type Object map[string]any

// Made makes a bundle of resources. Each is found again by its id, which may be a URL.
func Made(source string, resources ...Object) (*Bundle, error) {
	b := &Bundle{source: source}
	for _, r := range resources {
		raw, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		var of base
		if err := json.Unmarshal(raw, &of); err != nil {
			return nil, readable(err)
		}
		e := &entry{typ: of.ResourceType, id: of.ID, updated: of.Meta.LastUpdated, raw: raw}
		if isWeb(e.id) {
			e.id, e.fullURL = "", e.id
		}
		b.entries = append(b.entries, e)
	}
	return b, nil
}

// Systems of codes and identifiers.
const (
	SNOMED        = "http://snomed.info/sct"
	RxNorm        = "http://www.nlm.nih.gov/research/umls/rxnorm"
	NUCC          = nucc
	AddressSystem = addressSystem
)

// Concept is a CodeableConcept.
func Concept(system, code, text string) Object {
	c := Object{}
	if code != "" {
		c["coding"] = []Object{{"system": system, "code": code, "display": text}}
	}
	if text != "" {
		c["text"] = text
	}
	return c
}

// Identifier is an identifier of a type of HL7 table 0203; the type may be empty.
func Identifier(typ, system, value string) Object {
	i := Object{"system": system, "value": value}
	if typ != "" {
		i["type"] = Concept("http://terminology.hl7.org/CodeSystem/v2-0203", typ, "")
	}
	return i
}

// PayerIdentifier is what a payer is found again by where a source gives only its name.
func PayerIdentifier(payer string) Object {
	n := payerName(clean(payer))
	return Identifier("", n.system, n.value)
}

// Uninsured tells a payer that is none: NO_INSURANCE, however it is written.
func Uninsured(payer string) bool { return uninsured(payer) }

// CoverageKind tells the kind of a coverage by the name of its payer.
func CoverageKind(payer string) code.CoverageKind { return coverageKind(payer) }

// ValidNPI tells whether a text is a National Provider Identifier.
func ValidNPI(text string) bool { return validNPI(text) }

// Phone writes a telephone number as ITU E.164; numbers without a country are of the United States.
func Phone(text string) (string, bool) { return e164(text) }

// Clean is a text on one line, without characters that PostgreSQL cannot store or a terminal obeys.
func Clean(text string) string { return clean(text) }

// Moment reads a date and time as FHIR writes them.
func Moment(text string) (time.Time, error) { return parseTime(text) }

// The entities that Find knows, by the prefix of their identifiers.
const (
	EntityPatient      = patients
	EntityProvider     = providers
	EntityOrganization = orgs
	EntityTouchpoint   = touchpoints
	EntityCondition    = conditions
	EntityTreatment    = treatments
	EntityCoverage     = coverages
)

// Find returns the rows of an entity by what a system calls them.
func Find(ctx context.Context, tx *ent.Tx, entity, system string, values []string) (map[string]uuid.UUID, error) {
	out := map[string]uuid.UUID{}
	if len(values) == 0 {
		return out, nil
	}
	rows, err := tx.ExternalIdentifier.Query().
		Where(externalidentifier.Entity(entity), externalidentifier.System(system), func(q *sql.Selector) {
			q.Where(arg.Codes(q.C(externalidentifier.FieldValue), values))
		}).
		Select(externalidentifier.FieldValue, externalidentifier.FieldEntityID).
		All(ctx)
	for _, row := range rows {
		out[row.Value] = row.EntityID
	}
	return out, err
}

// InsertRows stores rows in statements of few sizes.
func InsertRows[C any, B interface{ Exec(context.Context) error }](ctx context.Context, rows []C, bulk func(...C) B) error {
	return insertRows(ctx, rows, bulk)
}
