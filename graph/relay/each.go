package relay

import (
	"context"
	"strconv"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/graph-gophers/dataloader/v7"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/graph/list"
)

// gathering is how long a nested list waits for its siblings: the executor starts them together.
const gathering = time.Millisecond

// batch names the nested lists that are read together: those of one field of an operation's document. The same
// field of a fragment on an interface may be another list, or be merged with a selection of the total.
type batch struct {
	operation            *graphql.OperationContext // documents are shared between operations
	field                *ast.Field
	entity, name, column string
	total                bool
}

// Each reads a page of the list below one parent; the pages of all parents that an operation asks for at the
// same place of the document are read together, with one statement and one more for their totals. The arguments
// are those of the field, and query makes a fresh query of the list's entity: neither depends on the parent.
// A cursor belongs to one parent, so with one there is nothing to gather.
func Each[Q Query[Q, N, P, O, S], N any, P, O ~func(*sql.Selector), S Scanner](
	ctx context.Context, query func() Q, of list.Of, parent uuid.UUID, args Args,
	load func(context.Context, []*N, ...ast.SelectionSet) error,
) (*Connection[N], error) {
	s, err := sessionFrom(ctx)
	if err != nil {
		return nil, err
	}
	w, err := newWindow(ctx, s.sealer, of, parent, args)
	if err != nil {
		return nil, err
	}
	field := fieldOf(ctx)
	if field == nil || w.after != nil || w.before != nil {
		return page(ctx, s.sealer, query(), w, load)
	}
	siblings := batch{graphql.GetOperationContext(ctx), field.Field.Field, of.Entity, of.Name, of.Parent, selectedOf(ctx).total}
	return loader(s, siblings, func(ctx context.Context, parents []uuid.UUID) (map[uuid.UUID]*Connection[N], error) {
		if len(parents) == 1 {
			c, err := page(ctx, s.sealer, query(), w.of(parents[0]), load)
			return map[uuid.UUID]*Connection[N]{parents[0]: c}, err
		}
		return pages(ctx, s.sealer, query(), w, parents, load)
	}).Load(ctx, parent)()
}

// loader returns the session's loader for the batch, which reads by the function of the field that came first.
// It keeps nothing: a row may change between two batches of an operation.
func loader[N any](
	s *session, b batch, read func(context.Context, []uuid.UUID) (map[uuid.UUID]*Connection[N], error),
) *dataloader.Loader[uuid.UUID, *Connection[N]] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.loaders[b]; ok {
		return known.(*dataloader.Loader[uuid.UUID, *Connection[N]])
	}
	made := dataloader.NewBatchedLoader(func(ctx context.Context, keys []uuid.UUID) []*dataloader.Result[*Connection[N]] {
		found, err := read(ctx, distinct(keys))
		results := make([]*dataloader.Result[*Connection[N]], len(keys))
		for i, key := range keys {
			results[i] = &dataloader.Result[*Connection[N]]{Data: found[key], Error: err}
		}
		return results
	}, dataloader.WithWait[uuid.UUID, *Connection[N]](gathering), dataloader.WithCache(&dataloader.NoCache[uuid.UUID, *Connection[N]]{}))
	s.loaders[b] = made
	return made
}

func distinct(keys []uuid.UUID) []uuid.UUID {
	seen := make(map[uuid.UUID]bool, len(keys))
	out := make([]uuid.UUID, 0, len(keys))
	for _, key := range keys {
		if !seen[key] {
			seen[key] = true
			out = append(out, key)
		}
	}
	return out
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
	out := make(map[uuid.UUID]*Connection[N], len(parents))
	for _, parent := range parents {
		if out[parent], err = connect(s, w.of(parent), children[parent], totals[parent]); err != nil {
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
