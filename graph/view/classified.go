package view

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/viewer"
)

// Entity returns ent's name of the entity that the API shows as the type.
func Entity(typ string) string {
	if name, ok := renamed[typ]; ok {
		return name
	}
	return typ
}

// Type returns the API's name of the entity.
func Type(entity string) string {
	for typ, name := range renamed {
		if name == entity {
			return typ
		}
	}
	return entity
}

// renamed are the types that the API names otherwise than ent.
var renamed = map[string]string{"Case": "CareCase", "User": "Identity"}

// classified reports every element of the contract that nobody was given, and every access that can not be kept.
func classified(contract *ast.Schema) error {
	c := classifier{contract: contract}
	for _, name := range slices.Sorted(maps.Keys(contract.Types)) {
		if def := contract.Types[name]; !def.BuiltIn {
			c.definition(def)
		}
	}
	return errors.Join(c.faults...)
}

// classifier looks at each access of a contract.
type classifier struct {
	contract *ast.Schema
	faults   []error
}

func (c *classifier) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}

func (c *classifier) definition(def *ast.Definition) {
	own := accesses(def.Directives, nil)
	if def != c.contract.Query && def != c.contract.Mutation && def != c.contract.Subscription {
		c.element(def.Name, own, nil)
		c.unconditional(def.Name, own)
	}
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue // of introspection: the parser gives them to every schema
		}
		name := def.Name + "." + f.Name
		list := accesses(f.Directives, def.Directives)
		c.element(name, list, own)
		if def.Kind == ast.Object {
			c.conditions(def, f, list)
		} else {
			c.unconditional(name, list)
		}
		for _, a := range f.Arguments {
			mine := accesses(a.Directives, list)
			c.element(name+"."+a.Name, mine, list)
			c.unconditional(name+"."+a.Name, a.Directives.ForNames("access"))
		}
	}
	for _, e := range def.EnumValues {
		list := accesses(e.Directives, def.Directives)
		c.element(def.Name+"."+e.Name, list, own)
		c.unconditional(def.Name+"."+e.Name, list)
	}
}

// element demands that the element is somebody's, that it gives each persona one access, and that it gives none to
// a persona that does not have what it belongs to.
func (c *classifier) element(name string, list, owner ast.DirectiveList) {
	if len(list) == 0 {
		c.fault("%s has no @access", name)
	}
	seen := map[viewer.Persona]bool{}
	for _, d := range list {
		for _, p := range personasOf(d) {
			if seen[p] {
				c.fault("%s gives %s access twice", name, p)
			}
			seen[p] = true
			if len(owner) > 0 && !mayUse(owner, p) {
				c.fault("%s gives %s access to a part of what %s does not have", name, p, p)
			}
		}
	}
}

// unconditional refuses a condition where there is no value of a row to withhold.
func (c *classifier) unconditional(name string, list ast.DirectiveList) {
	for _, d := range list {
		if d.Arguments.ForName("when") != nil {
			c.fault("%s has a condition and is no field of an object", name)
		}
	}
}

// conditions demands of a conditional field that it may be null, and that the condition is defined for the entity.
func (c *classifier) conditions(def *ast.Definition, f *ast.FieldDefinition, list ast.DirectiveList) {
	for _, d := range list {
		when := d.Arguments.ForName("when")
		if when == nil {
			continue
		}
		if f.Type.NonNull {
			c.fault("%s.%s has a condition and can not be null", def.Name, f.Name)
		}
		if _, ok := rule.Condition(when.Value.Raw).Of(Entity(def.Name)); !ok {
			c.fault("%s.%s: the condition %s is not defined for %s", def.Name, f.Name, when.Value.Raw, Entity(def.Name))
		}
	}
}

// sound reports what a view would break: an input that it demands no more, and a hidden value that can not be
// withheld, because its place may not be null.
func sound(contract *ast.Schema, v *View) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(contract.Types)) {
		full, kept := contract.Types[name], v.Schema.Types[name]
		if full.BuiltIn || kept == nil {
			continue
		}
		for _, f := range full.Fields {
			mine := kept.Fields.ForName(f.Name)
			if mine == nil {
				if full.Kind == ast.InputObject && (f.Type.NonNull || f.DefaultValue != nil) {
					faults = append(faults, fmt.Errorf("%s.%s is demanded or has a default, and the view lacks it", name, f.Name))
				}
				continue
			}
			for _, a := range f.Arguments {
				if mine.Arguments.ForName(a.Name) == nil && (a.Type.NonNull || a.DefaultValue != nil) {
					faults = append(faults, fmt.Errorf("%s.%s.%s is demanded or has a default, and the view lacks it", name, f.Name, a.Name))
				}
			}
			if full.IsCompositeType() && !v.withholds(contract, full, f.Type) {
				faults = append(faults, fmt.Errorf("%s.%s may have a value that the view lacks, and can not be null", name, f.Name))
			}
		}
	}
	return errors.Join(faults...)
}

// withholds reports whether whatever the view hides of the type can be withheld where a field of the definition
// has it: one of many in a list, else the field as a whole. The items of a stream are never withheld.
func (v *View) withholds(contract *ast.Schema, def *ast.Definition, t *ast.Type) bool {
	name := t.Name()
	hides := len(v.withdrawn[name]) > 0
	if contract.Types[name].IsAbstractType() {
		hides = slices.ContainsFunc(contract.PossibleTypes[name], func(p *ast.Definition) bool { return !v.Has(p.Name) })
		if t.Elem != nil {
			t = t.Elem
		}
	}
	return !hides || !t.NonNull && def != contract.Subscription
}
