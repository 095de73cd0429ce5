package stream_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/stream"
)

// What a transaction elsewhere in the cluster has open does not hold up events: they come before it ends.
func TestForeignTransaction(t *testing.T) {
	t.Parallel()
	s, elsewhere := storetest.Postgres(t), storetest.Postgres(t)
	items := follow(t, open(t, s, stream.Options{}), nil)
	receive(t, items, stream.KindCheckpoint)
	for _, foreign := range []*store.Store{elsewhere, s} {
		tx := begin(t, foreign)
		run(t, tx, "CREATE TABLE held (n int)", nil)
		run(t, tx, "INSERT INTO held VALUES (1)", nil)
		expect(t, items, write(t, s, many(20)...)...)
	}
}

// BenchmarkForeignTransaction compares how long an event takes from its commit to a subscriber of another server, with
// a transaction open that wrote elsewhere in the cluster and without one, in turns. An iteration is one event of each.
func BenchmarkForeignTransaction(b *testing.B) {
	d := storetest.NewDurable(b)
	s := migrated(b, d)
	open(b, s, stream.Options{})
	items := follow(b, open(b, peer(b, s), stream.Options{}), nil)
	receive(b, items, stream.KindCheckpoint)
	var with, without []time.Duration
	for i := range b.N {
		if i%50 == 0 { // a transaction of seconds, as often as not
			foreign, err := s.DB.BeginTx(b.Context(), nil)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := foreign.ExecContext(b.Context(), "CREATE TABLE held"+strconv.Itoa(i)+" (n int)"); err != nil {
				b.Fatal(err)
			}
			for range 50 {
				with = append(with, latency(b, s, items))
			}
			if err := foreign.Rollback(); err != nil {
				b.Fatal(err)
			}
		}
		without = append(without, latency(b, s, items))
	}
	report(b, "without", without)
	report(b, "with", with)
	b.ReportMetric(float64(quantile(with, 0.99))/float64(quantile(without, 0.99)), "p99-ratio")
}

// latency is how long an event takes to the subscriber after its commit, which comes at any moment of the poll.
func latency(b *testing.B, s *store.Store, items <-chan item) time.Duration {
	b.Helper()
	time.Sleep(rand.N(10 * time.Millisecond))
	key := write(b, s, entry())
	committed := time.Now()
	expect(b, items, key...)
	return time.Since(committed)
}

// BenchmarkWriters compares 16 writers whose transactions make a row and an event with such that make the row alone,
// in turns of a second each, on a server that syncs. An iteration is a turn of each; ratio is of the medians.
func BenchmarkWriters(b *testing.B) {
	s := migrated(b, storetest.NewDurable(b))
	l := open(b, s, stream.Options{})
	items := follow(b, l, nil)
	go func() {
		for range items { // somebody follows
		}
	}()
	var with, without []float64
	for range b.N {
		without = append(without, turn(b, s, nil))
		with = append(with, turn(b, s, l))
	}
	slices.Sort(with)
	slices.Sort(without)
	b.ReportMetric(without[len(without)/2], "rows/s")
	b.ReportMetric(with[len(with)/2], "rows+events/s")
	b.ReportMetric(with[len(with)/2]/without[len(without)/2], "ratio")
}

// turn returns how many transactions per second 16 writers make; with a log each writes an event to it as well.
func turn(b *testing.B, s *store.Store, l *stream.Log) float64 {
	b.Helper()
	ctx := viewer.System(b.Context(), "benchmark")
	var made atomic.Int64
	var group sync.WaitGroup
	began := time.Now()
	for range 16 {
		group.Go(func() {
			for time.Since(began) < time.Second {
				tx, err := s.Client.Tx(ctx)
				if err != nil {
					b.Error(err)
					return
				}
				err = tx.Product.Create().SetName(uuid.NewString()).SetTherapeuticArea("RESPIRATORY").
					SetKind(code.ProductKindDrug).SetMarketingStatus(code.MarketingStatusApproved).Exec(ctx)
				if err == nil && l != nil {
					err = stream.Append(ctx, tx, entry())
				}
				if err == nil {
					err = tx.Commit()
				}
				if err != nil {
					b.Error(err)
					return
				}
				if l != nil {
					l.Kick()
				}
				made.Add(1)
			}
		})
	}
	group.Wait()
	return float64(made.Load()) / time.Since(began).Seconds()
}

// migrated opens the database of a durable server.
func migrated(b *testing.B, d *storetest.Durable) *store.Store {
	b.Helper()
	s, err := store.Open(b.Context(), d.URL())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	if err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	return s
}

func report(b *testing.B, name string, took []time.Duration) {
	b.Helper()
	b.ReportMetric(quantile(took, 0.5).Seconds()*1000, name+"-p50-ms")
	b.ReportMetric(quantile(took, 0.99).Seconds()*1000, name+"-p99-ms")
}

// quantile sorts the durations.
func quantile(took []time.Duration, q float64) time.Duration {
	slices.Sort(took)
	return took[int(q*float64(len(took)-1))]
}
