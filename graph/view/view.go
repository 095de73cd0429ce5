// Package view gives each persona its own schema, derived from the one contract: what a persona may not use does
// not exist in it. The package also holds what runs around every operation because of that: the choice of the
// executor, the conditions of single values, the check of what leaves, and the bounds of an operation.
package view

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/viewer"
)

// View is the contract as one persona sees it.
type View struct {
	Persona viewer.Persona
	// Schema is what operations are validated and executed against.
	Schema *ast.Schema
	// SDL is the schema as text, loadable, without the marks of access.
	SDL string

	conditions map[coordinate]rule.Condition
	withdrawn  map[string]map[string]bool // enum values of the contract that the view lacks, by enum
}

// coordinate names a field.
type coordinate struct{ object, field string }

// Condition returns the condition under which the view shows the field, if it has one.
func (v *View) Condition(object, field string) (rule.Condition, bool) {
	c, ok := v.conditions[coordinate{object, field}]
	return c, ok
}

// Has reports whether the view has the type.
func (v *View) Has(typ string) bool { return v.Schema.Types[typ] != nil }

// Build derives the view of every persona from the contract. An error names every element that belongs to
// nobody and every condition that can not be kept.
func Build(contract *ast.Schema) (map[viewer.Persona]*View, error) {
	if err := classified(contract); err != nil {
		return nil, err
	}
	views := make(map[viewer.Persona]*View)
	for _, p := range viewer.Personas() {
		v, err := build(contract, p)
		if err != nil {
			return nil, fmt.Errorf("view of %s: %w", p, err)
		}
		views[p] = v
	}
	return views, nil
}

func build(contract *ast.Schema, p viewer.Persona) (*View, error) {
	kept := prune(contract, p)
	v := &View{Persona: p, conditions: map[coordinate]rule.Condition{}, withdrawn: map[string]map[string]bool{}}
	doc := &ast.SchemaDocument{}
	for _, def := range kept {
		doc.Definitions = append(doc.Definitions, def)
	}
	slices.SortFunc(doc.Definitions, func(a, b *ast.Definition) int { return a.Position.Start - b.Position.Start })

	var text bytes.Buffer
	formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchemaDocument(doc)
	v.SDL = text.String()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "view", Input: v.SDL})
	if err != nil {
		return nil, err
	}
	// The parser gives every schema @defer, which would divide a response: what it withholds is told as a whole.
	delete(schema.Directives, "defer")
	v.Schema = schema

	for name, def := range kept {
		full := contract.Types[name]
		for _, f := range def.Fields {
			if c := conditionFor(full, full.Fields.ForName(f.Name), p); c != "" {
				v.conditions[coordinate{name, f.Name}] = c
			}
		}
		for _, value := range full.EnumValues {
			if def.EnumValues.ForName(value.Name) == nil {
				if v.withdrawn[name] == nil {
					v.withdrawn[name] = map[string]bool{}
				}
				v.withdrawn[name][value.Name] = true
			}
		}
	}
	return v, sound(contract, v)
}

// conditionFor returns the condition of the persona's access to the field, empty for none.
func conditionFor(def *ast.Definition, f *ast.FieldDefinition, p viewer.Persona) rule.Condition {
	for _, d := range accesses(f.Directives, def.Directives) {
		if slices.Contains(personasOf(d), p) {
			if when := d.Arguments.ForName("when"); when != nil {
				return rule.Condition(when.Value.Raw)
			}
		}
	}
	return ""
}

// accesses returns the @access of an element: its own, or else the ones that it takes over.
func accesses(own, inherited ast.DirectiveList) ast.DirectiveList {
	if mine := own.ForNames("access"); len(mine) > 0 {
		return mine
	}
	return inherited.ForNames("access")
}

func personasOf(access *ast.Directive) []viewer.Persona {
	var out []viewer.Persona
	for _, child := range access.Arguments.ForName("to").Value.Children {
		out = append(out, viewer.Persona(child.Value.Raw))
	}
	return out
}

// mayUse reports whether one of the accesses names the persona.
func mayUse(list ast.DirectiveList, p viewer.Persona) bool {
	return slices.ContainsFunc(list, func(d *ast.Directive) bool { return slices.Contains(personasOf(d), p) })
}
