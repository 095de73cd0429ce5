package fault

import (
	"context"
	"sync/atomic"
)

// A stream that the server cannot go on with must not look like one that has come to its end, for then its client
// would not come back. GraphQL has no word for that, so whoever carries the stream looks for it in the context.

type brokenKey struct{}

// Breakable returns a context in which a stream may be broken off, and what it was broken off for, nil if it was not.
func Breakable(ctx context.Context) (context.Context, func() error) {
	var cause atomic.Pointer[error]
	broken := func() error {
		if err := cause.Load(); err != nil {
			return *err
		}
		return nil
	}
	return context.WithValue(ctx, brokenKey{}, &cause), broken
}

// Break says that the context's stream ends before its end. The first cause counts.
func Break(ctx context.Context, err error) {
	if cause, ok := ctx.Value(brokenKey{}).(*atomic.Pointer[error]); ok {
		cause.CompareAndSwap(nil, &err)
	}
}
