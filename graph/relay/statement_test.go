package relay_test

import (
	"fmt"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph/relay"
)

func TestStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s)
		for _, test := range []struct {
			operation string
			vars      map[string]any
			want      int
		}{
			{`{ cases { nodes { id } } }`, nil, 1},
			{`{ cases { n: totalCount nodes { id } } }`, nil, 2},
			{`{ cases { ...F } } fragment F on CaseConnection { ... on CaseConnection { totalCount } }`, nil, 2},
			{`query ($no: Boolean!) { cases { totalCount @include(if: $no) nodes { id } } }`, map[string]any{"no": false}, 1},
			{`query ($yes: Boolean!) { cases { ... @skip(if: $yes) { totalCount } nodes { id } } }`, map[string]any{"yes": true}, 1},
			{`{ cases { edges { node { parent { id } } } } }`, nil, 2},
			{`{ cases { nodes { parent { id } } edges { node { p: parent { parent { id } } parent { id } } } } }`, nil, 2},
		} {
			ctx, counter := store.WithCounter(resolving(system(t), t, test.operation, test.vars, "cases"))
			c, err := page(ctx, s, cases, relay.Args{First: new(50)})
			if err != nil {
				t.Fatal(err)
			}
			for _, node := range c.Nodes() {
				if strings.Contains(test.operation, "parent") {
					if _, err := node.Parent(ctx); err != nil {
						t.Fatal(err)
					}
				}
			}
			if counter.Count() != test.want {
				t.Errorf("%s: %d statements, want %d:\n%v", test.operation, counter.Count(), test.want, counter.Statements())
			}
		}
	})
}

// TestEachStatements resolves operations level by level: each level is one statement, whatever its rows.
func TestEachStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s)
		for _, test := range []struct {
			operation string
			first     int
			edges     []string
			want      int
		}{
			{`{ cases { nodes { children { nodes { id } } } } }`, 100, nil, 2},
			{`{ cases { nodes { children { nodes { id } } } } }`, 1, nil, 2},
			{`{ cases { nodes { children { totalCount nodes { id } } } } }`, 100, nil, 3},
			{`{ cases { nodes { children { totalCount nodes { parent { id } } } } } }`, 100, nil, 4},
			{`{ cases { nodes { parent { children { nodes { id } } } } } }`, 100, []string{"parent"}, 3},
		} {
			ctx, counter := store.WithCounter(system(t))
			ctx, c := top(ctx, t, s, test.operation, relay.Args{OrderBy: new("MADE"), First: &test.first})
			each(ctx, t, s, c, relay.Args{First: new(2)}, test.edges...)
			if counter.Count() != test.want {
				t.Errorf("%s: %d statements, want %d:\n%v", test.operation, counter.Count(), test.want, counter.Statements())
			}
		}
	})
}

// TestStatementsOfFragments has one field of a fragment at two places below the same rows.
func TestStatementsOfFragments(t *testing.T) {
	s := storetest.SQLite(t)
	fill(t, s)
	ctx, counter := store.WithCounter(system(t))
	ctx, c := top(ctx, t, s, `{ cases { nodes { ...F parent { ...F } } } } fragment F on Case { children { nodes { id } } }`, relay.Args{First: new(30)})
	each(ctx, t, s, c, relay.Args{First: new(2)})
	each(ctx, t, s, c, relay.Args{First: new(2)}, "parent")
	if counter.Count() != 4 {
		t.Errorf("%d statements, want 4:\n%v", counter.Count(), counter.Statements())
	}
	_, keys, _ := strings.Cut(fmt.Sprint(counter.Statements()[3].Args), "[")
	if parents := strings.Count(keys, ",") + 1; parents >= len(family) {
		t.Errorf("the lists of %d parents were read, of whom there are %d", parents, len(family)-1)
	}
}

// TestDeepStatements goes down two levels: the lists below all the rows of all lists are one statement too.
func TestDeepStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s)
		ctx, counter := store.WithCounter(system(t))
		ctx, c := top(ctx, t, s, `{ cases { nodes { children { nodes { children { nodes { id } } } } } } }`, everything)
		lists := each(ctx, t, s, c, relay.Args{First: new(2)})
		for i, row := range c.Nodes() {
			ctx := below(element(below(ctx, "nodes", c.Nodes()), i, &row), "children", lists[row.ID])
			each(ctx, t, s, lists[row.ID], relay.Args{First: new(2)})
		}
		if counter.Count() != 3 {
			t.Errorf("%d statements, want 3:\n%v", counter.Count(), counter.Statements())
		}
	})
}

// TestStatementText pins what a page and the pages below many parents ask of the database: a place is one
// comparison of tuples, sizes are no arguments, and a list of keys is one.
func TestStatementText(t *testing.T) {
	want := map[string][]string{
		dialect.SQLite: {
			"(`care_cases`.`status` IN (SELECT value FROM json_each(?))) AND (`care_cases`.`priority`, `care_cases`.`received_at`, `care_cases`.`id`) > (?, ?, ?) " +
				"ORDER BY `care_cases`.`priority`, `care_cases`.`received_at`, `care_cases`.`id` LIMIT 4",
			"(`care_cases`.`received_at`, `care_cases`.`id`) > (?, ?) ORDER BY `care_cases`.`received_at`, `care_cases`.`id` LIMIT 3",
			"`care_cases`.`parent_id` IN (SELECT value FROM json_each(?)) GROUP BY `care_cases`.`parent_id`",
			"`care_cases`.`parent_id` IN (SELECT value FROM json_each(?))) AS `listed` WHERE `listed`.`place_in_list` <= 3 ORDER BY `listed`.`place_in_list`",
		},
		dialect.Postgres: {
			`("care_cases"."status" = ANY($1::text[])) AND ("care_cases"."priority", "care_cases"."received_at", "care_cases"."id") > ($2, $3, $4) ` +
				`ORDER BY "care_cases"."priority", "care_cases"."received_at", "care_cases"."id" LIMIT 4`,
			`("care_cases"."received_at", "care_cases"."id") > ($1, $2) ORDER BY "care_cases"."received_at", "care_cases"."id" LIMIT 3`,
			`"care_cases"."parent_id" = ANY($1::uuid[]) GROUP BY "care_cases"."parent_id"`,
			`"care_cases"."parent_id" = ANY($1::uuid[])) AS "listed" WHERE "listed"."place_in_list" <= 3 ORDER BY "listed"."place_in_list"`,
		},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		fill(t, s)
		cursor := func(order string) *relay.Cursor {
			c, err := page(system(t), s, cases, relay.Args{OrderBy: &order, First: new(5)})
			if err != nil {
				t.Fatal(err)
			}
			return c.PageInfo.EndCursor
		}
		onward := relay.Args{OrderBy: new("PRIORITY"), First: new(3), After: cursor("PRIORITY"), Filter: map[string]any{"status": "NEW"}}
		back := relay.Args{Last: new(2), Before: cursor("NEWEST")} // latest first, so what lies before is later
		ctx, counter := store.WithCounter(system(t))
		for _, args := range []relay.Args{onward, back} {
			if _, err := page(ctx, s, cases, args); err != nil {
				t.Fatal(err)
			}
		}
		ctx, c := top(ctx, t, s, `{ cases { nodes { children { totalCount } } } }`, everything)
		each(ctx, t, s, c, relay.Args{Last: new(2)})
		var got []string
		for _, statement := range counter.Statements() {
			if _, condition, ok := strings.Cut(statement.SQL, " WHERE "); ok {
				got = append(got, condition)
			}
		}
		if diff := cmp.Diff(want[s.Dialect], got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
