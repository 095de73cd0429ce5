package reference_test

import (
	"sync"
	"testing"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/department"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/routingrule"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/reference"
)

// Several servers that start at once make one set of departments and rules, and a later start changes nothing
// that somebody has set.
func TestEnsure(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := viewer.System(t.Context(), "test")
		var servers sync.WaitGroup
		for range 4 {
			servers.Go(func() {
				if err := reference.Ensure(t.Context(), s.Client); err != nil {
					t.Error(err)
				}
			})
		}
		servers.Wait()
		if t.Failed() {
			return
		}
		departments, err := s.Client.Department.Query().All(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if want := len(code.DepartmentCode("").Values()); len(departments) != want {
			t.Errorf("%d departments, want %d", len(departments), want)
		}
		fallback, err := s.Client.Department.Query().Where(department.IsDefault(true)).Only(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if fallback.Code != code.DepartmentCodeMedicalInformation {
			t.Errorf("the default is %s", fallback.Code)
		}
		rules := allRules(t, s)
		first := rules[0]
		if err := s.Client.RoutingRule.UpdateOne(first).SetDueMinutes(7).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.Client.RoutingRule.DeleteOne(rules[len(rules)-1]).Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if err := reference.Ensure(t.Context(), s.Client); err != nil {
			t.Fatal(err)
		}
		again := allRules(t, s)
		if len(again) != len(rules)-1 || again[0].DueMinutes != 7 {
			t.Errorf("a later start changed the rules: %d of them, the first due after %d minutes", len(again), again[0].DueMinutes)
		}
	})
}

// No rule sends a case where it may not be held.
func TestRulesRespectPlacement(t *testing.T) {
	s := storetest.SQLite(t)
	if err := reference.Ensure(t.Context(), s.Client); err != nil {
		t.Fatal(err)
	}
	seen := map[code.CaseKind]bool{}
	priority := 0
	for _, r := range allRules(t, s) {
		if r.Priority <= priority {
			t.Errorf("%s: priority %d does not follow %d", r.Name, r.Priority, priority)
		}
		priority = r.Priority
		label := code.LabelStatusUnknown
		if r.LabelStatus != nil {
			label = *r.LabelStatus
		}
		seen[*r.CaseKind] = true
		if err := lifecycle.MayHold(r.Target, *r.CaseKind, label); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		if lifecycle.OffLabel(label) && r.Target != code.DepartmentCodeMedicalInformation {
			t.Errorf("%s: %s goes to %s", r.Name, label, r.Target)
		}
		if r.LiaisonRequired != (r.Target == code.DepartmentCodeMedicalAffairs) {
			t.Errorf("%s: to %s, liaison required: %t", r.Name, r.Target, r.LiaisonRequired)
		}
	}
	for _, kind := range code.CaseKind("").Values() {
		if kind != string(code.CaseKindOther) && !seen[code.CaseKind(kind)] {
			t.Errorf("no rule for %s", kind)
		}
	}
}

func allRules(t *testing.T, s *store.Store) []*ent.RoutingRule {
	t.Helper()
	rules, err := s.Client.RoutingRule.Query().Order(routingrule.ByPriority()).All(viewer.System(t.Context(), "test"))
	if err != nil {
		t.Fatal(err)
	}
	if len(rules) == 0 {
		t.Fatal("no rules")
	}
	return rules
}
