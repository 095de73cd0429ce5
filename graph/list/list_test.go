package list_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
)

const contract = `
	scalar Time
	enum Status { NEW CLOSED }
	input Filter { status: [Status!], grid: [[Int]], patient: ID, patients: [ID!], since: Time, min: Int, share: Float, open: Boolean, text: String, inner: Filter }
	type Query { cases(filter: Filter): Int }`

// TestNormalise gives each value as a literal, as variables decoded in both ways, and as gqlgen unmarshals it:
// all have one normal form.
func TestNormalise(t *testing.T) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: contract})
	if err != nil {
		t.Fatal(err)
	}
	patient := gid.ID{Prefix: "patient", UUID: uuid.MustParse("018f5a3e-1c2b-7000-8000-000000000001")}
	since := time.Date(2026, 1, 2, 4, 4, 5, 6000, time.FixedZone("", 3600))
	for _, test := range []struct {
		field    string
		literal  string
		variable string
		bound    any
		want     any
	}{
		{"status", `[NEW, CLOSED]`, `["NEW","CLOSED"]`, []code.CaseStatus{"NEW", "CLOSED"}, []any{"NEW", "CLOSED"}},
		{"status", `NEW`, `"NEW"`, []code.CaseStatus{"NEW"}, []any{"NEW"}},
		{"status", `[]`, `[]`, []code.CaseStatus{}, []any{}},
		{"status", `null`, `null`, []code.CaseStatus(nil), nil},
		{"grid", `[1, [2, null]]`, `[1, [2, null]]`, [][]*int{{new(1)}, {new(2), nil}}, []any{[]any{int64(1)}, []any{int64(2), nil}}},
		{"grid", `7`, `7`, [][]*int{{new(7)}}, []any{[]any{int64(7)}}},
		{"patient", `"` + patient.String() + `"`, `"` + patient.String() + `"`, &patient, patient.String()},
		{"patient", `null`, `null`, (*gid.ID)(nil), nil},
		{"patients", `"` + patient.String() + `"`, `"` + patient.String() + `"`, []gid.ID{patient}, []any{patient.String()}},
		{"since", `"2026-01-02T03:04:05.000006Z"`, `"2026-01-02T03:04:05.000006Z"`, &since, "2026-01-02T03:04:05.000006Z"},
		{"min", `3`, `3`, new(int32(3)), int64(3)},
		{"min", `-9007199254740993`, `-9007199254740993`, new(-9007199254740993), int64(-9007199254740993)},
		{"share", `1`, `1`, new(1.0), 1.0},
		{"share", `0.25`, `0.25`, new(0.25), 0.25},
		{"open", `false`, `false`, new(false), false},
		{"text", `"a\"b"`, `"a\"b"`, new(`a"b`), `a"b`},
		{
			"inner", `{status: NEW, min: 3}`, `{"status":"NEW","min":3}`,
			map[string]any{"status": []code.CaseStatus{"NEW"}, "min": new(3)},
			map[string]any{"status": []any{"NEW"}, "min": int64(3)},
		},
		{"inner", `{text: null}`, `{"text":null}`, map[string]any{"text": (*string)(nil)}, map[string]any{"text": nil}},
	} {
		filter := schema.Types["Filter"]
		doc, problems := gqlparser.LoadQueryWithRules(schema, `{ cases(filter: {`+test.field+`: `+test.literal+`}) }`, nil)
		if problems != nil {
			t.Fatal(problems)
		}
		literal, err := doc.Operations[0].SelectionSet[0].(*ast.Field).Arguments.ForName("filter").Value.Value(nil)
		if err != nil {
			t.Fatal(err)
		}
		var decoded any
		if err := json.Unmarshal([]byte(test.variable), &decoded); err != nil {
			t.Fatal(err)
		}
		object := ast.NamedType("Filter", nil)
		for form, value := range map[string]any{
			"literal":  literal,
			"variable": map[string]any{test.field: numbered(t, test.variable)},
			"bound":    map[string]any{test.field: test.bound},
		} {
			want := map[string]any{test.field: test.want}
			got := list.Normalise(schema, object, value)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s as %s (-want +got):\n%s", test.field, test.literal, form, diff)
			}
			if diff := cmp.Diff(got, list.Normalise(schema, object, got)); diff != "" {
				t.Errorf("%s: normalising twice differs:\n%s", test.field, diff)
			}
		}
		if test.field != "min" || test.want == int64(3) { // a float64 holds no larger integer
			got := list.Normalise(schema, filter.Fields.ForName(test.field).Type, decoded)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s: %s decoded to float64 (-want +got):\n%s", test.field, test.variable, diff)
			}
		}
	}
	if got := list.Normalise(schema, ast.ListType(ast.NamedType("Status", nil), nil), viewer.Symbol("var")); got != viewer.Symbol("var") {
		t.Errorf("a symbol became %#v", got)
	}
}

// numbered decodes as gqlgen's transports do.
func numbered(t *testing.T, text string) (value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestWhere(t *testing.T) {
	text := func(any) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(sql.ExprP("a = 1 OR b = 2")).Or() }
	}
	of := list.Of{
		Entity: "CareCase",
		Filter: map[string]func(any) func(*sql.Selector){
			"loose": text, "also": text, "status": list.AmongCodes("status"), "patient": list.Is("patient_id"),
			"patients": list.AmongKeys("patient_id"), "until": list.Until("received_at"), "from": list.From("received_at"),
		},
		Open: map[string]func(any) (any, error){
			"patient": list.Key("patient"), "patients": list.Key("patient"), "until": list.Time, "from": list.Time,
		},
	}
	key := uuid.MustParse("018f5a3e-1c2b-7000-8000-000000000001")
	patient := gid.ID{Prefix: "patient", UUID: key}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for _, test := range []struct {
		filter map[string]any
		sql    string
		args   []any
	}{
		{nil, ``, nil},
		{map[string]any{"status": nil, "patient": (*gid.ID)(nil)}, ``, nil},
		{
			map[string]any{"loose": 1, "also": 1},
			` WHERE (a = 1 OR b = 2) AND (a = 1 OR b = 2)`, nil,
		},
		{map[string]any{"patient": patient.String()}, " WHERE (`t`.`patient_id` = ?)", []any{key}},
		{map[string]any{"patient": viewer.Symbol("p")}, " WHERE (`t`.`patient_id` = ?)", []any{viewer.Symbol("p")}},
		{
			map[string]any{"patients": []gid.ID{patient}},
			" WHERE (`t`.`patient_id` IN (SELECT value FROM json_each(?)))",
			[]any{`["` + key.String() + `"]`},
		},
		{
			map[string]any{"status": new(code.CaseStatusNew)},
			" WHERE (`t`.`status` IN (SELECT value FROM json_each(?)))",
			[]any{`["NEW"]`},
		},
		{
			map[string]any{"until": "2026-01-02T04:04:05.0000067+01:00", "from": at},
			" WHERE (`t`.`received_at` >= ?) AND (`t`.`received_at` < ?)",
			[]any{at, at},
		},
	} {
		where, err := of.Where(test.filter)
		if err != nil {
			t.Errorf("%v: %v", test.filter, err)
			continue
		}
		s := sql.Dialect(dialect.SQLite).Select("*").From(sql.Table("t"))
		where(s)
		got, args := s.Query()
		if want := "SELECT * FROM `t`" + test.sql; got != want || !cmp.Equal(args, test.args) {
			t.Errorf("%v:\ngot  %s %v\nwant %s %v", test.filter, got, args, want, test.args)
		}
	}
	for argument, filter := range map[string]map[string]any{
		"filter.colour":     {"colour": "red"},
		"filter.patient":    {"patient": gid.ID{Prefix: "case", UUID: key}},
		"filter.patients.1": {"patients": []any{patient, "x"}},
		"filter.until":      {"until": 5},
	} {
		_, err := of.Where(filter)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.BadUserInput || f.Argument != argument {
			t.Errorf("%v: got %v, want BAD_USER_INPUT of %s", filter, err, argument)
		}
	}
}

func TestOrder(t *testing.T) {
	of := list.Of{Orders: map[string]list.Order{"A": {Columns: []string{"a"}}, "B": {Desc: true}}, Default: "A"}
	for name, want := range map[*string]list.Order{nil: of.Orders["A"], new("B"): of.Orders["B"]} {
		if got, err := of.Order(name); err != nil || !cmp.Equal(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	}
	if _, err := of.Order(new("C")); fault.CodeOf(err) != fault.BadUserInput {
		t.Errorf("got %v", err)
	}
	if got := of.Orders["A"].Key(); !cmp.Equal(got, []string{"a", "id"}) {
		t.Errorf("got %v", got)
	}
}
