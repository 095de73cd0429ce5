package trials

import (
	"regexp"
	"slices"
	"strings"

	"github.com/carehub/carehub/ent/code"
)

// statuses translates the registry's status, of a study or of a site, to the FHIR status that has its meaning.
// FHIR's active is "opened for accrual" and administratively-completed is "ended before its time". UNKNOWN (not
// verified for two years) and WITHHELD say nothing of the study and have none.
var statuses = map[string]code.StudyStatus{
	"NOT_YET_RECRUITING":      code.StudyStatusApproved,
	"RECRUITING":              code.StudyStatusActive,
	"ENROLLING_BY_INVITATION": code.StudyStatusActive,
	"ACTIVE_NOT_RECRUITING":   code.StudyStatusClosedToAccrual,
	"SUSPENDED":               code.StudyStatusTemporarilyClosedToAccrual,
	"TERMINATED":              code.StudyStatusAdministrativelyCompleted,
	"COMPLETED":               code.StudyStatusCompleted,
	"WITHDRAWN":               code.StudyStatusWithdrawn,
	// Of expanded access, which is treatment outside a trial.
	"AVAILABLE":                 code.StudyStatusActive,
	"TEMPORARILY_NOT_AVAILABLE": code.StudyStatusTemporarilyClosedToAccrual,
	"NO_LONGER_AVAILABLE":       code.StudyStatusClosedToAccrual,
	"APPROVED_FOR_MARKETING":    code.StudyStatusCompleted,
}

var notLetters = regexp.MustCompile(`[^A-Z]+`)

// studyStatus translates a status however its format writes it: "Active, not recruiting", ACTIVE_NOT_RECRUITING.
func studyStatus(words string) *code.StudyStatus {
	status, known := statuses[strings.Trim(notLetters.ReplaceAllString(strings.ToUpper(words), "_"), "_")]
	if !known {
		return nil
	}
	return &status
}

var phases = map[string]code.StudyPhase{
	"NA":            code.StudyPhaseNotApplicable,
	"NOTAPPLICABLE": code.StudyPhaseNotApplicable,
	"EARLYPHASE1":   code.StudyPhaseEarlyPhase1,
	"PHASE0":        code.StudyPhaseEarlyPhase1, // its name until 2016
	"PHASE1":        code.StudyPhasePhase1,
	"PHASE1PHASE2":  code.StudyPhasePhase1Phase2,
	"PHASE2":        code.StudyPhasePhase2,
	"PHASE2PHASE3":  code.StudyPhasePhase2Phase3,
	"PHASE3":        code.StudyPhasePhase3,
	"PHASE4":        code.StudyPhasePhase4,
}

var notWord = regexp.MustCompile(`[^A-Z0-9]+`)

// studyPhase translates a phase: "Phase 2/Phase 3", or PHASE2 and PHASE3 with a slash between them.
func studyPhase(words string) *code.StudyPhase {
	phase, known := phases[notWord.ReplaceAllString(strings.ToUpper(words), "")]
	if !known {
		return nil
	}
	return &phase
}

// blinded tells that participants do not know their treatment. Where the registry does not say who is masked, any
// masking counts.
func blinded(masking string, masked []string) bool {
	degree := strings.ToUpper(masking)
	if degree == "" || strings.HasPrefix(degree, "NONE") || strings.HasPrefix(degree, "OPEN") {
		return false
	}
	return len(masked) == 0 || slices.ContainsFunc(masked, func(who string) bool {
		return strings.EqualFold(who, "participant") || strings.EqualFold(who, "subject")
	})
}
