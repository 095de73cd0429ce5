package audit

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// length is the length of the chain that tests tamper with.
const length = 12

// attacker is somebody who may do everything in the database and starts from the same record each time.
type attacker struct {
	*store.Store
	shard int
}

// newAttacker fills one chain, puts something into two others and removes the triggers.
func newAttacker(t *testing.T, s *store.Store) *attacker {
	t.Helper()
	a := &attacker{Store: s, shard: shardOf(actor(1))}
	for i := range length {
		mustAppend(as(t, actor(1), viewer.Coordinator), t, s.Client, read(actor(i), actor(i+1)))
	}
	mustAppend(as(t, actor(2), viewer.Patient), t, s.Client, read(actor(2)))
	mustAppend(as(t, actor(3), viewer.Patient), t, s.Client, read(actor(3)))
	for _, table := range []string{"audit_events", "audit_heads", "audit_floors"} {
		if s.Dialect == "postgres" {
			a.exec(t, "ALTER TABLE "+table+" DISABLE TRIGGER USER")
		}
		a.exec(t, "CREATE TABLE saved_"+table+" AS SELECT * FROM "+table)
	}
	if s.Dialect == "sqlite3" {
		for _, trigger := range []string{
			"audit_events_update", "audit_events_delete", "audit_events_insert", "audit_heads_update", "audit_heads_delete",
			"audit_floors_update", "audit_floors_delete",
		} {
			a.exec(t, "DROP TRIGGER "+trigger)
		}
	}
	return a
}

func (a *attacker) exec(t *testing.T, statements ...string) {
	for _, s := range statements {
		if _, err := a.DB.Exec(s); err != nil {
			t.Fatal(s, err)
		}
	}
}

// restore puts the record back as it was.
func (a *attacker) restore(t *testing.T) {
	for _, table := range []string{"audit_events", "audit_heads", "audit_floors"} {
		a.exec(t, "DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM saved_"+table)
	}
}

// forge changes the rows of the chain from seq on, hashes them anew and returns the new end of the chain.
func (a *attacker) forge(t *testing.T, seq int64, change func([]*ent.AuditEvent) []*ent.AuditEvent) *ent.AuditEvent {
	ctx := viewer.System(t.Context(), "test")
	rows, err := a.Client.AuditEvent.Query().Where(auditevent.Shard(a.shard), auditevent.SeqGTE(seq)).Order(auditevent.BySeq()).All(ctx)
	if err != nil {
		t.Fatal(err)
	}
	hash := rows[0].PrevHash
	rows = change(rows)
	for i, e := range rows {
		e.Seq = seq + int64(i)
		e.ID, e.PrevHash = keyOf(e.Shard, e.Seq), hash
		e.Hash = digest(e)
		hash = e.Hash
	}
	a.exec(t, fmt.Sprintf("DELETE FROM audit_events WHERE shard = %d AND seq >= %d", a.shard, seq))
	tx, err := a.Client.Tx(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range rows {
		if err := create(tx, e).Exec(ctx); err != nil {
			t.Fatal(errors.Join(err, tx.Rollback()))
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return rows[len(rows)-1]
}

func (a *attacker) setHead(t *testing.T, seq int64, hash []byte) {
	a.exec(t, fmt.Sprintf("UPDATE audit_heads SET seq = %d, hash = %s WHERE id = %d", seq, blob(a.Store, hash), a.shard))
}

// detail is a change that gives the first row another detail.
func detail(rows []*ent.AuditEvent) []*ent.AuditEvent {
	rows[0].Detail += "forged"
	return rows
}

// insert is a change that puts another row behind the first.
func insert(rows []*ent.AuditEvent) []*ent.AuditEvent {
	twin := *rows[0]
	return slices.Insert(rows, 1, &twin)
}

// row returns the row k of the chain.
func (a *attacker) row(t *testing.T, k int64) *ent.AuditEvent {
	t.Helper()
	e, err := a.Client.AuditEvent.Query().Where(auditevent.Shard(a.shard), auditevent.Seq(k)).Only(viewer.System(t.Context(), "test"))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// set changes columns of the row k.
func (a *attacker) set(t *testing.T, k int64, columns string) {
	a.exec(t, fmt.Sprintf("UPDATE audit_events SET %s WHERE shard = %d AND seq = %d", columns, a.shard, k))
}

// tampering is a way to tamper with row k. It returns the first row that shows it.
type tampering func(t *testing.T, a *attacker, k int64) int64

// flip changes one row in place.
func flip(columns string) tampering {
	return func(t *testing.T, a *attacker, k int64) int64 {
		a.set(t, k, columns)
		return k
	}
}

const someKey = "'00000000-0000-7000-8000-000000000001'"

// found are the ways that the record itself shows.
var found = map[string]tampering{
	"id":          flip("id = id + 160000"),
	"at":          flip("at = '2001-02-03 04:05:06+00:00'"),
	"nobody":      flip("actor_id = NULL"),
	"somebody":    flip("actor_id = " + someKey),
	"persona":     flip("persona = persona || 'x'"),
	"action":      flip("action = 'DELETE'"),
	"operation":   flip("operation = operation || 'x'"),
	"entity":      flip("entity = entity || 'x'"),
	"entity ids":  flip("entity_ids = entity_ids || ' x'"),
	"patient ids": flip("patient_ids = ''"),
	"detail":      flip("detail = 'x'"),
	"decision":    flip("decision = 'DENY'"),
	"consent":     flip("consent_id = " + someKey),
	"request":     flip("request_id = 'x'"),
	"shifted":     flip("operation = operation || entity, entity = ''"),
	"other shard": flip(fmt.Sprintf("shard = shard %% %d + 1, seq = seq + 100", Shards)),
	"to the end":  flip(fmt.Sprintf("seq = %d", length+1)),
	"hash": func(t *testing.T, a *attacker, k int64) int64 {
		a.set(t, k, "hash = "+blob(a.Store, make([]byte, 32)))
		return k
	},
	"previous hash": func(t *testing.T, a *attacker, k int64) int64 {
		a.set(t, k, "prev_hash = "+blob(a.Store, []byte("x")))
		return k
	},
	"delete": func(t *testing.T, a *attacker, k int64) int64 {
		a.exec(t, fmt.Sprintf("DELETE FROM audit_events WHERE shard = %d AND seq = %d", a.shard, k))
		return k
	},
	"truncate": func(t *testing.T, a *attacker, k int64) int64 {
		a.exec(t, fmt.Sprintf("DELETE FROM audit_events WHERE shard = %d AND seq >= %d", a.shard, k))
		return k
	},
	"swap": func(t *testing.T, a *attacker, k int64) int64 {
		other := k%length + 1
		a.set(t, k, "seq = -1")
		a.set(t, other, fmt.Sprintf("seq = %d", k))
		a.set(t, -1, fmt.Sprintf("seq = %d", other))
		return min(k, other)
	},
	"replace with a matching hash": func(t *testing.T, a *attacker, k int64) int64 {
		e := a.row(t, k)
		e.Detail = "forged"
		a.set(t, k, "detail = 'forged', hash = "+blob(a.Store, digest(e)))
		return min(k+1, length) // the next row, or the head, tells
	},
	"alter and hash anew": func(t *testing.T, a *attacker, k int64) int64 {
		a.forge(t, k, detail)
		return length // the head tells
	},
	"insert and hash anew": func(t *testing.T, a *attacker, k int64) int64 {
		a.forge(t, k, insert)
		if k == length {
			return length + 1 // beyond the head
		}
		return length
	},
	"lose the head": func(t *testing.T, a *attacker, _ int64) int64 {
		a.exec(t, fmt.Sprintf("DELETE FROM audit_heads WHERE id = %d", a.shard))
		return 0
	},
	"raise the floor": func(t *testing.T, a *attacker, _ int64) int64 {
		a.exec(t, fmt.Sprintf("UPDATE audit_floors SET seq = %d WHERE shard = %d", length+1, a.shard))
		return length
	},
}

// anchored are the ways that only an anchor shows: the attacker moves the head as well.
var anchored = map[string]tampering{
	"truncate and move the head": func(t *testing.T, a *attacker, k int64) int64 {
		before := a.row(t, k).PrevHash
		a.exec(t, fmt.Sprintf("DELETE FROM audit_events WHERE shard = %d AND seq >= %d", a.shard, k))
		a.setHead(t, k-1, before)
		return k
	},
	"alter, hash anew and move the head": func(t *testing.T, a *attacker, k int64) int64 {
		end := a.forge(t, k, detail)
		a.setHead(t, end.Seq, end.Hash)
		return length
	},
}

// TestVerifyNamesTheRow tampers with rows in every way and expects the first row that shows it.
func TestVerifyNamesTheRow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAttacker(t, s)
		whole := mustVerify(t, s.Client)
		if err := whole.Err(); err != nil {
			t.Fatal(err)
		}
		try := func(way string, tamper tampering, needsAnchor bool) {
			for _, k := range []int64{1, 2, 7, length - 1, length} {
				want := tamper(t, a, k)
				for _, anchors := range [][]Anchor{nil, whole.Anchors()} {
					fault := mustVerify(t, s.Client, anchors...).Chains[a.shard-1].Fault
					switch {
					case needsAnchor && anchors == nil:
						if fault != nil {
							t.Errorf("%s at %d: found without an anchor: %v", way, k, fault)
						}
					case fault == nil || fault.Seq != want || fault.Shard != a.shard:
						t.Errorf("%s at %d, %d anchors: got %v, want row %d", way, k, len(anchors), fault, want)
					}
				}
				a.restore(t)
			}
		}
		for way, tamper := range found {
			try(way, tamper, false)
		}
		for way, tamper := range anchored {
			try(way, tamper, true)
		}
		if err := mustVerify(t, s.Client, whole.Anchors()...).Err(); err != nil {
			t.Error("after all was restored:", err)
		}
	})
}

func TestVerifyFindsStrayRows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAttacker(t, s)
		a.exec(t, fmt.Sprintf("UPDATE audit_events SET shard = 17 WHERE shard = %d AND seq = %d", a.shard, length))
		report := mustVerify(t, s.Client)
		if len(report.Chains) != Shards+1 || report.Chains[Shards].Fault.Error() != fmt.Sprintf("audit: shard 17, row %d: belongs to no chain", length) {
			t.Error(report.Err())
		}
	})
}

// TestRetention cuts a chain as retention does.
func TestRetention(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := as(t, actor(1), viewer.Patient)
		for i := range 5 {
			mustAppend(ctx, t, s.Client, read(actor(i)))
		}
		shard := shardOf(actor(1))
		anchors := mustVerify(t, s.Client).Anchors()
		for _, k := range []int64{2, 5} {
			if err := cut(s, shard, k); err != nil {
				t.Fatal(err)
			}
			report := mustVerify(t, s.Client, anchors...)
			if err := report.Err(); err != nil || report.Chains[shard-1].Floor != k {
				t.Errorf("floor %d: %v", report.Chains[shard-1].Floor, err)
			}
			if n := len(recorded(t, s.Client)); n != int(5-k) {
				t.Errorf("%d rows above the floor %d", n, k)
			}
		}
		mustAppend(ctx, t, s.Client, read(actor(6)))
		report := mustVerify(t, s.Client)
		if err := report.Err(); err != nil || report.Chains[shard-1].Seq != 6 {
			t.Errorf("%+v %v", report.Chains[shard-1], err)
		}
		if _, err := s.DB.Exec("DELETE FROM audit_events"); err == nil {
			t.Error("a row above the floor was deleted")
		}
	})
}

// cut removes the rows of a shard up to seq.
func cut(s *store.Store, shard int, seq int64) error {
	tx, err := s.DB.Begin()
	if err != nil {
		return err
	}
	for _, statement := range []string{
		fmt.Sprintf("UPDATE audit_floors SET seq = %d, hash = (SELECT hash FROM audit_events WHERE shard = %d AND seq = %d) WHERE shard = %d", seq, shard, seq, shard),
		fmt.Sprintf("DELETE FROM audit_events WHERE shard = %d AND seq <= %d", shard, seq),
	} {
		if _, err := tx.Exec(statement); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// TestVerifyWhileRowsComeAndGo verifies while transactions and a Writer append and retention cuts.
func TestVerifyWhileRowsComeAndGo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const actors, rounds = 4, 30
		w := NewWriter(s.Client)
		var all sync.WaitGroup
		for n := range actors {
			ctx := as(t, actor(n), viewer.Patient)
			all.Go(func() {
				for i := range rounds {
					err := errors.Join(inTx(ctx, s.Client, read(actor(n))), w.Write(ctx, read(actor(n))))
					if n == 0 {
						err = errors.Join(err, cut(s, shardOf(actor(0)), int64(i+1)))
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { all.Wait(); close(done) }()
		for running := true; running; {
			select {
			case <-done:
				running = false
			default:
			}
			if err := mustVerify(t, s.Client).Err(); err != nil {
				t.Error(err)
			}
		}
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
		var rows int64
		for _, c := range mustVerify(t, s.Client).Chains {
			rows += c.Seq
		}
		if rows != actors*rounds*2 {
			t.Errorf("%d rows were written", rows)
		}
	})
}
