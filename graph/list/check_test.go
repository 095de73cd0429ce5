package list_test

import (
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/migrate"
	"github.com/carehub/carehub/graph/list"
)

func TestCheck(t *testing.T) {
	received := map[string]list.Order{"NEWEST": {Columns: []string{"received_at"}, Desc: true}}
	ordered := func(columns ...string) map[string]list.Order {
		return map[string]list.Order{"NEWEST": {Columns: columns}}
	}
	for _, test := range []struct {
		name string
		of   list.Of
		by   []string
		want string // a part of what is wrong; empty: nothing
	}{
		{"root", list.Of{Entity: "CareCase", Orders: received, Default: "NEWEST"}, nil, ""},
		{"by rules", list.Of{Entity: "CareCase", Orders: received, Default: "NEWEST"}, []string{"department", "requester_id"}, ""},
		{"nested", list.Of{Entity: "CareCase", Parent: "parent_id", Orders: received, Default: "NEWEST"}, nil, ""},
		{"by the key alone", list.Of{Entity: "CareCase", Orders: ordered(), Default: "NEWEST"}, nil, ""},
		{"no entity", list.Of{Entity: "Case"}, nil, `no entity "Case"`},
		{"no parent", list.Of{Entity: "CareCase", Parent: "mother_id", Orders: received, Default: "NEWEST"}, nil, `no column "mother_id"`},
		{"no column", list.Of{Entity: "CareCase", Orders: ordered("receivedAt"), Default: "NEWEST"}, nil, `order NEWEST: no column "receivedAt"`},
		{"a column that may be NULL", list.Of{Entity: "CareCase", Orders: ordered("accepted_at"), Default: "NEWEST"}, nil, `"accepted_at" may be NULL`},
		{"a column twice", list.Of{Entity: "CareCase", Orders: ordered("id"), Default: "NEWEST"}, nil, `names "id" twice`},
		{"no index", list.Of{Entity: "CareCase", Orders: ordered("subject"), Default: "NEWEST"}, nil, `no index on [subject id]`},
		{"no index by a rule", list.Of{Entity: "CareCase", Orders: received, Default: "NEWEST"}, []string{"product_id"}, `no index on [product_id received_at id]`},
		{"no default", list.Of{Entity: "CareCase", Orders: received}, nil, `default order ""`},
		{
			"opens nothing",
			list.Of{Entity: "CareCase", Orders: received, Default: "NEWEST", Open: map[string]func(any) (any, error){"since": list.Time}},
			nil, `opens "since"`,
		},
		{
			"filters", list.Of{
				Entity: "CareCase", Orders: received, Default: "NEWEST",
				Filter: map[string]func(any) func(*sql.Selector){"since": list.From("received_at")},
				Open:   map[string]func(any) (any, error){"since": list.Time},
			}, nil, "",
		},
	} {
		err := list.Check(test.of, ent.Graph, migrate.Tables, test.by...)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}
