package intake_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/intake"
)

var engines = map[string]func(testing.TB, ...store.Option) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres}

// BenchmarkFHIR reports resources a second and the most memory that was in use, for made bundles, for a made export and
// for the outside data where it is there.
func BenchmarkFHIR(b *testing.B) {
	const sets = "../../../shared/data/"
	folders := map[string]string{"bundles": bundlesOf(b, 40), "export": exportOf(b, 10_000, true)}
	for _, set := range []string{"synthea-fhir-r4-2019", "synthea-fhir-r4-uscore-2021", "synthea-bulk-ndjson-2025"} {
		if _, err := os.Stat(sets + set); err == nil {
			folders[set] = sets + set
		}
	}
	for engine, open := range engines {
		for set, folder := range folders {
			b.Run(engine+"/"+set, func(b *testing.B) {
				peak := watchHeap(b)
				resources := 0
				for b.Loop() {
					b.StopTimer()
					s := open(b)
					b.StartTimer()
					resources += taking(b, s, folder).Sum()
				}
				b.ReportMetric(float64(resources)/b.Elapsed().Seconds(), "resources/s")
				b.ReportMetric(float64(peak()>>20), "MiB-heap")
			})
		}
	}
}

// BenchmarkRefused reports how long ten thousand records that are refused take of the time that as many take that are
// accepted, in one run after the other.
func BenchmarkRefused(b *testing.B) {
	const records = 10_000
	accepted, refused := exportOf(b, records, true), exportOf(b, records, false)
	for engine, open := range engines {
		b.Run(engine, func(b *testing.B) {
			var in, out time.Duration
			for b.Loop() {
				s := open(b)
				started := time.Now()
				taking(b, s, accepted)
				in += time.Since(started)
				started = time.Now()
				if r := taking(b, s, refused); r.Refused != records {
					b.Fatalf("%+v", r.Counts)
				}
				out += time.Since(started)
			}
			b.ReportMetric(out.Seconds()/in.Seconds(), "refused/accepted")
		})
	}
}

func taking(b *testing.B, s *store.Store, folder string) intake.Report {
	b.Helper()
	report, err := intake.FHIR(b.Context(), s.Client, intake.Options{Errors: io.Discard}, folder)
	if err != nil {
		b.Fatal(err)
	}
	return report
}

// bundlesOf is a folder of bundles of a hundred resources each.
func bundlesOf(t testing.TB, n int) string {
	t.Helper()
	folder := t.TempDir()
	for i := range n {
		who := fmt.Sprintf("c%05d", i)
		all := []string{patientOf(who), practitionerOf("d"+who, "d"+who), organizationOf("e"+who, "CARNEY")}
		for j := range 48 {
			short := fmt.Sprintf("%s%02d", who, j)
			all = append(all, encounterOf("a"+short, who, treatedBy("d"+who), `"serviceProvider":`+ref("e"+who)),
				conditionOf("b"+short, who, `"recordedDate":"2020"`, `"encounter":`+ref("a"+short)))
		}
		write(t, filepath.Join(folder, who+".json"), []byte(transaction(append(all, planOf("f"+who, who, "active", `{"start":"2003-01-01"}`))...)))
	}
	return folder
}

// exportOf is an export of so many conditions, which are accepted or not, and of a hundred patients.
func exportOf(t testing.TB, n int, accepted bool) string {
	t.Helper()
	folder := t.TempDir()
	const patients = 100
	var people, ill strings.Builder
	for i := range n {
		who := fmt.Sprintf("c%05d", i%patients)
		date := `"recordedDate":"2020"`
		if !accepted {
			date = `"recordedDate":"yesterday"`
		}
		if ill.WriteString(conditionOf(fmt.Sprintf("b%05d", i), who, date) + "\n"); i < patients && accepted {
			people.WriteString(patientOf(who) + "\n")
		}
	}
	write(t, filepath.Join(folder, "Condition.ndjson"), []byte(ill.String()))
	write(t, filepath.Join(folder, "Patient.ndjson"), []byte(people.String()))
	return folder
}
