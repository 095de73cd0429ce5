package list

import (
	"encoding/json"
	"math"
	"reflect"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/viewer"
)

// Normalise gives an input value of the type one form, whether it comes from a literal, from a variable or
// from gqlgen's unmarshalling: nil for null, []any for a list (also where the request gives a lone value),
// map[string]any for an input object, int64 for Int, float64 for Float, bool for Boolean, and the text for
// everything else: enums, identifiers, times. Identifiers that gqlgen has read become their plain text.
// A symbol stays what it is. A value that is none of the type comes back as it is; validation refuses it.
func Normalise(schema *ast.Schema, t *ast.Type, value any) any {
	value = plain(value)
	if _, symbol := value.(viewer.Symbol); symbol || value == nil {
		return value
	}
	if t.Elem != nil {
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		out := make([]any, len(values))
		for i, v := range values {
			out[i] = Normalise(schema, t.Elem, v)
		}
		return out
	}
	if object, ok := value.(map[string]any); ok {
		return fields(schema, schema.Types[t.NamedType], object)
	}
	switch t.NamedType {
	case "Int":
		return whole(value)
	case "Float":
		return number(value)
	}
	if n, ok := value.(json.Number); ok {
		return n.String()
	}
	return value
}

func fields(schema *ast.Schema, def *ast.Definition, object map[string]any) map[string]any {
	out := make(map[string]any, len(object))
	for name, v := range object {
		out[name] = v
		if def == nil {
			continue
		}
		if f := def.Fields.ForName(name); f != nil {
			out[name] = Normalise(schema, f.Type, v)
		}
	}
	return out
}

// whole gives a value of Int; a number without a fraction is one, however it was written.
func whole(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v)
		}
	}
	return value
}

func number(value any) any {
	switch v := value.(type) {
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f
		}
	case int64:
		return float64(v)
	}
	return value
}

// plain strips a value of its Go type: what is left is nil, a bool, an int64, a float64, a json.Number, a
// text, a symbol, or a list or map of these.
func plain(value any) any {
	switch v := value.(type) {
	case nil, bool, int64, float64, string, json.Number, viewer.Symbol:
		return v
	case gid.ID:
		return v.String()
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return plain(v.Elem().Interface())
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Float32, reflect.Float64:
		return v.Float()
	case reflect.Slice:
		if _, literal := value.([]any); v.IsNil() && !literal { // the parser gives the literal [] as a nil []any
			return nil
		}
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(v.Index(i).Interface())
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		if v.Type().Key().Kind() != reflect.String {
			return value
		}
		out := make(map[string]any, v.Len())
		for _, k := range v.MapKeys() {
			out[k.String()] = plain(v.MapIndex(k).Interface())
		}
		return out
	}
	return value
}
