package schema

import (
	"context"
	"errors"

	"entgo.io/ent"

	"github.com/carehub/carehub/ent/coveragebenefit"
	"github.com/carehub/carehub/ent/money"
)

// The refusals of what a payer can not have said.
var (
	errBenefitKept = errors.New("ent: what a payer said is kept as it was said")
	errBeyondLimit = errors.New("ent: what is applied or remains is more than the limit")
)

// ceilings are the columns of sums that are used up: the limit, what is applied and what remains.
var ceilings = [][3]string{
	{coveragebenefit.FieldDeductibleIndividualLimit, coveragebenefit.FieldDeductibleIndividualApplied, coveragebenefit.FieldDeductibleIndividualRemaining},
	{coveragebenefit.FieldDeductibleFamilyLimit, coveragebenefit.FieldDeductibleFamilyApplied, coveragebenefit.FieldDeductibleFamilyRemaining},
	{coveragebenefit.FieldOutOfPocketIndividualLimit, coveragebenefit.FieldOutOfPocketIndividualApplied, coveragebenefit.FieldOutOfPocketIndividualRemaining},
	{coveragebenefit.FieldOutOfPocketFamilyLimit, coveragebenefit.FieldOutOfPocketFamilyApplied, coveragebenefit.FieldOutOfPocketFamilyRemaining},
}

// plausible refuses benefits that contradict themselves, wherever they come from, and to change them afterwards.
func plausible(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if m.Op().Is(ent.OpDelete | ent.OpDeleteOne) {
			return next.Mutate(ctx, m)
		}
		if !m.Op().Is(ent.OpCreate) {
			return nil, errBenefitKept
		}
		if code, ok := m.Field(coveragebenefit.FieldCurrency); ok {
			if _, err := money.Of(0, code.(string)); err != nil {
				return nil, err
			}
		}
		for _, c := range ceilings {
			limit, ok := m.Field(c[0])
			for _, part := range c[1:] {
				if sum, given := m.Field(part); ok && given && sum.(int64) > limit.(int64) {
					return nil, errBeyondLimit
				}
			}
		}
		return next.Mutate(ctx, m)
	})
}
