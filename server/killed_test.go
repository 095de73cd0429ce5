package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// imported are the tables that the records of this test come into.
var imported = []string{"accounts", "patients", "organizations", "touchpoints", "conditions", "external_identifiers"}

// TestKilledImport kills an import again and again, and starts it each time as it was started before: in the end its
// rows, counts and error file are those of an import that nothing happened to.
func TestKilledImport(t *testing.T) {
	sources := crowd(t)
	onEach(t, func(t *testing.T, database string) {
		another := storetest.SQLiteURL(t)
		want, list := filepath.Join(t.TempDir(), "want.jsonl"), filepath.Join(t.TempDir(), "got.jsonl")
		table := command(t, 0, "import", "fhir", "--database", another, "--errors", want, sources)
		random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // any points will do, the same each time
		args := []string{"import", "fhir", "--database", database, "--errors", list, sources}
		const kills = 5
		var done int
		for n := range kills {
			// The folder has 120 bundles and 24 parts of exports; each kill comes some of them later.
			if done = killedAfter(t, database, done+1+random.IntN(24), args); done < 0 {
				t.Fatalf("the import ended before kill %d", n+1)
			}
		}
		if got := command(t, 0, args...); got != table {
			t.Errorf("the table is\n%s\nwant\n%s", got, table)
		}
		if a, b := read(t, want), read(t, list); a != b {
			t.Errorf("the error file has %d lines, want %d", strings.Count(b, "\n"), strings.Count(a, "\n"))
		}
		s, whole := opening(t, database), opening(t, another)
		if diff := storetest.Difference(storetest.Contents(t, whole.DB, imported...), storetest.Contents(t, s.DB, imported...)); diff != "" {
			t.Error(diff)
		}
		run := theRun(t, s)
		if run.Resumed != kills || run.FinishedAt == nil {
			t.Errorf("booked %v", run)
		}
	})
}

// crowd is a folder of bundles and exports, some records of which are refused.
func crowd(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	var patients, encounters strings.Builder
	for i := range 120 {
		who := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		record := func(typ string, n int, elements string) string {
			return fmt.Sprintf(`{"resourceType":%q,"id":"00000000-0000-4000-9000-%04d%08d",%s}`, typ, i, n, elements)
		}
		entries := []string{`{"resource":{"resourceType":"Patient","id":"` + who + `","name":[{"family":"Gislason"}]}}`}
		for n := range 8 {
			elements := `"subject":{"reference":"Patient/` + who + `"},"code":{"text":"Rash"}`
			if n != i%8 {
				elements += `,"recordedDate":"2020-01-01"`
			}
			entries = append(entries, `{"resource":`+record("Condition", n, elements)+`}`)
			encounters.WriteString(record("Encounter", 10+n, `"status":"finished","subject":{"reference":"Patient/`+who+`"},"period":{"start":"2020"}`) + "\n")
			patients.WriteString(record("Patient", 20+n, fmt.Sprintf(`"gender":%q`, []string{"female", "femal"}[n/7])) + "\n")
		}
		write(t, filepath.Join(folder, who+".json"), `{"resourceType":"Bundle","type":"collection","entry":[`+strings.Join(entries, ",")+`]}`)
	}
	write(t, filepath.Join(folder, "Patient.ndjson"), patients.String())
	write(t, filepath.Join(folder, "Encounter.ndjson"), encounters.String())
	return folder
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func opening(t *testing.T, database string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// theRun is the one run in the books.
func theRun(t *testing.T, s *store.Store) *ent.ImportRun {
	t.Helper()
	run, err := s.Client.ImportRun.Query().Only(viewer.System(t.Context(), "test"))
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// killedAfter starts the program and kills it when the run in the books has changed so often: that is once for each
// document and each resumption. It returns how often it had changed in the end; -1 when the program ended by itself.
func killedAfter(t *testing.T, database string, changes int, args []string) int {
	t.Helper()
	c := prepared(t, args...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Wait() // it is killed
	}()
	s, err := store.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := viewer.System(t.Context(), "test")
	tick, deadline := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return -1
		case <-deadline:
			t.Fatal("the import does not go on")
		case <-tick.C:
		}
		run, err := s.Client.ImportRun.Query().First(ctx)
		if ent.IsNotFound(err) || err == nil && run.Version < changes {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-ended
		return theRun(t, s).Version
	}
}
