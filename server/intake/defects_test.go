package intake_test

import (
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/carerelationship"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/contactpoint"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/organization"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/touchpoint"
)

// keyOf is the row that was made of a resource.
func (f *fixture) keyOf(entity, short string) uuid.UUID {
	f.Helper()
	row, err := f.Client.ExternalIdentifier.Query().Where(
		externalidentifier.Entity(entity), externalidentifier.Value("urn:uuid:"+uuidOf(short)),
	).Only(f.ctx)
	if err != nil {
		f.Fatalf("%s %s: %v", entity, short, err)
	}
	return row.EntityID
}

func (f *fixture) patient(short string) *ent.Patient {
	f.Helper()
	return f.Client.Patient.GetX(f.ctx, f.keyOf("patient", short))
}

func (f *fixture) provider(short string) *ent.Provider {
	f.Helper()
	return f.Client.Provider.GetX(f.ctx, f.keyOf("provider", short))
}

func (f *fixture) touchpoint(short string) *ent.Touchpoint {
	f.Helper()
	return f.Client.Touchpoint.GetX(f.ctx, f.keyOf("touch", short))
}

func text(value *string) string {
	if value == nil {
		return "(none)"
	}
	return *value
}

// TestDefects meets every defect of the outside data that concerns bundles, by its number in the list.
func TestDefects(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		for name, test := range map[string]func(*fixture){
			"01 NPI not valid": func(f *fixture) {
				f.take(transaction(practitionerOf("d011", "80")))
				p := f.provider("d011")
				f.is("NPI", text(p.Npi), "(none)")
				f.is("verification", p.Verification, code.VerificationUnverified)
				f.is("found by it", f.Client.ExternalIdentifier.Query().Where(
					externalidentifier.System("http://hl7.org/fhir/sid/us-npi"), externalidentifier.Value("80"),
					externalidentifier.EntityID(p.ID)).CountX(f.ctx), 1)
			},
			"02 NPI of 10 digits whose check digit is wrong": func(f *fixture) {
				f.take(transaction(practitionerOf("d021", "9999999999"), practitionerOf("d022", "1234567893")))
				f.is("wrong", text(f.provider("d021").Npi), "(none)")
				f.is("right", text(f.provider("d022").Npi), "1234567893")
				f.is("neither is verified", f.provider("d022").Verification, code.VerificationUnverified)
			},
			"03 same resource in several bundles": func(f *fixture) {
				f.take(
					transaction(organizationOf("d031", "CARNEY")),
					transaction(organizationOf("d031", "CARNEY"), practitionerOf("d032", "1245319599")),
					transaction(practitionerOf("d032", "1245319599", `"extension":[{"url":"http://x","valueInteger":1}]`)),
				)
				f.counts("Organization", 1, 1)
				f.counts("Practitioner", 1, 1)
				f.take(transaction(organizationOf("d031", "SOMETHING ELSE")))
				f.is("the first wins", f.Client.Organization.GetX(f.ctx, f.keyOf("org", "d031")).Name, "CARNEY")
			},
			"04 same name, different organization": func(f *fixture) {
				f.take(transaction(organizationOf("d041", "TWIN"), organizationOf("d042", "TWIN")))
				f.is("rows", f.Client.Organization.Query().Where(organization.Name("TWIN")).CountX(f.ctx), 2)
			},
			"05 professionals of one name": func(f *fixture) {
				f.take(transaction(practitionerOf("d051", "81"), practitionerOf("d052", "82")))
				f.is("one row", f.keyOf("provider", "d051") == f.keyOf("provider", "d052"), false)
			},
			"06 bundle without a patient is read first": func(f *fixture) {
				f.take(
					transaction(patientOf("d061"), encounterOf("d062", "d061", treatedBy("d063"))),
					bundleOf("batch", practitionerOf("d063", "83")),
				)
				f.counts("Encounter", 1)
				f.is("provider", *f.touchpoint("d062").ProviderID, f.keyOf("provider", "d063"))
			},
			"07 wrong FHIR version": func(f *fixture) {
				f.take(
					transaction(patientOf("d071"), resource("Encounter", "d072", `"patient":`+ref("d071"), `"class":"ambulatory"`)),
					transaction(patientOf("d073"), resource("Condition", "d074", `"clinicalStatus":"active"`, `"context":`+ref("d075"))),
					transaction(patientOf("d076"), resource("Encounter", "d077", `"class":[{"coding":[{"code":"AMB"}]}]`)),
				)
				f.counts("Bundle", 0, 0, 3)
				f.is("in all", f.report.Sum(), 3)
				f.is("exit code", f.report.ExitCode(), 2)
				for _, version := range []string{"DSTU2", "STU3", "R5"} {
					f.found("Bundle", "Bundle", "written in FHIR "+version)
				}
			},
			"08 conditional references": func(f *fixture) {
				role := resource("PractitionerRole", "d084",
					`"practitioner":{"identifier":{"system":"http://hl7.org/fhir/sid/us-npi","value":"9999907139"}}`,
					`"organization":{"identifier":{"system":"https://github.com/synthetichealth/synthea","value":"`+uuidOf("d083")+`"}}`,
					`"specialty":[{"coding":[{"system":"http://nucc.org/provider-taxonomy","code":"183500000X","display":"Pharmacist"}]}]`)
				byNPI := `"participant":[{"individual":{"reference":"Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999907139"}}]`
				at := `"serviceProvider":{"reference":"Organization?identifier=https://github.com/synthetichealth/synthea|` + uuidOf("d083") + `"}`
				early := transaction(patientOf("d081"), encounterOf("d082", "d081", byNPI, at))
				f.take(early)
				f.counts("Encounter", 0, 0, 1)
				f.found("Encounter/"+uuidOf("d082"), "Encounter.participant[0].individual", "finds no Practitioner")
				f.take(early, bundleOf("batch", role), bundleOf("batch", organizationOf("d083", "RADIOLOGY"), practitionerOf("d085", "9999907139")))
				f.counts("Encounter", 1)
				f.counts("PractitionerRole", 1)
				f.is("provider", *f.touchpoint("d082").ProviderID, f.keyOf("provider", "d085"))
				f.is("organization", *f.touchpoint("d082").OrganizationID, f.keyOf("org", "d083"))
				f.is("specialty", text(f.provider("d085").SpecialtyCode), "183500000X")
				f.is("qualification", f.provider("d085").Qualification, code.QualificationPharmacist)
				f.is("affiliation", *f.provider("d085").OrganizationID, f.keyOf("org", "d083"))
			},
			"09 encounter without participant": func(f *fixture) {
				f.take(transaction(patientOf("d091"), encounterOf("d092", "d091")))
				f.counts("Encounter", 1)
				f.is("has a provider", f.touchpoint("d092").ProviderID != nil, false)
				f.is("relationships", f.Client.CareRelationship.Query().
					Where(carerelationship.PatientID(f.keyOf("patient", "d091"))).CountX(f.ctx), 0)
			},
			"10 encounter without reason": func(f *fixture) {
				f.take(transaction(patientOf("d101"), encounterOf("d102", "d101"),
					encounterOf("d103", "d101", `"reasonCode":[{"coding":[{"display":"Sinusitis"}]}]`)))
				f.is("without", text(f.touchpoint("d102").Body), "(none)")
				f.is("with", text(f.touchpoint("d103").Body), "Sinusitis")
			},
			"11 patient without ZIP": func(f *fixture) {
				f.take(transaction(patientOf("d111", `"address":[{"line":["1 A St","Unit 2"],"city":"Quincy","state":"Massachusetts","country":"US"}]`)))
				p := f.patient("d111")
				f.is("ZIP", text(p.AddressZip), "(none)")
				f.is("state", text(p.AddressState), "MA")
				f.is("line", text(p.AddressLine), "1 A St, Unit 2")
			},
			"12 maiden name": func(f *fixture) {
				f.take(transaction(resource("Patient", "d121", `"name":[{"use":"maiden","family":"Beahan","given":["Aurore"]},{"use":"official","family":"Jacobs","given":["Aurore","M."]}]`)))
				p := f.patient("d121")
				f.is("family", p.Family, "Jacobs")
				f.is("given", p.Given, "Aurore M.")
				f.is("former", text(p.FormerFamily), "Beahan")
			},
			"13 names beyond ASCII, also of files": func(f *fixture) {
				path := filepath.Join(f.TempDir(), "Adán_Mejía.json")
				write(f.T, path, []byte(transaction(resource("Patient", "d131", `"name":[{"family":"Mejía","given":["Adán"]}]`))))
				f.takePaths(path)
				f.is("name", f.patient("d131").Given+" "+f.patient("d131").Family, "Adán Mejía")
			},
			"14 digits in names": func(f *fixture) {
				f.take(transaction(resource("Patient", "d141", `"name":[{"family":"Upton904","given":["Sang383"]}]`)))
				f.is("family", f.patient("d141").Family, "Upton904")
			},
			"15 deceased, very old and minor": func(f *fixture) {
				f.take(transaction(
					patientOf("d151", `"deceasedDateTime":"2015-04-10T01:13:00-04:00"`),
					resource("Patient", "d152", `"birthDate":"1911-02-03"`),
					resource("Patient", "d153", `"birthDate":"2018-12-31"`),
					patientOf("d154", `"deceasedBoolean":true`),
				))
				f.is("died", f.patient("d151").DeceasedAt.Format("2006-01-02T15:04Z07:00"), "2015-04-10T05:13Z")
				f.is("old", *f.patient("d152").BirthDate, code.Date("1911-02-03"))
				f.is("minor", *f.patient("d153").BirthDate, code.Date("2018-12-31"))
				f.is("known to be dead", f.patient("d154").DeceasedAt != nil, true)
			},
			"16 no phone of a professional, no e-mail of a patient": func(f *fixture) {
				f.take(transaction(practitionerOf("d161", "84"), patientOf("d162", `"telecom":[{"system":"phone","value":"555-207-5372"},{"system":"phone","value":"n/a"}]`)))
				f.is("phone", text(f.provider("d161").Phone), "(none)")
				points := f.Client.ContactPoint.Query().Where(contactpoint.AccountID(f.keyOf("patient", "d162"))).AllX(f.ctx)
				if len(points) != 1 || points[0].Value != "+15552075372" || points[0].VerifiedAt != nil {
					f.Errorf("contact points: %v", points)
				}
			},
			"19 coverage only as copies": func(f *fixture) {
				f.take(transaction(patientOf("d191"),
					benefitOf("d192", "d191", "Aetna", "2010-01-05T00:00:00Z", "2011-01-05T00:00:00Z"),
					benefitOf("d193", "d191", "Aetna", "2010-06-01T00:00:00Z", "2011-06-01T00:00:00Z"),
					benefitOf("d194", "d191", "AETNA", "2011-06-02T00:00:00Z", "2012-06-02T00:00:00Z"),
					benefitOf("d195", "d191", "Aetna", "2015-01-01T00:00:00Z", "2016-01-01T00:00:00Z"),
					benefitOf("d196", "d191", "medicare", "2016-01-01T00:00:00Z", "2017-01-01T00:00:00Z"),
					benefitOf("d197", "d191", "NO_INSURANCE", "2013-01-01T00:00:00Z", "2014-01-01T00:00:00Z"),
					benefitOf("d198", "d191", "no_insurance", "2014-01-01T00:00:00Z", "2015-01-01T00:00:00Z"),
				))
				f.counts("ExplanationOfBenefit", 5, 0, 0, 2)
				var spans []string
				for _, c := range f.Client.Coverage.Query().Where(coverage.PatientID(f.keyOf("patient", "d191"))).
					WithPayer().Order(coverage.ByPeriodStart()).AllX(f.ctx) {
					spans = append(spans, c.Edges.Payer.Name+" "+string(c.Kind)+" "+string(c.PeriodStart)+" "+string(*c.PeriodEnd))
				}
				want := []string{
					"Aetna MEDICAL 2010-01-05 2012-06-02",
					"Aetna MEDICAL 2015-01-01 2016-01-01",
					"medicare GOVERNMENT 2016-01-01 2017-01-01",
				}
				if len(spans) != 3 || spans[0] != want[0] || spans[1] != want[1] || spans[2] != want[2] {
					f.Errorf("coverages %q, want %q", spans, want)
				}
			},
			"20 open-ended plan and therapy": func(f *fixture) {
				f.take(transaction(patientOf("d201"),
					planOf("d202", "d201", "active", `{"start":"1999-08-31T07:55:22+00:00"}`),
					prescriptionOf("d203", "d201", `"authoredOn":"1967-11-21T07:55:22+00:00"`)))
				e := f.Client.Enrollment.GetX(f.ctx, f.keyOf("enrollment", "d202"))
				f.is("status", e.Status, code.EnrollmentStatusActive)
				f.is("ended", e.EndedAt != nil, false)
				f.is("history", f.Client.Enrollment.QueryHistory(e).CountX(f.ctx), 1)
				f.is("treatment ended", f.Client.Treatment.GetX(f.ctx, f.keyOf("treatment", "d203")).EndedAt != nil, false)
			},
			"23 patients without name, birth date or gender, merged patients, encounters without period, extended elements": func(f *fixture) {
				f.take(transaction(
					resource("Patient", "d231"),
					resource("Patient", "d232", `"_birthDate":{"extension":[{"url":"http://x","valueCode":"unknown"}]}`, `"name":[{"_family":{"extension":[]},"text":"Ann"}]`),
					patientOf("d233", `"link":[{"other":`+ref("d231")+`,"type":"replaced-by"}]`, `"active":true`),
					patientOf("d234", `"link":[{"other":`+ref("d231")+`,"type":"seealso"}]`),
					resource("Encounter", "d235", `"status":"finished"`, `"subject":`+ref("d231"), `"_period":{"id":"1"}`)))
				f.counts("Patient", 4)
				f.counts("Encounter", 0, 0, 1)
				f.found("Encounter/"+uuidOf("d235"), "Encounter.period.start", "missing")
				p := f.patient("d231")
				f.is("nothing is made up", p.Given+p.Family+string(p.Sex), "UNKNOWN")
				f.is("birth date", p.BirthDate == nil, true)
				f.is("name as a text", f.patient("d232").Family, "Ann")
				f.is("replaced", f.Client.Account.GetX(f.ctx, f.keyOf("patient", "d233")).Status, code.AccountStatusInactive)
				f.is("not replaced", f.Client.Account.GetX(f.ctx, f.keyOf("patient", "d234")).Status, code.AccountStatusActive)
			},
			"22 time offsets": func(f *fixture) {
				at := func(short, start string) string {
					return resource("Encounter", short, `"status":"finished"`, `"class":{"code":"VR"}`, `"subject":`+ref("d221"), `"period":{"start":"`+start+`"}`)
				}
				f.take(transaction(patientOf("d221"), at("d222", "2019-03-10T12:00:00+00:00"), at("d223", "2019-03-10T12:00:00Z"),
					at("d224", "2019-03-10T08:00:00-04:00"), at("d225", "2019-03-10T07:00:00-05:00"), at("d226", "2019-03-10T12:00:00")))
				f.is("one moment", f.Client.Touchpoint.Query().Where(
					touchpoint.PatientID(f.keyOf("patient", "d221")), touchpoint.OccurredAt(f.touchpoint("d222").OccurredAt)).CountX(f.ctx), 5)
				f.is("channel", f.touchpoint("d222").Channel, code.ChannelVideo)
			},
		} {
			t.Run(name, func(t *testing.T) { test(f.on(t)) })
		}
		if n := f.Client.Enrollment.Query().Where(enrollment.EndedAtIsNil()).QueryPatient().CountX(f.ctx); n != 1 {
			t.Errorf("%d patients with open enrollments", n)
		}
	})
}
