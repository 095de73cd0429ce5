package graph_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// audited returns what is recorded while do runs, in the order of the record.
func (w *world) audited(do func()) []*ent.AuditEvent {
	w.t.Helper()
	before, err := w.client.AuditEvent.Query().IDs(w.system())
	w.ok(err)
	do()
	all, err := w.client.AuditEvent.Query().Order(auditevent.ByShard(), auditevent.BySeq()).All(w.system())
	w.ok(err)
	return slices.DeleteFunc(all, func(e *ent.AuditEvent) bool { return slices.Contains(before, e.ID) })
}

// recorded finds the one read of the entity with the detail.
func recorded(t *testing.T, entries []*ent.AuditEvent, entity, detail string) *ent.AuditEvent {
	t.Helper()
	var found []*ent.AuditEvent
	for _, e := range entries {
		if e.Action == code.AuditActionRead && e.Entity == entity && e.Detail == detail {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d reads of %s %q among %v", len(found), entity, detail, entries)
	}
	return found[0]
}

// names checks that the keys in a column are those of the rows.
func (w *world) names(column string, rows ...string) {
	w.t.Helper()
	var want []string
	for _, row := range rows {
		want = append(want, w.row(row).String())
	}
	got := strings.Fields(column)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Errorf("the record has %v, not %v (%v)", got, want, rows)
	}
}

// Every operation that shows identifiable rows is recorded with who, what and about whom before its answer leaves.
func TestReadsAreRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		entries := w.audited(func() {
			w.must("provider", `{ a: myPatients(first: 2) { nodes { id coverages { nodes { id status } } } } products { nodes { name } } }`, nil)
		})
		if len(entries) != 2 {
			t.Errorf("two entities, %d entries", len(entries))
		}
		for entity, rows := range map[string][]string{"Patient": {"patient ann", "patient cal", "patient dee"}, "Coverage": {"coverage ann", "coverage cal"}} {
			e := recorded(t, entries, entity, "")
			if *e.ActorID != w.row("user provider") || e.Persona != "PROVIDER" || e.Operation != "query myPatients products" || e.Decision != "PERMIT" ||
				e.RequestID != "request" || !e.At.Equal(noon) {
				t.Errorf("the entry says %v", e)
			}
			w.names(e.EntityIds, rows...) // the third patient was read to know of the next page
		}
		w.names(recorded(t, entries, "Coverage", "").PatientIds, "patient ann", "patient cal")

		hidden := w.audited(func() {
			w.must("provider", `query { ...F ... on Query { products { nodes { name } } } } fragment F on Query { myPatients(first: 1) { nodes { id } } }`, nil)
		})
		if e := recorded(t, hidden, "Patient", ""); e.Operation != "query myPatients products" {
			t.Errorf("fields in fragments are recorded as %q", e.Operation)
		}

		for _, silent := range []struct{ who, document string }{
			{"provider", `{ products { nodes { name } } carePrograms { nodes { name } } me { name } }`},
			{"admin", `{ users { nodes { name } } }`},
		} {
			if entries := w.audited(func() { w.must(silent.who, silent.document, nil) }); len(entries) > 0 {
				t.Errorf("%s is recorded: %v", silent.document, entries)
			}
		}
		if e := w.audited(func() { w.must("analyst", `{ products { nodes { name } } }`, nil) }); len(e) != 1 || e[0].Action != "EXECUTE" {
			t.Errorf("an analyst's query: %v", e)
		}
	})
}

// What a stream delivers is recorded as well, each event with its own answer.
func TestDeliveriesAreRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		items := w.follow("liaison", followQueue, nil)
		begun(t, items)
		var id string
		entries := w.audited(func() {
			id = w.submit("provider", vars{"patientId": w.id("patient ann")})
			if a := next(t, items, "caseCreated"); a.text("caseCreated.case.patient.name") == "" {
				t.Errorf("the patient permits it: %s", a.raw)
			}
		})
		entries = slices.DeleteFunc(entries, func(e *ent.AuditEvent) bool { return e.Operation != "subscription caseCreated" })
		if e := recorded(t, entries, "CareCase", ""); *e.ActorID != w.row("user liaison") || "case_"+id[5:] != id || len(strings.Fields(e.EntityIds)) != 1 {
			t.Errorf("the delivery: %v", e)
		} else {
			w.names(e.PatientIds, "patient ann")
		}
		w.names(recorded(t, entries, "Patient", "MEDICAL_AFFAIRS_CONSENT").EntityIds, "patient ann")
	})
}

// Where a read can not be recorded nothing is shown.
func TestUnrecordedIsNotShown(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.ok(w.reads.Close(t.Context()))
	a := w.do("provider", `{ myPatients { nodes { id name } } }`, nil)
	if a.code() != "INTERNAL" || a.data != nil || len(a.errors) != 1 || len(storetest.Canaries(a.raw)) > 0 {
		t.Errorf("%s", a.raw)
	}
	if n := strings.Count(w.logs.String(), "operation failed"); n != 1 {
		t.Errorf("it is logged %d times", n)
	}
	w.must("provider", `{ products { nodes { name } } }`, nil)
}

// The consent of a patient opens the name to the liaison at the next read, its end closes it again; each time that
// the name is shown is recorded with the condition.
func TestConsentUnmasks(t *testing.T) {
	const read = `query($id: ID!) { patient(id: $id) { name birthDate pseudonym } }`
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		masked := func(row string) {
			t.Helper()
			entries := w.audited(func() {
				a := w.must("liaison", read, vars{"id": w.id("patient " + row)})
				if a.at("patient.name") != nil || a.withheld()["patient.name"] != "MEDICAL_AFFAIRS_CONSENT" || len(storetest.Canaries(a.raw)) > 0 {
					t.Errorf("%s: %s", row, a.raw)
				}
			})
			if e := recorded(t, entries, "Patient", ""); len(entries) != 1 {
				t.Errorf("%s: more than the read is recorded: %v", row, e)
			}
		}
		for _, row := range []string{"cal", "rex", "eve", "fay", "dee"} {
			masked(row)
		}
		record := func(scope string, decision string) string {
			return w.must("coordinator", `mutation($id: ID!, $scope: ConsentScope!, $decision: ConsentDecision!) { recordConsent(input: {patientId: $id, scope: $scope,
				decision: $decision, capturedVia: PHONE, evidence: {recordingId: "R-1"}}) { consent { id status } } }`,
				vars{"id": w.id("patient cal"), "scope": scope, "decision": decision}).text("recordConsent.consent.id")
		}
		record("MARKETING", "PERMIT")
		masked("cal")
		record("MEDICAL_AFFAIRS", "DENY")
		masked("cal")
		w.later(1)
		given := record("MEDICAL_AFFAIRS", "PERMIT")
		entries := w.audited(func() {
			a := w.must("liaison", read, vars{"id": w.id("patient cal")})
			if a.text("patient.name") != canary("cal", "Given")+" "+canary("cal", "Family") || a.extensions != nil {
				t.Errorf("with consent: %s", a.raw)
			}
		})
		w.names(recorded(t, entries, "Patient", "MEDICAL_AFFAIRS_CONSENT").PatientIds, "patient cal")
		w.must("coordinator", `mutation($id: ID!) { revokeConsent(input: {consentId: $id, reason: "asked for"}) { consent { status } } }`, vars{"id": given})
		masked("cal")
		// The other liaison has no part in it, and a consent that runs out closes by itself.
		if a := w.do("liaison2", read, vars{"id": w.id("patient cal")}); a.code() != "NOT_FOUND" {
			t.Errorf("liaison2: %s", a.raw)
		}
		w.set(day(50))
		masked("ann")
	})
}

// A refused change leaves one denial and nothing else.
func TestDenialsAreRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		for _, c := range []struct{ who, document, id, entity string }{
			{"liaison", `mutation($id: ID!) { draftInquiryResponse(input: {caseId: $id, kind: VERBAL, body: "x"}) { case { id } } }`, "case waiting", "CareCase"},
			{"liaison", `mutation($id: ID!) { returnToQueue(input: {caseId: $id, reason: "because"}) { case { id } } }`, "case waiting", "CareCase"},
			{"chief", `mutation($id: ID!) { submitResponseForReview(input: {responseId: $id}) { response { id } } }`, "response doneDraft", "InquiryResponse"},
			{"chief", `mutation($id: ID!) { approveInquiryResponse(input: {responseId: $id}) { response { id } } }`, "response doneDraft", "InquiryResponse"},
			{"liaison", `mutation($id: ID!) { returnInquiryResponse(input: {responseId: $id, reason: "because"}) { response { id } } }`, "response doneDraft", "InquiryResponse"},
		} {
			before := w.census()
			entries := w.audited(func() {
				if a := w.do(c.who, c.document, vars{"id": w.id(c.id)}); a.code() != "FORBIDDEN" {
					t.Errorf("%s: %s", c.document, a.raw)
				}
			})
			w.unchanged(before)
			denied := slices.DeleteFunc(entries, func(e *ent.AuditEvent) bool { return e.Decision != "DENY" })
			if len(denied) != 1 || denied[0].Entity != c.entity || denied[0].Action != "EXECUTE" || denied[0].Detail == "" || *denied[0].ActorID != w.row("user "+c.who) {
				t.Fatalf("%s: %v", c.document, denied)
			}
			w.names(denied[0].EntityIds, c.id)
		}
		// A user who has been disabled meanwhile.
		signedIn := w.as("liaison2")
		w.ok(w.client.Identity.UpdateOneID(w.row("user liaison2")).SetStatus("DISABLED").Exec(w.system()))
		entries := w.audited(func() {
			if a := w.send(signedIn, accept, vars{"id": w.id("case west")}); a.code() != "FORBIDDEN" {
				t.Errorf("disabled: %s", a.raw)
			}
		})
		if len(entries) != 1 || entries[0].Decision != "DENY" {
			t.Errorf("disabled: %v", entries)
		}
	})
}

// watch returns a function that gives the rows written since it was last called, by entity: all but logs.
func (w *world) watch() func() map[string][]uuid.UUID {
	logs := []string{"AuditEvent", "AuditHead", "Event", "EventHead", "IdempotencyKey", "StatusChange", "CaseRouting"}
	var mu sync.Mutex
	written := map[string][]uuid.UUID{}
	w.client.Use(func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			value, err := next.Mutate(ctx, m)
			keyed, ok := m.(interface{ ID() (uuid.UUID, bool) })
			if err != nil || !ok || slices.Contains(logs, m.Type()) {
				return value, err
			}
			id, _ := keyed.ID()
			mu.Lock()
			defer mu.Unlock()
			written[m.Type()] = append(written[m.Type()], id)
			return value, err
		})
	})
	return func() map[string][]uuid.UUID {
		mu.Lock()
		defer mu.Unlock()
		out := written
		written = map[string][]uuid.UUID{}
		return out
	}
}
