package code

// EligibilityDecision says whether somebody may take part in a program.
type EligibilityDecision string

// The members of EligibilityDecision.
const (
	EligibilityDecisionUndecided  EligibilityDecision = "UNDECIDED"
	EligibilityDecisionEligible   EligibilityDecision = "ELIGIBLE"
	EligibilityDecisionIneligible EligibilityDecision = "INELIGIBLE"
)

// Values lists the members.
func (EligibilityDecision) Values() []string {
	return texts(
		EligibilityDecisionUndecided,
		EligibilityDecisionEligible,
		EligibilityDecisionIneligible,
	)
}

// AnswerResult says whether an answer meets its criterion.
type AnswerResult string

// The members of AnswerResult.
const (
	AnswerResultMet     AnswerResult = "MET"
	AnswerResultNotMet  AnswerResult = "NOT_MET"
	AnswerResultUnknown AnswerResult = "UNKNOWN"
)

// Values lists the members.
func (AnswerResult) Values() []string {
	return texts(
		AnswerResultMet,
		AnswerResultNotMet,
		AnswerResultUnknown,
	)
}

// ActivityKind is the kind of a service for an enrolled patient.
type ActivityKind string

// The members of ActivityKind.
const (
	ActivityKindTrainingCall   ActivityKind = "TRAINING_CALL"
	ActivityKindNurseVisit     ActivityKind = "NURSE_VISIT"
	ActivityKindFirstFill      ActivityKind = "FIRST_FILL"
	ActivityKindRefillReminder ActivityKind = "REFILL_REMINDER"
	ActivityKindCopayCard      ActivityKind = "COPAY_CARD"
	ActivityKindEducation      ActivityKind = "EDUCATION"
	ActivityKindAssessment     ActivityKind = "ASSESSMENT"
	ActivityKindFirstDose      ActivityKind = "FIRST_DOSE"
	ActivityKindHoldReview     ActivityKind = "HOLD_REVIEW"
	ActivityKindConsentRenewal ActivityKind = "CONSENT_RENEWAL"
	ActivityKindReconsent      ActivityKind = "RECONSENT"
	ActivityKindReverification ActivityKind = "REVERIFICATION"
	ActivityKindOther          ActivityKind = "OTHER"
)

// Values lists the members.
func (ActivityKind) Values() []string {
	return texts(
		ActivityKindTrainingCall,
		ActivityKindNurseVisit,
		ActivityKindFirstFill,
		ActivityKindRefillReminder,
		ActivityKindCopayCard,
		ActivityKindEducation,
		ActivityKindAssessment,
		ActivityKindFirstDose,
		ActivityKindHoldReview,
		ActivityKindConsentRenewal,
		ActivityKindReconsent,
		ActivityKindReverification,
		ActivityKindOther,
	)
}

// ActivityStatus is the lifecycle of a service, a subset of FHIR task-status.
type ActivityStatus string

// The members of ActivityStatus.
const (
	ActivityStatusRequested  ActivityStatus = "REQUESTED"
	ActivityStatusAccepted   ActivityStatus = "ACCEPTED"
	ActivityStatusInProgress ActivityStatus = "IN_PROGRESS"
	ActivityStatusOnHold     ActivityStatus = "ON_HOLD"
	ActivityStatusCompleted  ActivityStatus = "COMPLETED"
	ActivityStatusFailed     ActivityStatus = "FAILED"
	ActivityStatusCancelled  ActivityStatus = "CANCELLED"
)

// Values lists the members.
func (ActivityStatus) Values() []string {
	return texts(
		ActivityStatusRequested,
		ActivityStatusAccepted,
		ActivityStatusInProgress,
		ActivityStatusOnHold,
		ActivityStatusCompleted,
		ActivityStatusFailed,
		ActivityStatusCancelled,
	)
}
