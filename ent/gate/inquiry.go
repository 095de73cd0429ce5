package gate

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/predicate"
	"github.com/carehub/carehub/ent/viewer"
)

// Inquiry lists what keeps a payer from being asked about the coverage, for the program if there is one: that the
// patient does not permit it, that the coverage is not in force, or that no payer could find the member.
func Inquiry(ctx context.Context, client *ent.Client, of *ent.Coverage, program *uuid.UUID, now time.Time) ([]lifecycle.Unmet, error) {
	permits := []predicate.Consent{consent.PatientID(of.PatientID), consent.ScopeEQ(code.ConsentScopeInsuranceVerification), permitting(now)}
	if program != nil {
		permits = append(permits, consent.Or(consent.ProgramIDIsNil(), consent.ProgramID(*program)))
	}
	permitted, err := client.Consent.Query().Where(permits...).Exist(viewer.System(ctx, "gates of a verification"))
	if err != nil {
		return nil, err
	}
	var out []lifecycle.Unmet
	if !permitted {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeConsentMissing, Scope: code.ConsentScopeInsuranceVerification})
	}
	today := code.DateOf(now)
	if of.Status != code.CoverageStatusActive || of.PeriodStart > today || of.PeriodEnd != nil && *of.PeriodEnd < today {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeCoverageNotActive})
	}
	if of.PayerID == nil || of.MemberID == nil || of.SubscriberBirthDate == nil {
		out = append(out, lifecycle.Unmet{Gate: code.GateCodeMemberDataMissing})
	}
	return out, nil
}

// verified reads the results of the patient's complete verifications that are good now, of coverages in force.
func verified(ctx context.Context, client *ent.Client, patient uuid.UUID, now time.Time) ([]*code.VerificationResult, error) {
	today := code.DateOf(now)
	rows, err := client.BenefitVerification.Query().Where(
		benefitverification.PatientID(patient), benefitverification.StatusEQ(code.VerificationStatusComplete),
		benefitverification.Or(benefitverification.ValidUntilIsNil(), benefitverification.ValidUntilGT(now)),
		benefitverification.HasCoverageWith( //nolint:forbidigo // as the system
			coverage.StatusEQ(code.CoverageStatusActive), coverage.PeriodStartLTE(today), coverage.Or(coverage.PeriodEndIsNil(), coverage.PeriodEndGTE(today)),
		),
	).Select(benefitverification.FieldResult).All(ctx)
	results := make([]*code.VerificationResult, len(rows))
	for i, row := range rows {
		results[i] = row.Result
	}
	return results, err
}
