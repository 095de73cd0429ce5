package graph_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/golden"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/view"
)

// matrixIntro opens the golden file.
const matrixIntro = `Who sees what: the authorization matrix as the running API answers it.

Written by graph/matrix_test.go, which asks for every field of every type as every persona, on a row of each
relation, on both databases. A change of this file is a change of what somebody is shown: review it as one.

  shown        the value
  null         nothing there, or a row behind it that the viewer does not see
  none         an empty list
  withheld: C  null, with the condition C as the reason in extensions.withheld
  hidden       the viewer is not shown the row: NOT_FOUND, as if it did not exist
  absent       the persona's schema does not have the field

SELF is the viewer's own, TREATS a patient in the viewer's care, CLIENT a provider whom the liaison serves,
CLIENT-PT a patient of such a provider, PROGRAM a patient of the coordinator's programs, QUEUE a case of the
viewer's department (and territory), ASSIGNED one that the viewer accepted, AUTHORED what the viewer asked or
reported, OWN-CASE a patient whom a case of the viewer's department is about, DEID any row, de-identified.
`

// TestMatrix compares what the API shows with testdata/matrix.golden.
func TestMatrix(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		golden.Compare(t, "testdata/matrix.golden", []byte(newMatrix(t, st).String()))
	})
}

// matrix is what the API of a world answers.
type matrix struct {
	t         *testing.T
	w         *world
	contract  *ast.Schema
	relations map[string][]relation
	fields    map[viewer.Persona]map[string][]string // what introspection shows: fields and values by type
	// proven holds the outcomes of each condition of a field: one that never lets through, or always, proves nothing.
	proven map[string]map[string]bool
	text   strings.Builder
}

func newMatrix(t *testing.T, st *store.Store) *matrix {
	m := &matrix{
		t: t, w: newWorld(t, st), contract: graph.Contract(), relations: readRelations(t),
		fields: map[viewer.Persona]map[string][]string{}, proven: map[string]map[string]bool{},
	}
	for _, p := range viewer.Personas() {
		m.fields[p] = m.introspect(p)
	}
	return m
}

// String asks for everything.
func (m *matrix) String() string {
	m.text.WriteString(matrixIntro)
	m.presence("Operations", func(def *ast.Definition) bool {
		return def == m.contract.Query || def == m.contract.Mutation || def == m.contract.Subscription
	})
	for _, name := range slices.Sorted(maps.Keys(m.contract.Types)) {
		if def := m.contract.Types[name]; isNode(def) {
			m.rows(def)
		}
	}
	m.presence("What comes with rows, and what is sent", func(def *ast.Definition) bool {
		root := def == m.contract.Query || def == m.contract.Mutation || def == m.contract.Subscription
		return !def.BuiltIn && !root && !isNode(def) && def.Kind != ast.Scalar
	})
	for field, outcomes := range m.proven {
		if !outcomes["shown"] || !outcomes["withheld"] {
			m.t.Errorf("%s: no row shows both sides of the condition", field)
		}
	}
	return m.text.String()
}

func isNode(def *ast.Definition) bool {
	return def.Kind == ast.Object && slices.Contains(def.Interfaces, "Node")
}

// introspect asks the API what the persona's schema has: fields, input fields, members and values by type.
func (m *matrix) introspect(p viewer.Persona) map[string][]string {
	a := m.w.must(first[p], `{ __schema { types { name fields(includeDeprecated: true) { name args { name } } inputFields { name }
		enumValues(includeDeprecated: true) { name } possibleTypes { name } kind } } }`, nil)
	out := map[string][]string{}
	types, _ := a.at("__schema.types").([]any)
	for _, one := range types {
		t := one.(map[string]any)
		names := []string{}
		for _, part := range []string{"fields", "inputFields", "enumValues", "possibleTypes"} {
			list, _ := t[part].([]any)
			for _, item := range list {
				member := item.(map[string]any)
				name := member["name"].(string)
				names = append(names, name)
				arguments, _ := member["args"].([]any)
				for _, argument := range arguments {
					names = append(names, name+"("+argument.(map[string]any)["name"].(string)+")")
				}
			}
		}
		out[t["name"].(string)] = names
	}
	return out
}

// presence writes which personas' schemas have the types and, where it is not the same for all of them, their parts.
func (m *matrix) presence(title string, which func(*ast.Definition) bool) {
	fmt.Fprintf(&m.text, "\n\n%s\n%s\n", title, strings.Repeat("=", len(title)))
	for _, name := range slices.Sorted(maps.Keys(m.contract.Types)) {
		def := m.contract.Types[name]
		if !which(def) {
			continue
		}
		all := m.whoHas(name, "")
		fmt.Fprintf(&m.text, "\n%s: %s\n", name, all)
		if slices.ContainsFunc(parts(def), func(part string) bool { return m.whoHas(name, part) != all }) {
			for _, part := range parts(def) {
				fmt.Fprintf(&m.text, "  %-34s %s\n", part, m.whoHas(name, part))
			}
		}
	}
}

// parts lists the fields, arguments, values and members of a type.
func parts(def *ast.Definition) []string {
	var out []string
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		out = append(out, f.Name)
		for _, a := range f.Arguments {
			if a.Name != "first" && a.Name != "after" && a.Name != "last" && a.Name != "before" && a.Name != "input" {
				out = append(out, f.Name+"("+a.Name+")")
			}
		}
	}
	for _, v := range def.EnumValues {
		out = append(out, v.Name)
	}
	if def.Kind == ast.Union {
		out = append(out, def.Types...)
	}
	return out
}

func (m *matrix) whoHas(typ, part string) string {
	var have []string
	for _, p := range viewer.Personas() {
		names, ok := m.fields[p][typ]
		if ok && (part == "" || slices.Contains(names, part)) {
			have = append(have, string(p))
		}
	}
	switch len(have) {
	case 0:
		return "nobody"
	case len(viewer.Personas()):
		return "everybody"
	}
	return strings.Join(have, " ")
}

// rows writes what each persona is shown of a row of the type in each relation.
func (m *matrix) rows(def *ast.Definition) {
	fmt.Fprintf(&m.text, "\n\n%s\n%s\n", def.Name, strings.Repeat("=", len(def.Name)))
	for _, p := range viewer.Personas() {
		var mine []relation
		for _, r := range m.relations[def.Name] {
			if r.persona == p {
				mine = append(mine, r)
			}
		}
		_, has := m.fields[p][def.Name]
		switch {
		case !has && len(mine) == 0:
			for _, f := range def.Fields {
				m.absent(p, def.Name, f)
			}
			fmt.Fprintf(&m.text, "\n%s: absent\n", p)
		case has && len(mine) == 0:
			m.t.Errorf("%s has %s, and there is no row to ask for", p, def.Name)
		default:
			m.table(p, def, mine)
		}
	}
}

// table writes the fields of a type as lines and the relations as columns.
func (m *matrix) table(p viewer.Persona, def *ast.Definition, relations []relation) {
	lines := [][]string{{string(p)}}
	for _, f := range def.Fields {
		lines = append(lines, []string{"  " + f.Name})
	}
	visible := false
	for _, r := range relations {
		column := m.column(def, r)
		lines[0] = append(lines[0], r.label)
		for i, f := range def.Fields {
			cell := column[f.Name]
			visible = visible || cell != "hidden" && cell != "absent"
			lines[i+1] = append(lines[i+1], cell)
			if c, ok := m.w.api.Views[p].Condition(def.Name, f.Name); ok && cell != "hidden" {
				outcome, _, _ := strings.Cut(cell, ":")
				key := fmt.Sprintf("%s: %s.%s (%s)", p, def.Name, f.Name, c)
				if m.proven[key] == nil {
					m.proven[key] = map[string]bool{}
				}
				m.proven[key][outcome] = true
			}
		}
	}
	if !visible {
		m.t.Errorf("%s sees none of the rows of %s", p, def.Name)
	}
	m.text.WriteString("\n" + aligned(lines))
}

// column asks for every field of the row as the relation's user.
func (m *matrix) column(def *ast.Definition, r relation) map[string]string {
	cells := map[string]string{}
	var asked []string
	for _, f := range def.Fields {
		if slices.Contains(m.fields[r.persona][def.Name], f.Name) {
			asked = append(asked, f.Name+subselection(m.contract, f))
		} else {
			cells[f.Name] = "absent"
			m.absent(r.persona, def.Name, f)
		}
	}
	name := ent.Graph[view.Entity(def.Name)].Prefix + " " + r.row
	a := m.w.do(r.who, fmt.Sprintf("query($id: ID!) { node(id: $id) { ... on %s { %s } } }", def.Name, strings.Join(asked, " ")), vars{"id": m.w.idFor(r.who, name)})
	if code := a.code(); code != "" && (code != "NOT_FOUND" || len(a.errors) > 1) {
		m.t.Errorf("%s %s: %v", r.who, name, a.errors)
	}
	withheld := a.withheld()
	for _, f := range def.Fields {
		if cells[f.Name] == "absent" {
			continue
		}
		value := a.at("node." + f.Name)
		reason, held := withheld["node."+f.Name]
		switch {
		case a.at("node") == nil:
			cells[f.Name] = "hidden"
		case held:
			cells[f.Name] = "withheld: " + reason
			if value != nil {
				m.t.Errorf("%s %s: %s is withheld and shown", r.who, name, f.Name)
			}
		case value == nil:
			cells[f.Name] = "null"
		default:
			cells[f.Name] = "shown"
			if connection, ok := value.(map[string]any); ok && connection["totalCount"] == 0.0 {
				cells[f.Name] = "none"
			}
		}
	}
	return cells
}

// absent checks that the persona's schema does not know the field, and says nothing of it.
func (m *matrix) absent(p viewer.Persona, typ string, f *ast.FieldDefinition) {
	a := m.w.do(first[p], fmt.Sprintf("query($id: ID!) { node(id: $id) { ... on %s { %s } } }", typ, f.Name+subselection(m.contract, f)), vars{"id": "x"})
	if a.code() != "GRAPHQL_VALIDATION_FAILED" || a.data != nil || strings.Contains(a.raw, "Did you mean") {
		m.t.Errorf("%s asks for %s.%s: %s", p, typ, f.Name, a.raw)
	}
}

// subselection is the least that a field's type lets one select.
func subselection(contract *ast.Schema, f *ast.FieldDefinition) string {
	switch def := contract.Types[f.Type.Name()]; {
	case def.IsLeafType():
		return ""
	case strings.HasSuffix(def.Name, "Connection"):
		return " { totalCount }"
	default:
		return " { __typename }"
	}
}

// aligned writes lines of cells in columns.
func aligned(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var out strings.Builder
	for _, line := range lines {
		var text string
		for i, cell := range line {
			text += fmt.Sprintf("%-*s  ", widths[i], cell)
		}
		out.WriteString(strings.TrimRight(text, " ") + "\n")
	}
	return out.String()
}
