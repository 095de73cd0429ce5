package relay

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// selection is what an operation selects of a connection.
type selection struct {
	total bool
	nodes []ast.SelectionSet // of the rows, under edges.node and under nodes
}

// selectedOf returns what is selected of the connection field that the context resolves; nothing outside of an
// operation.
func selectedOf(ctx context.Context) selection {
	field := fieldOf(ctx)
	if field == nil {
		return selection{}
	}
	vars := graphql.GetOperationContext(ctx).Variables
	top := []ast.SelectionSet{field.Field.Selections}
	return selection{
		total: len(below(top, "totalCount", vars)) > 0,
		nodes: append(below(below(top, "edges", vars), "node", vars), below(top, "nodes", vars)...),
	}
}

// fieldOf returns the field that the context resolves, nil outside of an operation.
func fieldOf(ctx context.Context) *graphql.FieldContext {
	if !graphql.HasOperationContext(ctx) {
		return nil
	}
	return graphql.GetFieldContext(ctx)
}

// below returns what is selected under the fields of the name, one set for each time that the name is selected.
// Fragments are looked into whatever their type: those that validation lets stand here match.
func below(sets []ast.SelectionSet, name string, vars map[string]any) []ast.SelectionSet {
	var found []ast.SelectionSet
	for _, set := range sets {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if s.Name == name && included(s.Directives, vars) {
					found = append(found, s.SelectionSet)
				}
			case *ast.InlineFragment:
				if included(s.Directives, vars) {
					found = append(found, below([]ast.SelectionSet{s.SelectionSet}, name, vars)...)
				}
			case *ast.FragmentSpread:
				if included(s.Directives, vars) {
					found = append(found, below([]ast.SelectionSet{s.Definition.SelectionSet}, name, vars)...)
				}
			}
		}
	}
	return found
}

// included reports whether neither @skip nor @include takes the selection out.
func included(directives ast.DirectiveList, vars map[string]any) bool {
	return !holds(directives.ForName("skip"), vars, false) && holds(directives.ForName("include"), vars, true)
}

// holds returns the value of the directive's condition, or what holds without the directive.
func holds(d *ast.Directive, vars map[string]any, absent bool) bool {
	if d == nil {
		return absent
	}
	condition := d.Arguments.ForName("if")
	if condition == nil {
		return absent
	}
	value, err := condition.Value.Value(vars)
	if err != nil {
		return absent
	}
	truth, _ := value.(bool)
	return truth
}
