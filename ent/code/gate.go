package code

// GateCode names a condition that a step waits for. A gate that is not met is no error: nothing was changed.
type GateCode string

// The members of GateCode: first those of an answer to an inquiry, then those of enrollments and programs.
const (
	GateCodeProviderNotVerified     GateCode = "PROVIDER_NOT_VERIFIED"
	GateCodeCitationMissing         GateCode = "CITATION_MISSING"
	GateCodeResourceNotValid        GateCode = "RESOURCE_NOT_VALID"
	GateCodeOffLabelResource        GateCode = "OFF_LABEL_RESOURCE"
	GateCodeReviewRequired          GateCode = "REVIEW_REQUIRED"
	GateCodeDisclaimerMissing       GateCode = "DISCLAIMER_MISSING"
	GateCodeProgramNotActive        GateCode = "PROGRAM_NOT_ACTIVE"
	GateCodeProgramFull             GateCode = "PROGRAM_FULL"
	GateCodeSelfEnrollmentClosed    GateCode = "SELF_ENROLLMENT_CLOSED"
	GateCodeStudyNotRecruiting      GateCode = "STUDY_NOT_RECRUITING"
	GateCodeCareRelationshipMissing GateCode = "CARE_RELATIONSHIP_MISSING"
	GateCodeAlreadyEnrolled         GateCode = "ALREADY_ENROLLED"
	GateCodeOptedOut                GateCode = "OPTED_OUT"
	GateCodeAnswerMissing           GateCode = "ANSWER_MISSING"
	GateCodeCriterionNotMet         GateCode = "CRITERION_NOT_MET"
	GateCodeNotEligible             GateCode = "NOT_ELIGIBLE"
	GateCodeConsentMissing          GateCode = "CONSENT_MISSING"
	GateCodeConsentFormOutdated     GateCode = "CONSENT_FORM_OUTDATED"
	GateCodeCoverageNotVerified     GateCode = "COVERAGE_NOT_VERIFIED"
	GateCodeFormMissing             GateCode = "FORM_MISSING"
	GateCodeEthicsApprovalMissing   GateCode = "ETHICS_APPROVAL_MISSING"
	GateCodeOpenEnrollments         GateCode = "OPEN_ENROLLMENTS"
	GateCodeCoverageNotActive       GateCode = "COVERAGE_NOT_ACTIVE"
	GateCodeMemberDataMissing       GateCode = "MEMBER_DATA_MISSING"
	GateCodeNotCovered              GateCode = "NOT_COVERED"
	GateCodeChannelClosed           GateCode = "CHANNEL_CLOSED"
)

// Values lists the members.
func (GateCode) Values() []string {
	return texts(
		GateCodeProviderNotVerified,
		GateCodeCitationMissing,
		GateCodeResourceNotValid,
		GateCodeOffLabelResource,
		GateCodeReviewRequired,
		GateCodeDisclaimerMissing,
		GateCodeProgramNotActive,
		GateCodeProgramFull,
		GateCodeSelfEnrollmentClosed,
		GateCodeStudyNotRecruiting,
		GateCodeCareRelationshipMissing,
		GateCodeAlreadyEnrolled,
		GateCodeOptedOut,
		GateCodeAnswerMissing,
		GateCodeCriterionNotMet,
		GateCodeNotEligible,
		GateCodeConsentMissing,
		GateCodeConsentFormOutdated,
		GateCodeCoverageNotVerified,
		GateCodeFormMissing,
		GateCodeEthicsApprovalMissing,
		GateCodeOpenEnrollments,
		GateCodeCoverageNotActive,
		GateCodeMemberDataMissing,
		GateCodeNotCovered,
		GateCodeChannelClosed,
	)
}
