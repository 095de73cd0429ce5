package fault

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"strings"

	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/lib/pq"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/money"
	"github.com/carehub/carehub/ent/privacy"
)

// Classify turns what a resolver returned into the error that the client may see. What nobody classified is
// Internal and keeps its cause for the log alone.
func Classify(err error) *Error {
	var known *Error
	var invalid *ent.ValidationError
	var misplaced *lifecycle.PlacementError
	var database *pq.Error
	switch {
	case errors.As(err, &known) && known.Code != Internal:
		return known
	case ent.IsNotFound(err):
		return &Error{Code: NotFound, Message: "not found", Err: err}
	case errors.Is(err, privacy.Deny):
		return &Error{Code: Forbidden, Message: "not allowed", Err: err}
	case errors.As(err, &invalid):
		return &Error{Code: BadUserInput, Message: "the value of " + invalid.Name + " is not valid", Err: err}
	case errors.As(err, &misplaced):
		return &Error{Code: BadUserInput, Message: misplaced.Error(), Argument: "input.department", Err: err}
	case errors.Is(err, gid.ErrMalformed):
		return &Error{Code: BadUserInput, Message: gid.ErrMalformed.Error(), Err: err}
	case errors.Is(err, code.ErrDate):
		return &Error{Code: BadUserInput, Message: code.ErrDate.Error(), Err: err}
	case errors.Is(err, money.ErrText):
		return &Error{Code: BadUserInput, Message: money.ErrText.Error(), Err: err}
	case sqlgraph.IsUniqueConstraintError(err):
		return &Error{Code: Conflict, Message: "there is such a row already", Err: err}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &database) && database.Code == "57014":
		return &Error{Code: Timeout, Message: "the operation took too long", Err: err}
	}
	return &Error{Code: Internal, Message: "internal error", Err: err}
}

// suggestion is gqlparser's way of naming things that were not asked for.
var suggestion = regexp.MustCompile(` ?Did you mean .*\?$`)

// Presenter returns the one place where errors become what the client gets. An internal error is logged there,
// once, without the client's input.
func Presenter(log *slog.Logger, requestID func(context.Context) string) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		out := graphql.DefaultErrorPresenter(ctx, err)
		if coded, _ := out.Extensions["code"].(string); coded != "" && out.Err == nil && isProtocol(coded) {
			out.Message = suggestion.ReplaceAllString(out.Message, "")
			if len(out.Path) > 1 && out.Path[0] == ast.PathName("variable") { // which is no path of the response
				out.Message = "the value of a variable has the wrong type"
				out.Extensions["argument"], out.Path = out.Path[1:].String(), nil
			}
			return out
		}
		f := Classify(err)
		if f.Code == Internal && !abandoned(ctx, err) {
			log.ErrorContext(ctx, "operation failed", "error", redact(f.Err), "path", out.Path.String(), "request_id", requestID(ctx))
		}
		out = &gqlerror.Error{Message: f.Message, Path: out.Path, Locations: out.Locations, Extensions: map[string]any{}}
		for k, v := range f.Extra {
			out.Extensions[k] = v
		}
		out.Extensions["code"] = string(f.Code)
		if id := requestID(ctx); id != "" {
			out.Extensions["requestId"] = id
		}
		if argument := argumentOf(ctx, f, out.Path); argument != "" {
			out.Extensions["argument"] = argument
		}
		return out
	}
}

// abandoned reports whether the operation failed for no other reason than that its client has left.
func abandoned(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, context.Canceled)
}

// isProtocol reports whether the code is one that gqlgen, or the limits of an operation, gave.
func isProtocol(coded string) bool {
	switch coded {
	case errcode.ValidationFailed, errcode.ParseFailed, string(ComplexityLimitExceeded), string(Unauthenticated), string(RateLimited):
		return true
	}
	return strings.HasPrefix(coded, "PERSISTED_QUERY_")
}

// argumentOf returns the path of the input at fault: the one that the error names, or what gqlgen appended to the
// path of the field while it read the arguments.
func argumentOf(ctx context.Context, f *Error, path ast.Path) string {
	if f.Argument != "" || f.Code != BadUserInput {
		return f.Argument
	}
	field := graphql.GetFieldContext(ctx)
	if field == nil {
		return ""
	}
	if at := len(field.Path()); at < len(path) {
		return path[at:].String()
	}
	return ""
}

// redact keeps of an unclassified error what an operator needs and no value: a database's message may quote a row.
func redact(err error) string {
	var database *pq.Error
	if errors.As(err, &database) {
		return "postgres " + string(database.Code) + " " + database.Code.Name() + " " + database.Table + " " + database.Constraint
	}
	return err.Error()
}
