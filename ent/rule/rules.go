package rule

import (
	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/account"
	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/carerelationship"
	"github.com/carehub/carehub/ent/caserouting"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/condition"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/consentform"
	"github.com/carehub/carehub/ent/contactpoint"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/coveragebenefit"
	"github.com/carehub/carehub/ent/disclosure"
	"github.com/carehub/carehub/ent/document"
	"github.com/carehub/carehub/ent/eligibilityanswer"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/identityverification"
	"github.com/carehub/carehub/ent/inquiryresponse"
	"github.com/carehub/carehub/ent/knowledgeresource"
	"github.com/carehub/carehub/ent/liaisonassignment"
	"github.com/carehub/carehub/ent/medicalinquiry"
	"github.com/carehub/carehub/ent/membership"
	"github.com/carehub/carehub/ent/onboardingplan"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/priorauthorization"
	"github.com/carehub/carehub/ent/programteammember"
	"github.com/carehub/carehub/ent/provider"
	"github.com/carehub/carehub/ent/proxygrant"
	"github.com/carehub/carehub/ent/responseanswer"
	"github.com/carehub/carehub/ent/responsecitation"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/touchpoint"
	"github.com/carehub/carehub/ent/treatment"
	"github.com/carehub/carehub/ent/trialsubject"
	"github.com/carehub/carehub/ent/verificationattempt"
	"github.com/carehub/carehub/ent/viewer"
)

// rules is the row part of the authorization matrix. Entities whose map is empty are read by system work only.
var rules = map[string]ByPersona{
	"Account": {
		viewer.Patient:     mine(account.FieldID),
		viewer.Provider:    either(self(account.FieldID), treats(account.FieldID)),
		viewer.Liaison:     client(account.FieldID),
		viewer.Coordinator: either(programPatient(account.FieldID), is(account.FieldKind, code.AccountKindProvider)),
	},
	"Patient": {
		viewer.Patient:     mine(patient.FieldID),
		viewer.Provider:    treats(patient.FieldID),
		viewer.Liaison:     clientPatient(patient.FieldID),
		viewer.Coordinator: programPatient(patient.FieldID),
		viewer.Staff:       casePatient(patient.FieldID),
		viewer.Analyst:     everything,
	},
	"Provider": {
		viewer.Patient:     treatedBy(provider.FieldID),
		viewer.Provider:    everything,
		viewer.Liaison:     everything,
		viewer.Coordinator: everything,
		viewer.Staff:       everything,
		viewer.Analyst:     everything,
	},
	"Organization": {
		viewer.Patient:     everything,
		viewer.Provider:    everything,
		viewer.Liaison:     everything,
		viewer.Coordinator: everything,
		viewer.Staff:       everything,
	},
	"Location": {
		viewer.Patient:     everything,
		viewer.Provider:    everything,
		viewer.Liaison:     everything,
		viewer.Coordinator: everything,
		viewer.Staff:       everything,
	},
	"Identity": {
		viewer.Patient:     own(identity.FieldID),
		viewer.Provider:    own(identity.FieldID),
		viewer.Liaison:     colleague,
		viewer.Coordinator: colleague,
		viewer.Staff:       colleague,
		viewer.Analyst:     own(identity.FieldID),
		viewer.Admin:       everything,
	},
	"Membership": {
		viewer.Liaison:     own(membership.FieldIdentityID),
		viewer.Coordinator: own(membership.FieldIdentityID),
		viewer.Staff:       own(membership.FieldIdentityID),
		viewer.Admin:       everything,
	},
	"ContactPoint": {
		viewer.Patient:     mine(contactpoint.FieldAccountID),
		viewer.Provider:    either(self(contactpoint.FieldAccountID), treats(contactpoint.FieldAccountID)),
		viewer.Liaison:     client(contactpoint.FieldAccountID),
		viewer.Coordinator: either(programPatient(contactpoint.FieldAccountID), providerContact),
	},
	"CareRelationship": {
		viewer.Patient:     mine(carerelationship.FieldPatientID),
		viewer.Provider:    self(carerelationship.FieldProviderID),
		viewer.Liaison:     client(carerelationship.FieldProviderID),
		viewer.Coordinator: programPatient(carerelationship.FieldPatientID),
	},
	"LiaisonAssignment": {
		viewer.Liaison: own(liaisonassignment.FieldLiaisonID),
	},
	"ProgramTeamMember": {
		viewer.Coordinator: team(programteammember.FieldProgramID),
	},
	"Department": {
		viewer.Liaison:     everything,
		viewer.Coordinator: everything,
		viewer.Staff:       everything,
		viewer.Analyst:     everything,
		viewer.Admin:       everything,
	},
	"RoutingRule": {
		viewer.Liaison: everything,
		viewer.Staff:   everything,
		viewer.Admin:   everything,
	},
	"Product": {
		viewer.Patient:     everything,
		viewer.Provider:    everything,
		viewer.Liaison:     everything,
		viewer.Coordinator: everything,
		viewer.Staff:       everything,
		viewer.Analyst:     everything,
		viewer.Admin:       everything,
	},
	"CareProgram":          programs,
	"RequiredConsent":      ofProgram(viewer.Patient, viewer.Provider, viewer.Coordinator),
	"ProgramProduct":       ofProgram(viewer.Patient, viewer.Provider, viewer.Liaison, viewer.Coordinator, viewer.Staff, viewer.Analyst),
	"ActivityTemplate":     ofProgram(viewer.Coordinator),
	"ProgramSite":          ofProgram(viewer.Patient, viewer.Provider, viewer.Liaison, viewer.Coordinator, viewer.Staff),
	"TrialDetail":          ofProgram(viewer.Patient, viewer.Provider, viewer.Liaison, viewer.Coordinator, viewer.Staff),
	"EligibilityCriterion": ofProgram(viewer.Patient, viewer.Provider, viewer.Liaison, viewer.Coordinator, viewer.Staff),
	"Enrollment":           enrollments,
	"TrialSubject":         ofEnrollment(trialsubject.FieldEnrollmentID, viewer.Patient, viewer.Provider, viewer.Coordinator),
	"OnboardingPlan":       ofEnrollment(onboardingplan.FieldEnrollmentID, viewer.Patient, viewer.Provider, viewer.Coordinator),
	"ServiceActivity":      ofEnrollment(serviceactivity.FieldEnrollmentID, viewer.Patient, viewer.Provider, viewer.Coordinator),
	"EligibilityAnswer": {
		viewer.Patient:     through(eligibilityanswer.FieldEnrollmentID, enrollment.Table, "enrolled", mine(enrollment.FieldPatientID)),
		viewer.Provider:    through(eligibilityanswer.FieldEnrollmentID, enrollment.Table, "enrolled", self(enrollment.FieldReferrerID)),
		viewer.Coordinator: through(eligibilityanswer.FieldEnrollmentID, enrollment.Table, "enrolled", ownEnrollment),
		viewer.Analyst:     everything,
	},
	"ConsentForm": {
		viewer.Patient:     is(consentform.FieldStatus, code.FormStatusApproved),
		viewer.Coordinator: everything,
		viewer.Staff:       memberOf(code.DepartmentCodePrivacy, code.DepartmentCodeLegal),
	},
	"Consent": {
		viewer.Patient:     mine(consent.FieldPatientID),
		viewer.Provider:    treats(consent.FieldPatientID),
		viewer.Liaison:     both(is(consent.FieldScope, code.ConsentScopeMedicalAffairs), clientPatient(consent.FieldPatientID)),
		viewer.Coordinator: programPatient(consent.FieldPatientID),
		viewer.Staff:       casePatient(consent.FieldPatientID),
	},
	"Coverage": {
		viewer.Patient:     mine(coverage.FieldPatientID),
		viewer.Provider:    treats(coverage.FieldPatientID),
		viewer.Coordinator: programPatient(coverage.FieldPatientID),
		viewer.Analyst:     everything,
	},
	"BenefitVerification": {
		viewer.Patient:     mine(benefitverification.FieldPatientID),
		viewer.Provider:    treats(benefitverification.FieldPatientID),
		viewer.Coordinator: programPatient(benefitverification.FieldPatientID),
		viewer.Analyst:     everything,
	},
	"VerificationAttempt": {
		viewer.Coordinator: through(verificationattempt.FieldVerificationID, benefitverification.Table, "asked", programPatient(benefitverification.FieldPatientID)),
	},
	"CoverageBenefit": {
		viewer.Patient:     through(coveragebenefit.FieldVerificationID, benefitverification.Table, "asked", mine(benefitverification.FieldPatientID)),
		viewer.Coordinator: through(coveragebenefit.FieldVerificationID, benefitverification.Table, "asked", programPatient(benefitverification.FieldPatientID)),
	},
	"PriorAuthorization": {
		viewer.Patient:     mine(priorauthorization.FieldPatientID),
		viewer.Provider:    treats(priorauthorization.FieldPatientID),
		viewer.Coordinator: programPatient(priorauthorization.FieldPatientID),
	},
	"Document": {
		viewer.Patient:     mine(document.FieldPatientID),
		viewer.Provider:    both(treats(document.FieldPatientID), own(document.FieldCreatedBy)),
		viewer.Coordinator: programPatient(document.FieldPatientID),
		viewer.Staff:       casePatient(document.FieldPatientID, code.DepartmentCodePrivacy),
	},
	"Disclosure": {
		viewer.Patient:     mine(disclosure.FieldPatientID),
		viewer.Coordinator: programPatient(disclosure.FieldPatientID),
		viewer.Staff:       casePatient(disclosure.FieldPatientID, code.DepartmentCodePrivacy),
	},
	"Treatment": {
		viewer.Patient:     mine(treatment.FieldPatientID),
		viewer.Provider:    treats(treatment.FieldPatientID),
		viewer.Liaison:     clientPatient(treatment.FieldPatientID),
		viewer.Coordinator: programPatient(treatment.FieldPatientID),
		viewer.Staff:       casePatient(treatment.FieldPatientID, guardians...),
	},
	"Condition": {
		viewer.Patient:     mine(condition.FieldPatientID),
		viewer.Provider:    treats(condition.FieldPatientID),
		viewer.Liaison:     clientPatient(condition.FieldPatientID),
		viewer.Coordinator: programPatient(condition.FieldPatientID),
		viewer.Staff:       casePatient(condition.FieldPatientID, guardians...),
	},
	"CareCase": {
		viewer.Patient:     either(own(carecase.FieldRequesterID), mine(carecase.FieldPatientID)),
		viewer.Provider:    own(carecase.FieldRequesterID),
		viewer.Liaison:     either(work, own(carecase.FieldRequesterID)),
		viewer.Coordinator: either(own(carecase.FieldRequesterID), both(programPatient(carecase.FieldPatientID), noEvent)),
		viewer.Staff:       either(work, own(carecase.FieldRequesterID)),
		viewer.Analyst:     everything,
	},
	"CaseRouting": {
		viewer.Liaison: through(caserouting.FieldCareCaseID, carecase.Table, "routed", work),
		viewer.Staff:   through(caserouting.FieldCareCaseID, carecase.Table, "routed", work),
	},
	"StatusChange": {
		viewer.Liaison: workStep,
		viewer.Staff: either(workStep, through(statuschange.FieldConsentFormID, consentform.Table, "changed",
			memberOf(code.DepartmentCodePrivacy, code.DepartmentCodeLegal))),
		viewer.Coordinator: either(
			through(statuschange.FieldEnrollmentID, enrollment.Table, "changed", ownEnrollment),
			through(statuschange.FieldConsentID, consent.Table, "changed", programPatient(consent.FieldPatientID)),
			through(statuschange.FieldTrialSubjectID, trialsubject.Table, "changed",
				through(trialsubject.FieldEnrollmentID, enrollment.Table, "enrolled", ownEnrollment)),
			through(statuschange.FieldServiceActivityID, serviceactivity.Table, "changed",
				through(serviceactivity.FieldEnrollmentID, enrollment.Table, "enrolled", ownEnrollment)),
			through(statuschange.FieldCoverageID, coverage.Table, "changed", programPatient(coverage.FieldPatientID)),
			through(statuschange.FieldBenefitVerificationID, benefitverification.Table, "changed", programPatient(benefitverification.FieldPatientID)),
			through(statuschange.FieldPriorAuthorizationID, priorauthorization.Table, "changed", programPatient(priorauthorization.FieldPatientID)),
			through(statuschange.FieldPortalAccessID, portalaccess.Table, "changed", either(programPatient(portalaccess.FieldAccountID), programProxy(portalaccess.FieldAccountID))),
			through(statuschange.FieldProgramID, careprogram.Table, "changed", everything),
			through(statuschange.FieldConsentFormID, consentform.Table, "changed", everything),
		),
	},
	"MedicalInquiry":   ofCase(asked),
	"InquiryQuestion":  ofInquiry(asked),
	"InquiryResponse":  responses,
	"ResponseAnswer":   ofResponse(responseanswer.FieldResponseID),
	"ResponseCitation": ofResponse(responsecitation.FieldResponseID),
	"Touchpoint": {
		viewer.Patient:     mine(touchpoint.FieldPatientID),
		viewer.Provider:    self(touchpoint.FieldProviderID),
		viewer.Liaison:     either(own(touchpoint.FieldUserID), client(touchpoint.FieldProviderID), clientPatient(touchpoint.FieldPatientID)),
		viewer.Coordinator: either(own(touchpoint.FieldUserID), programPatient(touchpoint.FieldPatientID)),
		viewer.Staff:       either(own(touchpoint.FieldUserID), casePatient(touchpoint.FieldPatientID)),
		viewer.Analyst:     everything,
	},
	"KnowledgeResource": {
		viewer.Patient:     published(knowledgeresource.FieldForPatients),
		viewer.Provider:    either(published(knowledgeresource.FieldForHcp), citedToViewer),
		viewer.Liaison:     everything,
		viewer.Coordinator: either(published(knowledgeresource.FieldForHcp), published(knowledgeresource.FieldForPatients), published(knowledgeresource.FieldForInternal)),
		viewer.Staff:       everything,
		viewer.Analyst:     is(knowledgeresource.FieldStatus, code.ResourceStatusApproved),
	},
	"PortalAccess": {
		viewer.Patient:     mine(portalaccess.FieldAccountID),
		viewer.Provider:    self(portalaccess.FieldAccountID),
		viewer.Liaison:     client(portalaccess.FieldAccountID),
		viewer.Coordinator: either(programPatient(portalaccess.FieldAccountID), programProxy(portalaccess.FieldAccountID)),
		viewer.Admin:       everything,
	},
	"IdentityVerification": {
		viewer.Patient:     mine(identityverification.FieldAccountID),
		viewer.Provider:    self(identityverification.FieldAccountID),
		viewer.Coordinator: either(programPatient(identityverification.FieldAccountID), programProxy(identityverification.FieldAccountID)),
		viewer.Admin:       everything,
	},
	"ProxyGrant": {
		viewer.Patient:     either(self(proxygrant.FieldPatientID), own(proxygrant.FieldIdentityID)),
		viewer.Coordinator: programPatient(proxygrant.FieldPatientID),
		viewer.Admin:       everything,
	},
	"ImportRun": {
		viewer.Admin: everything,
	},
	"ScheduledJob": {
		viewer.Admin: everything,
	},
	"AuditEvent":         {},
	"AuditHead":          {},
	"Event":              {},
	"EventHead":          {},
	"IdempotencyKey":     {},
	"ExternalIdentifier": {},
}

// guardians are the departments whose staff see who a patient is, in their own cases.
var guardians = []code.DepartmentCode{code.DepartmentCodeDrugSafety, code.DepartmentCodePrivacy}

// colleague matches the users of the company and the viewer's own row: portal users have no name here.
var colleague = oneOf(identity.FieldPersona, viewer.Liaison, viewer.Coordinator, viewer.Staff, viewer.Admin)

// noEvent is for rows of CareCase: an adverse event is drug safety's and its author's, whomever it is about.
func noEvent(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.NEQ(s.C(carecase.FieldKind), string(code.CaseKindAdverseEvent)))
	}
}

// workStep is for rows of StatusChange: a step of a case of the viewer's work, or of an answer to it.
var workStep = either(
	through(statuschange.FieldCareCaseID, carecase.Table, "changed", work),
	through(statuschange.FieldInquiryResponseID, inquiryresponse.Table, "changed",
		through(inquiryresponse.FieldInquiryID, medicalinquiry.Table, "inquiry",
			through(medicalinquiry.FieldCareCaseID, carecase.Table, "asked", work))),
)

// providerContact matches contact points of providers.
func providerContact(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(Exists(s, provider.Table, "provider", func(in *sql.Selector) {
			in.Where(sql.ColumnsEQ(in.C(provider.FieldID), s.C(contactpoint.FieldAccountID)))
		}))
	}
}
