package relay_test

import (
	"bytes"
	"encoding/base64"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/relay"
)

var (
	byTime = list.Order{Columns: []string{"received_at"}, Desc: true}
	scope  = relay.Scope{Viewer: &viewer.Identity{Key: key(1), Role: viewer.Liaison}, List: children, Order: byTime, Parent: key(2)}
	place  = []any{time.Date(2026, 1, 2, 3, 4, 5, 600_000, time.UTC), key(3)}
)

func seal(t fataler, s *relay.Sealer, in relay.Scope, place []any) relay.Cursor {
	t.Helper()
	c, err := s.Seal(in, place)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCursorIsTheSameForTheSamePlace(t *testing.T) {
	one, other := seal(t, sealer(t), scope, place), seal(t, sealer(t), scope, place)
	if one != other {
		t.Errorf("%s and %s", one, other)
	}
	if seal(t, sealer(t), scope, []any{place[0], key(4)}) == one {
		t.Error("another row has the same cursor")
	}
}

func TestCursorOpensOnlyInItsScope(t *testing.T) {
	s := sealer(t)
	c := seal(t, s, scope, place)
	if got, err := s.Open(scope, c); err != nil || !cmp.Equal(got, place) {
		t.Fatalf("got %v, %v", got, err)
	}
	for name, change := range map[string]func(*relay.Scope){
		"identity":        func(in *relay.Scope) { in.Viewer = &viewer.Identity{Key: key(9), Role: viewer.Liaison} },
		"persona":         func(in *relay.Scope) { in.Viewer = &viewer.Identity{Key: key(1), Role: viewer.Staff} },
		"nobody":          func(in *relay.Scope) { in.Viewer = nil },
		"entity":          func(in *relay.Scope) { in.List.Entity = "Touchpoint" },
		"name":            func(in *relay.Scope) { in.List.Name = "mine" },
		"parent's column": func(in *relay.Scope) { in.List.Parent = "patient_id" },
		"parent":          func(in *relay.Scope) { in.Parent = key(9) },
		"direction":       func(in *relay.Scope) { in.Order.Desc = false },
		"column":          func(in *relay.Scope) { in.Order.Columns = []string{"due_at"} },
		"more columns":    func(in *relay.Scope) { in.Order.Columns = []string{"received_at", "due_at"} },
		"columns joined":  func(in *relay.Scope) { in.List.Name, in.List.Parent = "p", "arent_id" },
	} {
		other := scope
		change(&other)
		if got, err := s.Open(other, c); err == nil {
			t.Errorf("%s: opened to %v", name, got)
		}
	}
	stranger, err := relay.NewSealer([]byte("another secret"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := stranger.Open(scope, c); err == nil {
		t.Errorf("another secret opened it to %v", got)
	}
}

func TestCursorHidesItsPlace(t *testing.T) {
	place := []any{"a subject that nobody else may read", key(3)}
	in := scope
	in.Order.Columns = []string{"subject"}
	c := seal(t, sealer(t), in, place)
	raw, err := base64.RawURLEncoding.DecodeString(string(c))
	if err != nil {
		t.Fatal(err)
	}
	id := key(3)
	if bytes.Contains(raw, []byte("subject")) || bytes.Contains(raw, id[:]) {
		t.Errorf("%q can be read", raw)
	}
}

func TestPlaceComesBackExactly(t *testing.T) {
	s := sealer(t)
	rapid.Check(t, func(t *rapid.T) {
		values := []*rapid.Generator[any]{
			rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Bool().AsAny(),
			rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).AsAny(),
			rapid.Custom(func(t *rapid.T) time.Time {
				return time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
			}).AsAny(),
		}
		n := rapid.IntRange(0, 3).Draw(t, "columns")
		in, place := scope, []any{}
		in.Order.Columns = nil
		for range n {
			in.Order.Columns = append(in.Order.Columns, "column")
			place = append(place, rapid.OneOf(values...).Draw(t, "value"))
		}
		place = append(place, uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "key")))
		got, err := s.Open(in, seal(t, s, in, place))
		if err != nil || !cmp.Equal(got, place) {
			t.Fatalf("got %v, %v, want %v", got, err, place)
		}
	})
}

func TestCursorScalar(t *testing.T) {
	var c relay.Cursor
	if err := c.UnmarshalGQL("text"); err != nil || c != "text" {
		t.Errorf("got %q, %v", c, err)
	}
	for _, value := range []any{nil, 1, true, []any{"text"}} {
		if err := c.UnmarshalGQL(value); err == nil {
			t.Errorf("%v is a cursor", value)
		}
	}
	var b strings.Builder
	relay.Cursor(`a"b`).MarshalGQL(&b)
	if b.String() != `"a\"b"` {
		t.Errorf("got %s", b.String())
	}
}

// FuzzCursor opens any text: only the very text that was sealed opens, and nothing panics.
func FuzzCursor(f *testing.F) {
	s := sealer(f)
	valid := seal(f, s, scope, place)
	f.Add(string(valid))
	f.Add("")
	f.Add(string(valid) + "\n")
	f.Add(string(valid[:len(valid)-1]))
	f.Add(string(valid) + "=")
	f.Add("A" + string(valid[1:]))
	f.Add(strings.Repeat("A", 4096))
	f.Add("ünïcode")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := s.Open(scope, relay.Cursor(text))
		if text == string(valid) {
			if err != nil || !cmp.Equal(got, place) {
				t.Fatalf("got %v, %v", got, err)
			}
		} else if err == nil {
			t.Fatalf("%q opened to %v", text, got)
		}
	})
}
