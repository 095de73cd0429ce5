package intake_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/intake"
)

// corpus is records of every kind that refer to each other: as bundles, single resources and the lines of exports. The
// lines are more than are read at a time, so that what refers to what lies in different parts.
func corpus() (documents []string, exports [][]string) {
	byNPI := `"participant":[{"individual":{"reference":"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|b%02d"}}]`
	var parties, roles, people, met, ill, claims []string
	for i := range 20 {
		n := fmt.Sprintf("%02d", i)
		parties = append(parties, organizationOf("b1"+n, "ORG "+n), practitionerOf("b2"+n, "b"+n))
		roles = append(roles, locationOf("b3"+n, "b1"+n), resource("PractitionerRole", "b4"+n, `"practitioner":`+ref("b2"+n), `"location":[`+ref("b3"+n)+`]`),
			studyOf("0600"+n, `"site":[`+ref("b3"+n)+`]`, `"title":"Trial `+n+`"`, `"identifier":[{"value":"NCT000000`+n+`"}]`))
		people = append(people, patientOf("b5"+n, `"birthDate":"19`+n+`-01-01"`))
		for j := range 15 {
			short := fmt.Sprintf("%s%02d", n, j)
			period := fmt.Sprintf(`"period":{"start":"20%02d-01-01T00:00:00Z"}`, j)
			met = append(met, encounterOf("b6"+short, "b5"+n, period, fmt.Sprintf(byNPI, (i+j%3)%20)))
			ill = append(ill, resource("Condition", "b7"+short, `"subject":`+ref("b5"+n), `"code":{"text":"Rash"}`, `"encounter":`+ref("b6"+short)))
			claims = append(claims, benefitOf("b8"+short, "b5"+n, "Aetna", fmt.Sprintf("20%02d-01-01T00:00:00Z", j), fmt.Sprintf("20%02d-01-01T00:00:00Z", j+j%4)))
		}
		met = append(met, consentOf("b9"+n, "b5"+n), coverageOf("ba"+n, "b5"+n, `"payor":[`+ref("b1"+n)+`]`))
		ill = append(ill, prescriptionOf("bb"+n, "b5"+n, `"authoredOn":"1999-01-01"`, fmt.Sprintf(`"requester":{"identifier":{"system":"http://hl7.org/fhir/sid/us-npi","value":"b%02d"}}`, i)),
			subjectOf("bc"+n, "b5"+n, "0600"+n, "eligible", `"consent":`+ref("b9"+n), `"period":{"start":"2020-02-01"}`),
			episodeOf("bd"+n, "b5"+n, "active"), messageOf("be"+n, "b5"+n, `"sender":`+ref("b2"+n)))
		// A bundle whose encounter is of a patient that comes in the bundle of somebody else.
		other := fmt.Sprintf("%02d", (i+1)%20)
		documents = append(documents, transaction(patientOf("bf0"+n), encounterOf("bf1"+n, "bf0"+other, treatedBy("b2"+n)), planOf("bf2"+n, "b5"+n, "active", `{"start":"2003-01-01"}`)),
			conditionOf("bf3"+n, "bf0"+n, `"recordedDate":"2020"`))
	}
	return append(documents, transaction(parties...)), [][]string{roles, people, met, append(ill, claims...)}
}

// TestAnyOrder takes the same records in in any order of files and lines: the rows and the counts are the same.
func TestAnyOrder(t *testing.T) {
	documents, exports := corpus()
	take := func(t *testing.T, s *store.Store, random *rand.Rand) (intake.Report, map[string][]string) {
		t.Helper()
		folder := t.TempDir()
		names := random.Perm(len(documents) + len(exports))
		at := func(i int, ext string) string { return filepath.Join(folder, fmt.Sprintf("%03d.%s", names[i], ext)) }
		for i, d := range documents {
			write(t, at(i, "json"), []byte(d))
		}
		for i, lines := range exports {
			random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			write(t, at(len(documents)+i, "ndjson"), []byte(strings.Join(lines, "\n")))
		}
		report, err := intake.FHIR(t.Context(), s.Client, intake.Options{}, folder)
		if err != nil {
			t.Fatal(err)
		}
		if report.Refused+report.Unmapped+report.Unchanged > 0 {
			t.Errorf("%+v", report.Counts)
		}
		return report, contents(t, s)
	}
	want, rows := take(t, storetest.SQLite(t), rand.New(rand.NewPCG(0, 0)))
	if len(rows["conditions"]) != 20*15+20 || len(rows["trial_subjects"]) != 20 || len(rows["care_relationships"]) != 20*3+20 {
		t.Errorf("%d conditions, %d subjects, %d relationships", len(rows["conditions"]), len(rows["trial_subjects"]), len(rows["care_relationships"]))
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for seed := range uint64(3) {
			if seed > 0 {
				s = storetest.SQLite(t)
			}
			got, other := take(t, s, rand.New(rand.NewPCG(1, seed+10)))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("seed %d (-first +this):\n%s", seed, diff)
			}
			if diff := storetest.Difference(rows, other); diff != "" {
				t.Errorf("seed %d: %s", seed, diff)
			}
		}
	})
}
