package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/store/storetest"
)

// TestExportOutcomes: a patient and everything leave as they came, and nothing is written over.
func TestExportOutcomes(t *testing.T) {
	t.Parallel()
	came, err := filepath.Abs(filepath.Join("export", "testdata", "bundle.golden"))
	if err != nil {
		t.Fatal(err)
	}
	const mrn = "https://hospital.example/mrn|MRN-1"
	from, to := storetest.SQLiteURL(t), storetest.SQLiteURL(t)
	take := func(database, path string) string {
		t.Helper()
		return command(t, 0, "import", "fhir", "--database", database, path)
	}
	leave := func(exit int, args ...string) (out, said string) {
		t.Helper()
		return commandSaying(t, exit, append([]string{"export", "fhir", "--database", from}, args...)...)
	}

	if _, said := leave(2, "--bulk", filepath.Join(t.TempDir(), "out")); !strings.Contains(said, "nothing found") {
		t.Errorf("of an empty database it says: %s", said)
	}
	if out := take(from, came); !counts(out, "Patient", "1", "0", "0", "0") || !counts(out, "Communication", "1", "0", "0", "0") {
		t.Fatalf("the import counts:\n%s", out)
	}
	bundle, said := leave(0, "--patient", mrn, "--recipient", "Dr. Example", "--purpose", "treatment")
	if !json.Valid([]byte(bundle)) || said != "" {
		t.Errorf("a bundle is not alone: %s%s", bundle, said)
	}
	file := filepath.Join(t.TempDir(), "patient.json")
	if out, said := leave(0, "--patient", mrn, "--out", file); out != "" || !strings.Contains(said, "1  Patient") {
		t.Errorf("a bundle in a file says %q and %q", out, said)
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != bundle {
		t.Errorf("the file has something else: %v", err)
	}
	if out := take(to, file); !counts(out, "Patient", "1", "0", "0", "0") || !strings.Contains(out, "0        0         0 in all") {
		t.Errorf("elsewhere the import counts:\n%s", out)
	}
	folder := filepath.Join(t.TempDir(), "out")
	if out, said := leave(0, "--bulk", folder); out != "" || !strings.Contains(said, "1  Patient") {
		t.Errorf("a folder says %q and %q", out, said)
	}
	if out := take(to, folder); !counts(out, "Patient", "0", "1", "0", "0") {
		t.Errorf("elsewhere the import of the same counts:\n%s", out)
	}
	for _, refused := range [][]string{
		{"--patient", mrn, "--out", file},
		{"--bulk", folder},
		{"--bulk", filepath.Join(folder, "Patient.ndjson")},
		{"--bulk", folder + "2", "--out", file},
		{"--bulk", folder, "--patient", mrn},
		{},
		{"--patient", "x"},
	} {
		if _, said := leave(1, refused...); !strings.Contains(said, "carehub:") || strings.Contains(said, "goroutine ") {
			t.Errorf("%q says: %s", refused, said)
		}
	}
	if _, said := leave(2, "--patient", "https://hospital.example/mrn|MRN-2"); !strings.Contains(said, "nothing found") {
		t.Errorf("of nobody it says: %s", said)
	}
	if help := command(t, 0, "export", "fhir", "--help"); !strings.Contains(help, "--recipient") || !strings.Contains(help, "--bulk") {
		t.Errorf("the help: %s", help)
	}
	command(t, 0, "audit", "verify", "--database", from)
}
