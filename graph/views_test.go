package graph_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// introspected is a schema as its introspection tells it.
type introspected struct {
	Types []struct {
		Name   string
		Fields []struct {
			Name string
			Args []struct{ Name string }
		}
		InputFields   []struct{ Name string }
		EnumValues    []struct{ Name string }
		Interfaces    []struct{ Name string }
		PossibleTypes []struct{ Name string }
	}
	Directives []struct{ Name string }
}

// names lists everything that the introspection names.
func (s introspected) names() map[string]bool {
	out := map[string]bool{}
	for _, typ := range s.Types {
		out[typ.Name] = true
		for _, f := range typ.Fields {
			out[typ.Name+"."+f.Name] = true
			for _, a := range f.Args {
				out[typ.Name+"."+f.Name+"."+a.Name] = true
			}
		}
		for _, part := range slices.Concat(typ.InputFields, typ.EnumValues, typ.Interfaces, typ.PossibleTypes) {
			out[typ.Name+"."+part.Name] = true
		}
	}
	for _, d := range s.Directives {
		out["@"+d.Name] = true
	}
	return out
}

// namesOf lists everything that is named in a schema.
func namesOf(s *ast.Schema) map[string]bool {
	out := map[string]bool{}
	for name, def := range s.Types {
		out[name] = true
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			out[name+"."+f.Name] = true
			for _, a := range f.Arguments {
				out[name+"."+f.Name+"."+a.Name] = true
			}
		}
		for _, e := range def.EnumValues {
			out[name+"."+e.Name] = true
		}
		for _, i := range def.Interfaces {
			out[name+"."+i] = true
		}
		if def.IsAbstractType() {
			for _, p := range s.PossibleTypes[name] {
				out[name+"."+p.Name] = true
			}
		}
	}
	for name := range s.Directives {
		out["@"+name] = true
	}
	return out
}

// TestIntrospectionIsTheView: what a persona may not use, introspection does not know.
func TestIntrospectionIsTheView(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	for _, p := range viewer.Personas() {
		response := w.must(first[p], `{ __schema { directives { name } types {
			name fields(includeDeprecated: true) { name args { name } } inputFields { name }
			enumValues(includeDeprecated: true) { name } interfaces { name } possibleTypes { name }
		} } }`, nil)
		text, err := json.Marshal(response.at("__schema"))
		w.ok(err)
		var told introspected
		w.ok(json.Unmarshal(text, &told))
		got, want := told.names(), namesOf(w.api.Views[p].Schema)
		if !maps.Equal(got, want) {
			t.Errorf("%s: told but not in the view %v, in the view but not told %v", p, without(got, want), without(want, got))
		}
		if got["@defer"] || got["@access"] || !got["@skip"] {
			t.Errorf("%s: the directives are wrong", p)
		}
		if p != viewer.Admin && w.must(first[p], `{ __type(name: "ImportRun") { name } }`, nil).at("__type") != nil {
			t.Errorf("%s is told of a type by its name", p)
		}
	}
}

// without lists what only the first set has.
func without(set, other map[string]bool) []string {
	var out []string
	for name := range set {
		if !other[name] {
			out = append(out, name)
		}
	}
	return out
}

// TestNothingIsSuggested: a name that is nearly one of the contract's is refused without naming that one.
func TestNothingIsSuggested(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	for _, c := range []struct {
		document  string
		variables vars
		hint      string // what a suggestion would name
	}{
		{`{ product { totalCount } }`, nil, "products"},
		{`{ m { name } }`, nil, `"me"`},
		{`{ me { nam } }`, nil, `"name"`},
		{`{ me }`, nil, "{ ... }"},
		{`{ products(firs: 1) { totalCount } }`, nil, `"first"`},
		{`{ ... on Querry { me { name } } }`, nil, `"Query"`},
		{`query ($n: Integer) { me { name } }`, nil, `"Int"`},
		{`query ($f: ProductFiler) { me { name } }`, nil, "ProductFilter"},
		{`{ products(filter: {nam: "x"}) { totalCount } }`, nil, `"name"`},
		{`{ me { name @skp(if: true) } }`, nil, `"skip"`},
		{`{ me { name @skip(if: true, iff: true) } }`, nil, `"if"`},
		{`query ($f: ProductFilter) { products(filter: $f) { totalCount } }`, vars{"f": map[string]any{"nam": "x"}}, `"name"`},
	} {
		for _, p := range viewer.Personas() {
			a := w.do(first[p], c.document, c.variables)
			if a.code() != "GRAPHQL_VALIDATION_FAILED" || strings.Contains(strings.ToLower(a.raw), "did you mean") ||
				strings.Contains(strings.ReplaceAll(a.raw, `\"`, `"`), c.hint) {
				t.Errorf("%s: %s: %s", p, c.document, a.raw)
			}
		}
	}
	for _, document := range []string{
		`{ knowledgeResources(filter: {kind: LABLE}) { totalCount } }`,
		`{ knowledgeResources(filter: {kind: "LABEL"}) { totalCount } }`,
	} {
		if a := w.do(first[viewer.Liaison], document, nil); a.code() != "GRAPHQL_VALIDATION_FAILED" || strings.Contains(strings.ToLower(a.raw), "did you mean") {
			t.Errorf("%s: %s", document, a.raw)
		}
	}
}

// TestOneResponse: what an operation withholds is told as a whole, so no response comes in parts.
func TestOneResponse(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	for _, p := range viewer.Personas() {
		if a := w.do(first[p], `{ ... @defer { me { name } } }`, nil); a.code() != "GRAPHQL_VALIDATION_FAILED" || a.data != nil {
			t.Errorf("%s: %s", p, a.raw)
		}
		if a := w.must(first[p], `{ me { name } }`, nil); strings.Contains(a.raw, "extensions") {
			t.Errorf("%s: a response that withholds nothing has extensions: %s", p, a.raw)
		}
	}
}
