package intake_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/intake"
	"github.com/carehub/carehub/server/intake/tally"
)

// TestErrorFile names what was left out, where, and why; and the run is booked.
func TestErrorFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		folder := t.TempDir()
		for name, content := range map[string]string{
			"1 good.json":    transaction(patientOf("1"), resource("Observation", "2")),
			"2 history.json": bundleOf("history", patientOf("3")),
			"3 broken.json":  `{"resourceType":"Bundle"`,
			"4 patient.json": patientOf("4"),
			"7 lines.ndjson": patientOf("5") + "\n\n" + resource("Observation", "6") + "\r\n{\n" + resource("Patient", "7", `"birthDate":"1990-13-45"`),
			"5 readme.txt":   "read me",
			"6 entries.json": bundleWith("batch", `{"resource":"text"}`, `{"resource":{"id":"x"}}`, `{}`),
		} {
			write(t, filepath.Join(folder, name), []byte(content))
		}
		f.takePaths(folder)
		at := func(name string) string { return filepath.Join(folder, name) }
		want := []tally.Finding{
			{Outcome: tally.Refused, Source: at("3 broken.json"), Resource: "Bundle", Path: "Bundle", Reason: "no FHIR resource in JSON: not JSON at byte 24"},
			{Outcome: tally.Unmapped, Source: at("5 readme.txt"), Resource: "File", Path: "File", Reason: "no file of this format"},
			{Outcome: tally.Refused, Source: at("6 entries.json"), Resource: "Resource ", Path: "Bundle.entry[0].resource", Reason: "it: a JSON string is not what FHIR R4 has there"},
			{Outcome: tally.Refused, Source: at("6 entries.json"), Resource: "Resource/x", Path: "Bundle.entry[1].resource.resourceType", Reason: "missing"},
			{Outcome: tally.Refused, Source: at("6 entries.json"), Resource: "Resource ", Path: "Bundle.entry[2]", Reason: "has no resource"},
			{Outcome: tally.Unmapped, Source: at("7 lines.ndjson"), Line: 3, Resource: "Observation/" + uuidOf("6"), Path: "Observation", Reason: "the model has no place for it"},
			{Outcome: tally.Refused, Source: at("7 lines.ndjson"), Line: 4, Resource: "Resource ", Path: "Resource", Reason: "not JSON at byte 1"},
			{Outcome: tally.Unmapped, Source: at("1 good.json"), Resource: "Observation/" + uuidOf("2"), Path: "Observation", Reason: "the model has no place for it"},
			{Outcome: tally.Refused, Source: at("2 history.json"), Resource: "Bundle", Path: "Bundle", Reason: `a bundle of type "history"; transaction, batch or collection is expected`},
			{Outcome: tally.Refused, Source: at("7 lines.ndjson"), Line: 5, Resource: "Patient/" + uuidOf("7"), Path: "Patient.birthDate", Reason: "no date or time as FHIR writes them"},
		}
		if diff := cmp.Diff(want, f.findings); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if want := (tally.Counts{Accepted: 3, Refused: 7, Unmapped: 3}); f.report.Counts != want {
			t.Errorf("%+v, want %+v", f.report.Counts, want)
		}
		run := s.Client.ImportRun.Query().OnlyX(f.ctx)
		if run.Kind != "fhir" || run.Source != folder || run.FinishedAt == nil ||
			run.Accepted != 3 || run.Refused != 7 || run.Unmapped != 3 || run.Unchanged != 0 {
			t.Errorf("booked %v", run)
		}
	})
}

// TestProgress is lines of JSON where there is no terminal, and a bar where there is one.
func TestProgress(t *testing.T) {
	s := storetest.SQLite(t)
	folder := t.TempDir()
	write(t, filepath.Join(folder, "a.json"), []byte(transaction(patientOf("1"))))
	write(t, filepath.Join(folder, "b.json"), []byte(transaction(patientOf("2"))))
	var lines, bar bytes.Buffer
	if _, err := intake.FHIR(t.Context(), s.Client, intake.Options{Progress: &lines}, folder); err != nil {
		t.Fatal(err)
	}
	var last map[string]any
	if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
		t.Fatalf("%v in %s", err, lines.String())
	}
	delete(last, "seconds")
	want := map[string]any{
		"import": "fhir", "documents": 2.0, "of": 2.0, "accepted": 2.0, "unchanged": 0.0, "refused": 0.0, "unmapped": 0.0, "done": true,
	}
	if diff := cmp.Diff(want, last); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := intake.FHIR(t.Context(), s.Client, intake.Options{Progress: &bar, Terminal: true}, folder); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(bar.String(), "import fhir") || strings.Contains(bar.String(), "{") {
		t.Errorf("bar: %q", bar.String())
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// TestCannotRun is an error where nothing can be read or reported; it is not the data's fault.
func TestCannotRun(t *testing.T) {
	f := newFixture(t, storetest.SQLite(t))
	path := filepath.Join(t.TempDir(), "a.json")
	write(t, path, []byte(transaction(patientOf("1"), resource("Observation", "2"))))
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for name, run := range map[string]func() (intake.Report, error){
		"no path":     func() (intake.Report, error) { return intake.FHIR(t.Context(), f.Client, intake.Options{}) },
		"absent path": func() (intake.Report, error) { return intake.FHIR(t.Context(), f.Client, intake.Options{}, path+"x") },
		"error file": func() (intake.Report, error) {
			return intake.FHIR(t.Context(), f.Client, intake.Options{Errors: fullDisk{}}, path)
		},
		"stopped": func() (intake.Report, error) { return intake.FHIR(stopped, f.Client, intake.Options{}, path) },
	} {
		if _, err := run(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, run := range f.Client.ImportRun.Query().AllX(f.ctx) {
		if run.FinishedAt != nil {
			t.Errorf("finished: %v", run)
		}
	}
	if _, err := intake.FHIR(t.Context(), f.Client, intake.Options{}, path+"x"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestArchive reads an archive once for what others refer to, and again for the rest; each finding is listed once.
func TestArchive(t *testing.T) {
	f := newFixture(t, storetest.SQLite(t))
	path := filepath.Join(t.TempDir(), "bundles.zip")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	for _, e := range [][2]string{
		{"a.json", transaction(patientOf("1"), encounterOf("2", "1", treatedBy("4")))},
		{"b.json", transaction(encounterOf("3", "1", treatedBy("4")))},
		{"../c.json", "{}"},
		{"d.json", "\xff"},
		{"e.json", bundleOf("batch", practitionerOf("4", "1245319599"))},
	} {
		w, err := archive.Create(e[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(archive.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	f.takePaths(path)
	f.counts("Patient", 1)
	f.counts("Encounter", 2)
	f.counts("Practitioner", 1)
	f.counts("Bundle", 0, 0, 1)
	f.counts("File", 0, 0, 1)
	f.is("findings", len(f.findings), 2)
	f.takePaths(path, path)
	f.is("accepted again", f.report.Accepted, 0)
}
