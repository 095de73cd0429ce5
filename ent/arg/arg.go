// Package arg writes lists and text patterns into statements as a single argument each, so that one shape of a
// condition is one statement however many values it has.
package arg

import (
	"encoding/json"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/lib/pq"
)

// Keys matches rows whose key column is one of the keys.
func Keys(column string, keys []uuid.UUID) *sql.Predicate {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = k.String()
	}
	return among(column, "uuid[]", list(texts))
}

// Codes matches rows whose text column is one of the values. The values may also be one symbol.
func Codes[T ~string](column string, values []T) *sql.Predicate {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return among(column, "text[]", list(texts))
}

// Contains matches rows whose text column contains the value, whatever the case of ASCII letters.
func Contains(column string, value any) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.WriteString("LOWER(").Ident(column).WriteString(")")
		if b.Dialect() == dialect.Postgres {
			b.WriteString(" LIKE '%' || REPLACE(REPLACE(REPLACE(LOWER(").Arg(value).WriteString("::text), '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'")
			return
		}
		b.WriteString(" LIKE '%' || REPLACE(REPLACE(REPLACE(LOWER(").Arg(value).WriteString("), '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%' ESCAPE '\\'")
	})
}

// list is values that travel as one argument in the form of the engine.
type list []string

func among(column, kind string, values list) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.Ident(column)
		if b.Dialect() == dialect.Postgres {
			b.WriteString(" = ANY(").Arg(pq.StringArray(values)).WriteString("::" + kind + ")")
			return
		}
		text, _ := json.Marshal([]string(values)) // strings always marshal
		b.WriteString(" IN (SELECT value FROM json_each(").Arg(string(text)).WriteString("))")
	})
}
