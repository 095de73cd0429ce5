package schema

import (
	"context"
	"errors"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/viewer"
)

// codeless takes the code away from a grant that is no invitation any more, whoever changes it: nothing accepts it again. One
// that ends is dated: it is not the open one of its portal any more.
func codeless(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.PortalAccessMutation)
		if status, set := m.Status(); set && status != code.PortalAccessStatusInvited {
			m.ResetInvitationHash()
			if !m.Op().Is(ent.OpCreate) {
				m.ClearInvitationHash()
			}
			if _, dated := m.EndedAt(); !dated && lifecycle.PortalAccess.Terminal(status) {
				m.SetEndedAt(clock.Now(ctx))
			}
		}
		return next.Mutate(ctx, m)
	})
}

// errBound refuses to make an identity somebody else's.
var errBound = errors.New("ent: who a token speaks of is bound to an identity once")

// bound lets the subject of an identity be written only while nobody has accepted the invitation to it.
func bound(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
		m := mutation.(*ent.IdentityMutation)
		_, issuer := m.Issuer()
		_, subject := m.Subject()
		if m.Op().Is(ent.OpCreate) || !issuer && !subject {
			return next.Mutate(ctx, m)
		}
		if !m.Op().Is(ent.OpUpdateOne) {
			return nil, errBound
		}
		id, _ := m.ID()
		old, err := m.Client().Identity.Get(viewer.System(ctx, "binding of an identity"), id)
		if err != nil {
			return nil, err
		}
		if old.Issuer != code.IssuerOfInvited {
			return nil, errBound
		}
		return next.Mutate(ctx, m)
	})
}
