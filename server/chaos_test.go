package main

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/stream/streamtest"
)

var chaosEvents = flag.Int("chaos.events", 1500, "events of a chaos test")

const (
	chaosSubscribers = 6
	directWriters    = 6
	apiWriters       = 2
)

// TestChaos: whatever happens to servers, connections and the database, every subscriber receives what was committed:
// all of it, once, in one order. Where that is impossible, because a backup was restored, every one of them is told.
func TestChaos(t *testing.T) {
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		durable := storetest.NewDurable(t)
		c := newChaos(t, durable.URL(), 3)
		c.backup = clusterBackup{durable}
		c.faults = []func(context.Context){c.killNode, c.terminateBackends, c.pauseSequencer, c.jumpClocks, c.crashDatabase(durable), c.killNode}
		c.run()
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		database := "sqlite:" + filepath.Join(t.TempDir(), "carehub.db")
		c := newChaos(t, database, 1)
		c.backup = fileBackup{c, strings.TrimPrefix(database, "sqlite:")}
		c.faults = []func(context.Context){c.killNode, c.pauseNode, c.jumpClocks, c.killNode}
		c.run()
	})
}

// chaos is one run: servers, those who write and those who follow.
type chaos struct {
	*testing.T
	nodes  []*node
	store  *store.Store // of the direct writers
	faults []func(context.Context)
	backup backup

	template *ent.CareCase // what the direct writers write again and again
	product  string        // that API writers ask about

	writing   atomic.Bool
	quiet     atomic.Bool // nothing breaks any more
	delivered atomic.Int64
	tally     tally

	mu         sync.Mutex
	committed  map[uuid.UUID]bool
	rolledBack map[uuid.UUID]bool
	unsure     map[uuid.UUID]bool // the answer to the commit was lost
	trouble    map[string]int     // what went wrong for clients, by message
}

// tally counts what happened.
type tally struct {
	kills, pauses, pausedWithLock, terminated, crashes, jumps int
	rollbacks, retries                                        atomic.Int64
}

func newChaos(t *testing.T, database string, servers int) *chaos {
	t.Helper()
	c := &chaos{
		T: t, committed: map[uuid.UUID]bool{}, rolledBack: map[uuid.UUID]bool{}, unsure: map[uuid.UUID]bool{}, trouble: map[string]int{},
	}
	secret := filepath.Join(t.TempDir(), "carehub.secret")
	for range servers {
		c.nodes = append(c.nodes, newNode(t, database, secret))
	}
	var err error
	if c.store, err = store.Open(t.Context(), database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.store.Close() })
	provider := c.nodes[0].demoUser(t, "provider")
	c.product = provider.inquiry(nil)["productId"].(string)
	first, _ := provider.submits(nil)
	if c.template, err = c.store.Client.CareCase.Get(c.system(), c.key(first)); err != nil {
		t.Fatal(err)
	}
	return c
}

// run writes events and follows them while things break, judges, then restores a backup and judges again.
func (c *chaos) run() {
	began := time.Now()
	var start int64
	c.row("SELECT max(id) FROM events", &start)
	// What was written before has its place, and the server has read it: what comes after the head is the chaos' own.
	eventually(c.T, "all events have their place", func() bool {
		var waiting int64
		c.row("SELECT count(*) FROM events WHERE pos IS NULL", &waiting)
		return waiting == 0
	})
	pause(50)
	head := c.nodes[0].demoUser(c.T, "liaison").asks("{ caseStreamHead }", nil).text("caseStreamHead")
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()

	var reading, writing sync.WaitGroup
	var expected atomic.Int64 // events in all, when that is known
	var subs []*subscriber
	for i := range chaosSubscribers {
		s := &subscriber{chaos: c, document: cursorsOnly, after: head}
		if i < 2 {
			s.document = cursorsAndCases
		}
		subs = append(subs, s)
		reading.Go(func() {
			s.follow(ctx, func(s *subscriber) bool { n := expected.Load(); return n > 0 && int64(len(s.cursors)) >= n })
		})
	}
	c.writing.Store(true)
	for range directWriters {
		writing.Go(func() { c.write(ctx) })
	}
	for i := range apiWriters {
		writing.Go(func() { c.submit(ctx, fmt.Sprintf("chaos %d", i)) })
	}
	for round := 0; round == 0 || c.count() < *chaosEvents; round++ {
		for _, fault := range c.faults {
			fault(ctx)
			c.letWrite(max(100, *chaosEvents/300))
		}
	}
	c.writing.Store(false)
	writing.Wait()
	c.allReady(ctx)
	c.quiet.Store(true)
	wrote := time.Since(began)

	n := len(c.newCases(start))
	expected.Store(int64(n) + 1)
	c.writeOne(ctx) // the last: who has it has all
	last := time.Now()
	c.await(&reading, cancel)
	c.report(c.judge(start, subs), subs, wrote, time.Since(last))
	if !c.Failed() {
		c.restore(subs)
	}
}

// letWrite returns after some more events, or after a while.
func (c *chaos) letWrite(events int) {
	had, until := c.count(), time.Now().Add(10*time.Second)
	for c.count() < had+events && time.Now().Before(until) {
		time.Sleep(10 * time.Millisecond)
	}
}

// judge compares what the subscribers received with the table.
func (c *chaos) judge(start int64, subs []*subscriber) streamtest.Verdict {
	c.Helper()
	table := c.table(start)
	var byCase [][]uuid.UUID
	var byCursor [][]string
	for _, s := range subs {
		if s.document == cursorsAndCases {
			byCase = append(byCase, c.keys(s.cases))
		}
		byCursor = append(byCursor, s.cursors)
		if len(s.resets) > 0 {
			c.Errorf("resets without a reason: %v", s.resets)
		}
	}
	if err := streamtest.Judge(table, byCase...).Err(); err != nil {
		c.Errorf("by cases: %v", err)
	}
	// The first has what is in the table; now everybody has what the first has.
	v := streamtest.Judge(byCursor[0], byCursor...)
	if err := v.Err(); err != nil {
		c.Errorf("by cursors: %v", err)
	}
	return v
}

// report says what happened.
func (c *chaos) report(v streamtest.Verdict, subs []*subscriber, wrote, caughtUp time.Duration) {
	c.Helper()
	connects, silences := 0, 0
	for _, s := range subs {
		connects, silences = connects+s.connects, silences+s.silences
	}
	t := &c.tally
	c.Logf(`
%s
server processes %d, connections of subscribers %d (given up as silent %d)
kill -9 of servers %d, paused servers %d (holding the sequencer's lock %d), clock jumps %d
terminated backends %d, immediate stops of the database %d, rollbacks %d, commits whose answer was lost %d, requests repeated %d
written in %.0f s, %d deliveries, the last subscriber had the last event after %.1f s
what clients met: %v`,
		v, len(c.nodes), connects, silences, t.kills, t.pauses, t.pausedWithLock, t.jumps, t.terminated, t.crashes, t.rollbacks.Load(),
		len(c.unsure), t.retries.Load(), wrote.Seconds(), c.delivered.Load(), caughtUp.Seconds(), c.trouble)
}

// await returns when the subscribers have all they wait for; it fails when that takes a minute.
func (c *chaos) await(reading *sync.WaitGroup, cancel func()) {
	c.Helper()
	done := make(chan struct{})
	go func() {
		reading.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		c.Error("subscribers still lack events after a minute")
		cancel()
		<-done
	}
}

// table returns the cases of the events after the start in the order of their positions, and checks them against what
// the writers know.
func (c *chaos) table(start int64) (keys []uuid.UUID) {
	c.Helper()
	keys = c.newCases(start)
	there := map[uuid.UUID]bool{}
	for _, key := range keys {
		there[key] = true
		if !c.committed[key] && !c.unsure[key] || c.rolledBack[key] {
			c.Errorf("%s is in the table and was not committed", key)
		}
	}
	for key := range c.committed {
		if !there[key] {
			c.Errorf("%s was committed and is not in the table", key)
		}
	}
	if len(there) != len(keys) {
		c.Errorf("%d events of %d cases", len(keys), len(there))
	}
	var n, most, last int64
	c.row("SELECT count(DISTINCT pos), max(pos), (SELECT last FROM event_heads) FROM events", &n, &most, &last)
	if most != n || last != n {
		c.Errorf("%d positions end with %d, and the head is %d", n, most, last)
	}
	return keys
}

func (c *chaos) calm() bool { return c.quiet.Load() }

func (c *chaos) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.committed)
}

// failed notes what went wrong for a client; that things go wrong is expected, and what went wrong is worth a look.
func (c *chaos) failed(err error) {
	text := err.Error()
	for _, known := range []string{
		"connection refused", "connection reset", "broken pipe", "EOF", "nothing came", "deadline exceeded", "bad connection",
		"database system is", "terminating connection", "no such file", "database is locked", "INTERNAL", "503", "StatusTryAgainLater",
	} {
		if strings.Contains(text, known) {
			text = known
			break
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trouble[text]++
}

// token returns a fresh token, good by every clock that there is.
func (c *chaos) token(name, portal string) string {
	return c.nodes[0].tokenAt(c.T, name, portal, time.Now().Add(-maxJump-time.Minute))
}

func (c *chaos) system() context.Context { return viewer.System(c.Context(), "chaos") }

// key returns the key in an identifier of the API.
func (c *chaos) key(id string) uuid.UUID {
	c.Helper()
	parsed, err := gid.Parse(nil, id)
	if err != nil {
		c.Fatal(err)
	}
	return parsed.UUID
}

func (c *chaos) keys(ids []string) (keys []uuid.UUID) {
	for _, id := range ids {
		keys = append(keys, c.key(id))
	}
	return keys
}

// row reads one row. It tries again where sessions of the pool were ended.
func (c *chaos) row(query string, to ...any) {
	c.Helper()
	var err error
	for range 50 {
		if err = c.store.DB.QueryRowContext(c.Context(), query).Scan(to...); err == nil {
			return
		}
	}
	c.Fatal(err)
}

// newCases are those that entered after the event with the key, in the order of the log.
func (c *chaos) newCases(since int64) []uuid.UUID {
	c.Helper()
	var err error
	for range 50 { // sessions of the pool may have been ended
		var waiting int64
		eventually(c.T, "all events have their place", func() bool { // or their order is not known yet
			c.row("SELECT count(*) FROM events WHERE pos IS NULL", &waiting)
			return waiting == 0
		})
		var keys []uuid.UUID
		if keys, err = casesOf(c.Context(), c.store.DB, since); err == nil {
			return keys
		}
	}
	c.Fatal(err)
	return nil
}

func casesOf(ctx context.Context, db *sql.DB, since int64) (keys []uuid.UUID, err error) {
	rows, err := db.QueryContext(ctx, "SELECT entity_id FROM events WHERE kind = 'CASE_ENTERED' AND id > $1 ORDER BY pos", since)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key uuid.UUID
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, rows.Err()
}
