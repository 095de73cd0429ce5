package graph_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/relay"
	"github.com/carehub/carehub/graph/stream"
)

// noon is when worlds begin.
var noon = time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)

// world is a small company on a database of its own: its cast (cast_test.go) and the API over it.
type world struct {
	t         *testing.T
	store     *store.Store
	client    *ent.Client
	options   graph.Options
	api       *graph.API
	directory *graph.Directory
	log       *stream.Log
	reads     *audit.Writer
	logs      *output
	now       *atomic.Pointer[time.Time]
	rows      map[string]gid.ID // by prefix and name, as "patient ann"
	blobs     blobs
}

// newWorld makes the cast and the API over it. At the end of the test every chain of the audit must be whole.
func newWorld(t *testing.T, st *store.Store) *world {
	t.Helper()
	w := &world{t: t, store: st, client: st.Client, logs: &output{}, now: &atomic.Pointer[time.Time]{}, rows: map[string]gid.ID{}, blobs: blobs{}}
	w.set(noon)
	w.cast()
	logger := slog.New(slog.NewJSONHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	secret := []byte("a secret of at least thirty-two bytes")
	sealer, err := relay.NewSealer(secret)
	w.ok(err)
	w.log, err = stream.Open(t.Context(), st, stream.Options{Key: secret, Poll: 5 * time.Millisecond, Logger: logger})
	w.ok(err)
	w.reads = audit.NewWriter(st.Client)
	w.directory = graph.NewDirectory(st.Client, func(purpose, subject string) cipher.Block {
		key := sha256.Sum256([]byte(purpose + " " + subject))
		block, err := aes.NewCipher(key[:])
		w.ok(err)
		return block
	})
	w.log.OnAccessChanged(w.directory.Forget)
	w.options = graph.Options{
		Electronic: true, Client: st.Client, Log: w.log, Reads: w.reads, Cursors: sealer, Identities: w.directory, Logger: logger,
		Blobs: w.blobs, LinkKey: secret, Clock: func() time.Time { return *w.now.Load() }, RequestID: func(context.Context) string { return "request" },
	}
	w.api, err = graph.New(w.options)
	w.ok(err)
	t.Cleanup(w.close)
	return w
}

func (w *world) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.log.Close(ctx); err != nil {
		w.t.Error(err)
	}
	if err := w.reads.Close(ctx); err != nil {
		w.t.Error(err)
	}
	report, err := audit.Verify(ctx, w.client)
	if err != nil {
		w.t.Error(err)
	}
	if err := report.Err(); err != nil {
		w.t.Error(err)
	}
}

// set moves the clock.
func (w *world) set(now time.Time) { w.now.Store(&now) }

// later moves the clock on.
func (w *world) later(d time.Duration) { w.set(w.now.Load().Add(d)) }

// system is the context in which the test itself reads and arranges rows.
func (w *world) system() context.Context {
	return viewer.System(clock.At(w.t.Context(), *w.now.Load()), "test")
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// key returns the identifier of a row by prefix and name.
func (w *world) key(name string) gid.ID {
	w.t.Helper()
	id, ok := w.rows[name]
	if !ok {
		w.t.Fatalf("the world has no %q", name)
	}
	return id
}

// id returns the identifier as everybody but analysts writes it.
func (w *world) id(name string) string { return w.key(name).String() }

// idFor returns the identifier as the user is shown it.
func (w *world) idFor(who, name string) string {
	return string(gid.Append(nil, w.identity(who), w.key(name)))
}

// identity returns the viewer that authentication would make of the user.
func (w *world) identity(who string) *viewer.Identity {
	w.t.Helper()
	row, err := w.client.Identity.Query().Where(identity.Subject(who)).Only(w.system())
	w.ok(err)
	door := code.PortalStaffConsole
	switch row.Persona {
	case viewer.Patient:
		door = code.PortalPatientPortal
	case viewer.Provider:
		door = code.PortalProviderPortal
	case viewer.Analyst:
		door = code.PortalAnalytics
	}
	id, err := w.directory.Lookup(w.t.Context(), issuer, who, string(door))
	w.ok(err)
	return id
}

// as is the context of a request of the user.
func (w *world) as(who string) context.Context {
	return viewer.NewContext(w.t.Context(), w.identity(who))
}

// vars are the variables of an operation.
type vars map[string]any

// do executes the operation for the user, as a transport would.
func (w *world) do(who, document string, variables vars) answer {
	w.t.Helper()
	return w.send(w.as(who), document, variables)
}

// send is do in the context of a request.
func (w *world) send(ctx context.Context, document string, variables vars) answer {
	w.t.Helper()
	return w.execute(ctx, &graphql.RawParams{Query: document, Variables: w.decoded(variables)})
}

// must is do for an operation that has no reason to fail.
func (w *world) must(who, document string, variables vars) answer {
	w.t.Helper()
	a := w.do(who, document, variables)
	if len(a.errors) > 0 {
		w.t.Fatalf("%s: %s: %v", who, document, a.errors)
	}
	return a
}

// decoded gives variables the types that they have when they were read from a request.
func (w *world) decoded(variables vars) map[string]any {
	text, err := json.Marshal(variables)
	w.ok(err)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var out map[string]any
	w.ok(decoder.Decode(&out))
	return out
}

// execute runs one operation that is no subscription.
func (w *world) execute(ctx context.Context, params *graphql.RawParams) answer {
	w.t.Helper()
	respond, ctx, refused := w.start(ctx, params)
	if refused != nil {
		return w.answer(refused)
	}
	return w.answer(respond(ctx))
}

// start begins an operation; refused is the response of one that is not executed.
func (w *world) start(ctx context.Context, params *graphql.RawParams) (respond graphql.ResponseHandler, in context.Context, refused *graphql.Response) {
	ctx = graphql.StartOperationTrace(ctx)
	now := graphql.Now()
	params.ReadTime = graphql.TraceTiming{Start: now, End: now}
	op, errs := w.api.CreateOperationContext(ctx, params)
	if errs != nil {
		return nil, ctx, w.api.DispatchError(graphql.WithOperationContext(ctx, op), errs)
	}
	respond, ctx = w.api.DispatchOperation(ctx, op)
	return respond, ctx, nil
}

// answer is a response as a client reads it.
type answer struct {
	raw        string // the whole response
	data       map[string]any
	errors     gqlerror.List
	extensions map[string]any
}

func (w *world) answer(r *graphql.Response) answer {
	w.t.Helper()
	if r == nil {
		return answer{}
	}
	text, err := json.Marshal(r)
	w.ok(err)
	var wire struct {
		Extensions map[string]any `json:"extensions"`
	}
	w.ok(json.Unmarshal(text, &wire))
	a := answer{raw: string(text), errors: r.Errors, extensions: wire.Extensions}
	if len(r.Data) > 0 {
		w.ok(json.Unmarshal(r.Data, &a.data))
	}
	return a
}

// at returns the value at the path of dotted names and numbers, or nil where there is none.
func (a answer) at(path string) any {
	var value any = a.data
	for _, step := range strings.Split(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// text returns the text at the path, empty where there is none.
func (a answer) text(path string) string {
	s, _ := a.at(path).(string)
	return s
}

// code returns the code of the first error, empty when there is none.
func (a answer) code() string {
	if len(a.errors) == 0 {
		return ""
	}
	coded, _ := a.errors[0].Extensions["code"].(string)
	return coded
}

// withheld returns the reasons by path.
func (a answer) withheld() map[string]string {
	out := map[string]string{}
	list, _ := a.extensions["withheld"].([]any)
	for _, item := range list {
		w := item.(map[string]any)
		var path ast.Path
		for _, step := range w["path"].([]any) {
			switch step := step.(type) {
			case string:
				path = append(path, ast.PathName(step))
			case float64:
				path = append(path, ast.PathIndex(int(step)))
			}
		}
		out[path.String()] = w["reason"].(string)
	}
	return out
}

// follow starts a subscription; the function that it returns waits for the next item, nil when none comes in the
// time.
func (w *world) follow(who, document string, variables vars) func(time.Duration) *answer {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.as(who))
	respond, ctx, refused := w.start(ctx, &graphql.RawParams{Query: document, Variables: w.decoded(variables)})
	if refused != nil {
		cancel()
		w.t.Fatal(refused.Errors)
	}
	responses, done := make(chan *graphql.Response), make(chan struct{})
	go func() {
		defer close(done)
		defer close(responses)
		for {
			r := respond(ctx)
			if r == nil {
				return
			}
			select {
			case responses <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	w.t.Cleanup(func() {
		cancel()
		<-done
	})
	return func(patience time.Duration) *answer {
		w.t.Helper()
		select {
		case r := <-responses:
			a := w.answer(r)
			return &a
		case <-time.After(patience):
			return nil
		}
	}
}

// output gathers what is logged.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
