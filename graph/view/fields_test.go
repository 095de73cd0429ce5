package view_test

import (
	"fmt"
	goast "go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	entschema "entgo.io/ent/dialect/sql/schema"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/golden"
	"github.com/carehub/carehub/ent/migrate"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/view"
)

// TestHowEachFieldIsRead writes down for every field of every view how it is read: what is no more than a column,
// an edge, a list, or computed from columns of its row can be read by one statement for a whole operation.
func TestHowEachFieldIsRead(t *testing.T) {
	schema := contract()
	resolvers, views := resolved(), build(t)
	columns := columnsOf(t)
	var table strings.Builder
	counts := map[string]int{}
	declared := map[string]bool{}
	for _, name := range readable(schema) {
		for _, f := range schema.Types[name].Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			field := name + "." + f.Name
			kind, err := kindOf(schema.Types[name], f, resolvers[field])
			if err != nil {
				t.Error(err)
				continue
			}
			declared[field] = true
			counts[kind]++
			detail := ""
			if kind == "computed" && graph.Computed[field] != nil {
				detail = " of " + strings.Join(graph.Computed[field], ", ")
				if got := columns[field]; !slices.Equal(got, graph.Computed[field]) {
					t.Errorf("%s is declared to follow from %v, and its resolver reads %v", field, graph.Computed[field], got)
				}
			}
			if !inAView(views, name, f.Name) {
				t.Errorf("no view has %s", field)
			}
			fmt.Fprintf(&table, "%-8s %s%s\n", kind, field, detail)
		}
	}
	for _, field := range slices.Concat(graph.Resolved, slices.Collect(maps.Keys(graph.Computed))) {
		if !declared[field] {
			t.Errorf("%s is declared, and no query reads it", field)
		}
	}
	golden.Compare(t, "testdata/fields.golden", []byte(table.String()))
	total := 0
	for _, n := range counts {
		total += n
	}
	if counts["resolved"]*10 >= total {
		t.Errorf("%d of %d fields are resolved: ten per cent or more", counts["resolved"], total)
	}
}

// kindOf says how the field is read.
func kindOf(def *ast.Definition, f *ast.FieldDefinition, hasResolver bool) (string, error) {
	field := def.Name + "." + f.Name
	entity, stored := ent.Graph[view.Entity(def.Name)]
	switch {
	case slices.Contains(graph.Resolved, field):
		return "resolved", nil
	case graph.Computed[field] != nil:
		return "computed", nil
	case strings.HasSuffix(f.Type.Name(), "Connection"):
		return "list", nil
	case def.Name == "Query":
		if f.Arguments.ForName("id") != nil && len(f.Arguments) == 1 {
			return "row", nil
		}
	case !stored && !hasResolver: // a part of what is above it
		for _, whole := range []string{"Connection", "Edge"} {
			if strings.HasSuffix(def.Name, whole) {
				return "list", nil
			}
		}
		if part, ok := wholes[def.Name]; ok {
			return part, nil
		}
	case hasResolver:
	case slices.ContainsFunc(entity.Fields, func(c ent.GraphField) bool { return c.Name == f.Name }):
		return "column", nil
	case slices.ContainsFunc(entity.Edges, func(e ent.GraphEdge) bool { return e.Name == f.Name && e.Unique }):
		return "edge", nil
	}
	return "", fmt.Errorf("%s is neither a column nor an edge nor a list, and declared neither as computed nor as resolved", field)
}

// wholes are the types whose fields are read together with the field that leads to them.
var wholes = map[string]string{
	"Address": "computed", "BenefitAmount": "computed", "PageInfo": "list",
	"Viewer": "resolved", "MyMembership": "resolved", "RoutingPreview": "resolved", "RoutingInput": "resolved",
	"CoordinatorKpis": "resolved", "FunnelStage": "resolved", "EnrollmentDurations": "resolved", "ConsentDurations": "resolved", "ConsentRate": "resolved",
	"VerificationDurations": "resolved", "VerificationRate": "resolved",
	"EligibilityForm": "resolved", "EligibilityInput": "resolved", "UnmetGate": "resolved", "PortalAccessExpectation": "resolved",
}

// readable lists the object types that a query leads to.
func readable(schema *ast.Schema) []string {
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		def := schema.Types[name]
		if seen[name] || def.BuiltIn || !def.IsCompositeType() {
			return
		}
		seen[name] = true
		for _, f := range def.Fields {
			if !strings.HasPrefix(f.Name, "__") {
				visit(f.Type.Name())
			}
		}
		for _, possible := range schema.PossibleTypes[name] {
			visit(possible.Name)
		}
	}
	visit("Query")
	return slices.Sorted(func(yield func(string) bool) {
		for name := range seen {
			if schema.Types[name].Kind == ast.Object && !yield(name) {
				return
			}
		}
	})
}

func inAView(views map[viewer.Persona]*view.View, object, field string) bool {
	for _, v := range views {
		if def := v.Schema.Types[object]; def != nil && def.Fields.ForName(field) != nil {
			return true
		}
	}
	return false
}

// resolved gives the fields that have a resolver of their own.
func resolved() map[string]bool {
	out := map[string]bool{}
	root := reflect.TypeFor[generated.ResolverRoot]()
	for i := range root.NumMethod() {
		object := root.Method(i)
		for j := range object.Type.Out(0).NumMethod() {
			out[object.Name+"."+lower(object.Type.Out(0).Method(j).Name)] = true
		}
	}
	return out
}

func lower(name string) string { return strings.ToLower(name[:1]) + name[1:] }

// columnsOf gives for each field with a resolver the columns of its row that the resolver reads.
func columnsOf(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*goast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			receiver, ok := f.Recv.List[0].Type.(*goast.Ident)
			if !ok || !strings.HasSuffix(receiver.Name, "Resolver") {
				continue
			}
			object := strings.TrimSuffix(receiver.Name, "Resolver")
			if object == "resource" {
				object = "knowledgeResource"
			}
			object = strings.ToUpper(object[:1]) + object[1:]
			out[object+"."+lower(f.Name.Name)] = read(ent.Graph[view.Entity(object)], f.Body)
		}
	}
	return out
}

// read lists the columns that the body reads of the row, which it calls obj. A client in there is a column of
// no name: what asks the database does not follow from the row.
func read(entity ent.GraphEntity, body *goast.BlockStmt) []string {
	var out []string
	goast.Inspect(body, func(n goast.Node) bool {
		s, ok := n.(*goast.SelectorExpr)
		if !ok {
			return true
		}
		if s.Sel.Name == "Client" {
			out = append(out, "?")
		}
		if x, ok := s.X.(*goast.Ident); ok && x.Name == "obj" {
			i := slices.IndexFunc(entity.Fields, func(f ent.GraphField) bool { return strings.EqualFold(f.Name, s.Sel.Name) })
			if i < 0 {
				out = append(out, "?")
			} else {
				out = append(out, entity.Fields[i].Column)
			}
		}
		return true
	})
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

// TestValueSetsAreThoseStored: an enum value of the API is the stored text, and there is no other.
func TestValueSetsAreThoseStored(t *testing.T) {
	schema, compared := contract(), 0
	for name, def := range schema.Types {
		entity, stored := ent.Graph[view.Entity(name)]
		if !stored {
			continue
		}
		i := slices.IndexFunc(migrate.Tables, func(t *entschema.Table) bool { return t.Name == entity.Table })
		for _, f := range def.Fields {
			enum := schema.Types[f.Type.Name()]
			c := slices.IndexFunc(entity.Fields, func(c ent.GraphField) bool { return c.Name == f.Name })
			if enum.Kind != ast.Enum || c < 0 {
				continue
			}
			compared++
			column, _ := migrate.Tables[i].Column(entity.Fields[c].Column)
			var values []string
			for _, v := range enum.EnumValues {
				values = append(values, v.Name)
			}
			if !slices.Equal(slices.Sorted(slices.Values(values)), slices.Sorted(slices.Values(column.Enums))) {
				t.Errorf("%s.%s: the API has %v, the column %v", name, f.Name, values, column.Enums)
			}
			if f.Type.NonNull == column.Nullable {
				t.Errorf("%s.%s may be null: %v, the column: %v", name, f.Name, !f.Type.NonNull, column.Nullable)
			}
		}
	}
	if compared < 30 {
		t.Errorf("only %d columns were compared", compared)
	}
}

// TestEveryConditionIsDefined: the contract names no condition that no entity has.
func TestEveryConditionIsDefined(t *testing.T) {
	for _, value := range contract().Types["AccessCondition"].EnumValues {
		defined := false
		for entity := range ent.Graph {
			_, ok := rule.Condition(value.Name).Of(entity)
			defined = defined || ok
		}
		if !defined {
			t.Errorf("%s is defined for no entity", value.Name)
		}
	}
}
