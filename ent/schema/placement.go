package schema

import (
	"context"
	"errors"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/lifecycle"
)

// errPlacedOneByOne refuses to move many cases with one statement, which could not be checked.
var errPlacedOneByOne = errors.New("ent: cases are moved and classified one by one")

// placed refuses to leave a case in a department that may not hold it, whoever puts it there.
func placed(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.CareCaseMutation)
		department, moved := m.Department()
		label, classified := m.LabelStatus()
		if !moved && !classified {
			return next.Mutate(ctx, m)
		}
		var kind code.CaseKind
		switch {
		case m.Op().Is(ent.OpCreate):
			kind, _ = m.Kind()
		case m.Op().Is(ent.OpUpdateOne):
			id, _ := m.ID()
			old, err := m.Client().CareCase.Get(ctx, id)
			if err != nil {
				return nil, err
			}
			kind = old.Kind
			if !moved {
				department = old.Department
			}
			if !classified {
				label = old.LabelStatus
			}
		default:
			return nil, errPlacedOneByOne
		}
		if err := lifecycle.MayHold(department, kind, label); err != nil {
			return nil, err
		}
		return next.Mutate(ctx, m)
	})
}
