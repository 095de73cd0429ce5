package wire_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/wire"
)

const asEvents = "Accept: text/event-stream"

func TestStream(t *testing.T) {
	s := newServer(t)
	for _, c := range []struct{ name, method, query, body, want string }{
		{
			"subscription", "POST", "", request("subscription { count(from: 1, everyMs: 1) }"),
			":\n\nevent: next\ndata: {\"data\":{\"count\":1}}\n\nevent: next\ndata: {\"data\":{\"count\":0}}\n\nevent: complete\ndata:\n\n",
		},
		{"query", "POST", "", request("{ hello }"), ":\n\nevent: next\ndata: {\"data\":{\"hello\":\"world\"}}\n\nevent: complete\ndata:\n\n"},
		{"mutation", "POST", "", request("mutation { touch }"), ":\n\nevent: next\ndata: {\"data\":{\"touch\":1}}\n\nevent: complete\ndata:\n\n"},
		{
			"by GET", "GET", "?query=" + url.QueryEscape("subscription { count(from: 0, everyMs: 1) }"), "",
			":\n\nevent: next\ndata: {\"data\":{\"count\":0}}\n\nevent: complete\ndata:\n\n",
		},
		{
			"document that does not parse", "POST", "", request("subscription {"),
			":\n\nevent: next\ndata: {\"errors\":[{\"message\":\"Expected Name, found \\u003cEOF\\u003e\",\"locations\":[{\"line\":1,\"column\":15}]," +
				"\"extensions\":{\"code\":\"GRAPHQL_PARSE_FAILED\"}}]}\n\nevent: complete\ndata:\n\n",
		},
		{
			"panic", "POST", "", request("subscription { burst }"),
			":\n\nevent: next\ndata: {\"errors\":[{\"message\":\"internal error\",\"extensions\":{\"code\":\"INTERNAL\"}}]}\n\nevent: complete\ndata:\n\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			got := s.send(c.method, c.query, c.body, asEvents)
			if got.StatusCode != 200 || got.Header.Get("Content-Type") != "text/event-stream" || got.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%d %v", got.StatusCode, got.Header)
			}
			if got.body != c.want {
				t.Errorf("got %q\nwant %q", got.body, c.want)
			}
		})
	}
}

func TestStreamRefusals(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.PerIdentity = 1 })
	if got := s.send("GET", "?query=mutation{touch}", "", asEvents); got.StatusCode != 405 || got.code(t) != "BAD_USER_INPUT" {
		t.Errorf("a mutation by GET: %d %s", got.StatusCode, got.body)
	}
	if got := s.send("POST", "", "{", asEvents); got.StatusCode != 400 || got.code(t) != "BAD_USER_INPUT" {
		t.Errorf("no JSON: %d %s", got.StatusCode, got.body)
	}
	open := s.stream("subscription { touched }")
	if got := s.post("{ hello }", asEvents); got.StatusCode != 429 || got.code(t) != "RATE_LIMITED" {
		t.Errorf("one stream too many: %d %s", got.StatusCode, got.body)
	}
	open.close()
}

// stream opens an event stream as alice and reads its first comment.
func (s *server) stream(document string) *events { return s.streamAs(alice, document) }

func (s *server) streamAs(token, document string) *events {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	s.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "POST", s.URL, strings.NewReader(request(document)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = resp.Body.Close() })
	e := &events{s.t, cancel, bufio.NewReader(resp.Body)}
	e.expect(":\n\n")
	return e
}

// events is an open event stream, as its client sees it.
type events struct {
	t     testing.TB
	close context.CancelFunc
	from  *bufio.Reader
}

func (e *events) expect(want string) {
	e.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(e.from, got); err != nil || string(got) != want {
		e.t.Fatalf("got %q (%v), want %q", got, err, want)
	}
}

// expectEnd reads to the end, which comes without "complete".
func (e *events) expectEnd() {
	e.t.Helper()
	rest, err := io.ReadAll(e.from)
	if err != nil || strings.Contains(string(rest), "complete") {
		e.t.Fatalf("the stream ended with %q (%v)", rest, err)
	}
}

func TestStreamStaysAlive(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.Ping = 20 * time.Millisecond })
	e := s.stream("subscription { touched }")
	e.expect(":\n\n:\n\n:\n\n")
	eventually(t, "the event was caused", func() bool {
		select {
		case s.toy.touched <- 7:
			return true
		default:
			return false
		}
	})
	for line := ":\n"; line != "event: next\n"; {
		var err error
		if line, err = e.from.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	e.expect("data: {\"data\":{\"touched\":7}}\n\n")
	e.close()
	eventually(t, "the subscription has ended", func() bool { return s.toy.running.Load() == 0 })
}

func TestStreamEndsWithoutComplete(t *testing.T) {
	next := "event: next\ndata: {\"data\":{\"whoami\":\"Alice\"}}\n\n"
	t.Run("revoked", func(t *testing.T) {
		s := newServer(t)
		e := s.stream("subscription { whoami }")
		e.expect(next)
		s.endpoint.Revoke(s.key(alice))
		e.expectEnd()
		eventually(t, "the subscription has ended", func() bool { return s.toy.running.Load() == 0 })
	})
	t.Run("expired", func(t *testing.T) {
		s := newServer(t)
		expires := time.Now().Add(300 * time.Millisecond)
		s.set("short", &viewer.Identity{Key: uuid.New(), Name: "Alice", Expires: expires})
		e := s.streamAs("short", "subscription { whoami }")
		e.expect(next)
		e.expectEnd()
		if late := time.Since(expires); late < 0 || late > time.Second {
			t.Errorf("ended %v after the token expired", late)
		}
	})
	t.Run("drained", func(t *testing.T) {
		s := newServer(t, func(o *wire.Options) { o.Limits.Spread = time.Millisecond })
		e := s.stream("subscription { whoami }")
		e.expect(next)
		if err := s.endpoint.Drain(t.Context()); err != nil {
			t.Error(err)
		}
		e.expectEnd()
		if got := s.post("{ hello }", asEvents); got.StatusCode != 503 {
			t.Errorf("a stream while draining: %d", got.StatusCode)
		}
		if got := s.post("{ hello }"); got.StatusCode != 200 {
			t.Errorf("a plain query while draining: %d", got.StatusCode)
		}
	})
}

func TestStreamReaderThatStopsIsCutOff(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.Write = 200 * time.Millisecond })
	s.stream("subscription { flood(bytes: 100000) }")
	eventually(t, "it is gone", func() bool { return s.endpoint.Open() == 0 })
	eventually(t, "its subscription has ended", func() bool { return s.toy.running.Load() == 0 })
}

func TestStreamDataStayOnOneLine(t *testing.T) {
	once := graphql.OneShot(&graphql.Response{Data: []byte("{\n \"a\":\r\"b\\n\"}")})
	s := newServer(t, func(o *wire.Options) { o.Executor = executorFunc{o.Executor, once} })
	if got, want := s.post("{ hello }", asEvents).body, ":\n\nevent: next\ndata: {\"data\":{  \"a\": \"b\\n\"}}\n\nevent: complete\ndata:\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The patience for events must not outlive the stream on a connection that serves other requests.
func TestStreamGivesTheConnectionBack(t *testing.T) {
	s := newServer(t, func(o *wire.Options) { o.Limits.Write = 100 * time.Millisecond })
	if got := s.post("{ hello }", asEvents); got.StatusCode != 200 {
		t.Fatal(got.StatusCode)
	}
	held := make(chan answer)
	go func() { held <- s.post("{ hold }") }()
	<-s.toy.held
	passed := time.After(150 * time.Millisecond)
	<-passed
	close(s.toy.release)
	if got := <-held; got.body != `{"data":{"hold":1}}` {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
}
