// Package fault has the errors that clients see: a closed list of codes, one error type, one presenter.
package fault

import (
	"errors"
	"fmt"
)

// Code is the stable, machine-readable kind of an error: `extensions.code`.
type Code string

// The closed list of codes. gqlgen's own two (GRAPHQL_PARSE_FAILED, GRAPHQL_VALIDATION_FAILED) pass through.
const (
	// Unauthenticated: no valid token.
	Unauthenticated Code = "UNAUTHENTICATED"
	// Forbidden: the viewer may not do this to a row that it may see.
	Forbidden Code = "FORBIDDEN"
	// NotFound: nothing visible to the viewer has the identifier.
	NotFound Code = "NOT_FOUND"
	// BadUserInput: the input at `extensions.argument` is wrong.
	BadUserInput Code = "BAD_USER_INPUT"
	// Conflict: another change came first, or the idempotency key was used for another input.
	Conflict Code = "CONFLICT"
	// AlreadyAccepted: another identity accepted the case first.
	AlreadyAccepted Code = "ALREADY_ACCEPTED"
	// InvalidTransition: the lifecycle does not lead from the present status to the one asked for.
	InvalidTransition Code = "INVALID_TRANSITION"
	// RateLimited: too much was asked in too short a time.
	RateLimited Code = "RATE_LIMITED"
	// ComplexityLimitExceeded: the operation is larger than one operation may be.
	ComplexityLimitExceeded Code = "COMPLEXITY_LIMIT_EXCEEDED"
	// Timeout: the operation's deadline passed.
	Timeout Code = "TIMEOUT"
	// Internal: everything that nobody classified. Its text never leaves the server.
	Internal Code = "INTERNAL"
)

// Error is a classified error. Message is for the client's developer and carries no data of the row;
// Argument is the path of the input at fault, as in "input.questions.0.text".
type Error struct {
	Code     Code
	Message  string
	Argument string
	// Extra are further extensions of the error, as the moment of the winner of a lost race.
	Extra map[string]any
	Err   error
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns a classified error.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Input returns a BAD_USER_INPUT that names the input at fault.
func Input(argument, format string, args ...any) *Error {
	return &Error{Code: BadUserInput, Message: fmt.Sprintf(format, args...), Argument: argument}
}

// Missing returns the NOT_FOUND that a foreign row and an absent one share.
func Missing(what string) *Error { return New(NotFound, "%s not found", what) }

// CodeOf returns the code of a classified error, and Internal for every other.
func CodeOf(err error) Code {
	var f *Error
	if errors.As(err, &f) {
		return f.Code
	}
	return Internal
}
