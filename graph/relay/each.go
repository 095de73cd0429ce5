package relay

import (
	"context"
	"strconv"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/graph/list"
)

// Each reads a page of the list below one parent; the pages of all parents that were read together are read
// together, with one statement and one more for their totals. The arguments are those of the field, and query
// makes a fresh query of the list's entity: neither depends on the parent. A cursor belongs to one parent, so
// with one there is nothing to gather.
func Each[Q Query[Q, N, P, O, S], N any, P, O ~func(*sql.Selector), S Scanner](
	ctx context.Context, query func() Q, of list.Of, parent uuid.UUID, args Args,
	load func(context.Context, []*N, ...ast.SelectionSet) error,
) (*Connection[N], error) {
	s, err := sealerFrom(ctx)
	if err != nil {
		return nil, err
	}
	w, err := newWindow(ctx, s, of, parent, args)
	if err != nil {
		return nil, err
	}
	all := siblings[N](ctx, w)
	if all == nil {
		return page(ctx, s, query(), w, load)
	}
	all.once.Do(func() { all.pages, all.err = pages(ctx, s, query(), w, all.parents, load) })
	if all.err != nil {
		return nil, all.err
	}
	if c, ok := all.pages[parent]; ok {
		return c, nil
	}
	return page(ctx, s, query(), w, load) // the list hangs on another column than the key of the row
}

// siblings returns the pages that are read together with the window's, or nil when it stands alone.
func siblings[N any](ctx context.Context, w *window) *together[N] {
	field := fieldOf(ctx)
	if field == nil || w.after != nil || w.before != nil {
		return nil
	}
	of := w.scope.List
	k, path := ancestors(field)
	return gather[N](k, branch{
		field: field.Field.Field, entity: of.Entity, name: of.Name, column: of.Parent, total: selectedOf(ctx).total,
	}, path)
}

// of returns the same window of another parent's list.
func (w *window) of(parent uuid.UUID) *window {
	own := *w
	own.scope.Parent = parent
	return &own
}

// pages reads the first or last rows of every parent's list.
func pages[Q Query[Q, N, P, O, S], N any, P, O ~func(*sql.Selector), S Scanner](
	ctx context.Context, s *Sealer, q Q, w *window, parents []uuid.UUID, load func(context.Context, []*N, ...ast.SelectionSet) error,
) (map[uuid.UUID]*Connection[N], error) {
	column := w.scope.List.Parent
	q = q.Where(w.narrow, func(s *sql.Selector) { s.Where(arg.Keys(s.C(column), parents)) })
	selected := selectedOf(ctx)
	totals := map[uuid.UUID]int{}
	if selected.total {
		var err error
		if totals, err = count(ctx, q.Clone(), column); err != nil {
			return nil, err
		}
	}
	q.Modify(w.ranked)
	rows, err := q.All(ctx)
	if err != nil {
		return nil, err
	}
	children, err := byParent(rows, column)
	if err != nil {
		return nil, err
	}
	var nodes []*N
	for _, parent := range parents {
		nodes = append(nodes, cut(w, children[parent])...)
	}
	if err := load(ctx, nodes, selected.nodes...); err != nil {
		return nil, err
	}
	out, together := make(map[uuid.UUID]*Connection[N], len(parents)), &kin{rows: nodes}
	for _, parent := range parents {
		if out[parent], err = connect(s, w.of(parent), children[parent], totals[parent], together); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ranked numbers each parent's rows and keeps as many as the page has, and one more. As a modifier it comes
// after the viewer's rules and every filter, so it numbers only what the viewer sees.
func (w *window) ranked(s *sql.Selector) {
	const rank = "place_in_list"
	number := sql.RowNumber().PartitionBy(s.C(w.scope.List.Parent)).OrderExpr(w.terms(s)...)
	all := s.Clone().AppendSelectExprAs(number, rank).As("listed")
	*s = *sql.Dialect(s.Dialect()).
		Select(all.Columns(s.UnqualifiedColumns()...)...).
		From(all).
		Where(sql.P(func(b *sql.Builder) {
			b.Ident(all.C(rank)).WriteString(" <= ").WriteString(strconv.Itoa(w.size + 1)) // as in LIMIT: no argument
		})).
		OrderBy(all.C(rank)).
		WithContext(s.Context())
}

// count counts the rows of every parent that has some.
func count[Q interface {
	Modify(...func(*sql.Selector)) S
}, S Scanner](ctx context.Context, q Q, column string) (map[uuid.UUID]int, error) {
	var counted []struct {
		Parent uuid.UUID `sql:"parent"`
		Total  int       `sql:"total"`
	}
	err := q.Modify(func(s *sql.Selector) {
		s.Select(sql.As(s.C(column), "parent"), sql.As(sql.Count("*"), "total")).GroupBy(s.C(column))
	}).Scan(ctx, &counted)
	if err != nil {
		return nil, err
	}
	totals := make(map[uuid.UUID]int, len(counted))
	for _, c := range counted {
		totals[c.Parent] = c.Total
	}
	return totals, nil
}

// byParent parts the rows by the key of their parent and keeps their order.
func byParent[N any](rows []*N, column string) (map[uuid.UUID][]*N, error) {
	out := map[uuid.UUID][]*N{}
	for _, row := range rows {
		value, err := valueOf(row, column)
		if err != nil {
			return nil, err
		}
		if parent, ok := value.(uuid.UUID); ok {
			out[parent] = append(out[parent], row)
		}
	}
	return out, nil
}
