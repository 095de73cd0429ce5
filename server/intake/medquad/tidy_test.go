package medquad

import (
	"strings"
	"testing"
)

// TestTidy is the rule for blanks.
func TestTidy(t *testing.T) {
	for text, want := range map[string]string{
		"  a \n b  ":                             "a\nb",
		"a\n  \n\n \t\nb":                        "a\n\nb",
		"symptoms include    - rash   -  fever":  "symptoms include\n- rash\n- fever",
		"symptoms include\n\n   - rash  - fever": "symptoms include\n\n- rash\n- fever",
		"well-known - and so on":                 "well-known - and so on",
		" \n ":                                   "",
		"a\u00a0\u00a0b\r\nc":                    "a b\nc",
	} {
		if got := tidy(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// FuzzTidy: the words are the same, no run of blanks is left, and to tidy again changes nothing.
func FuzzTidy(f *testing.F) {
	f.Add("a  - b\n\n\n c")
	f.Add(" -  -   - ")
	f.Fuzz(func(t *testing.T, text string) {
		got := tidy(text)
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(text), " ") {
			t.Errorf("%q has other words than %q", got, text)
		}
		if strings.Contains(got, "  ") || strings.Contains(got, "\n\n\n") || got != tidy(got) {
			t.Errorf("%q is not tidy", got)
		}
	})
}
