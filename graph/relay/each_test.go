package relay_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/relay"
)

// each reads the children of all parents at once, as the executor resolves siblings.
func each(t *testing.T, ctx context.Context, s *store.Store, parents []uuid.UUID, args relay.Args) map[uuid.UUID]*relay.Connection[ent.CareCase] {
	t.Helper()
	type answer struct {
		parent uuid.UUID
		c      *relay.Connection[ent.CareCase]
		err    error
	}
	answers := make(chan answer)
	var siblings sync.WaitGroup
	for _, parent := range parents {
		siblings.Go(func() {
			c, err := relay.Each(ctx, s.Client.CareCase.Query, children, parent, args, s.Client.LoadCareCase)
			answers <- answer{parent, c, err}
		})
	}
	go func() {
		siblings.Wait()
		close(answers)
	}()
	out := map[uuid.UUID]*relay.Connection[ent.CareCase]{}
	for a := range answers {
		if a.err != nil {
			t.Error(a.err)
			continue
		}
		out[a.parent] = a.c
	}
	if t.Failed() {
		t.FailNow()
	}
	return out
}

// roots are the fixture's parents and a key that no row has.
func roots() []uuid.UUID {
	var out []uuid.UUID
	for i := range family {
		out = append(out, key(i))
	}
	return append(out, key(1_000_000))
}

func TestEachEqualsOneByOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := fill(t, s)
		alone := system(t) // outside of an operation nothing is gathered
		for _, order := range orders {
			for _, args := range []relay.Args{
				{}, {First: new(0)}, {First: new(1)}, {First: new(20)}, {Last: new(2)}, {Last: new(21)},
				{First: new(3), Filter: map[string]any{"status": []any{"NEW"}}},
			} {
				args.OrderBy = &order
				ctx := resolving(t, system(t), `{ case { children { totalCount nodes { parent { id } } } } }`, nil, "case", "children")
				together := each(t, ctx, s, roots(), args)
				for _, parent := range roots() {
					one, err := relay.Each(alone, s.Client.CareCase.Query, children, parent, args, s.Client.LoadCareCase)
					if err != nil {
						t.Fatal(err)
					}
					one.TotalCount = len(slices.DeleteFunc(below(rows, parent), func(c *ent.CareCase) bool {
						return args.Filter != nil && c.Status != "NEW"
					}))
					if diff := cmp.Diff(shape(one), shape(together[parent])); diff != "" {
						t.Errorf("%s %+v (-alone +together):\n%s", order, args, diff)
					}
				}
			}
		}
	})
}

// shape is what a client sees of a connection.
func shape(c *relay.Connection[ent.CareCase]) any {
	type edge struct {
		Key    uuid.UUID
		Cursor relay.Cursor
	}
	edges := make([]edge, len(c.Edges))
	for i, e := range c.Edges {
		edges[i] = edge{e.Node.ID, e.Cursor}
	}
	return struct {
		Edges []edge
		Info  relay.PageInfo
		Total int
	}{edges, c.PageInfo, c.TotalCount}
}

func TestEachWalk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := fill(t, s)
		for _, order := range orders {
			ctx := resolving(t, system(t), `{ case { children { nodes { id } } } }`, nil, "case", "children")
			args := relay.Args{OrderBy: &order, First: new(4)}
			for parent, c := range each(t, ctx, s, roots(), args) {
				args := args
				got := keys(c.Nodes())
				for c.PageInfo.HasNextPage {
					args.After = c.PageInfo.EndCursor
					var err error
					if c, err = relay.Each(ctx, s.Client.CareCase.Query, children, parent, args, s.Client.LoadCareCase); err != nil {
						t.Fatal(err)
					}
					got = append(got, keys(c.Nodes())...)
				}
				if want := keys(sorted(below(rows, parent), order)); !slices.Equal(got, want) {
					t.Errorf("%s: got %v, want %v", order, got, want)
				}
			}
		}
	})
}

func TestEachStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s)
		for _, test := range []struct {
			operation string
			parents   int
			want      int
		}{
			{`{ case { children { nodes { id } } } }`, 6, 1},
			{`{ case { children { nodes { id } } } }`, 1, 1},
			{`{ case { children { totalCount nodes { id } } } }`, 6, 2},
			{`{ case { children { totalCount edges { node { parent { id } } } } } }`, 6, 3},
		} {
			ctx, counter := store.WithCounter(resolving(t, system(t), test.operation, nil, "case", "children"))
			parents := roots()[:test.parents]
			each(t, ctx, s, append(parents, parents...), relay.Args{First: new(2)}) // a parent may come twice
			if counter.Count() != test.want {
				t.Errorf("%s: %d statements, want %d:\n%v", test.operation, counter.Count(), test.want, counter.Statements())
			}
		}
	})
}

// TestEachObeysRules checks that a row that the viewer may not see takes no other's place.
func TestEachObeysRules(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := fill(t, s)
		asker := s.Client.Identity.Query().OnlyX(system(t))
		ctx := viewer.NewContext(relay.NewContext(t.Context(), sealer(t)), &viewer.Identity{Key: asker.ID, Role: viewer.Provider})
		ctx = resolving(t, ctx, `{ case { children { totalCount nodes { id } } } }`, nil, "case", "children")
		together := each(t, ctx, s, roots(), relay.Args{First: new(3)})
		for _, parent := range roots() {
			want := slices.DeleteFunc(sorted(below(rows, parent), "NEWEST"), func(c *ent.CareCase) bool { return c.RequesterID == nil })
			if got := together[parent]; got.TotalCount != len(want) || !slices.Equal(keys(got.Nodes()), keys(want[:min(3, len(want))])) {
				t.Errorf("got %v of %d, want %v of %d", keys(got.Nodes()), got.TotalCount, keys(want), len(want))
			}
		}
	})
}

func TestEachBatchesApart(t *testing.T) {
	s := storetest.SQLite(t)
	fill(t, s)
	few := resolving(t, system(t), `{ case { children { nodes { id } } wide: children { nodes { id } } } }`, nil, "case", "children")
	operation := graphql.GetOperationContext(few).Operation
	second := operation.SelectionSet[0].(*ast.Field).SelectionSet[1].(*ast.Field)
	wide := graphql.WithFieldContext(few, &graphql.FieldContext{Field: graphql.CollectedField{Field: second, Selections: second.SelectionSet}})
	// Operations of one text share the parsed document.
	again := graphql.WithOperationContext(few, &graphql.OperationContext{Operation: operation})
	var siblings sync.WaitGroup
	for ctx, size := range map[context.Context]int{few: 1, wide: 5, again: 3} {
		for _, parent := range []uuid.UUID{key(4), key(5)} {
			siblings.Go(func() {
				c, err := relay.Each(ctx, s.Client.CareCase.Query, children, parent, relay.Args{First: &size}, s.Client.LoadCareCase)
				if err != nil || len(c.Edges) != size {
					t.Errorf("first %d: %v, %v", size, c, err)
				}
			})
		}
	}
	siblings.Wait()
}

func TestEachSeesChanges(t *testing.T) {
	s := storetest.SQLite(t)
	fill(t, s)
	ctx := resolving(t, system(t), `{ case { children { totalCount } } }`, nil, "case", "children")
	before := each(t, ctx, s, roots(), relay.Args{})
	s.Client.CareCase.UpdateOneID(key(5)).SetParentID(key(0)).ExecX(ctx)
	after := each(t, ctx, s, roots(), relay.Args{})
	if before[key(0)].TotalCount != 0 || after[key(0)].TotalCount != 1 {
		t.Errorf("%d children, then %d", before[key(0)].TotalCount, after[key(0)].TotalCount)
	}
}

func TestEachRefusesCursorOfOtherParent(t *testing.T) {
	s := storetest.SQLite(t)
	fill(t, s)
	ctx := system(t)
	c, err := relay.Each(ctx, s.Client.CareCase.Query, children, key(4), relay.Args{First: new(1)}, s.Client.LoadCareCase)
	if err != nil {
		t.Fatal(err)
	}
	args := relay.Args{After: c.PageInfo.EndCursor}
	if _, err := relay.Each(ctx, s.Client.CareCase.Query, children, key(5), args, s.Client.LoadCareCase); fault.CodeOf(err) != fault.BadUserInput {
		t.Errorf("got %v", err)
	}
}

func TestEachReportsErrors(t *testing.T) {
	s := storetest.SQLite(t)
	fill(t, s)
	broken := fmt.Errorf("broken")
	load := func(context.Context, []*ent.CareCase, ...ast.SelectionSet) error { return broken }
	ctx := resolving(t, system(t), `{ case { children { nodes { id } } } }`, nil, "case", "children")
	results := make([]error, len(roots()))
	var siblings sync.WaitGroup
	for i, parent := range roots() {
		siblings.Go(func() {
			_, results[i] = relay.Each(ctx, s.Client.CareCase.Query, children, parent, relay.Args{}, load)
		})
	}
	siblings.Wait()
	for _, err := range results {
		if err != broken {
			t.Errorf("got %v", err)
		}
	}
}
