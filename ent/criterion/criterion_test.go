package criterion_test

import (
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/criterion"
)

func TestDecide(t *testing.T) {
	adult := criterion.Facts{"age": 42.5, "sex": "FEMALE", "conditions": []string{"195967001"}, "insured": true}
	for _, c := range []struct {
		kind       code.CriterionKind
		expression string
		facts      criterion.Facts
		want       code.AnswerResult
	}{
		{"INCLUSION", "age >= 18.0 && age < 76.0", adult, "MET"},
		{"INCLUSION", "age >= 65.0", adult, "NOT_MET"},
		{"EXCLUSION", "age >= 65.0", adult, "MET"},
		{"EXCLUSION", "sex == 'FEMALE'", adult, "NOT_MET"},
		{"INCLUSION", "'195967001' in conditions", adult, "MET"},
		{"INCLUSION", "insured", adult, "MET"},
		{"INCLUSION", "double(answer) < 7.5", criterion.Facts{"answer": "6.9"}, "MET"},
		// What is not known leaves it undecided, but only where it matters.
		{"INCLUSION", "age >= 18.0", criterion.Facts{}, "UNKNOWN"},
		{"INCLUSION", "sex == 'FEMALE' || age >= 18.0", criterion.Facts{"sex": "FEMALE"}, "MET"},
		{"EXCLUSION", "state == 'AK'", adult, "UNKNOWN"},
		{"INCLUSION", "double(answer) < 7.5", criterion.Facts{"answer": "a little"}, "UNKNOWN"},
	} {
		got, err := criterion.Decide(c.kind, c.expression, c.facts)
		if err != nil || got != c.want {
			t.Errorf("%s %s: %s, %v, want %s", c.kind, c.expression, got, err, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	if err := criterion.Check("age >= 18.0"); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		"", "age", "age >= ", "age >= '18'", "name == 'x'", "age + 1.0", "sex", strings.Repeat("true || ", 300) + "true",
	} {
		if criterion.Check(bad) == nil {
			t.Errorf("%.40q passes", bad)
		}
	}
}

// TestCost: an expression that would run for long decides nothing.
func TestCost(t *testing.T) {
	long := make([]string, 1000)
	facts := criterion.Facts{"conditions": long}
	got, err := criterion.Decide("INCLUSION", "conditions.all(a, conditions.all(b, a == b))", facts)
	if err != nil || got != "UNKNOWN" {
		t.Errorf("%s, %v", got, err)
	}
}
