package list

import (
	"errors"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/viewer"
)

// The conditions that most filters are made of, by the column that they test.

// Is matches rows whose column has the value.
func Is(column string) func(any) func(*sql.Selector) {
	return func(value any) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(sql.EQ(s.C(column), value)) }
	}
}

// From matches rows whose column has the value or a later one.
func From(column string) func(any) func(*sql.Selector) {
	return func(value any) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(sql.GTE(s.C(column), value)) }
	}
}

// Until matches rows whose column has an earlier value.
func Until(column string) func(any) func(*sql.Selector) {
	return func(value any) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(sql.LT(s.C(column), value)) }
	}
}

// Contains matches rows whose text column contains the text.
func Contains(column string) func(any) func(*sql.Selector) {
	return func(value any) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(arg.Contains(s.C(column), value)) }
	}
}

// AmongCodes matches rows whose text column has one of the values; an empty list matches none.
func AmongCodes(column string) func(any) func(*sql.Selector) {
	return func(value any) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(arg.Codes(s.C(column), elements[string](value))) }
	}
}

// AmongKeys matches rows whose key column has one of the values; an empty list matches none.
func AmongKeys(column string) func(any) func(*sql.Selector) {
	return func(value any) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(arg.Keys(s.C(column), elements[uuid.UUID](value))) }
	}
}

// elements returns the values of a list, or the lone value; a value of another type is none.
func elements[T any](value any) []T {
	values, ok := value.([]any)
	if !ok {
		values = []any{value}
	}
	out := make([]T, 0, len(values))
	for _, v := range values {
		if element, ok := v.(T); ok {
			out = append(out, element)
		}
	}
	return out
}

// What the errors of opening tell the client.
var (
	errIdentifier = errors.New("no identifier of the expected type")
	errTime       = errors.New("no time in the form of RFC 3339")
)

// Key opens identifiers of the prefix to the keys of their rows.
func Key(prefix string) func(any) (any, error) {
	return func(value any) (any, error) {
		if symbol, ok := value.(viewer.Symbol); ok {
			return symbol, nil
		}
		text, _ := value.(string)
		id, err := gid.Parse(nil, text)
		if err != nil || id.Prefix != prefix {
			return nil, errIdentifier
		}
		return id.UUID, nil
	}
}

// Time opens a time to what the databases compare.
func Time(value any) (any, error) {
	if symbol, ok := value.(viewer.Symbol); ok {
		return symbol, nil
	}
	text, _ := value.(string)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return nil, errTime
	}
	return clock.Exact(t), nil
}
