package view

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// Router executes each operation with the executor of the viewer's persona. Each executor has a schema, a document
// cache and limits of its own, so nothing that one persona's operation leaves behind serves another's.
type Router map[viewer.Persona]*executor.Executor

var _ graphql.GraphExecutor = Router{}

// CreateOperationContext implements graphql.GraphExecutor.
func (r Router) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	e := r.executor(ctx)
	if e == nil {
		return nil, gqlerror.List{unauthenticated()}
	}
	return e.CreateOperationContext(ctx, params)
}

// DispatchOperation implements graphql.GraphExecutor.
func (r Router) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	e := r.executor(ctx)
	if e == nil {
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{unauthenticated()}}), ctx
	}
	return e.DispatchOperation(ctx, op)
}

// DispatchError implements graphql.GraphExecutor.
func (r Router) DispatchError(ctx context.Context, list gqlerror.List) *graphql.Response {
	if e := r.executor(ctx); e != nil {
		return e.DispatchError(ctx, list)
	}
	return &graphql.Response{Errors: list}
}

func (r Router) executor(ctx context.Context) *executor.Executor {
	v := viewer.From(ctx)
	if v == nil {
		return nil
	}
	return r[v.Role]
}

func unauthenticated() *gqlerror.Error {
	return &gqlerror.Error{Message: "sign in first", Extensions: map[string]any{"code": string(fault.Unauthenticated)}}
}
