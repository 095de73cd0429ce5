package wire

import (
	"fmt"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/carehub/carehub/graph/fault"
)

// internalError is all that a client learns about a failure of the server.
const internalError = "internal error"

// refusal is an answer without an operation: what was sent cannot be run. Its message is fixed text.
type refusal struct {
	status    int
	code      fault.Code
	message   string
	allow     string // methods, with 405
	challenge string // WWW-Authenticate, with 401
}

func unauthenticated(message, challenge string) *refusal {
	return &refusal{status: http.StatusUnauthorized, code: fault.Unauthenticated, message: message, challenge: challenge}
}

func malformed(message string) *refusal {
	return &refusal{status: http.StatusBadRequest, code: fault.BadUserInput, message: message}
}

// interrupted is the end of a stream that was broken off: its client may not come in any more, or should come back.
func interrupted(err error) *refusal {
	switch fault.CodeOf(err) {
	case fault.Unauthenticated, fault.Forbidden:
		return &refusal{status: http.StatusForbidden, code: fault.Forbidden, message: "the identity has no access"}
	}
	return &refusal{status: http.StatusServiceUnavailable, code: fault.Internal, message: internalError}
}

// errors gives the refusal as GraphQL errors.
func (f *refusal) errors() gqlerror.List {
	return gqlerror.List{{Message: f.message, Extensions: map[string]any{"code": string(f.code)}}}
}

// refuse answers with a refusal, as GraphQL errors in the media type that the client prefers.
func (e *Endpoint) refuse(w http.ResponseWriter, r *http.Request, f *refusal) {
	media := negotiate(r.Header.Values("Accept"))
	if media != responseJSON {
		media = plainJSON
	}
	h := w.Header()
	if f.allow != "" {
		h.Set("Allow", f.allow)
	}
	if f.challenge != "" {
		h.Set("WWW-Authenticate", f.challenge)
	}
	if f.status == http.StatusServiceUnavailable || f.status == http.StatusTooManyRequests {
		h.Set("Retry-After", "5")
	}
	writeResponse(w, f.status, media, &graphql.Response{Errors: f.errors()})
}

func typeName(v any) string { return fmt.Sprintf("%T", v) }
