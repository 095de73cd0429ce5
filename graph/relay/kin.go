package relay

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
)

// kin are the rows that were read together: of one page, or of all pages below the rows of one. The lists below
// them are read together too, by the first that is asked for; nobody has to wait and see who else comes.
type kin struct {
	rows any // a []*N

	mu    sync.Mutex
	below map[branch]any // *together[N] of the list's entity
}

// branch names the lists below kin that are read together: those of one field of the document. A fragment may
// bring the same field behind several edges, on an interface it may be another list, and it may be merged with
// a selection of the total.
type branch struct {
	field                *ast.Field
	edges                string
	entity, name, column string
	total                bool
}

// related is any connection.
type related interface{ related() *kin }

func (c *Connection[N]) related() *kin { return c.kin }

// together are the pages of one branch.
type together[N any] struct {
	parents []uuid.UUID
	once    sync.Once
	pages   map[uuid.UUID]*Connection[N]
	err     error
}

// errUnread is what is left for the others when reading together panics.
var errUnread = errors.New("relay: the lists could not be read together")

// gather returns the pages that are read together with the one below the path's last row, or nil when the path
// does not tell: then there is one parent, or its siblings are not at hand.
func gather[N any](k *kin, b branch, path []reflect.Value) *together[N] {
	edges, ok := edgesOf(path)
	if k == nil || !ok {
		return nil
	}
	b.edges = fmt.Sprint(edges)
	k.mu.Lock()
	defer k.mu.Unlock()
	if known, ok := k.below[b]; ok {
		return known.(*together[N])
	}
	parents := keysBehind(reflect.ValueOf(k.rows), edges)
	if len(parents) < 2 {
		return nil
	}
	if k.below == nil {
		k.below = map[branch]any{}
	}
	made := &together[N]{parents: parents, err: errUnread}
	k.below[b] = made
	return made
}

// ancestors finds the page in which the field is resolved, and the rows that lead from it down to the row whose
// field it is: a row of the page, and those behind its to-one edges.
func ancestors(field *graphql.FieldContext) (*kin, []reflect.Value) {
	var path []reflect.Value
	for at := field.Parent; at != nil; at = at.Parent {
		if page, ok := at.Result.(related); ok {
			return page.related(), path
		}
		row := reflect.ValueOf(at.Result)
		for row.Kind() == reflect.Pointer && row.Elem().Kind() == reflect.Pointer {
			row = row.Elem() // an element of a list
		}
		if row.Kind() == reflect.Pointer && row.Elem().Kind() == reflect.Struct && row.Elem().FieldByName("ID").IsValid() {
			path = append([]reflect.Value{row}, path...)
		}
	}
	return nil, nil
}

// edgesOf returns the edges by which the path goes from row to row. There are none to tell of an empty path, or
// where it takes something else than an edge that was loaded with its row.
func edgesOf(path []reflect.Value) (edges []int, ok bool) {
	for i := range path {
		if i == 0 {
			continue
		}
		edge := edgeTo(path[i-1], path[i])
		if edge < 0 {
			return nil, false
		}
		edges = append(edges, edge)
	}
	return edges, len(path) > 0
}

// keysBehind follows the edges from all rows and returns the keys at their ends.
func keysBehind(rows reflect.Value, edges []int) []uuid.UUID {
	var keys []uuid.UUID
	seen := map[uuid.UUID]bool{}
rows:
	for i := range rows.Len() {
		row := rows.Index(i)
		for _, edge := range edges {
			if row = row.Elem().FieldByName("Edges").Field(edge); row.IsNil() {
				continue rows
			}
		}
		key, ok := row.Elem().FieldByName("ID").Interface().(uuid.UUID)
		if ok && !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}

// edgeTo tells which edge of the row has loaded the other row, whatever the API calls it; -1 for none.
func edgeTo(row, other reflect.Value) int {
	edges := row.Elem().FieldByName("Edges")
	if !edges.IsValid() {
		return -1
	}
	for i := range edges.NumField() {
		if f := edges.Field(i); f.Kind() == reflect.Pointer && f.Type() == other.Type() && f.Pointer() == other.Pointer() {
			return i
		}
	}
	return -1
}

// Siblings returns the keys of the rows that stand where the field's row does: of the same page, or behind the same
// edges of its rows. What is asked of one of them is best asked of all at once. The row's own key is among them
// where the page is at hand; otherwise there are none.
func Siblings(field *graphql.FieldContext) []uuid.UUID {
	k, path := ancestors(field)
	edges, ok := edgesOf(path)
	if k == nil || !ok {
		return nil
	}
	return keysBehind(reflect.ValueOf(k.rows), edges)
}
