package view

import (
	"slices"

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
	// A type goes with its last field, and what leads to it goes with it; only of types that stay do interfaces
	// take over what is missing.
	for changed := true; changed; {
		for changed = true; changed; {
			changed = settle(contract, kept)
		}
		for _, def := range kept {
			if narrow(contract, kept, def) {
				changed = true
			}
		}
	}
	r := reach{contract: contract, kept: kept, reached: map[string]bool{}, opened: map[string]bool{}}
	for _, root := range []*ast.Definition{contract.Query, contract.Mutation, contract.Subscription} {
		if root != nil {
			r.possible(root.Name)
		}
	}
	for name := range kept {
		if !r.reached[name] {
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

// settle removes what leads nowhere, once over all definitions, and reports whether there was any.
func settle(contract *ast.Schema, kept map[string]*ast.Definition) (changed bool) {
	for name, def := range kept {
		if drop(contract, kept, def) {
			changed = true
		}
		if empty(contract, kept, def) {
			delete(kept, name)
			changed = true
		}
	}
	return changed
}

// drop removes the fields and arguments whose type is gone.
func drop(contract *ast.Schema, kept map[string]*ast.Definition, def *ast.Definition) bool {
	before := len(def.Fields)
	def.Fields = slices.DeleteFunc(def.Fields, func(f *ast.FieldDefinition) bool { return !known(contract, kept, f.Type) })
	changed := len(def.Fields) < before
	for _, f := range def.Fields {
		before := len(f.Arguments)
		f.Arguments = slices.DeleteFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return !known(contract, kept, a.Type) })
		changed = changed || len(f.Arguments) < before
	}
	return changed
}

// narrow removes the fields of an interface that an implementer has lost.
func narrow(contract *ast.Schema, kept map[string]*ast.Definition, def *ast.Definition) bool {
	before := len(def.Fields)
	def.Fields = slices.DeleteFunc(def.Fields, func(f *ast.FieldDefinition) bool { return lost(contract, kept, def, f.Name) })
	return len(def.Fields) < before
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
		possible := slices.ContainsFunc(contract.PossibleTypes[def.Name], func(p *ast.Definition) bool { return kept[p.Name] != nil })
		return !possible || def.Kind == ast.Interface && len(def.Fields) == 0
	case ast.Scalar:
		return false
	}
	return true
}

// reach finds the types that operations can name or meet.
type reach struct {
	contract *ast.Schema
	kept     map[string]*ast.Definition
	reached  map[string]bool
	opened   map[string]bool // interfaces whose implementers are reached
}

// possible marks a type that a value may have. Behind an interface that is any implementer: a row can be asked for
// by its identifier wherever the persona has seen that identifier.
func (r reach) possible(name string) {
	r.known(name)
	def := r.kept[name]
	if def == nil || def.Kind != ast.Interface || r.opened[name] {
		return
	}
	r.opened[name] = true
	for _, implementer := range r.contract.PossibleTypes[name] {
		r.possible(implementer.Name)
	}
}

// known marks the type and what its definition leads to.
func (r reach) known(name string) {
	def := r.kept[name]
	if def == nil || r.reached[name] {
		return
	}
	r.reached[name] = true
	for _, f := range def.Fields {
		r.possible(f.Type.Name())
		for _, a := range f.Arguments {
			r.possible(a.Type.Name())
		}
	}
	for _, t := range def.Types {
		r.possible(t)
	}
	for _, i := range def.Interfaces {
		r.known(i)
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
