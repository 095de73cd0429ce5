package stream_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph/stream"
)

// gate stands before the listener's connection to the server and lets nothing through until it is opened.
type gate struct {
	net.Listener
	arrived chan struct{}
	open    func()
	work    sync.WaitGroup
}

// gated returns the store with a gate before its listener.
func gated(t *testing.T, s *store.Store) (*store.Store, *gate) {
	t.Helper()
	u, err := url.Parse(s.Source)
	if err != nil {
		t.Fatal(err)
	}
	network, server := "tcp", u.Host
	settings := u.Query()
	if dir := settings.Get("host"); dir != "" {
		port := settings.Get("port")
		if port == "" {
			port = "5432"
		}
		network, server = "unix", dir+"/.s.PGSQL."+port
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan struct{})
	g := &gate{Listener: listener, arrived: make(chan struct{}), open: sync.OnceFunc(func() { close(opened) })}
	g.work.Go(func() {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		defer from.Close()
		close(g.arrived)
		<-opened
		to, err := new(net.Dialer).DialContext(context.WithoutCancel(t.Context()), network, server)
		if err != nil {
			t.Error(err)
			return
		}
		defer to.Close()
		g.work.Go(func() {
			_, _ = io.Copy(from, to)
			_ = from.Close()
		})
		_, _ = io.Copy(to, from)
	})
	t.Cleanup(func() {
		_ = listener.Close()
		g.open()
		g.work.Wait()
	})
	u.Host = listener.Addr().String()
	settings.Del("host")
	settings.Del("port")
	settings.Set("sslmode", "disable")
	u.RawQuery = settings.Encode()
	behind := *s
	behind.Source = u.String()
	return &behind, g
}

// What was written before the server listened has been announced to nobody; it is found when it does listen.
func TestFirstConnect(t *testing.T) {
	t.Parallel()
	s := storetest.Postgres(t)
	late, g := gated(t, peer(t, s))
	items := follow(t, open(t, late, stream.Options{Poll: time.Hour}), nil)
	receive(t, items, stream.KindCheckpoint)
	<-g.arrived
	quiet(t, items) // meanwhile the log looks into the table for the first time
	keys := write(t, s, entry())
	settle(t, open(t, s, stream.Options{}))
	g.open()
	expect(t, items, keys...)
}

// A server that does not answer the listener keeps nobody from closing the log.
func TestCloseWhileConnecting(t *testing.T) {
	t.Parallel()
	mute, g := gated(t, storetest.Postgres(t))
	l := open(t, mute, stream.Options{})
	<-g.arrived
	shut(t, l)
	g.open()
}
