package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/golden"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// pages are the operations that people wait for: what they cost in statements is reviewed like their answers.
var pages = []struct{ name, who, document string }{
	{"queue", "liaison", `{ caseQueue(first: 20) { totalCount pageInfo { hasNextPage endCursor } nodes {
		number subject status dueAt provider { name specialty organization { name } } patient { pseudonym name ageGroup }
		product { name } inquiry { questions(first: 3) { nodes { text topic } } } } } }`},
	{"case", "liaison", `query ($case: ID!) { case(id: $case) { number subject product { name } provider { name }
		inquiry { questions(first: 20) { nodes { text labelStatus } } responses(first: 5) { nodes { status citations(first: 5) { nodes { resource { title } } } } } }
		history(first: 20) { nodes { toStatus at changedBy { name } } } } }`},
	{"my cases", "provider", `{ myCases(first: 20) { nodes { number status subject product { name } } } }`},
	{"my patients", "provider", `{ myPatients(first: 20) { nodes { name birthDate enrollments(first: 3) { nodes { status program { name } } } treatments(first: 3) { nodes { text } } } } }`},
	{"patients", "coordinator", `{ patients(first: 20) { nodes { name contactPoints(first: 3) { nodes { channel value } } consents(first: 5) { nodes { scope status } } touchpoints(first: 3) { nodes { occurredAt user { name } } } } } }`},
	{"cases", "analyst", `{ cases(first: 20) { nodes { kind status receivedYear product { name } patient { ageGroup zip3 } } } }`},
}

// TestStatements pins how many statements a page takes, and which: an edge or a nested list of a page costs one,
// however many rows the page has.
func TestStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		var out strings.Builder
		for _, p := range pages {
			ctx, counter := store.WithCounter(w.as(p.who))
			variables := vars{}
			if strings.Contains(p.document, "$case") {
				variables["case"] = w.id("case assigned")
			}
			if a := w.send(ctx, p.document, variables); len(a.errors) > 0 {
				t.Fatalf("%s: %v", p.name, a.errors)
			}
			var texts []string
			for _, s := range counter.Statements() {
				texts = append(texts, s.SQL)
			}
			slices.Sort(texts) // edges of one level are read at the same time
			fmt.Fprintf(&out, "%s, as %s: %d statements\n\n", p.name, p.who, len(texts))
			for _, text := range texts {
				fmt.Fprintf(&out, "\t%s\n", text)
			}
			out.WriteString("\n")
		}
		golden.Compare(t, "testdata/statements."+st.Dialect+".golden", []byte(out.String()))
	})
}
