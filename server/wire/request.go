package wire

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// persistedQueryNotFound asks the client to send the document along: no failure, so its status is 200.
const persistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND"

// serveRequest answers POST and GET, with one result or with a stream of events.
func (e *Endpoint) serveRequest(w http.ResponseWriter, r *http.Request) {
	token := bearerOf(r)
	id, refused := e.identify(r.Context(), token)
	if refused != nil {
		e.refuse(w, r, refused)
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodPost:
	case http.MethodOptions:
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		w.WriteHeader(http.StatusNoContent)
		return
	default:
		e.refuse(w, r, &refusal{
			status: http.StatusMethodNotAllowed, code: fault.BadUserInput,
			message: "the method must be GET or POST", allow: "GET, POST, OPTIONS",
		})
		return
	}
	media := negotiate(r.Header.Values("Accept"))
	if media == "" {
		e.refuse(w, r, &refusal{
			status: http.StatusNotAcceptable, code: fault.BadUserInput,
			message: "answers are " + responseJSON + ", " + plainJSON + " or " + eventStream,
		})
		return
	}
	params, refused := e.readParams(w, r)
	if refused != nil {
		e.refuse(w, r, refused)
		return
	}
	if media == eventStream {
		e.serveStream(w, r, token, params)
		return
	}

	ctx := viewer.NewContext(graphql.StartOperationTrace(r.Context()), id)
	op, errs := e.exec.CreateOperationContext(ctx, params)
	if errs != nil {
		resp := e.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		writeResponse(w, statusOf(resp, media), media, resp)
		return
	}
	if refused := unfit(op, r.Method, media); refused != nil {
		e.refuse(w, r, refused)
		return
	}
	responses, ctx := e.exec.DispatchOperation(ctx, op)
	resp := responses(ctx)
	if resp == nil {
		if r.Context().Err() == nil {
			e.refuse(w, r, ended(ctx))
		}
		return
	}
	writeResponse(w, statusOf(resp, media), media, resp)
}

// unfit refuses an operation that its method or its media type cannot carry.
func unfit(op *graphql.OperationContext, method, media string) *refusal {
	switch {
	case op.Operation.Operation == ast.Mutation && method == http.MethodGet:
		return &refusal{
			status: http.StatusMethodNotAllowed, code: fault.BadUserInput,
			message: "a mutation must be sent by POST", allow: http.MethodPost,
		}
	case op.Operation.Operation == ast.Subscription && media != eventStream:
		return &refusal{
			status: http.StatusNotAcceptable, code: fault.BadUserInput,
			message: "a subscription needs a websocket, or Accept: " + eventStream,
		}
	}
	return nil
}

// ended says why an operation came to its end without any result.
func ended(ctx context.Context) *refusal {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &refusal{status: http.StatusGatewayTimeout, code: fault.Timeout, message: "the operation took too long"}
	}
	return &refusal{status: http.StatusInternalServerError, code: fault.Internal, message: internalError}
}

// statusOf returns the HTTP status of a response. An operation that ran is 200, whatever its fields say; in
// application/json one that did not run is too, because older clients read no body of another status.
func statusOf(resp *graphql.Response, media string) int {
	if resp.Data != nil || media == plainJSON || len(resp.Errors) == 0 {
		return http.StatusOK
	}
	code, _ := resp.Errors[0].Extensions["code"].(string)
	switch code {
	case persistedQueryNotFound:
		return http.StatusOK
	case string(fault.Unauthenticated):
		return http.StatusUnauthorized
	case string(fault.Forbidden):
		return http.StatusForbidden
	case string(fault.RateLimited):
		return http.StatusTooManyRequests
	case string(fault.Timeout):
		return http.StatusGatewayTimeout
	case string(fault.Internal):
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// writeResponse sends a response. A client that is gone has no use for the error of the write.
func writeResponse(w http.ResponseWriter, status int, media string, resp *graphql.Response) {
	body := appendResponse(nil, resp)
	w.Header().Set("Content-Type", media)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// appendResponse appends the response as JSON: no data where nothing was executed, no extensions where there
// are none. The data are appended as they are, because the executor has just written them as JSON.
func appendResponse(b []byte, resp *graphql.Response) []byte {
	b = append(b, '{')
	b = appendMember(b, "errors", marshal(resp.Errors, len(resp.Errors) == 0))
	b = appendMember(b, "data", resp.Data)
	b = appendMember(b, "label", marshal(resp.Label, resp.Label == ""))
	b = appendMember(b, "path", marshal(resp.Path, len(resp.Path) == 0))
	b = appendMember(b, "hasNext", marshal(resp.HasNext, resp.HasNext == nil))
	b = appendMember(b, "extensions", marshal(resp.Extensions, len(resp.Extensions) == 0))
	return append(b, '}')
}

func appendMember(b []byte, name string, value []byte) []byte {
	if len(value) == 0 {
		return b
	}
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return append(b, value...)
}

// marshal returns v as JSON, or nothing when it is empty. Errors and extensions come from this program; one
// that cannot be written is a mistake in it, which panics and is answered as an internal error.
func marshal(v any, empty bool) []byte {
	if empty {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// marshalErrors gives the payload of an error message.
func marshalErrors(errs gqlerror.List) []byte { return marshal(errs, false) }
