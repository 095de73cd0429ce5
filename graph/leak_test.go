package graph_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/view"
)

// nobodys returns an identifier of the prefix that no row has, as the user would write it.
func (w *world) nobodys(who, prefix string) string {
	return string(gid.Append(nil, w.identity(who), gid.ID{Prefix: prefix, UUID: uuid.Must(uuid.NewV7())}))
}

// A row that the viewer may not see and one that does not exist have the same answer, by every field that takes an
// identifier.
func TestForeignIsAbsent(t *testing.T) {
	byID := map[string][]string{
		"case": {"case(id: $id)", "routingPreview(caseId: $id)"}, "patient": {"patient(id: $id)", "consentLedger(patientId: $id)", "patientTouchpoints(patientId: $id)"},
		"resource": {"knowledgeResource(id: $id)"}, "provider": {"clientProfile(id: $id)", "clientTouchpoints(id: $id)", "clientPatientTouchpoints(id: $id)"},
	}
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		hidden := 0
		for typ, relations := range readRelations(t) {
			prefix := ent.Graph[view.Entity(typ)].Prefix
			for _, r := range relations {
				foreign, absent := vars{"id": w.idFor(r.who, prefix+" "+r.row)}, vars{"id": w.nobodys(r.who, prefix)}
				if a := w.do(r.who, `query($id: ID!) { node(id: $id) { id } }`, foreign); a.code() == "" {
					continue
				}
				hidden++
				for _, field := range append(byID[prefix], "node(id: $id)", "nodes(ids: [$id])") {
					document := "query($id: ID!) { " + field + " { __typename } }"
					one, other := w.do(r.who, document, foreign), w.do(r.who, document, absent)
					if one.raw != other.raw {
						t.Errorf("%s, %s of %s:\nforeign: %s\n absent: %s", r.who, field, r.row, one.raw, other.raw)
					}
					if code := one.code(); !strings.HasPrefix(field, "nodes") && code != "NOT_FOUND" && code != "GRAPHQL_VALIDATION_FAILED" {
						t.Errorf("%s, %s of %s: %s", r.who, field, r.row, one.raw)
					}
				}
			}
		}
		if hidden < 100 {
			t.Errorf("only %d rows are hidden from anybody", hidden)
		}
	})
}

// What one provider asked is nowhere for another.
func TestCaseOfAnotherProvider(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		ids := []string{}
		for _, name := range []string{
			"case done", "case event", "case waiting", "inquiry done", "question done", "response done", "answer done", "citation done",
			"patient ann", "enrollment ann", "coverage ann", "touch visit", "contact provider",
		} {
			ids = append(ids, w.id(name))
		}
		a := w.must("provider2", `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, vars{"ids": ids})
		for i := range ids {
			if a.at(fmt.Sprintf("nodes.%d", i)) != nil {
				t.Errorf("%s is a node for the other", ids[i])
			}
		}
		a = w.must("provider2", `{ myCases(first: 10) { totalCount nodes { id parent { id } children { nodes { id } } patient { id } inquiry { responses { nodes { id } } } } }
			me { provider { touchpoints { nodes { id } } } } myPatients(first: 5) { nodes { id careRelationships(first: 5) { nodes { id provider { id touchpoints { totalCount } } } } } } }`, nil)
		for _, id := range ids {
			if strings.Contains(a.raw, id) {
				t.Errorf("%s is in the other's lists", id)
			}
		}
		if own := w.id("case west"); !strings.Contains(a.raw, own) || a.at("myCases.totalCount") != 4.0 {
			t.Errorf("the own cases: %s", a.raw)
		}
	})
}

// Filters and totals answer for visible rows alone, however cleverly one asks.
func TestFiltersDoNotProbe(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		family := "CanarybobFamily"
		for i := range family {
			for _, document := range []string{
				`query($part: String) { myPatients(filter: {family: $part}) { totalCount nodes { family } pageInfo { hasNextPage } } }`,
				`query($part: String) { myPatients(first: 0, filter: {family: $part}) { totalCount pageInfo { hasNextPage hasPreviousPage } } }`,
			} {
				a := w.must("provider", document, vars{"part": family[:i+1]})
				if want := i < len("Canary"); (a.at("myPatients.totalCount").(float64) > 0) != want {
					t.Errorf("contains %q: %s", family[:i+1], a.raw)
				}
				if strings.Contains(a.raw, "bob") {
					t.Errorf("contains %q: %s", family[:i+1], a.raw)
				}
			}
		}
		for _, wildcard := range []string{"%", "_", `\`, "' OR 1=1 --", "Canary%Family"} {
			a := w.must("provider", `query($part: String) { myPatients(filter: {family: $part}) { totalCount } }`, vars{"part": wildcard})
			if a.at("myPatients.totalCount") != 0.0 {
				t.Errorf("contains %q: %s", wildcard, a.raw)
			}
		}
		for _, filter := range []string{
			``, `receivedFrom: "2020-01-01T00:00:00Z"`, `receivedBefore: "2030-01-01T00:00:00Z"`, `kind: [MEDICAL_INQUIRY, PRODUCT_COMPLAINT, ADVERSE_EVENT]`,
		} {
			for _, order := range []string{"RECEIVED_DESC", "RECEIVED_ASC"} {
				a := w.must("provider", "query($product: ID) { myCases(filter: {product: $product "+filter+"}, orderBy: "+order+") { totalCount nodes { number } pageInfo { hasNextPage } } }", vars{"product": w.id("product zelora")})
				if a.at("myCases.totalCount") != 4.0 || a.at("myCases.pageInfo.hasNextPage") != false || strings.Contains(a.raw, "C-west") {
					t.Errorf("%s %s: %s", filter, order, a.raw)
				}
			}
		}
		for who, want := range map[string]float64{"liaison": 1, "liaison2": 1, "chief": 2, "sales": 1, "quality": 0} {
			a := w.must(who, `{ caseQueue { totalCount } all: caseQueue(filter: {receivedFrom: "2000-01-01T00:00:00Z"}) { totalCount } foreign: caseQueue(department: LEGAL) { totalCount } }`, nil)
			if a.at("caseQueue.totalCount") != want || a.at("all.totalCount") != want || a.at("foreign.totalCount") != 0.0 {
				t.Errorf("%s: %s", who, a.raw)
			}
		}
		// Orders by what a persona is not shown do not exist for it.
		for who, exists := range map[string]bool{"provider": false, "patient": false} {
			if a := w.do(who, `{ myCases(orderBy: DUE_ASC) { totalCount } }`, nil); (a.code() == "") != exists {
				t.Errorf("%s orders by due date: %s", who, a.raw)
			}
		}
	})
}

// A cursor is a place in one list, in one order, of one viewer.
func TestCursorsOfOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		own := w.must("provider", `{ myCases(first: 1) { pageInfo { endCursor } } }`, nil).text("myCases.pageInfo.endCursor")
		children := w.must("provider", `query($id: ID!) { case(id: $id) { children(first: 1) { pageInfo { endCursor } } } }`, vars{"id": w.id("case done")}).text("case.children.pageInfo.endCursor")
		mine := w.must("provider2", `{ myCases(first: 1) { pageInfo { endCursor } } }`, nil).text("myCases.pageInfo.endCursor")
		for _, c := range []struct{ who, document, cursor string }{
			{"provider2", `query($c: Cursor) { myCases(after: $c) { totalCount nodes { id } } }`, own},
			{"provider2", `query($c: Cursor) { myCases(before: $c) { totalCount nodes { id } } }`, own},
			{"provider", `query($c: Cursor) { myCases(after: $c, orderBy: RECEIVED_ASC) { totalCount nodes { id } } }`, own},
			{"provider", `query($c: Cursor) { myPatients(after: $c) { totalCount nodes { id } } }`, own},
			{"provider", `query($c: Cursor) { myCases(after: $c) { totalCount nodes { id } } }`, children},
			{"patient", `query($c: Cursor) { myCases(after: $c) { totalCount nodes { id } } }`, own},
			{"analyst", `query($c: Cursor) { cases(after: $c) { totalCount nodes { id } } }`, own},
			{"provider", `query($c: Cursor) { myCases(after: $c) { totalCount nodes { id } } }`, mine[:len(mine)-1] + "A"},
			{"provider", `query($c: Cursor) { myCases(after: $c) { totalCount nodes { id } } }`, ""},
		} {
			if a := w.do(c.who, c.document, vars{"c": c.cursor}); a.code() != "BAD_USER_INPUT" || strings.Contains(a.raw, "totalCount") {
				t.Errorf("%s %s: %s", c.who, c.document, a.raw)
			}
		}
		w.must("provider", `query($c: Cursor) { myCases(after: $c) { nodes { id } } }`, vars{"c": own})
	})
}

// An analyst's identifiers are the analyst's own: another's name nothing.
func TestAnalystsCannotJoin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		list := `{ cases(first: 100) { nodes { id patient { id } } } enrollments { nodes { id } } }`
		one, other := w.must("analyst", list, nil), w.must("analyst2", list, nil)
		for _, id := range []string{one.text("cases.nodes.0.id"), one.text("cases.nodes.0.patient.id"), one.text("enrollments.nodes.0.id")} {
			if strings.Contains(other.raw, id) {
				t.Errorf("both analysts have %s", id)
			}
			if a := w.do("analyst2", `query($id: ID!) { node(id: $id) { id } }`, vars{"id": id}); a.code() != "NOT_FOUND" {
				t.Errorf("another's identifier: %s", a.raw)
			}
			if a := w.do("provider", `query($id: ID!) { node(id: $id) { id } }`, vars{"id": id}); a.code() != "NOT_FOUND" {
				t.Errorf("an analyst's identifier: %s", a.raw)
			}
		}
		if strings.Contains(one.raw, w.id("case done")) {
			t.Error("the plain identifier is shown")
		}
	})
}

// A value behind a condition has no way round it.
func TestWithheldByEveryWay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		a := w.must("liaison", `query($id: ID!, $provider: ID!, $yes: Boolean = true) {
			plain: patient(id: $id) { name n: name }
			typed: node(id: $id) { id ... on Node { ... on Patient { a: name @include(if: $yes) ...F } } }
			list: nodes(ids: [$id, $id]) { ... on Patient { ...F } }
			edge: clientPatientTouchpoints(id: $provider) { nodes { patient { ...F touchpoints { nodes { patient { name } } } } subject body } edges { node { patient { birthDate } } } }
			clients: myClients { nodes { provider { touchpoints { nodes { subject body } } } } }
		} fragment F on Patient { f: name birthDate treatments { nodes { dosage startedAt endedAt } } conditions { nodes { onsetAt } } enrollments { nodes { referredAt patient { name } } } }`,
			vars{"id": w.id("patient cal"), "provider": w.id("provider provider")})
		for _, found := range storetest.Canaries(a.raw) {
			if strings.HasPrefix(found, "Canarycal") && !strings.HasPrefix(found, "Canarycall") || strings.HasPrefix(found, "Canaryjoint") {
				t.Errorf("%s is shown", found)
			}
		}
		withheld := a.withheld()
		for _, path := range []string{"plain.name", "plain.n", "typed.a", "typed.f", "list[1].f", "list[0].treatments.nodes[0].dosage", "list[0].enrollments.nodes[0].patient.name"} {
			if withheld[path] != "MEDICAL_AFFAIRS_CONSENT" {
				t.Errorf("%s is not listed as withheld: %v", path, withheld)
			}
		}
		if !strings.Contains(a.raw, canary("visit", "Body")) || !strings.Contains(a.raw, canary("ann", "Body")) {
			t.Error("what the liaison may read is missing")
		}
	})
}

// A document that one persona has warmed gains nobody else anything: not as text, and not by its hash.
func TestWarmDocuments(t *testing.T) {
	documents := []string{
		`query { caseQueue { nodes { id number subject } } }`,
		`query { myPatients { nodes { name birthDate } } }`,
		`query { users { nodes { subject } } }`,
		`query { cases { nodes { receivedYear } } }`,
		`mutation { acceptCase(input: {caseId: "case_00000000000000000000000000"}) { case { id } } }`,
		`mutation { revokeConsent(input: {consentId: "consent_00000000000000000000000000", reason: "because"}) { consent { id } } }`,
	}
	st := storetest.SQLite(t)
	w := newWorld(t, st)
	for _, document := range documents {
		sum := sha256.Sum256([]byte(document))
		persisted := map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hex.EncodeToString(sum[:])}}
		var knows []viewer.Persona
		for _, p := range viewer.Personas() {
			a := w.execute(w.as(first[p]), &graphql.RawParams{Query: document, Extensions: persisted})
			if a.code() != "GRAPHQL_VALIDATION_FAILED" {
				knows = append(knows, p)
			}
		}
		if len(knows) == 0 || len(knows) > 2 {
			t.Fatalf("%v know %s", knows, document)
		}
		for _, p := range viewer.Personas() {
			if slices.Contains(knows, p) {
				continue
			}
			for range 2 {
				if a := w.do(first[p], document, nil); a.code() != "GRAPHQL_VALIDATION_FAILED" || a.data != nil {
					t.Errorf("%s sends %s: %s", p, document, a.raw)
				}
				if a := w.execute(w.as(first[p]), &graphql.RawParams{Extensions: persisted}); a.data != nil || a.code() == "" {
					t.Errorf("%s sends the hash of %s: %s", p, document, a.raw)
				}
			}
		}
	}
}

// Mutations of other personas do not exist; nothing is suggested in their place.
func TestMutationsOfOthersDoNotExist(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	before := w.census()
	for _, p := range viewer.Personas() {
		for _, f := range graph.Contract().Mutation.Fields {
			if def := w.api.Views[p].Schema.Mutation; def != nil && def.Fields.ForName(f.Name) != nil {
				continue
			}
			a := w.do(first[p], "mutation { "+f.Name+"(input: {}) { __typename } }", nil)
			if a.code() != "GRAPHQL_VALIDATION_FAILED" || strings.Contains(a.raw, "Did you mean") || strings.Contains(a.raw, f.Type.Name()) {
				t.Errorf("%s calls %s: %s", p, f.Name, a.raw)
			}
		}
	}
	w.unchanged(before)
}

// A mutation that a persona has does nothing to a row that the viewer does not see, and says no more of it than of one
// that does not exist.
func TestMutationsOfForeignRows(t *testing.T) {
	const record = `mutation($id: ID!) { recordConsent(input: {patientId: $id, scope: MARKETING, capturedVia: PHONE, evidence: {recordingId: "r"}}) { consent { id } } }`
	const revoke = `mutation($id: ID!) { revokeConsent(input: {consentId: $id, reason: "because"}) { consent { id } } }`
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		for _, c := range []struct{ who, document, row string }{
			{"liaison2", accept, "case waiting"},
			{"sales", accept, "case waiting"},
			{"liaison", accept, "case west"},
			{"liaison2", reroute, "case waiting"},
			{"liaison2", giveBack, "case done"},
			{"liaison2", classify, "question waiting"},
			{"liaison2", draft, "case done"},
			{"liaison2", review, "response doneDraft"},
			{"information", approve, "response doneDraft"},
			{"information", sendBack, "response doneDraft"},
			{"liaison2", send, "response doneDraft"},
			{"quality", reroute, "case event"},
			{"provider2", confirm, "response done"},
			{"provider", confirm, "response doneDraft"},
			{"provider", confirm, "response own"},
			{"coordinator2", record, "patient ann"},
			{"coordinator2", revoke, "consent ann"},
			{"coordinator", record, "patient bob"},
		} {
			with := func(id string) vars {
				if c.document == draft {
					return w.letter(id, nil)
				}
				return vars{"id": id, "to": "LEGAL", "label": "OFF_LABEL"}
			}
			before := w.census()
			foreign, absent := w.do(c.who, c.document, with(w.id(c.row))), w.do(c.who, c.document, with(w.nobodys(c.who, w.key(c.row).Prefix)))
			if foreign.code() != "NOT_FOUND" || foreign.raw != absent.raw {
				t.Errorf("%s: %s\nforeign: %s\n absent: %s", c.who, c.document, foreign.raw, absent.raw)
			}
			w.unchanged(before)
		}
	})
}

// census is how many rows each table has, and how often they were changed: all but the record of reads.
func (w *world) census() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for name, entity := range ent.Graph {
		if name == "AuditEvent" || name == "AuditHead" || name == "EventHead" {
			continue
		}
		columns := "count(*), 0"
		for _, f := range entity.Fields {
			if f.Column == "version" {
				columns = "count(*), sum(version)"
			}
		}
		var rows int
		var versions *int
		w.ok(w.store.DB.QueryRowContext(w.t.Context(), "SELECT "+columns+" FROM "+entity.Table).Scan(&rows, &versions))
		if versions == nil {
			versions = new(int)
		}
		out[name] = fmt.Sprintf("%d rows, %d versions", rows, *versions)
	}
	return out
}

func (w *world) unchanged(before map[string]string) {
	w.t.Helper()
	if after := w.census(); !maps.Equal(before, after) {
		for name := range after {
			if before[name] != after[name] {
				w.t.Errorf("%s changed: %s, then %s", name, before[name], after[name])
			}
		}
	}
}
