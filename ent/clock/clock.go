// Package clock tells the time of an operation. The source stands in the context, so that tests, the demo
// generator and jobs can set it; nothing else in the project asks the wall clock for a stored time.
package clock

import (
	"context"
	"time"
)

type key struct{}

// With returns a context whose time comes from now.
func With(ctx context.Context, now func() time.Time) context.Context {
	return context.WithValue(ctx, key{}, now)
}

// At returns a context in which it is always t.
func At(ctx context.Context, t time.Time) context.Context {
	return With(ctx, func() time.Time { return t })
}

// Now returns the context's time in UTC, truncated to microseconds: what both databases store exactly.
func Now(ctx context.Context) time.Time {
	now, ok := ctx.Value(key{}).(func() time.Time)
	if !ok {
		now = time.Now
	}
	return Exact(now())
}

// Exact returns t as both databases store it: UTC, whole microseconds.
func Exact(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
