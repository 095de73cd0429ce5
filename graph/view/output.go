package view

import (
	"context"
	"fmt"
	"reflect"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// checked resolves the field and withholds what the view does not have: pruning a schema bounds what can be asked,
// not what a resolver returns.
func (v *View) checked(ctx context.Context, next graphql.Resolver) (any, error) {
	value, err := next(ctx)
	if err != nil || value == nil {
		return value, err
	}
	field := graphql.GetFieldContext(ctx)
	if field.Field.Definition == nil || reflect.TypeOf(value).Kind() == reflect.Chan {
		return value, nil // of a stream, Build has seen to it that the view has all there may be
	}
	name := field.Field.Definition.Type.Name()
	if hidden := v.withdrawn[name]; hidden != nil && hides(reflect.ValueOf(value), hidden) {
		withhold(ctx, field, NotInView)
		return nil, nil //nolint:nilnil // null is the answer
	}
	if def := v.Schema.Types[name]; def != nil && def.IsAbstractType() {
		return v.visible(ctx, field, value), nil
	}
	return value, nil
}

// hides reports whether the enum value, or one of the values of a list, is among the hidden ones.
func hides(value reflect.Value, hidden map[string]bool) bool {
	value = reflect.Indirect(value)
	switch {
	case !value.IsValid():
		return false
	case value.Kind() == reflect.Slice:
		for i := range value.Len() {
			if hides(value.Index(i), hidden) {
				return true
			}
		}
		return false
	}
	return hidden[fmt.Sprint(value.Interface())]
}

// visible returns the value of an interface or union, or nil where the view has not the type; in a list, elements
// of such types are nil.
func (v *View) visible(ctx context.Context, field *graphql.FieldContext, value any) any {
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice {
		if v.Has(TypeOf(value)) {
			return value
		}
		withhold(ctx, field, NotInView)
		return nil
	}
	out := reflect.MakeSlice(list.Type(), list.Len(), list.Len())
	for i := range list.Len() {
		if list.Index(i).IsNil() {
			continue
		}
		if v.Has(TypeOf(list.Index(i).Interface())) {
			out.Index(i).Set(list.Index(i))
		} else {
			withhold(ctx, field, NotInView, ast.PathIndex(i))
		}
	}
	return out.Interface()
}

// TypeOf returns the API's name of the type of a value.
func TypeOf(value any) string {
	t := reflect.TypeOf(value)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return Type(t.Name())
}
