package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/view"
)

// maxNodes bounds how many rows one nodes field names.
const maxNodes = 100

// Node resolves Query.node.
func (r queryResolver) Node(ctx context.Context, id gid.ID) (ent.Noder, error) {
	n, err := r.node(ctx, id)
	if err == nil && n == nil {
		err = fault.Missing("node")
	}
	return n, err
}

// Nodes resolves Query.nodes.
func (r queryResolver) Nodes(ctx context.Context, ids []*gid.ID) ([]ent.Noder, error) {
	if len(ids) > maxNodes {
		return nil, fault.Input("ids", "at most %d identifiers", maxNodes)
	}
	out := make([]ent.Noder, len(ids))
	for i, id := range ids {
		n, err := r.node(ctx, *id)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// node returns the row, or nil where the viewer sees none or the view does not have the type.
func (r queryResolver) node(ctx context.Context, id gid.ID) (ent.Noder, error) {
	n, err := r.Client.Node(ctx, id)
	if err != nil || n == nil || !r.view.Has(view.TypeOf(n)) {
		return nil, err
	}
	return n, nil
}

// selection returns what the operation selects of the current field.
func selection(ctx context.Context) ast.SelectionSet {
	if f := graphql.GetFieldContext(ctx); f != nil {
		return f.Field.Selections
	}
	return nil
}
