package intake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/trialdetail"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake"
	"github.com/carehub/carehub/server/intake/tally"
)

// fixture is one database and what was last taken into it.
type fixture struct {
	*testing.T
	*store.Store
	ctx      context.Context
	report   intake.Report
	findings []tally.Finding
}

func newFixture(t *testing.T, s *store.Store) *fixture {
	return &fixture{T: t, Store: s, ctx: viewer.System(t.Context(), "test")}
}

// opens opens a trial as a coordinator does who has completed it: with its form, its ethics approval and its recruitment.
func (f *fixture) opens(trial *ent.CareProgram) {
	f.Helper()
	f.Client.ConsentForm.Create().SetScope(code.ConsentScopeTrialParticipation).SetProgramID(trial.ID).SetEdition(1).SetLocale("en-US").
		SetTitle("Form").SetBody("I agree").SetSha256("of the body").SetEffectiveFrom(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).
		SetStatus(code.FormStatusApproved).ExecX(f.ctx)
	f.Client.TrialDetail.Update().Where(trialdetail.ProgramID(trial.ID)).SetEthicsApprovalRef("E-1").SetStudyStatus(code.StudyStatusActive).ExecX(f.ctx)
	f.Client.CareProgram.UpdateOneID(trial.ID).SetStatus(code.ProgramStatusActive).ExecX(f.ctx)
}

// on is the fixture for a subtest.
func (f *fixture) on(t *testing.T) *fixture {
	return &fixture{T: t, Store: f.Store, ctx: viewer.System(t.Context(), "test")}
}

// take imports bundles, each in a file of its own that is named after its place.
func (f *fixture) take(bundles ...string) {
	f.Helper()
	folder := f.TempDir()
	for i, b := range bundles {
		write(f.T, filepath.Join(folder, string(rune('a'+i))+".json"), []byte(b))
	}
	f.takePaths(folder)
}

func (f *fixture) takePaths(paths ...string) {
	f.Helper()
	var lines bytes.Buffer
	report, err := intake.FHIR(f.Context(), f.Client, intake.Options{Errors: &lines}, paths...)
	if err != nil {
		f.Fatal(err)
	}
	f.report, f.findings = report, findings(f.T, lines.String())
}

// findings reads an error file.
func findings(t *testing.T, lines string) []tally.Finding {
	t.Helper()
	var out []tally.Finding
	decoder := json.NewDecoder(strings.NewReader(lines))
	for decoder.More() {
		var f tally.Finding
		if err := decoder.Decode(&f); err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// counts checks what became of the records of a type: accepted, unchanged, refused, unmapped.
func (f *fixture) counts(typ string, want ...int) {
	f.Helper()
	c := f.report.Types[typ]
	got := []int{c.Accepted, c.Unchanged, c.Refused, c.Unmapped}
	for i := range got {
		if i < len(want) && got[i] != want[i] || i >= len(want) && got[i] != 0 {
			f.Errorf("%s: accepted, unchanged, refused, unmapped = %v, want %v; findings %+v", typ, got, want, f.findings)
			return
		}
	}
}

// found checks that the error file says why a resource was left out.
func (f *fixture) found(resource, path, reason string) {
	f.Helper()
	for _, finding := range f.findings {
		if finding.Resource == resource && finding.Path == path && strings.Contains(finding.Reason, reason) {
			return
		}
	}
	f.Errorf("no finding %s, %s, %q in %+v", resource, path, reason, f.findings)
}

func (f *fixture) is(what string, got, want any) {
	f.Helper()
	if got != want {
		f.Errorf("%s: %v, want %v", what, got, want)
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// transaction is a bundle as servers send it.
func transaction(resources ...string) string { return bundleOf("transaction", resources...) }

// bundleOf is a bundle of resources that are POSTed; their full URL is the urn:uuid of their id.
func bundleOf(typ string, resources ...string) string {
	var entries []string
	for _, r := range resources {
		var of struct{ ResourceType, ID string }
		if err := json.Unmarshal([]byte(r), &of); err != nil {
			panic(err.Error() + " in " + r)
		}
		entries = append(entries, entryOf("urn:uuid:"+of.ID, r, `{"method":"POST","url":"`+of.ResourceType+`"}`))
	}
	return bundleWith(typ, entries...)
}

func entryOf(fullURL, resource, request string) string {
	return `{"fullUrl":"` + fullURL + `","resource":` + resource + `,"request":` + request + `}`
}

func bundleWith(typ string, entries ...string) string {
	return `{"resourceType":"Bundle","type":"` + typ + `","entry":[` + strings.Join(entries, ",") + `]}`
}

// uuidOf makes a full key of a short one.
func uuidOf(short string) string {
	return "00000000-0000-4000-8000-000000000000"[:36-len(short)] + short
}

func ref(short string) string { return `{"reference":"urn:uuid:` + uuidOf(short) + `"}` }

// resource is a resource of a type with the full key of a short one and further elements; of one that is given twice
// the last.
func resource(typ, short string, elements ...string) string {
	all := []string{`"resourceType":"` + typ + `"`, `"id":"` + uuidOf(short) + `"`}
	for i, e := range elements {
		key, _, _ := strings.Cut(e, ":")
		if !slices.ContainsFunc(elements[i+1:], func(later string) bool { return strings.HasPrefix(later, key+":") }) {
			all = append(all, e)
		}
	}
	return "{" + strings.Join(all, ",") + "}"
}

func patientOf(short string, elements ...string) string {
	return resource("Patient", short, append([]string{
		`"gender":"female"`, `"birthDate":"1949-08-09"`,
		`"name":[{"use":"official","family":"Gislason","given":["Nelida"]}]`,
	}, elements...)...)
}

func practitionerOf(short, npi string, elements ...string) string {
	return resource("Practitioner", short, append([]string{
		`"identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"` + npi + `"}]`,
		`"name":[{"family":"Kub","given":["Felicitas"]}]`,
		`"address":[{"city":"BOSTON","state":"MA","postalCode":"02124"}]`,
	}, elements...)...)
}

func organizationOf(short, name string) string {
	return resource("Organization", short, `"name":"`+name+`"`,
		`"identifier":[{"system":"https://github.com/synthetichealth/synthea","value":"`+uuidOf(short)+`"}]`)
}

func encounterOf(short, patient string, elements ...string) string {
	return resource("Encounter", short, append([]string{
		`"status":"finished"`, `"class":{"code":"AMB"}`, `"type":[{"text":"Check up"}]`, `"subject":` + ref(patient),
		`"period":{"start":"2019-03-10T08:00:00-05:00","end":"2019-03-10T08:15:00-05:00"}`,
	}, elements...)...)
}

func treatedBy(short string) string { return `"participant":[{"individual":` + ref(short) + `}]` }

func planOf(short, patient, status, period string) string {
	return resource("CarePlan", short, `"status":"`+status+`"`, `"intent":"order"`, `"subject":`+ref(patient),
		`"category":[{"coding":[{"system":"http://snomed.info/sct","code":"53950000","display":"Respiratory therapy"}]}]`,
		`"period":`+period)
}

func benefitOf(short, patient, payer, from, to string) string {
	return resource("ExplanationOfBenefit", short, `"status":"active"`, `"patient":`+ref(patient),
		`"billablePeriod":{"start":"`+from+`","end":"`+to+`"}`,
		`"contained":[{"resourceType":"Coverage","id":"coverage","status":"active","type":{"text":"`+payer+`"},"payor":[{"display":"`+payer+`"}]}]`)
}

func conditionOf(short, patient string, elements ...string) string {
	return resource("Condition", short, append([]string{
		`"clinicalStatus":{"coding":[{"code":"active"}]}`, `"subject":` + ref(patient),
		`"code":{"coding":[{"system":"http://snomed.info/sct","code":"40055000","display":"Chronic sinusitis"}]}`,
	}, elements...)...)
}

func prescriptionOf(short, patient string, elements ...string) string {
	return resource("MedicationRequest", short, append([]string{
		`"status":"active"`, `"intent":"order"`, `"subject":` + ref(patient),
		`"medicationCodeableConcept":{"coding":[{"system":"http://www.nlm.nih.gov/research/umls/rxnorm","code":"316049","display":"Hydrochlorothiazide 25 MG"}]}`,
	}, elements...)...)
}

func locationOf(short, organization string, elements ...string) string {
	return resource("Location", short, append([]string{
		`"name":"Wing"`, `"managingOrganization":` + ref(organization),
		`"address":{"line":["1 A St"],"city":"Boston","state":"Massachusetts","postalCode":"02124"}`,
	}, elements...)...)
}

func studyOf(short string, elements ...string) string {
	return resource("ResearchStudy", short, append([]string{
		`"status":"active"`, `"title":"Examplamab in asthma"`, `"phase":{"coding":[{"code":"phase-2"}]}`,
		`"identifier":[{"system":"https://clinicaltrials.gov","value":"NCT0000` + strings.ReplaceAll(short, "a", "0")[:4] + `"}]`,
		`"condition":[{"text":"Asthma"}]`, `"description":"Whether it helps."`, `"period":{"start":"2020-01-01"}`,
	}, elements...)...)
}

func consentOf(short, patient string, elements ...string) string {
	return resource("Consent", short, append([]string{
		`"status":"active"`, `"patient":` + ref(patient), `"dateTime":"2020-01-15"`,
		`"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"research"}]}`,
		`"provision":{"type":"permit"}`,
	}, elements...)...)
}

func subjectOf(short, patient, study, status string, elements ...string) string {
	return resource("ResearchSubject", short, append([]string{
		`"status":"` + status + `"`, `"individual":` + ref(patient), `"study":` + ref(study),
	}, elements...)...)
}

func coverageOf(short, patient string, elements ...string) string {
	return resource("Coverage", short, append([]string{
		`"status":"active"`, `"beneficiary":` + ref(patient), `"period":{"start":"2020-01-01","end":"2021-01-01"}`,
	}, elements...)...)
}

func episodeOf(short, patient, status string, elements ...string) string {
	return resource("EpisodeOfCare", short, append([]string{
		`"status":"` + status + `"`, `"patient":` + ref(patient), `"period":{"start":"2014-09-01"}`,
		`"type":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/episodeofcare-type","code":"hacc","display":"Home and Community Care"}]}]`,
	}, elements...)...)
}

func messageOf(short, patient string, elements ...string) string {
	return resource("Communication", short, append([]string{
		`"status":"completed"`, `"subject":` + ref(patient), `"sent":"2020-03-01T10:00:00Z"`,
		`"medium":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationMode","code":"PHONE"}]}]`,
		`"payload":[{"contentString":"How long shall I take it?"}]`,
	}, elements...)...)
}
