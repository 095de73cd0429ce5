package job

import (
	"context"
	"errors"
	"fmt"

	"github.com/lib/pq"
	"modernc.org/sqlite"

	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/graph/fault"
)

// Failure is an error of a job whose text an operator may read: it has no value of a row in it.
type Failure string

// Error implements error.
func (f Failure) Error() string { return string(f) }

// panicked is a panic of a job. Its value may hold what a row says.
type panicked struct{ value any }

// Error implements error.
func (p panicked) Error() string { return fmt.Sprintf("panic: %T", p.value) }

// reason returns what an operator may read of an error. The texts of errors that were not made for that may quote a
// row, so that of those only the kind is told.
func reason(err error) string {
	text := []rune(described(err))
	return string(text[:min(len(text), maxReason)])
}

// maxReason is what a row of ScheduledJob takes.
const maxReason = 500

func described(err error) string {
	var said Failure
	var broken *audit.Fault
	var known *fault.Error
	var stopped panicked
	var postgres *pq.Error
	var embedded *sqlite.Error
	switch {
	case errors.As(err, &said):
		return said.Error()
	case errors.As(err, &broken):
		return broken.Error()
	case errors.As(err, &known):
		return string(known.Code) + ": " + known.Message
	case errors.As(err, &stopped):
		return stopped.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "a batch took too long"
	case errors.As(err, &postgres):
		return fmt.Sprintf("postgres %s %s %s %s", postgres.Code, postgres.Code.Name(), postgres.Table, postgres.Constraint)
	case errors.As(err, &embedded):
		return fmt.Sprintf("sqlite %d %s", embedded.Code(), sqlite.ErrorCodeString[embedded.Code()])
	}
	return fmt.Sprintf("%T", root(err))
}

// root returns the first cause of an error.
func root(err error) error {
	for {
		switch wrapped := err.(type) { //nolint:errorlint // it is the wrapping itself that is looked at
		case interface{ Unwrap() error }:
			if wrapped.Unwrap() == nil {
				return err
			}
			err = wrapped.Unwrap()
		case interface{ Unwrap() []error }:
			if len(wrapped.Unwrap()) == 0 {
				return err
			}
			err = wrapped.Unwrap()[0]
		default:
			return err
		}
	}
}
