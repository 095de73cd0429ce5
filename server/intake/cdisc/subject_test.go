package cdisc

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent/code"
)

// TestJudge decides what becomes of a subject by what the datasets say.
func TestJudge(t *testing.T) {
	enrolled := func() *facts {
		return &facts{number: "1", site: "701", sex: "F", consented: "2013-01-02", started: "2013-01-09", ended: "2013-03-01"}
	}
	for name, c := range map[string]struct {
		subject subject
		visit   bool
		status  code.EnrollmentStatus // empty: refused
		state   code.SubjectState
		said    string // the history of participation, or the reason of the refusal
	}{
		"completed": {
			subject: subject{dm: enrolled(), disposition: "COMPLETED", ended: "2013-03-01", randomized: "2013-01-08", treated: "2013-02-20"},
			status:  code.EnrollmentStatusCompleted, state: code.SubjectStateOffStudy,
			said: "SCREENING 2013-01-02, ON_STUDY 2013-01-08, ON_STUDY_INTERVENTION 2013-01-09, FOLLOW_UP 2013-02-20, OFF_STUDY 2013-03-01",
		},
		"withdrawn": {
			subject: subject{dm: enrolled(), disposition: "WITHDRAWAL BY SUBJECT", ended: "2013-02-01"},
			status:  code.EnrollmentStatusWithdrawn, state: code.SubjectStateWithdrawn,
			said: "SCREENING 2013-01-02, ON_STUDY_INTERVENTION 2013-01-09, WITHDRAWN 2013-02-01",
		},
		"discontinued": {
			subject: subject{dm: enrolled(), disposition: "LOST TO FOLLOW-UP", ended: "2013-02-01"},
			status:  code.EnrollmentStatusDiscontinued, state: code.SubjectStateOffStudy,
			said: "SCREENING 2013-01-02, ON_STUDY_INTERVENTION 2013-01-09, OFF_STUDY 2013-02-01",
		},
		"screen failure": {
			subject: subject{dm: &facts{consented: "2013-01-02", ended: "2013-01-05", reasonWithoutArm: "SCREEN FAILURE"}},
			status:  code.EnrollmentStatusIneligible, state: code.SubjectStateIneligible,
			said: "SCREENING 2013-01-02, INELIGIBLE 2013-01-05",
		},
		"ongoing": {
			subject: subject{dm: enrolled()},
			status:  code.EnrollmentStatusActive, state: code.SubjectStateOnStudyIntervention,
			said: "SCREENING 2013-01-02, ON_STUDY_INTERVENTION 2013-01-09",
		},
		"of the analysis alone": {
			subject: subject{adsl: &facts{firstVisit: "2013-01-02", started: "2013-01-09", ended: "2013-03-01", status: "DISCONTINUED", disposition: "ADVERSE EVENT"}},
			visit:   true, status: code.EnrollmentStatusDiscontinued, state: code.SubjectStateOffStudy,
			said: "SCREENING 2013-01-02, ON_STUDY_INTERVENTION 2013-01-09, OFF_STUDY 2013-03-01",
		},
		"first visit that may begin otherwise": {
			subject: subject{adsl: &facts{firstVisit: "2013-01-02", ended: "2013-03-01", status: "COMPLETED"}},
			said:    "no dated informed consent",
		},
		"no consent":              {subject: subject{dm: &facts{ended: "2013-01-05"}, disposition: "COMPLETED"}, said: "no dated informed consent"},
		"consent after treatment": {subject: subject{dm: &facts{consented: "2013-02-02", started: "2013-01-09"}}, said: "dated after"},
		"end before consent":      {subject: subject{dm: &facts{consented: "2013-02-02"}, disposition: "COMPLETED", ended: "2013-01-01"}, said: "ends before"},
		"end not dated":           {subject: subject{dm: &facts{consented: "2013-02-02"}, disposition: "COMPLETED"}, said: "not dated"},
		"sex":                     {subject: subject{dm: &facts{consented: "2013-02-02", sex: "X"}}, said: `no code of its value set: "X"`},
	} {
		t.Run(name, func(t *testing.T) {
			p, fault := c.subject.judge(c.visit)
			if fault != nil {
				if c.status != "" || !strings.Contains(fault.Reason, c.said) {
					t.Errorf("refused: %s", fault.Reason)
				}
				return
			}
			var said []string
			for _, s := range p.participation {
				said = append(said, string(s.to)+" "+string(s.on))
			}
			if p.status() != c.status || p.state() != c.state {
				t.Errorf("%s %s, want %s %s", p.status(), p.state(), c.status, c.state)
			}
			if diff := cmp.Diff(c.said, strings.Join(said, ", ")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestReading reads both forms of Dataset-JSON row by row, and says what is wrong with others.
func TestReading(t *testing.T) {
	const head = `"datasetJSONVersion":"1.1.0","name":"DM","columns":[{"name":"USUBJID"},{"name":"SEX"},{"name":"AGE"},{"name":"ARM"}]`
	for form, text := range map[string]string{
		"object":         "\uFEFF{" + head + `,"rows":[["S1","F",63,null],["S2","",null,""]],"records":2}`,
		"name last":      `{"columns":[{"name":"USUBJID"},{"name":"SEX"},{"name":"AGE"},{"name":"ARM"}],"name":"dm","rows":[["S1","F",63,null],["S2","",null,""]]}`,
		"rows on lines":  "{" + head + `,"records":2}` + "\n" + `["S1","F",63,null]` + "\n" + `["S2","",null,""]` + "\n",
		"version absent": "{" + strings.TrimPrefix(head, `"datasetJSONVersion":"1.1.0",`) + `,"rows":[["S1","F",63,null],["S2","",null,""]]}`,
	} {
		d, err := read(form, strings.NewReader(text), 2)
		if err != nil {
			t.Errorf("%s: %v", form, err)
			continue
		}
		if d.count != 2 || d.value(d.rows[0], "USUBJID") != "S1" || d.value(d.rows[0], "ARM", "SEX") != "F" || d.value(d.rows[1], "SEX", "ARM") != "" {
			t.Errorf("%s: %+v", form, d)
		}
	}
	for want, text := range map[string]string{
		"no Dataset-JSON":        `[1]`,
		"1.1 is expected":        `{"datasetJSONVersion":"1.0.0",` + strings.TrimPrefix(head, `"datasetJSONVersion":"1.1.0",`) + `,"rows":[]}`,
		"before its name":        `{"rows":[],` + head + `}`,
		"so that it cannot be":   "{" + head + `,"rows":[],"name":"TS"}`,
		"cut off":                "{" + head + `,"rows":[["S1"`,
		"not JSON at byte":       "{" + head + `,"rows":[["S1",]]}`,
		"not written in UTF-8":   "{" + head + `,"rows":[["` + "\xff" + `"]]}`,
		"is not what Dataset":    `{"name":1}`,
		"more than 2 rows":       "{" + head + `,"rows":[["S1","F",63,null],["S1","F",63,null],["S1","F",63,null]]}`,
		"a row or element of mo": "{" + head + `,"rows":[["` + strings.Repeat("x", 3*maxValue) + `"]]}`,
	} {
		_, err := read("", strings.NewReader(text), 2)
		if want = strings.Replace(want, "2 rows", "100000 rows", 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	d, err := read("", strings.NewReader("{"+head+`,"rows":["S1",["S2"],["S3","F",{},[]],["S4","F",1,"A"]]}`), 9)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, r := range d.rows {
		if r.fault != nil {
			reasons = append(reasons, r.fault.Path+": "+r.fault.Reason)
		}
	}
	want := []string{"DM: a row is a list of values", "DM: has 1 values for 4 columns", "DM.ARM: neither text nor number"}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
