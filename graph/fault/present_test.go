package fault_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/lib/pq"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/privacy"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/generated"
)

// secret stands in the tests for everything that must not leave.
const secret = "Jane Roe"

// present presents the error of a field and returns what the client gets and what the log says.
func present(t *testing.T, err error, requestID string) (*gqlerror.Error, string) {
	t.Helper()
	var log bytes.Buffer
	presenter := fault.Presenter(slog.New(slog.NewTextHandler(&log, nil)), func(context.Context) string { return requestID })
	ctx := graphql.WithFieldContext(t.Context(), &graphql.FieldContext{
		Object: "Query", Field: graphql.CollectedField{Field: &ast.Field{Name: "case", Alias: "mine"}},
	})
	return presenter(ctx, err), log.String()
}

func TestPresenter(t *testing.T) {
	wrapped := func(err error) error { return fmt.Errorf("reading %s: %w", secret, err) }
	_, invalid := code.ParseDate("32nd of May")
	for _, c := range []struct {
		name     string
		err      error
		code     fault.Code
		message  string
		argument string
	}{
		{"a classified one", fault.New(fault.Conflict, "the row has changed"), fault.Conflict, "the row has changed", ""},
		{"one deep inside", wrapped(fault.Input("input.reason", "3 to %d characters", 9)), fault.BadUserInput, "3 to 9 characters", "input.reason"},
		{"one with a cause", &fault.Error{Code: fault.NotFound, Message: "case not found", Err: errors.New(secret)}, fault.NotFound, "case not found", ""},
		{"a missing one", fault.Missing("patient"), fault.NotFound, "patient not found", ""},
		{"ent's not found", wrapped(&ent.NotFoundError{}), fault.NotFound, "not found", ""},
		{"a denial", wrapped(privacy.Denyf("PATIENT may not read %s", secret)), fault.Forbidden, "not allowed", ""},
		{"a validator", wrapped(&ent.ValidationError{Name: "subject"}), fault.BadUserInput, "the value of subject is not valid", ""},
		{"a placement", wrapped(lifecycle.MayHold(code.DepartmentCodeLegal, code.CaseKindAdverseEvent, code.LabelStatusUnknown)), fault.BadUserInput, "LEGAL may not hold it: an adverse event is the work of drug safety", "input.department"},
		{"an identifier", wrapped(gid.ErrMalformed), fault.BadUserInput, "malformed identifier", ""},
		{"a date", wrapped(invalid), fault.BadUserInput, "a date is written YYYY-MM-DD", ""},
		{"the deadline", wrapped(context.DeadlineExceeded), fault.Timeout, "the operation took too long", ""},
		{"a cancelled statement", wrapped(&pq.Error{Code: "57014", Message: secret}), fault.Timeout, "the operation took too long", ""},
		{"a database's refusal", wrapped(&pq.Error{Code: "23502", Message: secret, Detail: secret, Table: "patients"}), fault.Internal, "internal error", ""},
		{"anything else", errors.New("SELECT name FROM patients WHERE name = '" + secret + "'"), fault.Internal, "internal error", ""},
		{"one that says itself that it is internal", fault.New(fault.Internal, "%s", secret), fault.Internal, "internal error", ""},
		{"an extended one of gqlgen's", &gqlerror.Error{Message: secret, Path: ast.Path{ast.PathName("mine")}, Extensions: map[string]any{"code": "NONESUCH"}}, fault.Internal, "internal error", ""},
	} {
		out, log := present(t, c.err, "r-1")
		want := map[string]any{"code": string(c.code), "requestId": "r-1"}
		if c.argument != "" {
			want["argument"] = c.argument
		}
		text, _ := json.Marshal(out)
		if out.Message != c.message || fmt.Sprint(out.Extensions) != fmt.Sprint(want) || out.Path.String() != "mine" {
			t.Errorf("%s: %s", c.name, text)
		}
		for _, hidden := range []string{secret, "SELECT", "patients", "57014", "23502"} {
			if strings.Contains(string(text), hidden) {
				t.Errorf("%s: the client is told of %s: %s", c.name, hidden, text)
			}
		}
		if logged := strings.Count(log, "operation failed"); logged != map[bool]int{true: 1}[c.code == fault.Internal] {
			t.Errorf("%s is logged %d times: %s", c.name, logged, log)
		}
		if c.code == fault.Internal && !strings.Contains(log, "request_id=r-1") {
			t.Errorf("%s is logged without its request: %s", c.name, log)
		}
		if fault.Classify(c.err).Code != c.code {
			t.Errorf("%s is %s", c.name, fault.Classify(c.err).Code)
		}
	}
	if _, log := present(t, &pq.Error{Code: "23502", Message: secret, Detail: secret, Table: "patients"}, ""); strings.Contains(log, secret) ||
		!strings.Contains(log, "not_null_violation patients") {
		t.Errorf("the log quotes a row, or does not say what happened: %s", log)
	}
	out, _ := present(t, &fault.Error{Code: fault.AlreadyAccepted, Message: "late", Extra: map[string]any{"acceptedAt": "then"}}, "")
	if fmt.Sprint(out.Extensions) != "map[acceptedAt:then code:ALREADY_ACCEPTED]" {
		t.Errorf("the extensions are %v", out.Extensions)
	}
}

// TestDuplicates: a second row where there may be one is CONFLICT on both engines.
// TestAbandoned: a client that leaves is no failure of the server; whatever else goes wrong is one, and so is an
// operation that is cancelled while its client waits.
func TestAbandoned(t *testing.T) {
	left, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx    context.Context
		err    error
		logged bool
	}{
		{left, fmt.Errorf("following: %w", context.Canceled), false},
		{left, errors.New("a row is missing"), true},
		{t.Context(), context.Canceled, true},
	} {
		var log bytes.Buffer
		present := fault.Presenter(slog.New(slog.NewTextHandler(&log, nil)), func(context.Context) string { return "" })
		_ = present(c.ctx, c.err)
		if logged := log.Len() > 0; logged != c.logged {
			t.Errorf("%v is logged: %t", c.err, logged)
		}
	}
}

func TestDuplicates(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		system := viewer.System(t.Context(), "test")
		create := s.Client.Product.Create().SetName(secret).SetTherapeuticArea("Oncology").SetKind(code.ProductKindDrug).
			SetMarketingStatus(code.MarketingStatusApproved)
		first, err := create.Save(system)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Client.Product.Create().SetID(first.ID).SetName(secret).SetTherapeuticArea("Oncology").SetKind(code.ProductKindDrug).
			SetMarketingStatus(code.MarketingStatusApproved).Save(system)
		if out, _ := present(t, err, ""); out.Extensions["code"] != "CONFLICT" || out.Message != "there is such a row already" {
			t.Errorf("%v: %v", err, out)
		}
	})
}

// run runs the document without resolvers: for what is refused before one is called.
func run(t *testing.T, document string, variables map[string]any) gqlerror.List {
	t.Helper()
	e := executor.New(generated.NewExecutableSchema(generated.Config{}))
	e.SetErrorPresenter(fault.Presenter(slog.New(slog.DiscardHandler), func(context.Context) string { return "" }))
	ctx := graphql.StartOperationTrace(t.Context())
	op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: document, Variables: variables})
	if errs != nil {
		return e.DispatchError(graphql.WithOperationContext(ctx, op), errs).Errors
	}
	respond, ctx := e.DispatchOperation(ctx, op)
	return respond(ctx).Errors
}

func TestBadInputNamesItsArgument(t *testing.T) {
	const nonsense = "case_nonsense-" + secret
	mutation := "mutation ($input: AcceptCaseInput!) { acceptCase(input: $input) { case { id } } }"
	for _, c := range []struct {
		document  string
		variables map[string]any
		argument  string
		message   string
	}{
		{`{ case(id: "` + nonsense + `") { id } }`, nil, "id", "malformed identifier"},
		{"query ($id: ID!) { c: case(id: $id) { id } }", map[string]any{"id": nonsense}, "id", "malformed identifier"},
		{"query ($id: ID!) { case(id: $id) { id } }", map[string]any{"id": json.Number("7")}, "id", "malformed identifier"},
		{"query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", map[string]any{"ids": []any{"case_00000000000000000000000000", nonsense}}, "ids[1]", "malformed identifier"},
		{`mutation { acceptCase(input: {caseId: "` + nonsense + `"}) { case { id } } }`, nil, "input.caseId", "malformed identifier"},
		{mutation, map[string]any{"input": map[string]any{"caseId": nonsense}}, "input.caseId", "malformed identifier"},
		{`{ myCases(filter: {receivedFrom: "` + nonsense + `"}) { totalCount } }`, nil, "filter.receivedFrom", "a Time is written as RFC 3339, as in 2026-01-31T09:30:00Z"},
	} {
		errs := run(t, c.document, c.variables)
		if len(errs) != 1 {
			t.Errorf("%s: %v", c.document, errs)
			continue
		}
		text, _ := json.Marshal(errs[0])
		if errs[0].Extensions["code"] != "BAD_USER_INPUT" || errs[0].Extensions["argument"] != c.argument || c.message != "" && errs[0].Message != c.message {
			t.Errorf("%s: %s", c.document, text)
		}
		if strings.Contains(string(text), secret) {
			t.Errorf("%s: the value comes back: %s", c.document, text)
		}
	}
}

func TestRefusedDocuments(t *testing.T) {
	for _, c := range []struct {
		document  string
		variables map[string]any
		code      string
	}{
		{"{ nonsense", nil, "GRAPHQL_PARSE_FAILED"},
		{"{ pacient(id: 1) { id } }", nil, "GRAPHQL_VALIDATION_FAILED"},
		{"{ patient(idd: 1) { id } }", nil, "GRAPHQL_VALIDATION_FAILED"},
		{"query ($first: Int) { products(first: $first) { totalCount } }", map[string]any{"first": secret}, "GRAPHQL_VALIDATION_FAILED"},
		{"query ($f: CaseFilter) { cases(filter: $f) { totalCount } }", map[string]any{"f": map[string]any{"kind": secret}}, "GRAPHQL_VALIDATION_FAILED"},
		{"query ($f: CaseFilter) { cases(filter: $f) { totalCount } }", map[string]any{"f": map[string]any{"nonesuch": secret}}, "GRAPHQL_VALIDATION_FAILED"},
	} {
		errs := run(t, c.document, c.variables)
		if len(errs) == 0 || slices.ContainsFunc(errs, func(e *gqlerror.Error) bool { return e.Extensions["code"] != c.code }) {
			t.Errorf("%s: %v", c.document, errs)
		}
		for _, err := range errs {
			if argument := err.Extensions["argument"]; len(err.Path) > 0 || (argument != nil) != (c.variables != nil) {
				t.Errorf("%s: at %v, of %v", c.document, err.Path, argument)
			}
		}
		text, _ := json.Marshal(errs)
		if strings.Contains(string(text), secret) || strings.Contains(string(text), "Did you mean") {
			t.Errorf("%s: %s", c.document, text)
		}
	}
}

func TestCodeOf(t *testing.T) {
	if got := fault.CodeOf(fmt.Errorf("outer: %w", fault.Missing("case"))); got != fault.NotFound {
		t.Error(got)
	}
	if got := fault.CodeOf(errors.New("anything")); got != fault.Internal {
		t.Error(got)
	}
	cause := errors.New("cause")
	if f := (&fault.Error{Code: fault.Conflict, Message: "m", Err: cause}); !errors.Is(f, cause) || f.Error() != "CONFLICT: m: cause" {
		t.Error(f)
	}
	if f := fault.New(fault.Conflict, "m"); f.Error() != "CONFLICT: m" {
		t.Error(f)
	}
}
