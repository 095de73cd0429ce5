package intake_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/carerelationship"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/organization"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/provider"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/touchpoint"
	"github.com/carehub/carehub/ent/treatment"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake"
	"github.com/carehub/carehub/server/intake/tally"
)

// derived is a UUID of a number.
func derived(n int) string { return fmt.Sprintf("00000000-0000-4000-9000-%012d", n) }

// rowOf is the row that was made of a row with a full Id.
func (f *fixture) rowOf(entity, id string) uuid.UUID {
	f.Helper()
	row, err := f.Client.ExternalIdentifier.Query().Where(
		externalidentifier.Entity(entity), externalidentifier.Value("urn:uuid:"+id)).Only(f.ctx)
	if err != nil {
		f.Fatalf("%s %s: %v", entity, id, err)
	}
	return row.EntityID
}

// TestSyntheaCSV takes the whole export in, twice, on both engines, and finds what was counted in it by hand.
func TestSyntheaCSV(t *testing.T) {
	folder := shared(t, "synthea-csv-dbt")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		peak := watchHeap(t)
		started := time.Now()
		f.twice(intake.SyntheaCSV, folder)
		t.Logf("%d rows twice in %v", f.report.Sum(), time.Since(started).Round(time.Millisecond))
		for name, n := range map[string]int{
			"patients": 18, "organizations": 63, "payers": 9, "providers": 166, "encounters": 344, "conditions": 252,
			"medications": 386, "careplans": 28, "payer_transitions": 688,
		} {
			want := []int{n}
			if name == "payers" {
				want = []int{n, 0, 0, 1}
			}
			f.counts(name, want...)
		}
		for name, n := range map[string]int{
			"allergies": 32, "claims": 730, "claims_transactions": 3068, "devices": 2, "imaging_studies": 1,
			"immunizations": 20, "observations": 541, "procedures": 161, "supplies": 72,
		} {
			f.counts(name, 0, 0, 0, n)
		}
		c, ctx := f.Client, f.ctx
		f.is("patients", c.Patient.Query().CountX(ctx), 18)
		f.is("defect 10: encounters without reason", c.Touchpoint.Query().Where(touchpoint.BodyIsNil()).CountX(ctx), 289)
		f.is("defect 11: patients without ZIP", c.Patient.Query().Where(patient.AddressZipIsNil()).CountX(ctx), 9)
		digits := regexp.MustCompile(`^\pL+[0-9]+ \pL+[0-9]+$`)
		for _, p := range c.Patient.Query().AllX(ctx) {
			if !digits.MatchString(p.Given + " " + p.Family) {
				t.Errorf("defect 14: %s %s", p.Given, p.Family)
			}
		}
		f.is("defect 17: uninsured spells", c.Coverage.Query().Where(coverage.KindEQ(code.CoverageKindSelfPay),
			coverage.PayerIDIsNil(), coverage.MemberIDIsNil(), coverage.SubscriberRelationshipIsNil()).CountX(ctx), 43)
		f.is("defect 17: policies without member id", c.Coverage.Query().Where(
			coverage.KindNEQ(code.CoverageKindSelfPay), coverage.MemberIDIsNil()).CountX(ctx), 0)
		f.is("policies of 520 transitions", c.Coverage.Query().Where(coverage.PayerIDNotNil()).CountX(ctx), 398)
		f.is("children", c.Coverage.Query().Where(coverage.SubscriberRelationshipEQ(code.SubscriberRelationshipChild)).CountX(ctx), 177)
		f.is("spouses", c.Coverage.Query().Where(coverage.SubscriberRelationshipEQ(code.SubscriberRelationshipSpouse)).CountX(ctx), 45)
		f.is("defect 18: second payers", c.Coverage.Query().Where(coverage.PriorityGT(1)).CountX(ctx), 0)
		f.is("defect 20: open plans", c.Enrollment.Query().Where(enrollment.EndedAtIsNil()).CountX(ctx), 20)
		f.is("defect 20: open treatments", c.Treatment.Query().Where(treatment.EndedAtIsNil()).CountX(ctx), 33)
		f.is("defect 21: the payer with NaN", c.Organization.Query().Where(
			organization.Name("Dual Eligible"), organization.KindEQ(code.OrganizationKindPayer)).CountX(ctx), 1)
		f.is("defect 21: payers without address", c.Organization.Query().Where(
			organization.KindEQ(code.OrganizationKindPayer), organization.AddressLineIsNil()).CountX(ctx), 0)
		f.is("ZIP codes of Connecticut", c.Organization.Query().Where(organization.AddressZipIn("06156", "06002")).CountX(ctx), 2)
		f.is("relationships", c.CareRelationship.Query().CountX(ctx), 40)
		f.is("prescribers", c.Treatment.Query().Where(treatment.PrescriberIDNotNil()).CountX(ctx), 386)
		f.is("providers with organization", c.Provider.Query().Where(provider.OrganizationIDNotNil()).CountX(ctx), 166)
		checkOne(f)
		const limit = 200 << 20
		if top := peak(); top > limit {
			t.Errorf("the heap grew to %d MiB", top>>20)
		}
	})
}

// checkOne compares one patient with the files.
func checkOne(f *fixture) {
	f.Helper()
	key := f.rowOf("patient", "9d188916-8390-282b-3ec2-73fce6e08649")
	p := f.Client.Patient.GetX(f.ctx, key)
	f.is("patient", fmt.Sprint(p.Given, " ", p.Family, " ", *p.BirthDate, " ", p.Sex, " ", *p.AddressState, " ", *p.Mrn),
		"Curt84 Schmidt332 2008-04-07 MALE MA 9d188916-8390-282b-3ec2-73fce6e08649")
	e := f.Client.Touchpoint.GetX(f.ctx, f.rowOf("touch", "6f27371d-c552-4ec1-8460-d9d5da91f338"))
	f.is("defect 22: moment", e.OccurredAt.UTC().Format(time.RFC3339), "2009-09-13T11:33:59Z")
	f.is("encounter", fmt.Sprint(*e.Subject, " ", *e.DurationSeconds, " ", e.Status), "Encounter for problem 900 COMPLETED")
	f.is("provider", *e.ProviderID, f.rowOf("provider", "fdedc5ef-65d7-3d10-a821-d1e7846d426d"))
	c := f.Client.Coverage.Query().Where(coverage.PatientID(key)).WithPayer().OnlyX(f.ctx)
	f.is("coverage", fmt.Sprint(c.PeriodStart, " ", *c.PeriodEnd, " ", c.Edges.Payer.Name, " ", c.Kind, " ", *c.MemberID, " ",
		*c.SubscriberRelationship, " ", *c.SubscriberName, " ", c.Priority, " ", c.Status),
		"2008-04-14 2024-07-09 Medicaid GOVERNMENT 5d2ce7c9-bb96-298f-6f05-0d07177456bd SELF Curt84 Schmidt332 1 ACTIVE")
}

const (
	patientsHeader    = "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,PREFIX,FIRST,LAST,SUFFIX,MAIDEN,GENDER,ADDRESS,CITY,STATE,ZIP"
	transitionsHeader = "PATIENT,MEMBERID,START_YEAR,END_YEAR,PAYER,SECONDARY_PAYER,OWNERSHIP,OWNERNAME"
)

func patientRow(short string) string {
	return uuidOf(short) + ",1990-01-02,,999-10-1000,,,Ms.,Jackie93,Okuneva707,,,F,1 A St,Quincy,Massachusetts,2169"
}

// insured is an export of one patient, two payers and none, with transitions of: member, start, end, payer, second
// payer, owner, name.
func insured(short string, transitions ...string) map[string]string {
	lines := []string{transitionsHeader}
	for _, t := range transitions {
		t = strings.NewReplacer("HUMANA", uuidOf("a1"), "MEDICARE", uuidOf("a2"), "NONE", uuidOf("a3")).Replace(t)
		lines = append(lines, uuidOf(short)+","+t)
	}
	return map[string]string{
		"patients.csv":          csv(patientsHeader, patientRow(short)),
		"payers.csv":            csv("Id,NAME,QOLS_AVG", uuidOf("a1")+",Humana,NaN", uuidOf("a2")+",Medicare,1", uuidOf("a3")+",NO_INSURANCE,1"),
		"payer_transitions.csv": csv(lines...),
	}
}

// spans are the coverages of a patient: priority, kind, member, relationship, days.
func (f *fixture) spans(short string) []string {
	f.Helper()
	var out []string
	for _, c := range f.Client.Coverage.Query().Where(coverage.PatientID(f.keyOf("patient", short)), coverage.StatusEQ(code.CoverageStatusActive)).
		Order(coverage.ByPeriodStart(), coverage.ByPriority(), coverage.ByID()).AllX(f.ctx) {
		end, relationship := "", ""
		if c.PeriodEnd != nil {
			end = string(*c.PeriodEnd)
		}
		if c.SubscriberRelationship != nil {
			relationship = string(*c.SubscriberRelationship)
		}
		out = append(out, fmt.Sprint(c.Priority, " ", c.Kind, " ", text(c.MemberID), " ", relationship, " ", c.PeriodStart, "/", end))
	}
	return out
}

func (f *fixture) covered(short string, want ...string) {
	f.Helper()
	if got := f.spans(short); !slices.Equal(got, want) {
		f.Errorf("covered:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestCoverageHistory takes small histories of insurance in that each meet one rule.
func TestCoverageHistory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		take := func(f *fixture, tables map[string]string) { f.takeTables(intake.SyntheaCSV, tables) }
		take(f, insured("b00")) // so that all find the payers
		for name, test := range map[string]func(*fixture){
			"transitions of one contract are one coverage": func(f *fixture) {
				tables := insured("b01",
					"m1,2010-01-05T11:33:59Z,2011-01-11T11:33:59Z,HUMANA,,Self,Jackie93 Okuneva707",
					"m1,2011-01-11T11:33:59Z,2012-01-17T11:33:59Z,HUMANA,,Self,Jackie93 Okuneva707",
					"m2,2012-01-17T11:33:59Z,2013-01-22T11:33:59Z,HUMANA,,Self,Jackie93 Okuneva707",
					"m2,2014-01-22T11:33:59Z,2015-01-22T11:33:59Z,HUMANA,,Self,Jackie93 Okuneva707",
					"m2,2013-01-22T11:33:59Z,2013-06-01T11:33:59Z,HUMANA,,Spouse,Jackie93 Okuneva707",
				)
				take(f, tables)
				f.counts("payer_transitions", 5)
				f.covered("b01",
					"1 MEDICAL m1 SELF 2010-01-05/2012-01-17",
					"1 MEDICAL m2 SELF 2012-01-17/2013-01-22",
					"1 MEDICAL m2 SPOUSE 2013-01-22/2013-06-01",
					"1 MEDICAL m2 SELF 2014-01-22/2015-01-22",
				)
				take(f, tables)
				f.counts("payer_transitions", 0, 5)
			},
			"17 no insurance is a spell without payer and member": func(f *fixture) {
				take(f, insured("b02",
					",2010-01-05T11:33:59Z,2011-01-11T11:33:59Z,NONE,,,",
					",2011-01-11T11:33:59Z,2012-01-17T11:33:59Z,NONE,,,",
					"m1,2012-01-17T11:33:59Z,2013-01-22T11:33:59Z,MEDICARE,,Guardian,Stepanie29 Gulgowski816",
				))
				f.counts("payers", 0, 2, 0, 1)
				f.covered("b02", "1 SELF_PAY (none)  2010-01-05/2012-01-17", "1 GOVERNMENT m1 CHILD 2012-01-17/2013-01-22")
				c := f.Client.Coverage.Query().Where(coverage.PatientID(f.keyOf("patient", "b02")), coverage.KindEQ(code.CoverageKindGovernment)).OnlyX(f.ctx)
				f.is("subscriber", text(c.SubscriberName), "Stepanie29 Gulgowski816")
			},
			"18 second payer; end before beginning": func(f *fixture) {
				take(f, insured("b03",
					"m1,2010-01-05T11:33:59Z,2011-01-11T11:33:59Z,MEDICARE,HUMANA,Self,Jackie93 Okuneva707",
					"m1,2011-01-11T11:33:59Z,2012-01-11T11:33:59Z,MEDICARE,NONE,Self,Jackie93 Okuneva707",
					"m1,2012-01-11T11:33:59Z,2012-01-11T11:33:59Z,MEDICARE,,Self,Jackie93 Okuneva707",
					"m1,2012-01-11T11:33:59Z,2012-01-11T11:33:58Z,MEDICARE,,Self,Jackie93 Okuneva707",
				))
				f.counts("payer_transitions", 2, 0, 2)
				f.covered("b03", "1 GOVERNMENT m1 SELF 2010-01-05/2012-01-11", "2 MEDICAL (none) SELF 2010-01-05/2011-01-11")
				f.found("payer_transitions line 4 byte 441", "END_YEAR", "does not end after it begins")
			},
			"21 payer without address; NaN": func(f *fixture) {
				take(f, map[string]string{"payers.csv": csv("Id,NAME,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,QOLS_AVG", uuidOf("a4")+",Magellan,,,,,NaN")})
				f.counts("payers", 1)
				f.is("address", text(f.Client.Organization.GetX(f.ctx, f.keyOf("org", "a4")).AddressLine), "(none)")
			},
			"years of older exports": func(f *fixture) {
				take(f, insured("b04", "m1,2010,2011,HUMANA,,Self,J O", "m1,2012,2012,HUMANA,,Self,J O", "m1,2014,2013,HUMANA,,Self,J O", "m1,2015,,HUMANA,,Self,J O"))
				f.counts("payer_transitions", 3, 0, 1)
				f.covered("b04", "1 MEDICAL m1 SELF 2010-01-01/2012-12-31", "1 MEDICAL m1 SELF 2015-01-01/")
			},
			"what is refused": func(f *fixture) {
				take(f, insured("b05",
					"m1,2010,2011,"+uuidOf("a9")+",,Self,J O", "m1,2010,2011,HUMANA,"+uuidOf("a9")+",Self,J O", "m1,2010,2011,HUMANA,,Aunt,J O",
					"m1,,2011,HUMANA,,Self,J O", "m1,2010,soon,HUMANA,,Self,J O", strings.Repeat("m", 81)+",2010,2011,HUMANA,,Self,J O", "m1,2010,2011,no,,Self,J O",
				))
				f.counts("payer_transitions", 0, 0, 7)
				for path, reason := range map[string]string{
					"PAYER": "finds no payer", "SECONDARY_PAYER": "finds no payer", "OWNERSHIP": "neither Self", "START_YEAR": "no date",
					"END_YEAR": "no date", "MEMBERID": "longer than 80",
				} {
					if !slices.ContainsFunc(f.findings, func(x tally.Finding) bool { return x.Path == path && strings.Contains(x.Reason, reason) }) {
						f.Errorf("no finding %s: %s", path, reason)
					}
				}
				f.covered("b05")
				take(f, map[string]string{"payer_transitions.csv": csv(transitionsHeader, uuidOf("b99")+",m1,2010,2011,"+uuidOf("a1")+",,Self,J O")})
				f.counts("payer_transitions", 0, 0, 1)
				f.found("payer_transitions line 2 byte 79", "PATIENT", "finds no patient")
			},
			"a later export extends the history, and what a person changed stays": func(f *fixture) {
				first := "m1,2010-01-05T11:33:59Z,2011-01-11T11:33:59Z,HUMANA,,Self,J O"
				take(f, insured("b06", first))
				take(f, insured("b06", strings.Replace(first, "2011-01-11", "2011-03-11", 1)))
				f.counts("payer_transitions", 1)
				f.covered("b06", "1 MEDICAL m1 SELF 2010-01-05/2011-03-11")
				who := f.Client.Identity.Create().SetPersona(viewer.Admin).SetIssuer("i").SetSubject("b06").SetName("A").SaveX(f.ctx)
				person := viewer.System(viewer.NewContext(f.ctx, &viewer.Identity{Key: who.ID, Role: viewer.Admin}), "test")
				f.Client.Coverage.Update().Where(coverage.PatientID(f.keyOf("patient", "b06"))).SetPeriodEnd("2010-12-31").SetMemberID("m9").ExecX(person)
				take(f, insured("b06", first))
				f.counts("payer_transitions", 0, 1)
				f.covered("b06", "1 MEDICAL m9 SELF 2010-01-05/2010-12-31")
			},
			"coverages derived from claims are replaced": func(f *fixture) {
				f.take(transaction(patientOf("b07"),
					benefitOf("b71", "b07", "Humana", "2010-03-01T00:00:00Z", "2011-03-01T00:00:00Z"),
					benefitOf("b72", "b07", "Humana", "2011-06-01T00:00:00Z", "2012-06-01T00:00:00Z"),
					benefitOf("b73", "b07", "Humana", "2019-06-01T00:00:00Z", "2020-06-01T00:00:00Z")))
				take(f, insured("b07",
					"m1,2010-01-05T11:33:59Z,2011-01-11T11:33:59Z,HUMANA,,Self,J O",
					"m1,2011-01-11T11:33:59Z,2012-01-11T11:33:59Z,HUMANA,,Self,J O"))
				f.counts("payers", 0, 2, 0, 1)
				f.covered("b07", "1 MEDICAL m1 SELF 2010-01-05/2012-01-11", "1 MEDICAL (none)  2019-06-01/2020-06-01")
				f.is("kept", f.Client.Coverage.Query().Where(coverage.PatientID(f.keyOf("patient", "b07")),
					coverage.StatusEQ(code.CoverageStatusEnteredInError)).CountX(f.ctx), 2)
				f.take(transaction(patientOf("b07"), benefitOf("b74", "b07", "Humana", "2020-05-01T00:00:00Z", "2021-05-01T00:00:00Z"),
					benefitOf("b75", "b07", "Humana", "2012-01-01T00:00:00Z", "2013-01-01T00:00:00Z")))
				f.covered("b07", "1 MEDICAL m1 SELF 2010-01-05/2012-01-11", "1 MEDICAL (none)  2012-01-01/2013-01-01",
					"1 MEDICAL (none)  2019-06-01/2021-05-01")
			},
		} {
			t.Run(name, func(t *testing.T) { test(f.on(t)) })
		}
	})
}

// TestTwins takes one patient in as FHIR and as CSV: nothing is there twice.
func TestTwins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		identified := `"identifier":[{"system":"https://github.com/synthetichealth/synthea","value":"` + uuidOf("c01") + `"}]`
		f.take(transaction(
			resource("Patient", "c99", `"name":[{"family":"Okuneva707"}]`, identified), // another id than in CSV
			organizationOf("c02", "CARNEY"), practitionerOf("c03", "80"),
			resource("Encounter", "c04", `"status":"finished"`, `"subject":`+ref("c99"), treatedBy("c03"),
				`"period":{"start":"2019-03-10T08:00:00-05:00","end":"2019-03-10T08:15:00-05:00"}`),
			conditionOf("c05", "c99", `"onsetDateTime":"2019-03-10T08:00:00-05:00"`),
			prescriptionOf("c06", "c99", `"authoredOn":"2019-03-10T08:00:00-05:00"`, `"requester":`+ref("c03")),
			planOf("c07", "c99", "active", `{"start":"2019-03-10T08:00:00-05:00"}`),
			benefitOf("c08", "c99", "Humana", "2019-03-10T08:00:00-05:00", "2020-03-10T08:00:00-05:00"),
		))
		before := state(t, s)
		f.takeTables(intake.SyntheaCSV, map[string]string{
			"organizations.csv": csv("Id,NAME", uuidOf("c02")+",CARNEY"),
			"payers.csv":        csv("Id,NAME", uuidOf("c09")+",HUMANA"),
			"providers.csv":     csv("Id,ORGANIZATION,NAME,SPECIALITY", uuidOf("c03")+","+uuidOf("c02")+",Felicitas Kub,GENERAL PRACTICE"),
			"patients.csv":      csv(patientsHeader, patientRow("c01")),
			"encounters.csv":    csv("Id,START,STOP,PATIENT,PROVIDER", uuidOf("c04")+",2019-03-10T13:00:00Z,2019-03-10T13:15:00Z,"+uuidOf("c01")+","+uuidOf("c03")),
			"conditions.csv": csv("START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION",
				"2019-03-10,,"+uuidOf("c01")+","+uuidOf("c04")+",40055000,Chronic sinusitis",
				"2019-03-11,,"+uuidOf("c01")+","+uuidOf("c04")+",40055000,Chronic sinusitis"),
			"medications.csv": csv("START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION",
				"2019-03-10T13:00:00Z,,"+uuidOf("c01")+","+uuidOf("c04")+",316049,Hydrochlorothiazide 25 MG",
				"2019-03-10T13:00:00Z,2019-04-10T13:00:00Z,"+uuidOf("c01")+","+uuidOf("c04")+",316049,Hydrochlorothiazide 25 MG"),
			"careplans.csv": csv("Id,START,STOP,PATIENT,CODE,DESCRIPTION", uuidOf("c07")+",2019-03-10,,"+uuidOf("c01")+",53950000,Respiratory therapy"),
			"payer_transitions.csv": csv(transitionsHeader,
				uuidOf("c01")+",m1,2019-01-01T13:00:00Z,2019-12-31T13:00:00Z,"+uuidOf("c09")+",,Self,J O"),
		})
		for _, name := range []string{"organizations", "payers", "patients", "encounters", "careplans"} {
			f.counts(name, 0, 1)
		}
		f.counts("providers", 1) // which has specialty and organization now
		f.counts("conditions", 1, 1)
		f.counts("medications", 1, 1)
		f.counts("payer_transitions", 1)
		after := state(t, s)
		for _, table := range []string{"accounts", "patients", "organizations", "care_programs", "enrollments", "touchpoints", "care_relationships"} {
			f.is(table, after[table], before[table])
		}
		f.is("one patient", f.keyOf("patient", "c01"), f.keyOf("patient", "c99"))
		f.is("specialty", text(f.provider("c03").SpecialtyCode), "208D00000X")
		f.is("organization", *f.provider("c03").OrganizationID, f.keyOf("org", "c02"))
		f.is("prescribers", f.Client.Treatment.Query().Where(treatment.PrescriberID(f.keyOf("provider", "c03"))).CountX(f.ctx), 2)
		f.is("relationships", f.Client.CareRelationship.Query().Where(carerelationship.PatientID(f.keyOf("patient", "c01"))).CountX(f.ctx), 1)
		f.covered("c01", "1 MEDICAL m1 SELF 2019-01-01/2019-12-31")
	})
}
