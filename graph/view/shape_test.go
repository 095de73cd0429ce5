package view

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/viewer"
)

// checkShape returns the message of the refusal of a document, or nothing.
func checkShape(t *testing.T, s Shape, document string) string {
	t.Helper()
	err := s.MutateOperationParameters(t.Context(), &graphql.RawParams{Query: document})
	if err == nil {
		return ""
	}
	if err.Extensions["code"] != "COMPLEXITY_LIMIT_EXCEEDED" {
		t.Errorf("the code is %v", err.Extensions["code"])
	}
	return err.Message
}

func nestedFields(levels int) string {
	return strings.Repeat("{ a ", levels) + strings.Repeat("}", levels)
}

// repeatNumbered writes the text n times, with its number in place of each #.
func repeatNumbered(n int, text string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(text, "#", strconv.Itoa(i)))
	}
	return b.String()
}

func TestShapeBounds(t *testing.T) {
	s := ShapeFor(viewer.Patient)
	for _, c := range []struct {
		what     string
		document func(n int) string
		limit    int
	}{
		{"levels of fields", nestedFields, 20},
		{"levels of fields", func(n int) string {
			return fmt.Sprintf("{ a ...F } fragment F on Query %s", nestedFields(n))
		}, 20},
		{"levels of fields", func(n int) string {
			return "{ a " + strings.Repeat("{ ... { a ", n-1) + strings.Repeat("} }", n-1) + "}"
		}, 20},
		{"levels of introspection", func(n int) string { return "{ __schema " + nestedFields(n-1) + "}" }, 20},
		{"levels of introspection", func(n int) string { return "{ t: __type(name: \"A\") " + nestedFields(n-1) + "}" }, 20},
		{"aliases", func(n int) string { return "{" + repeatNumbered(n, "a#: a ") + "}" }, 50},
		{"aliases", func(n int) string { return "{ ...F } fragment F on Query {" + repeatNumbered(n, "a#: a ") + "}" }, 50},
		{"fields", func(n int) string { return "{" + repeatNumbered(n, "a ") + "}" }, 400},
		{"fields", func(n int) string { return "{ ...F } fragment F on Query { ... {" + repeatNumbered(n, "a ") + "} }" }, 400},
		{"fragments", func(n int) string { return "{ a }" + repeatNumbered(n, "fragment F# on Query { a } ") }, 50},
		{"directives", func(n int) string { return "{ a " + repeatNumbered(n, "@skip(if: false) ") + "}" }, 25},
		{"directives", func(n int) string { return "query ($v: Int " + repeatNumbered(n, "@d ") + ") { a }" }, 25},
		{"directives", func(n int) string { return "query " + repeatNumbered(n, "@d ") + " { a }" }, 25},
		{"directives", func(n int) string { return "{ ...F } fragment F on Query " + repeatNumbered(n, "@d ") + "{ a }" }, 25},
		{"directives", func(n int) string { return "{ ... " + repeatNumbered(n, "@d ") + "{ a } }" }, 25},
		{"directives", func(n int) string { return "{ ...F " + repeatNumbered(n, "@d ") + "} fragment F on Query { a }" }, 25},
		{"operations", func(n int) string { return repeatNumbered(n, "query Q# { a } ") }, 20},
		{"mutations", func(n int) string { return "mutation {" + repeatNumbered(n, "a ") + "}" }, 10},
		{"mutations", func(n int) string {
			return "mutation { a ...F } fragment F on Mutation {" + repeatNumbered(n-1, "a ") + "}"
		}, 10},
		{"selections", func(n int) string { // each spread is one selection, and the field in it another
			return "{" + repeatNumbered(n/200, "...F ") + "} fragment F on Query {" + repeatNumbered(199, "a ") + strings.Repeat("b ", n%200) + "}"
		}, 4000},
		{"tokens", func(n int) string { return "{ a(b: [" + strings.Repeat("1 ", n-9) + "]) }" }, TokenLimit},
		{"bytes", func(n int) string { return "{ a } #" + strings.Repeat("x", n-7) }, 64 << 10},
	} {
		if got := checkShape(t, s, c.document(c.limit)); got != "" {
			t.Errorf("%d %s: %s", c.limit, c.what, got)
		}
		want := fmt.Sprintf("the document has more than %d %s", c.limit, c.what)
		if got := checkShape(t, s, c.document(c.limit+1)); got != want {
			t.Errorf("%d %s: %q, want %q", c.limit+1, c.what, got, want)
		}
	}
}

func TestShapeOfAnalysts(t *testing.T) {
	s := ShapeFor(viewer.Analyst)
	if got := checkShape(t, s, nestedFields(8)); got != "" {
		t.Error(got)
	}
	if got := checkShape(t, s, nestedFields(9)); got != "the document has more than 8 levels of fields" {
		t.Error(got)
	}
}

func TestShapeLetsToolsReadTheSchema(t *testing.T) {
	deep := `query IntrospectionQuery { __schema { queryType { name } types { ...Full } directives { args { ...Input } } } }
		fragment Full on __Type { fields(includeDeprecated: true) { args { ...Input } type { ...Ref } } inputFields { ...Input } interfaces { ...Ref } possibleTypes { ...Ref } }
		fragment Input on __InputValue { name type { ...Ref } defaultValue }
		fragment Ref on __Type { kind name ` + strings.Repeat("ofType { kind name ", 9) + strings.Repeat("}", 10)
	for _, p := range viewer.Personas() {
		for _, document := range []string{introspection.Query, deep, "{ __typename }"} {
			if got := checkShape(t, ShapeFor(p), document); got != "" {
				t.Errorf("%s: %s", p, got)
			}
		}
	}
}

// A chain of fragments, each of which spreads the next twice, doubles with each link.
func TestShapeMeasuresFragmentBombsQuickly(t *testing.T) {
	bomb := "{ ...F0 }" + repeatNumbered(49, "fragment F# on Query { x { ...N# } y { ...N# } } ")
	for i := range 49 {
		bomb = strings.ReplaceAll(bomb, fmt.Sprintf("...N%d ", i), fmt.Sprintf("...F%d ", i+1))
	}
	bomb += "fragment F49 on Query { a }"
	s := ShapeFor(viewer.Patient)
	s.Depth = 1000
	begin := time.Now()
	if got := checkShape(t, s, bomb); got != "the document has more than 4000 selections" {
		t.Errorf("%q", got)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestShapeLeavesWrongDocumentsToTheExecutor(t *testing.T) {
	for _, document := range []string{
		"", "{", "nonsense", "{ ...Unknown }",
		"{ ...F } fragment F on Query { ...F }",
		"{ ...F } fragment F on Query { a { ...G } } fragment G on Query { b { ...F } }",
	} {
		if got := checkShape(t, ShapeFor(viewer.Patient), document); got != "" {
			t.Errorf("%s: %s", document, got)
		}
	}
}

// shapeSchema is an executable schema that answers everything with an empty object.
type shapeSchema struct {
	schema *ast.Schema
	fixed  map[string]int // complexity of "Type.field"
}

func newShapeSchema(sdl string) shapeSchema {
	return shapeSchema{gqlparser.MustLoadSchema(&ast.Source{Input: sdl}), map[string]int{}}
}

// Schema implements graphql.ExecutableSchema.
func (s shapeSchema) Schema() *ast.Schema { return s.schema }

// Exec implements graphql.ExecutableSchema.
func (shapeSchema) Exec(context.Context) graphql.ResponseHandler {
	return graphql.OneShot(&graphql.Response{Data: []byte("{}")})
}

func TestShapeAsksTheQueryCache(t *testing.T) {
	cache := lru.New[*ast.QueryDocument](10)
	exec := executor.New(newShapeSchema("type Query { a: Int }"))
	exec.SetQueryCache(cache)
	s := ShapeFor(viewer.Patient)
	s.Known = cache
	exec.Use(s)
	create := func(document string) bool {
		_, errs := exec.CreateOperationContext(graphql.StartOperationTrace(t.Context()), &graphql.RawParams{Query: document})
		return errs == nil
	}
	for range 2 {
		if create("{" + strings.Repeat("a ", 401) + "}") {
			t.Error("a document out of bounds passes")
		}
		if !create("{ a }") {
			t.Error("a small document is refused")
		}
	}
	s.Fields = 0
	if got := checkShape(t, s, "{ a }"); got != "" {
		t.Errorf("a known document is looked at again: %s", got)
	}
	if got := checkShape(t, s, "{ a a }"); got == "" {
		t.Error("an unknown one is not")
	}
}
