package graph_test

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// issuer is who signs the tokens of the cast.
const issuer = "urn:carehub:test"

// Where the cast lives and what it treats.
const (
	east, west = "EAST", "WEST"
	oncology   = "ONCOLOGY"
)

// keep returns a function that takes what a builder's Save returns, and keeps the row under the name.
func (w *world) keep(name string) func(ent.Noder, error) uuid.UUID {
	return func(row ent.Noder, err error) uuid.UUID {
		w.t.Helper()
		w.ok(err)
		id := row.GlobalID()
		w.rows[id.Prefix+" "+name] = id
		return id.UUID
	}
}

// row returns the key of a row that was kept.
func (w *world) row(name string) uuid.UUID { return w.key(name).UUID }

// canary marks a text that identifies somebody, by the row and the column that it stands in.
func canary(row, column string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, row)
	return storetest.Canary(letters + column)
}

// day is noon, some days later or, negative, earlier.
func day(n int) time.Time { return noon.AddDate(0, 0, n) }

// cast fills the database. Everything is written as the system, so that rows of every status exist; the API's own
// ways of making them are tested where they belong.
//
// The east: provider, a client of liaison, treats ann (who permits medical affairs), cal (who said nothing) and
// rex, eve, fay and dee (whose permission is revoked, expired, to come, and a denial); provider once treated old.
// The program bridge, of coordinator's team, has ann and cal. The west is provider2, bob, liaison2, harbor and
// coordinator2. Each patient with an identity is its account.
func (w *world) cast() {
	ctx := w.system()
	w.company(ctx)
	w.offers(ctx)
	w.people(ctx)
	w.records(ctx)
	w.cases(ctx)
	w.contacts(ctx)
}

// company makes departments, users and routing rules.
func (w *world) company(ctx context.Context) {
	c := w.client
	for _, d := range code.DepartmentCode("").Values() {
		w.keep(d)(c.Department.Create().SetCode(code.DepartmentCode(d)).SetName(d).SetIsDefault(d == "MEDICAL_INFORMATION").Save(ctx))
	}
	for _, u := range []struct {
		name       string
		persona    viewer.Persona
		department code.DepartmentCode
		role       code.MembershipRole
		territory  string
	}{
		{"liaison", viewer.Liaison, "MEDICAL_AFFAIRS", "MEMBER", east},
		{"liaison2", viewer.Liaison, "MEDICAL_AFFAIRS", "MEMBER", west},
		{"chief", viewer.Liaison, "MEDICAL_AFFAIRS", "REVIEWER", ""},
		{"coordinator", viewer.Coordinator, "", "", ""},
		{"coordinator2", viewer.Coordinator, "", "", ""},
		{"safety", viewer.Staff, "DRUG_SAFETY", "MEMBER", ""},
		{"quality", viewer.Staff, "QUALITY", "MEMBER", ""},
		{"privacy", viewer.Staff, "PRIVACY", "MEMBER", ""},
		{"information", viewer.Staff, "MEDICAL_INFORMATION", "MEMBER", ""},
		{"reviewer", viewer.Staff, "MEDICAL_INFORMATION", "REVIEWER", ""},
		{"sales", viewer.Staff, "COMMERCIAL", "MEMBER", ""},
		{"analyst", viewer.Analyst, "", "", ""},
		{"analyst2", viewer.Analyst, "", "", ""},
		{"admin", viewer.Admin, "", "", ""},
		{"admin2", viewer.Admin, "", "", ""},
	} {
		id := w.keep(u.name)(c.Identity.Create().SetPersona(u.persona).SetIssuer(issuer).SetSubject(u.name).SetName(canary(u.name, "User")).Save(ctx))
		if u.department != "" {
			member := c.Membership.Create().SetIdentityID(id).SetDepartment(u.department).SetRole(u.role).SetStartedAt(day(-400))
			if u.territory != "" {
				member.SetTerritory(u.territory).SetTherapeuticArea(oncology)
			}
			w.keep(u.name)(member.Save(ctx))
		}
	}
	w.keep("former")(c.Membership.Create().SetIdentityID(w.row("user liaison")).SetDepartment("LEGAL").SetTerritory(east).SetTherapeuticArea(oncology).
		SetStartedAt(day(-400)).SetEndedAt(day(-300)).Save(ctx))
	for i, r := range []struct {
		name      string
		kind      code.CaseKind
		label     code.LabelStatus
		requester code.AccountKind
		liaison   bool
		target    code.DepartmentCode
	}{
		{"events", "ADVERSE_EVENT", "", "", false, "DRUG_SAFETY"},
		{"complaints", "PRODUCT_COMPLAINT", "", "", false, "QUALITY"},
		{"offLabel", "MEDICAL_INQUIRY", "OFF_LABEL", "", false, "MEDICAL_INFORMATION"},
		{"investigational", "MEDICAL_INQUIRY", "INVESTIGATIONAL", "", false, "MEDICAL_INFORMATION"},
		{"liaisons", "MEDICAL_INQUIRY", "", "PROVIDER", true, "MEDICAL_AFFAIRS"},
	} {
		create := c.RoutingRule.Create().SetName(r.name).SetPriority(10 * (i + 1)).SetCaseKind(r.kind).SetTarget(r.target).
			SetLiaisonRequired(r.liaison).SetDueMinutes(60 * 24)
		if r.label != "" {
			create.SetLabelStatus(r.label)
		}
		if r.requester != "" {
			create.SetRequesterKind(r.requester)
		}
		w.keep(r.name)(create.Save(ctx))
	}
	w.keep("nightly")(c.ScheduledJob.Create().SetName("nightly").SetDueAt(day(1)).SetStartedAt(day(0)).SetFinishedAt(day(0)).SetLastError("none").Save(ctx))
	w.keep("run")(c.ImportRun.Create().SetKind("fhir").SetSource("bundle.json").SetStartedAt(day(-30)).SetFinishedAt(day(-30)).Save(ctx))
}

// offers makes products, programs and resources.
func (w *world) offers(ctx context.Context) {
	c := w.client
	zelora := w.keep("zelora")(c.Product.Create().SetName("Zelora").SetGenericName("zeloranib").SetTherapeuticArea(oncology).SetKind("DRUG").SetMarketingStatus("APPROVED").Save(ctx))
	w.keep("quivax")(c.Product.Create().SetName("Quivax").SetGenericName("quivaxil").SetTherapeuticArea("CARDIOLOGY").SetKind("BIOLOGIC").SetMarketingStatus("INVESTIGATIONAL").Save(ctx))
	w.keep("full")(c.RoutingRule.Create().SetName("never").SetPriority(900).SetActive(false).SetCaseKind("OTHER").SetRequesterKind("PROVIDER").SetLabelStatus("ON_LABEL").
		SetProductID(zelora).SetTherapeuticArea(oncology).SetCountry("US").SetTarget("LEGAL").SetDueMinutes(60).Save(ctx))
	for _, p := range []struct {
		name   string
		status code.ProgramStatus
		team   string
	}{{"bridge", "ACTIVE", "coordinator"}, {"harbor", "ACTIVE", "coordinator2"}, {"sketch", "DRAFT", ""}, {"ended", "CLOSED", ""}} {
		id := w.keep(p.name)(c.CareProgram.Create().SetKind("PATIENT_SERVICES").SetName(p.name).SetStatus(p.status).SetStartsOn("2025-01-01").SetEndsOn("2028-12-31").
			SetCapacity(500).SetRegistryID("NCT00000000").SetProductID(zelora).Save(ctx))
		w.ok(c.RequiredConsent.Create().SetProgramID(id).SetScope("PROGRAM_PARTICIPATION").Exec(ctx))
		if p.team != "" {
			w.keep(p.name)(c.ProgramTeamMember.Create().SetProgramID(id).SetIdentityID(w.row("user " + p.team)).SetStartedAt(day(-400)).Save(ctx))
		}
		w.keep("program " + p.name)(c.StatusChange.Create().SetProgramID(id).SetToStatus(string(p.status)).SetNote(canary(p.name, "Opened")).
			SetChangedByID(w.row("user coordinator")).Save(ctx))
	}
	for _, r := range []struct {
		name                    string
		status                  code.ResourceStatus
		label                   code.LabelStatus
		hcp, patients, internal bool
		from, until             int
	}{
		{"label", "APPROVED", "ON_LABEL", true, true, true, -300, 300},
		{"forPatients", "APPROVED", "ON_LABEL", false, true, false, -300, 300},
		{"script", "APPROVED", "ON_LABEL", false, false, true, -300, 300},
		{"draft", "DRAFT", "ON_LABEL", true, true, true, -300, 300},
		{"expired", "APPROVED", "ON_LABEL", true, true, true, -300, -10},
		{"early", "APPROVED", "ON_LABEL", true, true, true, 10, 300},
		{"cited", "APPROVED", "OFF_LABEL", true, true, true, -300, 300},
		{"offLabel", "APPROVED", "OFF_LABEL", true, true, true, -300, 300},
	} {
		w.keep(r.name)(c.KnowledgeResource.Create().SetDocument(r.name).SetEdition(1).SetKind("PUBLICATION").SetTitle("On " + r.name).SetSummary("Short").
			SetBody("Long").SetSha256("00").SetStatus(r.status).SetLabelStatus(r.label).SetForHcp(r.hcp).SetForPatients(r.patients).SetForInternal(r.internal).
			SetCountry("US").SetApprovalCode("A-1").SetSource("https://example.org").SetAttribution("Somebody").SetEffectiveFrom(day(r.from)).SetExpiresAt(day(r.until)).SetProductID(zelora).Save(ctx))
	}
	for i, status := range []code.FormStatus{"APPROVED", "DRAFT"} {
		w.keep(strings.ToLower(string(status)))(c.ConsentForm.Create().SetScope("MARKETING").SetEdition(i + 1).SetLocale("en-US").SetTitle("Form").
			SetBody("Text").SetSha256("00").SetEffectiveFrom(day(-300)).SetStatus(status).Save(ctx))
	}
}

// people makes providers, patients, and who treats and serves whom.
func (w *world) people(ctx context.Context) {
	c := w.client
	clinic := w.keep("clinic")(c.Organization.Create().SetName(canary("clinic", "Name")).SetKind("CLINIC").SetNpi("1234567893").SetPhone("555-0100").
		SetAddressLine("1 Main St").SetAddressCity("Springfield").SetAddressState("MA").SetAddressZip("01101").SetAddressCountry("US").Save(ctx))
	w.keep("clinic")(c.Location.Create().SetOrganizationID(clinic).SetName(canary("clinic", "Place")).SetPhone("555-0101").
		SetAddressLine("2 Main St").SetAddressCity("Springfield").SetAddressState("MA").SetAddressZip("01101").SetAddressCountry("US").Save(ctx))
	w.sites(ctx, clinic)
	w.keep("payer")(c.Organization.Create().SetName("Payer").SetKind("PAYER").Save(ctx))
	for _, p := range []struct{ name, territory, liaison string }{{"provider", east, "liaison"}, {"provider2", west, "liaison2"}} {
		account := w.account(ctx, p.name, "PROVIDER", "PROVIDER_PORTAL")
		w.keep(p.name)(c.Provider.Create().SetID(account).SetGiven(canary(p.name, "Given")).SetFamily(canary(p.name, "Family")).
			SetNpi(canary(strings.TrimPrefix(p.name, "provider"), "Npi") + strings.TrimPrefix(p.name, "provider")).SetLicenceNumber(canary(p.name, "Licence")).
			SetLicenceState("MA").SetLicenceExpires("2030-01-31").SetSpecialtyCode("207RX0202X").SetSpecialty("Oncology").SetVerification("VERIFIED").
			SetTerritory(p.territory).SetPhone(canary(p.name, "Phone")).SetAddressLine(canary(p.name, "Line")).SetAddressCity(canary(p.name, "City")).
			SetAddressState("MA").SetAddressZip("02139").SetOrganizationID(clinic).Save(ctx))
		w.keep(p.name)(c.LiaisonAssignment.Create().SetLiaisonID(w.row("user " + p.liaison)).SetProviderID(account).SetTerritory(p.territory).SetStartedAt(day(-300)).Save(ctx))
		w.user(ctx, p.name, viewer.Provider, account)
	}
	for _, p := range []struct{ name, provider string }{
		{"ann", "provider"},
		{"bob", "provider2"},
		{"cal", "provider"},
		{"old", "provider"},
		{"rex", "provider"},
		{"eve", "provider"},
		{"fay", "provider"},
		{"dee", "provider"},
	} {
		account := w.account(ctx, p.name, "PATIENT", "PATIENT_PORTAL")
		w.keep(p.name)(c.Patient.Create().SetID(account).SetGiven(canary(p.name, "Given")).SetFamily(canary(p.name, "Family")).SetFormerFamily(canary(p.name, "Former")).
			SetBirthDate("1971-03-07").SetSex("FEMALE").SetMrn(canary(p.name, "Mrn")).SetAddressLine(canary(p.name, "Line")).SetAddressCity(canary(p.name, "City")).
			SetAddressState("MA").SetAddressZip("02139").SetAddressCountry("US").SetDeceasedAt(day(-1)).Save(ctx))
		care := c.CareRelationship.Create().SetProviderID(w.row("provider " + p.provider)).SetPatientID(account).SetBasis("PRESCRIBER").SetStartedAt(day(-300))
		if p.name == "old" {
			care.SetEndedAt(day(-100))
		}
		w.keep(p.name)(care.Save(ctx))
	}
	w.user(ctx, "patient", viewer.Patient, w.row("patient ann"))
	w.user(ctx, "patient2", viewer.Patient, w.row("patient bob"))
}

// sites makes every program a trial at the clinic.
func (w *world) sites(ctx context.Context, clinic uuid.UUID) {
	for _, name := range []string{"bridge", "harbor", "sketch", "ended"} {
		program := w.row("program " + name)
		w.keep(name)(w.client.TrialDetail.Create().SetProgramID(program).SetOfficialTitle("A trial").SetSummary("Short").SetPhase("PHASE_3").
			SetStudyStatus("ACTIVE").SetRegistryStatus("Recruiting").SetEthicsApprovalRef("E-1").SetEthicsVersion("1").SetBlinded(name != "sketch" && name != "harbor").SetTargetEnrollment(100).
			SetConditions([]string{"Carcinoma"}).SetSponsorID(clinic).Save(ctx))
		w.keep(name)(w.client.ProgramSite.Create().SetProgramID(program).SetOrganizationID(clinic).SetStudyStatus("ACTIVE").SetNumber("701").Save(ctx))
		w.keep(name)(w.client.EligibilityCriterion.Create().SetProgramID(program).SetSeq(1).SetKind("INCLUSION").SetText("Adults").SetExpression("age >= 18").Save(ctx))
		w.keep(name)(w.client.ActivityTemplate.Create().SetProgramID(program).SetSeq(9).SetKind("TRAINING_CALL").SetTitle("A first call").SetDueDays(3).Save(ctx))
	}
}

func (w *world) account(ctx context.Context, name string, kind code.AccountKind, portal code.Portal) uuid.UUID {
	account := w.keep(name)(w.client.Account.Create().SetKind(kind).Save(ctx))
	w.keep(name)(w.client.PortalAccess.Create().SetAccountID(account).SetPortal(portal).SetStatus("ACTIVE").
		SetInvitedAt(day(-200)).SetActivatedAt(day(-199)).SetLastLoginAt(day(-1)).SetReason(canary(name, "Reason")).Save(ctx))
	w.keep(name)(w.client.ContactPoint.Create().SetAccountID(account).SetChannel("PHONE").SetValue(canary(name, "Contact")).
		SetVerifiedAt(day(-200)).SetOptedOutAt(day(-2)).Save(ctx))
	return account
}

func (w *world) user(ctx context.Context, name string, persona viewer.Persona, account uuid.UUID) {
	w.keep(name)(w.client.Identity.Create().SetPersona(persona).SetIssuer(issuer).SetSubject(name).SetName(canary(name, "User")).SetAccountID(account).Save(ctx))
}
