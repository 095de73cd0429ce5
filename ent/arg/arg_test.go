package arg_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// matches reports whether a row with the text in its column, cast to the kind, matches the predicate.
func matches(t testing.TB, s *store.Store, text, kind string, p *sql.Predicate) bool {
	t.Helper()
	d := sql.Dialect(s.Dialect)
	value := sql.ExprFunc(func(b *sql.Builder) {
		b.WriteString("CAST(").Arg(text).WriteString(" AS " + kind + ")")
	})
	row := d.Select().AppendSelectExprAs(value, "v").As("row")
	query, args := d.Select(sql.Count("*")).From(row).Where(p).Query()
	var rows sql.Rows
	if err := s.Driver().Query(t.Context(), query, args, &rows); err != nil {
		t.Fatalf("%s %q: %v", query, args, err)
	}
	defer rows.Close()
	n, err := sql.ScanInt(&rows)
	if err != nil {
		t.Fatal(err)
	}
	return n == 1
}

var hostile = []string{
	"", "a", "A", "ab", "100%", "a_b", "%", "_", `\`, `\%`, `a\b`, `a'b`, `a"b`, "{a,b}", "[]", "null", "NULL",
	"é", "É", "ß", "\U0001F600", "\u2028", "a\nb", "<&>", ",", "a,b", " a ",
}

func TestContains(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, text := range append(hostile, "The QUICK brown fox") {
			for _, part := range append(hostile, "quick", "K B") {
				want := strings.Contains(lower(text), lower(part))
				if got := matches(t, s, text, "TEXT", arg.Contains("v", part)); got != want {
					t.Errorf("%q contains %q: %v, want %v", text, part, got, want)
				}
			}
		}
	})
}

// lower folds the letters of ASCII alone.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

func TestCodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for i, text := range hostile {
			for name, values := range map[string][]string{
				"all": hostile, "others": slices.Delete(slices.Clone(hostile), i, i+1), "one": {text}, "none": {}, "nil": nil,
			} {
				want := slices.Contains(values, text)
				if got := matches(t, s, text, "TEXT", arg.Codes("v", values)); got != want {
					t.Errorf("%q is among %s: %v, want %v", text, name, got, want)
				}
			}
		}
	})
}

func TestKeys(t *testing.T) {
	a, b := uuid.MustParse("018f5a3e-1c2b-7000-8000-000000000001"), uuid.Max
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		kind := map[string]string{dialect.SQLite: "TEXT", dialect.Postgres: "uuid"}[s.Dialect]
		for _, keys := range [][]uuid.UUID{{a, b}, {b, a}, {a}, {b}, {uuid.Nil}, {}, nil} {
			want := slices.Contains(keys, a)
			if got := matches(t, s, a.String(), kind, arg.Keys("v", keys)); got != want {
				t.Errorf("%v is among %v: %v, want %v", a, keys, got, want)
			}
		}
	})
}

// TestOneArgument checks what the package is for: the statement does not depend on the values.
func TestOneArgument(t *testing.T) {
	for _, name := range []string{dialect.SQLite, dialect.Postgres} {
		text := func(p *sql.Predicate) (string, int) {
			query, args := sql.Dialect(name).Select("*").From(sql.Table("t")).Where(p).Query()
			return query, len(args)
		}
		for kind, predicates := range map[string][]*sql.Predicate{
			"codes":    {arg.Codes[string]("v", nil), arg.Codes("v", []string{"a"}), arg.Codes("v", hostile)},
			"keys":     {arg.Keys("v", nil), arg.Keys("v", []uuid.UUID{uuid.Max, uuid.Nil})},
			"contains": {arg.Contains("v", ""), arg.Contains("v", "%"), arg.Contains("v", "long text")},
		} {
			first, _ := text(predicates[0])
			for _, p := range predicates {
				if query, n := text(p); query != first || n != 1 {
					t.Errorf("%s on %s: %s with %d arguments, and %s", kind, name, query, n, first)
				}
			}
		}
	}
}

// FuzzContains compares the pattern with a plain search on SQLite; TestContains has both engines.
func FuzzContains(f *testing.F) {
	for _, text := range hostile {
		f.Add("x"+text+"Y", text)
		f.Add(text, "a")
	}
	s := storetest.SQLite(f)
	f.Fuzz(func(t *testing.T, text, part string) {
		if !storable(text) || !storable(part) {
			return
		}
		want := strings.Contains(lower(text), lower(part))
		if got := matches(t, s, text, "TEXT", arg.Contains("v", part)); got != want {
			t.Fatalf("%q contains %q: %v, want %v", text, part, got, want)
		}
	})
}

// FuzzCodes compares the list with a plain search on SQLite; TestCodes has both engines.
func FuzzCodes(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, text, "other")
		f.Add(text, "other", "another")
	}
	s := storetest.SQLite(f)
	f.Fuzz(func(t *testing.T, text, one, other string) {
		if !storable(text) || !storable(one) || !storable(other) {
			return
		}
		want := text == one || text == other
		if got := matches(t, s, text, "TEXT", arg.Codes("v", []string{one, other})); got != want {
			t.Fatalf("%q is among %q and %q: %v, want %v", text, one, other, got, want)
		}
	})
}

// storable reports whether both databases hold the text: PostgreSQL takes neither NUL nor broken UTF-8.
func storable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }
