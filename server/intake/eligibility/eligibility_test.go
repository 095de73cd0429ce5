package eligibility_test

import (
	"testing"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/eligibility"
)

// TestAges are the expressions of ages in all units.
func TestAges(t *testing.T) {
	for text, want := range map[string][2]string{
		"18 Years":  {"age >= 18.0", "age < 19.0"},
		"1 Year":    {"age >= 1.0", "age < 2.0"},
		"11 Months": {"age >= 0.9166666666666666", "age < 1.0"},
		"6 Weeks":   {"age >= 0.11498973305954825", "age < 0.13415468856947296"},
		"1 Day":     {"age >= 0.0027378507871321013", "age < 0.0054757015742642025"},
		"24 Hours":  {"age >= 0.0027378507871321013", "age < 0.0028519279032626055"},
		"0 minutes": {"age >= 0.0", "age < 0.000001901285268841737"},
	} {
		n, unit, ok := eligibility.ParseAge(text)
		if got := [2]string{eligibility.Minimum(n, unit), eligibility.Maximum(n, unit)}; !ok || got != want {
			t.Errorf("%s: %v %q, want %q", text, ok, got, want)
		}
	}
	for _, text := range []string{"", "adult", "18", "18 Years old", "-1 Years", "99999 Years"} {
		if _, _, ok := eligibility.ParseAge(text); ok {
			t.Errorf("%q is an age", text)
		}
	}
	if n, unit, ok := eligibility.ParseDuration("P50Y"); !ok || n != 50 || unit != eligibility.Year {
		t.Errorf("P50Y: %d %s %v", n, unit, ok)
	}
	if _, _, ok := eligibility.ParseDuration("PINF"); ok {
		t.Error("PINF is a duration")
	}
	if c := eligibility.Only(code.SexFemale); *c.Expression != "sex == 'FEMALE'" || c.Text != "Sex: female" {
		t.Errorf("%+v", c)
	}
}
