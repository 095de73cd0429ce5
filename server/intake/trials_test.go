package intake_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/eligibilitycriterion"
	"github.com/carehub/carehub/ent/organization"
	"github.com/carehub/carehub/ent/programsite"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/trialdetail"
	"github.com/carehub/carehub/server/intake"
	"github.com/carehub/carehub/server/intake/tally"
)

// takeStudies imports studies, each text in a file of its own in their order.
func (f *fixture) takeStudies(texts ...string) {
	f.Helper()
	f.takeWith(intake.Trials, texts...)
}

// program is the one of a study, with its trial.
func (f *fixture) program(registryID string) *ent.CareProgram {
	f.Helper()
	return f.Client.CareProgram.Query().Where(careprogram.RegistryID(registryID)).WithTrial().OnlyX(f.ctx)
}

// v1, v2 and legacy are a study in the three forms; the modules are inserted as they are.
func v1(id string, modules ...string) string {
	return `{"FullStudiesResponse":{"FullStudies":[{"Study":{"ProtocolSection":{` + strings.Join(append(modules, `"IdentificationModule":{"NCTId":"`+id+`","BriefTitle":"A trial"}`), ",") + `}}}]}}`
}

func v2(id string, modules ...string) string {
	return `{"protocolSection":{` + strings.Join(append(modules, `"identificationModule":{"nctId":"`+id+`","briefTitle":"A trial"}`), ",") + `}}`
}

func legacy(id string, elements ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><clinical_study><id_info><nct_id>` + id + `</nct_id></id_info><brief_title>A trial</brief_title>` + strings.Join(elements, "") + `</clinical_study>`
}

// TestTrialDefects meets every defect of the outside data that concerns studies, by its number in the list.
func TestTrialDefects(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		status := func(of string) string {
			return `"statusModule":{"overallStatus":"` + of + `","lastUpdateSubmitDate":"2020-01-02"}`
		}
		for name, test := range map[string]func(*fixture){
			"38 the study decides, not the file; the last update stays": func(f *fixture) {
				submitted := func(at, status string) string {
					return legacy("NCT00000381", "<overall_status>"+status+"</overall_status><last_update_submitted>"+at+"</last_update_submitted>")
				}
				f.takeStudies(submitted("June 15, 2016", "Recruiting"), submitted("June 15, 2016", "Suspended"))
				f.counts("Study", 1, 1)
				f.is("the first stays", text(f.program("NCT00000381").Edges.Trial.RegistryStatus), "Recruiting")
				f.takeStudies(submitted("June 15, 2017", "Completed"), submitted("June 14, 2016", "Suspended"))
				f.counts("Study", 1, 1)
				p := f.program("NCT00000381")
				f.is("the last update", *p.Edges.Trial.StudyStatus, code.StudyStatusCompleted)
				f.is("drawing board", p.Status, code.ProgramStatusDraft)
			},
			"39 no status; version 1 among version 2; statuses without a word in FHIR": func(f *fixture) {
				f.takeStudies(
					v2("NCT00000391"), v1("NCT00000392", `"StatusModule":{"OverallStatus":"Available"}`), v2("NCT00000393", status("WITHHELD")),
					v2("NCT00000394", status("UNKNOWN")), legacy("NCT00000395", "<overall_status>Active, not recruiting</overall_status>"),
				)
				f.counts("Study", 5)
				is := func(id, registry, fhir string) {
					trial, got := f.program(id).Edges.Trial, "(none)"
					if trial.StudyStatus != nil {
						got = string(*trial.StudyStatus)
					}
					f.is(id, text(trial.RegistryStatus)+" "+got, registry+" "+fhir)
				}
				is("NCT00000391", "(none)", "(none)")
				is("NCT00000392", "Available", "ACTIVE")
				is("NCT00000393", "WITHHELD", "(none)")
				is("NCT00000394", "UNKNOWN", "(none)")
				is("NCT00000395", "Active, not recruiting", "CLOSED_TO_ACCRUAL")
			},
			"40 ages, days and counts": func(f *fixture) {
				f.takeStudies(
					v1("NCT00000401", `"EligibilityModule":{"EligibilityCriteria":"Adults"}`, `"StatusModule":{"StartDateStruct":{"StartDate":"August 2020"},"CompletionDateStruct":{"CompletionDate":"August 1, 2021"}}`,
						`"DesignModule":{"EnrollmentInfo":{"EnrollmentCount":"7200"}}`),
					v2("NCT00000402", `"eligibilityModule":{"minimumAge":"1 Day","maximumAge":"4 Months","sex":"FEMALE"}`, `"designModule":{"enrollmentInfo":{"count":3}}`),
					legacy("NCT00000403", "<eligibility><gender>Both</gender><minimum_age>N/A</minimum_age><maximum_age>grown up</maximum_age></eligibility>"),
					v2("NCT00000404", `"statusModule":{"startDateStruct":{"date":"08/2020"}}`), v2("NCT00000405", `"designModule":{"enrollmentInfo":{"count":"some"}}`),
				)
				f.counts("Study", 3, 0, 2)
				f.found("Study NCT00000404", "start_date", "no date as the registry writes them")
				f.found("Study NCT00000405", "enrollment", "no number of participants")
				p := f.program("NCT00000401")
				f.is("start", p.StartsOn == nil, true)
				f.is("end", *p.EndsOn, code.Date("2021-08-01"))
				f.is("target", *p.Edges.Trial.TargetEnrollment, 7200)
				f.is("target as a number", *f.program("NCT00000402").Edges.Trial.TargetEnrollment, 3)
				expressions := func(id string) (out []string) {
					for _, c := range f.Client.EligibilityCriterion.Query().Where(eligibilitycriterion.ProgramID(f.program(id).ID)).Order(eligibilitycriterion.BySeq()).AllX(f.ctx) {
						out = append(out, fmt.Sprintf("%d %s %s", c.Seq, c.Text, text(c.Expression)))
					}
					return out
				}
				for id, want := range map[string][]string{
					"NCT00000401": {"1 Adults (none)"},
					"NCT00000402": {"1 Minimum age: 1 Day age >= 0.0027378507871321013", "2 Maximum age: 4 Months age < 0.4166666666666667", "3 Sex: female sex == 'FEMALE'"},
					"NCT00000403": {"1 Maximum age: grown up (none)"},
				} {
					if diff := cmp.Diff(want, expressions(id)); diff != "" {
						f.Errorf("%s: -want +got:\n%s", id, diff)
					}
				}
			},
			"41 text beyond ASCII": func(f *fixture) {
				f.takeStudies(v2("NCT00000411", `"descriptionModule":{"briefSummary":"Température \\>37°С"}`, `"contactsLocationsModule":{"locations":[{"facility":"Atatürk Eğitim","city":"İzmir","country":"Türkiye"}]}`))
				p := f.program("NCT00000411")
				f.is("summary", text(p.Edges.Trial.Summary), "Température >37°С")
				site := f.Client.ProgramSite.Query().Where(programsite.ProgramID(p.ID)).WithOrganization().OnlyX(f.ctx)
				f.is("site", site.Edges.Organization.Name+", "+text(site.Edges.Organization.AddressCity), "Atatürk Eğitim, İzmir")
			},
		} {
			t.Run(name, func(t *testing.T) { test(f.on(t)) })
		}
	})
}

// TestTrialRules are the rules of sites, sponsors, persons and revision.
func TestTrialRules(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		located := func(id, updated string, locations ...string) string {
			return v2(id, `"statusModule":{"lastUpdateSubmitDate":"`+updated+`"}`, `"sponsorCollaboratorsModule":{"leadSponsor":{"name":"Acme","class":"INDUSTRY"}}`,
				`"contactsLocationsModule":{"centralContacts":[{"name":"Ana Ruiz, MD","phone":"555-010-0123"}],"locations":[`+strings.Join(locations, ",")+`]}`,
				`"eligibilityModule":{"eligibilityCriteria":"Inclusion Criteria:\n* Adults\n* Not those whom Ana Ruiz knows"}`)
		}
		site := func(facility, status string) string {
			return `{"facility":"` + facility + `","status":"` + status + `","city":"Boston","state":"Massachusetts","zip":"02124","country":"United States"}`
		}
		f.takeStudies(
			located("NCT00000501", "2020-01-01", site("CARNEY", "RECRUITING"), site("Carney ", "RECRUITING"), site("", ""), site("Ana Ruiz", ""), `{}`),
			located("NCT00000502", "2020-01-01", site("Carney", "SUSPENDED"), site("", ""), site("Local Institution", "")),
			located("NCT00000503", "2020-01-01", site("Local Institution", "")),
		)
		f.counts("Study", 3)
		f.counts("Location", 6, 2, 1)
		f.counts("Contacts", 0, 0, 0, 3)
		f.found("Study NCT00000501", "location", "neither facility nor place")
		var names []string
		for _, o := range s.Client.Organization.Query().Order(organization.ByName(), organization.ByKind()).AllX(f.ctx) {
			names = append(names, o.Name+" "+string(o.Kind)+" "+text(o.AddressState))
		}
		want := []string{"Acme SPONSOR (none)", "CARNEY SITE MA", "Local Institution SITE MA", "Local Institution SITE MA", "Site in Boston, MA, United States SITE MA", "Site in Boston, MA, United States SITE MA"}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		p := f.program("NCT00000501")
		f.is("consent is demanded", p.QueryRequiredConsents().OnlyX(f.ctx).Scope, code.ConsentScopeTrialParticipation)
		of := func(p *ent.CareProgram) []string {
			var out []string
			for _, c := range p.QueryCriteria().Order(eligibilitycriterion.BySeq()).AllX(f.ctx) {
				out = append(out, c.Text)
			}
			return out
		}
		if diff := cmp.Diff([]string{"Adults", "Not those whom [left out] knows"}, of(p)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		// What is newer revises, but not what a person changed later, nor the criteria of a program in use.
		person := s.Client.Identity.Create().SetPersona("COORDINATOR").SetIssuer("i").SetSubject("s").SetName("n").SaveX(f.ctx)
		s.Client.CareProgram.UpdateOne(p).SetName("Our trial").SaveX(f.ctx)
		f.opens(p)
		if _, err := s.DB.ExecContext(f.ctx, "UPDATE care_programs SET updated_by = '"+person.ID.String()+"' WHERE registry_id = 'NCT00000501'"); err != nil {
			t.Fatal(err)
		}
		newer := strings.Replace(located("NCT00000501", "2021-01-01", site("Carney", "COMPLETED"), site("Elsewhere", "")), "* Adults", "* Children", 1)
		f.takeStudies(newer, strings.Replace(newer, "00501", "00502", 1))
		f.counts("Study", 2)
		f.counts("Location", 4)
		f.is("a person's name", f.program("NCT00000501").Name, "Our trial")
		f.is("criteria in use", of(f.program("NCT00000501"))[0], "Adults")
		f.is("criteria on the drawing board", of(f.program("NCT00000502"))[0], "Children")
		sites := f.program("NCT00000501").QuerySites().WithOrganization().Order(programsite.ByID()).AllX(f.ctx)
		f.is("sites", len(sites), 3)
		f.is("status of a site", *sites[0].StudyStatus, code.StudyStatusCompleted)
		f.takeStudies(newer)
		f.counts("Study", 0, 1)
		// What is no study.
		f.takeStudies(`{"protocolSection":{"statusModule":{}}}`, `{"protocolSection":{"statusModule":[]}}`, `{"resourceType":"Bundle"}`, `[1`, `<study/>`, `<clinical_study>`, "", legacy("NCT1"), `<!DOCTYPE x [<!ENTITY a "b">]><clinical_study/>`)
		f.counts("Study", 0, 0, 3)
		f.counts("File", 0, 0, 6)
	})
}

// TestTrials takes all studies of the outside data in, twice, on both engines.
func TestTrials(t *testing.T) {
	folder := shared(t, "clinicaltrials-gov")
	people := namedPeople(t, folder)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		peak := watchHeap(t)
		f := newFixture(t, s)
		f.takeInto(intake.Trials, filepath.Join(folder, "v1_full_studies_covid19.json.gz"))
		f.counts("Study", 67)
		f.is("defect 40: no maximum age", 67-s.Client.EligibilityCriterion.Query().
			Where(eligibilitycriterion.ExpressionHasPrefix("age < ")).CountX(f.ctx), 37+4)
		f.is("defect 40: neither", 67-len(s.Client.EligibilityCriterion.Query().Where(eligibilitycriterion.ExpressionHasPrefix("age ")).
			GroupBy(eligibilitycriterion.FieldProgramID).StringsX(f.ctx)), 4)
		f.is("defect 40: no day", s.Client.CareProgram.Query().Where(careprogram.StartsOnIsNil()).CountX(f.ctx), 4)
		f.is("defect 40: counts as text", s.Client.TrialDetail.Query().Where(trialdetail.TargetEnrollmentNotNil()).CountX(f.ctx), 67)
		f.takeInto(intake.Trials, folder)
		f.counts("Study", 125-67, 7+67) // defect 38: three ids three times in XML, one twice in version 2
		f.counts("Contacts", 0, 0, 0, 123)
		f.counts("Results", 0, 0, 0, 26)
		f.is("in all", f.report.Sum(), 132+2377+123+26)
		c := s.Client
		f.is("programs", c.CareProgram.Query().Where(careprogram.StatusEQ(code.ProgramStatusDraft), careprogram.KindEQ(code.ProgramKindClinicalTrial)).CountX(f.ctx), 125)
		f.is("sites", c.ProgramSite.Query().CountX(f.ctx), 2128)
		f.is("defect 38: names of files", c.CareProgram.Query().Where(careprogram.RegistryIDIn("NCT02278341", "NCT00980226")).CountX(f.ctx), 0)
		f.is("defect 38: last update", text(f.program("NCT00513591").Edges.Trial.RegistryStatus), "Recruiting")
		f.is("defect 39: available", c.TrialDetail.Query().Where(trialdetail.RegistryStatus("Available")).CountX(f.ctx), 3)
		f.is("defect 39: no FHIR status", c.TrialDetail.Query().Where(trialdetail.StudyStatusIsNil()).CountX(f.ctx), 15)
		f.is("defect 39: version 1 among version 2", f.program("NCT04780763").Status, code.ProgramStatusDraft)
		f.is("defect 40: first days", c.CareProgram.Query().Where(careprogram.StartsOnNotNil()).CountX(f.ctx), 91)
		f.is("defect 40: targets", c.TrialDetail.Query().Where(trialdetail.TargetEnrollmentNotNil()).CountX(f.ctx), 122)
		f.is("defect 40: minimum ages", c.EligibilityCriterion.Query().Where(eligibilitycriterion.ExpressionHasPrefix("age >= ")).CountX(f.ctx), 114)
		f.is("defect 40: maximum ages", c.EligibilityCriterion.Query().Where(eligibilitycriterion.ExpressionHasPrefix("age < ")).CountX(f.ctx), 54)
		f.is("for one sex", c.EligibilityCriterion.Query().Where(eligibilitycriterion.ExpressionHasPrefix("sex == ")).CountX(f.ctx), 14)
		f.is("defect 41", c.Organization.Query().Where(organization.NameContains("Atatürk Eğitim")).CountX(f.ctx), 1)
		for _, kind := range []code.CriterionKind{code.CriterionKindInclusion, code.CriterionKindExclusion} {
			if n := c.EligibilityCriterion.Query().Where(eligibilitycriterion.KindEQ(kind)).CountX(f.ctx); n < 5*125 {
				t.Errorf("%d criteria of kind %s", n, kind)
			}
		}
		before := allRows(t, s)
		for table, all := range before {
			for _, row := range all {
				for _, who := range people {
					if strings.Contains(row, who) {
						t.Errorf("%s has %q in %.200q", table, who, row)
					}
				}
			}
		}
		f.takeInto(intake.Trials, folder)
		f.counts("Study", 0, 132)
		f.counts("Location", 0, 2377)
		f.is("exit code", f.report.ExitCode(), 0)
		after := allRows(t, s)
		delete(before, "import_runs")
		delete(after, "import_runs")
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("the second run changed something:\n%s", diff)
		}
		const limit = 200 << 20
		if top := peak(); top > limit {
			t.Errorf("the heap grew to %d MiB", top>>20)
		}
	})
}

var (
	inContact = regexp.MustCompile(`(?i)(?:email"?: ?"|<email>|phone"?: ?"|<phone>)([^"<]{7,})`)
	inOffice  = regexp.MustCompile(`(?i)(?:(?:OverallOfficial|Contact|FullName|investigator_full_)Name"?: ?"|<last_name>|<investigator_full_name>|"name": ?")([^"<,]+), (?:MD|M\.D|Ph\.?D|MBBS|MSc|Prof)`)
)

// namedPeople are addresses, numbers and names with degrees that the files give of contacts and officials.
func namedPeople(t *testing.T, folder string) []string {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		packed, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		data, err := io.ReadAll(z)
		for _, pattern := range []*regexp.Regexp{inContact, inOffice} {
			for _, m := range pattern.FindAllSubmatch(data, -1) {
				found[string(m[1])] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 500 {
		t.Fatalf("only %d people are named", len(found))
	}
	return slices.Sorted(maps.Keys(found))
}

// takeWith imports texts, each in a file of its own that is named after its place.
func (f *fixture) takeWith(run importer, texts ...string) {
	f.Helper()
	folder := f.TempDir()
	for i, content := range texts {
		name := string(rune('a'+i)) + ".json"
		if strings.HasPrefix(content, "<") {
			name = string(rune('a'+i)) + ".xml"
		}
		write(f.T, filepath.Join(folder, name), []byte(content))
	}
	f.takeInto(run, folder)
}

func (f *fixture) takeInto(run importer, paths ...string) {
	f.Helper()
	var lines bytes.Buffer
	report, err := run(f.Context(), f.Client, intake.Options{Errors: &lines}, paths...)
	if err != nil {
		f.Fatal(err)
	}
	f.report, f.findings = report, findings(f.T, lines.String())
	if listed := len(f.findings); listed > report.Refused+report.Unmapped {
		f.Errorf("%d findings of %d records", listed, report.Refused+report.Unmapped)
	}
	var refused int
	for _, finding := range f.findings {
		if finding.Outcome == tally.Refused {
			refused++
		}
	}
	f.is("refusals listed", refused, report.Refused)
}
