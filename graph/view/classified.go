package view

import (
	"errors"
	"fmt"
	"maps"
	"slices"

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

// classified reports every element of the contract that nobody was given, and every condition that can not be kept.
func classified(contract *ast.Schema) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(contract.Types)) {
		def := contract.Types[name]
		if def.BuiltIn {
			continue
		}
		root := def == contract.Query || def == contract.Mutation || def == contract.Subscription
		if !root && len(accesses(def.Directives, nil)) == 0 {
			faults = append(faults, fmt.Errorf("%s has no @access", name))
		}
		for _, f := range def.Fields {
			list := accesses(f.Directives, def.Directives)
			if len(list) == 0 {
				faults = append(faults, fmt.Errorf("%s.%s has no @access", name, f.Name))
			}
			faults = append(faults, checkConditions(def, f, list)...)
		}
	}
	return errors.Join(faults...)
}

// checkConditions demands of a conditional field that it may be null, that each persona has one access, and that
// the condition is defined for the entity.
func checkConditions(def *ast.Definition, f *ast.FieldDefinition, list ast.DirectiveList) (faults []error) {
	seen := map[viewer.Persona]bool{}
	for _, d := range list {
		for _, p := range personasOf(d) {
			if seen[p] {
				faults = append(faults, fmt.Errorf("%s.%s gives %s access twice", def.Name, f.Name, p))
			}
			seen[p] = true
		}
		when := d.Arguments.ForName("when")
		if when == nil {
			continue
		}
		if f.Type.NonNull {
			faults = append(faults, fmt.Errorf("%s.%s has a condition and can not be null", def.Name, f.Name))
		}
		if _, ok := rule.Condition(when.Value.Raw).Of(Entity(def.Name)); !ok {
			faults = append(faults, fmt.Errorf("%s.%s: the condition %s is not defined for %s", def.Name, f.Name, when.Value.Raw, Entity(def.Name)))
		}
	}
	return faults
}
