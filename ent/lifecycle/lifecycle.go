// Package lifecycle says what may become of what: the state machines of the domain as data. It knows no database;
// whoever changes a status asks here first and then changes the row only where it still has the status asked from.
package lifecycle

import "slices"

// Machine is a lifecycle: for each status the statuses it may change to.
type Machine[S ~string] map[S][]S

// Allows reports whether the lifecycle leads from one status directly to the other.
func (m Machine[S]) Allows(from, to S) bool { return slices.Contains(m[from], to) }

// Terminal reports whether nothing follows the status.
func (m Machine[S]) Terminal(s S) bool { return len(m[s]) == 0 }

// From lists the statuses that lead directly to the given one, in the order of the value set.
func (m Machine[S]) From(to S, all []string) []S {
	var out []S
	for _, s := range all {
		if m.Allows(S(s), to) {
			out = append(out, S(s))
		}
	}
	return out
}

// with adds to every listed status a way to another one.
func (m Machine[S]) with(to S, from ...S) Machine[S] {
	for _, s := range from {
		if !m.Allows(s, to) {
			m[s] = append(m[s], to)
		}
	}
	return m
}
