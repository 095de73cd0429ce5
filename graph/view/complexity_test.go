package view

import (
	"context"
	"math"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
)

// Complexity implements graphql.ExecutableSchema.
func (s shapeSchema) Complexity(_ context.Context, typeName, field string, _ int, _ map[string]any) (int, bool) {
	n, ok := s.fixed[typeName+"."+field]
	return n, ok
}

const costedContract = `
	interface Node { id: ID! notes(first: Int): NoteConnection! }
	type Query { cases(first: Int = 7, after: String, last: Int): CaseConnection! me: Case! node: Node! dear: Int! }
	type Case implements Node { id: ID! notes(first: Int): NoteConnection! }
	type CaseConnection { nodes: [Case!]! totalCount: Int! }
	type NoteConnection { nodes: [Note!]! }
	type Note { id: ID! case: Case! }
`

func costOf(t *testing.T, limit int, document string, variables map[string]any) (int, bool) {
	t.Helper()
	schema := newShapeSchema(costedContract)
	schema.fixed["Query.dear"] = 500
	exec := executor.New(NewCosted(schema))
	exec.Use(LimitComplexity(limit))
	op, errs := exec.CreateOperationContext(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{Query: document, Variables: variables})
	for _, err := range errs {
		if err.Extensions["code"] != "COMPLEXITY_LIMIT_EXCEEDED" {
			t.Fatal(err)
		}
	}
	if len(errs) > 0 && errcode.GetErrorKind(errs) != errcode.KindProtocol {
		t.Error("the error is not one of the request")
	}
	stats, _ := op.Stats.GetExtension("ComplexityLimit").(*extension.ComplexityStats)
	return stats.Complexity, errs == nil
}

func TestCost(t *testing.T) {
	for _, c := range []struct {
		document  string
		variables map[string]any
		want      int
	}{
		{"{ me { id } }", nil, 2},
		{"{ dear }", nil, 500},
		{"{ cases { totalCount } }", nil, 1 + 7*1}, // the default of the contract
		{"{ me { notes { nodes { id } } } }", nil, 1 + 1 + costedDefaultPage*2},
		{"{ cases(first: 5) { nodes { id } } }", nil, 1 + 5*2},
		{"{ cases(first: null, last: 5) { nodes { id } } }", nil, 1 + 5*2},
		{"{ cases(first: 1000000) { nodes { id } } }", nil, 1 + 100*2},
		{"{ cases(first: -1) { nodes { id } } }", nil, 1 + 1*2},
		{"{ cases(first: 0) { nodes { id } } }", nil, 1 + 1*2},
		{"query ($n: Int) { cases(first: $n) { nodes { id } } }", map[string]any{"n": 9}, 1 + 9*2},
		{"query ($n: Int = 3) { cases(first: $n) { nodes { id } } }", nil, 1 + 3*2},
		{"{ node { notes(first: 4) { nodes { id } } } }", nil, 1 + 1 + 4*2}, // of an interface
		{"{ cases(first: 10) { nodes { notes(first: 10) { nodes { id } } } } }", nil, 1 + 10*(1+1+10*2)},
		{"{ cases(first: 10) { ...F } } fragment F on CaseConnection { nodes { id } }", nil, 1 + 10*2},
		{"{ __schema { types { name } } }", nil, 0},
	} {
		if got, _ := costOf(t, math.MaxInt, c.document, c.variables); got != c.want {
			t.Errorf("%s: %d, want %d", c.document, got, c.want)
		}
	}
}

func TestCostLimit(t *testing.T) {
	const document = "{ cases(first: 5) { nodes { id } } }"
	if got, ok := costOf(t, 11, document, nil); !ok {
		t.Errorf("refused at %d of 11", got)
	}
	if got, ok := costOf(t, 10, document, nil); ok {
		t.Errorf("not refused at %d of 10", got)
	}
}

func TestCostDoesNotOverflow(t *testing.T) {
	deep := "id"
	for range 20 {
		deep = "notes(first: 100) { nodes { case { " + deep + " } } }"
	}
	if got, ok := costOf(t, ComplexityLimit, "{ me { "+deep+" } }", nil); ok || got != math.MaxInt {
		t.Errorf("the cost is %d", got)
	}
}
