// Package synthea takes the CSV export of Synthea in: patients, organizations, payers and providers, their
// encounters, conditions, medications and care plans, and the history of insurance coverage.
//
// The rows become what the same export as FHIR becomes, by the rules of package fhir: a row is made the resource
// that Synthea writes of it. So what one export brought is found again in the other:
//
//   - A row with an Id is found by it, as urn:uuid or as Synthea's identifier; payers by their name as well.
//   - A condition or medication has no Id. It is found by patient, encounter, code and beginning; one that came
//     with FHIR is the same when patient, code and beginning are: for a condition the day, for a medication the
//     moment.
//   - The export says a prescription's encounter, not its prescriber: that is who led the encounter.
//
// The rules of coverage stand with the function coverages.
package synthea

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/table"
)

// System is the system of Synthea's own identifiers.
const System = "https://github.com/synthetichealth/synthea"

// kind is a table that the model has a place for.
type kind struct {
	rank    int
	columns []string // that it must have
	load    func(*load) error
}

// Ranks is how many ranks of tables there are. Those of a higher rank refer to those of lower ones.
const Ranks = 5

var kinds = map[string]kind{
	"organizations": {0, []string{"Id", "NAME"}, organizations},
	"payers":        {0, []string{"Id", "NAME"}, payers},
	"providers":     {1, []string{"Id", "NAME"}, providers},
	"patients":      {2, []string{"Id", "BIRTHDATE", "FIRST", "LAST"}, patients},
	"encounters":    {3, []string{"Id", "START", "STOP", "PATIENT"}, encounters},
	"conditions":    {4, []string{"START", "STOP", "PATIENT", "CODE", "DESCRIPTION"}, conditions},
	"medications":   {4, []string{"START", "STOP", "PATIENT", "CODE", "DESCRIPTION"}, medications},
	"careplans":     {4, []string{"Id", "START", "STOP", "PATIENT", "CODE", "DESCRIPTION"}, carePlans},
	"payer_transitions": {4, []string{
		"PATIENT", "START_YEAR", "END_YEAR", "PAYER",
	}, coverages},
}

// unmapped are the tables of an export that the model has no place for.
var unmapped = map[string]bool{
	"allergies": true, "claims": true, "claims_transactions": true, "devices": true, "imaging_studies": true,
	"immunizations": true, "observations": true, "procedures": true, "supplies": true,
}

// Importer is what a run keeps from one batch to the next.
type Importer struct {
	fhir *fhir.Importer
	// none are the Ids of what stands for having no insurance among the payers.
	none map[string]bool
}

// NewImporter begins a run.
func NewImporter() *Importer {
	return &Importer{fhir: fhir.NewImporter(), none: map[string]bool{}}
}

// Sort names a table by the name of its file, and tells its rank, which is negative when the model has no place
// for it.
func Sort(t *source.Table) (name string, rank int, err error) {
	file := t.Name[strings.LastIndex(t.Name, "!")+1:]
	name, _, _ = strings.Cut(strings.ToLower(path.Base(strings.ReplaceAll(file, `\`, "/"))), ".")
	if unmapped[name] {
		return name, -1, nil
	}
	k, known := kinds[name]
	if !known {
		return "", 0, source.ErrNotOurs
	}
	for _, column := range k.columns {
		if !t.Has(column) {
			return "", 0, fmt.Errorf("line 1: column %s is missing", column)
		}
	}
	return name, k.rank, nil
}

// Read remembers which of the payers stands for having none.
func (im *Importer) Read(b *table.Batch) {
	if b.Table != "payers" {
		return
	}
	for _, r := range b.Records {
		if id, ok := identifier(r.Get("Id")); ok && fhir.Uninsured(r.Get("NAME")) {
			im.none[id] = true
		}
	}
}

// Load takes a batch in within the transaction.
func (im *Importer) Load(ctx context.Context, tx *ent.Tx, b *table.Batch) error {
	return kinds[b.Table].load(&load{Importer: im, Batch: b, ctx: ctx, tx: tx})
}

// load is one batch on its way into the database.
type load struct {
	*Importer
	*table.Batch
	ctx context.Context
	tx  *ent.Tx
}

// take makes a resource of each record that is not refused, and takes them in together.
func (l *load) take(resource func(*table.Record) fhir.Object) error {
	return l.Take(l.ctx, l.tx, l.fhir, l.Select((*table.Record).Open), resource, nil)
}

// identifier reads a UUID and writes it as it is compared.
func identifier(text string) (string, bool) {
	key, err := uuid.Parse(text)
	if err != nil || len(text) != len(key.String()) {
		return "", false
	}
	return key.String(), true
}

// require refuses the records whose columns have no UUID. A column that begins with a question mark may be empty.
func (l *load) require(columns ...string) {
	for _, r := range l.Records {
		for _, c := range columns {
			column, optional := strings.CutPrefix(c, "?")
			value := r.Get(column)
			if _, ok := identifier(value); !ok && (value != "" || !optional) {
				r.Refuse(column, "no UUID")
			}
		}
	}
}

// address is what a row with an Id is found by.
func address(id string) string { return "urn:uuid:" + strings.ToLower(id) }

// reference refers to a row with an Id; it is empty when there is none.
func reference(id string) fhir.Object {
	if id == "" {
		return fhir.Object{}
	}
	return fhir.Object{"reference": address(id)}
}
