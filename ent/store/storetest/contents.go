package storetest

import (
	"database/sql"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Contents is what tables hold, apart from how and when it came in: each row as one text, in order, with the source's
// names of rows in place of their keys. Two databases that took in the same records have the same contents, on either engine.
func Contents(t testing.TB, db *sql.DB, tables ...string) map[string][]string {
	t.Helper()
	named := sourceNames(t, db)
	out := map[string][]string{}
	for _, table := range tables {
		lines := []string{}
		each(t, db, "SELECT * FROM "+table, func(columns []string, values []string) {
			var line []string
			for i, column := range columns {
				switch column {
				case "created_at", "updated_at", "created_by", "updated_by", "version", "at":
				default:
					line = append(line, column+"="+rename(values[i], named))
				}
			}
			slices.Sort(line) // a database that was migrated has its columns in another order
			lines = append(lines, strings.Join(line, " "))
		})
		slices.Sort(lines)
		out[table] = lines
	}
	return out
}

// sourceNames are what the sources call rows, by key. A name that contains the key of another row has that row's name.
func sourceNames(t testing.TB, db *sql.DB) map[string]string {
	t.Helper()
	all := map[string][]string{}
	each(t, db, "SELECT entity_id, system, value FROM external_identifiers WHERE system <> 'urn:carehub:record-version'",
		func(_ []string, v []string) { all[v[0]] = append(all[v[0]], v[1]+"|"+v[2]) })
	plain := map[string]string{}
	for key, names := range all {
		plain[key] = joined(names, nil)
	}
	out := map[string]string{}
	for key, names := range all {
		out[key] = joined(names, plain)
	}
	return out
}

func joined(names []string, named map[string]string) string {
	var out []string
	for _, name := range names {
		out = append(out, rename(name, named))
	}
	slices.Sort(out)
	return "<" + strings.Join(out, " ") + ">"
}

var key = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b`)

// rename puts names in place of the keys of rows, and # in place of those without a name.
func rename(text string, named map[string]string) string {
	return key.ReplaceAllStringFunc(text, func(key string) string {
		if name, has := named[key]; has {
			return name
		}
		return "#"
	})
}

// each calls row for every row of a query.
func each(t testing.TB, db *sql.DB, query string, row func(columns, values []string)) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		row(columns, textsOf(values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func textsOf(values []any) []string {
	var out []string
	for _, v := range values {
		switch v := v.(type) {
		case []byte:
			out = append(out, string(v))
		case time.Time:
			out = append(out, v.UTC().Format(time.RFC3339Nano))
		case bool: // which SQLite has as a number
			out = append(out, map[bool]string{false: "0", true: "1"}[v])
		default:
			out = append(out, fmt.Sprint(v))
		}
	}
	return out
}

// Difference is the first table in which contents differ, with a row of each side that the other lacks; empty when
// they are the same.
func Difference(a, b map[string][]string) string {
	for _, table := range slices.Sorted(maps.Keys(a)) {
		x, y := lacking(a[table], b[table]), lacking(b[table], a[table])
		if len(x)+len(y) > 0 {
			return fmt.Sprintf("%s: %d rows and %d rows; -%s\n+%s", table, len(a[table]), len(b[table]), first(x), first(y))
		}
	}
	return ""
}

// lacking are the rows that the others do not have as often.
func lacking(rows, others []string) []string {
	there := map[string]int{}
	for _, o := range others {
		there[o]++
	}
	var out []string
	for _, r := range rows {
		if there[r]--; there[r] < 0 {
			out = append(out, r)
		}
	}
	return out
}

func first(rows []string) string {
	if len(rows) == 0 {
		return "(none)"
	}
	return rows[0]
}
