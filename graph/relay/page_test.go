package relay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/relay"
)

func page(ctx context.Context, s *store.Store, of list.Of, args relay.Args) (*relay.Connection[ent.CareCase], error) {
	return relay.Page(ctx, s.Client.CareCase.Query(), of, args, s.Client.LoadCareCase)
}

// fataler is what tests and properties have in common.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// walk reads the whole list page by page and checks what each page says of itself.
func walk(ctx context.Context, t fataler, s *store.Store, of list.Of, args relay.Args, between func()) []uuid.UUID {
	t.Helper()
	var all []uuid.UUID
	for n := 0; ; n++ {
		if n > 1000 {
			t.Fatal("the walk does not end")
		}
		c, err := page(ctx, s, of, args)
		if err != nil {
			t.Fatal(err)
		}
		info := c.PageInfo
		there, back := info.HasNextPage, info.HasPreviousPage
		if args.Last != nil {
			there, back = back, there
		}
		if back != (n > 0) {
			t.Fatalf("page %d: %+v", n, info)
		}
		if len(c.Edges) == 0 {
			if there || info.StartCursor != nil || info.EndCursor != nil {
				t.Fatalf("empty page %d: %+v", n, info)
			}
			return all
		}
		if *info.StartCursor != c.Edges[0].Cursor || *info.EndCursor != c.Edges[len(c.Edges)-1].Cursor {
			t.Fatalf("page %d has other cursors than its edges", n)
		}
		if args.Last != nil {
			all = append(keys(c.Nodes()), all...)
			args.Before = info.StartCursor
		} else {
			all = append(all, keys(c.Nodes())...)
			args.After = info.EndCursor
		}
		if !there {
			return all
		}
		if between != nil {
			between()
		}
	}
}

func TestWalk(t *testing.T) {
	found := map[string]map[string][]uuid.UUID{}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := fill(t, s)
		ctx := system(t)
		found[s.Dialect] = map[string][]uuid.UUID{}
		for _, order := range orders {
			found[s.Dialect][order] = walk(ctx, t, s, cases, relay.Args{OrderBy: &order, First: new(7)}, nil)
			for _, size := range []int{1, 2, 10, len(rows) - 1, len(rows), relay.MaxSize} {
				want := keys(sorted(rows, order))
				if diff := cmp.Diff(want, walk(ctx, t, s, cases, relay.Args{OrderBy: &order, First: &size}, nil)); diff != "" {
					t.Errorf("%s, first %d (-want +got):\n%s", order, size, diff)
				}
				if diff := cmp.Diff(want, walk(ctx, t, s, cases, relay.Args{OrderBy: &order, Last: &size}, nil)); diff != "" {
					t.Errorf("%s, last %d (-want +got):\n%s", order, size, diff)
				}
			}
		}
	})
	if len(found) == 2 && !t.Failed() && !cmp.Equal(found["sqlite3"], found["postgres"]) {
		t.Errorf("the engines order differently:\n%s", cmp.Diff(found["sqlite3"], found["postgres"]))
	}
}

// TestWindow compares pages with the algorithm of the Relay specification over the sorted rows.
func TestWindow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := fill(t, s)
		ctx := system(t)
		places := map[string][]relay.Cursor{}
		for _, order := range orders {
			c, err := page(ctx, s, cases, relay.Args{OrderBy: &order, First: new(relay.MaxSize)})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range c.Edges {
				places[order] = append(places[order], e.Cursor)
			}
		}
		rapid.Check(t, func(t *rapid.T) {
			order := rapid.SampledFrom(orders).Draw(t, "order")
			want := keys(sorted(rows, order))
			args := relay.Args{OrderBy: &order}
			from, to := 0, len(want)
			if rapid.Bool().Draw(t, "bounded behind") {
				i := rapid.IntRange(0, len(want)-1).Draw(t, "after")
				args.After, from = &places[order][i], i+1
			}
			if rapid.Bool().Draw(t, "bounded ahead") {
				i := rapid.IntRange(0, len(want)-1).Draw(t, "before")
				args.Before, to = &places[order][i], i
			}
			want = want[min(from, to):to]
			next, previous := args.Before != nil, args.After != nil
			size := rapid.IntRange(0, relay.MaxSize).Draw(t, "size")
			switch rapid.IntRange(0, 2).Draw(t, "direction") {
			case 0:
				size = relay.DefaultSize
			case 1:
				args.First = &size
			case 2:
				args.Last = &size
			}
			more := len(want) > size
			if args.Last != nil {
				want, previous = want[max(0, len(want)-size):], previous || more
			} else {
				want, next = want[:min(size, len(want))], next || more
			}
			c, err := page(ctx, s, cases, args)
			if err != nil {
				t.Fatal(err)
			}
			if got := keys(c.Nodes()); !slices.Equal(got, want) {
				t.Fatalf("got %v, want %v", got, want)
			}
			if c.PageInfo.HasNextPage != next || c.PageInfo.HasPreviousPage != previous {
				t.Fatalf("got %+v, want next %v, previous %v", c.PageInfo, next, previous)
			}
		})
	})
}

func TestWalkWhileRowsAreMade(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := fill(t, s)
		ctx := system(t)
		for _, backward := range []bool{false, true} {
			args := relay.Args{First: new(5)}
			if backward {
				args = relay.Args{Last: new(5)}
			}
			n := 0
			got := walk(ctx, t, s, cases, args, func() {
				n++
				like := rows[n%len(rows)] // before, behind and amid what was read
				s.Client.CareCase.Create().
					SetNumber(fmt.Sprintf("L-%v-%d", backward, n)).
					SetKind(like.Kind).SetChannel(like.Channel).SetRequesterKind(like.RequesterKind).
					SetDepartment(like.Department).SetSubject("late").SetReceivedAt(like.ReceivedAt).SetDueAt(like.DueAt).
					SaveX(ctx)
			})
			seen := map[uuid.UUID]int{}
			for _, key := range got {
				if seen[key]++; seen[key] > 1 {
					t.Fatalf("%s came twice", key)
				}
			}
			for _, row := range rows {
				if seen[row.ID] == 0 {
					t.Fatalf("%s did not come", row.ID)
				}
			}
		}
	})
}

func TestFilter(t *testing.T) {
	since := time.Date(2026, 1, 2, 3, 4, 5, 500_000_000, time.UTC)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := fill(t, s)
		ctx := resolving(system(t), t, `{ cases { totalCount } }`, nil, "cases")
		for _, test := range []struct {
			name   string
			filter map[string]any
			keep   func(*ent.CareCase) bool
		}{
			{"nothing", nil, func(*ent.CareCase) bool { return true }},
			{"null", map[string]any{"status": nil, "parent": (*string)(nil)}, func(*ent.CareCase) bool { return true }},
			{"empty list", map[string]any{"status": []code.CaseStatus{}}, func(*ent.CareCase) bool { return false }},
			{
				"codes",
				map[string]any{"status": []code.CaseStatus{code.CaseStatusNew, code.CaseStatusClosed}},
				func(c *ent.CareCase) bool { return c.Status == code.CaseStatusNew || c.Status == code.CaseStatusClosed },
			},
			{"text", map[string]any{"subject": new("%")}, func(c *ent.CareCase) bool { return strings.Contains(c.Subject, "%") }},
			{
				"identifier",
				map[string]any{"parent": rows[3].GlobalID()},
				func(c *ent.CareCase) bool { return c.ParentID != nil && *c.ParentID == rows[3].ID },
			},
			{
				"time and codes",
				map[string]any{"receivedFrom": &since, "status": []any{"NEW"}},
				func(c *ent.CareCase) bool { return !c.ReceivedAt.Before(since) && c.Status == code.CaseStatusNew },
			},
		} {
			want := keys(slices.DeleteFunc(sorted(rows, "NEWEST"), func(c *ent.CareCase) bool { return !test.keep(c) }))
			c, err := page(ctx, s, cases, relay.Args{First: new(10), Filter: test.filter})
			if err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			if c.TotalCount != len(want) {
				t.Errorf("%s: total %d, want %d", test.name, c.TotalCount, len(want))
			}
			if got := keys(c.Nodes()); !slices.Equal(got, want[:min(10, len(want))]) {
				t.Errorf("%s: got %v, want %v", test.name, got, want)
			}
			all := walk(ctx, t, s, cases, relay.Args{First: new(4), Filter: test.filter}, nil)
			if !slices.Equal(all, want) {
				t.Errorf("%s: walked %v, want %v", test.name, all, want)
			}
		}
	})
}

func TestScope(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := fill(t, s)
		mine := cases
		mine.Name = "mine"
		mine.Scope = func(v viewer.Viewer) func(*sql.Selector) {
			return func(s *sql.Selector) { s.Where(sql.ExprP("1 = 2")).Or().Where(sql.EQ(s.C("requester_id"), v.ID())) }
		}
		asker := s.Client.Identity.Query().OnlyX(system(t))
		ctx := viewer.System(viewer.NewContext(system(t), &viewer.Identity{Key: asker.ID}), "test")
		want := slices.DeleteFunc(sorted(rows, "NEWEST"), func(c *ent.CareCase) bool {
			return c.RequesterID == nil || c.Status != code.CaseStatusNew
		})
		got := walk(ctx, t, s, mine, relay.Args{First: new(3), Filter: map[string]any{"status": "NEW"}}, nil)
		if !slices.Equal(got, keys(want)) {
			t.Errorf("got %v, want %v", got, keys(want))
		}
		if _, err := page(system(t), s, mine, relay.Args{}); err == nil {
			t.Error("a viewer's list was read without a viewer")
		}
	})
}

func TestRefusedArguments(t *testing.T) {
	s := storetest.SQLite(t)
	fill(t, s)
	ctx := system(t)
	c, err := page(ctx, s, cases, relay.Args{First: new(1)})
	if err != nil {
		t.Fatal(err)
	}
	of := c.PageInfo.EndCursor
	for _, test := range []struct {
		argument string
		args     relay.Args
	}{
		{"first", relay.Args{First: new(-1)}},
		{"first", relay.Args{First: new(relay.MaxSize + 1)}},
		{"last", relay.Args{Last: new(-1)}},
		{"last", relay.Args{Last: new(relay.MaxSize + 1)}},
		{"last", relay.Args{First: new(1), Last: new(1)}},
		{"orderBy", relay.Args{OrderBy: new("received_at")}},
		{"after", relay.Args{After: new(relay.Cursor(""))}},
		{"after", relay.Args{After: new(*of + "A")}},
		{"after", relay.Args{After: of, OrderBy: new("DUE")}},
		{"before", relay.Args{Before: of, OrderBy: new("MADE")}},
		{"filter.colour", relay.Args{Filter: map[string]any{"colour": nil}}},
		{"filter.parent", relay.Args{Filter: map[string]any{"parent": "patient_00000000000000000000000000"}}},
		{"filter.receivedFrom", relay.Args{Filter: map[string]any{"receivedFrom": "yesterday"}}},
	} {
		_, err := page(ctx, s, cases, test.args)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.BadUserInput || f.Argument != test.argument {
			t.Errorf("%+v: got %v, want BAD_USER_INPUT of %s", test.args, err, test.argument)
		}
	}
	if _, err := page(viewer.System(t.Context(), "test"), s, cases, relay.Args{}); err == nil {
		t.Error("a list was read without a sealer")
	}
}
