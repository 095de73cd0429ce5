package code_test

import (
	"testing"

	"github.com/carehub/carehub/ent/code"
)

func TestStateOf(t *testing.T) {
	for text, want := range map[string]string{
		"Massachusetts": "MA", "MA": "MA", " ma ": "MA", "district  of columbia": "DC", "": "", "Ontario": "", "ZZ": "",
	} {
		got, known := code.StateOf(text)
		if got != want && known || known != (want != "") {
			t.Errorf("%q: %q, %v, want %q", text, got, known, want)
		}
	}
}

// TestTerritoryOf serves every state, and no other place.
func TestTerritoryOf(t *testing.T) {
	for state, want := range map[string]code.Territory{
		"MA": code.TerritoryNortheast, "KS": code.TerritoryMidwest, "FL": code.TerritorySoutheast,
		"TX": code.TerritorySouthwest, "AZ": code.TerritorySouthwest, "CA": code.TerritoryWest, "ON": "", "": "",
	} {
		if got := code.TerritoryOf(state); got != want {
			t.Errorf("%q: %q, want %q", state, got, want)
		}
	}
}
