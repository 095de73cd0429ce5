package relay

import (
	"context"
	"errors"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/graph/list"
)

// Query is what every query of ent is: Q the query itself, N the entity, P its predicates, O its orders and S
// what a modified query is. The compiler infers all of them from the query.
type Query[Q, N, P, O, S any] interface {
	Where(...P) Q
	Order(...O) Q
	Limit(int) Q
	Clone() Q
	Modify(...func(*sql.Selector)) S
	Count(context.Context) (int, error)
	All(context.Context) ([]*N, error)
}

// Scanner is a modified query of ent, which reads rows that are no entities.
type Scanner interface {
	Scan(ctx context.Context, into any) error
}

type sealerKey struct{}

// NewContext returns a context in which lists can be read.
func NewContext(ctx context.Context, s *Sealer) context.Context {
	return context.WithValue(ctx, sealerKey{}, s)
}

func sealerFrom(ctx context.Context) (*Sealer, error) {
	s, ok := ctx.Value(sealerKey{}).(*Sealer)
	if !ok {
		return nil, errors.New("relay: the context has no sealer")
	}
	return s, nil
}

// Page reads a page of the list with one statement, and one more for the total where the operation selects it.
// The query is a fresh one of the list's entity; the viewer's rules narrow it as any other. Load gets the page's
// rows and what the operation selects of them, to load their edges.
func Page[Q Query[Q, N, P, O, S], N any, P, O ~func(*sql.Selector), S Scanner](
	ctx context.Context, q Q, of list.Of, args Args, load func(context.Context, []*N, ...ast.SelectionSet) error,
) (*Connection[N], error) {
	s, err := sealerFrom(ctx)
	if err != nil {
		return nil, err
	}
	w, err := newWindow(ctx, s, of, uuid.Nil, args)
	if err != nil {
		return nil, err
	}
	return page(ctx, s, q, w, load)
}

func page[Q Query[Q, N, P, O, S], N any, P, O ~func(*sql.Selector), S Scanner](
	ctx context.Context, s *Sealer, q Q, w *window, load func(context.Context, []*N, ...ast.SelectionSet) error,
) (c *Connection[N], err error) {
	q = q.Where(w.narrow)
	if column := w.scope.List.Parent; column != "" {
		q = q.Where(func(s *sql.Selector) { s.Where(sql.EQ(s.C(column), w.scope.Parent)) })
	}
	selected := selectedOf(ctx)
	total := 0
	if selected.total {
		if total, err = q.Clone().Count(ctx); err != nil {
			return nil, err
		}
	}
	rows, err := q.Where(w.between).Order(w.sort).Limit(w.size + 1).All(ctx)
	if err != nil {
		return nil, err
	}
	nodes := cut(w, rows)
	if err := load(ctx, nodes, selected.nodes...); err != nil {
		return nil, err
	}
	return connect(s, w, rows, total, &kin{rows: nodes})
}
