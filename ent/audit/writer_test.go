package audit

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

var errBroken = errors.New("broken")

// gate is a driver that counts transactions and their statements, and lets a test hold or break them.
type gate struct {
	dialect.Driver
	begun, statements atomic.Int32
	// arrived gets a value when a transaction wants to begin, which then waits until pass lets it.
	arrived, pass chan struct{}
	// brokenBegin and brokenCommit make transactions fail.
	brokenBegin, brokenCommit atomic.Bool
}

func newGate(s *store.Store, hold bool) *gate {
	g := &gate{Driver: s.Driver()}
	if hold {
		g.arrived, g.pass = make(chan struct{}, 10), make(chan struct{})
	}
	return g
}

func (g *gate) Tx(ctx context.Context) (dialect.Tx, error) {
	if g.pass != nil {
		g.arrived <- struct{}{}
		<-g.pass
	}
	g.begun.Add(1)
	if g.brokenBegin.Load() {
		return nil, errBroken
	}
	tx, err := g.Driver.Tx(ctx)
	return &gatedTx{Tx: tx, gate: g}, err
}

type gatedTx struct {
	dialect.Tx
	gate *gate
}

func (t *gatedTx) Query(ctx context.Context, query string, args, v any) error {
	t.gate.statements.Add(1)
	return t.Tx.Query(ctx, query, args, v)
}

func (t *gatedTx) Exec(ctx context.Context, query string, args, v any) error {
	t.gate.statements.Add(1)
	return t.Tx.Exec(ctx, query, args, v)
}

func (t *gatedTx) Commit() error {
	if t.gate.brokenCommit.Load() {
		return errors.Join(errBroken, t.Rollback())
	}
	return t.Tx.Commit()
}

func newGatedWriter(t *testing.T, g *gate) *Writer {
	t.Helper()
	w := NewWriter(ent.NewClient(ent.Driver(g)))
	t.Cleanup(func() {
		if err := w.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return w
}

// queued waits until n requests wait for the next group.
func queued(t *testing.T, w *Writer, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		w.mu.Lock()
		waiting := len(w.queue)
		w.mu.Unlock()
		if waiting == n {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d requests wait", waiting)
		}
	}
}

func TestWriterCommitsInGroups(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		g := newGate(s, true)
		w := newGatedWriter(t, g)
		results := make(chan error)
		write := func(n int) {
			go func() { results <- w.Write(as(t, actor(n), viewer.Provider), read(actor(n)), read(actor(n+1))) }()
		}
		write(0)
		<-g.arrived
		const others = 50
		for n := range others {
			write(n + 1)
		}
		queued(t, w, others)
		g.pass <- struct{}{}
		<-g.arrived
		g.pass <- struct{}{}
		for range others + 1 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if n := g.begun.Load(); n != 2 {
			t.Errorf("%d transactions", n)
		}
		if n := g.statements.Load(); n != 6 {
			t.Errorf("%d statements", n)
		}
		rows := recorded(t, s.Client)
		if len(rows) != 2*(others+1) {
			t.Errorf("%d rows", len(rows))
		}
		for _, e := range rows { // each in the name of its own request
			if e.ActorID == nil || e.Shard != shardOf(*e.ActorID) || e.Persona != "PROVIDER" {
				t.Errorf("%v", e)
			}
		}
		if err := mustVerify(t, s.Client).Err(); err != nil {
			t.Error(err)
		}
	})
}

func TestWriterBoundsItsGroups(t *testing.T) {
	w := &Writer{}
	for range 3 {
		w.queue = append(w.queue, &waiter{ctx: t.Context(), rows: make([]*ent.AuditEvent, rowsPerGroup-1)})
	}
	for i := range 3 {
		group, last := w.next()
		if len(group) != 1 || last || len(w.queue) != 2-i {
			t.Errorf("group %d has %d requests, %d are left", i, len(group), len(w.queue))
		}
	}
}

func TestWriterFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		g := newGate(s, false)
		w := newGatedWriter(t, g)
		ctx := as(t, actor(1), viewer.Patient)
		for name, broken := range map[string]*atomic.Bool{"begin": &g.brokenBegin, "commit": &g.brokenCommit} {
			broken.Store(true)
			if err := w.Write(ctx, read(actor(1))); !errors.Is(err, errBroken) {
				t.Errorf("broken %s: %v", name, err)
			}
			broken.Store(false)
		}
		if n := len(recorded(t, s.Client)); n != 0 {
			t.Errorf("%d rows", n)
		}
		if err := w.Write(ctx, Entry{Action: "LOOK"}); err == nil {
			t.Error("a bad entry was taken")
		}
		if err := w.Write(ctx, read(actor(1))); err != nil {
			t.Error("after the failures:", err)
		}
		if n := len(recorded(t, s.Client)); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestWriterReportsARefusal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAttacker(t, s)
		a.exec(t, "DELETE FROM audit_heads")
		w := newGatedWriter(t, newGate(s, false))
		if err := w.Write(as(t, actor(1), viewer.Patient), read(actor(1))); err == nil {
			t.Error("a row was written to a chain without a head")
		}
	})
}

func TestWriterHonoursDeadlines(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		g := newGate(s, true)
		w := newGatedWriter(t, g)
		first := make(chan error, 1)
		go func() { first <- w.Write(as(t, actor(1), viewer.Patient), read(actor(1))) }()
		<-g.arrived
		ctx, cancel := context.WithTimeout(as(t, actor(2), viewer.Patient), 5*time.Millisecond)
		defer cancel()
		if err := w.Write(ctx, read(actor(2))); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		close(g.pass)
		if err := errors.Join(<-first, w.Close(t.Context())); err != nil {
			t.Error(err)
		}
		if rows := recorded(t, s.Client); len(rows) != 1 || *rows[0].ActorID != actor(1) {
			t.Errorf("%v", rows)
		}
	})
}

func TestWriterClose(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		g := newGate(s, true)
		w := NewWriter(ent.NewClient(ent.Driver(g)))
		ctx := as(t, actor(1), viewer.Patient)
		results := make(chan error)
		write := func() { results <- w.Write(ctx, read(actor(1))) }
		go write()
		<-g.arrived
		go write()
		go write()
		queued(t, w, 2)
		closed := make(chan error)
		go func() { closed <- w.Close(ctx) }()
		close(g.pass)
		for range 3 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if err := w.Write(ctx, read(actor(1))); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		if n := len(recorded(t, s.Client)); n != 3 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestWriterCloseGivesUp(t *testing.T) {
	s := storetest.SQLite(t)
	tx, err := s.Client.Tx(t.Context()) // has the only connection that writes
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(s, true)
	w := NewWriter(ent.NewClient(ent.Driver(g)))
	result := make(chan error)
	go func() { result <- w.Write(as(t, actor(1), viewer.Patient), read(actor(1))) }()
	<-g.arrived
	close(g.pass)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := w.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
}

// BenchmarkRows compares a transaction for each request with groups of requests that share one.
func BenchmarkRows(b *testing.B) {
	for engine, open := range map[string]func(b *testing.B) *store.Store{
		"sqlite":   func(b *testing.B) *store.Store { return storetest.SQLite(b, store.WithSynchronous("FULL")) },
		"postgres": func(b *testing.B) *store.Store { return storetest.Postgres(b) },
	} {
		run := func(name string, write func(ctx context.Context, s *store.Store, w *Writer) error) {
			b.Run(engine+"/"+name, func(b *testing.B) {
				s := open(b)
				w := NewWriter(s.Client)
				var next atomic.Int32
				b.SetParallelism(32)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					ctx := as(b, actor(int(next.Add(1))), viewer.Provider)
					for pb.Next() {
						if err := write(ctx, s, w); err != nil {
							b.Error(err)
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
				if err := w.Close(b.Context()); err != nil {
					b.Error(err)
				}
			})
		}
		entry := Entry{Action: code.AuditActionRead, Operation: "patients", Entity: ent.TypePatient}
		run("single", func(ctx context.Context, s *store.Store, _ *Writer) error { return inTx(ctx, s.Client, entry) })
		run("grouped", func(ctx context.Context, _ *store.Store, w *Writer) error { return w.Write(ctx, entry) })
	}
}
