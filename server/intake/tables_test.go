package intake_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/intake"
	"github.com/carehub/carehub/server/intake/tally"
)

// importer is one of the functions of package intake.
type importer func(context.Context, *ent.Client, intake.Options, ...string) (intake.Report, error)

// takeTables imports tables, by the names of their files.
func (f *fixture) takeTables(run importer, tables map[string]string) {
	f.Helper()
	folder := f.TempDir()
	for name, content := range tables {
		write(f.T, filepath.Join(folder, name), []byte(content))
	}
	f.takeBy(run, folder)
}

func (f *fixture) takeBy(run importer, paths ...string) {
	f.Helper()
	var lines bytes.Buffer
	report, err := run(f.Context(), f.Client, intake.Options{Errors: &lines}, paths...)
	if err != nil {
		f.Fatal(err)
	}
	f.report, f.findings = report, findings(f.T, lines.String())
}

// twice imports a folder twice, and checks that the second run tells the same and changes nothing.
func (f *fixture) twice(run importer, folder string) {
	f.Helper()
	f.takeBy(run, folder)
	first, before := f.report, state(f.T, f.Store)
	f.takeBy(run, folder)
	if diff := cmp.Diff(before, state(f.T, f.Store)); diff != "" {
		f.Errorf("the second run changed something (-before +after):\n%s", diff)
	}
	for name, c := range first.Types {
		c.Unchanged, c.Accepted = c.Accepted+c.Unchanged, 0
		if again := f.report.Types[name]; again != c {
			f.Errorf("%s: %+v the second time, want %+v", name, again, c)
		}
	}
	f.report = first
}

// csv is a table of lines.
func csv(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

// TestTables is what tables have in common: their rows have one outcome each, named by line and byte.
func TestTables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		folder := t.TempDir()
		for name, content := range map[string]string{
			"organizations.csv": "\uFEFFId,NAME\r\n" + uuidOf("1") + ",One\r\n" + uuidOf("2") + "\r\n" + uuidOf("3") + ",M\xfcller\r\nno,Four\r\n",
			"payers.csv":        csv("Id,TITLE", uuidOf("4")+",Humana"),
			"claims.csv":        csv("Id", "1", "2", "3,4", "5"),
			"devices.csv":       csv("Id"),
			"patients.csv":      "\xff\xfe",
			"people.csv":        csv("Id"),
			"readme.txt":        "read me",
		} {
			write(t, filepath.Join(folder, name), []byte(content))
		}
		f.takeBy(intake.SyntheaCSV, folder)
		at := func(name string) string { return filepath.Join(folder, name) }
		want := []tally.Finding{
			{Outcome: tally.Unmapped, Source: at("claims.csv"), Resource: "claims", Path: "claims", Reason: "the model has no place for its rows: 4"},
			{Outcome: tally.Refused, Source: at("organizations.csv"), Resource: "organizations line 5 byte 137", Path: "Id", Reason: "no UUID"},
			{Outcome: tally.Refused, Source: at("organizations.csv"), Resource: "organizations line 3 byte 54", Path: "organizations", Reason: "has more or fewer fields than the header"},
			{Outcome: tally.Refused, Source: at("organizations.csv"), Resource: "organizations line 4 byte 92", Path: "organizations", Reason: "column 2 is not written in UTF-8"},
			{Outcome: tally.Refused, Source: at("patients.csv"), Resource: "File", Path: "File", Reason: "written in UTF-16; UTF-8 is expected"},
			{Outcome: tally.Refused, Source: at("payers.csv"), Resource: "File", Path: "File", Reason: "line 1: column NAME is missing"},
			{Outcome: tally.Unmapped, Source: at("people.csv"), Resource: "File", Path: "File", Reason: "no file of this format"},
			{Outcome: tally.Unmapped, Source: at("readme.txt"), Resource: "File", Path: "File", Reason: "no file of this format"},
		}
		if diff := cmp.Diff(want, f.findings); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		f.counts("organizations", 1, 0, 3)
		f.counts("claims", 0, 0, 0, 4)
	})
}

// TestLongTable is taken in some rows at a time, and goes on behind a row that is broken.
func TestLongTable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		lines := []string{"Id,NAME"}
		for i := range 1200 {
			lines = append(lines, derived(i)+",Clinic")
			if i%400 == 100 {
				lines = append(lines, "broken")
			}
		}
		f.takeTables(intake.SyntheaCSV, map[string]string{"organizations.csv": csv(lines...)})
		f.counts("organizations", 1200, 0, 3)
		f.is("organizations", f.Client.Organization.Query().CountX(f.ctx), 1200)
		f.is("entries of audit", f.Client.AuditEvent.Query().CountX(f.ctx), 3)
		long := csv("Id,NAME", derived(1200)+",Clinic", derived(1201)+","+strings.Repeat("x", 2<<20))
		f.takeTables(intake.SyntheaCSV, map[string]string{"organizations.csv": long})
		f.counts("organizations", 1)
		f.counts("File", 0, 0, 1)
		f.found("File", "File", "byte 52: a row longer than")
	})
}

// TestArchivedTables reads an archive in the order of the ranks; a second archive brings what the first lacks.
func TestArchivedTables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		folder := t.TempDir()
		for name, tables := range map[string][][2]string{
			"a.zip": {
				{"csv/encounters.csv", csv("Id,START,STOP,PATIENT,PROVIDER", uuidOf("4")+",2019-03-10,2019-03-11,"+uuidOf("1")+","+uuidOf("3"))},
				{"csv/patients.csv", csv(patientsHeader, patientRow("1"))},
				{"csv/notes.txt", "read me"},
			},
			"b.zip": {{"csv/providers.csv", csv("Id,ORGANIZATION,NAME", uuidOf("3")+","+uuidOf("2")+",Felicitas Kub")}},
		} {
			file, err := os.Create(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			archive := zip.NewWriter(file)
			for _, table := range tables {
				w, err := archive.Create(table[0])
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.WriteString(w, table[1]); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(archive.Close(), file.Close()); err != nil {
				t.Fatal(err)
			}
		}
		f.twice(intake.SyntheaCSV, folder)
		for _, name := range []string{"encounters", "patients", "providers"} {
			f.counts(name, 1)
		}
		f.counts("File", 0, 0, 0, 1)
		f.is("provider", *f.touchpoint("4").ProviderID, f.keyOf("provider", "3"))
		f.is("remark", f.report.Remarks["a provider's organization is not known: the provider is in without it"], 1)
	})
}

// TestDryTables tells what would happen, and changes nothing.
func TestDryTables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		before := state(t, s)
		dry := func(ctx context.Context, c *ent.Client, opts intake.Options, paths ...string) (intake.Report, error) {
			opts.DryRun = true
			return intake.SyntheaCSV(ctx, c, opts, paths...)
		}
		folder := shared(t, "synthea-csv-dbt")
		f.takeBy(dry, folder)
		said := f.report
		if diff := cmp.Diff(before, state(t, s)); diff != "" {
			t.Errorf("the dry run changed something:\n%s", diff)
		}
		f.takeBy(intake.SyntheaCSV, folder)
		if diff := cmp.Diff(said, f.report); diff != "" {
			t.Errorf("the dry run said otherwise (-dry +real):\n%s", diff)
		}
	})
}
