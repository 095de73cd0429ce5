package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/externalidentifier"
)

// Prefixes of the entities' identifiers, as external identifiers have them.
const (
	Patients      = "patient"
	Organizations = "org"
	Programs      = "program"
	Enrollments   = "enrollment"
)

// Systems of external identifiers that several formats share.
const (
	// RegistrySystem is that of ClinicalTrials.gov; its values are NCT numbers.
	RegistrySystem = "https://clinicaltrials.gov"
	// SponsorSystem is that of organizations that answer for trials; its values are their names in lower case.
	SponsorSystem = "urn:carehub:sponsor"
)

// VersionSystem is the system of external identifiers that say which version of a record was taken in. Their value
// is the row's key and the version's moment.
const VersionSystem = "urn:carehub:record-version"

// maxName bounds the value of an external identifier.
const maxName = 300

// Name is what a source calls a row of an entity.
type Name struct{ Entity, System, Value string }

// NameOf is a name made of several parts. One that is too long for its column is told by its SHA-256.
func NameOf(entity, system string, parts ...string) Name {
	value := strings.Join(parts, "|")
	if len(value) > maxName {
		sum := sha256.Sum256([]byte(value))
		value = "sha256:" + hex.EncodeToString(sum[:])
	}
	return Name{entity, system, value}
}

// Names are the rows that a document's names stand for.
type Names struct {
	tx    *ent.Tx
	known map[Name]uuid.UUID
	fresh []*ent.ExternalIdentifierCreate
}

// NewNames begins a document.
func NewNames(tx *ent.Tx) *Names { return &Names{tx: tx, known: map[Name]uuid.UUID{}} }

// LookUp finds the rows of names, in one statement per entity and system.
func (n *Names) LookUp(ctx context.Context, wanted []Name) error {
	type group struct{ entity, system string }
	values := map[group]map[string]bool{}
	for _, w := range wanted {
		if _, found := n.known[w]; found {
			continue
		}
		of := group{w.Entity, w.System}
		if values[of] == nil {
			values[of] = map[string]bool{}
		}
		values[of][w.Value] = true
	}
	for of, set := range values {
		rows, err := n.tx.ExternalIdentifier.Query().
			Where(externalidentifier.Entity(of.entity), externalidentifier.System(of.system), func(q *sql.Selector) {
				q.Where(arg.Codes(q.C(externalidentifier.FieldValue), slices.Collect(maps.Keys(set))))
			}).
			Select(externalidentifier.FieldValue, externalidentifier.FieldEntityID).
			All(ctx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			n.known[Name{of.entity, of.system, row.Value}] = row.EntityID
		}
	}
	return nil
}

// Key returns the row of a name that was looked up or given.
func (n *Names) Key(name Name) (uuid.UUID, bool) {
	key, found := n.known[name]
	return key, found
}

// Call makes a row found by a name from now on.
func (n *Names) Call(name Name, key uuid.UUID) {
	n.known[name] = key
	n.fresh = append(n.fresh, n.tx.ExternalIdentifier.Create().
		SetEntity(name.Entity).SetSystem(name.System).SetValue(name.Value).SetEntityID(key))
}

// Insert stores what Call was told.
func (n *Names) Insert(ctx context.Context) error {
	rows := n.fresh
	n.fresh = nil
	return Insert(ctx, rows, n.tx.ExternalIdentifier.CreateBulk)
}

// maxRows is the most rows of one statement. All statements have a power of two, so that few texts serve all
// documents and a connection keeps them prepared.
const maxRows = 128

// Insert stores rows in bulk.
func Insert[C any, B interface{ Exec(context.Context) error }](ctx context.Context, rows []C, bulk func(...C) B) error {
	for len(rows) > 0 {
		n := min(maxRows, 1<<(bits.Len(uint(len(rows)))-1))
		if err := bulk(rows[:n]...).Exec(ctx); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}
