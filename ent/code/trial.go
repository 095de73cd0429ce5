package code

// StudyStatus is FHIR R4 research-study-status. Patients are enrolled in ACTIVE studies only.
type StudyStatus string

// The members of StudyStatus.
const (
	StudyStatusActive                                    StudyStatus = "ACTIVE"
	StudyStatusAdministrativelyCompleted                 StudyStatus = "ADMINISTRATIVELY_COMPLETED"
	StudyStatusApproved                                  StudyStatus = "APPROVED"
	StudyStatusClosedToAccrual                           StudyStatus = "CLOSED_TO_ACCRUAL"
	StudyStatusClosedToAccrualAndIntervention            StudyStatus = "CLOSED_TO_ACCRUAL_AND_INTERVENTION"
	StudyStatusCompleted                                 StudyStatus = "COMPLETED"
	StudyStatusDisapproved                               StudyStatus = "DISAPPROVED"
	StudyStatusInReview                                  StudyStatus = "IN_REVIEW"
	StudyStatusTemporarilyClosedToAccrual                StudyStatus = "TEMPORARILY_CLOSED_TO_ACCRUAL"
	StudyStatusTemporarilyClosedToAccrualAndIntervention StudyStatus = "TEMPORARILY_CLOSED_TO_ACCRUAL_AND_INTERVENTION"
	StudyStatusWithdrawn                                 StudyStatus = "WITHDRAWN"
)

// Values lists the members.
func (StudyStatus) Values() []string {
	return texts(
		StudyStatusActive, StudyStatusAdministrativelyCompleted, StudyStatusApproved, StudyStatusClosedToAccrual,
		StudyStatusClosedToAccrualAndIntervention, StudyStatusCompleted, StudyStatusDisapproved, StudyStatusInReview,
		StudyStatusTemporarilyClosedToAccrual, StudyStatusTemporarilyClosedToAccrualAndIntervention, StudyStatusWithdrawn,
	)
}

// StudyPhase is FHIR R4 research-study-phase; NOT_APPLICABLE is n-a.
type StudyPhase string

// The members of StudyPhase.
const (
	StudyPhaseNotApplicable StudyPhase = "NOT_APPLICABLE"
	StudyPhaseEarlyPhase1   StudyPhase = "EARLY_PHASE_1"
	StudyPhasePhase1        StudyPhase = "PHASE_1"
	StudyPhasePhase1Phase2  StudyPhase = "PHASE_1_PHASE_2"
	StudyPhasePhase2        StudyPhase = "PHASE_2"
	StudyPhasePhase2Phase3  StudyPhase = "PHASE_2_PHASE_3"
	StudyPhasePhase3        StudyPhase = "PHASE_3"
	StudyPhasePhase4        StudyPhase = "PHASE_4"
)

// Values lists the members.
func (StudyPhase) Values() []string {
	return texts(
		StudyPhaseNotApplicable, StudyPhaseEarlyPhase1, StudyPhasePhase1, StudyPhasePhase1Phase2, StudyPhasePhase2,
		StudyPhasePhase2Phase3, StudyPhasePhase3, StudyPhasePhase4,
	)
}

// SubjectState is FHIR R4 research-subject-status.
type SubjectState string

// The members of SubjectState.
const (
	SubjectStateCandidate           SubjectState = "CANDIDATE"
	SubjectStateEligible            SubjectState = "ELIGIBLE"
	SubjectStateFollowUp            SubjectState = "FOLLOW_UP"
	SubjectStateIneligible          SubjectState = "INELIGIBLE"
	SubjectStateNotRegistered       SubjectState = "NOT_REGISTERED"
	SubjectStateOffStudy            SubjectState = "OFF_STUDY"
	SubjectStateOnStudy             SubjectState = "ON_STUDY"
	SubjectStateOnStudyIntervention SubjectState = "ON_STUDY_INTERVENTION"
	SubjectStateOnStudyObservation  SubjectState = "ON_STUDY_OBSERVATION"
	SubjectStatePendingOnStudy      SubjectState = "PENDING_ON_STUDY"
	SubjectStatePotentialCandidate  SubjectState = "POTENTIAL_CANDIDATE"
	SubjectStateScreening           SubjectState = "SCREENING"
	SubjectStateWithdrawn           SubjectState = "WITHDRAWN"
)

// Values lists the members.
func (SubjectState) Values() []string {
	return texts(
		SubjectStateCandidate, SubjectStateEligible, SubjectStateFollowUp, SubjectStateIneligible, SubjectStateNotRegistered,
		SubjectStateOffStudy, SubjectStateOnStudy, SubjectStateOnStudyIntervention, SubjectStateOnStudyObservation,
		SubjectStatePendingOnStudy, SubjectStatePotentialCandidate, SubjectStateScreening, SubjectStateWithdrawn,
	)
}

// CriterionKind says whether who meets a criterion may take part or may not.
type CriterionKind string

// The members of CriterionKind.
const (
	CriterionKindInclusion CriterionKind = "INCLUSION"
	CriterionKindExclusion CriterionKind = "EXCLUSION"
)

// Values lists the members.
func (CriterionKind) Values() []string {
	return texts(CriterionKindInclusion, CriterionKindExclusion)
}
