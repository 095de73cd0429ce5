package trials

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent/code"
)

// TestSplit is the rule by which free text becomes criteria.
func TestSplit(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // + inclusion, - exclusion
	}{
		"lines without bullets": {
			"Inclusion Criteria:\n\nAdults\nIn hospital\n\nExclusion Criteria:\n\nPregnancy",
			[]string{"+Adults", "+In hospital", "-Pregnancy"},
		},
		"bullets and numbers": {
			"Key Inclusion Criteria:\n* Adults\n10. In hospital\n–Signed consent\nNon-inclusion criteria:\n1) Pregnancy",
			[]string{"+Adults", "+In hospital", "+Signed consent", "-Pregnancy"},
		},
		"a letter is no bullet":        {"Exclusion criteria\nE. coli infection", []string{"-E. coli infection"}},
		"numbers aligned to the left":  {"9. Nine\n10. Ten", []string{"+Nine", "+Ten"}},
		"numbers aligned to the right": {"  9. Nine\n 10. Ten", []string{"+Nine", "+Ten"}},
		"indented below": {
			"Inclusion Criteria:\n* Active disease as defined by\n  * BASDAI >= 4\n  * Pain\n* NSAIDs",
			[]string{"+Active disease as defined by\n- BASDAI >= 4\n- Pain", "+NSAIDs"},
		},
		"a list whose end cannot be told": {
			"Inclusion Criteria:\nAdults\nOne of:\nFever\nCough\nExclusion Criteria:\nPregnancy",
			[]string{"+Adults", "+One of:\n- Fever\n- Cough", "-Pregnancy"},
		},
		"a list whose end can be told": {
			"- One of:\n  - Fever\n  - Cough\n- Adults", []string{"+One of:\n- Fever\n- Cough", "+Adults"},
		},
		"text on the heading's line": {"Inclusion Criteria: Fulfilling all\nAdults", []string{"+Fulfilling all", "+Adults"}},
		"headings that are limited": {
			"Inclusion Criteria Stage 1\n- ECOG 0\nExclusion Criteria for Arm B:\n- ECOG 2",
			[]string{"+Inclusion Criteria Stage 1: ECOG 0", "-Exclusion Criteria for Arm B: ECOG 2"},
		},
		"a heading of both kinds is none": {
			"Exclusion Criteria:\nA\nMother Inclusion/Exclusion:\nB", []string{"-A", "-Mother Inclusion/Exclusion:\n- B"},
		},
		"sentences about criteria are no headings": {
			"Exclusion Criteria:\n- Does not meet inclusion criteria\n- Subjects with exclusion criteria required by local law\nWomen over 18 years old on the date of inclusion",
			[]string{"-Does not meet inclusion criteria", "-Subjects with exclusion criteria required by local law", "-Women over 18 years old on the date of inclusion"},
		},
		"neither heading nor bullet": {"Children of the cohort.", []string{"+Children of the cohort."}},
		"nothing":                    {"\n \n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, c := range split(paragraphs(c.text)) {
				got = append(got, map[code.CriterionKind]string{code.CriterionKindInclusion: "+", code.CriterionKindExclusion: "-"}[c.Kind]+c.Text)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestUnwrap joins what the legacy form breaks.
func TestUnwrap(t *testing.T) {
	const wrapped = "\n  Inclusion Criteria:\n\n    -  Migraine for more than\n       1 year.\n    -  Adults\n\n  Cohort 2:\n\n    -  Men"
	const want = "  Inclusion Criteria:\n    -  Migraine for more than 1 year.\n    -  Adults\n  Cohort 2:\n    -  Men"
	if diff := cmp.Diff(want, unwrap(wrapped)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestPortions loses nothing of a criterion that is too long.
func TestPortions(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("Patients of 18 years. ", 500), strings.Repeat("é", 5000), strings.Repeat("word\n- ", 2000), "short",
	} {
		joined := ""
		for _, part := range portions(text) {
			if len(part) > maxCriterion || part == "" {
				t.Errorf("a portion of %d bytes", len(part))
			}
			joined += part
		}
		blank := strings.NewReplacer(" ", "", "\n", "")
		if blank.Replace(joined) != blank.Replace(text) {
			t.Errorf("lost something of %.20q", text)
		}
	}
}

// TestTables translates what the registry says of status, phase and masking, in all its spellings.
func TestTables(t *testing.T) {
	for words, want := range map[string]code.StudyStatus{
		"Active, not recruiting": code.StudyStatusClosedToAccrual, "ACTIVE_NOT_RECRUITING": code.StudyStatusClosedToAccrual,
		"Not yet recruiting": code.StudyStatusApproved, "Available": code.StudyStatusActive, "SUSPENDED": code.StudyStatusTemporarilyClosedToAccrual,
		"Withheld": "", "Unknown status": "", "": "", "Something new": "",
	} {
		got := studyStatus(words)
		if (got == nil) != (want == "") || got != nil && *got != want {
			t.Errorf("%q: %v, want %q", words, got, want)
		}
	}
	for words, want := range map[string]code.StudyPhase{
		"Phase 2/Phase 3": code.StudyPhasePhase2Phase3, "PHASE2/PHASE3": code.StudyPhasePhase2Phase3, "N/A": code.StudyPhaseNotApplicable,
		"Early Phase 1": code.StudyPhaseEarlyPhase1, "EARLY_PHASE1": code.StudyPhaseEarlyPhase1, "Phase 9": "",
	} {
		got := studyPhase(words)
		if (got == nil) != (want == "") || got != nil && *got != want {
			t.Errorf("%q: %v, want %q", words, got, want)
		}
	}
	for _, c := range []struct {
		masking string
		masked  []string
		want    bool
	}{
		{"None (Open Label)", nil, false},
		{"", nil, false},
		{"NONE", nil, false},
		{"Double", nil, true},
		{"SINGLE", []string{"OUTCOMES_ASSESSOR"}, false},
		{"DOUBLE", []string{"PARTICIPANT", "INVESTIGATOR"}, true},
		{"Single Blind (Subject)", []string{"Subject"}, true},
	} {
		if got := blinded(c.masking, c.masked); got != c.want {
			t.Errorf("%q %v: %v", c.masking, c.masked, got)
		}
	}
}

// TestPeople recognises who is a person, and leaves what a text repeats of contacts out of it.
func TestPeople(t *testing.T) {
	s := &study{
		sponsor: "Acme Pharma",
		people: []string{
			"Ana Ruiz, MD", "Clinical Trials", "Acme Pharma", "+1 555-010-0123", "trials@example.com", "Bristol-Myers Squibb",
		},
		officials: []string{"Lee Stone, PhD"},
	}
	p := newPeople(s)
	got, cut := p.leftOutOf("Ana Ruiz of Acme Pharma runs Clinical Trials: call +1 555-010-0123 or write to other@example.org.")
	if want := "[left out] of Acme Pharma runs Clinical Trials: call [left out] or write to [left out]."; got != want || !cut {
		t.Errorf("%q", got)
	}
	for _, c := range []struct {
		name, class string
		want        bool
	}{
		{"Ana Ruiz", "OTHER", true},
		{"ana ruiz, M.D.", "", true},
		{"Lee Stone", "INDUSTRY", true},
		{"Kim Doe", "INDIV", true},
		{"Kim Doe, MBBS", "", true},
		{"Bristol-Myers Squibb", "INDUSTRY", false},
		{"Acme Pharma", "Industry", false},
		{"University of Bergen", "OTHER", false},
		{"", "INDIV", false},
	} {
		if got := p.isPerson(c.name, c.class); got != c.want {
			t.Errorf("%q of class %q: %v", c.name, c.class, got)
		}
	}
}
