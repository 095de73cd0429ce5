package intake_test

import (
	"testing"

	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake/fhir"
)

// FuzzFHIR takes whatever parses as a bundle in: every resource has one outcome, and nothing that the rules let
// through is refused by the database.
func FuzzFHIR(f *testing.F) {
	for _, seed := range []string{
		transaction(patientOf("1", `"telecom":[{"system":"phone","value":"555-207-5372"}]`, `"deceasedBoolean":true`),
			organizationOf("2", "CARNEY"), practitionerOf("3", "1245319599"),
			encounterOf("4", "1", treatedBy("3"), `"serviceProvider":`+ref("2")),
			conditionOf("5", "1", `"recordedDate":"2018-05"`),
			prescriptionOf("6", "1", `"authoredOn":"2018-01-01"`, `"requester":`+ref("3")),
			planOf("7", "1", "active", `{"start":"2003-01-01"}`),
			benefitOf("8", "1", "Aetna", "2010-01-05T00:00:00Z", "2011-01-05T00:00:00Z")),
		bundleWith("batch",
			entryOf("urn:uuid:1", practitionerOf("1", "80"), `{"method":"POST","url":"Practitioner","ifNoneExist":"identifier=http://hl7.org/fhir/sid/us-npi|80"}`),
			`{"resource":{"resourceType":"PractitionerRole","practitioner":{"identifier":{"system":"http://hl7.org/fhir/sid/us-npi","value":"80"}}}}`,
			`{"resource":{"resourceType":"Patient","id":"p1","meta":{"lastUpdated":"2020-01-01"}}}`,
			`{"resource":{"resourceType":"Encounter","status":"finished","subject":{"reference":"Patient/p1"},"period":{"start":"2020"}}}`,
			`{}`, `{"resource":[]}`),
		`{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Condition","clinicalStatus":"active"}}]}`,
	} {
		f.Add([]byte(seed))
	}
	s := storetest.SQLite(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		fhir.Rank(data)
		b, err := fhir.Parse("fuzz", data)
		if err != nil {
			return
		}
		ctx := viewer.System(t.Context(), "fuzz")
		tx, err := s.Client.Tx(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := tx.Rollback(); err != nil {
				t.Error(err)
			}
		}()
		for range 2 {
			result, err := fhir.NewImporter().Load(ctx, tx, b)
			if err != nil {
				t.Fatal(err)
			}
			if n := result.Len(); n != b.Len() {
				t.Fatalf("%d outcomes of %d resources", n, b.Len())
			}
		}
	})
}
