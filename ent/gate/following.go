package gate

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
)

// Follow is a row that was written because of another change.
type Follow struct {
	Action  code.AuditAction
	Entity  string
	ID      uuid.UUID
	Patient uuid.UUID
}

type followKey struct{}

// Following returns a context in which whoever makes a change is told of the rows that followed from it, so that they
// are recorded as the same change.
func Following(ctx context.Context, tell func(Follow)) context.Context {
	return context.WithValue(ctx, followKey{}, tell)
}

// follow tells whoever made the change of a row that followed from it.
func follow(ctx context.Context, f Follow) {
	if tell, ok := ctx.Value(followKey{}).(func(Follow)); ok {
		tell(f)
	}
}
