package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/store"
)

// allRows is every row of every table as text, by table: what a second run must not change, and where nothing is
// to be found that is not to be stored.
func allRows(t testing.TB, s *store.Store) map[string][]string {
	t.Helper()
	catalogue := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if s.Dialect == "postgres" {
		catalogue = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
	}
	out := map[string][]string{}
	for _, table := range rows(t, s, catalogue) {
		out[table] = rows(t, s, fmt.Sprintf("SELECT * FROM %q", table))
		slices.Sort(out[table])
	}
	return out
}

func rows(t testing.TB, s *store.Store, query string) []string {
	t.Helper()
	found, err := s.DB.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var out []string
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var row []string
		for _, v := range values {
			switch v := v.(type) {
			case nil:
			case []byte:
				row = append(row, string(v))
			default:
				row = append(row, fmt.Sprint(v))
			}
		}
		out = append(out, strings.Join(row, "\x00"))
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
