package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/money"
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

type (
	benefitVerificationResolver struct{ *resolver }
	coverageBenefitResolver     struct{ *resolver }
)

func (r *resolver) BenefitVerification() generated.BenefitVerificationResolver {
	return benefitVerificationResolver{r}
}

func (r *resolver) CoverageBenefit() generated.CoverageBenefitResolver {
	return coverageBenefitResolver{r}
}

// BenefitVerification resolves Query.benefitVerification.
func (r queryResolver) BenefitVerification(ctx context.Context, id gid.ID) (*ent.BenefitVerification, error) {
	if err := expect(id, "verification", "id"); err != nil {
		return nil, err
	}
	row, err := r.Client.BenefitVerification.Get(ctx, id.UUID)
	return one(ctx, r.Client.LoadBenefitVerification, row, err)
}

// VerificationWorklist resolves Query.verificationWorklist.
func (r queryResolver) VerificationWorklist(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.BenefitVerification], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.BenefitVerification.Query(), list.VerificationWorklist, args, r.Client.LoadBenefitVerification)
}

// ReverificationsDue resolves Query.reverificationsDue.
func (r queryResolver) ReverificationsDue(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.BenefitVerification], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.BenefitVerification.Query(), list.ReverificationsDue, args, r.Client.LoadBenefitVerification)
}

// Verifications resolves Query.verifications.
func (r queryResolver) Verifications(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.BenefitVerification], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.BenefitVerification.Query(), list.Verifications, args, r.Client.LoadBenefitVerification)
}

// Benefits resolves BenefitVerification.benefits.
func (r benefitVerificationResolver) Benefits(ctx context.Context, obj *ent.BenefitVerification, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.CoverageBenefit], error) {
	return relay.Each(ctx, r.Client.CoverageBenefit.Query, list.VerificationBenefits, obj.ID, page(first, after, last, before), r.Client.LoadCoverageBenefit)
}

// Attempts resolves BenefitVerification.attempts.
func (r benefitVerificationResolver) Attempts(ctx context.Context, obj *ent.BenefitVerification, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.VerificationAttempt], error) {
	return relay.Each(ctx, r.Client.VerificationAttempt.Query, list.VerificationAttempts, obj.ID, page(first, after, last, before), r.Client.LoadVerificationAttempt)
}

// History resolves BenefitVerification.history.
func (r benefitVerificationResolver) History(ctx context.Context, obj *ent.BenefitVerification, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.StatusChange], error) {
	return relay.Each(ctx, r.Client.StatusChange.Query, list.VerificationHistory, obj.ID, page(first, after, last, before), r.Client.LoadStatusChange)
}

// PriorAuthorizationRequired resolves BenefitVerification.priorAuthorizationRequired.
func (r benefitVerificationResolver) PriorAuthorizationRequired(_ context.Context, obj *ent.BenefitVerification) (*bool, error) {
	if obj.Result == nil || *obj.Result == code.VerificationResultUnknown {
		return nil, nil //nolint:nilnil // null is the answer
	}
	required := *obj.Result == code.VerificationResultPriorAuthorizationRequired
	return &required, nil
}

// DaysToComplete resolves BenefitVerification.daysToComplete.
func (r benefitVerificationResolver) DaysToComplete(_ context.Context, obj *ent.BenefitVerification) (*int, error) {
	if obj.SubmittedAt == nil || obj.CompletedAt == nil {
		return nil, nil //nolint:nilnil // null is the answer
	}
	days := int(obj.CompletedAt.Sub(*obj.SubmittedAt).Hours() / 24)
	return &days, nil
}

// written is a sum as the contract has it.
func writtenSum(minor *int64, currency string) (*money.Decimal, error) {
	if minor == nil {
		return nil, nil //nolint:nilnil // null is the answer
	}
	sum, err := money.Of(*minor, currency)
	return &sum, err
}

// ceiling writes a sum that is used up.
func ceiling(currency string, limit, applied, remaining *int64) (*model.BenefitAmount, error) {
	var out model.BenefitAmount
	var err error
	if out.Limit, err = writtenSum(limit, currency); err != nil {
		return nil, err
	}
	if out.Applied, err = writtenSum(applied, currency); err != nil {
		return nil, err
	}
	out.Remaining, err = writtenSum(remaining, currency)
	return &out, err
}

// DeductibleIndividual resolves CoverageBenefit.deductibleIndividual.
func (r coverageBenefitResolver) DeductibleIndividual(_ context.Context, obj *ent.CoverageBenefit) (*model.BenefitAmount, error) {
	return ceiling(obj.Currency, obj.DeductibleIndividualLimit, obj.DeductibleIndividualApplied, obj.DeductibleIndividualRemaining)
}

// DeductibleFamily resolves CoverageBenefit.deductibleFamily.
func (r coverageBenefitResolver) DeductibleFamily(_ context.Context, obj *ent.CoverageBenefit) (*model.BenefitAmount, error) {
	return ceiling(obj.Currency, obj.DeductibleFamilyLimit, obj.DeductibleFamilyApplied, obj.DeductibleFamilyRemaining)
}

// OutOfPocketIndividual resolves CoverageBenefit.outOfPocketIndividual.
func (r coverageBenefitResolver) OutOfPocketIndividual(_ context.Context, obj *ent.CoverageBenefit) (*model.BenefitAmount, error) {
	return ceiling(obj.Currency, obj.OutOfPocketIndividualLimit, obj.OutOfPocketIndividualApplied, obj.OutOfPocketIndividualRemaining)
}

// OutOfPocketFamily resolves CoverageBenefit.outOfPocketFamily.
func (r coverageBenefitResolver) OutOfPocketFamily(_ context.Context, obj *ent.CoverageBenefit) (*model.BenefitAmount, error) {
	return ceiling(obj.Currency, obj.OutOfPocketFamilyLimit, obj.OutOfPocketFamilyApplied, obj.OutOfPocketFamilyRemaining)
}

// Copay resolves CoverageBenefit.copay.
func (r coverageBenefitResolver) Copay(_ context.Context, obj *ent.CoverageBenefit) (*money.Decimal, error) {
	return writtenSum(obj.Copay, obj.Currency)
}

// verifying is a mutation of one verification; it returns the verification as the viewer sees it then, or the gates that
// refused it.
func (r mutationResolver) verifying(ctx context.Context, operation string, key *string, input any, do func(*change) (uuid.UUID, error)) (*ent.BenefitVerification, []*model.UnmetGate, error) {
	id, err := r.change(ctx, operation, key, input, do)
	if unmet, refused := unmetOf(err); refused {
		return nil, unmet, nil
	}
	if err != nil {
		return nil, nil, err
	}
	now, err := r.Client.BenefitVerification.Get(ctx, id)
	return now, []*model.UnmetGate{}, ent.MaskNotFound(err)
}

// SubmitBenefitVerification resolves Mutation.submitBenefitVerification.
func (r mutationResolver) SubmitBenefitVerification(ctx context.Context, input model.SubmitBenefitVerificationInput) (*model.SubmitBenefitVerificationPayload, error) {
	now, unmet, err := r.verifying(ctx, "submitBenefitVerification", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) { return c.verify(input, r.Electronic) })
	if err != nil {
		return nil, err
	}
	return &model.SubmitBenefitVerificationPayload{Verification: now, Unmet: unmet}, nil
}

// RecordVerificationResult resolves Mutation.recordVerificationResult.
func (r mutationResolver) RecordVerificationResult(ctx context.Context, input model.RecordVerificationResultInput) (*model.RecordVerificationResultPayload, error) {
	now, _, err := r.verifying(ctx, "recordVerificationResult", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) { return c.recordResult(input) })
	if err != nil {
		return nil, err
	}
	return &model.RecordVerificationResultPayload{Verification: now}, nil
}

// RetryVerification resolves Mutation.retryVerification.
func (r mutationResolver) RetryVerification(ctx context.Context, input model.RetryVerificationInput) (*model.RetryVerificationPayload, error) {
	now, unmet, err := r.verifying(ctx, "retryVerification", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) { return c.retry(input, r.Electronic) })
	if err != nil {
		return nil, err
	}
	return &model.RetryVerificationPayload{Verification: now, Unmet: unmet}, nil
}

// CancelVerification resolves Mutation.cancelVerification.
func (r mutationResolver) CancelVerification(ctx context.Context, input model.CancelVerificationInput) (*model.CancelVerificationPayload, error) {
	now, _, err := r.verifying(ctx, "cancelVerification", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		found, err := c.verification(input.VerificationID, input.ExpectedVersion)
		if err != nil {
			return uuid.Nil, err
		}
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return uuid.Nil, err
		}
		_, err = c.verified(found, code.VerificationStatusCancelled, &reason, func(u *ent.BenefitVerificationUpdateOne) { u.ClearDueAt() })
		if err != nil || found.Attempt == 0 {
			return found.ID, err
		}
		return found.ID, c.attemptOver(found, errorCancelled, "")
	})
	if err != nil {
		return nil, err
	}
	return &model.CancelVerificationPayload{Verification: now}, nil
}

// ScheduleReverification resolves Mutation.scheduleReverification.
func (r mutationResolver) ScheduleReverification(ctx context.Context, input model.ScheduleReverificationInput) (*model.ScheduleReverificationPayload, error) {
	now, _, err := r.verifying(ctx, "scheduleReverification", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) { return c.planAgain(input) })
	if err != nil {
		return nil, err
	}
	return &model.ScheduleReverificationPayload{Verification: now}, nil
}
