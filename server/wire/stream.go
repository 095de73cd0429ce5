package wire

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// The events of a stream, as graphql-sse's distinct connections mode has them. An event without a data line
// is dropped by browsers, so "complete" has an empty one.
var (
	keepAliveEvent = []byte(":\n\n")
	completeEvent  = []byte("event: complete\ndata:\n\n")
)

// stream is an open event stream, as its seat sees it: all it can do from outside is end.
type stream struct{ cancel context.CancelFunc }

func (s stream) revoke()               { s.cancel() }
func (s stream) drain(context.Context) { s.cancel() }
func (s stream) cut()                  { s.cancel() }

// serveStream answers with the results of one operation as server-sent events. A stream that ends without "complete"
// was broken off (the token expired, access changed, the server fails or goes away): the client comes back.
func (e *Endpoint) serveStream(w http.ResponseWriter, r *http.Request, token string, params *graphql.RawParams) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	seat, refused := e.seat(r, func(s *seat) bool { return s.occupy(stream{cancel}) })
	if refused != nil {
		e.refuse(w, r, refused)
		return
	}
	defer seat.leave()
	id, refused := e.admit(ctx, seat, token)
	if refused != nil {
		e.refuse(w, r, refused)
		return
	}
	if !id.Expires.IsZero() {
		expiry := time.AfterFunc(id.Expires.Sub(clock.Now(ctx)), cancel)
		defer expiry.Stop()
	}

	run, broken := fault.Breakable(viewer.NewContext(graphql.StartOperationTrace(ctx), id))
	op, errs := e.exec.CreateOperationContext(run, params)
	if errs == nil {
		if refused := unfit(op, r.Method, eventStream); refused != nil {
			e.refuse(w, r, refused)
			return
		}
	}
	w.Header().Set("Content-Type", eventStream)
	w.Header().Set("X-Accel-Buffering", "no") // proxies in front of us must not collect events
	out := events{w: w, control: http.NewResponseController(w), patience: e.limits.Write}
	defer out.release()
	if !out.write(keepAliveEvent) {
		return
	}
	if errs != nil {
		resp := e.exec.DispatchError(graphql.WithOperationContext(run, op), errs)
		_ = out.write(nextEvent(resp)) && out.write(completeEvent)
		return
	}

	frames := make(chan []byte)
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.produce(run, op, frames)
	}()
	if e.forward(ctx, out, frames) && broken() == nil {
		out.write(completeEvent)
	}
	cancel()
	<-done
}

// produce runs the operation and sends its results as events, then closes the channel. It stops when ctx ends; the
// channel stays open then, because the operation has not ended.
func (e *Endpoint) produce(ctx context.Context, op *graphql.OperationContext, frames chan<- []byte) {
	send := func(frame []byte) bool {
		select {
		case frames <- frame:
			return true
		case <-ctx.Done():
			return false
		}
	}
	defer func() {
		if v := recover(); v != nil {
			e.panicked(ctx, v)
			failed := &refusal{code: fault.Internal, message: internalError}
			if send(nextEvent(&graphql.Response{Errors: failed.errors()})) {
				close(frames)
			}
		}
	}()
	responses, inner := e.exec.DispatchOperation(ctx, op)
	for resp := responses(inner); resp != nil; resp = responses(inner) {
		if !send(nextEvent(resp)) {
			return
		}
	}
	if ctx.Err() == nil {
		close(frames)
	}
}

// forward writes events as they come, and a comment when none came for a while, so that a dead client is
// noticed and no proxy takes the stream for idle. It reports whether the operation has ended.
func (e *Endpoint) forward(ctx context.Context, out events, frames <-chan []byte) bool {
	alive := time.NewTicker(e.limits.Ping)
	defer alive.Stop()
	for {
		frame := keepAliveEvent
		select {
		case next, ok := <-frames:
			if !ok {
				return true
			}
			if ctx.Err() != nil {
				return false // revoked while both were ready
			}
			frame = next
			alive.Reset(e.limits.Ping)
		case <-alive.C:
		case <-ctx.Done():
			return false
		}
		if !out.write(frame) {
			return false
		}
	}
}

// nextEvent gives a response as an event. A line break can only stand between two tokens of the JSON, where
// a space is as good, and would end the data line.
func nextEvent(resp *graphql.Response) []byte {
	b := appendResponse([]byte("event: next\ndata: "), resp)
	data := b[len("event: next\n"):]
	for i, c := range data {
		if c == '\n' || c == '\r' {
			data[i] = ' '
		}
	}
	return append(b, "\n\n"...)
}

// events writes to the client, each event at once and within its time.
type events struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
}

// write reports whether the event left. A client that does not read is given up after the patience.
func (o events) write(event []byte) bool {
	_ = o.control.SetWriteDeadline(time.Now().Add(o.patience)) // not every writer has deadlines; net/http's does
	if _, err := o.w.Write(event); err != nil {
		return false
	}
	return o.control.Flush() == nil
}

// release gives the connection back to requests that know nothing of the patience for events.
func (o events) release() { _ = o.control.SetWriteDeadline(time.Time{}) }
