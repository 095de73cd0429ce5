package export_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
)

// sampleKey numbers the rows of the sample.
func sampleKey(n int) uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("018f5a3e-1c2b-7000-8000-%012d", n))
}

// samplePatient is the patient of the sample.
var samplePatient = sampleKey(1)

// sample writes one patient with a row of every kind, and another who is none of the first one's business.
func sample(t testing.TB, s *store.Store) {
	t.Helper()
	at := time.Date(2026, 3, 4, 5, 6, 7, 89000, time.UTC)
	ctx, c := clock.At(viewer.System(t.Context(), "test"), at), s.Client
	day := func(n int) time.Time { return at.AddDate(0, 0, n) }

	for n, kind := range map[int]code.AccountKind{
		1: code.AccountKindPatient, 2: code.AccountKindPatient, 3: code.AccountKindProvider,
		4: code.AccountKindOrganization, 5: code.AccountKindPayer, 6: code.AccountKindSponsor,
	} {
		c.Account.Create().SetID(sampleKey(n)).SetKind(kind).ExecX(ctx)
	}
	c.Organization.Create().SetID(sampleKey(4)).SetName("Carney Hospital").SetKind(code.OrganizationKindHospital).
		SetPhone("+16175550100").SetAddressCity("Boston").SetAddressState("MA").ExecX(ctx)
	c.Organization.Create().SetID(sampleKey(5)).SetName("Example Health Plan").SetKind(code.OrganizationKindPayer).ExecX(ctx)
	c.Organization.Create().SetID(sampleKey(6)).SetName("Example Pharma").SetKind(code.OrganizationKindSponsor).ExecX(ctx)
	c.Location.Create().SetID(sampleKey(7)).SetName("Infusion centre").SetOrganizationID(sampleKey(4)).ExecX(ctx)
	c.Provider.Create().SetID(sampleKey(3)).SetGiven("Ana").SetFamily("Ruiz").SetNpi("1234567893").
		SetSpecialtyCode("207RR0500X").SetSpecialty("Rheumatology").SetOrganizationID(sampleKey(4)).
		SetLicenceNumber("L-1").SetLicenceState("MA").SetLicenceExpires("2027-01-31").SetPhone("+16175550101").
		SetVerification(code.VerificationVerified).SetVerifiedAt(day(-100)).SetVerifiedSource("state board").ExecX(ctx)
	c.Patient.Create().SetID(samplePatient).SetGiven("María José").SetFamily("O'Neil \"Mejía\"").SetFormerFamily("Ortiz").
		SetBirthDate("1961-02-28").SetSex(code.SexFemale).SetMrn("MRN-1").SetAddressLine("1 A St").SetAddressCity("Quincy").
		SetAddressState("MA").SetAddressZip("02169").SetAddressCountry("US").ExecX(ctx)
	c.Patient.Create().SetID(sampleKey(2)).SetFamily("Canary").ExecX(ctx)
	c.ContactPoint.Create().SetAccountID(samplePatient).SetChannel(code.ChannelPhone).SetValue("+16175550102").
		SetPreferred(true).SetVerifiedAt(day(-10)).SetQuietFrom("21:00").SetQuietTo("08:00").ExecX(ctx)
	name := func(entity, system, value string, of uuid.UUID) {
		c.ExternalIdentifier.Create().SetEntity(entity).SetSystem(system).SetValue(value).SetEntityID(of).ExecX(ctx)
	}
	name("patient", "https://hospital.example/mrn", "MRN-1", samplePatient)
	name("patient", "urn:ietf:rfc:3986", "urn:uuid:9d0f0e1e-0000-4000-8000-000000000001", samplePatient)
	name("patient", "urn:carehub:record-version", samplePatient.String()+" 2020-01-01T00:00:00Z", samplePatient)

	c.Product.Create().SetID(sampleKey(8)).SetName("Examplast").SetTherapeuticArea("IMMUNOLOGY").
		SetKind(code.ProductKindBiologic).SetMarketingStatus(code.MarketingStatusApproved).ExecX(ctx)
	c.CareProgram.Create().SetID(sampleKey(9)).SetKind(code.ProgramKindPatientServices).SetName("Examplast Together").
		SetStatus(code.ProgramStatusActive).SetProductID(sampleKey(8)).SetStartsOn("2025-01-01").ExecX(ctx)
	c.RequiredConsent.Create().SetProgramID(sampleKey(9)).SetScope(code.ConsentScopeProgramParticipation).ExecX(ctx)
	c.CareProgram.Create().SetID(sampleKey(10)).SetKind(code.ProgramKindClinicalTrial).SetName("Examplast in relapsing disease").
		SetRegistryID("NCT00000000").ExecX(ctx)
	c.TrialDetail.Create().SetProgramID(sampleKey(10)).SetPhase(code.StudyPhasePhase3).SetStudyStatus(code.StudyStatusActive).
		SetSponsorID(sampleKey(6)).SetConditions([]string{"Relapsing disease"}).SetBlinded(true).ExecX(ctx)
	c.ProgramSite.Create().SetID(sampleKey(11)).SetProgramID(sampleKey(10)).SetOrganizationID(sampleKey(4)).SetNumber("101").ExecX(ctx)
	c.EligibilityCriterion.Create().SetProgramID(sampleKey(10)).SetSeq(1).SetKind(code.CriterionKindInclusion).
		SetText("18 years or older").SetExpression("age >= 18").ExecX(ctx)

	c.Consent.Create().SetID(sampleKey(12)).SetPatientID(samplePatient).SetProgramID(sampleKey(9)).
		SetScope(code.ConsentScopeProgramParticipation).SetStatus(code.ConsentStatusInactive).SetDecision(code.ConsentDecisionPermit).
		SetCapturedVia(code.ChannelPhone).SetCapturedAt(day(-90)).SetEffectiveFrom(day(-90)).SetExpiresAt(day(275)).
		SetRevokedAt(day(-1)).SetRevokedReason("told on the phone").SetSignerRole(code.SignerRoleSelf).SetSignerName("María José").
		SetEvidenceKind(code.EvidenceKindPhoneRecording).SetEvidenceRef("REC-1").ExecX(ctx)
	c.StatusChange.Create().SetConsentID(sampleKey(12)).SetToStatus("ACTIVE").SetAt(day(-90)).ExecX(ctx)
	c.StatusChange.Create().SetConsentID(sampleKey(12)).SetFromStatus("ACTIVE").SetToStatus("INACTIVE").SetAt(day(-1)).SetNote("revoked").ExecX(ctx)
	c.Coverage.Create().SetID(sampleKey(13)).SetPatientID(samplePatient).SetPayerID(sampleKey(5)).SetPlanName("Advantage").
		SetMemberID("M-1").SetGroupID("G-1").SetBin("610014").SetPcn("MEDDPRIME").SetSubscriberName("José Ortiz").
		SetSubscriberBirthDate("1960-01-01").SetSubscriberRelationship(code.SubscriberRelationshipSpouse).
		SetKind(code.CoverageKindPharmacy).SetStatus(code.CoverageStatusActive).SetPeriodStart("2025-01-01").SetPeriodEnd("2025-12-31").ExecX(ctx)
	c.Coverage.Create().SetID(sampleKey(14)).SetPatientID(samplePatient).SetKind(code.CoverageKindSelfPay).
		SetStatus(code.CoverageStatusActive).SetPriority(2).SetPeriodStart("2026-01-01").ExecX(ctx)
	c.Enrollment.Create().SetID(sampleKey(15)).SetPatientID(samplePatient).SetProgramID(sampleKey(9)).SetReferrerID(sampleKey(3)).
		SetSource(code.EnrollmentSourceProvider).SetStatus(code.EnrollmentStatusOnHold).SetReferredAt(day(-95)).SetActivatedAt(day(-80)).ExecX(ctx)
	c.StatusChange.Create().SetEnrollmentID(sampleKey(15)).SetToStatus("REFERRED").SetAt(day(-95)).ExecX(ctx)
	c.StatusChange.Create().SetEnrollmentID(sampleKey(15)).SetFromStatus("ACTIVE").SetToStatus("ON_HOLD").SetAt(day(-1)).ExecX(ctx)
	c.Enrollment.Create().SetID(sampleKey(16)).SetPatientID(samplePatient).SetProgramID(sampleKey(10)).
		SetSource(code.EnrollmentSourceImport).SetStatus(code.EnrollmentStatusWithdrawn).SetReferredAt(day(-300)).SetEndedAt(day(-200)).
		SetEndReason("withdrawal by subject").ExecX(ctx)
	c.TrialSubject.Create().SetID(sampleKey(17)).SetEnrollmentID(sampleKey(16)).SetState(code.SubjectStateWithdrawn).
		SetScreeningNumber("101-007").SetSiteID(sampleKey(11)).SetArm("Placebo").ExecX(ctx)
	c.StatusChange.Create().SetTrialSubjectID(sampleKey(17)).SetToStatus("WITHDRAWN").SetAt(day(-200)).ExecX(ctx)
	c.CareRelationship.Create().SetID(sampleKey(18)).SetPatientID(samplePatient).SetProviderID(sampleKey(3)).
		SetRole("treating physician").SetBasis(code.CareBasisReferral).SetStartedAt(day(-400)).SetEndedAt(day(-2)).ExecX(ctx)
	c.Condition.Create().SetID(sampleKey(19)).SetPatientID(samplePatient).SetSnomedCode("69896004").SetText("Rheumatoid arthritis").
		SetClinicalStatus(code.ClinicalStatusActive).SetOnsetAt(day(-900)).ExecX(ctx)
	c.Treatment.Create().SetID(sampleKey(20)).SetPatientID(samplePatient).SetPrescriberID(sampleKey(3)).SetEnrollmentID(sampleKey(15)).
		SetProductID(sampleKey(8)).SetRxnormCode("1657973").SetText("Examplast 150 MG").SetDosage("every four weeks").
		SetStatus(code.TreatmentStatusOnHold).SetStartedAt(day(-80)).SetEndedAt(day(-1)).ExecX(ctx)
	c.Touchpoint.Create().SetID(sampleKey(21)).SetPatientID(samplePatient).SetProviderID(sampleKey(3)).SetOrganizationID(sampleKey(4)).
		SetEnrollmentID(sampleKey(15)).SetKind(code.TouchpointKindCareEncounter).SetDirection(code.DirectionInbound).
		SetChannel(code.ChannelInPerson).SetStatus(code.TouchpointStatusCompleted).SetOccurredAt(day(-3)).SetDurationSeconds(900).
		SetSubject("Check up").SetBody("Joint pain").SetAeScreen(code.AdverseEventScreenNotApplicable).ExecX(ctx)
	c.Touchpoint.Create().SetID(sampleKey(22)).SetPatientID(samplePatient).SetConsentID(sampleKey(12)).SetEnrollmentID(sampleKey(16)).
		SetKind(code.TouchpointKindCommunication).SetDirection(code.DirectionOutbound).SetChannel(code.ChannelPhone).
		SetStatus(code.TouchpointStatusCompleted).SetOutcome(code.TouchpointOutcomeReached).SetOccurredAt(day(-4)).SetDurationSeconds(61).
		SetSubject("Welcome").SetBody("Two lines,\nas written.").SetAeScreen(code.AdverseEventScreenNone).ExecX(ctx)
	insured(ctx, c, at)
	c.Touchpoint.Create().SetID(sampleKey(23)).SetPatientID(sampleKey(2)).SetKind(code.TouchpointKindCommunication).
		SetDirection(code.DirectionInbound).SetChannel(code.ChannelEmail).SetStatus(code.TouchpointStatusCompleted).SetOccurredAt(day(-4)).
		SetBody("Canary").ExecX(ctx)
}

// insured adds what was asked of the payer, what is done for the patient, and what was told of them.
func insured(ctx context.Context, c *ent.Client, at time.Time) {
	day := func(n int) time.Time { return at.AddDate(0, 0, n) }
	c.ActivityTemplate.Create().SetProgramID(sampleKey(9)).SetSeq(1).SetKind(code.ActivityKindTrainingCall).SetTitle("Training call").
		SetDueDays(3).ExecX(ctx)
	c.EligibilityCriterion.Create().SetID(sampleKey(24)).SetProgramID(sampleKey(9)).SetSeq(1).SetKind(code.CriterionKindInclusion).
		SetText("Examplast is prescribed").ExecX(ctx)
	c.EligibilityAnswer.Create().SetEnrollmentID(sampleKey(15)).SetCriterionID(sampleKey(24)).SetValue("yes").
		SetResult(code.AnswerResultMet).SetAnsweredAt(day(-94)).ExecX(ctx)
	c.OnboardingPlan.Create().SetID(sampleKey(25)).SetEnrollmentID(sampleKey(15)).SetCompletedAt(day(-77)).ExecX(ctx)
	c.ServiceActivity.Create().SetID(sampleKey(26)).SetEnrollmentID(sampleKey(15)).SetPlanID(sampleKey(25)).
		SetKind(code.ActivityKindTrainingCall).SetTitle("Training call").SetStatus(code.ActivityStatusCompleted).SetMandatory(true).
		SetDueAt(day(-77)).SetCompletedAt(day(-77)).SetOutcome("reached").ExecX(ctx)
	c.StatusChange.Create().SetServiceActivityID(sampleKey(26)).SetToStatus("REQUESTED").SetAt(day(-80)).ExecX(ctx)
	c.BenefitVerification.Create().SetID(sampleKey(27)).SetPatientID(samplePatient).SetCoverageID(sampleKey(13)).
		SetEnrollmentID(sampleKey(15)).SetProductID(sampleKey(8)).SetPurposes([]code.VerificationPurpose{code.VerificationPurposeBenefits}).
		SetStatus(code.VerificationStatusComplete).SetResult(code.VerificationResultPriorAuthorizationRequired).SetAttempt(2).
		SetSubmittedAt(day(-92)).SetCompletedAt(day(-91)).SetValidUntil(day(90)).SetPayerReference("REF-1").ExecX(ctx)
	c.VerificationAttempt.Create().SetVerificationID(sampleKey(27)).SetSeq(1).SetSubmittedAt(day(-92)).SetAnsweredAt(day(-92)).
		SetOutcome(code.VerificationOutcomeError).SetErrorCode("42").ExecX(ctx)
	c.CoverageBenefit.Create().SetVerificationID(sampleKey(27)).SetInNetwork(true).SetCurrency("USD").
		SetDeductibleIndividualLimit(125050).SetDeductibleIndividualApplied(100000).SetDeductibleIndividualRemaining(25050).
		SetCopay(4500).SetCoinsuranceBasisPoints(1250).SetPriorAuthorizationRequired(true).SetNotes("by mail only").ExecX(ctx)
	c.StatusChange.Create().SetBenefitVerificationID(sampleKey(27)).SetFromStatus("SUBMITTED").SetToStatus("COMPLETE").SetAt(day(-91)).ExecX(ctx)
	c.PriorAuthorization.Create().SetID(sampleKey(28)).SetPatientID(samplePatient).SetCoverageID(sampleKey(13)).
		SetVerificationID(sampleKey(27)).SetProductID(sampleKey(8)).SetStatus(code.PriorAuthorizationStatusApproved).SetNumber("PA-1").
		SetSubmittedAt(day(-91)).SetDecidedAt(day(-85)).SetValidFrom("2025-12-01").SetValidUntil("2026-11-30").ExecX(ctx)
	c.StatusChange.Create().SetPriorAuthorizationID(sampleKey(28)).SetToStatus("APPROVED").SetAt(day(-85)).ExecX(ctx)
	c.Disclosure.Create().SetID(sampleKey(29)).SetPatientID(samplePatient).SetDisclosedAt(day(-5)).SetRecipientName("State registry").
		SetDescription("date of the first infusion").SetPurpose("registry").SetLegalBasis(code.LegalBasisRequiredByLaw).ExecX(ctx)
}

// system is the context in which tests read.
func system(t testing.TB) context.Context { return viewer.System(t.Context(), "test") }
