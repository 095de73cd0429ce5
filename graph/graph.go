package graph

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/relay"
	"github.com/carehub/carehub/graph/stream"
	"github.com/carehub/carehub/graph/view"
)

// Options is what the API needs of the process.
type Options struct {
	Client  *ent.Client
	Log     *stream.Log
	Reads   *audit.Writer
	Cursors *relay.Sealer
	// Identities reads identities; it is shared with authentication.
	Identities *Directory
	// Clock is the time of every operation; when nil it is the time of the operation's context.
	Clock func() time.Time
	// RequestID gives the identifier under which an operation is found in the logs.
	RequestID func(context.Context) string
	Logger    *slog.Logger
	// Blobs keeps the bytes of documents; LinkKey, a secret, signs the links to them. Without both there are none.
	Blobs   Blobs
	LinkKey []byte
	// Electronic says that an Exchange carries verifications to payers; without one they are asked by people.
	Electronic bool
	// Timeout bounds a query or mutation; 15 s when zero.
	Timeout time.Duration
	// Complexity bounds the cost of an operation; view.ComplexityLimit when zero.
	Complexity int
}

// API is the executable contract: one executor for each persona.
type API struct {
	view.Router
	Views map[viewer.Persona]*view.View

	options Options
}

// Contract returns the whole contract, with the marks of access.
func Contract() *ast.Schema { return generated.NewExecutableSchema(generated.Config{}).Schema() }

// New builds the API. It fails when the contract has an element that nobody was given.
func New(o Options) (*API, error) {
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Second
	}
	if o.Complexity == 0 {
		o.Complexity = view.ComplexityLimit
	}
	if o.RequestID == nil {
		o.RequestID = func(context.Context) string { return "" }
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	views, err := view.Build(Contract())
	if err != nil {
		return nil, fmt.Errorf("contract: %w", err)
	}
	api := &API{Router: view.Router{}, Views: views, options: o}
	audit.Reads(o.Client)
	for persona, v := range views {
		api.Router[persona] = api.executor(v)
	}
	return api, nil
}

// executor builds the executor of one view: nothing of it is shared with another's.
func (a *API) executor(v *view.View) *executor.Executor {
	root := &resolver{Options: a.options, view: v}
	schema := generated.NewExecutableSchema(generated.Config{Schema: v.Schema, Resolvers: root})
	e := executor.New(view.NewCosted(schema))
	documents := lru.New[*ast.QueryDocument](500)
	e.SetQueryCache(documents)
	e.SetErrorPresenter(fault.Presenter(a.options.Logger, a.options.RequestID))
	e.SetRecoverFunc(a.recovered)
	e.SetDisableSuggestion(true)
	e.SetParserTokenLimit(view.TokenLimit)
	shape := view.ShapeFor(v.Persona)
	shape.Known = documents
	e.Use(shape) // before persisted queries, or texts out of bounds would be kept, and before complexity
	e.Use(&storable{})
	e.Use(extension.Introspection{})
	e.Use(extension.AutomaticPersistedQuery{Cache: lru.New[string](500)})
	e.Use(view.LimitComplexity(a.options.Complexity))
	e.AroundOperations(a.around)
	e.AroundResponses(a.respond)
	e.AroundFields(v.Withhold)
	return e
}

// recovered turns a panic into an internal error. The log gets the place; of what was panicked with, which may
// quote a row, only faults of the runtime are told.
func (a *API) recovered(_ context.Context, value any) error {
	if broken, ok := value.(runtime.Error); ok {
		return fmt.Errorf("resolver panicked: %w\n%s", broken, debug.Stack())
	}
	return fmt.Errorf("resolver panicked with a %T\n%s", value, debug.Stack())
}

// around prepares the context of an operation: its time, its lists and its conditions, and bounds queries and
// mutations in time.
func (a *API) around(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	ctx = a.prepare(ctx)
	if op.Operation.Operation == ast.Subscription {
		return unbroken(next(ctx))
	}
	ctx, cancel := context.WithTimeout(ctx, a.options.Timeout)
	respond := next(ctx)
	return func(ctx context.Context) *graphql.Response {
		defer cancel()
		return respond(ctx)
	}
}

// prepare gives the context what one operation, or the delivery of one event, needs of its own.
func (a *API) prepare(ctx context.Context) context.Context {
	if a.options.Clock != nil {
		ctx = clock.With(ctx, a.options.Clock)
	}
	ctx = viewer.Tick(ctx, clock.Now(ctx))
	ctx = relay.NewContext(ctx, a.options.Cursors)
	return view.Conditions(ctx, a.options.Client)
}

// respond runs one response; it leaves only after what it reveals has been recorded. A document that was refused
// is answered without an operation, and reveals nothing.
func (a *API) respond(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	if !graphql.HasOperationContext(ctx) || graphql.GetOperationContext(ctx).Operation == nil {
		return next(ctx)
	}
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation == ast.Subscription {
		// Each event is an answer of its own, which begins when the event is there: what expired while the stream waited is
		// not shown, what was permitted meanwhile is.
		ctx = within(a.prepare(ctx), op)
		ctx = viewer.TickLater(ctx, func() time.Time { return clock.Now(ctx) })
	}
	recorder := audit.NewRecorder(viewer.From(ctx), a.options.RequestID(ctx))
	response := view.Respond(audit.NewContext(ctx, recorder), next)
	if response == nil {
		return nil
	}
	if entries := recorder.Entries(operationName(op)); len(entries) > 0 {
		if err := a.options.Reads.Write(ctx, entries...); err != nil {
			response = &graphql.Response{Errors: gqlerror.List{fault.Presenter(a.options.Logger, a.options.RequestID)(ctx, err)}}
		}
	}
	return response
}

// within returns the context of an event of a stream. The paths in an event begin with the stream's one field, as all
// paths of an answer do; gqlgen runs the event outside of the field.
func within(ctx context.Context, op *graphql.OperationContext) context.Context {
	for _, field := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"}) {
		ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Subscription", Field: field})
	}
	return ctx
}

// unbroken breaks a stream off where the server fails to deliver an item of it, or to begin. Such an item must not be
// sent: the next would move the client's cursor past an event that it never got.
func unbroken(respond graphql.ResponseHandler) graphql.ResponseHandler {
	return func(ctx context.Context) *graphql.Response {
		response := respond(ctx)
		if failure := undelivered(response); failure != nil {
			fault.Break(ctx, failure)
			return nil
		}
		return response
	}
}

// undelivered returns the failure of the server that left nothing of a response.
func undelivered(response *graphql.Response) error {
	if response == nil || len(response.Data) > 0 && !bytes.HasSuffix(response.Data, []byte(":null}")) && !bytes.Equal(response.Data, []byte("null")) {
		return nil
	}
	for _, err := range response.Errors {
		if code := err.Extensions["code"]; code == string(fault.Internal) || code == string(fault.Timeout) {
			return err
		}
	}
	return nil
}

// operationName is what audit calls the operation: its root fields, which the client can neither invent nor hide in a
// fragment.
func operationName(op *graphql.OperationContext) string {
	kind := string(op.Operation.Operation)
	root := strings.ToUpper(kind[:1]) + kind[1:]
	name := kind
	for i, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{root}) {
		if i < 5 {
			name += " " + f.Name
		}
	}
	return name
}
