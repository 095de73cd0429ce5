// Package scalar has the scalars of the contract that are neither a value set nor an identifier.
package scalar

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/graph/fault"
)

// MarshalInt writes the Int scalar.
func MarshalInt(i int) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { io.WriteString(w, strconv.Itoa(i)) }) //nolint:errcheck // the writer is a buffer
}

// UnmarshalInt reads the Int scalar: a whole number of 32 bits, never a text that looks like one.
func UnmarshalInt(value any) (int, error) {
	var n int64
	switch v := value.(type) {
	case int:
		n = int64(v)
	case int64:
		n = v
	case json.Number:
		var err error
		if n, err = strconv.ParseInt(string(v), 10, 64); err != nil {
			return 0, fault.New(fault.BadUserInput, "an Int is a whole number of 32 bits")
		}
	default:
		return 0, fault.New(fault.BadUserInput, "an Int is a whole number of 32 bits")
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		return 0, fault.New(fault.BadUserInput, "an Int is a whole number of 32 bits")
	}
	return int(n), nil
}

// AppendTime appends a moment as the API writes it: UTC, RFC 3339, up to microseconds.
func AppendTime(dst []byte, t time.Time) []byte {
	return clock.Exact(t).AppendFormat(dst, time.RFC3339Nano)
}

// MarshalTime writes the Time scalar.
func MarshalTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		buf := make([]byte, 0, 40)
		buf = append(AppendTime(append(buf, '"'), t), '"')
		w.Write(buf) //nolint:errcheck // the writer is a buffer
	})
}

// UnmarshalTime reads the Time scalar.
func UnmarshalTime(value any) (time.Time, error) {
	text, ok := value.(string)
	if ok {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil && t.Year() >= 1 && t.Year() <= 9999 {
			return clock.Exact(t), nil
		}
	}
	return time.Time{}, fault.New(fault.BadUserInput, "a Time is written as RFC 3339, as in 2026-01-31T09:30:00Z")
}
