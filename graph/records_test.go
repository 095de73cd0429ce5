package graph_test

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// records makes what is known of the patients.
func (w *world) records(ctx context.Context) {
	c := w.client
	zelora := w.row("product zelora")
	for _, p := range []struct{ name, program, provider string }{
		{"ann", "bridge", "provider"}, {"bob", "harbor", "provider2"}, {"cal", "bridge", "provider"}, {"old", "sketch", "provider"},
	} {
		patient, provider := w.row("patient "+p.name), w.row("provider "+p.provider)
		enrollment := w.keep(p.name)(c.Enrollment.Create().SetPatientID(patient).SetProgramID(w.row("program " + p.program)).SetReferrerID(provider).
			SetCoordinatorID(w.row("user coordinator2")).SetStatus("COMPLETED").SetSource("PROVIDER").SetReferredAt(day(-90)).SetEligibilityDecidedAt(day(-80)).
			SetConsentedAt(day(-70)).SetActivatedAt(day(-60)).SetEndedAt(day(-3)).SetEndReason(canary(p.name, "End")).SetHoldReason(canary(p.name, "Hold")).
			SetEligibilityNote(canary(p.name, "Eligible")).SetWaitlistedAt(day(-82)).SetOptOutUntil("2026-01-01").Save(ctx))
		if p.name == "ann" || p.name == "cal" {
			w.ok(c.Enrollment.UpdateOneID(enrollment).SetCoordinatorID(w.row("user coordinator")).Exec(ctx))
		}
		w.keep("enrollment " + p.name)(c.StatusChange.Create().SetEnrollmentID(enrollment).SetFromStatus("ACTIVE").SetToStatus("COMPLETED").
			SetNote(canary(p.name, "Step")).SetChangedByID(w.row("user coordinator")).Save(ctx))
		w.keep(p.name)(c.EligibilityAnswer.Create().SetEnrollmentID(enrollment).SetCriterionID(w.row("criterion " + p.program)).SetValue(canary(p.name, "Reply")).
			SetResult("MET").SetAnsweredAt(day(-85)).SetAnsweredByID(w.row("user coordinator")).Save(ctx))
		plan := w.keep(p.name)(c.OnboardingPlan.Create().SetEnrollmentID(enrollment).SetCompletedAt(day(-40)).Save(ctx))
		w.keep(p.name)(c.ServiceActivity.Create().SetEnrollmentID(enrollment).SetPlanID(plan).SetKind("TRAINING_CALL").SetTitle(canary(p.name, "Title")).
			SetStatus("COMPLETED").SetMandatory(true).SetDueAt(day(-50)).SetCompletedAt(day(-51)).SetOutcome(canary(p.name, "Outcome")).SetAssigneeID(w.row("user coordinator")).Save(ctx))
		subject := w.keep(p.name)(c.TrialSubject.Create().SetEnrollmentID(enrollment).SetState("OFF_STUDY").SetScreeningNumber(canary(p.name, "Screening")).
			SetRandomizedAt(day(-60)).SetArm(canary(p.name, "Arm")).SetSiteID(w.row("site " + p.program)).Save(ctx))
		w.keep("subject " + p.name)(c.StatusChange.Create().SetTrialSubjectID(subject).SetFromStatus("FOLLOW_UP").SetToStatus("OFF_STUDY").
			SetNote(canary(p.name, "SubjectStep")).SetChangedByID(w.row("user coordinator")).Save(ctx))
		w.keep(p.name)(c.Coverage.Create().SetPatientID(patient).SetPayerID(w.row("org payer")).SetPlanName(canary(p.name, "Plan")).SetMemberID(canary(p.name, "Member")).
			SetGroupID(canary(p.name, "Group")).SetSubscriberName(canary(p.name, "Subscriber")).SetSubscriberBirthDate("1971-03-07").
			SetSubscriberRelationship("SELF").SetKind("MEDICAL").SetStatus("ACTIVE").SetPeriodStart("2026-01-01").SetPeriodEnd("2026-12-31").
			SetBin(canary(p.name, "Bin")).SetPcn(canary(p.name, "Pcn")).Save(ctx))
		w.insurance(ctx, p.name, enrollment)
		w.keep(p.name)(c.Treatment.Create().SetPatientID(patient).SetPrescriberID(provider).SetProductID(zelora).SetRxnormCode("1").SetText("Zelora 10 mg").
			SetDosage(canary(p.name, "Dosage")).SetStatus("STOPPED").SetStartedAt(day(-60)).SetEndedAt(day(-5)).Save(ctx))
		w.keep(p.name)(c.Condition.Create().SetPatientID(patient).SetSnomedCode("1").SetText("Carcinoma").SetClinicalStatus("RESOLVED").
			SetOnsetAt(day(-200)).SetAbatedAt(day(-5)).Save(ctx))
		w.keep(p.name)(c.Document.Create().SetPatientID(patient).SetKind("OTHER").SetTitle(canary(p.name, "Paper")).SetContentType("application/pdf").
			SetSize(10).SetSha256("00").SetBlob(p.name).Save(ctx))
		w.keep(p.name)(c.Disclosure.Create().SetPatientID(patient).SetDisclosedAt(day(-9)).SetRecipientName(canary(p.name, "Recipient")).
			SetRecipientAddress(canary(p.name, "Where")).SetDescription(canary(p.name, "Disclosed")).SetPurpose(canary(p.name, "Purpose")).
			SetLegalBasis("REQUIRED_BY_LAW").Save(ctx))
	}
	w.keep("sent")(c.Document.Create().SetPatientID(w.row("patient ann")).SetKind("OTHER").SetTitle(canary("ann", "Sent")).SetContentType("application/pdf").
		SetSize(10).SetSha256("00").SetBlob("sent").SetCreatedBy(w.row("user provider")).Save(ctx))
	w.consents(ctx)
	w.proxies(ctx)
}

// insurance makes what is known of the patient's coverage: asked twice, answered, with leave that was given.
func (w *world) insurance(ctx context.Context, name string, enrollment uuid.UUID) {
	c, patient, policy := w.client, w.row("patient "+name), w.row("coverage "+name)
	step := func(what string) *ent.StatusChangeCreate {
		return c.StatusChange.Create().SetToStatus("SUBMITTED").SetNote(canary(name, what)).SetChangedByID(w.row("user coordinator"))
	}
	w.keep("coverage " + name)(step("Cover").SetCoverageID(policy).Save(ctx))
	verification := w.keep(name)(c.BenefitVerification.Create().SetPatientID(patient).SetCoverageID(policy).SetEnrollmentID(enrollment).
		SetProductID(w.row("product zelora")).SetPurposes([]code.VerificationPurpose{"BENEFITS"}).SetStatus("EXPIRED").SetMethod("PHONE").SetResult("COVERED").
		SetDisposition(canary(name, "Disposition")).SetErrorCode(canary(name, "Failure")).SetPayerReference(canary(name, "Payer")).SetAttempt(1).
		SetSubmittedAt(day(-40)).SetCompletedAt(day(-38)).SetValidUntil(day(-8)).SetReverifyAt(day(-9)).SetRequestedByID(w.row("user coordinator2")).Save(ctx))
	w.keep("verification " + name)(step("Check").SetBenefitVerificationID(verification).Save(ctx))
	w.keep(name)(c.VerificationAttempt.Create().SetVerificationID(verification).SetSeq(1).SetSubmittedAt(day(-40)).SetAnsweredAt(day(-38)).SetOutcome("COMPLETE").
		SetMethod("PHONE").SetErrorCode(canary(name, "Attempt")).SetDetail(canary(name, "Detail")).Save(ctx))
	w.keep(name)(c.CoverageBenefit.Create().SetVerificationID(verification).SetInNetwork(true).SetCurrency("USD").SetCopay(2000).
		SetDeductibleIndividualLimit(150000).SetDeductibleIndividualApplied(1).SetCoinsuranceBasisPoints(2000).SetPriorAuthorizationRequired(true).
		SetStepTherapy(false).SetNotes(canary(name, "Benefit")).Save(ctx))
	leave := w.keep(name)(c.PriorAuthorization.Create().SetPatientID(patient).SetCoverageID(policy).SetVerificationID(verification).
		SetProductID(w.row("product zelora")).SetStatus("EXPIRED").SetNumber(canary(name, "Leave")).SetSubmittedAt(day(-37)).SetDecidedAt(day(-36)).
		SetValidFrom("2026-01-01").SetValidUntil("2026-02-01").SetReason(canary(name, "Denial")).Save(ctx))
	w.keep("authorization " + name)(step("Ask").SetPriorAuthorizationID(leave).Save(ctx))
}

// proxies makes grants that have ended: nobody stands for anybody now.
func (w *world) proxies(ctx context.Context) {
	for _, p := range []struct{ patient, user string }{{"ann", "sales"}, {"cal", "patient"}, {"bob", "liaison2"}} {
		w.keep(p.patient)(w.client.ProxyGrant.Create().SetPatientID(w.row("patient " + p.patient)).SetIdentityID(w.row("user " + p.user)).
			SetRelationship("SPOUSE").SetScope("MANAGE").SetStartedAt(day(-40)).SetExpiresAt(day(40)).SetEndedAt(day(-2)).
			SetEndReason(canary(p.patient, "Proxy")).Save(ctx))
	}
}

// consents makes what the patients permitted medical affairs, and one consent of another scope that is full.
func (w *world) consents(ctx context.Context) {
	for _, s := range []struct {
		patient     string
		status      code.ConsentStatus
		decision    code.ConsentDecision
		from, until int
	}{
		{"ann", "ACTIVE", "PERMIT", -50, 50},
		{"bob", "ACTIVE", "PERMIT", -50, 50},
		{"rex", "INACTIVE", "PERMIT", -50, 50},
		{"eve", "ACTIVE", "PERMIT", -50, -1},
		{"fay", "ACTIVE", "PERMIT", 1, 50},
		{"dee", "ACTIVE", "DENY", -50, 50},
	} {
		w.consent(ctx, s.patient, s.patient, "MEDICAL_AFFAIRS", s.status, s.decision, s.from, s.until)
	}
	w.consent(ctx, "annMarketing", "ann", "MARKETING", "INACTIVE", "PERMIT", -50, 50)
}

func (w *world) consent(ctx context.Context, name, patient string, scope code.ConsentScope, status code.ConsentStatus, decision code.ConsentDecision, from, until int) {
	c := w.client
	id := w.keep(name)(c.Consent.Create().SetPatientID(w.row("patient " + patient)).SetFormID(w.row("form approved")).SetProgramID(w.row("program bridge")).
		SetScope(scope).SetStatus(status).SetDecision(decision).SetCapturedVia("PHONE").SetCapturedAt(day(-50)).SetEffectiveFrom(day(from)).SetExpiresAt(day(until)).
		SetRevokedAt(day(-4)).SetRevokedReason(canary(name, "Revoked")).SetSignerRole("SELF").SetSignerName(canary(name, "Signer")).
		SetEvidenceKind("PHONE_RECORDING").SetEvidenceRef(canary(name, "Evidence")).
		SetSignedFrom(canary(name, "From")).SetScriptVersion("3").SetAgentName(canary(name, "Agent")).Save(ctx))
	w.keep("consent " + name)(c.StatusChange.Create().SetConsentID(id).SetFromStatus("DRAFT").SetToStatus(string(status)).
		SetNote(canary(name, "Note")).SetChangedByID(w.row("user coordinator")).Save(ctx))
}

// cases makes cases of every department, with what was asked and answered.
func (w *world) cases(ctx context.Context) {
	for _, s := range []struct {
		name, requester, provider, patient, parent, assignee, territory string
		kind                                                            code.CaseKind
		department                                                      code.DepartmentCode
		status                                                          code.CaseStatus
	}{
		{"done", "provider", "provider", "ann", "", "liaison", east, "MEDICAL_INQUIRY", "MEDICAL_AFFAIRS", "CLOSED"},
		{"event", "provider", "provider", "ann", "done", "safety", east, "ADVERSE_EVENT", "DRUG_SAFETY", "IN_PROGRESS"},
		{"waiting", "provider", "provider", "cal", "", "", east, "MEDICAL_INQUIRY", "MEDICAL_AFFAIRS", "ROUTED"},
		{"west", "provider2", "provider2", "bob", "", "", west, "MEDICAL_INQUIRY", "MEDICAL_AFFAIRS", "ROUTED"},
		{"assigned", "provider2", "provider2", "bob", "", "liaison", west, "MEDICAL_INQUIRY", "MEDICAL_INFORMATION", "IN_PROGRESS"},
		{"own", "patient", "provider", "ann", "", "information", east, "MEDICAL_INQUIRY", "MEDICAL_INFORMATION", "RESOLVED"},
		{"complaint", "provider", "provider", "ann", "", "quality", east, "PRODUCT_COMPLAINT", "QUALITY", "ACCEPTED"},
		{"data", "provider2", "provider2", "bob", "", "privacy", west, "PRIVACY", "PRIVACY", "ACCEPTED"},
		{"sales", "provider2", "provider2", "", "", "", west, "OTHER", "COMMERCIAL", "ROUTED"},
		{"reported", "liaison", "provider", "ann", "", "", east, "ADVERSE_EVENT", "DRUG_SAFETY", "ROUTED"},
		{"forwarded", "quality", "provider", "ann", "", "", east, "ADVERSE_EVENT", "DRUG_SAFETY", "ROUTED"},
	} {
		create := w.client.CareCase.Create().SetNumber("C-" + s.name).SetKind(s.kind).SetStatus(s.status).SetChannel("PORTAL").SetRequesterKind("PROVIDER").
			SetDepartment(s.department).SetSubject(canary(s.name, "Subject")).SetNarrative(canary(s.name, "Narrative")).SetTerritory(s.territory).
			SetTherapeuticArea(oncology).SetCountry("US").SetReceivedAt(day(-20)).SetDueAt(day(-10)).SetAcceptedAt(day(-19)).SetRespondedAt(day(-18)).
			SetResolvedAt(day(-17)).SetClosedAt(day(-16)).SetRoutingCount(1).SetRequesterID(w.row("user " + s.requester)).
			SetProviderID(w.row("provider " + s.provider)).SetProductID(w.row("product zelora"))
		if s.patient != "" {
			create.SetPatientID(w.row("patient " + s.patient))
		}
		if s.parent != "" {
			create.SetParentID(w.row("case " + s.parent))
		}
		if s.assignee != "" {
			create.SetAssigneeID(w.row("user " + s.assignee))
		}
		id := w.keep(s.name)(create.Save(ctx))
		w.keep(s.name)(w.client.CaseRouting.Create().SetCareCaseID(id).SetSeq(1).SetFromDepartment("LEGAL").SetToDepartment(s.department).SetReason("CREATED").
			SetNote(canary(s.name, "Routing")).SetRuleID(w.row("rule full")).SetRoutedByID(w.row("user chief")).Save(ctx))
		w.keep("case " + s.name)(w.client.StatusChange.Create().SetCareCaseID(id).SetFromStatus("NEW").SetToStatus(string(s.status)).
			SetNote(canary(s.name, "Step")).SetChangedByID(w.row("user chief")).Save(ctx))
		if s.kind == "MEDICAL_INQUIRY" {
			w.inquiry(ctx, s.name, id)
		}
	}
}

// inquiry makes what a case asks, an answer that was received and one that is being written.
func (w *world) inquiry(ctx context.Context, name string, of uuid.UUID) {
	c := w.client
	inquiry := w.keep(name)(c.MedicalInquiry.Create().SetCareCaseID(of).SetUnsolicited(true).SetAttestedAt(day(-20)).SetAdverseEvent(false).Save(ctx))
	question := w.keep(name)(c.InquiryQuestion.Create().SetInquiryID(inquiry).SetSeq(1).SetText(canary(name, "Question")).SetTopic("SAFETY").SetAnsweredAt(day(-18)).Save(ctx))
	for i, s := range []struct {
		name   string
		status code.ResponseStatus
	}{{name, "ACKNOWLEDGED"}, {name + "Draft", "DRAFT"}} {
		response := w.keep(s.name)(c.InquiryResponse.Create().SetInquiryID(inquiry).SetEdition(i + 1).SetKind("CUSTOM_LETTER").SetStatus(s.status).SetBody(canary(s.name, "Answer")).
			SetDisclaimers([]string{"not approved"}).SetAuthorID(w.row("user liaison")).SetReviewerID(w.row("user chief")).SetReviewedAt(day(-19)).SetChannel("PORTAL").
			SetSentAt(day(-18)).SetAcknowledgedAt(day(-17)).Save(ctx))
		w.keep(s.name)(c.ResponseAnswer.Create().SetResponseID(response).SetQuestionID(question).Save(ctx))
		w.keep(s.name)(c.ResponseCitation.Create().SetResponseID(response).SetResourceID(w.row("resource cited")).Save(ctx))
		w.keep("response " + s.name)(c.StatusChange.Create().SetInquiryResponseID(response).SetFromStatus("SENT").SetToStatus(string(s.status)).
			SetNote(canary(s.name, "Step")).SetChangedByID(w.row("user chief")).Save(ctx))
	}
}

// contacts makes touchpoints.
func (w *world) contacts(ctx context.Context) {
	for _, s := range []struct{ name, patient, provider, user string }{
		{"ann", "ann", "", "coordinator"},
		{"bob", "bob", "", "coordinator2"},
		{"cal", "cal", "", "coordinator2"},
		{"visit", "", "provider", "liaison"},
		{"joint", "", "provider", "liaison2"},
		{"west", "", "provider2", "liaison2"},
		{"call", "ann", "", "safety"},
	} {
		create := w.client.Touchpoint.Create().SetKind("COMMUNICATION").SetDirection("OUTBOUND").SetChannel("PHONE").SetStatus("COMPLETED").SetOutcome("REACHED").
			SetOccurredAt(day(-7)).SetDurationSeconds(60).SetSubject(canary(s.name, "Topic")).SetBody(canary(s.name, "Body")).SetAeScreen("NONE").SetReactive(true).
			SetOrganizationID(w.row("org clinic")).SetUserID(w.row("user " + s.user)).SetCareCaseID(w.row("case done"))
		if s.patient != "" {
			create.SetPatientID(w.row("patient " + s.patient))
		}
		if s.provider != "" {
			create.SetProviderID(w.row("provider " + s.provider))
		}
		w.keep(s.name)(create.Save(ctx))
	}
}
