package schema

import (
	"context"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/criterion"
)

// checked refuses a criterion whose expression could not decide it.
func checked(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.EligibilityCriterionMutation)
		if expression, set := m.Expression(); set {
			if err := criterion.Check(expression); err != nil {
				return nil, err
			}
		}
		return next.Mutate(ctx, m)
	})
}
