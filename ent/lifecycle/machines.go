package lifecycle

import "github.com/carehub/carehub/ent/code"

// Program is the lifecycle of a care program. What it takes to become active (approved consent forms; for a trial
// its ethics reference) is a gate of its own.
var Program = Machine[code.ProgramStatus]{
	code.ProgramStatusDraft:  {code.ProgramStatusActive, code.ProgramStatusCancelled},
	code.ProgramStatusActive: {code.ProgramStatusPaused, code.ProgramStatusClosed},
	code.ProgramStatusPaused: {code.ProgramStatusActive, code.ProgramStatusClosed},
	code.ProgramStatusClosed: {code.ProgramStatusArchived},
}

// Enrollment is the lifecycle of an enrollment.
var Enrollment = Machine[code.EnrollmentStatus]{
	code.EnrollmentStatusReferred:       {code.EnrollmentStatusScreening},
	code.EnrollmentStatusScreening:      {code.EnrollmentStatusEligible, code.EnrollmentStatusIneligible, code.EnrollmentStatusWaitlisted},
	code.EnrollmentStatusWaitlisted:     {code.EnrollmentStatusScreening, code.EnrollmentStatusEligible},
	code.EnrollmentStatusEligible:       {code.EnrollmentStatusConsentPending},
	code.EnrollmentStatusConsentPending: {code.EnrollmentStatusReady, code.EnrollmentStatusDeclined},
	code.EnrollmentStatusReady:          {code.EnrollmentStatusActive},
	code.EnrollmentStatusActive:         {code.EnrollmentStatusOnHold, code.EnrollmentStatusCompleted, code.EnrollmentStatusWithdrawn, code.EnrollmentStatusDiscontinued},
	code.EnrollmentStatusOnHold:         {code.EnrollmentStatusActive, code.EnrollmentStatusCompleted, code.EnrollmentStatusWithdrawn, code.EnrollmentStatusDiscontinued},
}.with(code.EnrollmentStatusCancelled,
	code.EnrollmentStatusReferred, code.EnrollmentStatusScreening, code.EnrollmentStatusWaitlisted,
	code.EnrollmentStatusEligible, code.EnrollmentStatusConsentPending, code.EnrollmentStatusReady)

// Consent is the lifecycle of a consent. INACTIVE is what revocation, expiry and a newer consent lead to.
var Consent = Machine[code.ConsentStatus]{
	code.ConsentStatusDraft:    {code.ConsentStatusProposed},
	code.ConsentStatusProposed: {code.ConsentStatusActive, code.ConsentStatusRejected},
	code.ConsentStatusActive:   {code.ConsentStatusInactive},
}.with(code.ConsentStatusEnteredInError,
	code.ConsentStatusDraft, code.ConsentStatusProposed, code.ConsentStatusActive,
	code.ConsentStatusRejected, code.ConsentStatusInactive)

// Form is the lifecycle of a consent form.
var Form = Machine[code.FormStatus]{
	code.FormStatusDraft:    {code.FormStatusApproved, code.FormStatusRetired},
	code.FormStatusApproved: {code.FormStatusRetired},
}

// Case is the lifecycle of a case. The way back to ROUTED is a reroute or a return to the queue; both clear the
// assignee. A case that was resolved is closed by acknowledgement.
var Case = Machine[code.CaseStatus]{
	code.CaseStatusNew:         {code.CaseStatusRouted, code.CaseStatusCancelled},
	code.CaseStatusRouted:      {code.CaseStatusAccepted, code.CaseStatusRouted, code.CaseStatusCancelled},
	code.CaseStatusAccepted:    {code.CaseStatusInProgress, code.CaseStatusRouted},
	code.CaseStatusInProgress:  {code.CaseStatusPendingInfo, code.CaseStatusResolved, code.CaseStatusRouted},
	code.CaseStatusPendingInfo: {code.CaseStatusInProgress},
	code.CaseStatusResolved:    {code.CaseStatusClosed, code.CaseStatusReopened},
	code.CaseStatusClosed:      {code.CaseStatusReopened},
	code.CaseStatusReopened:    {code.CaseStatusInProgress},
}.with(code.CaseStatusDuplicate,
	code.CaseStatusNew, code.CaseStatusRouted, code.CaseStatusAccepted, code.CaseStatusInProgress,
	code.CaseStatusPendingInfo, code.CaseStatusResolved, code.CaseStatusClosed, code.CaseStatusReopened)

// Response is the lifecycle of an answer. The short way DRAFT to APPROVED is for standard letters on label; see
// ShortcutApproval.
var Response = Machine[code.ResponseStatus]{
	code.ResponseStatusDraft:    {code.ResponseStatusInReview, code.ResponseStatusApproved},
	code.ResponseStatusInReview: {code.ResponseStatusApproved, code.ResponseStatusDraft},
	code.ResponseStatusApproved: {code.ResponseStatusSent},
	code.ResponseStatusSent:     {code.ResponseStatusAcknowledged, code.ResponseStatusSuperseded, code.ResponseStatusRecalled},
}

// Touchpoint is the lifecycle of a communication.
var Touchpoint = Machine[code.TouchpointStatus]{
	code.TouchpointStatusPreparation: {code.TouchpointStatusInProgress, code.TouchpointStatusStopped},
	code.TouchpointStatusInProgress:  {code.TouchpointStatusCompleted, code.TouchpointStatusNotDone},
}

// Resource is the lifecycle of an edition of a knowledge resource.
var Resource = Machine[code.ResourceStatus]{
	code.ResourceStatusDraft:    {code.ResourceStatusInReview},
	code.ResourceStatusInReview: {code.ResourceStatusApproved, code.ResourceStatusDraft},
	code.ResourceStatusApproved: {code.ResourceStatusExpired, code.ResourceStatusWithdrawn},
}

// PortalAccess is the lifecycle of a portal grant.
var PortalAccess = Machine[code.PortalAccessStatus]{
	code.PortalAccessStatusInvited:         {code.PortalAccessStatusIdentityPending, code.PortalAccessStatusExpired, code.PortalAccessStatusRevoked},
	code.PortalAccessStatusIdentityPending: {code.PortalAccessStatusActive, code.PortalAccessStatusRevoked},
	code.PortalAccessStatusActive:          {code.PortalAccessStatusSuspended, code.PortalAccessStatusRevoked},
	code.PortalAccessStatusSuspended:       {code.PortalAccessStatusActive, code.PortalAccessStatusRevoked},
}

// Subject is the lifecycle of a participant of a trial. SCREENING and what follows demand a consent to participate.
var Subject = Machine[code.SubjectState]{
	code.SubjectStatePotentialCandidate:  {code.SubjectStateCandidate},
	code.SubjectStateCandidate:           {code.SubjectStateScreening, code.SubjectStateNotRegistered},
	code.SubjectStateScreening:           {code.SubjectStateEligible, code.SubjectStateIneligible},
	code.SubjectStateEligible:            {code.SubjectStatePendingOnStudy},
	code.SubjectStatePendingOnStudy:      {code.SubjectStateOnStudy},
	code.SubjectStateOnStudy:             {code.SubjectStateOnStudyIntervention, code.SubjectStateOnStudyObservation},
	code.SubjectStateOnStudyIntervention: {code.SubjectStateFollowUp},
	code.SubjectStateOnStudyObservation:  {code.SubjectStateFollowUp},
	code.SubjectStateFollowUp:            {code.SubjectStateOffStudy},
}.with(code.SubjectStateWithdrawn,
	code.SubjectStatePotentialCandidate, code.SubjectStateCandidate, code.SubjectStateScreening, code.SubjectStateEligible,
	code.SubjectStatePendingOnStudy, code.SubjectStateOnStudy, code.SubjectStateOnStudyIntervention,
	code.SubjectStateOnStudyObservation, code.SubjectStateFollowUp)

// Activity is the lifecycle of a service for an enrolled patient.
var Activity = Machine[code.ActivityStatus]{
	code.ActivityStatusRequested:  {code.ActivityStatusAccepted, code.ActivityStatusOnHold},
	code.ActivityStatusAccepted:   {code.ActivityStatusInProgress, code.ActivityStatusOnHold},
	code.ActivityStatusInProgress: {code.ActivityStatusCompleted, code.ActivityStatusFailed, code.ActivityStatusOnHold},
	code.ActivityStatusOnHold:     {code.ActivityStatusRequested, code.ActivityStatusInProgress},
}.with(code.ActivityStatusCancelled,
	code.ActivityStatusRequested, code.ActivityStatusAccepted, code.ActivityStatusInProgress, code.ActivityStatusOnHold)

// Verification is the lifecycle of a verification of benefits. SUBMITTED after PARTIAL or ERROR is another attempt;
// after EXPIRED comes a new verification. What came to nothing can be given up, or it would be to be done for ever.
var Verification = Machine[code.VerificationStatus]{
	code.VerificationStatusDraft:      {code.VerificationStatusSubmitted, code.VerificationStatusCancelled},
	code.VerificationStatusSubmitted:  {code.VerificationStatusInProgress, code.VerificationStatusCancelled},
	code.VerificationStatusInProgress: {code.VerificationStatusComplete, code.VerificationStatusPartial, code.VerificationStatusError, code.VerificationStatusCancelled},
	code.VerificationStatusPartial:    {code.VerificationStatusSubmitted, code.VerificationStatusCancelled},
	code.VerificationStatusError:      {code.VerificationStatusSubmitted, code.VerificationStatusCancelled},
	code.VerificationStatusComplete:   {code.VerificationStatusExpired},
}

// Coverage is the lifecycle of a coverage (FHIR fm-status).
var Coverage = Machine[code.CoverageStatus]{
	code.CoverageStatusDraft:  {code.CoverageStatusActive},
	code.CoverageStatusActive: {code.CoverageStatusCancelled},
}.with(code.CoverageStatusCancelled, code.CoverageStatusDraft).
	with(code.CoverageStatusEnteredInError, code.CoverageStatusDraft, code.CoverageStatusActive, code.CoverageStatusCancelled)

// PriorAuthorization is the lifecycle of a payer's leave.
var PriorAuthorization = Machine[code.PriorAuthorizationStatus]{
	code.PriorAuthorizationStatusDraft:     {code.PriorAuthorizationStatusSubmitted, code.PriorAuthorizationStatusCancelled},
	code.PriorAuthorizationStatusSubmitted: {code.PriorAuthorizationStatusApproved, code.PriorAuthorizationStatusDenied, code.PriorAuthorizationStatusCancelled},
	code.PriorAuthorizationStatusApproved:  {code.PriorAuthorizationStatusExpired},
}

// ShortcutApproval reports whether the author of a response may approve it without a review: a standard letter,
// which was approved before it was used, in answer to questions on label.
func ShortcutApproval(kind code.ResponseKind, offLabel bool) bool {
	return kind == code.ResponseKindStandardLetter && !offLabel
}
