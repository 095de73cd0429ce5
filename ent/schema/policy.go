package schema

import (
	"context"
	"errors"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/intercept"
	"github.com/carehub/carehub/ent/privacy"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/viewer"
)

// policy is the policy of every entity. Reads narrow by the viewer's rule; changes need a grant and reach only
// rows that the viewer sees; nothing is allowed without a viewer, and system work has no bounds.
var policy rowPolicy

type rowPolicy struct{}

// EvalQuery implements ent.Policy.
func (rowPolicy) EvalQuery(ctx context.Context, q ent.Query) error {
	if viewer.IsSystem(ctx) {
		return privacy.Allow
	}
	v := viewer.From(ctx)
	if v == nil {
		return privacy.Denyf("no viewer")
	}
	query, err := intercept.NewQuery(q)
	if err != nil {
		return err
	}
	narrow := rule.For
	if leaving, _ := ctx.Value(leavingKey{}).(bool); leaving {
		narrow = rule.ForWriting
	}
	query.WhereP(func(s *sql.Selector) { rule.Apply(s, narrow(v, query.Type())) })
	return privacy.Allow
}

// EvalMutation implements ent.Policy.
func (rowPolicy) EvalMutation(ctx context.Context, m ent.Mutation) error {
	if viewer.IsSystem(ctx) {
		return privacy.Allow
	}
	v := viewer.From(ctx)
	if v == nil {
		return privacy.Denyf("no viewer")
	}
	if !rule.May(v.Role, m.Type(), m.Op()) {
		return privacy.Denyf("%s may not %s %s", v.Role, m.Op(), m.Type())
	}
	if !m.Op().Is(ent.OpCreate) {
		m.(interface{ WhereP(...func(*sql.Selector)) }).WhereP(func(s *sql.Selector) {
			rule.Apply(s, rule.ForWriting(v, m.Type()))
			if s.P() == nil { // the persona changes every row: an update has no condition that says nothing
				s.Where(sql.Not(sql.False()))
			}
		})
	}
	return privacy.Allow
}

// stamp writes who changed the row and when, and counts the change.
func stamp(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		now := clock.Now(ctx)
		marks := map[string]ent.Value{"updated_at": now}
		if v := viewer.From(ctx); v != nil {
			marks["updated_by"] = v.Key
		}
		if m.Op().Is(ent.OpCreate) {
			if _, set := m.Field("created_at"); !set {
				marks["created_at"] = now
			}
			if v := viewer.From(ctx); v != nil {
				marks["created_by"] = v.Key
			}
		} else if !m.Op().Is(ent.OpDelete | ent.OpDeleteOne) {
			if err := m.AddField("version", 1); err != nil {
				return nil, err
			}
		}
		for name, value := range marks {
			if err := m.SetField(name, value); err != nil {
				return nil, err
			}
		}
		return next.Mutate(ctx, m)
	})
}

// stampLog writes the moment of a record that does not say when it happened.
func stampLog(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if _, set := m.Field("at"); !set && m.Op().Is(ent.OpCreate) {
			if err := m.SetField("at", clock.Now(ctx)); err != nil {
				return nil, err
			}
		}
		return next.Mutate(ctx, m)
	})
}

// errNoTransaction says that a row which its maker may not see could not be rolled back.
var errNoTransaction = errors.New("ent: a viewer creates rows within a transaction only")

// leavingKey marks the context in which a row is looked for as one that the viewer may change.
type leavingKey struct{}

// errReadOnly refuses to change a row that the viewer may only read.
var errReadOnly = privacy.Denyf("the grant is one to read")

// readOnly tells whether a row that an update did not find is one that the viewer sees and may not change.
func readOnly(ctx context.Context, m ent.Mutation) bool {
	found := m.(interface {
		ID() (uuid.UUID, bool)
		Client() *ent.Client
	})
	key, _ := found.ID()
	seen, err := found.Client().Visible(ctx, m.Type(), key)
	if err != nil || !seen {
		return false
	}
	own, err := found.Client().Visible(context.WithValue(ctx, leavingKey{}, true), m.Type(), key)
	return err == nil && !own
}

// ownWritesVisible refuses to leave behind a row that its maker may not see, or may only read: rules narrow reads and
// updates, but ent does not ask them on create. The transaction, which it demands, ends with the refusal.
func ownWritesVisible(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if viewer.IsSystem(ctx) {
			return next.Mutate(ctx, m)
		}
		if !m.Op().Is(ent.OpCreate) {
			value, err := next.Mutate(ctx, m)
			if m.Op().Is(ent.OpUpdateOne) && ent.IsNotFound(err) && readOnly(ctx, m) {
				err = errReadOnly
			}
			return value, err
		}
		made := m.(interface {
			ID() (uuid.UUID, bool)
			Client() *ent.Client
			Tx() (*ent.Tx, error)
		})
		if _, err := made.Tx(); err != nil {
			return nil, errNoTransaction
		}
		value, err := next.Mutate(ctx, m)
		if err != nil {
			return nil, err
		}
		key, _ := made.ID()
		seen, err := made.Client().Visible(context.WithValue(ctx, leavingKey{}, true), m.Type(), key)
		if err == nil && !seen {
			err = privacy.Denyf("the new %s is not visible to its maker", m.Type())
		}
		return value, err
	})
}
