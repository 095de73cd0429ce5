package wire_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/carehub/carehub/server/wire"
)

// tap is a client's connection whose owner can stop reading, and of which the kernel takes in little.
type tap struct {
	net.Conn
	gone    context.Context
	hangsUp context.CancelFunc

	mu     sync.Mutex
	open   chan struct{} // closed while it is read
	onPong bool          // stop after the next answer to a ping
	ponged chan struct{} // closed when that was sent
}

// Close implements net.Conn.
func (c *tap) Close() error {
	c.hangsUp()
	return c.Conn.Close()
}

// pong is the first byte of a frame that answers a ping.
const pong = 0x8a

// stop ends the reading.
func (c *tap) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = make(chan struct{})
}

// resume goes on with the reading.
func (c *tap) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.open)
}

// stopAfterPong ends the reading when a ping has been answered. The channel tells.
func (c *tap) stopAfterPong() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onPong, c.ponged = true, make(chan struct{})
	return c.ponged
}

// Read implements net.Conn.
func (c *tap) Read(b []byte) (int, error) {
	c.mu.Lock()
	open := c.open
	c.mu.Unlock()
	select {
	case <-open:
	case <-c.gone.Done():
		return 0, net.ErrClosed
	}
	return c.Conn.Read(b)
}

// Write implements net.Conn.
func (c *tap) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.onPong && bytes.HasPrefix(b, []byte{pong}) {
		c.onPong, c.open = false, make(chan struct{})
		close(c.ponged)
	}
	return n, err
}

// tapped returns a client whose next connection is the tap.
func (s *server) tapped() (*http.Client, func() *tap) {
	made := make(chan *tap, 1)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			return nil, err
		}
		open := make(chan struct{})
		close(open)
		t := &tap{Conn: conn, open: open}
		t.gone, t.hangsUp = context.WithCancel(context.Background())
		made <- t
		return t, nil
	}}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}, func() *tap { return <-made }
}

// openTapped is open, as alice, with a connection that can be stopped.
func (s *server) openTapped() (*socket, *tap) {
	s.t.Helper()
	client, connection := s.tapped()
	conn, _, err := websocket.Dial(s.t.Context(), s.URL, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		s.t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	c := &socket{conn, s.t}
	c.send(initAs(alice))
	c.expect(`{"type":"connection_ack"}`)
	return c, connection()
}

// A client that stops reading is gone within 15 seconds as the limits are, also right after it has answered a ping,
// with much or nothing on its way to it; if it reads what was sent it finds out that it should come back.
func TestStoppedReaderIsGoneInTime(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]string{
		"idle":  "subscription { touched }",
		"quiet": "subscription { count(from: 1000000, everyMs: 50) }",
		"flood": "subscription { flood(bytes: 1000) }",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			c, connection := s.openTapped()
			ponged := connection.stopAfterPong()
			c.send(subscribe("a", document))
			ended := make(chan error, 1)
			go func() {
				for {
					if _, _, err := c.Read(context.WithoutCancel(t.Context())); err != nil {
						ended <- err
						return
					}
				}
			}()
			if name == "flood" { // it is not asked for a sign of life while something is written
				<-time.After(time.Second)
				connection.stop()
			} else {
				<-ponged
			}
			stopped := time.Now()
			deadline := time.After(15 * time.Second)
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for s.endpoint.Open() > 0 {
				select {
				case <-deadline:
					t.Fatal("it is still there")
				case <-tick.C:
				}
			}
			t.Logf("gone after %v", time.Since(stopped).Round(time.Millisecond))
			if name != "idle" {
				return // an answer to a ping that it finds on the way to the end may cost it the end
			}
			connection.resume()
			if err := <-ended; websocket.CloseStatus(err) != 1013 {
				t.Errorf("the client is told %v", err)
			}
		})
	}
}

// Many clients that stop reading cost little memory, however much there would be for them, and however long.
func TestStoppedReadersTakeLittleMemory(t *testing.T) {
	const (
		readers   = 100
		perReader = 128 << 10 // both sides of the connection, for both are in this process
		inKernel  = 1 << 20   // both sides again
	)
	for name, over := range map[string]func(s *server, document string) *tap{
		"socket": func(s *server, document string) *tap {
			c, connection := s.openTapped()
			connection.stop()
			c.send(subscribe("a", document))
			return connection
		},
		"events": func(s *server, document string) *tap {
			client, connection := s.tapped()
			req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL, strings.NewReader(request(document)))
			if err != nil {
				s.t.Fatal(err)
			}
			req.Header = http.Header{"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}, "Authorization": {"Bearer " + alice}}
			resp, err := client.Do(req)
			if err != nil {
				s.t.Fatal(err)
			}
			s.t.Cleanup(func() { _ = resp.Body.Close() })
			c := connection()
			c.stop()
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, func(o *wire.Options) {
				o.Limits.PerIdentity, o.Limits.Write, o.Limits.Ping = readers+1, 20*time.Second, 20*time.Second
			})
			s.t = t
			over(s, "{ hello }") // what is made once
			before := memory()
			for range readers {
				over(s, "subscription { flood(bytes: 10000) }")
			}
			last := s.stalls()
			if open := s.endpoint.Open(); open < readers {
				t.Fatalf("%d are left", open)
			}
			took := (memory() - before) / readers
			sent := last * 10_000 / readers
			t.Logf("a stopped reader takes %d bytes, and %d in the kernel", took, sent)
			if took > perReader {
				t.Errorf("a stopped reader takes %d bytes", took)
			}
			if sent > inKernel {
				t.Errorf("%d bytes were sent to a client that does not read", sent)
			}
		})
	}
}

// stalls waits until nothing more of any flood can be sent, and returns how many answers were.
func (s *server) stalls() (last int64) {
	s.t.Helper()
	since := time.Now()
	eventually(s.t, "all have stalled", func() bool {
		if now := s.toy.sent.Load(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 500*time.Millisecond
	})
	return last
}

// memory is what the program holds now.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// Whoever reads gets everything at once, whatever others on the server do.
func TestOthersDoNotNotice(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.PerIdentity = 100 })
	var stopped []*tap
	for range 40 {
		c, connection := s.openTapped()
		connection.stop()
		c.send(subscribe("a", "subscription { flood(bytes: 10000) }"))
		stopped = append(stopped, connection)
	}
	var slowest atomic.Int64
	var reading sync.WaitGroup
	for range 4 {
		c := s.open(alice)
		reading.Go(func() {
			for range 50 {
				begin := time.Now()
				c.send(subscribe("q", "{ hello }"))
				for range 2 {
					if _, err := c.receive(); err != nil {
						t.Error(err)
						return
					}
				}
				if took := int64(time.Since(begin)); took > slowest.Load() {
					slowest.Store(took)
				}
			}
		})
	}
	reading.Wait()
	t.Logf("beside %d stopped readers the slowest answer took %v", len(stopped), time.Duration(slowest.Load()))
	if slowest.Load() > int64(5*time.Second) {
		t.Error("the others wait")
	}
}
