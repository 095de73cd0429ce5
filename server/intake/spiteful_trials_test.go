package intake_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake"
	"github.com/carehub/carehub/server/intake/cdisc"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/tally"
	"github.com/carehub/carehub/server/intake/trials"
)

// studySeeds have every element that is read of a study, in both versions of the registry's API.
var studySeeds = []string{
	v1("NCT00000001", `"StatusModule":{"OverallStatus":"Recruiting","StartDateStruct":{"StartDate":"August 1, 2020"},"CompletionDateStruct":{"CompletionDate":"2021"},"LastUpdateSubmitDate":"July 3, 2021"}`,
		`"SponsorCollaboratorsModule":{"ResponsibleParty":{"ResponsiblePartyInvestigatorFullName":"Ana Ruiz","ResponsiblePartyInvestigatorAffiliation":"Acme"},"LeadSponsor":{"LeadSponsorName":"Acme","LeadSponsorClass":"OTHER"}}`,
		`"DescriptionModule":{"BriefSummary":"About Ana Ruiz"}`, `"ConditionsModule":{"ConditionList":{"Condition":["Covid19"]}}`,
		`"DesignModule":{"PhaseList":{"Phase":["Phase 2"]},"DesignInfo":{"DesignMaskingInfo":{"DesignMasking":"Double","DesignWhoMaskedList":{"DesignWhoMasked":["Participant"]}}},"EnrollmentInfo":{"EnrollmentCount":"80"}}`,
		`"EligibilityModule":{"EligibilityCriteria":"Inclusion Criteria:\n- A:\n  - B\nExclusion Criteria:\nC","Gender":"Female","MinimumAge":"18 Years","MaximumAge":"60 Years"}`,
		`"ContactsLocationsModule":{"CentralContactList":{"CentralContact":[{"CentralContactName":"Ana Ruiz"}]},"LocationList":{"Location":[{"LocationFacility":"Carney","LocationStatus":"Recruiting","LocationCity":"Boston","LocationState":"MA","LocationZip":"02124","LocationCountry":"United States","LocationContactList":{"LocationContact":[{"LocationContactPhone":"555-010-0123"}]}},{}]}}`),
	`[` + v2("NCT00000002", `"statusModule":{"overallStatus":"COMPLETED","startDateStruct":{"date":"2020-08"},"lastUpdateSubmitDate":"2021-07-03"}`,
		`"designModule":{"phases":["PHASE1","PHASE2"],"designInfo":{"maskingInfo":{"masking":"NONE","whoMasked":[]}},"enrollmentInfo":{"count":3}}`,
		`"contactsLocationsModule":{"overallOfficials":[{"name":"Ana Ruiz","affiliation":"Acme"}],"locations":[{"facility":"Carney","city":"Boston","contacts":[{"email":"a@example.com"}]}]}`) + `,{}]`,
}

// surviveStudies takes whatever parses as studies in, twice: every study and location has one outcome, and nothing
// that the rules let through is refused by the database.
func surviveStudies(t *testing.T, s *store.Store, data string) {
	t.Helper()
	d, err := trials.ParseJSON("fuzz", []byte(data))
	if strings.HasPrefix(data, "<") {
		var decoder *xml.Decoder
		if decoder, err = source.XML(strings.NewReader(data)); err == nil {
			d, err = trials.ParseXML("fuzz", decoder)
		}
	}
	if err != nil {
		return
	}
	within(t, s, func(ctx context.Context, tx *ent.Tx) {
		for range 2 {
			result, err := trials.Load(ctx, tx, d)
			if err != nil {
				t.Fatalf("%v\n%.2000s", err, data)
			}
			var report tally.Report
			report.Add(&result.Tally)
			if n := report.Types["Study"].Sum() + report.Types["Location"].Sum(); n != d.Len() {
				t.Fatalf("%d outcomes of %d studies and locations\n%.2000s", n, d.Len(), data)
			}
		}
	})
}

// within runs work in a transaction that is rolled back.
func within(t *testing.T, s *store.Store, work func(context.Context, *ent.Tx)) {
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
	work(ctx, tx)
}

// rewritten are documents as replaced writes them, with nothing replaced.
func rewritten(t *testing.T, seeds []string) (out []string) {
	for _, seed := range seeds {
		document, _ := replaced(t, seed, -1, "")
		out = append(out, document)
	}
	return out
}

// TestSpitefulStudies is TestSpiteful for studies.
func TestSpitefulStudies(t *testing.T) {
	f := newFixture(t, storetest.SQLite(t))
	f.takeStudies(rewritten(t, studySeeds)...)
	f.counts("Study", 2)
	f.counts("Location", 2, 0, 1)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, seed := range studySeeds {
			_, nodes := replaced(t, seed, -1, "")
			for node := range nodes {
				for turn := range 3 {
					data, _ := replaced(t, seed, node, spiteful[(3*node+5*turn)%len(spiteful)])
					surviveStudies(t, s, data)
				}
			}
		}
	})
}

// FuzzStudies replaces any element of a study in JSON by any value, and takes any text as XML.
func FuzzStudies(f *testing.F) {
	for i, seed := range studySeeds {
		for j, value := range spiteful {
			f.Add([]byte(seed), 10*i+j, value)
		}
	}
	f.Add([]byte(legacy("NCT00000003", "<eligibility><criteria><textblock>a:\n\n - b</textblock></criteria></eligibility><location><facility><address><city>Boston</city></address></facility></location>")), -1, "null")
	s := storetest.SQLite(f)
	f.Fuzz(func(t *testing.T, data []byte, node int, value string) {
		mutated := string(data)
		if !strings.HasPrefix(mutated, "<") {
			mutated, _ = replaced(t, mutated, node, jsonOf(t, value))
		}
		surviveStudies(t, s, mutated)
	})
}

// jsonOf is a value in JSON: as it is, or as a text.
func jsonOf(t *testing.T, value string) string {
	t.Helper()
	if json.Valid([]byte(value)) {
		return value
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// datasetSeeds have every column that is read of a subject; they belong together.
var datasetSeeds = []string{
	datasetOf("TS", "STUDYID=F, TSPARMCD=TITLE, TSVAL=A trial", "STUDYID=F, TSPARMCD=SPONSOR, TSVAL=Acme", "STUDYID=F, TSPARMCD=AGEMIN, TSVAL=P50Y"),
	datasetOf("TI", "STUDYID=F, IETEST=Adults, IECAT=INCLUSION, TIVERS=1"),
	datasetOf("TV", "STUDYID=F, VISITNUM=1, TVSTRL=Informed Consent Obtained"),
	datasetOf("DM", "STUDYID=F, USUBJID=1, SUBJID=01, SITEID=7, SEX=F, BRTHDTC=1928, COUNTRY=USA, ARM=Placebo, RFICDTC=2013-01-02, RFXSTDTC=2013-01-09, RFPENDTC=2013-02-01, DTHDTC=2013-02-01, DTHFL=Y",
		"STUDYID=F, USUBJID=2, ARMNRS=SCREEN FAILURE, RFICDTC=2013-01-02, RFPENDTC=2013-01-02"),
	datasetOf("ADSL", "STUDYID=F, USUBJID=3, SUBJID=03, SITEID=7, SEX=M, ARM=Placebo, VISIT1DT=2013-01-02, RANDDT=2013-01-03, TRTSDT=2013-01-03, EOSDT=2013-02-03, EOSSTT=DISCONTINUED, DCDECOD=DEATH"),
	datasetOf("DS", "STUDYID=F, USUBJID=1, DSCAT=PROTOCOL MILESTONE, DSDECOD=RANDOMIZED, DSSTDTC=2013-01-08", "STUDYID=F, USUBJID=1, DSCAT=DISPOSITION EVENT, DSSCAT=STUDY PARTICIPATION, DSDECOD=WITHDRAWAL BY SUBJECT, DSSTDTC=2013-02-01"),
}

// surviveDatasets takes datasets in together, twice: every row of those that can be read has one outcome, and nothing
// that the rules let through is refused by the database.
func surviveDatasets(t *testing.T, s *store.Store, datasets []string) {
	t.Helper()
	within(t, s, func(ctx context.Context, tx *ent.Tx) {
		for range 2 {
			all := cdisc.NewCollection()
			for _, data := range datasets {
				_, _ = all.Read("fuzz", strings.NewReader(data)) // what cannot be read is refused as a whole
			}
			for _, d := range all.Datasets() {
				result, err := all.Load(ctx, tx, d)
				if err != nil {
					t.Fatalf("%v\n%.4000s", err, datasets)
				}
				result.Committed()
				if n := result.Len(); n != d.Len() {
					t.Fatalf("%d outcomes of %d rows\n%.4000s", n, d.Len(), datasets)
				}
			}
		}
	})
}

// TestSpitefulDatasets is TestSpiteful for datasets.
func TestSpitefulDatasets(t *testing.T) {
	f := newFixture(t, storetest.SQLite(t))
	f.takeWith(intake.CDISC, rewritten(t, datasetSeeds)...)
	f.counts("DM", 2)
	f.counts("ADSL", 1)
	f.counts("DS", 2)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for i, seed := range datasetSeeds {
			_, nodes := replaced(t, seed, -1, "")
			for node := range nodes {
				for turn := range 2 {
					datasets := slices.Clone(datasetSeeds)
					datasets[i], _ = replaced(t, seed, node, spiteful[(3*node+5*turn)%len(spiteful)])
					surviveDatasets(t, s, datasets)
				}
			}
		}
	})
}

// FuzzDatasets replaces any element of one of the datasets by any value.
func FuzzDatasets(f *testing.F) {
	for i, seed := range datasetSeeds {
		for j, value := range spiteful {
			f.Add(i, []byte(seed), 5*i+j, value)
		}
	}
	s := storetest.SQLite(f)
	f.Fuzz(func(t *testing.T, place int, data []byte, node int, value string) {
		datasets := slices.Clone(datasetSeeds)
		mutated, _ := replaced(t, string(data), node, jsonOf(t, value))
		datasets[uint(place)%uint(len(datasets))] = mutated
		surviveDatasets(t, s, datasets)
	})
}
