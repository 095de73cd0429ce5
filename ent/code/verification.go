package code

// VerificationStatus is how far a verification of benefits has come, whatever its result.
type VerificationStatus string

// The members of VerificationStatus.
const (
	VerificationStatusDraft      VerificationStatus = "DRAFT"
	VerificationStatusSubmitted  VerificationStatus = "SUBMITTED"
	VerificationStatusInProgress VerificationStatus = "IN_PROGRESS"
	VerificationStatusComplete   VerificationStatus = "COMPLETE"
	VerificationStatusPartial    VerificationStatus = "PARTIAL"
	VerificationStatusError      VerificationStatus = "ERROR"
	VerificationStatusCancelled  VerificationStatus = "CANCELLED"
	VerificationStatusExpired    VerificationStatus = "EXPIRED"
)

// Values lists the members.
func (VerificationStatus) Values() []string {
	return texts(
		VerificationStatusDraft,
		VerificationStatusSubmitted,
		VerificationStatusInProgress,
		VerificationStatusComplete,
		VerificationStatusPartial,
		VerificationStatusError,
		VerificationStatusCancelled,
		VerificationStatusExpired,
	)
}

// VerificationResult is what a payer said. Payers may come to say more: clients tolerate values that they do not know.
type VerificationResult string

// The members of VerificationResult.
const (
	VerificationResultCovered                    VerificationResult = "COVERED"
	VerificationResultNotCovered                 VerificationResult = "NOT_COVERED"
	VerificationResultPriorAuthorizationRequired VerificationResult = "PRIOR_AUTHORIZATION_REQUIRED"
	VerificationResultUnknown                    VerificationResult = "UNKNOWN"
)

// Values lists the members.
func (VerificationResult) Values() []string {
	return texts(
		VerificationResultCovered,
		VerificationResultNotCovered,
		VerificationResultPriorAuthorizationRequired,
		VerificationResultUnknown,
	)
}

// VerificationPurpose is FHIR eligibilityrequest-purpose.
type VerificationPurpose string

// The members of VerificationPurpose.
const (
	VerificationPurposeAuthRequirements VerificationPurpose = "AUTH_REQUIREMENTS"
	VerificationPurposeBenefits         VerificationPurpose = "BENEFITS"
	VerificationPurposeDiscovery        VerificationPurpose = "DISCOVERY"
	VerificationPurposeValidation       VerificationPurpose = "VALIDATION"
)

// Values lists the members.
func (VerificationPurpose) Values() []string {
	return texts(
		VerificationPurposeAuthRequirements,
		VerificationPurposeBenefits,
		VerificationPurposeDiscovery,
		VerificationPurposeValidation,
	)
}

// VerificationMethod is how a payer was asked.
type VerificationMethod string

// The members of VerificationMethod.
const (
	VerificationMethodElectronic VerificationMethod = "ELECTRONIC"
	VerificationMethodPhone      VerificationMethod = "PHONE"
	VerificationMethodPortal     VerificationMethod = "PORTAL"
	VerificationMethodFax        VerificationMethod = "FAX"
)

// Values lists the members.
func (VerificationMethod) Values() []string {
	return texts(
		VerificationMethodElectronic,
		VerificationMethodPhone,
		VerificationMethodPortal,
		VerificationMethodFax,
	)
}

// VerificationOutcome is FHIR remittance-outcome: what became of one attempt.
type VerificationOutcome string

// The members of VerificationOutcome.
const (
	VerificationOutcomeQueued   VerificationOutcome = "QUEUED"
	VerificationOutcomeComplete VerificationOutcome = "COMPLETE"
	VerificationOutcomeError    VerificationOutcome = "ERROR"
	VerificationOutcomePartial  VerificationOutcome = "PARTIAL"
)

// Values lists the members.
func (VerificationOutcome) Values() []string {
	return texts(
		VerificationOutcomeQueued,
		VerificationOutcomeComplete,
		VerificationOutcomeError,
		VerificationOutcomePartial,
	)
}

// PriorAuthorizationStatus is the lifecycle of a prior authorization.
type PriorAuthorizationStatus string

// The members of PriorAuthorizationStatus.
const (
	PriorAuthorizationStatusDraft     PriorAuthorizationStatus = "DRAFT"
	PriorAuthorizationStatusSubmitted PriorAuthorizationStatus = "SUBMITTED"
	PriorAuthorizationStatusApproved  PriorAuthorizationStatus = "APPROVED"
	PriorAuthorizationStatusDenied    PriorAuthorizationStatus = "DENIED"
	PriorAuthorizationStatusCancelled PriorAuthorizationStatus = "CANCELLED"
	PriorAuthorizationStatusExpired   PriorAuthorizationStatus = "EXPIRED"
)

// Values lists the members.
func (PriorAuthorizationStatus) Values() []string {
	return texts(
		PriorAuthorizationStatusDraft,
		PriorAuthorizationStatusSubmitted,
		PriorAuthorizationStatusApproved,
		PriorAuthorizationStatusDenied,
		PriorAuthorizationStatusCancelled,
		PriorAuthorizationStatusExpired,
	)
}
