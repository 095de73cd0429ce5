// Package rule says which rows a viewer sees and under which conditions single values of a row are shown.
//
// A rule is a value: a function from a viewer to a predicate. It may branch on the viewer's persona and on
// nothing else of the viewer, so that one statement serves all viewers of a persona; its accessors give values
// fit only for an SQL argument. A rule refers to its own row by s.C(column), never joins, and reaches other
// tables only through exists.
package rule

import (
	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent/viewer"
)

// Rule narrows a query to the rows that a viewer sees.
type Rule func(viewer.Viewer) func(*sql.Selector)

// ByPersona gives each persona its rule for one entity. A persona that is missing sees no row.
type ByPersona map[viewer.Persona]Rule

// For returns the predicate of the viewer's rule for the entity (by ent's type name). An entity without rules
// has no rows for anybody.
func For(v viewer.Viewer, entity string) func(*sql.Selector) {
	r, ok := rules[entity][v.Persona()]
	if !ok {
		return nothing
	}
	return r(v)
}

// writing is a viewer who changes rows: what only reading is granted for is not theirs.
type writing struct{ viewer.Viewer }

// ForWriting is For of rows that the viewer may change or leave behind.
func ForWriting(v viewer.Viewer, entity string) func(*sql.Selector) { return For(writing{v}, entity) }

// Apply narrows the selector by the predicate, in brackets: a predicate that ends in OR, or is text, can not
// widen what stands beside it.
func Apply(s *sql.Selector, p func(*sql.Selector)) {
	if in := Bracketed(s, p); in != nil {
		s.Where(in)
	}
}

// Bracketed returns the predicate over the selector's table as one bracketed term, or nil when it adds nothing.
func Bracketed(s *sql.Selector, p func(*sql.Selector)) *sql.Predicate {
	scratch := sql.Dialect(s.Dialect()).Select().From(s.Table())
	p(scratch)
	term := scratch.P()
	if term == nil {
		return nil
	}
	return sql.P(func(b *sql.Builder) { b.Wrap(func(b *sql.Builder) { b.Join(term) }) })
}

// Entities lists the entities that have rules.
func Entities() []string {
	out := make([]string, 0, len(rules))
	for name := range rules {
		out = append(out, name)
	}
	return out
}

// Personas lists the personas that see rows of the entity.
func Personas(entity string) []viewer.Persona {
	var out []viewer.Persona
	for _, p := range viewer.Personas() {
		if _, ok := rules[entity][p]; ok {
			out = append(out, p)
		}
	}
	return out
}

// nothing matches no row.
func nothing(s *sql.Selector) { s.Where(sql.False()) }

// everything is the rule of rows that a persona sees all of.
func everything(viewer.Viewer) func(*sql.Selector) { return func(*sql.Selector) {} }

// Exists matches when the inner table has a row for the outer one. The alias keeps inner columns apart
// from the outer row's, whatever the outer table is.
func Exists(outer *sql.Selector, table, alias string, where func(inner *sql.Selector)) *sql.Predicate {
	t := sql.Table(table).As(alias)
	inner := sql.Dialect(outer.Dialect()).Select().From(t)
	inner.AppendSelectExpr(sql.Raw("1"))
	where(inner)
	return sql.Exists(inner)
}

// either matches what any of the rules matches.
func either(some ...Rule) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			terms := make([]*sql.Predicate, 0, len(some))
			for _, r := range some {
				term := Bracketed(s, r(v))
				if term == nil {
					return // one of them matches everything
				}
				terms = append(terms, term)
			}
			s.Where(sql.Or(terms...))
		}
	}
}

// both matches what all of the rules match.
func both(some ...Rule) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			for _, r := range some {
				Apply(s, r(v))
			}
		}
	}
}

// through is the rule of a row that is seen when the row it belongs to is.
func through(column, table, alias string, parent Rule) Rule {
	return func(v viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) {
			s.Where(Exists(s, table, alias, func(in *sql.Selector) {
				in.Where(sql.ColumnsEQ(in.C("id"), s.C(column)))
				Apply(in, parent(v))
			}))
		}
	}
}

// is matches rows whose column has the value: a constant of the domain, never a viewer's value.
func is[T ~string](column string, value T) Rule {
	return func(viewer.Viewer) func(*sql.Selector) {
		return func(s *sql.Selector) { s.Where(sql.EQ(s.C(column), string(value))) }
	}
}

// oneOf matches rows whose column has one of the constants.
func oneOf[T ~string](column string, values ...T) Rule {
	some := make([]Rule, len(values))
	for i, value := range values {
		some[i] = is(column, value)
	}
	return either(some...)
}
