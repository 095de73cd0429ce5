package intake_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/importrun"
	"github.com/carehub/carehub/ent/organization"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/provider"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/touchpoint"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake"
	"github.com/carehub/carehub/server/intake/tally"
)

// shared returns a folder of the outside data.
func shared(t testing.TB, folder string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", folder)
	_, err := os.Stat(path)
	storetest.Require(t, "../shared/data", err == nil)
	return path
}

// tables are those that an import of bundles writes, apart from the books of the runs themselves.
var tables = []string{
	"accounts", "patients", "providers", "organizations", "contact_points", "care_programs", "care_relationships",
	"enrollments", "status_changes", "coverages", "touchpoints", "treatments", "conditions", "external_identifiers",
	"locations", "consents", "program_sites", "trial_details", "trial_subjects", "audit_events",
}

// state is the number of rows of each table, and how often they were changed.
func state(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, table := range tables {
		var rows, versions int
		version := "version"
		if table == "status_changes" || table == "audit_events" {
			version = "1" // records do not change
		}
		query := fmt.Sprintf("SELECT COUNT(*), COALESCE(SUM(%s), 0) FROM %s", version, table)
		if err := s.DB.QueryRowContext(t.Context(), query).Scan(&rows, &versions); err != nil {
			t.Fatal(err)
		}
		out[table] = fmt.Sprintf("%d rows, version sum %d", rows, versions)
	}
	return out
}

// take imports folders and reports.
func take(t *testing.T, s *store.Store, paths ...string) intake.Report {
	t.Helper()
	started := time.Now()
	report, err := intake.FHIR(t.Context(), s.Client, intake.Options{}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(started)
	t.Logf("%s: %d resources in %v: %.0f a second", filepath.Base(paths[0]), report.Sum(), took.Round(time.Millisecond),
		float64(report.Sum())/took.Seconds())
	return report
}

// TestSynthea takes all bundles of the outside data in, twice, on both engines, and finds what was counted in
// them by hand.
func TestSynthea(t *testing.T) {
	first, second := shared(t, "synthea-fhir-r4-2019"), shared(t, "synthea-fhir-r4-uscore-2021")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		peak := watchHeap(t)
		ctx := viewer.System(t.Context(), "test")
		report := take(t, s, first)
		for typ, n := range map[string]int{
			"Patient": 109, "Encounter": 2992, "Condition": 728, "MedicationRequest": 820, "CarePlan": 292,
			"Practitioner": 285, "Organization": 183,
		} {
			if c := report.Types[typ]; c.Accepted+c.Unchanged != n || c.Sum() != n {
				t.Errorf("%s: %+v, want %d in", typ, c, n)
			}
		}
		if c := report.Types["ExplanationOfBenefit"]; c.Accepted != 2866 || c.Unmapped != 126 {
			t.Errorf("ExplanationOfBenefit: %+v", c)
		}
		if c := report.Types["Bundle"]; c.Refused != 4 || report.Refused != 4 {
			t.Errorf("defect 7, wrong versions: %+v, in all %+v", c, report.Counts)
		}
		check2019(ctx, t, s.Client)

		report = take(t, s, second)
		if report.Refused != 0 || report.Types["Patient"].Accepted != 50 || report.Types["PractitionerRole"].Accepted != 1191 {
			t.Errorf("uscore: %+v", report)
		}
		checkUSCore(ctx, t, s.Client)

		before := state(t, s)
		for _, folder := range []string{first, second} {
			again := take(t, s, folder)
			if again.Accepted != 0 || again.Unchanged == 0 || again.ExitCode() != 0 {
				t.Errorf("the second run took something in: %+v", again.Counts)
			}
		}
		if diff := cmp.Diff(before, state(t, s)); diff != "" {
			t.Errorf("the second run changed something (-before +after):\n%s", diff)
		}
		if before["patients"] != "159 rows, version sum 159" {
			t.Errorf("patients: %s", before["patients"])
		}
		runs := s.Client.ImportRun.Query().Order(importrun.ByStartedAt()).AllX(ctx)
		if len(runs) != 4 || runs[0].FinishedAt == nil || runs[0].Accepted == 0 {
			t.Errorf("runs: %v", runs)
		}
		const limit = 200 << 20
		if top := peak(); top > limit {
			t.Errorf("the heap grew to %d MiB", top>>20)
		}
	})
}

// TestExports takes a bulk export and HL7's examples in, twice, on both engines: the second run tells the same and
// changes nothing.
func TestExports(t *testing.T) {
	bulk, examples := shared(t, "synthea-bulk-ndjson-2025"), shared(t, "hl7-fhir-r4-examples")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		peak := watchHeap(t)
		first := map[string]intake.Report{bulk: take(t, s, bulk), examples: take(t, s, examples)}
		for folder, want := range map[string]map[string]tally.Counts{
			bulk: {
				"Patient": {Accepted: 9}, "Encounter": {Accepted: 1012}, "Condition": {Accepted: 463}, "MedicationRequest": {Accepted: 1606},
				"Organization": {Accepted: 43}, "Practitioner": {Accepted: 43}, "PractitionerRole": {Accepted: 43},
				"Location": {Accepted: 43, Unmapped: 1}, "Procedure": {Unmapped: 1711}, "Resource": {Refused: 4}, // the log of the export
			},
			examples: {
				"Patient": {Accepted: 14, Unmapped: 1}, "Practitioner": {Accepted: 10}, "Organization": {Accepted: 9},
				"MedicationRequest": {Accepted: 24, Refused: 3}, "Encounter": {Accepted: 1, Refused: 6}, "Location": {Accepted: 1, Refused: 2, Unmapped: 1},
				"Consent": {Refused: 8}, "CarePlan": {Refused: 8}, "Coverage": {Refused: 3}, "ResearchStudy": {Refused: 1}, "Slot": {Unmapped: 3},
			},
		} {
			for typ, counts := range want {
				if got := first[folder].Types[typ]; got != counts {
					t.Errorf("%s, %s: %+v, want %+v", filepath.Base(folder), typ, got, counts)
				}
			}
		}
		ctx := viewer.System(t.Context(), "test")
		if n := s.Client.Provider.Query().Where(provider.NpiNotNil(), provider.OrganizationIDNotNil(), provider.SpecialtyCodeNotNil()).CountX(ctx); n != 43 {
			t.Errorf("defect 2: %d professionals of the export with a valid NPI, organization and specialty", n)
		}
		if n := s.Client.Touchpoint.Query().Where(touchpoint.ProviderIDNotNil(), touchpoint.OrganizationIDNotNil()).CountX(ctx); n != 1012+1 {
			t.Errorf("defect 8: %d encounters with professional and organization, of the export and one example", n)
		}
		before := state(t, s)
		for folder, report := range first {
			again := take(t, s, folder)
			for typ, c := range report.Types {
				c.Accepted, c.Unchanged = 0, c.Accepted+c.Unchanged
				if again.Types[typ] != c {
					t.Errorf("%s again: %+v, want %+v", typ, again.Types[typ], c)
				}
			}
		}
		if diff := cmp.Diff(before, state(t, s)); diff != "" {
			t.Errorf("the second run changed something (-before +after):\n%s", diff)
		}
		if top := peak(); top > 200<<20 {
			t.Errorf("the heap grew to %d MiB", top>>20)
		}
	})
}

// check2019 compares with the counts of the defects in the data set.
func check2019(ctx context.Context, t *testing.T, c *ent.Client) {
	t.Helper()
	is := func(what string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	is("patients", c.Patient.Query().CountX(ctx), 109)
	is("defect 1: providers without NPI", c.Provider.Query().Where(provider.NpiIsNil()).CountX(ctx), 102)
	is("defect 3: providers", c.Provider.Query().CountX(ctx), 102)
	is("defects 3 and 4: organizations", c.Organization.Query().Where(organization.KindNEQ(code.OrganizationKindPayer)).CountX(ctx), 74)
	is("defect 9: encounters without participant", c.Touchpoint.Query().Where(touchpoint.ProviderIDIsNil()).CountX(ctx), 10)
	is("defect 10: encounters without reason", c.Touchpoint.Query().Where(touchpoint.BodyIsNil()).CountX(ctx), 1910)
	is("defect 11: patients without ZIP", c.Patient.Query().Where(patient.AddressZipIsNil()).CountX(ctx), 3)
	is("defect 12: former names", c.Patient.Query().Where(patient.FormerFamilyNotNil()).CountX(ctx), 32)
	is("defect 15: deceased", c.Patient.Query().Where(patient.DeceasedAtNotNil()).CountX(ctx), 16)
	is("defect 15: born before 1935", c.Patient.Query().Where(patient.BirthDateLT("1935-01-01")).CountX(ctx), 11)
	is("defect 15: born after 2007", c.Patient.Query().Where(patient.BirthDateGTE("2008-01-01")).CountX(ctx), 16)
	is("defect 16: providers without phone", c.Provider.Query().Where(provider.PhoneIsNil()).CountX(ctx), 102)
	is("phones of patients", c.ContactPoint.Query().CountX(ctx), 109)
	is("defect 19: payers", c.Organization.Query().Where(organization.KindEQ(code.OrganizationKindPayer)).CountX(ctx), 4)
	is("defect 20: open plans", c.Enrollment.Query().Where(enrollment.EndedAtIsNil()).CountX(ctx), 132)
	is("programs", c.CareProgram.Query().CountX(ctx), 25)
	is("history", c.StatusChange.Query().CountX(ctx), 292)
	is("states", c.Patient.Query().Where(patient.AddressState("MA")).CountX(ctx), 109)
	is("territories", c.Provider.Query().Where(provider.Territory("NORTHEAST")).CountX(ctx), 102)
	if n := c.Coverage.Query().CountX(ctx); n < 109 || n > 2866/2 {
		t.Errorf("defect 19: %d coverages of 2866 copies", n)
	}
	if n := c.Coverage.Query().Where(coverage.PeriodEndIsNil()).CountX(ctx); n != 0 {
		t.Errorf("%d derived coverages without an end", n)
	}
	for _, p := range c.Patient.Query().Where(patient.Family("Mejía")).AllX(ctx) {
		if p.Given != "Gustavo" {
			t.Errorf("defect 13: %v", p)
		}
	}
}

// checkUSCore is check2019 for the other data set, which comes on top.
func checkUSCore(ctx context.Context, t *testing.T, c *ent.Client) {
	t.Helper()
	if n := c.Provider.Query().Where(provider.NpiNotNil()).CountX(ctx); n != 1191-1096 {
		t.Errorf("defect 2: %d providers with NPI", n)
	}
	if n := c.Provider.Query().Where(provider.SpecialtyCodeNotNil(), provider.OrganizationIDNotNil()).CountX(ctx); n != 1191 {
		t.Errorf("roles: %d providers with specialty and organization", n)
	}
	if n := c.Touchpoint.Query().Where(touchpoint.ProviderIDIsNil()).CountX(ctx); n != 10 {
		t.Errorf("defect 8: %d encounters without provider", n)
	}
	if n := c.Patient.Query().Where(patient.AddressZipIsNil()).CountX(ctx); n != 3+23 {
		t.Errorf("defect 11: %d patients without ZIP", n)
	}
	if n := c.Organization.Query().Where(organization.KindEQ(code.OrganizationKindPayer)).CountX(ctx); n != 10 {
		t.Errorf("defect 19: %d payers", n)
	}
	for _, o := range c.Organization.Query().Where(organization.KindEQ(code.OrganizationKindPayer)).AllX(ctx) {
		if strings.Contains(strings.ToLower(o.Name), "no") && strings.Contains(strings.ToLower(o.Name), "insurance") {
			t.Errorf("%q became a payer", o.Name)
		}
	}
}

// TestSyntheaDryRun reports what a run would do, and does nothing.
func TestSyntheaDryRun(t *testing.T) {
	folder := shared(t, "synthea-fhir-r4-2019")
	s := storetest.SQLite(t)
	before := state(t, s)
	dry, err := intake.FHIR(t.Context(), s.Client, intake.Options{DryRun: true, Progress: io.Discard}, folder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, state(t, s)); diff != "" {
		t.Errorf("the dry run changed something:\n%s", diff)
	}
	if n := s.Client.ImportRun.Query().CountX(viewer.System(t.Context(), "test")); n != 0 {
		t.Errorf("%d runs booked", n)
	}
	if diff := cmp.Diff(dry, take(t, s, folder)); diff != "" {
		t.Errorf("the dry run said otherwise (-dry +real):\n%s", diff)
	}
}

// watchHeap samples the live heap until the returned function is called, which returns the most.
func watchHeap(t testing.TB) func() uint64 {
	t.Helper()
	stop, top := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		var most uint64
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				top <- most
				return
			case <-ticker.C:
				metrics.Read(sample)
				most = max(most, sample[0].Value.Uint64())
			}
		}
	}()
	return func() uint64 {
		close(stop)
		most := <-top
		t.Logf("the heap grew to %d MiB", most>>20)
		return most
	}
}
