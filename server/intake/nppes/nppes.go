// Package nppes takes the public register of health care providers in: the National Plan and Provider Enumeration
// System of the Centers for Medicare & Medicaid Services, as its weekly and monthly files have it, and as a data
// frame leaves them that read numbers where there were digits.
//
//   - npidata_pfile: entity type 2 is an Organization, type 1 a Provider with the specialty of the primary
//     taxonomy. Both are found again by their NPI, and a row with a later Last Update Date changes them.
//   - pl_pfile: a practice location is a Location of the organization with its NPI.
//   - othername_pfile and endpoint_pfile have no place in the model.
//
// A table is known by its columns, as files are named after their dates. The columns of authorized officials are
// never read: they are persons who have nothing to do with patient services. Licences, taxonomies beyond the
// primary one, other identifiers, mailing addresses and fax numbers have no place either.
//
// What a data frame spoiled is repaired where that is certain, and left out with a remark where it is not: whole
// numbers that end in ".0", and the leading zeros of ZIP codes.
package nppes

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/table"
)

// The tables.
const (
	Providers  = "npidata_pfile"
	Locations  = "pl_pfile"
	OtherNames = "othername_pfile"
	Endpoints  = "endpoint_pfile"
)

// Ranks is how many ranks of tables there are: locations refer to organizations.
const Ranks = 2

// kinds are the tables by columns that only they have. The last column of each is the one that tells.
var kinds = []struct {
	name    string
	rank    int
	sign    string
	columns []string // that it must have
}{
	{Providers, 0, "Entity Type Code", providerColumns},
	{Locations, 1, locationPrefix + "- Address Line 1", locationColumns},
	{Endpoints, -1, "Endpoint Type", nil},
	{OtherNames, -1, "Provider Other Organization Name", nil},
}

// Sort names a table by its columns and tells its rank, which is negative when the model has no place for it.
func Sort(t *source.Table) (name string, rank int, err error) {
	for _, k := range kinds {
		if !t.Has("NPI") || !t.Has(k.sign) {
			continue
		}
		for _, column := range k.columns {
			if !t.Has(column) {
				return "", 0, fmt.Errorf("line 1: column %q is missing", column)
			}
		}
		return k.name, k.rank, nil
	}
	return "", 0, source.ErrNotOurs
}

// Importer is what a run keeps from one batch to the next.
type Importer struct{ fhir *fhir.Importer }

// NewImporter begins a run.
func NewImporter() *Importer { return &Importer{fhir.NewImporter()} }

// Load takes a batch in within the transaction.
func (im *Importer) Load(ctx context.Context, tx *ent.Tx, b *table.Batch) error {
	l := &load{Importer: im, Batch: b, ctx: ctx, tx: tx}
	if b.Table == Locations {
		return l.locations()
	}
	return l.providers()
}

// load is one batch on its way into the database.
type load struct {
	*Importer
	*table.Batch
	ctx context.Context
	tx  *ent.Tx
}

// space is the name space of the keys of what the register has no number for.
var space = uuid.NewSHA1(uuid.NameSpaceURL, []byte(fhir.NPISystem))
