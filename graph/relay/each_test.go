package relay_test

import (
	"context"
	"errors"
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

// each resolves the children of all rows of a page as the executor does: at once, each in its own path, of which
// edges is the part between the row and the parent. It returns the connections by parent.
func each(ctx context.Context, t *testing.T, s *store.Store, c *relay.Connection[ent.CareCase], args relay.Args, edges ...string) map[uuid.UUID]*relay.Connection[ent.CareCase] {
	t.Helper()
	type answer struct {
		parent uuid.UUID
		c      *relay.Connection[ent.CareCase]
		err    error
	}
	answers := make(chan answer)
	var siblings sync.WaitGroup
	for i, row := range c.Nodes() {
		ctx := element(below(ctx, "nodes", c.Nodes()), i, &row)
		parent := row
		for _, name := range edges {
			ctx = below(ctx, name, parent.Edges.Parent)
			parent = parent.Edges.Parent
		}
		if parent == nil {
			continue
		}
		siblings.Go(func() {
			c, err := relay.Each(below(ctx, "children", nil), s.Client.CareCase.Query, children, parent.ID, args, s.Client.LoadCareCase)
			answers <- answer{parent.ID, c, err}
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

// top resolves the page of cases that the operation begins with.
func top(ctx context.Context, t *testing.T, s *store.Store, operation string, args relay.Args) (context.Context, *relay.Connection[ent.CareCase]) {
	t.Helper()
	ctx = resolving(ctx, t, operation, nil, "cases")
	c, err := page(ctx, s, cases, args)
	if err != nil {
		t.Fatal(err)
	}
	graphql.GetFieldContext(ctx).Result = c
	return ctx, c
}

// everything is the arguments of a page with all rows.
var everything = relay.Args{First: new(relay.MaxSize)}

func TestEachEqualsOneByOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := fill(t, s)
		alone := system(t) // outside of an operation nothing is gathered
		for _, order := range orders {
			for _, args := range []relay.Args{
				{},
				{First: new(0)},
				{First: new(1)},
				{First: new(20)},
				{Last: new(2)},
				{Last: new(21)},
				{First: new(3), Filter: map[string]any{"status": []any{"NEW"}}},
			} {
				args.OrderBy = &order
				ctx, c := top(system(t), t, s, `{ cases { nodes { children { totalCount nodes { parent { id } } } } } }`, everything)
				together := each(ctx, t, s, c, args)
				if len(together) != len(rows) {
					t.Fatalf("%d parents, want %d", len(together), len(rows))
				}
				for parent, got := range together {
					one, err := relay.Each(alone, s.Client.CareCase.Query, children, parent, args, s.Client.LoadCareCase)
					if err != nil {
						t.Fatal(err)
					}
					one.TotalCount = len(slices.DeleteFunc(childrenOf(rows, parent), func(c *ent.CareCase) bool {
						return args.Filter != nil && c.Status != "NEW"
					}))
					if diff := cmp.Diff(shape(one), shape(got)); diff != "" {
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
			ctx, c := top(system(t), t, s, `{ cases { nodes { children { nodes { id } } } } }`, everything)
			for parent, c := range each(ctx, t, s, c, relay.Args{OrderBy: &order, First: new(4)}) {
				got := keys(c.Nodes())
				for c.PageInfo.HasNextPage {
					var err error
					args := relay.Args{OrderBy: &order, First: new(4), After: c.PageInfo.EndCursor}
					if c, err = relay.Each(ctx, s.Client.CareCase.Query, children, parent, args, s.Client.LoadCareCase); err != nil {
						t.Fatal(err)
					}
					got = append(got, keys(c.Nodes())...)
				}
				if want := keys(sorted(childrenOf(rows, parent), order)); !slices.Equal(got, want) {
					t.Errorf("%s: got %v, want %v", order, got, want)
				}
			}
		}
	})
}

// TestEachObeysRules checks that a row that the viewer may not see takes no other's place.
func TestEachObeysRules(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := fill(t, s)
		asker := s.Client.Identity.Query().OnlyX(system(t))
		ctx, c := top(system(t), t, s, `{ cases { nodes { children { totalCount nodes { id } } } } }`, everything)
		ctx = viewer.NewContext(ctx, &viewer.Identity{Key: asker.ID, Role: viewer.Provider})
		for parent, got := range each(ctx, t, s, c, relay.Args{First: new(3)}) {
			want := slices.DeleteFunc(sorted(childrenOf(rows, parent), "NEWEST"), func(c *ent.CareCase) bool { return c.RequesterID == nil })
			if got.TotalCount != len(want) || !slices.Equal(keys(got.Nodes()), keys(want[:min(3, len(want))])) {
				t.Errorf("got %v of %d, want %v of %d", keys(got.Nodes()), got.TotalCount, keys(want), len(want))
			}
		}
	})
}

// TestEachPerField checks that lists of several fields below the same rows are not taken for one another, nor
// one field that is merged with a selection of the total for the same field without it.
func TestEachPerField(t *testing.T) {
	s := storetest.SQLite(t)
	rows := fill(t, s)
	ctx, c := top(system(t), t, s, `{ cases { nodes { children { nodes { id } } wide: children { nodes { id } } counted: children { totalCount } } } }`, everything)
	for i, row := range c.Nodes() {
		node := element(below(ctx, "nodes", c.Nodes()), i, &row)
		merged := below(node, "children", nil)
		counted := graphql.GetFieldContext(merged)
		counted.Field.Selections = slices.Concat(counted.Field.Selections, find(counted.Parent.Field.Selections, "counted").SelectionSet)
		for _, test := range []struct {
			ctx   context.Context
			size  int
			total bool
		}{{below(node, "children", nil), 1, false}, {below(node, "wide", nil), 5, false}, {merged, 1, true}} {
			c, err := relay.Each(test.ctx, s.Client.CareCase.Query, children, row.ID, relay.Args{First: &test.size}, s.Client.LoadCareCase)
			all := childrenOf(rows, row.ID)
			if err != nil || len(c.Edges) != min(test.size, len(all)) || (test.total && c.TotalCount != len(all)) {
				t.Errorf("first %d of %d: %+v, %v", test.size, len(all), c, err)
			}
		}
	}
}

func TestEachSeesChanges(t *testing.T) {
	s := storetest.SQLite(t)
	fill(t, s)
	operation := `{ cases { nodes { children { totalCount } } } }`
	ctx, c := top(system(t), t, s, operation, everything)
	before := each(ctx, t, s, c, relay.Args{})
	s.Client.CareCase.UpdateOneID(key(5)).SetParentID(key(0)).ExecX(ctx)
	ctx, c = top(system(t), t, s, operation, everything)
	after := each(ctx, t, s, c, relay.Args{})
	if before[key(0)].TotalCount != 0 || after[key(0)].TotalCount != 1 {
		t.Errorf("%d children, then %d", before[key(0)].TotalCount, after[key(0)].TotalCount)
	}
}

// TestEachByOtherColumn reads lists whose parent is not the row that they stand at.
func TestEachByOtherColumn(t *testing.T) {
	s := storetest.SQLite(t)
	rows := fill(t, s)
	ctx, c := top(system(t), t, s, `{ cases { nodes { children { nodes { id } } } } }`, relay.Args{OrderBy: new("MADE"), First: new(30)})
	other := c.Nodes()[0]
	ctx = below(element(below(ctx, "nodes", c.Nodes()), 0, &other), "children", nil)
	for _, parent := range []uuid.UUID{key(3), key(1_000_000)} {
		got, err := relay.Each(ctx, s.Client.CareCase.Query, children, parent, everything, s.Client.LoadCareCase)
		if err != nil || !slices.Equal(keys(got.Nodes()), keys(sorted(childrenOf(rows, parent), "NEWEST"))) {
			t.Errorf("got %v, %v", got, err)
		}
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
	broken := errors.New("broken")
	for name, load := range map[string]func(context.Context, []*ent.CareCase, ...ast.SelectionSet) error{
		"error": func(context.Context, []*ent.CareCase, ...ast.SelectionSet) error { return broken },
		"panic": func(context.Context, []*ent.CareCase, ...ast.SelectionSet) error { panic(broken) },
	} {
		ctx, c := top(system(t), t, s, `{ cases { nodes { children { nodes { id } } } } }`, everything)
		for i, row := range c.Nodes() {
			func() {
				defer func() {
					if r := recover(); r != nil && i > 0 {
						t.Errorf("%s: the panic of one came to another: %v", name, r)
					}
				}()
				ctx := below(element(below(ctx, "nodes", c.Nodes()), i, &row), "children", nil)
				got, err := relay.Each(ctx, s.Client.CareCase.Query, children, row.ID, relay.Args{}, load)
				if err == nil || (name == "error" && !errors.Is(err, broken)) {
					t.Errorf("%s: got %v, %v", name, got, err)
				}
			}()
		}
	}
}
