package intake_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/location"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/trialdetail"
)

func (f *fixture) coverage(short string) *ent.Coverage {
	f.Helper()
	return f.Client.Coverage.GetX(f.ctx, f.keyOf("coverage", short))
}

func (f *fixture) consent(short string) *ent.Consent {
	f.Helper()
	return f.Client.Consent.GetX(f.ctx, f.keyOf("consent", short))
}

func (f *fixture) enrollment(short string) *ent.Enrollment {
	f.Helper()
	return f.Client.Enrollment.GetX(f.ctx, f.keyOf("enrollment", short))
}

func concept(code string) string { return `{"coding":[{"code":"` + code + `"}]}` }

// TestMappings takes in the resources that have a place beyond those of Synthea's bundles.
func TestMappings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		for name, test := range map[string]func(*fixture){
			"a location is a place of an organization": func(f *fixture) {
				f.take(transaction(organizationOf("a011", "CARNEY"), locationOf("a012", "a011", `"telecom":[{"system":"phone","value":"617-506-2000"}]`),
					locationOf("a013", "a019"), resource("Location", "a014"), locationOf("a015", "a011", `"mode":"kind"`)))
				f.counts("Location", 1, 0, 2, 1)
				row := f.Client.Location.Query().Where(location.ID(f.keyOf("location", "a012"))).OnlyX(f.ctx)
				f.is("row", row.Name+" "+text(row.AddressState)+" "+text(row.Phone), "Wing MA +16175062000")
				f.is("organization", *row.OrganizationID, f.keyOf("org", "a011"))
				f.found("Location/"+uuidOf("a013"), "Location.managingOrganization", "finds no Organization")
				f.found("Location/"+uuidOf("a014"), "Location.name", "missing")
				f.found("Location/"+uuidOf("a015"), "Location.mode", "kind of places")
			},
			"a role without an organization is of the one that manages its location": func(f *fixture) {
				roleOf := func(short, practitioner, elements string) string {
					return resource("PractitionerRole", short, `"practitioner":`+ref(practitioner), elements,
						`"specialty":[{"text":"Care"},{"coding":[{"system":"http://nucc.org/provider-taxonomy","code":"183500000X","display":"Pharmacist"}]}]`)
				}
				places := transaction(organizationOf("a021", "A"), organizationOf("a022", "B"), locationOf("a023", "a021"), locationOf("a024", "a022"),
					practitionerOf("a025", "a25"), practitionerOf("a026", "a26"), practitionerOf("a027", "a27"))
				f.take(transaction(roleOf("a028", "a025", `"location":[`+ref("a023")+`]`),
					roleOf("a029", "a026", `"location":[`+ref("a023")+`,`+ref("a024")+`]`), roleOf("a020", "a027", `"organization":`+ref("a022")+`,"location":[`+ref("a023")+`]`)), places)
				f.counts("PractitionerRole", 3)
				f.is("of the location", *f.provider("a025").OrganizationID, f.keyOf("org", "a021"))
				f.is("of two", f.provider("a026").OrganizationID == nil, true)
				f.is("its own", *f.provider("a027").OrganizationID, f.keyOf("org", "a022"))
				f.is("specialty", text(f.provider("a025").Specialty)+" "+text(f.provider("a025").SpecialtyCode), "Pharmacist 183500000X")
			},
			"a coverage": func(f *fixture) {
				class := func(typ, value, name string) string {
					return `{"type":` + concept(typ) + `,"value":"` + value + `","name":"` + name + `"}`
				}
				f.take(transaction(patientOf("a031"), organizationOf("a032", "PAYER"),
					coverageOf("a033", "a031", `"payor":[`+ref("a032")+`]`, `"type":`+concept("DRUGPOL"), `"order":2`, `"subscriberId":"M1"`,
						`"relationship":`+concept("spouse"), `"subscriber":{"display":"Sam Gislason"}`,
						`"class":[`+class("group", "G1", "Group")+`,`+class("plan", "P1", "Gold")+`,`+class("rxbin", "610", "")+`,`+class("rxpcn", "A4", "")+`]`),
					coverageOf("a034", "a031", `"payor":[`+ref("a031")+`]`, `"type":`+concept("pay")),
					coverageOf("a035", "a031", `"payor":[{"display":"Medicare"}]`),
					coverageOf("a036", "a031", `"payor":[{"display":"NO_INSURANCE"}]`),
					resource("Coverage", "a037", `"status":"active"`, `"beneficiary":`+ref("a031"), `"payor":[`+ref("a032")+`]`),
					coverageOf("a038", "a031", `"payor":[{"reference":"RelatedPerson/1"}]`),
					coverageOf("a039", "a031", `"payor":[`+ref("a032")+`]`, `"type":`+concept("AUTOPOL")),
					coverageOf("a03a", "a031"),
					coverageOf("a03b", "a031", `"payor":[`+ref("a032")+`]`, `"status":"entered-in-error"`),
					coverageOf("a03c", "a031", `"payor":[`+ref("a032")+`]`, `"period":{"start":"2020-01-01","end":"2019-01-01"}`),
				))
				f.counts("Coverage", 3, 0, 6, 1)
				c := f.coverage("a033")
				f.is("payer", *c.PayerID, f.keyOf("org", "a032"))
				f.is("kind", c.Kind, code.CoverageKindPharmacy)
				f.is("priority", c.Priority, 2)
				f.is("period", string(c.PeriodStart)+" "+string(*c.PeriodEnd), "2020-01-01 2021-01-01")
				f.is("texts", text(c.MemberID)+" "+text(c.GroupID)+" "+text(c.PlanName)+" "+text(c.Bin)+" "+text(c.Pcn)+" "+text(c.SubscriberName), "M1 G1 Gold 610 A4 Sam Gislason")
				f.is("relationship", *c.SubscriberRelationship, code.SubscriberRelationshipSpouse)
				f.is("the patient pays", f.coverage("a034").PayerID == nil, true)
				f.is("kind", f.coverage("a034").Kind, code.CoverageKindSelfPay)
				f.is("told by the payer", f.coverage("a035").Kind, code.CoverageKindGovernment)
				f.found("Coverage/"+uuidOf("a036"), "Coverage.payor", "no insurance")
				f.found("Coverage/"+uuidOf("a037"), "Coverage.period.start", "missing")
				f.found("Coverage/"+uuidOf("a038"), "Coverage.payor", "a RelatedPerson pays")
				f.found("Coverage/"+uuidOf("a039"), "Coverage.type", "AUTOPOL")
				f.found("Coverage/"+uuidOf("a03a"), "Coverage.payor", "names no payer")
				f.found("Coverage/"+uuidOf("a03b"), "Coverage.status", "entered in error")
				f.found("Coverage/"+uuidOf("a03c"), "Coverage.period", "ends before it begins")
			},
			"claims extend no coverage that the source says itself": func(f *fixture) {
				f.take(transaction(patientOf("a041"), coverageOf("a042", "a041", `"payor":[{"display":"Cigna"}]`)))
				f.take(transaction(patientOf("a041"), benefitOf("a043", "a041", "Cigna", "2020-06-01T00:00:00Z", "2022-01-01T00:00:00Z")))
				f.is("as it was", string(*f.coverage("a042").PeriodEnd), "2021-01-01")
				f.is("coverages", f.Client.Coverage.Query().Where(coverage.PatientID(f.keyOf("patient", "a041"))).CountX(f.ctx), 2)
			},
			"an episode of care is a stay in a program": func(f *fixture) {
				untyped := func(short, elements string) string {
					return resource("EpisodeOfCare", short, `"status":"active"`, `"patient":`+ref("a051"), elements)
				}
				f.take(transaction(patientOf("a051"), patientOf("a05f"), organizationOf("a052", "HOME CARE"),
					episodeOf("a053", "a051", "onhold"), episodeOf("a054", "a051", "active"),
					episodeOf("a055", "a051", "finished", `"period":{"start":"2001-01-01","end":"2002-01-01"}`),
					episodeOf("a056", "a05f", "waitlist"), episodeOf("a057", "a051", "entered-in-error"),
					episodeOf("a058", "a051", "cancelled"),
					untyped("a059", `"managingOrganization":`+ref("a052")), untyped("a05a", `"period":{}`)))
				f.counts("EpisodeOfCare", 5, 0, 3)
				held := f.enrollment("a053")
				f.is("status", held.Status, code.EnrollmentStatusOnHold)
				f.is("since", held.ActivatedAt.Format(time.DateOnly), "2014-09-01")
				f.is("program", held.QueryProgram().OnlyX(f.ctx).Name, "Home and Community Care")
				f.is("finished", f.enrollment("a055").Status, code.EnrollmentStatusCompleted)
				f.is("waits", f.enrollment("a056").Status, code.EnrollmentStatusWaitlisted)
				f.is("was not active yet", f.enrollment("a056").ActivatedAt == nil, true)
				f.is("cancelled", f.enrollment("a058").EndedAt != nil && f.enrollment("a058").ActivatedAt == nil, true)
				f.is("by the organization", f.enrollment("a059").QueryProgram().OnlyX(f.ctx).Name, "HOME CARE")
				f.found("EpisodeOfCare/"+uuidOf("a054"), "EpisodeOfCare.status", "second open")
				f.found("EpisodeOfCare/"+uuidOf("a057"), "EpisodeOfCare.status", "entered in error")
				f.found("EpisodeOfCare/"+uuidOf("a05a"), "EpisodeOfCare.type", "no program")
			},
			"a consent": func(f *fixture) {
				privacy := `"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]}`
				f.take(transaction(patientOf("a061"),
					consentOf("a062", "a061"),
					consentOf("a063", "a061", `"provision":{"period":{"start":"2020-02-01","end":"2020-03-01"}}`, `"policyRule":`+concept("OPTOUT"), `"performer":[{"reference":"RelatedPerson/1"}]`),
					consentOf("a064", "a061", privacy),
					consentOf("a065", "a061", `"provision":{"type":"permit","provision":[{"type":"deny"}]}`),
					consentOf("a066", "a061", `"provision":{}`),
					consentOf("a067", "a061", `"dateTime":""`),
					consentOf("a068", "a061", privacy, `"category":[{"coding":[{"system":"urn:carehub:fhir:consent-scope","code":"CHANNEL_EMAIL"}]}]`)))
				f.counts("Consent", 3, 0, 4)
				c := f.consent("a062")
				f.is("scope", c.Scope, code.ConsentScopeTrialParticipation)
				f.is("status", c.Status, code.ConsentStatusActive)
				f.is("evidence", string(*c.EvidenceKind)+" "+*c.EvidenceRef, "SOURCE_RECORD Consent/"+uuidOf("a062"))
				f.is("from", c.EffectiveFrom.Format(time.DateOnly)+" "+c.CapturedAt.Format(time.DateOnly), "2020-01-15 2020-01-15")
				f.is("history", c.QueryHistory().OnlyX(f.ctx).ToStatus, "ACTIVE")
				expired := f.consent("a063")
				f.is("expired", string(expired.Status)+" "+string(expired.Decision)+" "+string(expired.SignerRole), "INACTIVE DENY LEGAL_REPRESENTATIVE")
				f.is("own scope", f.consent("a068").Scope, code.ConsentScopeChannelEmail)
				f.found("Consent/"+uuidOf("a064"), "Consent.scope", "says nothing")
				f.found("Consent/"+uuidOf("a065"), "Consent.provision.provision", "exceptions")
				f.found("Consent/"+uuidOf("a066"), "Consent.provision.type", "neither permits nor denies")
				f.found("Consent/"+uuidOf("a067"), "Consent.dateTime", "missing")
			},
			"a newer record ends a consent, and does not bring it back": func(f *fixture) {
				dated := func(at, status string) string {
					return transaction(patientOf("a071"), consentOf("a072", "a071", `"meta":{"lastUpdated":"`+at+`"}`, `"status":"`+status+`"`))
				}
				f.take(dated("2021-01-01T00:00:00Z", "active"))
				f.take(dated("2022-01-01T00:00:00Z", "inactive"))
				f.counts("Consent", 1)
				f.is("ended", f.consent("a072").Status, code.ConsentStatusInactive)
				f.take(dated("2023-01-01T00:00:00Z", "active"))
				f.is("stays ended", f.consent("a072").Status, code.ConsentStatusInactive)
				f.is("history", f.consent("a072").QueryHistory().CountX(f.ctx), 2)
			},
			"a communication": func(f *fixture) {
				in, out := `"sender":`+ref("a081"), `"sender":`+ref("a082")
				f.take(transaction(patientOf("a081"), organizationOf("a082", "PHARMA"), practitionerOf("a083", "a83"),
					messageOf("a084", "a081", in, `"recipient":[`+ref("a082")+`]`, `"topic":{"text":"Duration"}`),
					messageOf("a085", "a081", out, `"recipient":[`+ref("a083")+`]`),
					messageOf("a086", "a081", out, `"recipient":[`+ref("a081")+`]`),
					messageOf("a087", "a081", out, `"recipient":[`+ref("a081")+`]`, `"status":"not-done"`),
					messageOf("a088", "a081"), messageOf("a089", "a081", in, `"medium":[`+concept("TELEPATHY")+`]`),
					messageOf("a08a", "a081", in, `"sent":""`), messageOf("a08b", "a081", in, `"recipient":[`+ref("a08f")+`]`)))
				f.counts("Communication", 3, 0, 5)
				m := f.touchpoint("a084")
				f.is("came in", string(m.Direction)+" "+string(m.Channel)+" "+string(m.Kind), "INBOUND PHONE COMMUNICATION")
				f.is("to be screened", string(m.Status)+" "+string(m.AeScreen), "IN_PROGRESS PENDING")
				f.is("texts", text(m.Subject)+": "+text(m.Body), "Duration: How long shall I take it?")
				f.is("with", *m.OrganizationID, f.keyOf("org", "a082"))
				m = f.touchpoint("a085")
				f.is("went out", string(m.Direction)+" "+string(m.Status)+" "+string(m.AeScreen), "OUTBOUND COMPLETED NOT_APPLICABLE")
				f.is("to", *m.ProviderID, f.keyOf("provider", "a083"))
				f.is("not done", f.touchpoint("a087").Status, code.TouchpointStatusNotDone)
				f.found("Communication/"+uuidOf("a086"), "Communication.recipient", "no consent to reach the patient")
				f.found("Communication/"+uuidOf("a088"), "Communication.sender", "cannot be told")
				f.found("Communication/"+uuidOf("a089"), "Communication.medium", "cannot be told")
				f.found("Communication/"+uuidOf("a08a"), "Communication.sent", "missing")
				f.found("Communication/"+uuidOf("a08b"), "Communication.recipient[0]", "finds no Practitioner")
			},
			"a patient is reached by consent": func(f *fixture) {
				may := `"category":[{"coding":[{"system":"urn:carehub:fhir:consent-scope","code":"CHANNEL_PHONE"}]}]`
				called := messageOf("a094", "a091", `"sender":{"reference":"Device/1"}`, `"recipient":[`+ref("a091")+`]`)
				f.take(transaction(patientOf("a091"), called, consentOf("a092", "a091", may, `"scope":{}`)))
				f.counts("Communication", 1)
				f.is("relies on", *f.touchpoint("a094").ConsentID, f.keyOf("consent", "a092"))
				f.take(transaction(patientOf("a095"), consentOf("a096", "a095", may, `"dateTime":"2021-01-01"`)))
				f.take(transaction(patientOf("a095"), messageOf("a097", "a095", `"sender":{"reference":"Device/1"}`, `"recipient":[`+ref("a095")+`]`)))
				f.counts("Communication", 0, 0, 1)
			},
			"a study is a trial in draft": func(f *fixture) {
				f.take(transaction(organizationOf("a101", "SPONSOR"), organizationOf("a102", "SITE"), locationOf("a103", "a102"),
					studyOf("a105", `"sponsor":`+ref("a101"), `"site":[`+ref("a103")+`,`+ref("a103")+`]`),
					resource("ResearchStudy", "a106", `"status":"completed"`), studyOf("a107", `"status":"over"`)))
				f.counts("ResearchStudy", 1, 0, 2)
				p := f.Client.CareProgram.GetX(f.ctx, f.keyOf("program", "a105"))
				d := f.Client.TrialDetail.Query().Where(trialdetail.ProgramID(p.ID)).OnlyX(f.ctx)
				f.is("program", string(p.Kind)+" "+string(p.Status)+" "+p.Name+" "+text(p.RegistryID), "CLINICAL_TRIAL DRAFT Examplamab in asthma NCT00000105")
				f.is("detail", string(*d.StudyStatus)+" "+string(*d.Phase)+" "+text(d.Summary)+" "+d.Conditions[0], "ACTIVE PHASE_2 Whether it helps. Asthma")
				f.is("sponsor", *d.SponsorID, f.keyOf("org", "a101"))
				f.is("site", p.QuerySites().OnlyX(f.ctx).OrganizationID, f.keyOf("org", "a102"))
				f.found("ResearchStudy/"+uuidOf("a106"), "ResearchStudy.title", "missing")
				f.found("ResearchStudy/"+uuidOf("a107"), "ResearchStudy.status", `"over"`)
			},
			"a trial is found by its number in the registry": func(f *fixture) {
				made := f.Client.CareProgram.Create().SetKind(code.ProgramKindClinicalTrial).SetName("Known").SetRegistryID("NCT00009111").SaveX(f.ctx)
				number := `"identifier":[{"system":"urn:x","value":"nct00009111"}]`
				f.take(transaction(studyOf("a111", number)), transaction(studyOf("a112", number)))
				f.counts("ResearchStudy", 0, 2)
				f.is("rows", f.Client.CareProgram.Query().Where(careprogram.RegistryID("NCT00009111")).OnlyIDX(f.ctx), made.ID)
				f.is("found", f.keyOf("program", "a112"), made.ID)
			},
			"a subject is enrolled as far as it is lawful": func(f *fixture) {
				given, when := `"consent":`+ref("a123"), `"period":{"start":"2020-02-01"}`
				f.take(transaction(studyOf("a121"), patientOf("a122"), patientOf("a12a"), patientOf("a12b"), patientOf("a12c"), consentOf("a123", "a122"),
					subjectOf("a124", "a122", "a121", "screening", given, when, `"identifier":[{"value":"S-1"}]`, `"assignedArm":"A"`),
					subjectOf("a125", "a12a", "a121", "screening", when),
					subjectOf("a126", "a12a", "a121", "candidate", when),
					subjectOf("a127", "a12b", "a121", "screening", given, when),
					subjectOf("a128", "a12b", "a121", "withdrawn", when),
					subjectOf("a129", "a12c", "a121", "fled"),
					subjectOf("a12d", "a122", "a121", "off-study", given, `"period":{"start":"2020-01-01","end":"2020-06-01"}`),
					subjectOf("a12e", "a12c", "a12f", "candidate")))
				f.counts("ResearchSubject", 3, 0, 5)
				e := f.enrollment("a124")
				subject := e.QueryTrialSubject().OnlyX(f.ctx)
				f.is("enrollment", string(e.Status)+" "+e.ConsentedAt.Format(time.DateOnly), "SCREENING 2020-01-15")
				f.is("subject", string(subject.State)+" "+text(subject.ScreeningNumber)+" "+text(subject.Arm), "SCREENING S-1 A")
				f.is("history", subject.QueryHistory().OnlyX(f.ctx).ToStatus, "SCREENING")
				f.is("candidate", f.enrollment("a126").Status, code.EnrollmentStatusReferred)
				f.is("withdrew before", f.enrollment("a128").Status, code.EnrollmentStatusCancelled)
				f.found("ResearchSubject/"+uuidOf("a125"), "ResearchSubject.consent", "nobody is screened without consent")
				f.found("ResearchSubject/"+uuidOf("a127"), "ResearchSubject.consent", "another patient's")
				f.found("ResearchSubject/"+uuidOf("a129"), "ResearchSubject.status", `"fled"`)
				f.found("ResearchSubject/"+uuidOf("a12d"), "ResearchSubject.consent", "given after")
				f.found("ResearchSubject/"+uuidOf("a12e"), "ResearchSubject.study", "finds no ResearchStudy")
			},
			"a newer record moves a subject on": func(f *fixture) {
				of := func(at, status, end string) string {
					return transaction(patientOf("a191"), studyOf("1910"), consentOf("a192", "a191"), subjectOf("a193", "a191", "1910", status,
						`"meta":{"lastUpdated":"`+at+`"}`, `"consent":`+ref("a192"), `"period":{"start":"2020-02-01"`+end+`}`))
				}
				f.take(of("2021-01-01T00:00:00Z", "screening", ""))
				f.take(of("2022-01-01T00:00:00Z", "on-study", `,"end":"2021-01-01"`))
				f.counts("ResearchSubject", 1)
				e := f.enrollment("a193")
				subject := e.QueryTrialSubject().OnlyX(f.ctx)
				f.is("its period is over", string(e.Status)+" "+string(subject.State), "COMPLETED OFF_STUDY")
				f.is("history", e.QueryHistory().CountX(f.ctx)+subject.QueryHistory().CountX(f.ctx), 4)
			},
			"a newer record moves no subject on past the gates": func(f *fixture) {
				of := func(at, status string) string {
					return transaction(patientOf("a195"), studyOf("1950"), consentOf("a196", "a195"), subjectOf("a197", "a195", "1950", status,
						`"meta":{"lastUpdated":"`+at+`"}`, `"consent":`+ref("a196"), `"period":{"start":"2020-02-01"}`))
				}
				state := func() string {
					e := f.enrollment("a197")
					return string(e.Status) + " " + string(e.QueryTrialSubject().OnlyX(f.ctx).State)
				}
				f.take(of("2021-01-01T00:00:00Z", "screening"))
				f.is("before", state(), "SCREENING SCREENING")
				f.take(of("2022-01-01T00:00:00Z", "eligible"))
				f.counts("ResearchSubject", 1)
				f.is("with the consent of its source", state(), "ELIGIBLE ELIGIBLE")
				// What the participant agreed to is no longer what the ethics committee approves.
				f.Client.ConsentForm.Create().SetScope(code.ConsentScopeTrialParticipation).SetProgramID(f.keyOf("program", "1950")).SetEdition(1).
					SetLocale("en-US").SetTitle("Form").SetBody("Version 2").SetSha256("of the body").SetEffectiveFrom(time.Now().Add(-time.Hour)).
					SetStatus(code.FormStatusApproved).ExecX(f.ctx)
				f.take(of("2023-01-01T00:00:00Z", "pending-on-study"))
				f.counts("ResearchSubject", 0, 1)
				f.is("without agreeing anew", state(), "ELIGIBLE ELIGIBLE")
			},
			"nobody is in a trial that is not active here": func(f *fixture) {
				of := transaction(patientOf("a131"), consentOf("a132", "a131"),
					subjectOf("a133", "a131", "a134", "on-study", `"consent":`+ref("a132"), `"period":{"start":"2020-02-01"}`))
				f.take(of, transaction(studyOf("a134")))
				f.counts("ResearchSubject", 0, 0, 1)
				f.found("ResearchSubject/"+uuidOf("a133"), "ResearchSubject.study", "not active here")
				f.opens(f.Client.CareProgram.GetX(f.ctx, f.keyOf("program", "a134")))
				f.take(of)
				f.counts("ResearchSubject", 1)
				f.is("status", f.enrollment("a133").Status, code.EnrollmentStatusActive)
			},
			"a row is found by its own key": func(f *fixture) {
				made := f.Client.Organization.Create().SetID(uuid.Must(uuid.NewV7())).SetName("MADE HERE").SetKind(code.OrganizationKindClinic)
				f.Client.Account.Create().SetID(must(made.Mutation().ID())).SetKind(code.AccountKindOrganization).ExecX(f.ctx)
				key := made.SaveX(f.ctx).ID.String()
				f.take(bundleWith("collection", `{"fullUrl":"urn:uuid:`+key+`","resource":{"resourceType":"Organization","id":"`+key+`","name":"CALLED SO"}}`,
					`{"resource":`+resource("Location", "a141", `"name":"Wing"`, `"managingOrganization":{"reference":"Organization/`+key+`"}`)+`}`))
				f.counts("Organization", 0, 1)
				f.counts("Location", 1)
				f.is("of it", f.Client.Location.GetX(f.ctx, f.keyOf("location", "a141")).OrganizationID.String(), key)
			},
			"ids of one server are good across single resources": func(f *fixture) {
				is := func(who, elements string) string {
					return `{"resourceType":"Patient","id":"s1","name":[{"family":"` + who + `"}]` + elements + `}`
				}
				met := `{"resourceType":"Encounter","id":"e1","status":"finished","subject":{"reference":"Patient/s1"},"period":{"start":"2020-01-01"}}`
				since := `{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/s1"},"code":{"text":"Rash"},"encounter":{"reference":"Encounter/e1"}}`
				f.take(since, met, is("Server", `,"identifier":[{"system":"urn:mrn","value":"a151"}]`))
				f.counts("Patient", 1)
				f.counts("Encounter", 1)
				f.counts("Condition", 1)
				f.take(since, met, is("Server", `,"identifier":[{"system":"urn:mrn","value":"a151"}]`))
				f.counts("Condition", 0, 1)
				f.take(is("Stranger", `,"identifier":[{"system":"urn:mrn","value":"a152"}]`))
				f.counts("Patient", 0, 0, 1)
				f.found("Patient/s1", "Patient.id", "another resource has this id")
				f.take(bundleOf("transaction", met))
				f.counts("Encounter", 0, 0, 1)
			},
			"bundles that refer to each other": func(f *fixture) {
				for _, order := range [][2]int{{0, 1}, {1, 0}} {
					n := string(rune('6' + order[0]))
					one := transaction(patientOf("a1"+n+"1"), encounterOf("a1"+n+"2", "a1"+n+"3"), practitionerOf("a1"+n+"5", "a1"+n+"5"))
					two := transaction(patientOf("a1"+n+"3"), encounterOf("a1"+n+"4", "a1"+n+"1", treatedBy("a1"+n+"5")))
					f.take([]string{one, two}[order[0]], []string{one, two}[order[1]])
					f.counts("Patient", 2)
					f.counts("Encounter", 2)
					f.counts("Practitioner", 1)
				}
			},
		} {
			t.Run(name, func(t *testing.T) { test(f.on(t)) })
		}
		at := clock.Now(f.ctx)
		if n := f.Client.Enrollment.Query().Where(enrollment.EndedAtGT(at)).CountX(f.ctx); n != 0 {
			t.Errorf("%d enrollments end in the future", n)
		}
	})
}

func must[T any](value T, ok bool) T {
	if !ok {
		panic("absent")
	}
	return value
}
