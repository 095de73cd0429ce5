package relay_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/relay"
)

// cases is a root list with an order of each kind of column, of one and of two columns, and by the key alone.
var cases = list.Of{
	Entity: "CareCase",
	Filter: map[string]func(any) func(*sql.Selector){
		"status":       list.AmongCodes("status"),
		"subject":      list.Contains("subject"),
		"parent":       list.Is("parent_id"),
		"receivedFrom": list.From("received_at"),
	},
	Open: map[string]func(any) (any, error){
		"parent":       list.Key("case"),
		"receivedFrom": list.Time,
	},
	Orders: map[string]list.Order{
		"NEWEST":   {Columns: []string{"received_at"}, Desc: true},
		"DUE":      {Columns: []string{"due_at"}},
		"PRIORITY": {Columns: []string{"priority", "received_at"}},
		"ROUTINGS": {Columns: []string{"routing_count"}, Desc: true},
		"SUBJECT":  {Columns: []string{"subject"}},
		"MADE":     {},
	},
	Default: "NEWEST",
}

// children is the list of the cases below a case.
var children = func() list.Of {
	of := cases
	of.Parent = "parent_id"
	return of
}()

// orders are the names of the orders of both lists.
var orders = []string{"NEWEST", "DUE", "PRIORITY", "ROUTINGS", "SUBJECT", "MADE"}

// family is how many children the n-th root case has: none, one, a page of the default size and one more, ...
var family = []int{0, 1, 3, 19, 20, 21}

// key is the n-th key of the fixture: the same on every engine, in no order of time.
func key(n int) uuid.UUID { return uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "case %d", n)) }

// fill writes the fixture: rows with many equal values, in hostile texts and moments. It returns all rows; the
// first are the roots.
func fill(t testing.TB, s *store.Store) []*ent.CareCase {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	moments := []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		time.Date(2026, 1, 2, 3, 4, 5, 500_000_000, time.UTC),
		time.Date(2026, 1, 2, 3, 4, 5, 500_001_000, time.UTC),
		time.Date(2026, 1, 2, 3, 4, 5, 510_000_000, time.UTC),
		time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC),
	}
	texts := []string{"a", "A", "a b", "a'b", `a"b\`, "%_", "ä", "z", "\U0001F600", "\u2028", "\n"}
	statuses := []code.CaseStatus{code.CaseStatusNew, code.CaseStatusRouted, code.CaseStatusClosed}
	priorities := []code.CasePriority{code.CasePriorityRoutine, code.CasePriorityUrgent, code.CasePriorityStat}
	asker := s.Client.Identity.Create().SetPersona(viewer.Provider).SetIssuer("urn:test").SetSubject("asker").SetName("Asker").SaveX(system(t))
	var rows []*ent.CareCaseCreate
	add := func(parent *uuid.UUID) {
		n := len(rows)
		var requester *uuid.UUID
		if n%3 == 0 {
			requester = &asker.ID
		}
		rows = append(rows, s.Client.CareCase.Create().
			SetNillableRequesterID(requester).
			SetID(key(n)).
			SetNumber(fmt.Sprintf("C-%04d", n)).
			SetKind(code.CaseKindMedicalInquiry).
			SetStatus(pick(random, statuses)).
			SetPriority(pick(random, priorities)).
			SetChannel(code.ChannelPortal).
			SetRequesterKind(code.AccountKindProvider).
			SetDepartment(code.DepartmentCodeMedicalAffairs).
			SetSubject(pick(random, texts)).
			SetReceivedAt(pick(random, moments)).
			SetDueAt(pick(random, moments)).
			SetRoutingCount(random.IntN(3)).
			SetNillableParentID(parent))
	}
	for range family {
		add(nil)
	}
	for i, size := range family {
		parent := key(i)
		for range size {
			add(&parent)
		}
	}
	made, err := s.Client.CareCase.CreateBulk(rows...).Save(system(t))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

// sorted returns the rows in the order, by a comparison of our own.
func sorted(rows []*ent.CareCase, order string) []*ent.CareCase {
	by := func(a, b *ent.CareCase) int {
		switch order {
		case "DUE":
			return a.DueAt.Compare(b.DueAt)
		case "PRIORITY":
			return cmp.Or(cmp.Compare(a.Priority, b.Priority), a.ReceivedAt.Compare(b.ReceivedAt))
		case "ROUTINGS":
			return a.RoutingCount - b.RoutingCount
		case "SUBJECT":
			return cmp.Compare(a.Subject, b.Subject)
		case "NEWEST":
			return a.ReceivedAt.Compare(b.ReceivedAt)
		}
		return 0
	}
	out := slices.Clone(rows)
	slices.SortFunc(out, func(a, b *ent.CareCase) int {
		way := cmp.Or(by(a, b), bytes.Compare(a.ID[:], b.ID[:]))
		if cases.Orders[order].Desc {
			return -way
		}
		return way
	})
	return out
}

// childrenOf returns the rows that are children of the parent.
func childrenOf(rows []*ent.CareCase, parent uuid.UUID) []*ent.CareCase {
	return slices.DeleteFunc(slices.Clone(rows), func(c *ent.CareCase) bool { return c.ParentID == nil || *c.ParentID != parent })
}

func keys(rows []*ent.CareCase) []uuid.UUID {
	out := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		out[i] = row.ID
	}
	return out
}

// system is a context of work that sees every row, with a sealer.
func system(t testing.TB) context.Context {
	t.Helper()
	return viewer.System(relay.NewContext(t.Context(), sealer(t)), "test")
}

func sealer(t testing.TB) *relay.Sealer {
	t.Helper()
	s, err := relay.NewSealer([]byte("a secret of the tests"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const contract = `
	type Query { cases: CaseConnection! }
	type CaseConnection { totalCount: Int!, nodes: [Case!]!, edges: [CaseEdge!]! }
	type CaseEdge { node: Case! }
	type Case { id: ID!, parent: Case, product: Product, children: CaseConnection! }
	type Product { id: ID! }`

// resolving returns a context in which the field at the path of the operation is resolved, with a sealer.
func resolving(ctx context.Context, t testing.TB, operation string, vars map[string]any, path ...string) context.Context {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "contract", Input: contract})
	if err != nil {
		t.Fatal(err)
	}
	doc, problems := gqlparser.LoadQueryWithRules(schema, operation, nil)
	if problems != nil {
		t.Fatal(problems)
	}
	ctx = graphql.WithOperationContext(ctx, &graphql.OperationContext{Doc: doc, Operation: doc.Operations[0], Variables: vars})
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: graphql.CollectedField{Selections: doc.Operations[0].SelectionSet}})
	for _, name := range path {
		ctx = below(ctx, name, nil)
	}
	return ctx
}

// below returns the context in which the field that has the name in the answer is resolved, to the result.
func below(ctx context.Context, name string, result any) context.Context {
	field := find(graphql.GetFieldContext(ctx).Field.Selections, name)
	return graphql.WithFieldContext(ctx, &graphql.FieldContext{
		Field: graphql.CollectedField{Field: field, Selections: field.SelectionSet}, Result: result,
	})
}

// find looks for the field in the selections and their fragments.
func find(set ast.SelectionSet, name string) *ast.Field {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if s.Alias == name {
				return s
			}
		case *ast.FragmentSpread:
			if f := find(s.Definition.SelectionSet, name); f != nil {
				return f
			}
		}
	}
	return nil
}

// element returns the context of an element of a list, to which result points.
func element(ctx context.Context, i int, result any) context.Context {
	of := graphql.GetFieldContext(ctx)
	return graphql.WithFieldContext(ctx, &graphql.FieldContext{
		Field: graphql.CollectedField{Selections: of.Field.Selections}, Index: &i, Result: result,
	})
}
