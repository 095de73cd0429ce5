package wire_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/server/wire"
)

// Sockets and event streams share what an identity and an address may have open, and say so each in its own way.
func TestCapsAreShared(t *testing.T) {
	address := "192.0.2.1:1000"
	s := newServer(t, func(o *wire.Options) {
		o.Limits.PerIdentity, o.Limits.PerAddress = 2, 3
		o.Address = func(*http.Request) string { return address }
	})
	s.set("bob", &viewer.Identity{Key: uuid.New(), Name: "Bob"})
	s.set("carol", &viewer.Identity{Key: uuid.New(), Name: "Carol"})
	socket, events := s.open(alice), s.stream("subscription { touched }")
	c := s.dial()
	c.send(initAs(alice))
	c.expectClose(4429)
	if got := s.post("subscription { touched }", asEvents); got.StatusCode != 429 || got.code(t) != "RATE_LIMITED" || got.Header.Get("Retry-After") == "" {
		t.Errorf("a stream more than the identity may have: %d %s", got.StatusCode, got.body)
	}
	eventually(t, "who was refused has left", func() bool { return s.endpoint.Open() == 2 })

	bob := s.streamAs("bob", "subscription { touched }")
	if got := s.send("POST", "", request("subscription { touched }"), asEvents, "Authorization: Bearer carol"); got.StatusCode != 429 || got.code(t) != "RATE_LIMITED" {
		t.Errorf("a stream more than the address may have: %d %s", got.StatusCode, got.body)
	}
	if c, resp := s.dialWith(&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}); c != nil || resp.StatusCode != 429 {
		t.Errorf("a socket more than the address may have: %s", resp.Status)
	}
	if got := s.post("{ hello }"); got.StatusCode != 200 {
		t.Errorf("what does not stay open is not counted: %d", got.StatusCode)
	}
	address = "192.0.2.2:1000"
	s.open("carol")

	s.endpoint.Revoke(s.key("bob"))
	bob.expectEnd()
	events.close()
	if err := socket.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	eventually(t, "three have left", func() bool { return s.endpoint.Open() == 1 })
	address = "192.0.2.1:2000"
	s.open(alice)
	s.stream("subscription { touched }").close()
	s.streamAs("bob", "subscription { touched }").close()
}

// However something ends that was open, its place is free again.
func TestNoCapLeaks(t *testing.T) {
	s := newServer(t, func(o *wire.Options) {
		o.Limits = wire.Limits{
			PerIdentity: 3, PerAddress: 4, Operations: 2, Message: 1000,
			Init: 30 * time.Millisecond, Ping: 50 * time.Millisecond, Write: 50 * time.Millisecond,
		}
	})
	over := func(end func(c *socket)) func() {
		return func() {
			c := s.open(alice)
			c.send(subscribe("a", "subscription { whoami }"))
			c.expect(`{"id":"a","type":"next","payload":{"data":{"whoami":"Alice"}}}`)
			end(c)
		}
	}
	stream := func(end func(e *events)) func() {
		return func() {
			e := s.stream("subscription { whoami }")
			e.expect("event: next\ndata: {\"data\":{\"whoami\":\"Alice\"}}\n\n")
			end(e)
		}
	}
	short := func() string {
		s.set("short", &viewer.Identity{Key: s.key(alice), Expires: time.Now().Add(20 * time.Millisecond)})
		return "short"
	}
	shortly := func() *socket { // may be over before it is acknowledged
		c := s.dial()
		c.send(initAs(short()))
		return c
	}
	ways := map[string]func(){
		"closed":                 over(func(c *socket) { _ = c.Close(websocket.StatusNormalClosure, "") }),
		"dropped":                over(func(c *socket) { _ = c.CloseNow() }),
		"revoked":                over(func(c *socket) { s.endpoint.Revoke(s.key(alice)); c.expectClose(4403) }),
		"duplicate":              over(func(c *socket) { c.send(subscribe("a", "{ hello }")); c.expectClose(4409) }),
		"second init":            over(func(c *socket) { c.send(initAs(alice)); c.expectClose(4429) }),
		"nonsense":               over(func(c *socket) { c.send("nonsense"); c.expectClose(4400) }),
		"too long":               over(func(c *socket) { c.send(strings.Repeat("x", 2000)); c.expectClose(1009) }),
		"silent":                 over(func(*socket) {}), // answers no ping
		"panic":                  over(func(c *socket) { c.send(subscribe("b", "{ burst }")); c.expectError("b", "INTERNAL"); _ = c.CloseNow() }),
		"completed":              over(func(c *socket) { c.send(`{"id":"a","type":"complete"}`); _ = c.CloseNow() }),
		"expired":                func() { shortly().expectClose(4403) },
		"expired while it wrote": func() { shortly().send(subscribe("a", "subscription { flood(bytes: 900) }")) },
		"no init":                func() { s.dial().expectClose(4408) },
		"no init, dropped":       func() { _ = s.dial().CloseNow() },
		"refused":                func() { c := s.dial(); c.send(initAs("nobody")); c.expectClose(4403) },
		"subscribed first":       func() { c := s.dial(); c.send(subscribe("a", "{ hello }")); c.expectClose(4401) },
		"other protocol":         func() { c, _ := s.dialWith(&websocket.DialOptions{}); c.expectClose(4406) },
		"no handshake":           func() { s.send("GET", "", "", "Upgrade: websocket", "Connection: Upgrade") },
		"half a handshake": func() {
			conn, err := net.Dial("tcp", s.Listener.Addr().String()) //nolint:noctx // it is closed at once
			if err != nil {
				t.Fatal(err)
			}
			_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"))
			_ = conn.Close()
		},
		"database away": func() {
			c := s.open(alice)
			s.fail(context.DeadlineExceeded)
			defer s.fail(nil)
			c.send(subscribe("a", "{ hello }"))
			c.expectClose(1013)
		},
		"disabled": func() {
			c := s.open(alice)
			s.fail(fault.New(fault.Forbidden, "disabled"))
			defer s.fail(nil)
			c.send(subscribe("a", "{ hello }"))
			c.expectClose(4403)
		},
		"stream left":      stream(func(e *events) { e.close() }),
		"stream revoked":   stream(func(e *events) { s.endpoint.Revoke(s.key(alice)); e.expectEnd() }),
		"stream completed": func() { s.post("subscription { count(from: 1, everyMs: 1) }", asEvents) },
		"stream refused":   func() { s.post("subscription {", asEvents) },
		"stream of panic":  func() { s.post("subscription { burst }", asEvents) },
		"stream expired":   func() { e := s.streamAs(short(), "subscription { touched }"); e.expectEnd() },
		"stream unread":    func() { s.stream("subscription { flood(bytes: 100000) }") },
		"stream by GET":    func() { s.send("GET", "?query=mutation{touch}", "", asEvents) },
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			s.t = t
			for range 4 { // more than there are places
				way()
				eventually(t, "its place is free", func() bool {
					open, identities, addresses := wire.Counted(s.endpoint)
					return open == 0 && identities == 0 && addresses == 0
				})
			}
			eventually(t, "nothing runs on", func() bool { return s.toy.running.Load() == 0 })
		})
	}
	s.t = t
}

// Clients are not sent away all at once, or they would come back all at once.
func TestDrainSpreads(t *testing.T) {
	const clients = 30
	spread := 2 * time.Second
	s := newServer(t, func(o *wire.Options) { o.Limits.Spread, o.Limits.PerIdentity = spread, 2*clients })
	ended := make(chan time.Time, 2*clients)
	for range clients {
		c, e := s.open(alice), s.stream("subscription { touched }")
		go func() {
			if _, err := c.receive(); websocket.CloseStatus(err) != 1012 {
				t.Errorf("closed with %v", err)
			}
			ended <- time.Now()
		}()
		go func() {
			if _, err := io.ReadAll(e.from); err != nil {
				t.Errorf("the stream ended with %v", err)
			}
			ended <- time.Now()
		}()
	}
	begin := time.Now()
	if err := s.endpoint.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	quarters := [4]int{}
	for range 2 * clients {
		quarters[min(3, int(4*(<-ended).Sub(begin)/spread))]++
	}
	t.Logf("in each quarter of the time: %v", quarters)
	for i, n := range quarters {
		if n == 0 || n > clients {
			t.Errorf("%d of %d left in quarter %d", n, 2*clients, i+1)
		}
	}
}
