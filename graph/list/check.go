package list

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"entgo.io/ent/dialect/sql/schema"

	"github.com/carehub/carehub/ent"
)

// Check finds what is wrong with a declaration: names that the entity does not have, an order over a column
// that may be NULL, an order without an index. A nested list is read by its parent; a root list by each of the
// columns in by, or as a whole where none is given. The columns of by are those that the viewers' rules and
// the list's scope compare with a value.
func Check(o Of, graph map[string]ent.GraphEntity, tables []*schema.Table, by ...string) error {
	entity, ok := graph[o.Entity]
	if !ok {
		return fmt.Errorf("list: no entity %q", o.Entity)
	}
	i := slices.IndexFunc(tables, func(t *schema.Table) bool { return t.Name == entity.Table })
	if i < 0 {
		return fmt.Errorf("list: no table %q", entity.Table)
	}
	table := tables[i]
	var errs []error
	report := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("list: %s.%s: "+format, append([]any{o.Entity, o.Name}, args...)...))
	}
	leading := by
	if o.Parent != "" {
		leading = []string{o.Parent}
	}
	for _, column := range leading {
		if !hasColumn(table, column) {
			report("no column %q", column)
		}
	}
	if _, ok := o.Orders[o.Default]; !ok {
		report("the default order %q is none of the orders", o.Default)
	}
	for field := range o.Open {
		if o.Filter[field] == nil {
			report("opens %q, which is no filter", field)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Orders)) {
		key := o.Orders[name].Key()
		for i, column := range key {
			if slices.Contains(key[:i], column) {
				report("order %s names %q twice", name, column)
			}
			if !hasColumn(table, column) {
				report("order %s: no column %q", name, column)
			} else if mayBeNull(entity, table, column) {
				report("order %s: column %q may be NULL", name, column)
			}
		}
		for _, columns := range prefixed(leading, key) {
			if !indexed(table, columns) {
				report("order %s has no index on %v", name, columns)
			}
		}
	}
	return errors.Join(errs...)
}

// prefixed gives the columns of the index that each way of reading an order needs.
func prefixed(leading, key []string) [][]string {
	if len(leading) == 0 {
		return [][]string{key}
	}
	out := make([][]string, len(leading))
	for i, column := range leading {
		out[i] = append([]string{column}, key...)
	}
	return out
}

func hasColumn(table *schema.Table, name string) bool {
	return slices.ContainsFunc(table.Columns, func(c *schema.Column) bool { return c.Name == name })
}

func mayBeNull(entity ent.GraphEntity, table *schema.Table, name string) bool {
	return slices.ContainsFunc(table.Columns, func(c *schema.Column) bool { return c.Name == name && c.Nullable }) ||
		slices.ContainsFunc(entity.Fields, func(f ent.GraphField) bool { return f.Column == name && f.Nullable })
}

// indexed reports whether an index of all rows begins with the columns.
func indexed(table *schema.Table, columns []string) bool {
	if begins(table.PrimaryKey, columns) {
		return true
	}
	return slices.ContainsFunc(table.Indexes, func(i *schema.Index) bool {
		return (i.Annotation == nil || i.Annotation.Where == "") && begins(i.Columns, columns)
	})
}

func begins(index []*schema.Column, columns []string) bool {
	if len(index) < len(columns) {
		return false
	}
	for i, name := range columns {
		if index[i].Name != name {
			return false
		}
	}
	return true
}
