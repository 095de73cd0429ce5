package schema_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/golden"
	"github.com/carehub/carehub/ent/privacy"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// entity is the client of one entity, called by the names that all of them share.
type entity struct{ client reflect.Value }

func entityOf(c *ent.Client, name string) entity {
	return entity{reflect.ValueOf(c).Elem().FieldByName(name)}
}

// call calls the methods one after the other, the last with the context, and returns its results.
func (e entity) call(ctx context.Context, methods ...string) (any, error) {
	on := e.client
	for i, name := range methods {
		method := on.MethodByName(name)
		var in []reflect.Value
		if i == len(methods)-1 {
			in = append(in, reflect.ValueOf(ctx))
		} else if !method.Type().IsVariadic() && method.Type().NumIn() == 1 { // of the row, by its key
			key := reflect.New(method.Type().In(0)).Elem()
			if key.Kind() == reflect.Array {
				key.Set(reflect.ValueOf(one))
			} else {
				key.SetInt(1)
			}
			in = append(in, key)
		}
		out := method.Call(in)
		if i == len(methods)-1 {
			err, _ := out[len(out)-1].Interface().(error)
			return out[0].Interface(), err
		}
		on = out[0]
	}
	panic("no method")
}

// reads and changes are everything that can be done with the rows of an entity.
var (
	reads   = [][]string{{"Query", "Count"}, {"Query", "Exist"}, {"Query", "IDs"}, {"Query", "All"}}
	creates = [][]string{{"Create", "Save"}}
	updates = [][]string{{"Update", "Save"}, {"UpdateOneID", "Save"}}
	deletes = [][]string{{"Delete", "Exec"}, {"DeleteOneID", "Exec"}}
	changes = slices.Concat(creates, updates, deletes)
)

// entities lists the entities in order.
func entities() []string { return slices.Sorted(maps.Keys(ent.Graph)) }

// as is a viewer of the persona whose identity and account have the key.
func as(ctx context.Context, p viewer.Persona, key uuid.UUID) context.Context {
	return viewer.NewContext(ctx, &viewer.Identity{Key: key, AccountKey: key, Role: p, At: noon.Add(1)})
}

// another is a viewer who has nothing to do with any row.
func another(ctx context.Context, p viewer.Persona) context.Context { return as(ctx, p, uuid.New()) }

func TestNothingWithoutAViewer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		populate(t, s)
		for _, name := range entities() {
			for _, methods := range slices.Concat(reads, changes) {
				if _, err := entityOf(s.Client, name).call(t.Context(), methods...); !errors.Is(err, privacy.Deny) {
					t.Errorf("%s %v: %v", name, methods, err)
				}
			}
		}
	})
}

func TestSystemReadsEverything(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		populate(t, s)
		for _, name := range entities() {
			for _, ctx := range []context.Context{viewer.System(t.Context(), "test"), viewer.System(another(t.Context(), viewer.Admin), "test")} {
				if n, err := entityOf(s.Client, name).call(ctx, "Query", "Count"); err != nil || n.(int) < 1 {
					t.Errorf("%s: %v rows, %v", name, n, err)
				}
			}
		}
	})
}

// TestAccess writes down who sees and changes what: the rows of the matrix as they are, for a reviewer.
func TestAccess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		populate(t, s)
		var table strings.Builder
		table.WriteString("# Rows that a persona sees: related, those that it has to do with; any, others, too. What is not here is denied.\n")
		for _, name := range entities() {
			for _, p := range viewer.Personas() {
				seen := seen(t, s, name, p)
				may := grants(t, s, name, p)
				if seen != "nothing" || may != "" {
					fmt.Fprintf(&table, "%-18s %-12s sees %s%s\n", name, p, seen, may)
				}
			}
		}
		golden.Compare(t, "testdata/access.golden", []byte(table.String()))
	})
}

// seen says which rows of the entity the persona sees.
func seen(t *testing.T, s *store.Store, name string, p viewer.Persona) string {
	t.Helper()
	count := func(ctx context.Context) int {
		n, err := entityOf(s.Client, name).call(ctx, "Query", "Count")
		if err != nil {
			t.Fatal(name, p, err)
		}
		exists, err := entityOf(s.Client, name).call(ctx, "Query", "Exist")
		if err != nil || exists.(bool) != (n.(int) > 0) {
			t.Errorf("%s for %s: %v rows, some: %v, %v", name, p, n, exists, err)
		}
		keys, err := entityOf(s.Client, name).call(ctx, "Query", "IDs")
		if err != nil || reflect.ValueOf(keys).Len() != n.(int) {
			t.Errorf("%s for %s: %v rows, keys %v, %v", name, p, n, keys, err)
		}
		return n.(int)
	}
	foreign, own := count(another(t.Context(), p)), count(as(t.Context(), p, one))
	if !slices.Contains(rule.Personas(name), p) && own > 0 {
		t.Errorf("%s has no rule for %s and shows %d rows", name, p, own)
	}
	switch {
	case foreign > own:
		t.Errorf("%s: a stranger who is %s sees more", name, p)
	case foreign > 0:
		return "any"
	case own > 0:
		return "related"
	}
	return "nothing"
}

// grants says which changes of the entity the persona may ask for at all.
func grants(t *testing.T, s *store.Store, name string, p viewer.Persona) string {
	t.Helper()
	out := ""
	for _, kind := range []struct {
		name    string
		changes [][]string
	}{{"create", creates}, {"update", updates}, {"delete", deletes}} {
		denied := 0
		for _, methods := range kind.changes {
			_, err := entityOf(s.Client, name).call(another(t.Context(), p), methods...)
			if errors.Is(err, privacy.Deny) {
				denied++
			}
		}
		switch denied {
		case 0:
			out += " " + kind.name
		case len(kind.changes):
		default:
			t.Errorf("%s may %s %s in one way and not in the other", p, kind.name, name)
		}
	}
	if out != "" {
		out = ", may" + out
	}
	return out
}

// TestForeignRowsAreNotFound: to change a row that one does not see is as if there were none.
func TestForeignRowsAreNotFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		populate(t, s)
		// Forms are for those of privacy, whatever the form.
		s.Client.Membership.Create().SetIdentityID(one).SetDepartment(code.DepartmentCodePrivacy).
			SetStartedAt(time.Now()).ExecX(viewer.System(t.Context(), "test"))
		tried := 0
		for _, name := range entities() {
			for _, p := range viewer.Personas() {
				ctx := another(t.Context(), p)
				if !rule.May(p, name, ent.OpUpdateOne) || seen(t, s, name, p) == "any" {
					continue
				}
				tried++
				if _, err := entityOf(s.Client, name).call(ctx, "UpdateOneID", "Save"); !ent.IsNotFound(err) {
					t.Errorf("%s changes a foreign %s: %v", p, name, err)
				}
				if n, err := entityOf(s.Client, name).call(ctx, "Update", "Save"); err != nil || n.(int) != 0 {
					t.Errorf("%s changes %v foreign rows of %s: %v", p, n, name, err)
				}
				own := as(t.Context(), p, one)
				if n, err := entityOf(s.Client, name).call(own, "Update", "Save"); err != nil || n.(int) != 1 {
					t.Errorf("%s changes %v own rows of %s: %v", p, n, name, err)
				}
			}
		}
		if tried < 5 {
			t.Errorf("only %d grants were tried", tried)
		}
	})
}

// TestOwnWritesAreVisible: nobody leaves behind a row that is not to be seen by its maker.
func TestOwnWritesAreVisible(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		populate(t, s)
		system := viewer.System(t.Context(), "test")
		submit := func(ctx context.Context, requester uuid.UUID) error {
			tx, err := s.Client.Tx(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback() //nolint:errcheck // nothing is to stay
			return aCase(tx.Client(), requester).Exec(ctx)
		}
		provider := as(t.Context(), viewer.Provider, one)
		if err := submit(provider, one); err != nil {
			t.Errorf("an own row is refused: %v", err)
		}
		if err := submit(another(t.Context(), viewer.Provider), one); !errors.Is(err, privacy.Deny) {
			t.Errorf("a row of somebody else's is left behind: %v", err)
		}
		if err := submit(viewer.System(another(t.Context(), viewer.Provider), "test"), one); err != nil {
			t.Errorf("system work is refused: %v", err)
		}
		// Without a transaction there would be nothing to roll back.
		if err := aCase(s.Client, one).Exec(provider); err == nil {
			t.Error("a viewer creates a row outside a transaction")
		}
		if n, err := s.Client.CareCase.Query().Count(system); err != nil || n != 1 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

func aCase(c *ent.Client, requester uuid.UUID) *ent.CareCaseCreate {
	return c.CareCase.Create().
		SetNumber(uuid.NewString()[:20]).SetKind(code.CaseKindOther).SetChannel(code.ChannelPortal).
		SetRequesterKind(code.AccountKindProvider).SetDepartment(code.DepartmentCodeLegal).SetSubject("A question").
		SetReceivedAt(noon).SetDueAt(noon).SetRequesterID(requester)
}

// TestStamps: each row says who made and changed it and when, and counts its changes.
func TestStamps(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		populate(t, s)
		system := viewer.System(t.Context(), "test")
		made, err := aCase(s.Client, one).Save(viewer.System(as(t.Context(), viewer.Admin, one), "test"))
		if err != nil {
			t.Fatal(err)
		}
		if made.Version != 1 || made.CreatedBy == nil || *made.CreatedBy != one || made.CreatedAt.IsZero() || !made.UpdatedAt.Equal(made.CreatedAt) {
			t.Errorf("made: %+v", made)
		}
		changed, err := made.Update().SetPriority(code.CasePriorityUrgent).Save(system)
		if err != nil {
			t.Fatal(err)
		}
		if changed.Version != 2 || !changed.CreatedAt.Equal(made.CreatedAt) || changed.UpdatedAt.Before(made.UpdatedAt) {
			t.Errorf("changed: %+v", changed)
		}
	})
}
