package playground

import (
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/carehub/carehub/ent/viewer"
)

// example is an entry of console/examples.json.
type example struct {
	Title     string
	Query     []string
	Variables map[string]any
}

// TestExamples: each persona has examples, and each is one named operation that the contract has for it, with
// variables that fit.
func TestExamples(t *testing.T) {
	contract, err := os.ReadFile("../../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(contract)})
	if err != nil {
		t.Fatal(err)
	}
	content, err := fs.ReadFile(embedded, "console/examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[viewer.Persona][]example
	if err := json.Unmarshal(content, &all); err != nil {
		t.Fatal(err)
	}
	for _, persona := range viewer.Personas() {
		if len(all[persona]) == 0 {
			t.Errorf("%s has no examples", persona)
		}
		for _, e := range all[persona] {
			t.Run(string(persona)+"/"+e.Title, func(t *testing.T) {
				checkExample(t, schema, persona, e)
			})
		}
		delete(all, persona)
	}
	for persona := range all {
		t.Errorf("%s is no persona", persona)
	}
}

// checkExample validates an example and its variables, and looks up each field's personas.
func checkExample(t *testing.T, schema *ast.Schema, persona viewer.Persona, e example) {
	t.Helper()
	doc, errs := gqlparser.LoadQueryWithRules(schema, strings.Join(e.Query, "\n"), nil)
	if errs != nil {
		t.Fatal(errs)
	}
	if len(doc.Operations) != 1 || doc.Operations[0].Name == "" {
		t.Fatalf("%d operations, want one with a name", len(doc.Operations))
	}
	op := doc.Operations[0]
	if _, err := validator.VariableValues(schema, op, e.Variables); err != nil {
		t.Error(err)
	}
	for name := range e.Variables {
		if op.VariableDefinitions.ForName(name) == nil {
			t.Errorf("variable $%s is not declared", name)
		}
	}
	checkSelection(t, persona, op.SelectionSet)
}

// checkSelection fails for each selected field that the persona's schema does not have.
func checkSelection(t *testing.T, persona viewer.Persona, set ast.SelectionSet) {
	t.Helper()
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.InlineFragment:
			checkSelection(t, persona, s.SelectionSet)
		case *ast.Field:
			if s.Name != "__typename" && !mayUse(persona, s) {
				t.Errorf("%s has no %s.%s", persona, s.ObjectDefinition.Name, s.Name)
			}
			checkSelection(t, persona, s.SelectionSet)
		default:
			t.Errorf("examples have no %T", s)
		}
	}
}

// mayUse reads the field's own classification, or its type's when it has none.
func mayUse(persona viewer.Persona, field *ast.Field) bool {
	access := field.Definition.Directives.ForNames("access")
	if len(access) == 0 {
		access = field.ObjectDefinition.Directives.ForNames("access")
	}
	for _, directive := range access {
		for _, to := range directive.Arguments.ForName("to").Value.Children {
			if to.Value.Raw == string(persona) {
				return true
			}
		}
	}
	return false
}
