package view_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/carehub/carehub/ent/golden"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/view"
)

// contract is the whole contract of the API.
func contract() *ast.Schema { return generated.NewExecutableSchema(generated.Config{}).Schema() }

// build returns the views of the contract.
func build(t *testing.T) map[viewer.Persona]*view.View {
	t.Helper()
	views, err := view.Build(contract())
	if err != nil {
		t.Fatal(err)
	}
	return views
}

func TestPrintedViews(t *testing.T) {
	for persona, v := range build(t) {
		golden.Compare(t, filepath.Join("testdata", strings.ToLower(string(persona))+".graphqls"), []byte(v.SDL))
		if strings.Contains(v.SDL, "@access") || strings.Contains(v.SDL, "AccessCondition") {
			t.Errorf("%s: marks of access are printed", persona)
		}
		again, err := gqlparser.LoadSchema(&ast.Source{Name: string(persona), Input: v.SDL})
		if err != nil {
			t.Errorf("%s: %v", persona, err)
			continue
		}
		if again.Directives["access"] != nil {
			t.Errorf("%s has the directive of access", persona)
		}
		for name := range again.Types {
			if v.Schema.Types[name] == nil {
				t.Errorf("%s: %s is printed and not executed", persona, name)
			}
		}
	}
}

func TestEachPersonaHasItsOperations(t *testing.T) {
	views := build(t)
	for field, personas := range map[string][]viewer.Persona{
		"Query.node":                 viewer.Personas(),
		"Query.caseQueue":            {viewer.Liaison, viewer.Staff},
		"Query.pendingCases":         {viewer.Liaison, viewer.Staff},
		"Query.myCases":              {viewer.Patient, viewer.Provider},
		"Query.cases":                {viewer.Analyst},
		"Query.users":                {viewer.Admin},
		"Query.importRuns":           {viewer.Admin},
		"Query.patient":              {viewer.Patient, viewer.Provider, viewer.Liaison, viewer.Coordinator, viewer.Staff, viewer.Analyst},
		"Mutation.acceptCase":        {viewer.Liaison, viewer.Staff},
		"Mutation.rerouteCase":       {viewer.Liaison, viewer.Staff},
		"Mutation.recordConsent":     {viewer.Coordinator},
		"Subscription.caseCreated":   {viewer.Liaison, viewer.Staff},
		"Subscription.myCaseUpdated": {viewer.Patient, viewer.Provider},
		"Patient.name":               {viewer.Patient, viewer.Provider, viewer.Liaison, viewer.Coordinator, viewer.Staff},
		"Patient.zip3":               {viewer.Analyst},
	} {
		object, name, _ := strings.Cut(field, ".")
		if contract().Types[object].Fields.ForName(name) == nil {
			t.Errorf("the contract has no %s", field)
		}
		for _, p := range viewer.Personas() {
			def := views[p].Schema.Types[object]
			if has := def != nil && def.Fields.ForName(name) != nil; has != slices.Contains(personas, p) {
				t.Errorf("%s has %s: %v", p, field, has)
			}
		}
	}
	for p, changes := range map[viewer.Persona]bool{viewer.Analyst: false, viewer.Admin: true} {
		if s := views[p].Schema; s.Subscription != nil || (s.Mutation != nil) != changes {
			t.Errorf("%s can change or follow something else than access", p)
		}
	}
}

func TestNothingInAViewIsUnreachable(t *testing.T) {
	for persona, v := range build(t) {
		used := map[string]bool{"Query": true, "Mutation": true, "Subscription": true}
		for _, def := range v.Schema.Types {
			for _, f := range def.Fields {
				used[f.Type.Name()] = true
				for _, a := range f.Arguments {
					used[a.Type.Name()] = true
				}
			}
			for _, i := range def.Interfaces {
				used[i], used[def.Name] = true, true
			}
			for _, member := range def.Types {
				used[member] = true
			}
		}
		for name, def := range v.Schema.Types {
			if !def.BuiltIn && !used[name] {
				t.Errorf("%s: nothing leads to %s", persona, name)
			}
		}
	}
}

func TestADividedResponseIsRefused(t *testing.T) {
	for persona, v := range build(t) {
		for _, directive := range []string{"@defer", "@stream"} {
			doc, err := gqlparser.LoadQueryWithRules(v.Schema, "{ ... "+directive+" { me { name } } }", rules.NewDefaultRules())
			if err == nil || doc != nil || !strings.Contains(err.Error(), directive) {
				t.Errorf("%s: %s: %v", persona, directive, err)
			}
		}
		if _, err := gqlparser.LoadQueryWithRules(v.Schema, "{ ... @skip(if: false) { me { name @include(if: true) } } }", rules.NewDefaultRules()); err != nil {
			t.Errorf("%s: %v", persona, err)
		}
	}
}

func TestEverythingIsDescribed(t *testing.T) {
	described := func(name, description string) {
		if len(strings.TrimSpace(description)) < 2 {
			t.Errorf("%s has no description", name)
		}
	}
	for name, def := range contract().Types {
		if def.BuiltIn {
			continue
		}
		described(name, def.Description)
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			described(name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				described(name+"."+f.Name+"."+a.Name, a.Description)
			}
		}
		for _, e := range def.EnumValues {
			described(name+"."+e.Name, e.Description)
		}
	}
}

// elements lists what bears an access in the contract, with the place in the text at which it does.
func elements(s *ast.Schema) map[string]ast.DirectiveList {
	out := map[string]ast.DirectiveList{}
	for name, def := range s.Types {
		if def.BuiltIn {
			continue
		}
		out[name] = def.Directives
		for _, f := range def.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			out[name+"."+f.Name] = f.Directives
			for _, a := range f.Arguments {
				out[name+"."+f.Name+"."+a.Name] = a.Directives
			}
		}
		for _, e := range def.EnumValues {
			out[name+"."+e.Name] = e.Directives
		}
	}
	return out
}

// TestAnythingUnclassifiedStopsTheStart takes each access out of the contract, one at a time.
func TestAnythingUnclassifiedStopsTheStart(t *testing.T) {
	source := contract().Types["Query"].Position.Src
	taken := 0
	for name, directives := range elements(contract()) {
		marks := directives.ForNames("access")
		if len(marks) != 1 || inherits(name) {
			continue
		}
		taken++
		text := without(source.Input, marks[0])
		mutant, err := gqlparser.LoadSchema(&ast.Source{Name: "mutant", Input: text})
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := view.Build(mutant); err == nil || !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(name)+` has no @access$`).MatchString(err.Error()) {
			t.Errorf("%s belongs to nobody, and the start goes on: %v", name, err)
		}
	}
	if taken < 100 {
		t.Errorf("only %d elements of the contract have an access of their own", taken)
	}
}

// inherits reports whether the element has its owner's access when it has none of its own.
func inherits(name string) bool {
	object, _, part := strings.Cut(name, ".")
	return part && !slices.Contains([]string{"Query", "Mutation", "Subscription"}, object)
}

// without returns the text with the mark blanked out.
func without(text string, mark *ast.Directive) string {
	runes := []rune(text)
	from := mark.Position.Start
	if runes[from] != '@' {
		from--
	}
	until := from + slices.Index(runes[from:], ')') + 1
	for i := from; i < until; i++ {
		runes[i] = ' '
	}
	return string(runes)
}
