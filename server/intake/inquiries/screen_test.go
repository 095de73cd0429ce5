package inquiries

import "testing"

// TestScreen: which wordings suggest a side effect.
func TestScreen(t *testing.T) {
	for text, want := range map[string]bool{
		"SIDE  EFFECTS of it":                              true,
		"sideeffects from tecfedera":                       true,
		"I have adverse affects with a cysts":              true,
		"a terrible reaction to levofloxacin":              true,
		"Since taking Letrozole I have a cyst":             true,
		"it never happened before I\nstarted taking it":    true,
		"I stopped taking statins and am still sore":       true,
		"the steroids have caused weakness":                true,
		"I am having hot flashes from these shots":         true,
		"morphine withdrawal symptoms":                     true,
		"my fingers are broken out":                        true,
		"Who makes bromocriptine?":                         false,
		"I was diagnosed since a child":                    false,
		"a nuclear reactor":                                false,
		"what are the causes of insulin-dependent disease": false,
	} {
		if got := suggestsSideEffect(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
