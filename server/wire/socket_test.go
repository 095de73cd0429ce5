package wire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/server/wire"
)

func TestSocketOperations(t *testing.T) {
	s := newServer(t)
	c := s.open(alice)
	c.send(subscribe("q", "{ hello whoami }"))
	c.expect(`{"id":"q","type":"next","payload":{"data":{"hello":"world","whoami":"Alice"}}}`)
	c.expect(`{"id":"q","type":"complete"}`)
	c.send(subscribe("q", "mutation { touch }"))
	c.expect(`{"id":"q","type":"next","payload":{"data":{"touch":1}}}`)
	c.expect(`{"id":"q","type":"complete"}`)
	c.send(subscribe("s", "subscription { count(from: 1, everyMs: 1) }"))
	c.expect(`{"id":"s","type":"next","payload":{"data":{"count":1}}}`)
	c.expect(`{"id":"s","type":"next","payload":{"data":{"count":0}}}`)
	c.expect(`{"id":"s","type":"complete"}`)
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}

func TestSocketErrorsEndTheOperationAlone(t *testing.T) {
	s := newServer(t)
	c := s.open(alice)
	c.send(subscribe("a", "subscription { nope }"))
	c.expectError("a", "GRAPHQL_VALIDATION_FAILED")
	c.send(subscribe("a", "subscription {"))
	c.expectError("a", "GRAPHQL_PARSE_FAILED")
	c.send(subscribe("a", "subscription { burst }"))
	c.expectError("a", "INTERNAL")
	c.send(subscribe("a", "{ burst }"))
	c.expectError("a", "INTERNAL")
	c.send(`{"type":"ping"}`)
	c.expect(`{"type":"pong"}`) // and no complete before it
	if log := s.log.String(); !strings.Contains(log, "panic") || strings.Contains(log, "secret") {
		t.Errorf("the log is %q", log)
	}
}

func TestSocketPanicOutsideOfAnOperation(t *testing.T) {
	s := newServer(t, func(o *wire.Options) {
		o.Authenticate = func(context.Context, string) (*viewer.Identity, error) { panic("a secret") }
	})
	c := s.dial()
	c.send(initAs(alice))
	c.expectClose(1013)
	if log := s.log.String(); !strings.Contains(log, "panic") || strings.Contains(log, "secret") {
		t.Errorf("the log is %q", log)
	}
}

func TestSocketOperationWithoutAResult(t *testing.T) {
	s := newServer(t, func(o *wire.Options) {
		o.Executor = executorFunc{o.Executor, func(context.Context) *graphql.Response { return nil }}
	})
	c := s.open(alice)
	c.send(subscribe("a", "{ hello }"))
	c.expectError("a", "INTERNAL")
	c.send(subscribe("a", "subscription { touched }"))
	c.expect(`{"id":"a","type":"complete"}`)
}

func TestSocketPings(t *testing.T) {
	s := newServer(t)
	c := s.dial()
	c.send(`{"type":"ping","payload":{"n":7}}`)
	c.expect(`{"type":"pong","payload":{"n":7}}`)
	c.send(`{"type":"pong"}`)
	c.send(initAs(alice))
	c.expect(`{"type":"connection_ack"}`)
	c.send(`{"type":"pong","payload":{}}`)
	c.send(`{"type":"ping"}`)
	c.expect(`{"type":"pong"}`)
}

func TestSocketTokens(t *testing.T) {
	s := newServer(t)
	for name, init := range map[string]string{
		"wrong":        initAs("bad"),
		"missing":      `{"type":"connection_init","payload":{}}`,
		"no payload":   `{"type":"connection_init"}`,
		"null payload": `{"type":"connection_init","payload":null}`,
		"object":       `{"type":"connection_init","payload":{"Authorization":{"a":1}}}`,
		"other scheme": `{"type":"connection_init","payload":{"Authorization":"Basic alice"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			c := s.dial()
			c.send(init)
			c.send(subscribe("a", "{ hello }"))
			if n := c.expectClose(4403); n != 0 {
				t.Errorf("%d messages before the end", n)
			}
		})
	}
	s.t = t
	c := s.dial()
	c.send(`{"type":"connection_init","payload":{"authorization":"bearer alice"}}`)
	c.expect(`{"type":"connection_ack"}`)

	dial := &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer alice"}}}
	c, _ = s.dialWith(dial)
	c.send(`{"type":"connection_init"}`)
	c.expect(`{"type":"connection_ack"}`)
	c, _ = s.dialWith(dial)
	c.send(initAs("bad"))
	c.expectClose(4403)

	s.fail(errors.New("database is down"))
	c = s.dial()
	c.send(initAs(alice))
	c.expectClose(1013)
}

func TestSocketViolations(t *testing.T) {
	s := newServer(t)
	long := subscribe("a", "subscription { touched }")
	for _, c := range []struct {
		name string
		init bool
		send []string
		code int
	}{
		{"subscribe before init", false, []string{long}, 4401},
		{"second init", true, []string{initAs(alice)}, 4429},
		{"id in use", true, []string{long, long}, 4409},
		{"no JSON", true, []string{"hello {"}, 4400},
		{"no JSON before init", false, []string{"hello {"}, 4400},
		{"array", true, []string{"[]"}, 4400},
		{"null", true, []string{"null"}, 4400},
		{"number", true, []string{"7"}, 4400},
		{"empty", true, []string{""}, 4400},
		{"no UTF-8", true, []string{"{\"type\":\"ping\",\"x\":\"\xff\"}"}, 4400},
		{"unknown type", true, []string{`{"type":"nope"}`}, 4400},
		{"no type", true, []string{`{"id":"a"}`}, 4400},
		{"type of another type", true, []string{`{"type":7}`}, 4400},
		{"next", true, []string{`{"id":"a","type":"next","payload":{}}`}, 4400},
		{"ack", true, []string{`{"type":"connection_ack"}`}, 4400},
		{"old start", true, []string{`{"id":"a","type":"start","payload":{"query":"{hello}"}}`}, 4400},
		{"subscribe without id", true, []string{`{"type":"subscribe","payload":{"query":"{hello}"}}`}, 4400},
		{"subscribe with an empty id", true, []string{subscribe("", "{hello}")}, 4400},
		{"subscribe with a number for id", true, []string{`{"id":7,"type":"subscribe","payload":{"query":"{hello}"}}`}, 4400},
		{"subscribe with a huge id", true, []string{subscribe(strings.Repeat("x", 300), "{hello}")}, 4400},
		{"subscribe without payload", true, []string{`{"id":"a","type":"subscribe"}`}, 4400},
		{"subscribe without query", true, []string{`{"id":"a","type":"subscribe","payload":{}}`}, 4400},
		{"subscribe with a number for query", true, []string{`{"id":"a","type":"subscribe","payload":{"query":7}}`}, 4400},
		{"subscribe with an array for variables", true, []string{`{"id":"a","type":"subscribe","payload":{"query":"{hello}","variables":[]}}`}, 4400},
		{"complete without id", true, []string{`{"type":"complete"}`}, 4400},
		{"ping with a string", true, []string{`{"type":"ping","payload":"x"}`}, 4400},
		{"init with a string", false, []string{`{"type":"connection_init","payload":"x"}`}, 4400},
		{"init with a number", false, []string{`{"type":"connection_init","payload":1}`}, 4400},
		{"init with an array", false, []string{`{"type":"connection_init","payload":[]}`}, 4400},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			client := s.dial()
			if c.init {
				client.send(initAs(alice))
				client.expect(`{"type":"connection_ack"}`)
			}
			for _, m := range c.send {
				client.send(m)
			}
			client.expectClose(c.code)
			eventually(t, "the socket is gone", func() bool { return s.endpoint.Open() == 0 })
		})
	}
	s.t = t
	c := s.open(alice)
	if err := c.Write(t.Context(), websocket.MessageBinary, []byte(`{"type":"ping"}`)); err != nil {
		t.Fatal(err)
	}
	c.expectClose(4400)
	eventually(t, "no subscription runs on", func() bool { return s.toy.running.Load() == 0 })
}

func TestSocketMessageLimit(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.Message = 1000 })
	c := s.open(alice)
	c.send(subscribe("a", "#"+strings.Repeat("x", 1000)+"\n{ hello }"))
	c.expectClose(1009)
}

func TestSocketInitTimeout(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.Init = 50 * time.Millisecond })
	c := s.dial()
	c.send(`{"type":"ping"}`)
	c.expect(`{"type":"pong"}`)
	c.expectClose(4408)
}

func TestSocketSubprotocols(t *testing.T) {
	s := newServer(t)
	for _, protocols := range [][]string{nil, {"graphql-ws"}, {"foo", "bar"}} {
		c, _ := s.dialWith(&websocket.DialOptions{Subprotocols: protocols})
		c.expectClose(4406)
	}
	c, _ := s.dialWith(&websocket.DialOptions{Subprotocols: []string{"graphql-ws", "graphql-transport-ws"}})
	if got := c.Subprotocol(); got != "graphql-transport-ws" {
		t.Errorf("the subprotocol is %q", got)
	}
}

func TestSocketOrigins(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Origins = []string{"https://portal.example.com"} })
	for origin, status := range map[string]int{
		"":                           101,
		s.URL:                        101,
		"https://portal.example.com": 101,
		"https://PORTAL.example.com": 101,
		"https://evil.example.com":   403,
		"http://portal.example.com":  403,
		"https://portal.example.com.evil.example.com": 403,
		"null": 403,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		_, resp := s.dialWith(&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
		if resp.StatusCode != status {
			t.Errorf("%q: %d, want %d", origin, resp.StatusCode, status)
		}
		if status == 403 {
			body, _ := io.ReadAll(resp.Body)
			if a := (answer{resp, string(body)}); a.code(t) != string(fault.Forbidden) {
				t.Errorf("%q: %s", origin, body)
			}
		}
	}
}

func TestBrokenHandshakeHasAJSONBody(t *testing.T) {
	s := newServer(t)
	got := s.send("GET", "", "", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 12")
	if got.StatusCode != 400 || got.code(t) != "BAD_USER_INPUT" || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v %s", got.StatusCode, got.Header, got.body)
	}
	if got := s.send("POST", "", request("{ hello }"), "Upgrade: websocket", "Connection: Upgrade"); got.StatusCode != 405 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}

func TestClientCompletes(t *testing.T) {
	s := newServer(t)
	c := s.open(alice)
	c.send(subscribe("a", "subscription { count(from: 1000000, everyMs: 1) }"))
	c.expect(`{"id":"a","type":"next","payload":{"data":{"count":1000000}}}`)
	c.send(`{"id":"a","type":"complete"}`)
	c.send(`{"id":"unknown","type":"complete"}`)
	c.send(`{"type":"ping"}`)
	for {
		got, err := c.receive()
		if err != nil {
			t.Fatal(err)
		}
		if got == `{"type":"pong"}` {
			break // what was on its way before may come, but nothing after the complete was read
		}
		if !strings.Contains(got, `"next"`) {
			t.Fatalf("%s for an operation that the client completed", got)
		}
	}
	eventually(t, "the subscription has ended", func() bool { return s.toy.running.Load() == 0 })
	c.send(subscribe("a", "{ hello }"))
	c.expect(`{"id":"a","type":"next","payload":{"data":{"hello":"world"}}}`)
	c.expect(`{"id":"a","type":"complete"}`)
}

func TestOperationsPerSocket(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.Operations = 3 })
	c := s.open(alice)
	for i := range 3 {
		c.send(subscribe(fmt.Sprint("s", i), "subscription { touched }"))
	}
	c.send(subscribe("more", "subscription { touched }"))
	c.expectError("more", "RATE_LIMITED")
	c.send(`{"id":"s1","type":"complete"}`)
	eventually(t, "one has ended", func() bool { return s.toy.running.Load() == 2 })
	c.send(subscribe("more", "subscription { count(from: 0, everyMs: 1) }"))
	got, err := c.receive()
	for ; err == nil && strings.Contains(got, "RATE_LIMITED"); got, err = c.receive() {
		c.send(subscribe("more", "subscription { count(from: 0, everyMs: 1) }")) // its goroutine was not gone yet
	}
	if want := `{"id":"more","type":"next","payload":{"data":{"count":0}}}`; got != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}

func TestSocketsPerIdentity(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.PerIdentity = 2 })
	s.set("bob", &viewer.Identity{Key: uuid.New(), Name: "Bob"})
	first := s.open(alice)
	s.open(alice)
	c := s.dial()
	c.send(initAs(alice))
	c.expectClose(4429)
	s.open("bob")
	if err := first.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two are left", func() bool { return s.endpoint.Open() == 2 })
	s.open(alice)
}

func TestSocketsPerAddress(t *testing.T) {
	address := "192.0.2.1"
	s := newServer(t, func(o *wire.Options) {
		o.Limits.PerAddress = 1
		o.Address = func(*http.Request) string { return address }
	})
	s.dial()
	c, resp := s.dialWith(&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if c != nil || resp.StatusCode != 429 {
		t.Errorf("a second one from the address: %s", resp.Status)
	}
	address = "192.0.2.2"
	s.dial()
}

func TestRejectedInitLeavesNoSocketBehind(t *testing.T) {
	s := newServer(t)
	for range 50 {
		c := s.dial()
		c.send(`{"type":"connection_init","payload":"x"}`)
		if err := c.CloseNow(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all are gone", func() bool { return s.endpoint.Open() == 0 })
}
