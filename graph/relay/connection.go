// Package relay reads lists as Relay connections: a page at a time, by the place behind which it begins, and
// the lists below many parents with one statement for all.
package relay

import "slices"

// Connection is one page of a list.
type Connection[N any] struct {
	Edges    []*Edge[N]
	PageInfo PageInfo
	// TotalCount is the length of the whole list. It is counted only for an operation that selects it.
	TotalCount int

	kin *kin // the rows with which the page's were read
}

// Nodes returns the rows of the page.
func (c *Connection[N]) Nodes() []*N {
	nodes := make([]*N, len(c.Edges))
	for i, e := range c.Edges {
		nodes[i] = e.Node
	}
	return nodes
}

// Edge is a row in its place.
type Edge[N any] struct {
	Node   *N
	Cursor Cursor
}

// PageInfo says what lies beyond a page.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *Cursor
	EndCursor       *Cursor
}

// connect makes the page of the rows that were read in the window's direction, one more than the page has
// where there are more.
func connect[N any](s *Sealer, w *window, rows []*N, total int, k *kin) (*Connection[N], error) {
	more := len(rows) > w.size
	rows = cut(w, rows)
	c := &Connection[N]{Edges: make([]*Edge[N], len(rows)), TotalCount: total, kin: k}
	key := w.scope.Order.Key()
	for i, row := range rows {
		place, err := placeOf(row, key)
		if err != nil {
			return nil, err
		}
		cursor, err := s.Seal(w.scope, place)
		if err != nil {
			return nil, err
		}
		c.Edges[i] = &Edge[N]{Node: row, Cursor: cursor}
	}
	// A cursor stands for a row, so where one was given something lies on its far side.
	c.PageInfo.HasNextPage = w.before != nil
	c.PageInfo.HasPreviousPage = w.after != nil
	if w.backward {
		slices.Reverse(c.Edges)
		c.PageInfo.HasPreviousPage = c.PageInfo.HasPreviousPage || more
	} else {
		c.PageInfo.HasNextPage = c.PageInfo.HasNextPage || more
	}
	if n := len(c.Edges); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &c.Edges[0].Cursor, &c.Edges[n-1].Cursor
	}
	return c, nil
}
