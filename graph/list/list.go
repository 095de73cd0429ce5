// Package list declares the lists of the API as values: what narrows them and in which orders their rows come.
// Everything that reads a list (resolvers, counts, compiled reads) reads the same declaration.
package list

import (
	"fmt"
	"maps"
	"slices"

	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// Of is a list of an entity's rows.
type Of struct {
	// Entity is ent's name of the type, as "CareCase".
	Entity string
	// Name tells lists of the same rows apart: a cursor of one is none of the other. It may be empty.
	Name string
	// Parent is the column that names the parent of a nested list; a root list has none.
	Parent string
	// Scope narrows the list beyond what the viewer may see, as "my cases". It obeys the rules of package rule.
	Scope rule.Rule
	// Filter gives the condition of each field of the filter input, from the field's value in the form that
	// Normalise describes, opened.
	Filter map[string]func(value any) func(*sql.Selector)
	// Open opens the values of the filter fields that are not compared as they come: identifiers and times.
	// Of a list it gets one element at a time.
	Open map[string]func(value any) (any, error)
	// Orders are the orders by the enum value of the orderBy argument.
	Orders map[string]Order
	// Default is the order of a request that names none.
	Default string
}

// Order is an order of rows: by NOT NULL columns, all of one direction, and by the key behind them, so that
// a row's place is one comparison of tuples.
type Order struct {
	Columns []string
	Desc    bool
}

// Key returns the columns whose values are a row's place in the order. The last is the row's key.
func (o Order) Key() []string { return append(slices.Clone(o.Columns), "id") }

// Order returns the order of the name, or the default for nil.
func (o Of) Order(name *string) (Order, error) {
	chosen := o.Default
	if name != nil {
		chosen = *name
	}
	order, ok := o.Orders[chosen]
	switch {
	case ok:
		return order, nil
	case name == nil:
		return Order{}, fmt.Errorf("list: %s has no default order", o.Entity)
	}
	return Order{}, fault.Input("orderBy", "no such order")
}

// Where returns the condition of a filter. A null is no condition; a field that the list does not declare is
// an error.
func (o Of) Where(filter map[string]any) (func(*sql.Selector), error) {
	var conditions []func(*sql.Selector)
	for _, field := range slices.Sorted(maps.Keys(filter)) { // sorted: the same fields make the same statement
		condition, ok := o.Filter[field]
		if !ok {
			return nil, fault.Input("filter."+field, "no such filter")
		}
		value := plain(filter[field])
		if value == nil {
			continue
		}
		opened, err := o.open(field, value)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, condition(opened))
	}
	return func(s *sql.Selector) {
		for _, c := range conditions {
			rule.Apply(s, c)
		}
	}, nil
}

// Within returns the condition of the list's scope for the viewer.
func (o Of) Within(v viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		if o.Scope != nil {
			rule.Apply(s, o.Scope(v))
		}
	}
}

func (o Of) open(field string, value any) (any, error) {
	open, ok := o.Open[field]
	if !ok {
		return value, nil
	}
	values, ok := value.([]any)
	if !ok {
		opened, err := open(value)
		if err != nil {
			return nil, fault.Input("filter."+field, "%s", err)
		}
		return opened, nil
	}
	out := make([]any, len(values))
	for i, v := range values {
		opened, err := open(v)
		if err != nil {
			return nil, fault.Input(fmt.Sprintf("filter.%s.%d", field, i), "%s", err)
		}
		out[i] = opened
	}
	return out, nil
}
