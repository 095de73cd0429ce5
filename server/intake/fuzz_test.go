package intake_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake/fhir"
)

// seeds have every element that the importer reads.
var seeds = []string{
	transaction(
		patientOf("1", `"meta":{"lastUpdated":"2020-01-01T00:00:00Z"}`, `"active":true`, `"deceasedDateTime":"2020-01-01"`,
			`"telecom":[{"system":"phone","value":"555-207-5372"},{"system":"email","value":"a@example.com"}]`,
			`"identifier":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},"system":"urn:mrn","value":"1"}]`,
			`"address":[{"line":["1 A St"],"city":"Quincy","state":"MA","postalCode":"02169","country":"US"}]`,
			`"communication":[{"preferred":true,"language":{"coding":[{"code":"en-US"}]}}]`),
		organizationOf("2", "CARNEY"), practitionerOf("3", "1245319599", `"telecom":[{"system":"phone","value":"617-506-2000"}]`),
		resource("PractitionerRole", "9", `"practitioner":`+ref("3"), `"organization":`+ref("2"),
			`"specialty":[{"coding":[{"system":"http://nucc.org/provider-taxonomy","code":"208D00000X","display":"General Practice"}]}]`),
		encounterOf("4", "1", treatedBy("3"), `"serviceProvider":`+ref("2"), `"reasonCode":[{"text":"Sinusitis"}]`),
		conditionOf("5", "1", `"onsetDateTime":"2018-05"`, `"abatementDateTime":"2019-05"`, `"recordedDate":"2018"`, `"encounter":`+ref("4")),
		prescriptionOf("6", "1", `"authoredOn":"2018-01-01"`, `"requester":`+ref("3"),
			`"dosageInstruction":[{"text":"at night","timing":{"repeat":{"frequency":1,"period":4,"periodUnit":"h"}},"doseAndRate":[{"doseQuantity":{"value":1}}]}]`,
			`"dispenseRequest":{"validityPeriod":{"start":"2018-01-01","end":"2018-02-01"}}`),
		planOf("7", "1", "completed", `{"start":"2003-01-01","end":"2004-01-01"}`),
		benefitOf("8", "1", "Aetna", "2010-01-05T00:00:00Z", "2011-01-05T00:00:00Z"),
	),
	bundleWith("batch",
		entryOf("urn:uuid:1", practitionerOf("1", "80"), `{"method":"POST","url":"Practitioner","ifNoneExist":"identifier=http://hl7.org/fhir/sid/us-npi|80"}`),
		`{"resource":{"resourceType":"PractitionerRole","practitioner":{"identifier":{"system":"http://hl7.org/fhir/sid/us-npi","value":"80"}}}}`,
		`{"fullUrl":"http://a.example/Patient/p1","resource":{"resourceType":"Patient","id":"p1","meta":{"lastUpdated":"2020-01-01"}}}`,
		`{"resource":{"resourceType":"Encounter","status":"finished","subject":{"reference":"Patient/p1"},"period":{"start":"2020"}}}`,
		`{"resource":{"resourceType":"CarePlan","status":"active","category":[{"text":"Care"}],"subject":{"reference":"http://a.example/Patient/p1"}}}`,
		`{}`, `{"resource":[]}`),
	bundleOf("collection", organizationOf("11", "A"), patientOf("12"), locationOf("13", "11"), studyOf("1400", `"site":[`+ref("13")+`]`),
		consentOf("15", "12"), subjectOf("16", "12", "1400", "screening", `"consent":`+ref("15"), `"period":{"start":"2020-02-01"}`),
		coverageOf("17", "12", `"payor":[`+ref("11")+`]`), episodeOf("18", "12", "active"),
		messageOf("19", "12", `"sender":`+ref("12"), `"recipient":[`+ref("11")+`]`)),
	patientOf("1"),
}

// spiteful are values that stand where something else is expected.
var spiteful = []string{
	`null`, `""`, `"\u0000"`, `"` + strings.Repeat("é", 20001) + `"`, `"9999-12-31T23:59:59.999999999-14:00"`, `"0001-01-01"`,
	`-1e400`, `true`, `[]`, `{}`, `[null,[{}]]`, `"entered-in-error"`, `"urn:uuid:` + uuidOf("5") + `"`, `"Patient?identifier=a|b"`,
}

// replaced is a document with the value of one of its nodes, counted in a fixed order, replaced.
func replaced(t testing.TB, document string, node int, value string) (out string, nodes int) {
	t.Helper()
	var tree any
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return document, 0
	}
	var walk func(any) any
	walk = func(at any) any {
		nodes++
		if nodes-1 == node {
			return json.RawMessage(value)
		}
		switch at := at.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(at)) {
				at[key] = walk(at[key])
			}
		case []any:
			for i := range at {
				at[i] = walk(at[i])
			}
		}
		return at
	}
	data, err := json.Marshal(walk(tree))
	if err != nil {
		t.Fatal(err)
	}
	return string(data), nodes
}

// survive takes whatever parses in, twice as a whole and once rank by rank: every resource has one outcome, and nothing
// that the rules let through is refused by the database.
func survive(t *testing.T, s *store.Store, data string) {
	t.Helper()
	fhir.Survey([]byte(data))
	b, err := fhir.Parse("fuzz", []byte(data))
	if err != nil {
		return
	}
	taken(t, s, b, fhir.AllRanks, fhir.AllRanks)
	ranks := make([]int, fhir.MaxRank+1)
	for rank := range ranks {
		ranks[rank] = rank
	}
	taken(t, s, b, ranks...)
}

// taken loads a bundle and rolls it back.
func taken(t *testing.T, s *store.Store, b *fhir.Bundle, ranks ...int) {
	t.Helper()
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
	importer := fhir.NewImporter()
	sum := 0
	for _, rank := range ranks {
		result, err := importer.Load(ctx, tx, b, rank)
		if err != nil {
			t.Fatal(err)
		}
		sum += result.Len()
		if rank == fhir.AllRanks && result.Len() != b.Len() {
			t.Fatalf("%d outcomes of %d resources", result.Len(), b.Len())
		}
	}
	if ranks[0] != fhir.AllRanks && sum != b.Len() {
		t.Fatalf("%d outcomes of %d resources, rank by rank", sum, b.Len())
	}
}

// TestSpiteful puts spiteful values in the place of every element, three of them in turn; fuzzing tries them all.
func TestSpiteful(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, seed := range seeds {
			_, nodes := replaced(t, seed, -1, "")
			for node := range nodes {
				for turn := range 3 {
					data, _ := replaced(t, seed, node, spiteful[(3*node+5*turn)%len(spiteful)])
					survive(t, s, data)
				}
			}
		}
	})
}

// FuzzLines reads any text as a bulk export: every line that is not empty has one outcome at one rank.
func FuzzLines(f *testing.F) {
	for _, seed := range seeds[2:] {
		f.Add([]byte(seed + "\n\n{\n" + seed))
	}
	f.Add([]byte("\uFEFF{}\r\n\xE9\n{\"resourceType\":\"Patient\"}"))
	s := storetest.SQLite(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		want, got := 0, 0
		for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\uFEFF"))) {
			if len(bytes.TrimSpace(line)) > 0 {
				want++
			}
		}
		for rank := range fhir.MaxRank + 1 {
			lines := fhir.ReadLines("fuzz", bytes.NewReader(data), rank)
			for {
				b, err := lines.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					return // written in UTF-16
				}
				got += b.Len()
				taken(t, s, b, fhir.AllRanks)
			}
		}
		if got != want {
			t.Fatalf("%d outcomes of %d lines", got, want)
		}
	})
}

// FuzzFHIR replaces any element of a bundle by any value.
func FuzzFHIR(f *testing.F) {
	for i, seed := range seeds {
		for j, value := range spiteful {
			f.Add([]byte(seed), 10*i+j, value)
		}
	}
	s := storetest.SQLite(f)
	f.Fuzz(func(t *testing.T, data []byte, node int, value string) {
		if !json.Valid([]byte(value)) {
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			value = string(text)
		}
		mutated, _ := replaced(t, string(data), node, value)
		survive(t, s, mutated)
	})
}
