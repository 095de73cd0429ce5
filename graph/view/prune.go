package view

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/viewer"
)

// prune returns the definitions that the persona's view has, by name: copies without what the persona may not
// use, without what leads nowhere, and without what nothing reaches.
func prune(contract *ast.Schema, p viewer.Persona) map[string]*ast.Definition {
	kept := map[string]*ast.Definition{}
	for name, def := range contract.Types {
		if !def.BuiltIn {
			kept[name] = allowed(def, p)
		}
	}
	for changed := true; changed; {
		changed = false
		for name, def := range kept {
			if drop(contract, kept, def) {
				changed = true
			}
			if empty(contract, kept, def) {
				delete(kept, name)
				changed = true
			}
		}
	}
	reached := map[string]bool{}
	for _, root := range []*ast.Definition{contract.Query, contract.Mutation, contract.Subscription} {
		if root != nil {
			reach(contract, kept, root.Name, reached)
		}
	}
	for name := range kept {
		if !reached[name] {
			delete(kept, name)
		}
	}
	for _, def := range kept {
		def.Interfaces = keepNames(def.Interfaces, kept)
		def.Types = keepNames(def.Types, kept)
	}
	return kept
}

// allowed copies the definition with the parts that the persona may use.
func allowed(def *ast.Definition, p viewer.Persona) *ast.Definition {
	out := *def
	out.Directives = unmarked(def.Directives)
	out.Fields, out.EnumValues = nil, nil
	for _, f := range def.Fields {
		if !mayUse(accesses(f.Directives, def.Directives), p) {
			continue
		}
		field := *f
		field.Directives = unmarked(f.Directives)
		field.Arguments = nil
		for _, a := range f.Arguments {
			if mayUse(accesses(a.Directives, accesses(f.Directives, def.Directives)), p) {
				argument := *a
				argument.Directives = unmarked(a.Directives)
				field.Arguments = append(field.Arguments, &argument)
			}
		}
		out.Fields = append(out.Fields, &field)
	}
	for _, e := range def.EnumValues {
		if mayUse(accesses(e.Directives, def.Directives), p) {
			value := *e
			value.Directives = unmarked(e.Directives)
			out.EnumValues = append(out.EnumValues, &value)
		}
	}
	switch def.Kind {
	case ast.Scalar, ast.Union:
		if !mayUse(accesses(def.Directives, nil), p) {
			out.Kind = "" // nothing of it is left
		}
	}
	return &out
}

// drop removes fields and arguments whose type is gone, and what an interface's implementer lost.
func drop(contract *ast.Schema, kept map[string]*ast.Definition, def *ast.Definition) (changed bool) {
	var fields ast.FieldList
	for _, f := range def.Fields {
		if !known(contract, kept, f.Type) || lost(contract, kept, def, f.Name) {
			changed = true
			continue
		}
		var arguments ast.ArgumentDefinitionList
		for _, a := range f.Arguments {
			if known(contract, kept, a.Type) {
				arguments = append(arguments, a)
			} else {
				changed = true
			}
		}
		f.Arguments = arguments
		fields = append(fields, f)
	}
	def.Fields = fields
	return changed
}

// lost reports whether the interface's field is missing from an implementer that the view has.
func lost(contract *ast.Schema, kept map[string]*ast.Definition, def *ast.Definition, field string) bool {
	if def.Kind != ast.Interface {
		return false
	}
	for _, implementer := range contract.PossibleTypes[def.Name] {
		if k := kept[implementer.Name]; k != nil && k.Fields.ForName(field) == nil {
			return true
		}
	}
	return false
}

func known(contract *ast.Schema, kept map[string]*ast.Definition, t *ast.Type) bool {
	name := t.Name()
	return kept[name] != nil || (contract.Types[name] != nil && contract.Types[name].BuiltIn)
}

// empty reports whether nothing usable is left of the definition.
func empty(contract *ast.Schema, kept map[string]*ast.Definition, def *ast.Definition) bool {
	switch def.Kind {
	case ast.Object, ast.InputObject:
		return len(def.Fields) == 0
	case ast.Enum:
		return len(def.EnumValues) == 0
	case ast.Interface, ast.Union:
		for _, possible := range contract.PossibleTypes[def.Name] {
			if kept[possible.Name] != nil {
				return false
			}
		}
		return true
	case ast.Scalar:
		return false
	}
	return true
}

// reach marks the type and everything that it leads to.
func reach(contract *ast.Schema, kept map[string]*ast.Definition, name string, reached map[string]bool) {
	def := kept[name]
	if def == nil || reached[name] {
		return
	}
	reached[name] = true
	for _, f := range def.Fields {
		reach(contract, kept, f.Type.Name(), reached)
		for _, a := range f.Arguments {
			reach(contract, kept, a.Type.Name(), reached)
		}
	}
	for _, t := range def.Types {
		reach(contract, kept, t, reached)
	}
	// A type is in the view when a field leads to it, or when it is a Node of its own: a row can be asked for by
	// its identifier wherever the persona has seen that identifier.
	for _, i := range def.Interfaces {
		reach(contract, kept, i, reached)
	}
}

func keepNames(names []string, kept map[string]*ast.Definition) []string {
	var out []string
	for _, n := range names {
		if kept[n] != nil {
			out = append(out, n)
		}
	}
	return out
}

func unmarked(list ast.DirectiveList) ast.DirectiveList {
	var out ast.DirectiveList
	for _, d := range list {
		if d.Name != "access" {
			out = append(out, d)
		}
	}
	return out
}
