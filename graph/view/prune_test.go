package view_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/view"
)

// small is a contract in which mutants of TestFaults replace a part.
const small = `
directive @access(to: [Persona!]!, when: AccessCondition) repeatable on OBJECT | INTERFACE | UNION | ENUM | SCALAR | FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_OBJECT | INPUT_FIELD_DEFINITION | ENUM_VALUE
enum Persona @access(to: [ADMIN]) { PATIENT PROVIDER LIAISON COORDINATOR STAFF ANALYST ADMIN }
enum AccessCondition @access(to: [ADMIN]) { SELF WORK MEDICAL_AFFAIRS_CONSENT NONESUCH }
type Query {
  node(id: ID!): Node @access(to: [PATIENT, STAFF, ADMIN])
  nodes(ids: [ID!]!): [Node]! @access(to: [PATIENT, STAFF, ADMIN])
  patient(sex: Sex, filter: PatientFilter, secret: String @access(to: [ADMIN])): Patient @access(to: [PATIENT, STAFF, ADMIN])
  work: Work @access(to: [STAFF, ADMIN])
}
type Subscription { items: Item! @access(to: [STAFF, ADMIN]) }
interface Node @access(to: [PATIENT, STAFF, ADMIN]) { id: ID! code: String }
type Patient implements Node @access(to: [PATIENT, STAFF, ADMIN]) {
  id: ID!
  code: String @access(to: [STAFF, ADMIN])
  name: String @access(to: [ADMIN]) @access(to: [STAFF], when: MEDICAL_AFFAIRS_CONSENT)
  sex: Sex
  site: Site
}
type Site implements Node @access(to: [PATIENT, ADMIN]) { id: ID! code: String name: String }
type Work @access(to: [STAFF, ADMIN]) { secret: Secret either: Either note: String }
type Secret @access(to: [ADMIN]) { text: String }
type Hidden implements Node @access(to: [ADMIN]) { id: ID! code: String }
union Either @access(to: [STAFF, ADMIN]) = Work | Secret
union Item @access(to: [STAFF, ADMIN]) = Work
enum Sex @access(to: [PATIENT, STAFF, ADMIN]) { MALE FEMALE SECRET @access(to: [ADMIN]) }
input PatientFilter @access(to: [STAFF, ADMIN]) { sex: Sex name: String @access(to: [ADMIN]) deep: Deep }
input Deep @access(to: [ADMIN]) { name: String }
`

// buildSmall builds the views of the small contract, each old text in it replaced by the new one behind it.
func buildSmall(t *testing.T, replace ...string) (map[viewer.Persona]*view.View, error) {
	t.Helper()
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(small, replace[i]) {
			t.Fatalf("the contract has no %q", replace[i])
		}
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "small", Input: strings.NewReplacer(replace...).Replace(small)})
	if err != nil {
		t.Fatal(err)
	}
	return view.Build(schema)
}

func TestFaults(t *testing.T) {
	if _, err := buildSmall(t); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, mutant, want string }{
		{"type Secret @access(to: [ADMIN])", "type Secret", "Secret has no @access"},
		{"type Secret @access(to: [ADMIN])", "type Secret", "Secret.text has no @access"},
		{"union Item @access(to: [STAFF, ADMIN])", "union Item", "Item has no @access"},
		{"enum Sex @access(to: [PATIENT, STAFF, ADMIN])", "enum Sex", "Sex.MALE has no @access"},
		{"input Deep @access(to: [ADMIN])", "input Deep", "Deep.name has no @access"},
		{"interface Node @access(to: [PATIENT, STAFF, ADMIN])", "interface Node", "Node.id has no @access"},
		{"work: Work @access(to: [STAFF, ADMIN])", "work: Work", "Query.work has no @access"},
		{"name: String @access(to: [ADMIN]) @access(to: [STAFF], when", "name: String! @access(to: [ADMIN]) @access(to: [STAFF], when", "Patient.name has a condition and can not be null"},
		{"when: MEDICAL_AFFAIRS_CONSENT", "when: NONESUCH", "Patient.name: the condition NONESUCH is not defined for Patient"},
		{"when: MEDICAL_AFFAIRS_CONSENT", "when: WORK", "Patient.name: the condition WORK is not defined for Patient"},
		{"name: String @access(to: [ADMIN]) @access(to: [STAFF], when", "name: String @access(to: [ADMIN]) @access(to: [STAFF, ADMIN], when", "Patient.name gives ADMIN access twice"},
		{"secret: String @access(to: [ADMIN])", "secret: String @access(to: [ADMIN, ADMIN])", "Query.patient.secret gives ADMIN access twice"},
		{"SECRET @access(to: [ADMIN])", "SECRET @access(to: [ADMIN]) @access(to: [ADMIN])", "Sex.SECRET gives ADMIN access twice"},
		{"secret: String @access(to: [ADMIN])", "secret: String @access(to: [ADMIN], when: SELF)", "Query.patient.secret has a condition and is no field of an object"},
		{"SECRET @access(to: [ADMIN])", "SECRET @access(to: [ADMIN], when: SELF)", "Sex.SECRET has a condition and is no field of an object"},
		{"name: String @access(to: [ADMIN]) deep", "name: String @access(to: [ADMIN], when: SELF) deep", "PatientFilter.name has a condition and is no field of an object"},
		{"type Secret @access(to: [ADMIN])", "type Secret @access(to: [ADMIN], when: SELF)", "Secret has a condition and is no field of an object"},
		{"note: String", "note: String @access(to: [PATIENT])", "Work.note gives PATIENT access to a part of what PATIENT does not have"},
		{"secret: String @access(to: [ADMIN])", "secret: String @access(to: [LIAISON])", "Query.patient.secret gives LIAISON access to a part of what LIAISON does not have"},
		{"SECRET @access(to: [ADMIN])", "SECRET @access(to: [LIAISON])", "Sex.SECRET gives LIAISON access to a part of what LIAISON does not have"},
		{"secret: String @access(to: [ADMIN])", "secret: String! @access(to: [ADMIN])", "Query.patient.secret is demanded or has a default, and the view lacks it"},
		{"secret: String @access(to: [ADMIN])", `secret: String = "" @access(to: [ADMIN])`, "Query.patient.secret is demanded or has a default, and the view lacks it"},
		{"name: String @access(to: [ADMIN]) deep: Deep", "name: String! @access(to: [ADMIN]) deep: Deep", "PatientFilter.name is demanded or has a default, and the view lacks it"},
		{"deep: Deep", "deep: Deep!", "PatientFilter.deep is demanded or has a default, and the view lacks it"},
		{"sex: Sex\n  site", "sex: Sex!\n  site", "Patient.sex may have a value that the view lacks, and can not be null"},
		{"sex: Sex\n  site", "sex: [Sex]!\n  site", "Patient.sex may have a value that the view lacks, and can not be null"},
		{"either: Either", "either: Either!", "Work.either may have a value that the view lacks, and can not be null"},
		{"nodes(ids: [ID!]!): [Node]!", "nodes(ids: [ID!]!): [Node!]", "Query.nodes may have a value that the view lacks, and can not be null"},
		{"union Item @access(to: [STAFF, ADMIN]) = Work", "union Item @access(to: [STAFF, ADMIN]) = Work | Secret", "Subscription.items may have a value that the view lacks, and can not be null"},
	} {
		if _, err := buildSmall(t, c.old, c.mutant); err == nil || !slices.Contains(strings.Split(err.Error(), "\n"), c.want) &&
			!slices.Contains(strings.Split(after(err.Error(), ": "), "\n"), c.want) {
			t.Errorf("%s: got %v, want %s", c.mutant, err, c.want)
		}
	}
}

// after returns the text behind the first separator.
func after(text, separator string) string {
	_, rest, _ := strings.Cut(text, separator)
	return rest
}

func TestPrune(t *testing.T) {
	views, err := buildSmall(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		persona viewer.Persona
		want    map[string]string
	}{
		{viewer.Patient, map[string]string{
			"Query":   "node nodes patient(sex)",
			"Node":    "id", // a patient's code is gone, so the interface has none
			"Patient": "id sex site",
			"Site":    "id code name",
			"Sex":     "MALE FEMALE",
		}},
		{viewer.Staff, map[string]string{
			"Query":         "node nodes patient(sex filter) work",
			"Subscription":  "items",
			"Node":          "id code", // no site is left to have lost anything
			"Patient":       "id code name sex",
			"Work":          "either note", // the secret is gone with its type
			"Either":        "Work",
			"Item":          "Work",
			"Sex":           "MALE FEMALE",
			"PatientFilter": "sex",
		}},
		{viewer.Admin, map[string]string{
			"Query":         "node nodes patient(sex filter secret) work",
			"Subscription":  "items",
			"Node":          "id code",
			"Patient":       "id code name sex site",
			"Site":          "id code name",
			"Work":          "secret either note",
			"Secret":        "text",
			"Hidden":        "id code", // only node leads to it
			"Either":        "Work Secret",
			"Item":          "Work",
			"Sex":           "MALE FEMALE SECRET",
			"PatientFilter": "sex name deep",
			"Deep":          "name",
		}},
		{viewer.Analyst, map[string]string{}},
	} {
		got := map[string]string{}
		for name, def := range views[c.persona].Schema.Types {
			if !def.BuiltIn {
				got[name] = parts(def)
			}
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%s:\n got %v\nwant %v", c.persona, got, c.want)
		}
	}
	if got, ok := views[viewer.Staff].Condition("Patient", "name"); !ok || got != "MEDICAL_AFFAIRS_CONSENT" {
		t.Errorf("the condition of the name is %q", got)
	}
	if got, ok := views[viewer.Admin].Condition("Patient", "name"); ok {
		t.Errorf("for ADMIN the condition of the name is %q", got)
	}
}

// parts lists what is in a definition.
func parts(def *ast.Definition) string {
	var out []string
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		name := f.Name
		var arguments []string
		for _, a := range f.Arguments {
			arguments = append(arguments, a.Name)
		}
		if len(arguments) > 0 && !slices.Contains(arguments, "id") && !slices.Contains(arguments, "ids") {
			name += "(" + strings.Join(arguments, " ") + ")"
		}
		out = append(out, name)
	}
	for _, e := range def.EnumValues {
		out = append(out, e.Name)
	}
	return strings.Join(append(out, def.Types...), " ")
}

// TestPruneToTheEnd has a chain at whose far end nothing is left: each link goes with the one behind it.
func TestPruneToTheEnd(t *testing.T) {
	views, err := buildSmall(t, "type Secret @access(to: [ADMIN]) { text: String }", `
		type Secret @access(to: [ADMIN]) { text: String }
		type Far @access(to: [STAFF, ADMIN]) { secret: Secret }
		type Near @access(to: [STAFF, ADMIN]) { far: [Far!] }
		union Chain @access(to: [STAFF, ADMIN]) = Near
	`, "note: String", "note: String chain: Chain")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Secret", "Far", "Near", "Chain"} {
		if views[viewer.Staff].Has(name) || !views[viewer.Admin].Has(name) {
			t.Errorf("%s: STAFF %v, ADMIN %v", name, views[viewer.Staff].Has(name), views[viewer.Admin].Has(name))
		}
	}
	if views[viewer.Staff].Schema.Types["Work"].Fields.ForName("chain") != nil {
		t.Error("a field leads to nothing")
	}
}
