package view

import (
	"context"
	"errors"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// TokenLimit is how many tokens a document may have. The executor's parser needs the same limit.
const TokenLimit = 4000

// Shape bounds the form of a document before it is validated: validation compares fields with each other and
// spreads fragments, so a small document can keep it busy for seconds. What an operation costs once it runs
// is another question, which Costed answers.
//
// Shape comes before the extension for persisted documents, so that nothing out of bounds is ever persisted.
type Shape struct {
	// Known is the executor's own query cache, if it has one: what is in there has been looked at.
	Known graphql.Cache[*ast.QueryDocument]

	Bytes      int // of the document: what is cached must be small
	Tokens     int
	Depth      int // of fields in each other
	Aliases    int
	Fields     int // as written
	Selections int // as spread: fields and fragments, each fragment counted wherever it is used
	Fragments  int
	Directives int
	Operations int
	Mutations  int // root fields of a mutation
}

// shapeIntrospectionDepth is the depth of the documents by which tools read a schema. It holds for every persona.
const shapeIntrospectionDepth = 20

// ShapeFor returns the bounds of a persona. Analysts ask for aggregates, which are flat.
func ShapeFor(p viewer.Persona) Shape {
	s := Shape{
		Bytes: 64 << 10, Tokens: TokenLimit, Depth: 20, Aliases: 50, Fields: 400, Selections: 4000,
		Fragments: 50, Directives: 25, Operations: 20, Mutations: 10,
	}
	if p == viewer.Analyst {
		s.Depth = 8
	}
	return s
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = Shape{}

// ExtensionName implements graphql.HandlerExtension.
func (Shape) ExtensionName() string { return "Shape" }

// Validate implements graphql.HandlerExtension.
func (Shape) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters implements graphql.OperationParameterMutator. It changes nothing, but refuses a
// document out of bounds. One that does not parse within the token limit is left to the executor, which
// says why at the same token.
func (s Shape) MutateOperationParameters(ctx context.Context, request *graphql.RawParams) *gqlerror.Error {
	if s.Known != nil {
		if _, ok := s.Known.Get(ctx, request.Query); ok {
			return nil
		}
	}
	if err := tooManyInShape("bytes", len(request.Query), s.Bytes); err != nil {
		return err
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: request.Query}, s.Tokens)
	if err != nil {
		var syntax *gqlerror.Error
		if errors.As(err, &syntax) && strings.HasPrefix(syntax.Message, "exceeded token limit") {
			return tooManyInShape("tokens", s.Tokens+1, s.Tokens)
		}
		return nil
	}
	return s.check(doc)
}

func (s Shape) check(doc *ast.QueryDocument) *gqlerror.Error {
	w := newShapeWritten(doc)
	for _, c := range []struct {
		what      string
		is, limit int
	}{
		{"operations", len(doc.Operations), s.Operations},
		{"fragments", len(doc.Fragments), s.Fragments},
		{"fields", w.fields, s.Fields},
		{"aliases", w.aliases, s.Aliases},
		{"directives", w.directives, s.Directives},
	} {
		if err := tooManyInShape(c.what, c.is, c.limit); err != nil {
			return err
		}
	}
	spread := shapeSpreader{doc: doc, limit: s.Selections, known: map[string]shapeExtent{}, open: map[string]bool{}}
	var total shapeExtent
	for _, op := range doc.Operations {
		e := spread.set(op.SelectionSet)
		total = total.beside(e, s.Selections)
		if op.Operation == ast.Mutation {
			if err := tooManyInShape("mutations", e.roots, s.Mutations); err != nil {
				return err
			}
		}
	}
	if err := tooManyInShape("levels of fields", total.depth, s.Depth); err != nil {
		return err
	}
	if err := tooManyInShape("levels of introspection", total.introspection, shapeIntrospectionDepth); err != nil {
		return err
	}
	return tooManyInShape("selections", total.selections, s.Selections)
}

// tooManyInShape returns the error of a document that has more of something than it may.
func tooManyInShape(what string, is, limit int) *gqlerror.Error {
	if is <= limit {
		return nil
	}
	f := fault.New(fault.ComplexityLimitExceeded, "the document has more than %d %s", limit, what)
	return &gqlerror.Error{Err: f, Message: f.Message, Extensions: map[string]any{"code": string(f.Code)}}
}

// shapeWritten counts what a document has as it is written, which is what validation has to read.
type shapeWritten struct{ fields, aliases, directives int }

func newShapeWritten(doc *ast.QueryDocument) shapeWritten {
	var w shapeWritten
	for _, op := range doc.Operations {
		w.directives += len(op.Directives)
		for _, v := range op.VariableDefinitions {
			w.directives += len(v.Directives)
		}
		w.read(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		w.directives += len(f.Directives)
		w.read(f.SelectionSet)
	}
	return w
}

func (w *shapeWritten) read(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			w.fields++
			if s.Alias != s.Name {
				w.aliases++
			}
			w.directives += len(s.Directives)
			w.read(s.SelectionSet)
		case *ast.InlineFragment:
			w.directives += len(s.Directives)
			w.read(s.SelectionSet)
		case *ast.FragmentSpread:
			w.directives += len(s.Directives)
		}
	}
}

// shapeExtent is how far a selection reaches once its fragments are spread.
type shapeExtent struct {
	depth         int // of fields
	introspection int // of fields, where they ask for the schema
	selections    int
	roots         int // fields at the top
}

// beside returns the extent of two selections in one set. Counts stop just above the limit, so that no
// nesting of fragments can make them overflow.
func (e shapeExtent) beside(o shapeExtent, limit int) shapeExtent {
	return shapeExtent{
		depth:         max(e.depth, o.depth),
		introspection: max(e.introspection, o.introspection),
		selections:    min(e.selections+o.selections, limit+1),
		roots:         min(e.roots+o.roots, limit+1),
	}
}

// shapeSpreader measures selections, each fragment once.
type shapeSpreader struct {
	doc   *ast.QueryDocument
	limit int
	known map[string]shapeExtent
	open  map[string]bool // fragments being measured: one inside itself is for validation to refuse
}

func (m shapeSpreader) set(set ast.SelectionSet) shapeExtent {
	var total shapeExtent
	for _, selection := range set {
		e := shapeExtent{selections: 1}
		switch s := selection.(type) {
		case *ast.Field:
			inner := m.set(s.SelectionSet)
			e = shapeExtent{depth: inner.depth + 1, introspection: inner.introspection, selections: 1 + inner.selections, roots: 1}
			if s.Name == "__schema" || s.Name == "__type" {
				e.depth, e.introspection = 1, inner.depth+1
			}
		case *ast.InlineFragment:
			e = e.beside(m.set(s.SelectionSet), m.limit)
		case *ast.FragmentSpread:
			e = e.beside(m.fragment(s.Name), m.limit)
		}
		total = total.beside(e, m.limit)
	}
	return total
}

func (m shapeSpreader) fragment(name string) shapeExtent {
	if e, ok := m.known[name]; ok || m.open[name] {
		return e
	}
	f := m.doc.Fragments.ForName(name)
	if f == nil {
		return shapeExtent{} // validation refuses an unknown one
	}
	m.open[name] = true
	e := m.set(f.SelectionSet)
	m.open[name] = false
	m.known[name] = e
	return e
}
