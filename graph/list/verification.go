package list

import (
	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/coveragebenefit"
	"github.com/carehub/carehub/ent/priorauthorization"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/verificationattempt"
	"github.com/carehub/carehub/ent/viewer"
)

// The lists of verifications of benefits.
var (
	VerificationWorklist = Of{
		Entity: "BenefitVerification", Name: "worklist", Scope: unsettled,
		Filter: filter{"status": AmongCodes(benefitverification.FieldStatus)},
		Orders: map[string]Order{"OLDEST": {Columns: []string{benefitverification.FieldCreatedAt}}}, Default: "OLDEST",
	}
	ReverificationsDue = Of{
		Entity: "BenefitVerification", Name: "again", Scope: dated,
		Filter: filter{"dueFrom": From(benefitverification.FieldReverifyAt), "dueUntil": Until(benefitverification.FieldReverifyAt)},
		Open:   opener{"dueFrom": Time, "dueUntil": Time},
		Orders: map[string]Order{"OLDEST": {Columns: []string{benefitverification.FieldCreatedAt}}}, Default: "OLDEST",
	}
	Verifications = Of{
		Entity: "BenefitVerification", Name: "all",
		Filter: filter{"status": AmongCodes(benefitverification.FieldStatus)},
		Orders: byKey, Default: "KEY",
	}
	CoverageVerifications  = newest("BenefitVerification", benefitverification.FieldCoverageID, benefitverification.FieldCreatedAt)
	CoverageHistory        = newest("StatusChange", statuschange.FieldCoverageID, statuschange.FieldAt)
	VerificationBenefits   = oldest("CoverageBenefit", coveragebenefit.FieldVerificationID, coveragebenefit.FieldCreatedAt)
	VerificationAttempts   = oldest("VerificationAttempt", verificationattempt.FieldVerificationID, verificationattempt.FieldSeq)
	CoverageAuthorizations = newest("PriorAuthorization", priorauthorization.FieldCoverageID, priorauthorization.FieldCreatedAt)
	AuthorizationHistory   = newest("StatusChange", statuschange.FieldPriorAuthorizationID, statuschange.FieldAt)
	KpiVerifications       = Of{
		Entity: "BenefitVerification", Name: "kpi", Orders: map[string]Order{"OLDEST": {Columns: []string{benefitverification.FieldCreatedAt}}}, Default: "OLDEST",
	}
	VerificationHistory = newest("StatusChange", statuschange.FieldBenefitVerificationID, statuschange.FieldAt)
)

// unsettled matches verifications that somebody or something still has to do with.
func unsettled(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.In(s.C(benefitverification.FieldStatus),
			string(code.VerificationStatusDraft), string(code.VerificationStatusSubmitted), string(code.VerificationStatusInProgress),
			string(code.VerificationStatusPartial), string(code.VerificationStatusError)))
	}
}

// dated matches complete verifications that are to be made anew at some moment.
func dated(viewer.Viewer) func(*sql.Selector) {
	return func(s *sql.Selector) {
		s.Where(sql.EQ(s.C(benefitverification.FieldStatus), string(code.VerificationStatusComplete)))
		s.Where(sql.NotNull(s.C(benefitverification.FieldReverifyAt)))
	}
}
