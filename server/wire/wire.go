// Package wire speaks GraphQL over HTTP, server-sent events and websockets, and nothing beyond what the
// specifications allow. It knows operations and identities, but no field and no entity: every operation
// goes to one graphql.GraphExecutor, which finds the viewer in the context.
//
// Nothing that a client sent is ever repeated in an error or a log, for it may be a patient's data.
package wire

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/rs/cors"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// Options says what an Endpoint serves and to whom.
type Options struct {
	// Executor runs the operations.
	Executor graphql.GraphExecutor

	// Authenticate returns the identity of a bearer token as it stands now. It is asked for every operation,
	// on sockets too, so it should be cheap. A token that is refused is a fault of code UNAUTHENTICATED, an
	// identity that may not come in one of code FORBIDDEN; every other error is a failure of the server.
	Authenticate func(ctx context.Context, token string) (*viewer.Identity, error)

	// Origins are the foreign origins (https://portal.example.com) whose pages may call, by any transport.
	Origins []string

	// Address names where a request comes from, for the limit by address. Nil takes the peer's address,
	// so a server behind a proxy gives its own.
	Address func(r *http.Request) string

	Limits Limits

	// Log receives failures of the server. Nil is slog.Default.
	Log *slog.Logger
}

// Limits bounds what one client can take. A zero value is replaced by its default.
type Limits struct {
	Body        int64 // bytes of a request body; 1 MiB
	Message     int64 // bytes of a websocket message; 256 KiB
	Operations  int   // operations at a time on one socket; 100
	PerIdentity int   // sockets and event streams of one identity; 20
	PerAddress  int   // sockets and event streams from one address; 1000, for a clinic may share one

	// A client that stops reading is gone within 15 s, whatever it did last: a ping and the patience for its answer,
	// or a ping that was left out for a write and the patience for that, and a second to say goodbye.
	Init   time.Duration // until a socket must be initialised, and for one authentication on it; 3 s
	Ping   time.Duration // between two pings, and the patience for the answer; 6 s
	Write  time.Duration // for one write; a client that needs half of it is asked to come back; 6 s
	Spread time.Duration // over which Drain closes, so that clients do not return all at once; 5 s
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Body:        cmp.Or(l.Body, 1<<20),
		Message:     cmp.Or(l.Message, 256<<10),
		Operations:  cmp.Or(l.Operations, 100),
		PerIdentity: cmp.Or(l.PerIdentity, 20),
		PerAddress:  cmp.Or(l.PerAddress, 1000),
		Init:        cmp.Or(l.Init, 3*time.Second),
		Ping:        cmp.Or(l.Ping, 6*time.Second),
		Write:       cmp.Or(l.Write, 6*time.Second),
		Spread:      cmp.Or(l.Spread, 5*time.Second),
	}
}

// Endpoint is the handler of one GraphQL address: POST, GET, server-sent events and websockets.
type Endpoint struct {
	exec         graphql.GraphExecutor
	authenticate func(ctx context.Context, token string) (*viewer.Identity, error)
	origins      origins
	address      func(r *http.Request) string
	limits       Limits
	log          *slog.Logger
	seats        *seats
	handler      http.Handler
}

// New returns the endpoint. It fails when an origin of the list is none.
func New(o Options) (*Endpoint, error) {
	list, err := parseOrigins(o.Origins)
	if err != nil {
		return nil, err
	}
	limits := o.Limits.withDefaults()
	e := &Endpoint{
		exec:         o.Executor,
		authenticate: o.Authenticate,
		origins:      list,
		address:      o.Address,
		limits:       limits,
		log:          cmp.Or(o.Log, slog.Default()),
		seats:        newSeats(limits),
	}
	if e.address == nil {
		e.address = func(r *http.Request) string { return r.RemoteAddr }
	}
	e.handler = cors.New(cors.Options{
		AllowOriginFunc: list.lists,
		AllowedMethods:  []string{http.MethodGet, http.MethodPost},
		AllowedHeaders:  []string{"Accept", "Authorization", "Content-Type"},
		MaxAge:          600,
	}).Handler(http.HandlerFunc(e.serve))
	return e, nil
}

// ServeHTTP implements http.Handler.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	e.handler.ServeHTTP(w, r)
}

// CloseDoors refuses new sockets and event streams from now on; Drain does so too. A server calls it before it tells
// anybody that it is leaving.
func (e *Endpoint) CloseDoors() { e.seats.closeDoors() }

// Drain ends all sockets and event streams because the server goes away. They are closed with "service
// restart", spread over a while; queries and mutations that run on a socket may finish first. New ones are
// refused from now on. When ctx ends before the last is gone the rest is cut off, and Drain says so.
func (e *Endpoint) Drain(ctx context.Context) error { return e.seats.drain(ctx, e.limits.Spread) }

// Revoke closes the sockets and event streams of an identity whose access has changed; their clients come
// back with what the identity may do now. Authenticate must know the change before Revoke is called.
func (e *Endpoint) Revoke(identity uuid.UUID) { e.seats.revoke(identity) }

// Open is the number of sockets and event streams that are open now.
func (e *Endpoint) Open() int { return e.seats.count() }

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler { //nolint:errorlint // the very value by which net/http is told, never wrapped
				panic(v)
			}
			e.panicked(r.Context(), v)
			e.refuse(w, r, &refusal{status: http.StatusInternalServerError, code: fault.Internal, message: internalError})
		}
	}()
	if isUpgrade(r) {
		e.serveSocket(w, r)
		return
	}
	e.serveRequest(w, r)
}

// panicked logs a panic by its type and place: its value may hold what a client sent.
func (e *Endpoint) panicked(ctx context.Context, v any) {
	e.log.ErrorContext(ctx, "panic while serving an operation", "type", typeName(v), "stack", string(debug.Stack()))
}

// identify returns the identity of a token, or why there is none.
func (e *Endpoint) identify(ctx context.Context, token string) (*viewer.Identity, *refusal) {
	if token == "" {
		return nil, unauthenticated("a bearer token is needed", `Bearer realm="carehub"`)
	}
	id, err := e.authenticate(ctx, token)
	if err == nil {
		return id, nil
	}
	var f *fault.Error
	if errors.As(err, &f) {
		switch f.Code {
		case fault.Unauthenticated:
			return nil, unauthenticated("the bearer token is not valid", `Bearer realm="carehub", error="invalid_token"`)
		case fault.Forbidden:
			return nil, &refusal{status: http.StatusForbidden, code: fault.Forbidden, message: "the identity has no access"}
		}
	}
	if ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		e.log.ErrorContext(ctx, "cannot authenticate", "error", err)
	}
	return nil, &refusal{status: http.StatusServiceUnavailable, code: fault.Internal, message: internalError}
}

// admit identifies a token for something that stays open, and seats it under its identity. The token is
// looked at once more after that: whoever was revoked between the first look and the seat is found now.
func (e *Endpoint) admit(ctx context.Context, s *seat, token string) (*viewer.Identity, *refusal) {
	id, refused := e.identify(ctx, token)
	if refused != nil {
		return nil, refused
	}
	if !s.assign(id.Key) {
		return nil, &refusal{status: http.StatusTooManyRequests, code: fault.RateLimited, message: "too many open connections"}
	}
	return e.identify(ctx, token)
}

// seat takes a seat for the request, or says why there is none.
func (e *Endpoint) seat(r *http.Request, occupy func(*seat) bool) (*seat, *refusal) {
	s, draining := e.seats.take(e.address(r))
	if s == nil && !draining {
		return nil, &refusal{status: http.StatusTooManyRequests, code: fault.RateLimited, message: "too many open connections"}
	}
	if s != nil && occupy(s) {
		return s, nil
	}
	if s != nil {
		s.leave()
	}
	return nil, &refusal{status: http.StatusServiceUnavailable, code: fault.Internal, message: "the server is about to restart"}
}

// bearerOf returns the token of the request's one Authorization header. Of two, nobody could say which counts.
func bearerOf(r *http.Request) string {
	if values := r.Header.Values("Authorization"); len(values) == 1 {
		return bearer(values[0])
	}
	return ""
}

// bearer returns the token of an Authorization value, or nothing.
func bearer(authorization string) string {
	scheme, token, _ := strings.Cut(strings.TrimSpace(authorization), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
