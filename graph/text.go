package graph

import (
	"context"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// storable is the extension that refuses operations with a NUL in a text: PostgreSQL stores none, and both
// databases are to take the same.
type storable struct{}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = (*storable)(nil)

// ExtensionName implements graphql.HandlerExtension.
func (*storable) ExtensionName() string { return "Storable" }

// Validate implements graphql.HandlerExtension.
func (*storable) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters implements graphql.OperationParameterMutator; it changes nothing.
func (*storable) MutateOperationParameters(_ context.Context, request *graphql.RawParams) *gqlerror.Error {
	if !strings.Contains(request.Query, `\u0000`) && !hasNUL(request.Variables) {
		return nil
	}
	err := &gqlerror.Error{Message: "a text has a NUL character"}
	errcode.Set(err, errcode.ValidationFailed)
	return err
}

// hasNUL looks for a NUL in the texts of a decoded JSON value.
func hasNUL(value any) bool {
	switch v := value.(type) {
	case string:
		return strings.ContainsRune(v, 0)
	case []any:
		for _, element := range v {
			if hasNUL(element) {
				return true
			}
		}
	case map[string]any:
		for _, element := range v {
			if hasNUL(element) {
				return true
			}
		}
	}
	return false
}
