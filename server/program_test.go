package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/auth"
	"github.com/carehub/carehub/server/demo"
	"github.com/carehub/carehub/server/secret"
)

// asProgram is the variable that makes this binary the program itself.
const asProgram = "CAREHUB_TEST_AS_PROGRAM"

// TestMain: a server that has ended leaves nothing running.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		process(clock.With(context.Background(), jumpingClock()))
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// jumpingClock is the clock of a process that jumps, forwards or backwards, whenever the process gets SIGUSR1.
func jumpingClock() func() time.Time {
	var ahead atomic.Int64
	jumps := make(chan os.Signal, 1)
	signal.Notify(jumps, syscall.SIGUSR1)
	go func() {
		for range jumps {
			ahead.Store(int64(rand.N(2*maxJump) - maxJump))
		}
	}()
	return func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
}

// maxJump is how far such a clock is off at most; tokens must be good all the same.
const maxJump = 20 * time.Minute

// onEach runs the test on a fresh database of each engine, both at once.
func onEach(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Parallel()
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLiteURL, "postgres": storetest.PostgresURL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, database(t))
		})
	}
}

// program is the program as its users have it: started by a command line, used over the network.
type program struct {
	url        string
	database   string
	secretFile string
	log        *transcript
	stop       func() // ends it as a signal does, and returns when it has ended
}

// launch starts a server on a free port.
func launch(t *testing.T, database string, flags ...string) *program {
	t.Helper()
	p := &program{database: database, secretFile: filepath.Join(t.TempDir(), "carehub.secret")}
	p.start(t, "127.0.0.1:0", flags...)
	return p
}

// start starts the server with the database and secret that it has.
func (p *program) start(t *testing.T, address string, flags ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p.log = &transcript{address: make(chan string, 1)}
	ended := make(chan error, 1)
	args := append([]string{
		"serve", "--listen", address, "--database", p.database, "--secret-file", p.secretFile, "--patients", "10",
		"--blobs", p.secretFile + ".blobs",
	}, flags...)
	go func() { ended <- run(ctx, args, io.Discard, p.log) }()
	select {
	case p.url = <-p.log.address:
	case err := <-ended:
		cancel()
		t.Fatalf("the server did not start: %v", err)
	}
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(p.stop)
	p.settle(t)
}

// settle waits until the server has come to the end of its events, those of the demo data among them. Who listens from
// then on hears only of what happens from then on.
func (p *program) settle(t *testing.T) {
	t.Helper()
	db, err := store.Open(t.Context(), p.database)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "all events have their place", func() bool {
		var waiting int
		err := db.DB.QueryRowContext(t.Context(), "SELECT count(*) FROM events WHERE pos IS NULL").Scan(&waiting)
		return err == nil && waiting == 0
	})
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	pause(50) // two polls: they are read as well
}

// restart starts the stopped server anew where it was.
func (p *program) restart(t *testing.T) {
	t.Helper()
	was := p.url
	p.start(t, strings.TrimPrefix(was, "http://"))
	if p.url != was {
		t.Fatalf("the server came back at %s, not at %s", p.url, was)
	}
}

// transcript is what the program says to its operator. It notices the address at which the program serves.
type transcript struct {
	address chan string

	mu   sync.Mutex
	text bytes.Buffer
}

var welcome = regexp.MustCompile(`Carehub serves on (http://\S+)`)

// Write implements io.Writer.
func (t *transcript) Write(b []byte) (int, error) {
	if match := welcome.FindSubmatch(b); match != nil {
		t.address <- string(match[1])
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(b)
}

// String returns all that was said.
func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// user is somebody with a token.
type user struct {
	*program
	t     *testing.T
	name  string
	token string
}

// demoUser is a demo identity that has signed in.
func (p *program) demoUser(t *testing.T, name string) *user {
	t.Helper()
	who, ok := demo.Find(name)
	if !ok {
		t.Fatalf("no demo identity %s", name)
	}
	return p.user(t, name, string(who.Portal))
}

// user is whoever the demo issuer calls subject, in the portal.
func (p *program) user(t *testing.T, subject, portal string) *user {
	t.Helper()
	return &user{p, t, subject, p.tokenAt(t, subject, portal, time.Now())}
}

// tokenAt returns a token that was issued at the time.
func (p *program) tokenAt(t *testing.T, subject, portal string, at time.Time) string {
	t.Helper()
	keys, err := secret.Load(p.secretFile)
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := auth.NewDemo(keys.DemoKey())
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := issuer.Token(subject, portal, at)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// reply is the answer to an operation.
type reply struct {
	t      *testing.T
	Data   any
	Errors []struct {
		Message    string
		Extensions map[string]any
	}
	Extensions struct {
		Withheld []struct {
			Path   []string
			Reason string
		}
	}
	body string
}

type object = map[string]any

// tries runs an operation, whatever comes of it.
func (u *user) tries(document string, variables object) *reply {
	u.t.Helper()
	body, err := json.Marshal(object{"query": document, "variables": variables})
	if err != nil {
		u.t.Fatal(err)
	}
	status, _, text := send(u.t, http.MethodPost, u.url+"/graphql", string(body), "Content-Type", "application/json", "Authorization", "Bearer "+u.token)
	r := &reply{t: u.t, body: text}
	if err := json.Unmarshal([]byte(text), r); err != nil || status != http.StatusOK {
		u.t.Fatalf("%s gets HTTP %d: %s", u.name, status, text)
	}
	return r
}

// asks runs an operation that succeeds.
func (u *user) asks(document string, variables object) *reply {
	u.t.Helper()
	r := u.tries(document, variables)
	if len(r.Errors) > 0 {
		u.t.Fatalf("%s asks %s with %v: %s", u.name, document, variables, r.body)
	}
	return r
}

// attempts runs a mutation, whatever comes of it. Its payload is called so in the answer.
func (u *user) attempts(mutation string, input object, selection string) *reply {
	u.t.Helper()
	document := "mutation ($input: " + strings.ToUpper(mutation[:1]) + mutation[1:] + "Input!) { payload: " + mutation + "(input: $input) { " + selection + " } }"
	return u.tries(document, object{"input": input})
}

// does runs a mutation that succeeds.
func (u *user) does(mutation string, input object, selection string) *reply {
	u.t.Helper()
	r := u.attempts(mutation, input, selection)
	if len(r.Errors) > 0 {
		u.t.Fatalf("%s does %s with %v: %s", u.name, mutation, input, r.body)
	}
	return r
}

// at returns the value at a path such as case.patient.name; a part of a list is named by its place. It is nil where
// something on the way is null.
func (r *reply) at(path string) any {
	r.t.Helper()
	value := r.Data
	for part := range strings.SplitSeq(path, ".") {
		switch of := value.(type) {
		case nil:
			return nil
		case object:
			next, selected := of[part]
			if !selected {
				r.t.Fatalf("%s was not asked for: %s", path, r.body)
			}
			value = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(of) {
				r.t.Fatalf("%s is not there: %s", path, r.body)
			}
			value = of[i]
		default:
			r.t.Fatalf("%s leads nowhere: %s", path, r.body)
		}
	}
	return value
}

// text returns the text at a path.
func (r *reply) text(path string) string {
	r.t.Helper()
	text, ok := r.at(path).(string)
	if !ok {
		r.t.Fatalf("%s is no text: %s", path, r.body)
	}
	return text
}

// is fails unless the value at the path is the wanted one.
func (r *reply) is(path string, want any) *reply {
	r.t.Helper()
	if got := r.at(path); got != want {
		r.t.Errorf("%s is %v, want %v: %s", path, got, want, r.body)
	}
	return r
}

// code is that of the first error, or nothing.
func (r *reply) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	code, _ := r.Errors[0].Extensions["code"].(string)
	return code
}

// refused fails unless the operation was refused with the code.
func (r *reply) refused(code string) {
	r.t.Helper()
	if r.code() != code {
		r.t.Errorf("got %s, want %s", r.body, code)
	}
}

// send sends a request with headers, given as names and values in turn.
func send(t *testing.T, method, url, body string, headers ...string) (status int, header http.Header, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(content)
}
