package graph_test

import (
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// What the identifiers of inputs come from: the organizations by kind and name, the coordinators, the steps of a program.
func TestDirectory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		got := w.must("coordinator", `query($kind: [OrganizationKind!], $name: String) { organizations(filter: {kind: $kind, name: $name}) { totalCount nodes { id kind } } }`, vars{"kind": []string{"PAYER"}})
		if got.text("organizations.nodes.0.id") != w.id("org payer") || got.at("organizations.totalCount") != 1.0 {
			t.Errorf("the payers are %s", got.raw)
		}
		if got := w.must("coordinator", `{ organizations(filter: {name: "no such name"}) { totalCount } }`, nil); got.at("organizations.totalCount") != 0.0 {
			t.Errorf("by a name that nobody has: %s", got.raw)
		}
		team := w.must("coordinator", `{ coordinators(first: 100) { nodes { id } } me { id } }`, nil)
		if want := w.id("user coordinator"); team.text("me.id") != want || !strings.Contains(team.raw, w.id("user coordinator2")) || strings.Contains(team.raw, w.id("user liaison")) {
			t.Errorf("the coordinators are %s", team.raw)
		}
		steps := w.must("coordinator", `query($id: ID!) { node(id: $id) { ... on CareProgram { activities { nodes { title dueDays mandatory kind seq } } } } }`, vars{"id": w.id("program bridge")})
		if steps.text("node.activities.nodes.0.title") != "A first call" {
			t.Errorf("the steps are %s", steps.raw)
		}
	})
}
