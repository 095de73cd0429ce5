package lifecycle

import (
	"slices"

	"github.com/carehub/carehub/ent/code"
)

// early are the statuses of enrollments that have not become active.
var early = []code.EnrollmentStatus{
	code.EnrollmentStatusReferred, code.EnrollmentStatusScreening, code.EnrollmentStatusWaitlisted,
	code.EnrollmentStatusEligible, code.EnrollmentStatusConsentPending, code.EnrollmentStatusReady,
}

// running are the statuses of enrollments that take part now.
var running = []code.EnrollmentStatus{code.EnrollmentStatusActive, code.EnrollmentStatusOnHold}

// Stages says which statuses of the enrollment go with each state of the participant of a trial.
var Stages = map[code.SubjectState][]code.EnrollmentStatus{
	code.SubjectStatePotentialCandidate:  early,
	code.SubjectStateCandidate:           early,
	code.SubjectStateScreening:           early,
	code.SubjectStateEligible:            slices.Concat(early, running),
	code.SubjectStatePendingOnStudy:      slices.Concat(early, running),
	code.SubjectStateOnStudy:             running,
	code.SubjectStateOnStudyIntervention: running,
	code.SubjectStateOnStudyObservation:  running,
	code.SubjectStateFollowUp:            running,
	code.SubjectStateOffStudy:            {code.EnrollmentStatusCompleted, code.EnrollmentStatusDiscontinued},
	code.SubjectStateIneligible:          {code.EnrollmentStatusIneligible, code.EnrollmentStatusCancelled},
	code.SubjectStateNotRegistered:       {code.EnrollmentStatusCancelled, code.EnrollmentStatusIneligible},
	code.SubjectStateWithdrawn: {
		code.EnrollmentStatusWithdrawn, code.EnrollmentStatusCancelled, code.EnrollmentStatusDeclined,
		code.EnrollmentStatusDiscontinued, code.EnrollmentStatusIneligible,
	},
}

// GoTogether reports whether a participant in the state may have an enrollment in the status.
func GoTogether(state code.SubjectState, status code.EnrollmentStatus) bool {
	return slices.Contains(Stages[state], status)
}

// Participates reports whether the state is one that demands the consent to participate, from screening on.
func Participates(s code.SubjectState) bool {
	switch s {
	case code.SubjectStateScreening, code.SubjectStateEligible, code.SubjectStatePendingOnStudy, code.SubjectStateOnStudy,
		code.SubjectStateOnStudyIntervention, code.SubjectStateOnStudyObservation, code.SubjectStateFollowUp:
		return true
	}
	return false
}

// SubjectEnd is what a participant in the state becomes when the enrollment ends with the status.
func SubjectEnd(from code.SubjectState, status code.EnrollmentStatus) code.SubjectState {
	switch {
	case status == code.EnrollmentStatusCompleted:
		return code.SubjectStateOffStudy
	case status == code.EnrollmentStatusIneligible && from == code.SubjectStateScreening:
		return code.SubjectStateIneligible
	case status == code.EnrollmentStatusIneligible && from == code.SubjectStateCandidate:
		return code.SubjectStateNotRegistered
	}
	return code.SubjectStateWithdrawn
}
