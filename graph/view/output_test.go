package view_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/view"
)

// nodes are a value of every type that can be asked for by its identifier.
var nodes = []ent.Noder{
	&ent.CareCase{}, &ent.CareProgram{}, &ent.CareRelationship{}, &ent.CaseRouting{}, &ent.Condition{}, &ent.Consent{},
	&ent.ConsentForm{}, &ent.ContactPoint{}, &ent.Coverage{}, &ent.Department{}, &ent.Enrollment{}, &ent.Identity{},
	&ent.ImportRun{}, &ent.InquiryQuestion{}, &ent.InquiryResponse{}, &ent.KnowledgeResource{}, &ent.LiaisonAssignment{},
	&ent.MedicalInquiry{}, &ent.Membership{}, &ent.Organization{}, &ent.Patient{}, &ent.PortalAccess{}, &ent.Product{},
	&ent.ProgramTeamMember{}, &ent.Provider{}, &ent.ResponseAnswer{}, &ent.ResponseCitation{},
	&ent.RoutingRule{}, &ent.StatusChange{}, &ent.Touchpoint{}, &ent.Treatment{}, &ent.Account{},
	&ent.EligibilityCriterion{}, &ent.Location{}, &ent.ProgramSite{}, &ent.ScheduledJob{}, &ent.TrialDetail{}, &ent.TrialSubject{},
	&ent.ActivityTemplate{}, &ent.BenefitVerification{}, &ent.CoverageBenefit{}, &ent.Disclosure{}, &ent.Document{}, &ent.EligibilityAnswer{},
	&ent.IdentityVerification{}, &ent.OnboardingPlan{}, &ent.PriorAuthorization{}, &ent.ProgramProduct{}, &ent.ProxyGrant{},
	&ent.ServiceActivity{}, &ent.VerificationAttempt{},
}

// careless resolves nodes without looking at anything.
type (
	careless        struct{ generated.ResolverRoot }
	carelessQueries struct{ generated.QueryResolver }
)

func (careless) Query() generated.QueryResolver { return carelessQueries{} }

func (carelessQueries) Node(_ context.Context, id gid.ID) (ent.Noder, error) {
	i := slices.IndexFunc(nodes, func(n ent.Noder) bool { return n.GlobalID().Prefix == id.Prefix })
	return nodes[i], nil
}

func (carelessQueries) Nodes(context.Context, []*gid.ID) ([]ent.Noder, error) {
	return append([]ent.Noder{nil}, nodes...), nil
}

// execute runs the query for the persona over resolvers that are careless.
func execute(t *testing.T, v *view.View, document string) *graphql.Response {
	t.Helper()
	e := executor.New(generated.NewExecutableSchema(generated.Config{Schema: v.Schema, Resolvers: careless{}}))
	e.AroundFields(v.Withhold)
	e.AroundResponses(view.Respond)
	ctx := viewer.NewContext(graphql.StartOperationTrace(t.Context()), &viewer.Identity{Role: v.Persona})
	op, errs := e.CreateOperationContext(ctx, &graphql.RawParams{Query: document, ReadTime: graphql.TraceTiming{}})
	if errs != nil {
		t.Fatal(errs)
	}
	respond, ctx := e.DispatchOperation(ctx, op)
	return respond(ctx)
}

// TestHiddenTypesAreWithheld has resolvers return a row of every type to every persona.
func TestHiddenTypesAreWithheld(t *testing.T) {
	public := 0
	for _, entity := range ent.Graph {
		if entity.Prefix != "" {
			public++
		}
	}
	if len(nodes) != public {
		t.Errorf("%d types are returned, and %d entities have identifiers", len(nodes), public)
	}
	for persona, v := range build(t) {
		document, hidden := "{ nodes(ids: []) { __typename id }", map[string]bool{}
		for i, n := range nodes {
			document += fmt.Sprintf(" n%d: node(id: %q) { __typename id }", i, n.GlobalID())
			hidden[view.TypeOf(n)] = !v.Has(view.TypeOf(n))
		}
		response := execute(t, v, document+" }")
		if len(response.Errors) > 0 {
			t.Errorf("%s: %v", persona, response.Errors)
		}
		var data map[string]json.RawMessage
		if err := json.Unmarshal(response.Data, &data); err != nil {
			t.Fatal(err)
		}
		var list []json.RawMessage
		if err := json.Unmarshal(data["nodes"], &list); err != nil {
			t.Fatal(err)
		}
		reasons := map[string]string{}
		for _, w := range response.Extensions["withheld"].([]view.Withheld) {
			reasons[w.Path.String()] = w.Reason
		}
		for i, n := range nodes {
			typ := view.TypeOf(n)
			single, element := data[fmt.Sprintf("n%d", i)], list[i+1]
			for path, got := range map[string]json.RawMessage{fmt.Sprintf("n%d", i): single, fmt.Sprintf("nodes[%d]", i+1): element} {
				want := fmt.Sprintf(`{"__typename":%q,"id":%q}`, typ, n.GlobalID())
				reason := ""
				if hidden[typ] {
					want, reason = "null", view.NotInView
				}
				if string(got) != want || reasons[path] != reason {
					t.Errorf("%s: %s at %s: %s, withheld for %q", persona, typ, path, got, reasons[path])
				}
			}
		}
		if !slices.Contains(slices.Collect(maps.Values(hidden)), true) {
			t.Errorf("%s: nothing is hidden", persona)
		}
	}
}

// field resolves one field of the view to the value and returns what is left of it and what was withheld.
func field(t *testing.T, v *view.View, object, name string, value any) (any, []view.Withheld) {
	t.Helper()
	def := v.Schema.Types[object].Fields.ForName(name)
	var left any
	response := view.Respond(t.Context(), func(ctx context.Context) *graphql.Response {
		ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{
			Object: object,
			Field:  graphql.CollectedField{Field: &ast.Field{Name: name, Alias: "alias", Definition: def}},
		})
		var err error
		if left, err = v.Withhold(ctx, func(context.Context) (any, error) { return value, nil }); err != nil {
			t.Fatal(err)
		}
		return &graphql.Response{}
	})
	withheld, _ := response.Extensions["withheld"].([]view.Withheld)
	return left, withheld
}

type sex string

// Shapes of a value of a union.
type (
	either interface{ isEither() }
	Work   struct{}
	Secret struct{}
)

func (Work) isEither()   {}
func (Secret) isEither() {}

func TestHiddenValuesAreWithheld(t *testing.T) {
	views, err := buildSmall(t, "note: String", "note: String sexes: [Sex!] eithers: [Either] sex: Sex",
		"sex: Sex\n  site", "sexes: [Sex!]\n  site")
	if err != nil {
		t.Fatal(err)
	}
	male, secret := sex("MALE"), sex("SECRET")
	for _, c := range []struct {
		field string
		value any
		want  any // for STAFF
		path  string
	}{
		{"sex", male, male, ""},
		{"sex", &male, &male, ""},
		{"sex", (*sex)(nil), (*sex)(nil), ""},
		{"sex", nil, nil, ""},
		{"sex", secret, nil, "alias"},
		{"sex", &secret, nil, "alias"},
		{"sexes", []sex{male, male}, []sex{male, male}, ""},
		{"sexes", []sex{}, []sex{}, ""},
		{"sexes", []sex{male, secret}, nil, "alias"},
		{"sexes", []*sex{&male, &secret}, nil, "alias"},
		{"sexes", []*sex{nil, &male}, []*sex{nil, &male}, ""},
		{"either", &Work{}, &Work{}, ""},
		{"either", Work{}, Work{}, ""},
		{"either", &Secret{}, nil, "alias"},
		{"either", Secret{}, nil, "alias"},
		{"eithers", []either{&Work{}, Secret{}, nil, Work{}}, []either{&Work{}, nil, nil, Work{}}, "alias[1]"},
		{"note", "SECRET", "SECRET", ""},
	} {
		got, withheld := field(t, views[viewer.Staff], "Work", c.field, c.value)
		var paths []string
		for _, w := range withheld {
			if w.Reason != view.NotInView {
				t.Errorf("%s of %v is withheld for %s", c.field, c.value, w.Reason)
			}
			paths = append(paths, w.Path.String())
		}
		if !reflect.DeepEqual(got, c.want) || strings.Join(paths, " ") != c.path {
			t.Errorf("%s of %v: %v, withheld %v", c.field, c.value, got, paths)
		}
		if got, withheld := field(t, views[viewer.Admin], "Work", c.field, c.value); !reflect.DeepEqual(got, c.value) || withheld != nil {
			t.Errorf("for ADMIN %s of %v: %v, withheld %v", c.field, c.value, got, withheld)
		}
	}
}

// TestStreamsPass: the value of a subscription's field is its channel.
func TestStreamsPass(t *testing.T) {
	views, err := buildSmall(t)
	if err != nil {
		t.Fatal(err)
	}
	items := make(<-chan either)
	if got, withheld := field(t, views[viewer.Staff], "Subscription", "items", items); got != any(items) || withheld != nil {
		t.Errorf("%v, withheld %v", got, withheld)
	}
}

// TestConditionNeedsARow: a conditional value that is no row's is not shown.
func TestConditionNeedsARow(t *testing.T) {
	views, err := buildSmall(t)
	if err != nil {
		t.Fatal(err)
	}
	got, withheld := field(t, views[viewer.Staff], "Patient", "name", "Ann")
	if got != nil || len(withheld) != 1 || withheld[0].Reason != "MEDICAL_AFFAIRS_CONSENT" {
		t.Errorf("%v, withheld %v", got, withheld)
	}
	if got, _ := field(t, views[viewer.Admin], "Patient", "name", "Ann"); got != "Ann" {
		t.Errorf("for ADMIN: %v", got)
	}
}

// withheldIn returns what a response lists whose fields withhold values at the paths, each path its own element.
func withheldIn(t *testing.T, values int, in func(i int) (object string, path int)) []view.Withheld {
	t.Helper()
	views, err := buildSmall(t, "note: String", "note: String sex: Sex", "text: String", "text: String sex: Sex",
		"type Secret @access(to: [ADMIN])", "type Secret @access(to: [STAFF, ADMIN])",
		"= Work\nenum", "= Work | Secret\nenum")
	if err != nil {
		t.Fatal(err)
	}
	v := views[viewer.Staff]
	response := view.Respond(t.Context(), func(ctx context.Context) *graphql.Response {
		for i := range values {
			object, at := in(i)
			row := graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &at})
			value := graphql.WithFieldContext(row, &graphql.FieldContext{
				Object: object,
				Field:  graphql.CollectedField{Field: &ast.Field{Name: "sex", Alias: "sex", Definition: v.Schema.Types[object].Fields.ForName("sex")}},
			})
			if _, err := v.Withhold(value, func(context.Context) (any, error) { return sex("SECRET"), nil }); err != nil {
				t.Fatal(err)
			}
		}
		return &graphql.Response{}
	})
	if response.Extensions == nil {
		return nil
	}
	if keys := slices.Collect(maps.Keys(response.Extensions)); !slices.Equal(keys, []string{"withheld"}) {
		t.Errorf("the extensions are %v", keys)
	}
	return response.Extensions["withheld"].([]view.Withheld)
}

func TestWithheldList(t *testing.T) {
	if got := withheldIn(t, 0, nil); got != nil {
		t.Errorf("a response that withholds nothing has extensions: %v", got)
	}
	got := withheldIn(t, 100, func(i int) (string, int) { return []string{"Work", "Secret"}[i%2], 199 - i })
	if len(got) != 100 {
		t.Errorf("%d of 100 are listed", len(got))
	}
	sorted := func(a, b view.Withheld) int { return strings.Compare(a.Path.String(), b.Path.String()) }
	if !slices.IsSortedFunc(got, sorted) {
		t.Errorf("the list is not sorted: %v", got)
	}
	text, err := json.Marshal(got[0])
	if err != nil || string(text) != `{"path":[100,"sex"],"reason":"NOT_IN_VIEW"}` {
		t.Errorf("%s, %v", text, err)
	}
	got = withheldIn(t, 101, func(i int) (string, int) { return []string{"Work", "Secret"}[i%2], 200 - i })
	if len(got) != 2 || !slices.IsSortedFunc(got, sorted) {
		t.Errorf("beyond 100 are listed %v", got)
	}
}
