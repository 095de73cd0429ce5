package job

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lib/pq"

	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph/fault"
)

// What an operator reads of an error names its kind, and no value.
func TestReason(t *testing.T) {
	value := storetest.Canary("Value")
	for want, err := range map[string]error{
		"*errors.errorString":                          fmt.Errorf("reading %s: %w", value, errors.Join(errors.New(value), errors.New(value))),
		"the form is missing":                          fmt.Errorf("%s: %w", value, Failure("the form is missing")),
		"NOT_FOUND: case not found":                    fmt.Errorf("%s: %w", value, fault.Missing("case")),
		"panic: string":                                panicked{value},
		"a batch took too long":                        fmt.Errorf("%s: %w", value, context.DeadlineExceeded),
		"postgres 23505 unique_violation patients one": &pq.Error{Code: "23505", Message: value, Detail: value, Table: "patients", Constraint: "one"},
		strings.Repeat("é", maxReason):                 Failure(strings.Repeat("é", 2*maxReason)),
	} {
		if got := reason(err); got != want {
			t.Errorf("%v is told as %q, want %q", err, got, want)
		}
	}
}
