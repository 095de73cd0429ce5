package wire_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// toy is an executable schema without generated code: enough to have something to carry.
type toy struct {
	schema  *ast.Schema
	touched chan int      // a mutation is told here if somebody listens
	held    chan struct{} // says that a field "hold" has begun
	release chan struct{} // lets every field "hold" go on
	sent    atomic.Int64  // results of "flood" that were asked for
	running atomic.Int64  // subscriptions whose stream has not ended
}

func newToy() *toy {
	return &toy{
		touched: make(chan int),
		held:    make(chan struct{}, 10),
		release: make(chan struct{}),
		schema: gqlparser.MustLoadSchema(&ast.Source{Input: `
			type Query { hello: String! echo(text: String!): String whoami: String! hold: Int! burst: Int }
			type Mutation { touch: Int! hold: Int! }
			type Subscription { count(from: Int!, everyMs: Int!): Int! touched: Int! flood(bytes: Int!): String! burst: Int whoami: String! broken(code: String!): Int! }
		`}),
	}
}

// Schema implements graphql.ExecutableSchema.
func (t *toy) Schema() *ast.Schema { return t.schema }

// Complexity implements graphql.ExecutableSchema.
func (t *toy) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

// Exec implements graphql.ExecutableSchema.
func (t *toy) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	root := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"}[op.Operation.Operation]
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, []string{root})
	if root == "Subscription" {
		return t.stream(ctx, fields[0], fields[0].ArgumentMap(op.Variables))
	}
	done := false
	return func(ctx context.Context) *graphql.Response {
		if done {
			return nil
		}
		done = true
		data := map[string]any{}
		for _, f := range fields {
			data[f.Alias] = t.value(ctx, root, f.Name, f.ArgumentMap(op.Variables))
		}
		return respond(data)
	}
}

func (t *toy) value(ctx context.Context, root, field string, args map[string]any) any {
	switch field {
	case "hello":
		return "world"
	case "echo":
		return args["text"]
	case "whoami":
		return viewer.From(ctx).Name
	case "touch":
		select {
		case t.touched <- 1:
		default:
		}
		return 1
	case "hold":
		t.held <- struct{}{}
		select {
		case <-t.release:
			return 1
		case <-ctx.Done():
			return nil
		}
	case "burst":
		panic("the secret of a resolver")
	}
	return root // __typename
}

func (t *toy) stream(ctx context.Context, f graphql.CollectedField, args map[string]any) graphql.ResponseHandler {
	t.running.Add(1)
	end := sync.OnceFunc(func() { t.running.Add(-1) })
	context.AfterFunc(ctx, end)
	next, begun := int64(0), false
	return func(ctx context.Context) *graphql.Response {
		var value any
		switch f.Name {
		case "count":
			if !begun {
				next = args["from"].(int64)
			} else if next--; !pause(ctx, time.Duration(args["everyMs"].(int64))*time.Millisecond) {
				next = -1
			}
			begun = true
			if value = next; next < 0 {
				value = nil
			}
		case "touched":
			select {
			case n := <-t.touched:
				value = n
			case <-ctx.Done():
			}
		case "whoami":
			value = viewer.From(ctx).Name
			if begun && !pause(ctx, time.Hour) {
				value = nil
			}
			begun = true
		case "flood":
			t.sent.Add(1)
			value = strings.Repeat("x", int(args["bytes"].(int64)))
		case "broken":
			if value = 1; begun {
				if args["code"] == "LATE" {
					<-ctx.Done()
				}
				fault.Break(ctx, fault.New(fault.Code(args["code"].(string)), "a secret"))
				value = nil
			}
			begun = true
		case "burst":
			panic("the secret of a resolver")
		}
		if value == nil || ctx.Err() != nil {
			end()
			return nil
		}
		return respond(map[string]any{f.Alias: value})
	}
}

func respond(data map[string]any) *graphql.Response {
	b, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return &graphql.Response{Data: b}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
