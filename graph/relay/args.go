package relay

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
)

// The sizes of pages.
const (
	DefaultSize = 20
	MaxSize     = 100
)

// Args are the arguments of a connection field. After and before bound the list from either side; first takes
// from its beginning what lies between them, last from its end. Without first and last it is the first page of
// the default size.
type Args struct {
	First, Last   *int
	After, Before *Cursor
	OrderBy       *string
	Filter        map[string]any
}

// window is the part of a list that the arguments ask for.
type window struct {
	scope         Scope
	size          int
	backward      bool                // read from the end
	after, before []any               // the places between which it lies; nil: unbounded
	narrow        func(*sql.Selector) // the list's scope and the filter
}

func newWindow(ctx context.Context, s *Sealer, of list.Of, parent uuid.UUID, args Args) (*window, error) {
	order, err := of.Order(args.OrderBy)
	if err != nil {
		return nil, err
	}
	w := &window{scope: Scope{Viewer: viewer.From(ctx), List: of, Order: order, Parent: parent}}
	if w.size, w.backward, err = args.page(); err != nil {
		return nil, err
	}
	if w.after, err = open(s, w.scope, "after", args.After); err != nil {
		return nil, err
	}
	if w.before, err = open(s, w.scope, "before", args.Before); err != nil {
		return nil, err
	}
	filter, err := of.Where(args.Filter)
	if err != nil {
		return nil, err
	}
	if of.Scope == nil {
		w.narrow = filter
		return w, nil
	}
	if w.scope.Viewer == nil {
		return nil, fmt.Errorf("relay: the list of %s %s is a viewer's, and there is none", of.Entity, of.Name)
	}
	within := of.Within(w.scope.Viewer)
	w.narrow = func(sel *sql.Selector) {
		within(sel)
		filter(sel)
	}
	return w, nil
}

// page gives the size of the page and whether it is read from the end of the list.
func (a Args) page() (size int, backward bool, err error) {
	size, argument := DefaultSize, "first"
	switch {
	case a.First != nil && a.Last != nil:
		return 0, false, fault.Input("last", "first and last exclude each other")
	case a.First != nil:
		size = *a.First
	case a.Last != nil:
		size, argument, backward = *a.Last, "last", true
	}
	switch {
	case size < 0:
		return 0, false, fault.Input(argument, "must not be negative")
	case size > MaxSize:
		return 0, false, fault.Input(argument, "must be at most %d", MaxSize)
	}
	return size, backward, nil
}

func open(s *Sealer, in Scope, argument string, c *Cursor) ([]any, error) {
	if c == nil {
		return nil, nil
	}
	place, err := s.Open(in, *c)
	if err != nil {
		return nil, fault.Input(argument, "%s", err)
	}
	return place, nil
}

// between narrows the selector to the rows between the window's bounds.
func (w *window) between(s *sql.Selector) {
	key := s.Columns(w.scope.Order.Key()...)
	behind, ahead := sql.CompositeGT, sql.CompositeLT
	if w.scope.Order.Desc {
		behind, ahead = ahead, behind
	}
	if w.after != nil {
		s.Where(behind(key, w.after...))
	}
	if w.before != nil {
		s.Where(ahead(key, w.before...))
	}
}

// sort orders the selector in the direction in which the window is read.
func (w *window) sort(s *sql.Selector) { s.OrderExpr(w.terms(s)...) }

// terms are what sort orders by.
func (w *window) terms(s *sql.Selector) []sql.Querier {
	key := w.scope.Order.Key()
	terms := make([]sql.Querier, len(key))
	for i, column := range s.Columns(key...) {
		terms[i] = sql.ExprFunc(func(b *sql.Builder) {
			b.Ident(column)
			if w.scope.Order.Desc != w.backward {
				b.WriteString(" DESC")
			}
		})
	}
	return terms
}

// cut takes away the row that only shows that there are more.
func cut[N any](w *window, rows []*N) []*N { return rows[:min(len(rows), w.size)] }
