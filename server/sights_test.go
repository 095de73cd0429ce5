package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// sights writes down what everybody sees of a case, step by step.
type sights struct {
	strings.Builder
	t *testing.T
	p *program
	// known are the cases, by the analyst's keys, that were there before.
	known map[string]bool
}

// watchers are those who look, each with all of a case that the persona's schema has and that could tell something
// about a person.
var watchers = []struct{ name, selection string }{
	{"provider", "subject narrative patient { name birthDate }" + conversation},
	{"provider2", "subject narrative patient { name birthDate }" + conversation},
	{"patient", "subject narrative" + conversation},
	{"patient2", "subject narrative" + conversation},
	{"liaison", "subject patient { pseudonym name birthDate }" + conversation},
	{"liaison2", "subject patient { pseudonym name birthDate }" + conversation},
	{"coordinator", "subject patient { name birthDate }" + conversation},
	{"coordinator2", "subject patient { name birthDate }" + conversation},
	{"reviewer", "subject narrative patient { pseudonym name birthDate }" + conversation},
	{"safety", "subject narrative patient { pseudonym name birthDate }" + conversation},
	{"quality", "subject narrative patient { pseudonym name birthDate }" + conversation},
	{"admin", ""},
}

const conversation = " children { nodes { status } } inquiry { questions { nodes { text } } responses { nodes { status body } } }"

func newSights(t *testing.T, p *program) *sights {
	t.Helper()
	s := &sights{t: t, p: p, known: map[string]bool{}}
	fmt.Fprint(s, "What each demo identity sees of a question of provider about patient, and of the adverse event in it.\n")
	s.fresh()
	return s
}

// of writes down what everybody sees of the question, and of the report if it is given.
func (s *sights) of(step, id string, report ...string) {
	s.t.Helper()
	fmt.Fprintf(s, "\n%s: the question\n", step)
	s.all(id, "MEDICAL_INQUIRY")
	for _, id := range report {
		fmt.Fprintf(s, "\n%s: the report\n", step)
		s.all(id, "ADVERSE_EVENT")
	}
}

func (s *sights) all(id, kind string) {
	s.t.Helper()
	for _, w := range watchers {
		r := s.p.demoUser(s.t, w.name).tries("query ($id: ID!) { case(id: $id) { status "+w.selection+" } }", object{"id": id})
		fmt.Fprintf(s, "  %-12s %s\n", w.name, r.sight("case"))
	}
	// The analyst's key of the case is another one, by which nobody else finds it.
	analyst := s.p.demoUser(s.t, "analyst")
	analyst.tries("query ($id: ID!) { case(id: $id) { status } }", object{"id": id}).refused("NOT_FOUND")
	var keys []string
	for key, of := range s.fresh() {
		if of == kind {
			keys = append(keys, key)
		}
	}
	if len(keys) != 1 {
		s.t.Fatalf("the analyst finds %d new cases of kind %s", len(keys), kind)
	}
	const selection = "status department receivedYear daysToClose patient { ageGroup birthYear state zip3 } provider { specialty state }"
	r := analyst.asks("query ($id: ID!) { case(id: $id) { "+selection+" } }", object{"id": keys[0]})
	fmt.Fprintf(s, "  %-12s %s\n", "analyst", r.sight("case"))
	s.p.demoUser(s.t, "analyst2").tries("query ($id: ID!) { case(id: $id) { status } }", object{"id": keys[0]}).refused("NOT_FOUND")
}

// fresh returns the kinds of the cases of provider's patient that have come since the beginning, by the analyst's
// keys. The first time it only notes what is there.
func (s *sights) fresh() map[string]string {
	s.t.Helper()
	analyst := s.p.demoUser(s.t, "analyst")
	first, found := len(s.known) == 0, map[string]string{}
	var after any
	for more := true; more; {
		r := analyst.asks("query ($after: Cursor) { cases(first: 100, after: $after) { nodes { id kind patient { ageGroup } } pageInfo { hasNextPage endCursor } } }", object{"after": after})
		for _, row := range r.at("cases.nodes").([]any) {
			c := row.(object)
			if first {
				s.known[c["id"].(string)] = true
			}
			if !s.known[c["id"].(string)] && c["patient"] != nil {
				found[c["id"].(string)] = c["kind"].(string)
			}
		}
		after, more = r.at("cases.pageInfo.endCursor"), r.at("cases.pageInfo.hasNextPage").(bool)
	}
	return found
}

// sight tells in a line what the root field showed: statuses with their value, what was withheld with
// the reason in parentheses, of everything else that it was there.
func (r *reply) sight(of string) string {
	if len(r.Errors) > 0 {
		return r.code()
	}
	var seen []string
	var look func(path string, value any)
	look = func(path string, value any) {
		switch v := value.(type) {
		case nil:
		case object:
			for name, part := range v {
				look(strings.TrimPrefix(path+"."+name, "."), part)
			}
		case []any:
			for _, part := range v {
				look(strings.TrimSuffix(path, ".nodes"), part)
			}
		default:
			if strings.HasSuffix(path, "status") || path == "department" {
				path += "=" + v.(string)
			}
			seen = append(seen, path)
		}
	}
	look("", r.Data.(object)[of])
	for _, w := range r.Extensions.Withheld {
		path := strings.TrimPrefix(strings.Join(w.Path, "."), of+".")
		seen = append(seen, path+"=("+w.Reason+")")
	}
	slices.Sort(seen)
	return strings.Join(seen, " ")
}
