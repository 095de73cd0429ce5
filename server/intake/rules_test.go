package intake_test

import (
	"testing"
	"time"

	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/carerelationship"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// TestRules takes small bundles in that each meet one rule.
func TestRules(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		for name, test := range map[string]func(*fixture){
			"a refused patient rolls the bundle back": func(f *fixture) {
				f.take(
					transaction(resource("Patient", "e011", `"birthDate":"1990-13-45"`), practitionerOf("e012", "1"),
						encounterOf("e013", "e011", treatedBy("e012")), resource("Observation", "e014")),
					transaction(patientOf("e015")),
				)
				f.counts("Patient", 1, 0, 1)
				f.counts("Practitioner", 0, 0, 1)
				f.counts("Encounter", 0, 0, 1)
				f.counts("Observation", 0, 0, 0, 1)
				f.found("Patient/"+uuidOf("e011"), "Patient.birthDate", "no date")
				f.found("Practitioner/"+uuidOf("e012"), "Practitioner", "rolled back: Patient/"+uuidOf("e011"))
				f.is("names", f.Client.ExternalIdentifier.Query().
					Where(externalidentifier.ValueIn("urn:uuid:"+uuidOf("e011"), "urn:uuid:"+uuidOf("e012"))).CountX(f.ctx), 0)
			},
			"a refused resource takes its dependants along": func(f *fixture) {
				f.take(transaction(patientOf("e021"),
					resource("Organization", "e022"),
					practitionerOf("e023", "2"),
					encounterOf("e024", "e021", `"serviceProvider":`+ref("e022")),
					encounterOf("e025", "e021", treatedBy("e023")),
					resource("PractitionerRole", "e026", `"practitioner":`+ref("e023"), `"organization":`+ref("e022")),
				))
				f.counts("Encounter", 1, 0, 1)
				f.counts("PractitionerRole", 0, 0, 1)
				f.found("Organization/"+uuidOf("e022"), "Organization.name", "missing")
				f.found("Encounter/"+uuidOf("e024"), "Encounter.serviceProvider", "depends on Organization/"+uuidOf("e022"))
				f.is("exit code", f.report.ExitCode(), 0)
			},
			"a second open plan of one category": func(f *fixture) {
				f.take(transaction(patientOf("e031"),
					planOf("e032", "e031", "completed", `{"start":"2001-01-01","end":"2002-01-01"}`),
					planOf("e033", "e031", "active", `{"start":"2003-01-01"}`),
					planOf("e034", "e031", "active", `{"start":"2004-01-01"}`),
				))
				f.counts("CarePlan", 2, 0, 1)
				f.found("CarePlan/"+uuidOf("e034"), "CarePlan.status", "second open plan")
				f.take(transaction(patientOf("e031"), planOf("e035", "e031", "active", `{"start":"2005-01-01"}`)))
				f.counts("CarePlan", 0, 0, 1)
			},
			"status and period of a plan": func(f *fixture) {
				f.take(transaction(patientOf("e041"),
					planOf("e042", "e041", "active", `{"start":"2001-01-01","end":"2002-01-01"}`),
					planOf("e043", "e041", "completed", `{"start":"2003-01-01"}`),
					planOf("e044", "e041", "revoked", `{"start":"2004-01-01","end":"2004-02-01"}`),
					planOf("e045", "e041", "on-hold", `{}`),
					planOf("e046", "e041", "entered-in-error", `{"start":"2004-01-01"}`),
					planOf("e047", "e041", "active", `{"start":"2004-01-01","end":"2003-01-01"}`),
				))
				f.counts("CarePlan", 4, 0, 2)
				for short, want := range map[string]code.EnrollmentStatus{
					"e042": code.EnrollmentStatusCompleted, "e043": code.EnrollmentStatusCompleted,
					"e044": code.EnrollmentStatusDiscontinued, "e045": code.EnrollmentStatusOnHold,
				} {
					e := f.Client.Enrollment.GetX(f.ctx, f.keyOf("enrollment", short))
					f.is(short, e.Status, want)
					f.is(short+" ended", e.EndedAt != nil, want != code.EnrollmentStatusOnHold)
					f.is(short+" history", f.Client.StatusChange.Query().
						Where(statuschange.EnrollmentID(e.ID), statuschange.ToStatus(string(want))).CountX(f.ctx), 1)
				}
				f.found("CarePlan/"+uuidOf("e046"), "CarePlan.status", "entered in error")
				f.found("CarePlan/"+uuidOf("e047"), "CarePlan.period", "ends before it begins")
				program := f.Client.Enrollment.Query().Where(enrollment.ID(f.keyOf("enrollment", "e042"))).QueryProgram().OnlyX(f.ctx)
				f.is("program", program.Name+" "+string(program.Kind)+" "+string(program.Status), "Respiratory therapy THERAPY ACTIVE")
			},
			"conditional create": func(f *fixture) {
				f.take(transaction(practitionerOf("e051", "1003000126")))
				f.take(bundleWith("batch", entryOf("urn:uuid:"+uuidOf("e052"), practitionerOf("e052", "1003000126"),
					`{"method":"POST","url":"Practitioner","ifNoneExist":"identifier=http%3A%2F%2Fhl7.org%2Ffhir%2Fsid%2Fus-npi%7C1003000126"}`),
					entryOf("urn:uuid:"+uuidOf("e053"), practitionerOf("e053", "3"),
						`{"method":"POST","url":"Practitioner","ifNoneExist":"name=Kub"}`),
					entryOf("urn:uuid:"+uuidOf("e054"), practitionerOf("e054", "4"), `{"method":"DELETE","url":"Practitioner/x"}`)))
				f.counts("Practitioner", 0, 1, 2)
				f.is("one row", f.keyOf("provider", "e051"), f.keyOf("provider", "e052"))
				f.found("Practitioner/"+uuidOf("e053"), "Bundle.entry.request", "no search by one identifier")
			},
			"a patient is found by business identifiers, not by a social security number": func(f *fixture) {
				id := func(system, value string) string { return `{"system":"` + system + `","value":"` + value + `"}` }
				ids := func(all ...string) string {
					out := `"identifier":[` + all[0]
					for _, i := range all[1:] {
						out += "," + i
					}
					return out + "]"
				}
				const ssn = "http://hl7.org/fhir/sid/us-ssn"
				f.take(transaction(patientOf("e061", ids(id("urn:mrn", "1"), id(ssn, "999-10-1000")))))
				f.take(transaction(patientOf("e062", ids(id("urn:mrn", "1")))), transaction(patientOf("e063", ids(id("urn:mrn", "2"), id(ssn, "999-10-1000")))))
				f.counts("Patient", 1, 1)
				f.is("same record number", f.keyOf("patient", "e061"), f.keyOf("patient", "e062"))
				f.is("same social security number", f.keyOf("patient", "e061") == f.keyOf("patient", "e063"), false)
				f.take(transaction(patientOf("e064", ids(id("urn:mrn", "1"), id("urn:mrn", "2")))))
				f.counts("Patient", 0, 0, 1)
				f.found("Patient/"+uuidOf("e064"), "Patient.identifier", "two different rows")
			},
			"ids that are good only within their source": func(f *fixture) {
				of := func(name, number string) string {
					return bundleWith("transaction",
						`{"resource":{"resourceType":"Patient","id":"p1","identifier":[{"system":"urn:local","value":"`+number+`"}],"name":[{"family":"`+name+`"}]}}`,
						`{"resource":{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/p1"},"code":{"text":"`+name+`"},"recordedDate":"2020"}}`)
				}
				for range 2 {
					f.take(of("Ash", "1"), of("Birch", "2"))
				}
				f.counts("Patient", 0, 2)
				f.counts("Condition", 0, 2)
				for _, name := range []string{"Ash", "Birch"} {
					f.is(name, f.Client.Patient.Query().Where(patient.Family(name)).QueryConditions().OnlyX(f.ctx).Text, name)
				}
			},
			"a newer record changes the row, unless a person did since": func(f *fixture) {
				dated := func(at, family string) string {
					return transaction(resource("Patient", "e081", `"meta":{"lastUpdated":"`+at+`"}`, `"name":[{"family":"`+family+`"}]`))
				}
				f.take(dated("2021-01-01T00:00:00Z", "First"))
				f.take(dated("2020-01-01T00:00:00Z", "Older"))
				f.is("older", f.patient("e081").Family, "First")
				f.take(dated("2022-01-01T00:00:00Z", "Newer"))
				f.counts("Patient", 1)
				f.is("newer", f.patient("e081").Family, "Newer")
				f.take(dated("2022-01-01T00:00:00Z", "Newer"))
				f.counts("Patient", 0, 1)
				who := f.Client.Identity.Create().SetPersona(viewer.Admin).SetIssuer("i").SetSubject("e081").SetName("A").SaveX(f.ctx)
				person := viewer.System(viewer.NewContext(f.ctx, &viewer.Identity{Key: who.ID, Role: viewer.Admin}), "test")
				f.Client.Patient.UpdateOneID(f.keyOf("patient", "e081")).SetFamily("Corrected").ExecX(person)
				f.take(dated("2023-01-01T00:00:00Z", "Stale"))
				f.counts("Patient", 0, 1)
				f.is("a person's change", f.patient("e081").Family, "Corrected")
				f.is("who", f.Client.Identity.Query().Where(identity.Subject("e081")).CountX(f.ctx), 1)
			},
			"a newer plan ends its enrollment": func(f *fixture) {
				dated := func(at, status, period string) string {
					return transaction(patientOf("e091"), resource("CarePlan", "e092", `"meta":{"lastUpdated":"`+at+`"}`, `"status":"`+status+`"`,
						`"subject":`+ref("e091"), `"category":[{"text":"Wound care"}]`, `"period":`+period))
				}
				f.take(dated("2021-01-01T00:00:00Z", "active", `{"start":"2020-01-01"}`))
				f.take(dated("2022-01-01T00:00:00Z", "completed", `{"start":"2020-01-01","end":"2021-12-01"}`))
				f.counts("CarePlan", 1)
				e := f.Client.Enrollment.GetX(f.ctx, f.keyOf("enrollment", "e092"))
				f.is("status", e.Status, code.EnrollmentStatusCompleted)
				f.is("history", f.Client.Enrollment.QueryHistory(e).CountX(f.ctx), 2)
			},
			"who met a patient treats the patient, until a person ends it": func(f *fixture) {
				f.take(transaction(patientOf("e101"), practitionerOf("e102", "5"), practitionerOf("e103", "6"),
					encounterOf("e104", "e101", treatedBy("e102")),
					prescriptionOf("e105", "e101", `"authoredOn":"2018-01-01"`, `"requester":`+ref("e102")),
					prescriptionOf("e106", "e101", `"authoredOn":"2018-01-01"`, `"requester":`+ref("e103"))))
				of := f.Client.CareRelationship.Query().Where(carerelationship.PatientID(f.keyOf("patient", "e101")))
				for short, basis := range map[string]code.CareBasis{"e102": code.CareBasisEncounter, "e103": code.CareBasisPrescriber} {
					r := of.Clone().Where(carerelationship.ProviderID(f.keyOf("provider", short))).OnlyX(f.ctx)
					f.is(short, r.Basis, basis)
					f.is(short+" since", r.StartedAt.Format(time.DateOnly), "2018-01-01")
				}
				f.Client.CareRelationship.Update().Where(carerelationship.PatientID(f.keyOf("patient", "e101"))).
					SetEndedAt(clock.Now(f.ctx)).ExecX(f.ctx)
				f.take(transaction(patientOf("e101"), practitionerOf("e102", "5"), encounterOf("e107", "e101", treatedBy("e102"))))
				f.counts("Encounter", 1)
				f.is("relationships", of.Clone().Where(carerelationship.EndedAtIsNil()).CountX(f.ctx), 0)
			},
			"a later claim extends its coverage": func(f *fixture) {
				f.take(transaction(patientOf("e111"), benefitOf("e112", "e111", "Humana", "2010-01-01T00:00:00Z", "2011-01-01T00:00:00Z")))
				f.take(transaction(patientOf("e111"),
					benefitOf("e112", "e111", "Humana", "2010-01-01T00:00:00Z", "2011-01-01T00:00:00Z"),
					benefitOf("e113", "e111", "Humana", "2010-10-01T00:00:00Z", "2012-01-01T00:00:00Z")))
				f.counts("ExplanationOfBenefit", 1, 1)
				c := f.Client.Coverage.Query().Where(coverage.PatientID(f.keyOf("patient", "e111"))).OnlyX(f.ctx)
				f.is("span", string(c.PeriodStart)+" "+string(*c.PeriodEnd), "2010-01-01 2012-01-01")
				f.is("found by its claims", f.keyOf("coverage", "e113"), c.ID)
			},
			"beginnings that are missing": func(f *fixture) {
				start := `"encounter":` + ref("e122")
				f.take(transaction(patientOf("e121"), encounterOf("e122", "e121"),
					conditionOf("e123", "e121", `"recordedDate":"2018-05"`),
					conditionOf("e124", "e121", start),
					conditionOf("e125", "e121"),
					prescriptionOf("e126", "e121", start),
					prescriptionOf("e127", "e121"),
					resource("Encounter", "e128", `"status":"finished"`, `"subject":`+ref("e121"))))
				f.counts("Condition", 2, 0, 1)
				f.counts("MedicationRequest", 1, 0, 1)
				f.counts("Encounter", 1, 0, 1)
				f.is("recorded", f.Client.Condition.GetX(f.ctx, f.keyOf("condition", "e123")).OnsetAt.Format(time.DateOnly), "2018-05-01")
				f.is("encounter", f.Client.Condition.GetX(f.ctx, f.keyOf("condition", "e124")).OnsetAt, f.touchpoint("e122").OccurredAt)
				f.is("prescribed", f.Client.Treatment.GetX(f.ctx, f.keyOf("treatment", "e126")).StartedAt, f.touchpoint("e122").OccurredAt)
				f.found("Encounter/"+uuidOf("e128"), "Encounter.period.start", "missing")
				f.found("Condition/"+uuidOf("e125"), "Condition.onset[x]", "neither onset nor recorded date")
			},
			"what an encounter becomes": func(f *fixture) {
				f.take(transaction(patientOf("e131"), encounterOf("e132", "e131")))
				tp := f.touchpoint("e132")
				f.is("kind", tp.Kind, code.TouchpointKindCareEncounter)
				f.is("channel", tp.Channel, code.ChannelInPerson)
				f.is("status", tp.Status, code.TouchpointStatusCompleted)
				f.is("screen", tp.AeScreen, code.AdverseEventScreenNotApplicable)
				f.is("seconds", *tp.DurationSeconds, 900)
				f.is("subject", text(tp.Subject), "Check up")
			},
			"codes that are none": func(f *fixture) {
				f.take(transaction(patientOf("e141"),
					resource("Condition", "e142", `"subject":`+ref("e141"), `"recordedDate":"2020-01-01"`, `"abatementDateTime":"2020-02-01"`,
						`"code":{"coding":[{"system":"http://snomed.info/sct","code":"112141AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","display":"Tuberculosis"}]}`),
					encounterOf("e143", "e141", `"status":"done"`),
					resource("Condition", "e144", `"subject":`+ref("e141"), `"recordedDate":"2020-01-01"`, `"code":"text"`)))
				c := f.Client.Condition.GetX(f.ctx, f.keyOf("condition", "e142"))
				f.is("code", text(c.SnomedCode), "(none)")
				f.is("status", c.ClinicalStatus, code.ClinicalStatusResolved)
				f.found("Encounter/"+uuidOf("e143"), "Encounter.status", `"done"`)
				f.found("Condition/"+uuidOf("e144"), "Condition", "code: a JSON string")
			},
			"text that a database or a terminal chokes on": func(f *fixture) {
				f.take(transaction(resource("Patient", "e151", `"name":[{"family":"A\u0000B\u001b[31m","given":[" Tab\tbed "]}]`),
					conditionOf("e152", "e151", `"recordedDate":"2020"`, `"note":[]`)))
				f.is("family", f.patient("e151").Family, "AB[31m")
				f.is("given", f.patient("e151").Given, "Tab bed")
			},
			"audit has one row for a bundle that changed something": func(f *fixture) {
				f.take(transaction(patientOf("e161")))
				f.take(transaction(patientOf("e161")))
				key := f.keyOf("patient", "e161")
				f.take(transaction(encounterOf("e162", "e161")))
				f.is("rows", f.Client.AuditEvent.Query().Where(auditevent.PatientIds(key.String()), auditevent.Operation("import fhir")).CountX(f.ctx), 2)
			},
		} {
			t.Run(name, func(t *testing.T) { test(f.on(t)) })
		}
		if report, err := audit.Verify(f.ctx, f.Client); err != nil || report.Err() != nil {
			t.Errorf("audit: %v, %v", err, report.Err())
		}
	})
}
