package wire_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/server/wire"
)

func TestTokenExpiryClosesTheSocket(t *testing.T) {
	s := newServer(t)
	s.set("short", &viewer.Identity{Key: uuid.New(), Expires: time.Now().Add(400 * time.Millisecond)})
	c := s.open("short")
	c.send(subscribe("a", "subscription { touched }"))
	c.expectClose(4403)
	if late := time.Since(s.identities["short"].Expires); late < 0 || late > time.Second {
		t.Errorf("closed %v after the token expired", late)
	}
	eventually(t, "the subscription has ended", func() bool { return s.toy.running.Load() == 0 })
}

func TestExpiryFollowsTheClockOfTheContext(t *testing.T) {
	s := newServer(t)
	then := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	s.set("old", &viewer.Identity{Key: uuid.New(), Expires: then.Add(50 * time.Millisecond)})
	inner := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(clock.At(r.Context(), then)))
	})
	c := s.open("old") // it would be refused at once under the wall clock
	c.expectClose(4403)
}

func TestOperationsRunUnderTheIdentityAsItIsNow(t *testing.T) {
	s := newServer(t)
	c := s.open(alice)
	key := s.key(alice)
	s.set(alice, &viewer.Identity{Key: key, Name: "Alice, promoted"})
	c.send(subscribe("a", "{ whoami }"))
	c.expect(`{"id":"a","type":"next","payload":{"data":{"whoami":"Alice, promoted"}}}`)
	c.expect(`{"id":"a","type":"complete"}`)

	s.set(alice, &viewer.Identity{Key: key, Expires: time.Now().Add(100 * time.Millisecond)})
	c.send(subscribe("b", "subscription { touched }"))
	c.expectClose(4403) // the new expiry counts

	s.set(alice, &viewer.Identity{Key: key})
	c = s.open(alice)
	s.fail(fault.New(fault.Unauthenticated, "revoked"))
	c.send(subscribe("a", "{ whoami }"))
	c.expectClose(4403)
	s.fail(nil)
	c = s.open(alice)
	s.fail(errors.New("database is down"))
	c.send(subscribe("a", "{ whoami }"))
	c.expectClose(1013)
}

func TestRevoke(t *testing.T) {
	s := newServer(t)
	s.set("bob", &viewer.Identity{Key: uuid.New(), Name: "Bob"})
	one, two, bob := s.open(alice), s.open(alice), s.open("bob")
	one.send(subscribe("a", "subscription { touched }"))
	bob.send(subscribe("a", "subscription { whoami }"))
	bob.expect(`{"id":"a","type":"next","payload":{"data":{"whoami":"Bob"}}}`)
	s.endpoint.Revoke(s.key(alice))
	one.expectClose(4403)
	two.expectClose(4403)
	bob.send(`{"type":"ping"}`)
	bob.expect(`{"type":"pong"}`)
	s.endpoint.Revoke(uuid.New())
}

// Whoever is revoked while being let in is found by the second look at the token.
func TestRevokeDuringInit(t *testing.T) {
	var s *server
	looks := 0
	s = newServer(t, func(o *wire.Options) {
		authenticate := o.Authenticate
		o.Authenticate = func(ctx context.Context, token string) (*viewer.Identity, error) {
			id, err := authenticate(ctx, token)
			if looks++; looks == 1 {
				s.fail(fault.New(fault.Unauthenticated, "revoked"))
				s.endpoint.Revoke(id.Key)
			}
			return id, err
		}
	})
	c := s.dial()
	c.send(initAs(alice))
	if n := c.expectClose(4403); n != 0 {
		t.Errorf("%d messages before the end", n)
	}
}

// A stream that the server cannot go on with is not complete: its client comes back, if it may.
func TestBrokenStream(t *testing.T) {
	for code, want := range map[string]int{"INTERNAL": 1013, "TIMEOUT": 1013, "FORBIDDEN": 4403, "UNAUTHENTICATED": 4403} {
		s := newServer(t)
		document := `subscription { broken(code: "` + code + `") }`
		c := s.open(alice)
		c.send(`{"id":"a","type":"subscribe","payload":` + request(document) + `}`)
		c.expect(`{"id":"a","type":"next","payload":{"data":{"broken":1}}}`)
		if n := c.expectClose(want); n > 0 {
			t.Errorf("%s: %d messages before the socket was closed", code, n)
		}
		e := s.stream(document)
		e.expect("event: next\ndata: {\"data\":{\"broken\":1}}\n\n")
		e.expectEnd()
	}
}

// What fails because its client does not want it any more is no failure: the socket stays.
func TestAbandonedStreamIsNotBroken(t *testing.T) {
	s := newServer(t)
	c := s.open(alice)
	c.send(`{"id":"a","type":"subscribe","payload":` + request(`subscription { broken(code: "LATE") }`) + `}`)
	c.expect(`{"id":"a","type":"next","payload":{"data":{"broken":1}}}`)
	c.send(`{"id":"a","type":"complete"}`)
	eventually(t, "the subscription has ended", func() bool { return s.toy.running.Load() == 0 })
	c.send(subscribe("b", "{ hello }"))
	c.expect(`{"id":"b","type":"next","payload":{"data":{"hello":"world"}}}`)
}

func TestDrain(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.Spread = 20 * time.Millisecond })
	idle, subscribed, busy := s.open(alice), s.open(alice), s.open(alice)
	pending := s.dial()
	subscribed.send(subscribe("a", "subscription { whoami }"))
	subscribed.expect(`{"id":"a","type":"next","payload":{"data":{"whoami":"Alice"}}}`)
	busy.send(subscribe("m", "mutation { hold }"))
	<-s.toy.held

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	drained := make(chan error, 1)
	go func() { drained <- s.endpoint.Drain(ctx) }()
	for _, c := range []*socket{idle, subscribed, pending} {
		c.expectClose(1012)
	}
	if _, resp := s.dialWith(&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}); resp.StatusCode != 503 {
		t.Errorf("a socket while draining: %s", resp.Status)
	}
	busy.send(subscribe("late", "mutation { touch }"))
	close(s.toy.release)
	busy.expect(`{"id":"m","type":"next","payload":{"data":{"hold":1}}}`)
	busy.expect(`{"id":"m","type":"complete"}`)
	busy.expectClose(1012)
	if err := <-drained; err != nil || s.endpoint.Open() != 0 {
		t.Errorf("drained with %v, %d open", err, s.endpoint.Open())
	}
	if err := s.endpoint.Drain(ctx); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

// An operation that does not end in time is cancelled, and a client that does not answer is cut off.
func TestDrainEndsInTime(t *testing.T) {
	s := newServer(t)
	busy := s.open(alice)
	busy.send(subscribe("m", "mutation { hold }"))
	<-s.toy.held
	mute := s.open(alice) // never reads again, so never answers the closing

	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := s.endpoint.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("drained with %v", err)
	}
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	busy.expectClose(1012)
	eventually(t, "the mute one is gone", func() bool { return s.endpoint.Open() == 0 })
	_ = mute.CloseNow()
}

func TestDeadPeerIsCutOff(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.Ping = 300 * time.Millisecond })
	alive, dead := s.open(alice), s.open(alice)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	alive.CloseRead(ctx) // answers pings
	dead.send(subscribe("a", "subscription { touched }"))
	eventually(t, "the dead one is gone", func() bool { return s.endpoint.Open() == 1 })
	eventually(t, "its subscription has ended", func() bool { return s.toy.running.Load() == 0 })
	if err := alive.Ping(ctx); err != nil {
		t.Errorf("the living one: %v", err)
	}
}

func TestReaderThatStopsIsCutOff(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.Write = 6 * time.Second })
	client := s.open(alice)
	client.send(subscribe("a", "subscription { flood(bytes: 100000) }"))

	stalled, last := time.Now(), int64(-1)
	eventually(t, "the flood has stalled for more than half of the time for a write", func() bool {
		if now := s.toy.sent.Load(); now != last {
			stalled, last = time.Now(), now
		}
		return time.Since(stalled) > 3200*time.Millisecond
	})
	client.expectClose(1013)
}

func TestVanishedClientEndsItsSubscription(t *testing.T) {
	s := newServer(t)
	c := s.open(alice)
	c.send(subscribe("a", "subscription { count(from: 1000000, everyMs: 1) }"))
	c.expect(`{"id":"a","type":"next","payload":{"data":{"count":1000000}}}`)
	if err := c.CloseNow(); err != nil && !strings.Contains(err.Error(), "closed") {
		t.Fatal(err)
	}
	eventually(t, "the subscription has ended", func() bool { return s.toy.running.Load() == 0 })
	eventually(t, "the socket is gone", func() bool { return s.endpoint.Open() == 0 })
}
