package rule_test

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/department"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// named is a rule or condition with the entity whose rows it narrows.
type named struct {
	name, entity string
	persona      viewer.Persona
	rule         rule.Rule
}

// all lists every rule of every persona, and every condition for every persona.
func all() []named {
	var out []named
	for _, entity := range slices.Sorted(maps.Keys(rule.Rules)) {
		for _, p := range viewer.Personas() {
			if r, ok := rule.Rules[entity][p]; ok {
				out = append(out, named{entity + " for " + string(p), entity, p, r})
			}
		}
	}
	for _, c := range slices.Sorted(maps.Keys(rule.Conditions)) {
		for _, entity := range slices.Sorted(maps.Keys(rule.Conditions[c])) {
			for _, p := range viewer.Personas() {
				out = append(out, named{string(c) + " of " + entity + " for " + string(p), entity, p, rule.Conditions[c][entity]})
			}
		}
	}
	return out
}

// statement is the query of the rows of the entity that the rule leaves the viewer.
func (n named) statement(engine string, v viewer.Viewer) (string, []any) {
	s := sql.Dialect(engine).Select("id").From(sql.Table(ent.Graph[n.entity].Table))
	rule.Apply(s, n.rule(v))
	return s.Query()
}

// somebody is a viewer of the persona, like nobody else.
func somebody(p viewer.Persona, minute int) *viewer.Identity {
	return &viewer.Identity{
		Key: uuid.New(), AccountKey: uuid.New(), Role: p, Name: "A user", At: time.Date(2026, 5, 4, 3, minute, 0, 0, time.UTC),
		Memberships: []viewer.Membership{{Department: "MEDICAL_AFFAIRS", Territory: "US-NE"}},
	}
}

// baked says what a statement of the rule has of one viewer that another's has not.
func (n named) baked(engine string) error {
	textA, argsA := n.statement(engine, somebody(n.persona, 1))
	textB, argsB := n.statement(engine, somebody(n.persona, 2))
	text, args := n.statement(engine, viewer.Symbolic{Role: n.persona})
	if text != textA || text != textB {
		return fmt.Errorf("viewers have statements of their own:\n%s\n%s\n%s", text, textA, textB)
	}
	if len(args) != len(argsA) || len(args) != len(argsB) {
		return fmt.Errorf("%d, %d and %d arguments", len(args), len(argsA), len(argsB))
	}
	for i := range args {
		_, symbol := args[i].(viewer.Symbol)
		if !symbol && (!reflect.DeepEqual(argsA[i], argsB[i]) || !reflect.DeepEqual(argsA[i], args[i])) {
			return fmt.Errorf("argument %d is a viewer's own: %v, %v, %v", i, argsA[i], argsB[i], args[i])
		}
	}
	return nil
}

var engines = []string{dialect.SQLite, dialect.Postgres}

func TestNothingOfAViewerIsBakedIn(t *testing.T) {
	for _, n := range all() {
		for _, engine := range engines {
			if err := n.baked(engine); err != nil {
				t.Errorf("%s, %s: %v", n.name, engine, err)
			}
		}
	}
	// Rules that do it are found.
	where := func(p func(viewer.Viewer) *sql.Predicate) named {
		return named{entity: "CareCase", persona: viewer.Liaison, rule: func(v viewer.Viewer) func(*sql.Selector) {
			return func(s *sql.Selector) { s.Where(p(v)) }
		}}
	}
	for name, bad := range map[string]named{
		"text":     where(func(v viewer.Viewer) *sql.Predicate { return sql.ExprP(fmt.Sprintf("assignee_id = '%v'", v.ID())) }),
		"argument": where(func(v viewer.Viewer) *sql.Predicate { return sql.EQ("assignee_id", fmt.Sprint(v.ID())) }),
		"branch": where(func(v viewer.Viewer) *sql.Predicate {
			if id, ok := v.(*viewer.Identity); ok && id.MemberOf("MEDICAL_AFFAIRS") {
				return sql.ExprP("1 = 1")
			}
			return sql.False()
		}),
	} {
		if bad.baked(dialect.SQLite) == nil {
			t.Errorf("a rule that bakes in a viewer by its %s is not found", name)
		}
	}
}

func TestRulesRun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, n := range all() {
			text, args := n.statement(s.Dialect, somebody(n.persona, 1))
			var rows sql.Rows
			if err := s.Driver().Query(t.Context(), text, args, &rows); err != nil {
				t.Errorf("%s: %v\n%s", n.name, err, text)
				continue
			}
			if rows.Next() {
				t.Errorf("%s finds a row in an empty database", n.name)
			}
			if err := rows.Err(); err != nil {
				t.Errorf("%s: %v", n.name, err)
			}
			rows.Close()
		}
	})
}

func TestEveryEntityHasRules(t *testing.T) {
	for entity := range ent.Graph {
		if _, ok := rule.Rules[entity]; !ok {
			t.Errorf("%s has no rules", entity)
		}
	}
	for entity, rules := range rule.Rules {
		if _, ok := ent.Graph[entity]; !ok {
			t.Errorf("there are rules for %s, which is no entity", entity)
		}
		for p := range rules {
			if !slices.Contains(viewer.Personas(), p) {
				t.Errorf("%s has a rule for %s, which is no persona", entity, p)
			}
		}
	}
	for c, entities := range rule.Conditions {
		for entity := range entities {
			if _, ok := ent.Graph[entity]; !ok {
				t.Errorf("%s is defined for %s, which is no entity", c, entity)
			}
		}
	}
	if got := rule.Entities(); len(got) != len(ent.Graph) {
		t.Errorf("%d entities have rules, %d exist", len(got), len(ent.Graph))
	}
}

func TestAMissingPersonaSeesNothing(t *testing.T) {
	for entity := range ent.Graph {
		for _, p := range viewer.Personas() {
			text, _ := named{entity: entity, rule: func(v viewer.Viewer) func(*sql.Selector) { return rule.For(v, entity) }}.
				statement(dialect.SQLite, somebody(p, 1))
			_, listed := rule.Rules[entity][p]
			if listed != slices.Contains(rule.Personas(entity), p) {
				t.Errorf("%s is among the personas of %s: %v", p, entity, !listed)
			}
			if denied := strings.HasSuffix(text, " WHERE (FALSE)"); denied == listed {
				t.Errorf("%s, %s: %s", entity, p, text)
			}
		}
	}
	if got := where(rule.For(somebody(viewer.Admin, 1), "Nonesuch")); got != "(FALSE)" {
		t.Errorf("of what is no entity everybody sees %s", got)
	}
	if _, ok := rule.Work.Of("Nonesuch"); ok {
		t.Error("a condition is defined for what is no entity")
	}
	if _, ok := rule.Condition("NONESUCH").Of("CareCase"); ok {
		t.Error("there is a condition of no name")
	}
}

// where returns the condition that the predicate adds to a query of cases.
func where(p func(*sql.Selector)) string {
	s := sql.Dialect(dialect.SQLite).Select("id").From(sql.Table(carecase.Table))
	rule.Apply(s, p)
	text, _ := s.Query()
	_, condition, _ := strings.Cut(text, " WHERE ")
	return condition
}

func TestApplyBrackets(t *testing.T) {
	is := func(column string) *sql.Predicate { return sql.EQ(column, 1) }
	for _, c := range []struct {
		name  string
		apply func(*sql.Selector)
		want  string
	}{
		{"text", func(s *sql.Selector) { s.Where(sql.ExprP("a = 1 OR b = 2")) }, "(a = 1 OR b = 2)"},
		{"or", func(s *sql.Selector) { s.Where(sql.Or(is("a"), is("b"))) }, "(`a` = ? OR `b` = ?)"},
		{"an open end", func(s *sql.Selector) { s.Where(is("a")).Or() }, "(`a` = ?)"},
		{"an open middle", func(s *sql.Selector) { s.Where(is("a")).Or().Where(is("b")) }, "(`a` = ? OR `b` = ?)"},
		{"several", func(s *sql.Selector) { s.Where(is("a")); s.Where(sql.ExprP("b = 1 OR c = 2")); s.Where(is("d")) }, "((`a` = ? AND b = 1 OR c = 2) AND `d` = ?)"},
		{"nothing", func(*sql.Selector) {}, ""},
	} {
		if got := where(c.apply); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		// What stands on either side holds as well.
		want := "(`x` = ? AND " + c.want + ") AND `y` = ?"
		if c.want == "" {
			want = "`x` = ? AND `y` = ?"
		}
		s := sql.Dialect(dialect.SQLite).Select("id").From(sql.Table(carecase.Table)).Where(is("x"))
		rule.Apply(s, c.apply)
		text, _ := s.Where(is("y")).Query()
		if _, got, _ := strings.Cut(text, " WHERE "); got != want {
			t.Errorf("%s between others: %s, want %s", c.name, got, want)
		}
	}
}

// TestApplyHolds runs what would leak without brackets.
func TestApplyHolds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		system := viewer.System(t.Context(), "test")
		if _, err := s.Client.Department.Create().SetCode(code.DepartmentCodeLegal).SetName("Legal").Save(system); err != nil {
			t.Fatal(err)
		}
		count := func(apply func(*sql.Selector, func(*sql.Selector)), p func(*sql.Selector)) int {
			n, err := s.Client.Department.Query().Where(department.Name("Quality"), func(s *sql.Selector) { apply(s, p) }).Count(system)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		bare := func(s *sql.Selector, p func(*sql.Selector)) { p(s) }
		for name, wide := range map[string]func(*sql.Selector){
			"text":        func(s *sql.Selector) { s.Where(sql.ExprP("1 = 2 OR 1 = 1")) },
			"an open end": func(s *sql.Selector) { s.Or().Where(sql.ExprP("1 = 1")) },
		} {
			if got := count(bare, wide); got != 1 {
				t.Errorf("%s: the mutant without brackets finds %d rows, so this test shows nothing", name, got)
			}
			if got := count(rule.Apply, wide); got != 0 {
				t.Errorf("%s widens the query to %d rows", name, got)
			}
		}
	})
}

// TestInnerTablesAreApart: each table inside a rule has an alias, and none that is taken around it.
func TestInnerTablesAreApart(t *testing.T) {
	for _, n := range all() {
		text, _ := n.statement(dialect.SQLite, viewer.Symbolic{Role: n.persona})
		if err := apart(text); err != nil {
			t.Errorf("%s: %v\n%s", n.name, err, text)
		}
	}
	for _, bad := range []string{
		"SELECT `id` FROM `a` WHERE EXISTS (SELECT 1 FROM `b` WHERE 1)",
		"SELECT `id` FROM `a` WHERE EXISTS (SELECT 1 FROM `b` AS `x` WHERE EXISTS (SELECT 1 FROM `c` AS `x`))",
		"SELECT `id` FROM `a` WHERE EXISTS (SELECT 1 FROM `b` AS `a`)",
		"SELECT `id` FROM `a` JOIN `b` AS `x`",
	} {
		if apart(bad) == nil {
			t.Errorf("not found: %s", bad)
		}
	}
}

var (
	fromTable = regexp.MustCompile("^FROM `(\\w+)`( AS `(\\w+)`)?")
	aJoin     = regexp.MustCompile(`\bJOIN\b`)
)

// apart looks for a table in a statement that could be taken for another one.
func apart(text string) error {
	if aJoin.MatchString(text) {
		return fmt.Errorf("a join")
	}
	var around [][]string // names by depth of brackets
	around = append(around, nil)
	for i := range text {
		switch {
		case text[i] == '(':
			around = append(around, nil)
		case text[i] == ')':
			around = around[:len(around)-1]
		case strings.HasPrefix(text[i:], "FROM "):
			m := fromTable.FindStringSubmatch(text[i:])
			name := m[3]
			if name == "" {
				if name = m[1]; len(around) > 1 {
					return fmt.Errorf("%s has no alias", name)
				}
			}
			for _, taken := range around {
				if slices.Contains(taken, name) {
					return fmt.Errorf("%s is taken", name)
				}
			}
			around[len(around)-1] = append(around[len(around)-1], name)
		}
	}
	return nil
}
