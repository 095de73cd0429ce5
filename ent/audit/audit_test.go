package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// actor returns the nth of a fixed row of keys.
func actor(n int) uuid.UUID { return uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)) }

// as returns a context for the actor.
func as(t testing.TB, key uuid.UUID, persona viewer.Persona) context.Context {
	return viewer.NewContext(t.Context(), &viewer.Identity{Key: key, Role: persona})
}

func read(ids ...uuid.UUID) Entry {
	return Entry{Action: code.AuditActionRead, Operation: "patients", Entity: ent.TypePatient, IDs: ids, Patients: ids}
}

func mustAppend(ctx context.Context, t testing.TB, client *ent.Client, entries ...Entry) {
	t.Helper()
	if err := inTx(ctx, client, entries...); err != nil {
		t.Fatal(err)
	}
}

func inTx(ctx context.Context, client *ent.Client, entries ...Entry) error {
	tx, err := client.Tx(ctx)
	if err != nil {
		return err
	}
	if err := Append(ctx, tx, entries...); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// recorded returns all rows in the order of their keys.
func recorded(t testing.TB, client *ent.Client) []*ent.AuditEvent {
	t.Helper()
	rows, err := client.AuditEvent.Query().Order(auditevent.ByID()).All(viewer.System(t.Context(), "test"))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func mustVerify(t testing.TB, client *ent.Client, anchors ...Anchor) Report {
	t.Helper()
	report, err := Verify(t.Context(), client, anchors...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestAppend(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		at := time.Date(2026, 3, 4, 5, 6, 7, 89000, time.UTC)
		ctx := clock.At(as(t, actor(1), viewer.Coordinator), at)
		ctx = NewContext(ctx, NewRecorder(viewer.From(ctx), "request-1"))
		consent := actor(9)
		// On behalf of somebody, as mutations write.
		mustAppend(viewer.System(ctx, "test"), t, s.Client,
			Entry{
				Action: code.AuditActionUpdate, Operation: "activateEnrollment", Entity: ent.TypeEnrollment,
				IDs: []uuid.UUID{actor(2), actor(3)}, Patients: []uuid.UUID{actor(4)}, Detail: "größer", ConsentID: &consent,
			},
			Entry{Action: code.AuditActionDelete, Operation: "x", Decision: code.AuditDecisionDeny, RequestID: "request-2"})
		// On behalf of nobody.
		mustAppend(clock.At(viewer.System(t.Context(), "test"), at), t, s.Client, read())

		first, key := shardOf(actor(1)), actor(1)
		want := map[int64]*ent.AuditEvent{
			keyOf(first, 1): {
				Shard: first, Seq: 1, At: at, ActorID: &key, Persona: "COORDINATOR", Action: "UPDATE",
				Operation: "activateEnrollment", Entity: "Enrollment", EntityIds: actor(2).String() + " " + actor(3).String(),
				PatientIds: actor(4).String(), Detail: "größer", Decision: "PERMIT", ConsentID: &consent, RequestID: "request-1",
			},
			keyOf(first, 2): {
				Shard: first, Seq: 2, At: at, ActorID: &key, Persona: "COORDINATOR", Action: "DELETE",
				Operation: "x", Decision: "DENY", RequestID: "request-2",
			},
			keyOf(shardOf(uuid.Nil), 1): {
				Shard: shardOf(uuid.Nil), Seq: 1, At: at, Action: "READ", Operation: "patients", Entity: "Patient", Decision: "PERMIT",
			},
		}
		got := map[int64]*ent.AuditEvent{}
		for _, e := range recorded(t, s.Client) {
			got[e.ID] = e
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(ent.AuditEvent{}),
			cmpopts.IgnoreFields(ent.AuditEvent{}, "ID", "PrevHash", "Hash")); diff != "" {
			t.Error(diff)
		}
		if err := mustVerify(t, s.Client).Err(); err != nil {
			t.Error(err)
		}
	})
}

func TestAppendManyRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mustAppend(as(t, actor(1), viewer.Patient), t, s.Client, make1201()...)
		if n := len(recorded(t, s.Client)); n != 1201 {
			t.Errorf("%d rows", n)
		}
		if err := mustVerify(t, s.Client).Err(); err != nil {
			t.Error(err)
		}
	})
}

// make1201 returns more entries than one statement takes and than Verify reads at a time.
func make1201() []Entry {
	entries := make([]Entry, 1201)
	for i := range entries {
		entries[i] = read(actor(i))
	}
	return entries
}

func TestAppendStatements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, counter := store.WithCounter(as(t, actor(1), viewer.Patient))
		mustAppend(ctx, t, s.Client, read(actor(1)), read(actor(2)))
		if n := counter.Count(); n != 3 {
			t.Errorf("%d statements: %v", n, counter.Statements())
		}
	})
}

func TestAppendRollsBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := as(t, actor(1), viewer.Patient)
		tx, err := s.Client.Tx(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(Append(ctx, tx, read(actor(1))), tx.Rollback()); err != nil {
			t.Fatal(err)
		}
		mustAppend(ctx, t, s.Client, read(actor(2)))
		rows := recorded(t, s.Client)
		if len(rows) != 1 || rows[0].Seq != 1 {
			t.Errorf("%v", rows)
		}
		if err := mustVerify(t, s.Client).Err(); err != nil {
			t.Error(err)
		}
	})
}

func TestAppendRefuses(t *testing.T) {
	for name, e := range map[string]Entry{
		"action":   {Action: "LOOK"},
		"decision": {Action: code.AuditActionRead, Decision: "MAYBE"},
		"zero":     {Action: code.AuditActionRead, Detail: "a\x00b"},
		"utf-8":    {Action: code.AuditActionRead, RequestID: "a\xffb"},
	} {
		if _, err := draft(t.Context(), []Entry{read(), e}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestAllShardsAreUsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for n := range 120 {
			mustAppend(as(t, actor(n), viewer.Patient), t, s.Client, read(actor(n)))
		}
		used := map[int]int{}
		for _, e := range recorded(t, s.Client) {
			if e.Shard != shardOf(*e.ActorID) {
				t.Errorf("actor %s is in shard %d", e.ActorID, e.Shard)
			}
			used[e.Shard]++
		}
		for shard := 1; shard <= Shards; shard++ {
			if used[shard] == 0 {
				t.Errorf("shard %d is empty: %v", shard, used)
			}
		}
		if len(used) != Shards {
			t.Errorf("%d shards", len(used))
		}
	})
}

func TestTriggersGuardTheRecord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := as(t, actor(1), viewer.Patient)
		mustAppend(ctx, t, s.Client, read(actor(1)), read(actor(2)), read(actor(3)))
		rows := recorded(t, s.Client)
		shard := rows[0].Shard
		before := mustVerify(t, s.Client)
		statements := map[string]string{
			"UPDATE audit_events SET detail = 'x'":               "append-only",
			"DELETE FROM audit_events WHERE seq = 3":             "append-only",
			"UPDATE audit_heads SET seq = seq - 1 WHERE seq > 0": "forward only",
			"DELETE FROM audit_heads WHERE id = 1":               "forward only",
			"DELETE FROM audit_floors WHERE shard = 1":           "a row that stands",
			"UPDATE audit_floors SET seq = -1":                   "a row that stands",
			fmt.Sprintf("UPDATE audit_floors SET seq = 3, hash = %s WHERE shard = %d", blob(s, rows[1].Hash), shard): "a row that stands",
			fmt.Sprintf("UPDATE audit_floors SET seq = 4, hash = %s WHERE shard = %d", blob(s, rows[2].Hash), shard): "a row that stands",
		}
		if s.Dialect == "postgres" {
			statements["TRUNCATE audit_events"] = "append-only"
			statements["TRUNCATE audit_heads"] = "forward only"
			statements["TRUNCATE audit_floors"] = "a row that stands"
		} else {
			statements["INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events WHERE seq = 2"] = "append-only"
		}
		for statement, reason := range statements {
			_, err := s.DB.ExecContext(t.Context(), statement)
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%s: %v", statement, err)
			}
		}
		if diff := cmp.Diff(before, mustVerify(t, s.Client)); diff != "" || before.Err() != nil {
			t.Error(diff, before.Err())
		}
	})
}

// blob returns the bytes as a literal of the engine.
func blob(s *store.Store, b []byte) string {
	if s.Dialect == "postgres" {
		return fmt.Sprintf(`'\x%x'::bytea`, b)
	}
	return fmt.Sprintf("x'%x'", b)
}
