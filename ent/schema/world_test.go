package schema_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/migrate"
	"github.com/carehub/carehub/ent/store"
)

// one is the key of every row of a small world: each table has one row, and every reference leads to it. Whoever
// has this key has all relations to all rows; whoever has another has none.
var one = uuid.MustParse("0196a1b2-0000-7000-8000-000000000001")

// noon is every moment of the small world.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// chosen are the values of the columns whose first value would hide the row from everybody.
var chosen = map[string]any{
	"consents.status":                  "ACTIVE",
	"consents.scope":                   "MEDICAL_AFFAIRS",
	"consent_forms.status":             "APPROVED",
	"care_programs.status":             "ACTIVE",
	"inquiry_responses.status":         "SENT",
	"knowledge_resources.status":       "APPROVED",
	"knowledge_resources.label_status": "ON_LABEL",
	"care_cases.department":            "DRUG_SAFETY",
	"memberships.department":           "DRUG_SAFETY",
	"identities.persona":               "LIAISON",
}

// populate fills the database with the small world.
func populate(t *testing.T, s *store.Store) {
	t.Helper()
	waiting := slices.Clone(migrate.Tables)
	done := map[string]bool{}
	for len(waiting) > 0 {
		before := len(waiting)
		waiting = slices.DeleteFunc(waiting, func(table *schema.Table) bool {
			for _, key := range table.ForeignKeys {
				if key.RefTable != table && !done[key.RefTable.Name] {
					return false
				}
			}
			insertOne(t, s, table)
			done[table.Name] = true
			return true
		})
		if len(waiting) == before {
			t.Fatalf("%s waits for its references", waiting[0].Name)
		}
	}
}

func insertOne(t *testing.T, s *store.Store, table *schema.Table) {
	t.Helper()
	var columns []string
	var values []any
	for _, c := range table.Columns {
		if value := valueOf(table, c); value != nil {
			columns, values = append(columns, c.Name), append(values, value)
		}
	}
	// Tables that migration fills have more rows than one.
	text, args := sql.Dialect(s.Dialect).Insert(table.Name).Columns(columns...).Values(values...).OnConflict(sql.DoNothing()).Query()
	if _, err := s.DB.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatalf("%s: %v", table.Name, err)
	}
}

// valueOf returns what the row of the table has in the column; nil for nothing.
func valueOf(table *schema.Table, c *schema.Column) any {
	if value, ok := chosen[table.Name+"."+c.Name]; ok {
		return value
	}
	if c.Type == field.TypeUUID {
		return one
	}
	if c.Nullable {
		return nil
	}
	switch c.Type {
	case field.TypeEnum:
		return c.Enums[0]
	case field.TypeTime:
		return noon
	case field.TypeBool:
		return true
	case field.TypeInt, field.TypeInt64:
		return 1
	case field.TypeBytes:
		return []byte{1}
	case field.TypeJSON:
		return "[]"
	case field.TypeString:
		return fmt.Sprintf("%.8s", c.Name)
	}
	panic(fmt.Sprintf("%s.%s is of type %s", table.Name, c.Name, c.Type))
}
