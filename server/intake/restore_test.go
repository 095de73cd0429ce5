package intake_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// exported is a bundle that Carehub exported.
func exported(t testing.TB) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "export", "testdata", "bundle.golden"))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestSpitefulExport puts spiteful values in the place of elements of an export, in turn.
func TestSpitefulExport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		seed := exported(t)
		_, nodes := replaced(t, seed, -1, "")
		const step = 5 // no divisor of the number of values
		for node := 0; node < nodes; node += step {
			data, _ := replaced(t, seed, node, spiteful[node%len(spiteful)])
			survive(t, s, data)
		}
	})
}
