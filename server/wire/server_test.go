package wire_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/server/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is an endpoint on a loopback port, with what tests want to see and to turn.
type server struct {
	*httptest.Server
	t        testing.TB
	endpoint *wire.Endpoint
	toy      *toy
	log      *lockedBuffer

	mu         sync.Mutex
	identities map[string]*viewer.Identity // by token
	failure    error
}

// alice is the token of an identity that every server knows.
const alice = "alice"

func newServer(t testing.TB, change ...func(*wire.Options)) *server {
	t.Helper()
	s := &server{
		t:          t,
		toy:        newToy(),
		log:        &lockedBuffer{},
		identities: map[string]*viewer.Identity{alice: {Key: uuid.New(), Name: "Alice"}},
	}
	exec := executor.New(s.toy)
	exec.Use(extension.AutomaticPersistedQuery{Cache: lru.New[string](10)})
	exec.SetRecoverFunc(func(context.Context, any) error { return errors.New("recovered") })
	o := wire.Options{Executor: exec, Authenticate: s.authenticate, Log: slog.New(slog.NewTextHandler(s.log, nil))}
	for _, c := range change {
		c(&o)
	}
	var err error
	if s.endpoint, err = wire.New(o); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewUnstartedServer(s.endpoint)
	s.Config.ConnContext = wire.Bounded
	s.Start()
	t.Cleanup(func() {
		eventually(t, "all sockets and streams are gone", func() bool { return s.endpoint.Open() == 0 })
		s.Client().CloseIdleConnections()
		s.Close()
	})
	return s
}

func (s *server) authenticate(_ context.Context, token string) (*viewer.Identity, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return nil, s.failure
	}
	id := s.identities[token]
	if id == nil {
		return nil, fault.New(fault.Unauthenticated, "no such token")
	}
	again := *id
	return &again, nil
}

// set changes what a token means from now on.
func (s *server) set(token string, id *viewer.Identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identities[token] = id
}

// fail makes every authentication fail from now on.
func (s *server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
}

func (s *server) key(token string) uuid.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identities[token].Key
}

// answer is a response that has been read.
type answer struct {
	*http.Response
	body string
}

// code is the code of the first error.
func (a answer) code(t *testing.T) string {
	t.Helper()
	var body struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || len(body.Errors) == 0 || body.Errors[0].Message == "" {
		t.Fatalf("the body has no GraphQL error: %s", a.body)
	}
	return body.Errors[0].Extensions.Code
}

// send sends a request as alice. Headers are "Name: value"; an empty value removes one.
func (s *server) send(method, query, body string, headers ...string) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+"/graphql"+query, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+alice)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if req.Header.Del(name); value != "" {
			req.Header.Set(name, value)
		}
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp, string(read)}
}

// post sends a document.
func (s *server) post(document string, headers ...string) answer {
	s.t.Helper()
	return s.send(http.MethodPost, "", request(document), headers...)
}

func request(document string) string {
	b, err := json.Marshal(map[string]any{"query": document})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// eventually waits until what is said is true.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(15 * time.Second); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("not in time: " + what)
		}
	}
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// executorFunc is an executor whose responses come from a function.
type executorFunc struct {
	graphql.GraphExecutor
	dispatch func(ctx context.Context) *graphql.Response
}

func (f executorFunc) DispatchOperation(ctx context.Context, _ *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	return f.dispatch, ctx
}
