package view

import (
	"context"
	"encoding/json"
	"math"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/graph/fault"
)

// ComplexityLimit is the cost that one operation may have unless the configuration says otherwise.
const ComplexityLimit = 10_000

// The page that a connection gives: as long as asked for, within these.
const (
	costedDefaultPage = 20
	costedMaxPage     = 100
)

// An operation over its limit was not executed, so transports answer it as a request error.
func init() {
	errcode.RegisterErrorType(string(fault.ComplexityLimitExceeded), errcode.KindProtocol)
}

// LimitComplexity returns the extension that refuses operations whose cost is over the limit. The executor
// that it is given to must execute a Costed schema, and have a Shape: the cost of a document out of all
// bounds takes too long to reckon.
func LimitComplexity(limit int) graphql.HandlerExtension {
	return extension.FixedComplexityLimit(limit)
}

// Costed is a schema in which a connection costs its content once per row of the page that is asked for.
type Costed struct {
	graphql.ExecutableSchema
	connections map[costedField]bool
}

// costedField names a field of a type.
type costedField struct{ typ, field string }

// NewCosted returns the schema with costs.
func NewCosted(es graphql.ExecutableSchema) Costed {
	c := Costed{es, map[costedField]bool{}}
	for _, t := range es.Schema().Types {
		if t.Kind != ast.Object {
			continue
		}
		for _, f := range t.Fields {
			if strings.HasSuffix(f.Type.Name(), "Connection") {
				c.connections[costedField{t.Name, f.Name}] = true
			}
		}
	}
	return c
}

// Complexity implements graphql.ExecutableSchema.
func (c Costed) Complexity(ctx context.Context, typeName, field string, child int, args map[string]any) (int, bool) {
	if !c.connections[costedField{typeName, field}] {
		return c.ExecutableSchema.Complexity(ctx, typeName, field, child, args)
	}
	page := costedPage(args)
	if child > (math.MaxInt-1)/page {
		return math.MaxInt, true
	}
	return 1 + page*child, true
}

// costedPage returns how many rows the arguments of a connection ask for. What its resolver will refuse is
// taken for the nearest page that it would give.
func costedPage(args map[string]any) int {
	for _, name := range []string{"first", "last"} {
		switch n := args[name].(type) {
		case int64:
			return int(min(max(n, 1), costedMaxPage))
		case int:
			return min(max(n, 1), costedMaxPage)
		case json.Number:
			if i, err := n.Int64(); err == nil {
				return int(min(max(i, 1), costedMaxPage))
			}
			return costedMaxPage
		}
	}
	return costedDefaultPage
}
