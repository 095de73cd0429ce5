package graph_test

import (
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/carehub/carehub/ent/membership"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph/fault"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

const (
	followQueue    = `subscription($after: StreamCursor) { caseCreated(after: $after) { __typename ... on CaseCreated { reason case { id number subject patient { name } } } ... on StreamCheckpoint { cursor } } }`
	followAssigned = `subscription { caseAssigned { __typename ... on CaseAssigned { case { id } } } }`
	followOwn      = `subscription { myCaseUpdated { __typename ... on CaseUpdated { case { id status } } } }`
)

// next returns the next item that is no checkpoint.
func next(t *testing.T, items func(time.Duration) *answer, field string) answer {
	t.Helper()
	for {
		a := items(patience)
		if a == nil {
			t.Fatal("nothing comes")
		}
		if a.text(field+".__typename") != "StreamCheckpoint" {
			return *a
		}
	}
}

// begun waits for the checkpoint by which a stream says that it has begun.
func begun(t *testing.T, items func(time.Duration) *answer) {
	t.Helper()
	if items(patience) == nil {
		t.Fatal("the stream does not begin")
	}
}

// Whoever serves another territory hears nothing of a case: the first item is that of the own.
func TestStreamOfAnotherTerritory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		itsOwn, others, theirs := w.follow("liaison2", followQueue, nil), w.follow("liaison", followQueue, nil), w.follow("sales", followQueue, nil)
		begun(t, itsOwn)
		begun(t, others)
		begun(t, theirs)
		inEast := w.submit("provider", nil)
		inWest := w.submit("provider2", nil)
		if a := next(t, others, "caseCreated"); a.text("caseCreated.case.id") != inEast || a.text("caseCreated.reason") != "CREATED" {
			t.Errorf("liaison: %s", a.raw)
		}
		if a := next(t, itsOwn, "caseCreated"); a.text("caseCreated.case.id") != inWest {
			t.Errorf("liaison2: %s", a.raw)
		}
		w.must("liaison", `mutation($id: ID!) { rerouteCase(input: {caseId: $id, department: COMMERCIAL, reason: "theirs now"}) { caseId } }`, vars{"id": inEast})
		if a := next(t, theirs, "caseCreated"); a.text("caseCreated.case.id") != inEast || a.text("caseCreated.reason") != "REROUTED" {
			t.Errorf("sales: %s", a.raw)
		}
	})
}

// What enters the queues of others costs a stream no statement.
func TestStreamOfOthersIsCheap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		ctx, statements := store.WithCounter(w.as("liaison2"))
		respond, ctx, refused := w.start(ctx, &graphql.RawParams{Query: followQueue})
		if refused != nil {
			t.Fatal(refused.Errors)
		}
		cost := func(others int) int { // of hearing of one case of the own, and of the others
			before := statements.Count()
			for range others {
				w.submit("provider", nil)
			}
			id := w.submit("provider2", nil)
			if a := w.answer(respond(ctx)); a.text("caseCreated.case.id") != id {
				t.Fatalf("not %s: %s", id, a.raw)
			}
			return statements.Count() - before
		}
		respond(ctx) // the checkpoint
		if alone, amongOthers := cost(0), cost(3); alone != amongOthers || alone == 0 {
			t.Errorf("%d statements, and %d after three events of another territory", alone, amongOthers)
		}
	})
}

// An event is read anew for each viewer: a case that has left the queue since is not delivered.
func TestStreamAfterReroute(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		head := w.must("liaison", `{ caseStreamHead }`, nil).text("caseStreamHead")
		gone := w.submit("provider", nil)
		w.must("liaison", `mutation($id: ID!) { rerouteCase(input: {caseId: $id, department: LEGAL, reason: "not ours"}) { case { id } } }`, vars{"id": gone})
		stays := w.submit("provider", nil)
		items := w.follow("liaison", followQueue, vars{"after": head})
		if a := next(t, items, "caseCreated"); a.text("caseCreated.case.id") != stays {
			t.Errorf("after the reroute: %s", a.raw)
		}
	})
}

// Who leaves a department hears no more of its cases, from the very next event on.
func TestStreamAfterMembership(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.ok(w.client.Membership.Create().SetIdentityID(w.row("user liaison")).SetDepartment("LEGAL").SetStartedAt(day(-1)).Exec(w.system()))
		items := w.follow("liaison", followQueue, nil)
		begun(t, items)
		w.ok(w.client.Membership.Update().Where(membership.IdentityID(w.row("user liaison")), membership.DepartmentEQ("MEDICAL_AFFAIRS")).
			SetEndedAt(noon).Exec(w.system()))
		unheard := w.submit("provider", nil)
		w.must("chief", `mutation($id: ID!) { rerouteCase(input: {caseId: $id, department: LEGAL, reason: "theirs"}) { caseId } }`, vars{"id": w.id("case waiting")})
		if a := next(t, items, "caseCreated"); a.text("caseCreated.case.id") != w.id("case waiting") {
			t.Errorf("not %s: %s", unheard, a.raw)
		}
	})
}

// Assignments and steps go to those whom they concern.
func TestStreamsOfOwnCases(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		mine, others := w.follow("liaison", followAssigned, nil), w.follow("chief", followAssigned, nil)
		own, foreign := w.follow("provider", followOwn, nil), w.follow("provider2", followOwn, nil)
		for _, items := range []func(time.Duration) *answer{mine, others, own, foreign} {
			begun(t, items)
		}
		w.must("liaison", accept, vars{"id": w.id("case waiting")})
		w.must("chief", accept, vars{"id": w.id("case west")})
		for _, c := range []struct {
			items       func(time.Duration) *answer
			field, want string
		}{
			{mine, "caseAssigned", "case waiting"},
			{others, "caseAssigned", "case west"},
			{own, "myCaseUpdated", "case waiting"},
			{foreign, "myCaseUpdated", "case west"},
		} {
			if a := next(t, c.items, c.field); a.text(c.field+".case.id") != w.id(c.want) {
				t.Errorf("%s: not %s: %s", c.field, c.want, a.raw)
			}
		}
	})
}

// What the server fails to deliver is not passed over: the stream is broken off before it, and after the cursor that
// the client has comes what was not delivered.
func TestStreamThatFails(t *testing.T) {
	for _, c := range []struct{ name, fails, mended string }{
		{"reading who asks", "ALTER TABLE memberships RENAME TO gone", "ALTER TABLE gone RENAME TO memberships"},
		{"reading the case", "ALTER TABLE care_cases RENAME TO gone", "ALTER TABLE gone RENAME TO care_cases"},
		{"reading what belongs to it", "ALTER TABLE medical_inquiries RENAME TO gone", "ALTER TABLE gone RENAME TO medical_inquiries"},
		{"recording that it was read", "ALTER TABLE audit_heads RENAME TO gone", "ALTER TABLE gone RENAME TO audit_heads"},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, st *store.Store) {
				w := newWorld(t, st)
				head := w.must("liaison", `{ caseStreamHead }`, nil).text("caseStreamHead")
				id := w.submit("provider", nil)
				change := func(statement string) {
					if _, err := st.DB.ExecContext(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
				const document = `subscription($after: StreamCursor) { caseCreated(after: $after) { __typename
					... on CaseCreated { case { id inquiry { id } } } } }`
				change(c.fails)
				ctx, broken := fault.Breakable(w.as("liaison"))
				respond, ctx, refused := w.start(ctx, &graphql.RawParams{Query: document, Variables: vars{"after": head}})
				if refused != nil {
					t.Fatal(refused.Errors)
				}
				if r := respond(ctx); r != nil || broken() == nil {
					t.Errorf("got %s, broken off: %v", r.Data, broken())
				}
				change(c.mended)
				if a := next(t, w.follow("liaison", document, vars{"after": head}), "caseCreated"); a.text("caseCreated.case.id") != id {
					t.Errorf("afterwards: %s", a.raw)
				}
			})
		})
	}
}

// Each event asks at its own moment: a consent that came into force while the stream waited unmasks, one that expired
// meanwhile masks.
func TestStreamAsksAtTheEvent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		items := w.follow("liaison", followQueue, nil)
		begun(t, items)
		for _, step := range []struct {
			days     int
			ann, fay bool // shown
		}{{0, true, false}, {2, true, true}, {58, false, false}} { // ann's consent ends after 50 days, fay's begins after one
			w.later(time.Duration(step.days) * 24 * time.Hour)
			for name, shown := range map[string]bool{"ann": step.ann, "fay": step.fay} {
				w.submit("provider", vars{"patientId": w.id("patient " + name)})
				if a := next(t, items, "caseCreated"); (a.at("caseCreated.case.patient.name") != nil) != shown {
					t.Errorf("%d days on, %s: %s", step.days, name, a.raw)
				}
			}
		}
	})
}
