package wire_test

import (
	"slices"
	"testing"
	"time"

	"github.com/carehub/carehub/server/wire"
)

// BenchmarkStoppedReaders compares how long others wait for their answers without and with readers beside them that
// have stopped in the middle of a flood. Both are measured in turn within one run, so that the ratio, which should
// be 1, holds on a machine that does other things as well:
//
//	go test ./server/wire -run '^$' -bench StoppedReaders -benchtime 2000x
func BenchmarkStoppedReaders(b *testing.B) {
	s := newServer(b, func(o *wire.Options) {
		o.Limits.PerIdentity, o.Limits.Write, o.Limits.Ping = 1000, time.Hour, time.Hour
	})
	asker := s.open(alice)
	ask := func(times int) (took []time.Duration) {
		for range times {
			begin := time.Now()
			asker.send(subscribe("q", "{ hello }"))
			asker.expect(`{"id":"q","type":"next","payload":{"data":{"hello":"world"}}}`)
			took = append(took, time.Since(begin))
			asker.expect(`{"id":"q","type":"complete"}`)
		}
		return took
	}
	const rounds, readers = 4, 200
	var without, beside []time.Duration
	for range rounds {
		without = append(without, ask(b.N/rounds+1)...)
		var stopped []*socket
		for range readers {
			c, connection := s.openTapped()
			connection.stop()
			c.send(subscribe("a", "subscription { flood(bytes: 10000) }"))
			stopped = append(stopped, c)
		}
		s.stalls()
		beside = append(beside, ask(b.N/rounds+1)...)
		for _, c := range stopped {
			_ = c.CloseNow() // the server sees it, which is all that matters
		}
		eventually(b, "the stopped readers have left", func() bool { return s.endpoint.Open() == 1 })
	}
	slices.Sort(without)
	slices.Sort(beside)
	for name, part := range map[string]int{"p50": 50, "p99": 99} {
		at := len(without) * part / 100
		b.ReportMetric(float64(beside[at])/float64(without[at]), name+"-ratio")
		b.ReportMetric(float64(without[at].Microseconds()), name+"-us")
	}
	b.ReportMetric(0, "ns/op") // it says nothing here
}
