package wire

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// operation is one that runs on a socket.
type operation struct {
	id     string
	ctx    context.Context
	cancel context.CancelFunc
	op     *graphql.OperationContext
}

// subscribe starts an operation, under the identity as it stands now: rights may have changed since the
// socket was opened. Parsing is done on the reader's goroutine, so that one socket occupies one core with it.
func (s *socket) subscribe(m message) {
	if !s.isAcked() {
		s.end(closeUnauthorized, "Unauthorized")
		return
	}
	s.mu.Lock()
	_, duplicate := s.active[m.id]
	full := s.running >= s.endpoint.limits.Operations
	draining := s.draining
	s.mu.Unlock()
	switch {
	case duplicate:
		s.end(closeDuplicate, "Subscriber already exists")
		return
	case draining:
		return // the close code that follows tells the client to ask again elsewhere
	case full:
		tooMany := &refusal{code: fault.RateLimited, message: "too many operations on one socket"}
		s.send(frame(typeError, m.id, marshalErrors(tooMany.errors())))
		return
	}

	authenticating, done := context.WithTimeout(s.ctx, s.endpoint.limits.Init)
	id, refused := s.endpoint.identify(authenticating, s.token)
	done()
	if refused != nil {
		s.refuse(refused)
		return
	}
	s.expireWith(id)

	params := m.params
	params.Headers = s.header
	params.ReadTime = graphql.TraceTiming{Start: graphql.Now(), End: graphql.Now()}
	ctx, cancel := context.WithCancel(viewer.NewContext(graphql.StartOperationTrace(s.ctx), id))
	op, errs := s.endpoint.exec.CreateOperationContext(ctx, params)
	if errs != nil {
		resp := s.endpoint.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		cancel()
		s.send(frame(typeError, m.id, marshalErrors(resp.Errors)))
		return
	}
	s.start(&operation{id: m.id, ctx: ctx, cancel: cancel, op: op})
}

// start runs the operation unless the socket has ended meanwhile.
func (s *socket) start(o *operation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.draining {
		o.cancel()
		return
	}
	s.active[o.id] = o
	s.running++
	if o.finite() {
		s.finite++
	}
	s.work.Go(func() { s.run(o) })
}

func (o *operation) finite() bool { return o.op.Operation.Operation != ast.Subscription }

// run sends the results of the operation, then its end: an error message ends it by itself.
func (s *socket) run(o *operation) {
	defer s.retire(o)
	defer func() {
		if v := recover(); v != nil {
			s.endpoint.panicked(o.ctx, v)
			s.fail(o, (&refusal{code: fault.Internal, message: internalError}).errors())
		}
	}()
	breakable, broken := fault.Breakable(o.ctx)
	responses, ctx := s.endpoint.exec.DispatchOperation(breakable, o.op)
	results := 0
	for resp := responses(ctx); resp != nil; resp = responses(ctx) {
		if resp.Data == nil {
			s.fail(o, resp.Errors)
			return
		}
		if !s.deliver(o, frame(typeNext, o.id, appendResponse(nil, resp)), false) {
			return
		}
		results++
	}
	if err := broken(); err != nil && o.ctx.Err() == nil { // and not because nobody wants it any more
		s.refuse(interrupted(err))
		return
	}
	if results == 0 && o.finite() {
		s.fail(o, ended(ctx).errors())
		return
	}
	s.deliver(o, frame(typeComplete, o.id, nil), true)
}

// fail sends errors as the last message of the operation.
func (s *socket) fail(o *operation, errs gqlerror.List) {
	s.deliver(o, frame(typeError, o.id, marshalErrors(errs)), true)
}

// deliver sends a message of the operation if the client still wants it, and reports whether it left. After
// the last the id is free: a client that reads it may use the id again at once.
func (s *socket) deliver(o *operation, message []byte, last bool) bool {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	wanted := s.active[o.id] == o
	if wanted && last {
		delete(s.active, o.id)
	}
	s.mu.Unlock()
	return wanted && s.write(message)
}

// abandon ends an operation that the client does not want any more. Nothing is sent for it, not even that
// it is complete.
func (s *socket) abandon(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.active[id]; o != nil {
		delete(s.active, id)
		o.cancel()
	}
}

// retire forgets an operation whose goroutine ends.
func (s *socket) retire(o *operation) {
	o.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active[o.id] == o {
		delete(s.active, o.id)
	}
	s.running--
	if o.finite() {
		s.finite--
	}
	s.settle()
}
