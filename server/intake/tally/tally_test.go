package tally_test

import (
	"strings"
	"testing"

	"github.com/carehub/carehub/server/intake/tally"
)

func TestReport(t *testing.T) {
	var report tally.Report
	if report.ExitCode() != 2 {
		t.Error("a run that accepted nothing ends with 2")
	}
	one := &tally.Tally{}
	one.Find("Patient", tally.Finding{Outcome: tally.Refused})
	one.Find("Claim", tally.Finding{Outcome: tally.Unmapped})
	report.Add(one)
	if report.ExitCode() != 2 {
		t.Error("refused and unmapped records are not accepted ones")
	}
	two := &tally.Tally{}
	two.Count("Patient", tally.Unchanged)
	two.Remark("a remark")
	two.Remark("a remark")
	report.Add(two)
	if report.ExitCode() != 0 || report.Sum() != 3 || two.Len() != 1 {
		t.Errorf("%+v", report)
	}
	two = &tally.Tally{}
	two.Count("Patient", tally.Accepted)
	report.Add(two)
	var out strings.Builder
	if err := report.Print(&out); err != nil {
		t.Fatal(err)
	}
	const want = `accepted  unchanged  refused  unmapped
       0          0        0         1 Claim
       1          1        1         0 Patient
       1          1        1         1 in all
2 × a remark
`
	got := strings.Join(strings.Fields(out.String()), " ")
	if got != strings.Join(strings.Fields(want), " ") {
		t.Errorf("%s", out.String())
	}
}
