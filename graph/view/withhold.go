package view

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"sync"

	"entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/relay"
)

// NotInView is the reason for withholding a value that the view does not have.
const NotInView = "NOT_IN_VIEW"

// fullList is how many withheld values are listed one by one; beyond, one of a kind stands for all.
const fullList = 100

// Withheld is a value that was not shown, and why.
type Withheld struct {
	Path   ast.Path `json:"path"`
	Reason string   `json:"reason"`

	kind string // type, field and reason
}

// response gathers what one response withholds.
type response struct {
	mu       sync.Mutex
	withheld []Withheld
}

func (r *response) add(w Withheld) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.withheld = append(r.withheld, w)
}

// list returns what was withheld, by path; when it is much, one path for each field and reason.
func (r *response) list() []Withheld {
	out := slices.Clone(r.withheld)
	slices.SortFunc(out, func(a, b Withheld) int { return strings.Compare(a.Path.String(), b.Path.String()) })
	if len(out) <= fullList {
		return out
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(w Withheld) bool {
		again := seen[w.kind]
		seen[w.kind] = true
		return again
	})
}

// operation is what the conditions of one operation share.
type operation struct {
	client *ent.Client

	mu    sync.Mutex
	gates map[gate]*decisions
}

// decisions are the rows of an entity for which a condition has been decided.
type decisions struct {
	mu    sync.Mutex
	shown map[uuid.UUID]bool
}

// gate is a condition on rows of an entity.
type gate struct {
	entity    string
	condition rule.Condition
}

type (
	responseKey  struct{}
	operationKey struct{}
)

// Conditions returns a context in which the conditions of an operation can be decided.
func Conditions(ctx context.Context, client *ent.Client) context.Context {
	return context.WithValue(ctx, operationKey{}, &operation{client: client, gates: map[gate]*decisions{}})
}

// Respond runs one response and adds what it withheld to its extensions.
func Respond(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	r := &response{}
	out := next(context.WithValue(ctx, responseKey{}, r))
	if out != nil && len(r.withheld) > 0 {
		if out.Extensions == nil {
			out.Extensions = map[string]any{}
		}
		out.Extensions["withheld"] = r.list()
	}
	return out
}

// Withhold is the field middleware of the view: it shows a conditional value only where its condition holds, and
// never a value or type that the view does not have. What is withheld is null and listed; it is never an error.
func (v *View) Withhold(ctx context.Context, next graphql.Resolver) (any, error) {
	field := graphql.GetFieldContext(ctx)
	condition, conditional := v.Condition(field.Object, field.Field.Name)
	if !conditional {
		return v.checked(ctx, next)
	}
	row := rowOf(field)
	if row == nil {
		withhold(ctx, field, string(condition))
		return nil, nil //nolint:nilnil // null is the answer
	}
	holds, err := decide(ctx, gate{Entity(field.Object), condition}, row.GlobalID().UUID, field)
	if err != nil {
		return nil, err
	}
	if !holds {
		withhold(ctx, field, string(condition))
		return nil, nil //nolint:nilnil // null is the answer
	}
	audit.Unmasked(ctx, Entity(field.Object), row.GlobalID().UUID, string(condition))
	return v.checked(ctx, next)
}

// withhold lists the field's value as withheld, or what lies in it behind the further steps.
func withhold(ctx context.Context, field *graphql.FieldContext, reason string, further ...ast.PathElement) {
	if r, ok := ctx.Value(responseKey{}).(*response); ok {
		path := append(slices.Clone(graphql.GetPath(ctx)), further...)
		r.add(Withheld{Path: path, Reason: reason, kind: field.Object + "." + field.Field.Name + " " + reason})
	}
}

// rowOf returns the entity that the field belongs to.
func rowOf(field *graphql.FieldContext) ent.Noder {
	for parent := field.Parent; parent != nil; parent = parent.Parent {
		if parent.Result == nil {
			continue
		}
		if n, ok := parent.Result.(ent.Noder); ok {
			return n
		}
		// An element of a list is kept as a pointer to it.
		if p := reflect.ValueOf(parent.Result); p.Kind() == reflect.Pointer && !p.IsNil() {
			if n, ok := p.Elem().Interface().(ent.Noder); ok {
				return n
			}
		}
		return nil
	}
	return nil
}

// decide tells whether the condition holds for the row. The first who asks decides for all rows that stand beside it
// in the page, so that a page takes one statement for each condition and nobody waits to see who else asks.
func decide(ctx context.Context, g gate, key uuid.UUID, field *graphql.FieldContext) (bool, error) {
	op := ctx.Value(operationKey{}).(*operation)
	op.mu.Lock()
	d := op.gates[g]
	if d == nil {
		d = &decisions{shown: map[uuid.UUID]bool{}}
		op.gates[g] = d
	}
	op.mu.Unlock()

	d.mu.Lock()
	defer d.mu.Unlock()
	if shown, known := d.shown[key]; known {
		return shown, nil
	}
	keys := append(relay.Siblings(field), key)
	holds, err := op.holds(ctx, g, keys)
	if err != nil {
		return false, err
	}
	for _, k := range keys {
		d.shown[k] = holds[k]
	}
	return holds[key], nil
}

// holds runs the condition's own predicate over the rows.
func (op *operation) holds(ctx context.Context, g gate, keys []uuid.UUID) (map[uuid.UUID]bool, error) {
	condition, _ := g.condition.Of(g.entity) // the contract was checked at the start
	v := viewer.From(ctx)
	found, err := op.client.Keys(ctx, g.entity, func(s *sql.Selector) {
		s.Where(arg.Keys(s.C("id"), keys))
		rule.Apply(s, condition(v))
	})
	shown := make(map[uuid.UUID]bool, len(found))
	for _, k := range found {
		shown[k] = true
	}
	return shown, err
}
