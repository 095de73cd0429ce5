package graph_test

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/view"
)

// moment is a text that tells a day.
var moment = regexp.MustCompile(`\d{4}-\d{2}-\d{2}`)

// silent checks that nothing that identifies anybody is in what is not data: errors, extensions, the log.
func (w *world) silent(who, document string, a answer) {
	w.t.Helper()
	errors, err := json.Marshal(a.errors)
	w.ok(err)
	extensions, err := json.Marshal(a.extensions)
	w.ok(err)
	if found := storetest.Canaries(string(errors) + string(extensions)); len(found) > 0 {
		w.t.Errorf("%s: %s: %v in %s%s", who, document, found, errors, extensions)
	}
}

// unlogged checks the log as it is by now.
func (w *world) unlogged(when string) {
	w.t.Helper()
	for line := range strings.Lines(w.logs.String()) {
		if found := storetest.Canaries(line); len(found) > 0 {
			w.t.Fatalf("%s: %v in the log: %s", when, found, line)
		}
	}
}

// Everybody reads everything that there is to read. The canaries of the world are in the data of those who may
// know, and nowhere else.
func TestCanariesInReads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		asked, told := 0, map[viewer.Persona]int{}
		for _, p := range viewer.Personas() {
			schema := w.api.Views[p].Schema
			for _, f := range schema.Query.Fields {
				if strings.HasPrefix(f.Name, "__") {
					continue
				}
				for _, id := range w.arguments(p, f) {
					document := documentFor(schema, f, id, 2)
					a := w.do(first[p], document, id)
					if a.code() == "COMPLEXITY_LIMIT_EXCEEDED" {
						document = documentFor(schema, f, id, 1)
						a = w.do(first[p], document, id)
					}
					asked++
					if code := a.code(); code != "" && code != "NOT_FOUND" && code != "BAD_USER_INPUT" {
						t.Errorf("%s: %s: %v", first[p], document, a.errors)
					}
					w.silent(first[p], document, a)
					data := strings.ReplaceAll(a.raw, canary(first[p], "User"), "the own name")
					told[p] += len(storetest.Canaries(data))
					if p == viewer.Analyst && (moment.MatchString(data) || strings.Contains(data, "02139") || len(storetest.Canaries(data)) > 0) {
						t.Errorf("an analyst is shown %v %v: %s", moment.FindString(data), storetest.Canaries(data), data)
					}
				}
			}
		}
		w.unlogged("reads")
		if asked < 300 {
			t.Errorf("only %d operations", asked)
		}
		for p, n := range told {
			if silent := p == viewer.Analyst; silent != (n == 0) {
				t.Errorf("%s is shown %d canaries", p, n)
			}
		}
	})
}

// arguments are the variables with which the field is asked for: rows that the persona sees and foreign ones, what
// is no identifier, and nothing.
func (w *world) arguments(p viewer.Persona, f *ast.FieldDefinition) []vars {
	if !strings.Contains(argumentsOf(w.api.Views[p].Schema, f), "$") {
		return []vars{{}}
	}
	out := []vars{{"id": canary("malformed", "Id"), "ids": []string{canary("malformed", "Id")}}}
	for _, name := range []string{
		"patient ann", "patient bob", "patient cal", "case done", "case event", "case west", "provider provider", "provider provider2",
		"resource label", "touch ann", "enrollment ann", "consent ann", "inquiry done", "response done",
		"user coordinator", "subject ann", "activity ann", "program bridge",
	} {
		id := w.idFor(first[p], name)
		out = append(out, vars{"id": id, "ids": []string{id}, "type": name})
	}
	return out
}

// argumentsOf writes the identifiers that the field takes as variables, and something for what else it demands.
func argumentsOf(schema *ast.Schema, f *ast.FieldDefinition) string {
	var out []string
	for _, a := range f.Arguments {
		switch typ := schema.Types[a.Type.Name()]; {
		case typ.Name == "ID" && a.Type.Elem != nil:
			out = append(out, a.Name+": $ids")
		case typ.Name == "ID":
			out = append(out, a.Name+": $id")
		case a.Type.NonNull && typ.Kind == ast.Enum:
			out = append(out, a.Name+": "+typ.EnumValues[0].Name)
		case a.Type.NonNull && typ.Name == "Int":
			out = append(out, a.Name+": 30")
		case a.Type.NonNull && typ.Kind == ast.InputObject:
			out = append(out, a.Name+": "+inputOf(typ))
		}
	}
	if out == nil {
		return ""
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// inputOf writes an input object of days, from one year to the next.
func inputOf(typ *ast.Definition) string {
	var out []string
	for _, f := range typ.Fields {
		if f.Type.NonNull && f.Type.Name() == "Date" {
			out = append(out, f.Name+`: "`+map[bool]string{true: "2025-12-01", false: "2026-12-01"}[f.Name == "from"]+`"`)
		}
	}
	return "{" + strings.Join(out, ", ") + "}"
}

// documentFor asks for everything that the field leads to, as deep; for a Node, of the type that the variables say.
func documentFor(schema *ast.Schema, f *ast.FieldDefinition, variables vars, depth int) string {
	typ, arguments := f.Type.Name(), argumentsOf(schema, f)
	selected := selection(schema, typ, depth)
	if schema.Types[typ].IsAbstractType() {
		selected = " { id }"
		name, _ := variables["type"].(string)
		for _, possible := range schema.PossibleTypes[typ] {
			if strings.HasPrefix(name, ent.Graph[view.Entity(possible.Name)].Prefix+" ") {
				selected = " { ... on " + possible.Name + selection(schema, possible.Name, depth) + " }"
			}
		}
	}
	declared := ""
	switch {
	case strings.Contains(arguments, "$ids"):
		declared = "($ids: [ID!]!)"
	case strings.Contains(arguments, "$id"):
		declared = "($id: ID!)"
	}
	return "query" + declared + " { " + f.Name + arguments + selected + " }"
}

// selection selects every leaf of the type, and of what it leads to as deep.
func selection(schema *ast.Schema, typ string, depth int) string {
	def := schema.Types[typ]
	if def.IsLeafType() {
		return ""
	}
	out := []string{"__typename"}
	for _, f := range def.Fields {
		switch below := schema.Types[f.Type.Name()]; {
		case strings.HasPrefix(f.Name, "__"):
		case below.IsLeafType():
			out = append(out, f.Name)
		case strings.HasSuffix(typ, "Connection") && f.Name == "nodes":
			out = append(out, f.Name+selection(schema, below.Name, depth))
		case strings.HasSuffix(typ, "Connection") || depth == 0:
		case strings.HasSuffix(below.Name, "Connection"):
			out = append(out, f.Name+"(first: 3)"+selection(schema, below.Name, depth-1))
		default:
			out = append(out, f.Name+selection(schema, below.Name, depth-1))
		}
	}
	return " { " + strings.Join(out, " ") + " }"
}

// Whatever goes wrong, what was sent and what stands in the database stays out of errors and log.
func TestCanariesInFailures(t *testing.T) {
	marker := canary("sent", "Text")
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		for _, c := range []struct {
			who, document string
			variables     vars
		}{
			{"provider", submit, vars{"input": marker}},
			{"provider", submit, vars{"input": map[string]any{"unsolicited": marker}}},
			{"provider", submit, w.question(vars{"productId": marker})},
			{"provider", submit, w.question(vars{"questions": []any{map[string]any{"text": marker, "topic": marker}}})},
			{"provider", submit, w.question(vars{"questions": []any{map[string]any{"text": marker + "\x00", "topic": "SAFETY"}}})},
			{"provider", submit, w.question(vars{"questions": []any{map[string]any{"text": strings.Repeat(marker, 900), "topic": "SAFETY"}}})},
			{"provider", submit, w.question(vars{"subject": strings.Repeat(marker, 90)})},
			{"provider", submit, w.question(vars{"preferredDelivery": marker})},
			{"provider", submit, w.question(vars{"idempotencyKey": strings.Repeat(marker, 90)})},
			{"provider", `query($first: Int) { myCases(first: $first) { totalCount } }`, vars{"first": marker}},
			{"provider", `query($after: Cursor) { myCases(after: $after) { totalCount } }`, vars{"after": marker}},
			{"provider", `query($filter: CaseFilter) { myCases(filter: $filter) { totalCount } }`, vars{"filter": map[string]any{"product": marker}}},
			{"provider", `query($filter: CaseFilter) { myCases(filter: $filter) { totalCount } }`, vars{"filter": map[string]any{"receivedFrom": marker}}},
			{"provider", `query($filter: CaseFilter) { myCases(filter: $filter) { totalCount } }`, vars{"filter": map[string]any{"kind": []string{marker}}}},
			{"provider", `query($part: String) { myPatients(filter: {family: $part}) { totalCount } }`, vars{"part": marker + "\x00"}},
			{"coordinator", `mutation($at: Time) { recordConsent(input: {patientId: "x", scope: MARKETING, capturedVia: PHONE, capturedAt: $at, evidence: {recordingId: "r"}}) { consent { id } } }`, vars{"at": marker}},
			{
				"coordinator", `mutation($id: ID!, $text: String) { recordConsent(input: {patientId: $id, scope: MARKETING, capturedVia: PHONE, signerName: $text, evidence: {recordingId: $text}}) { consent { id } } }`,
				vars{"id": w.id("patient ann"), "text": strings.Repeat(marker, 90)},
			},
			{
				"coordinator", `mutation($id: ID!, $text: String) { recordConsent(input: {patientId: $id, scope: MARKETING, capturedVia: PHONE, signerName: $text, evidence: {recordingId: "r"}}) { consent { id } } }`,
				vars{"id": w.id("patient ann"), "text": strings.Repeat(marker, 90)},
			},
			{
				"coordinator", `mutation($id: ID!, $text: String) { recordConsent(input: {patientId: $id, scope: MARKETING, capturedVia: PHONE, evidence: {witness: $text}}) { consent { id } } }`,
				vars{"id": w.id("patient ann"), "text": marker},
			},
			{"liaison", `mutation($id: ID!, $text: String!) { rerouteCase(input: {caseId: $id, department: COMMERCIAL, reason: $text}) { caseId } }`, vars{"id": w.id("case waiting"), "text": strings.Repeat(marker, 200)}},
			{"safety", `mutation($id: ID!, $text: String!) { rerouteCase(input: {caseId: $id, department: LEGAL, reason: $text}) { caseId } }`, vars{"id": w.id("case event"), "text": marker}},
			{"coordinator", `mutation($text: String!) { createProgram(input: {kind: THERAPY, name: $text}) { program { id } } }`, vars{"text": strings.Repeat(marker, 90)}},
			{"coordinator", `mutation($id: ID!, $text: String!) { defineProgram(input: {programId: $id, criteria: [{kind: INCLUSION, text: "Adults", expression: $text}]}) { program { id } } }`, vars{"id": w.id("program sketch"), "text": marker + " >"}},
			{"coordinator", `mutation($id: ID!, $text: String!) { pauseProgram(input: {programId: $id, reason: $text}) { program { id } } }`, vars{"id": w.id("program bridge"), "text": strings.Repeat(marker, 90)}},
			{"coordinator", screen, vars{"id": w.id("subject ann"), "number": strings.Repeat(marker, 90)}},
			{"coordinator", screen, vars{"id": w.id("subject ann"), "number": marker}},
			{"coordinator", screeningFound, vars{"id": w.id("subject ann"), "fit": false, "note": strings.Repeat(marker, 90)}},
			{"coordinator", `mutation($id: ID!, $text: String!) { withdrawTrialSubject(input: {subjectId: $id, reason: $text}) { subject { id } } }`, vars{"id": w.id("subject ann"), "text": marker}},
			{"coordinator", completeActivity, vars{"id": w.id("activity ann"), "outcome": strings.Repeat(marker, 90)}},
			{"coordinator", completeActivity, vars{"id": w.id("activity ann"), "outcome": marker}},
		} {
			a := w.do(c.who, c.document, c.variables)
			if len(a.errors) == 0 {
				t.Errorf("%s does not fail: %s", c.document, a.raw)
			}
			if code := a.code(); code == "INTERNAL" || code == "" && len(a.errors) > 0 {
				t.Errorf("%s: nobody classified %v", c.document, a.errors)
			}
			w.silent(c.who, c.document, a)
			w.unlogged(c.document)
		}
	})
}

// A resolver that breaks over a row tells nobody what stands in it.
func TestCanariesInPanics(t *testing.T) {
	for name, broken := range map[string]func(*ent.Patient){
		"text":    func(p *ent.Patient) { panic("no place for " + p.Family) },
		"error":   func(p *ent.Patient) { panic(&json.UnsupportedValueError{Str: p.Family}) },
		"runtime": func(p *ent.Patient) { _ = []string{p.Family}[len(p.Family)] },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.SQLite(t))
			w.client.Patient.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
				return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
					value, err := next.Query(ctx, q)
					if rows, ok := value.([]*ent.Patient); ok && len(rows) > 0 {
						broken(rows[0])
					}
					return value, err
				})
			}))
			const document = `{ myPatients { nodes { family } } }`
			a := w.execute(w.as("provider"), &graphql.RawParams{Query: document})
			if a.code() != "INTERNAL" || a.data != nil {
				t.Errorf("%s", a.raw)
			}
			w.silent("provider", document, a)
			w.unlogged(document)
			if !slices.ContainsFunc(strings.Split(w.logs.String(), "\n"), func(line string) bool { return strings.Contains(line, "canary_test.go") }) {
				t.Error("the log does not tell where it broke")
			}
		})
	}
}
