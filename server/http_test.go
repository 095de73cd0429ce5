package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/demo"
)

const portal, foreign = "https://portal.example.com", "https://elsewhere.example.com"

// TestHTTP looks at one running server from outside.
func TestHTTP(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLiteURL(t), "--cors-origin", portal)
	t.Run("pages", func(t *testing.T) { testPages(t, p) })
	t.Run("schema", func(t *testing.T) { testSchema(t, p) })
	t.Run("sign-in", func(t *testing.T) { testSignIn(t, p) })
	t.Run("tokens", func(t *testing.T) { testTokens(t, p) })
	t.Run("origins", func(t *testing.T) { testOrigins(t, p) })
	t.Run("leaving", func(t *testing.T) { testLeaving(t, p) })
	secret, err := os.ReadFile(p.secretFile)
	if err != nil {
		t.Fatal(err)
	}
	// Every token begins like this, as its header does.
	for _, text := range []string{"eyJ", strings.TrimSpace(string(secret))} {
		if said := p.log.String(); strings.Contains(said, text) {
			t.Errorf("the log repeats %q:\n%s", text, said)
		}
	}
}

func testPages(t *testing.T, p *program) {
	for path, want := range map[string]struct {
		status    int
		media, is string
	}{
		"/livez":                    {200, "text/plain", "ok"},
		"/readyz":                   {200, "text/plain", "ready"},
		"/version":                  {200, "text/plain", version()},
		"/":                         {200, "text/html", ""},
		"/console":                  {200, "text/html", ""},
		"/playground/settings.json": {200, "application/json", ""},
		"/absent":                   {404, "text/plain", ""},
		"/demo/token":               {404, "text/plain", ""},
	} {
		status, header, text := send(t, "GET", p.url+path, "")
		if status != want.status || !strings.HasPrefix(header.Get("Content-Type"), want.media) || want.is != "" && text != want.is {
			t.Errorf("%s: %d %s %s", path, status, header.Get("Content-Type"), text)
		}
		if header.Get("X-Request-Id") == "" || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s has headers %v", path, header)
		}
	}
	if _, _, settings := send(t, "GET", p.url+"/playground/settings.json", ""); !strings.Contains(settings, `"liaison2"`) {
		t.Errorf("the pages offer %s", settings)
	}
}

func testSchema(t *testing.T, p *program) {
	for _, name := range []string{"patient", "provider", "liaison", "coordinator", "safety", "analyst", "admin"} {
		who, _ := demo.Find(name)
		_, _, text := send(t, "GET", p.url+"/schema", "", "Authorization", "Bearer "+p.demoUser(t, name).token)
		if want := command(t, 0, "schema", "--persona", strings.ToLower(string(who.Persona))); text != want {
			t.Errorf("%s gets another schema than the command prints", name)
		}
	}
	for authorization, want := range map[string]int{
		"":                401,
		"Bearer nonsense": 401,
		"Basic dTpw":      401,
		"Bearer " + p.tokenAt(t, "liaison", "STAFF_CONSOLE", time.Now().Add(-2*time.Hour)): 401,
		"Bearer " + p.tokenAt(t, "liaison", "PROVIDER_PORTAL", time.Now()):                 403,
	} {
		headers := []string{"Authorization", authorization}
		if authorization == "" {
			headers = nil
		}
		if status, _, text := send(t, "GET", p.url+"/schema", "", headers...); status != want || len(text) > 100 {
			t.Errorf("%.20q gets %d, want %d: %s", authorization, status, want, text)
		}
	}
}

func testSignIn(t *testing.T, p *program) {
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  int
	}{
		"own page":          {`{"as": "liaison"}`, []string{"Origin", p.url, "Sec-Fetch-Site", "same-origin"}, 200},
		"no browser":        {`{"as": "liaison"}`, nil, 200},
		"foreign page":      {`{"as": "liaison"}`, []string{"Origin", foreign}, 403},
		"listed page":       {`{"as": "liaison"}`, []string{"Origin", portal}, 403},
		"cross-site":        {`{"as": "liaison"}`, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"same site":         {`{"as": "liaison"}`, []string{"Sec-Fetch-Site", "same-site"}, 403},
		"hidden origin":     {`{"as": "liaison"}`, []string{"Origin", "null"}, 403},
		"nobody":            {`{"as": "nobody"}`, nil, 404},
		"no portal":         {`{"as": "nobody", "portal": "THE_MOON"}`, nil, 404},
		"no name":           {`{}`, nil, 404},
		"no object":         {`"liaison"`, nil, 400},
		"no JSON":           {`as=liaison`, nil, 400},
		"too long to be it": {`{"as": "` + strings.Repeat("l", 2000) + `"}`, nil, 400},
	} {
		status, header, text := send(t, "POST", p.url+"/demo/token", c.body, c.headers...)
		if status != c.status || header.Get("Access-Control-Allow-Origin") != "" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v %s", name, status, header, text)
		}
		if status != http.StatusOK {
			continue
		}
		var signed struct {
			Token, Name, Persona string
			ExpiresAt            time.Time
		}
		if err := json.Unmarshal([]byte(text), &signed); err != nil || signed.Persona != "LIAISON" || time.Until(signed.ExpiresAt) < 50*time.Minute {
			t.Errorf("%s: %v %+v", name, err, signed)
		}
		(&user{p, t, "liaison", signed.Token}).asks("{ me { name persona } }", nil).is("me.name", "Lena Marlow")
	}
}

// TestNoDemo: a server with an issuer has no sign-in, offers nobody, and takes no tokens of the demo issuer.
func TestNoDemo(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLiteURL(t), "--oidc-issuer", "http://127.0.0.1:9", "--oidc-audience", "console=STAFF_CONSOLE")
	if status, _, _ := send(t, "POST", p.url+"/demo/token", `{"as": "liaison"}`); status != 404 && status != 405 {
		t.Errorf("the demo's sign-in answers %d", status)
	}
	if _, _, settings := send(t, "GET", p.url+"/playground/settings.json", ""); settings != `{"identities":[]}` {
		t.Errorf("the pages offer %s", settings)
	}
	status, _, text := send(t, "POST", p.url+"/graphql", `{"query": "{ me { name } }"}`,
		"Content-Type", "application/json", "Authorization", "Bearer "+p.demoUser(t, "liaison").token)
	if status != 401 {
		t.Errorf("a demo token gets %d %s", status, text)
	}
}

// testTokens: who brings no good token gets no further, by whichever way.
func testTokens(t *testing.T, p *program) {
	now := time.Now()
	for name, c := range map[string]struct {
		token  string
		status int
		code   string
	}{
		"none":           {"", 401, "UNAUTHENTICATED"},
		"nonsense":       {"nonsense", 401, "UNAUTHENTICATED"},
		"expired":        {p.tokenAt(t, "liaison", "STAFF_CONSOLE", now.Add(-2*time.Hour)), 401, "UNAUTHENTICATED"},
		"from to-morrow": {p.tokenAt(t, "liaison", "STAFF_CONSOLE", now.Add(24*time.Hour)), 401, "UNAUTHENTICATED"},
		"other secret":   {(&program{secretFile: newSecret(t)}).tokenAt(t, "liaison", "STAFF_CONSOLE", now), 401, "UNAUTHENTICATED"},
		"wrong portal":   {p.tokenAt(t, "liaison", "PROVIDER_PORTAL", now), 403, "FORBIDDEN"},
		"no grant":       {p.tokenAt(t, "patient", "TRIAL_PORTAL", now), 403, "FORBIDDEN"},
		"unknown":        {p.tokenAt(t, "somebody", "STAFF_CONSOLE", now), 403, "FORBIDDEN"},
	} {
		headers := []string{"Content-Type", "application/json"}
		if c.token != "" {
			headers = append(headers, "Authorization", "Bearer "+c.token)
		}
		status, _, text := send(t, "POST", p.url+"/graphql", `{"query": "{ me { name } }"}`, headers...)
		if status != c.status || !strings.Contains(text, c.code) || c.token != "" && strings.Contains(text, c.token) {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if _, said, err := (&user{p, t, name, c.token}).init(); websocket.CloseStatus(err) != 4403 {
			t.Errorf("%s: the socket says %s and ends with %v", name, said, err)
		}
	}
	if status, _, text := send(t, "GET", p.url+"/graphql?query={me{name}}&access_token="+p.demoUser(t, "liaison").token, ""); status != 401 {
		t.Errorf("a token in the address gets %d %s", status, text)
	}
}

// newSecret makes a secret that is not the server's.
func newSecret(t *testing.T) string {
	t.Helper()
	path := t.TempDir() + "/carehub.secret"
	command(t, 0, "token", "--as", "liaison", "--secret-file", path)
	return path
}

// dial opens a socket from a page of the origin. It is nil where the handshake is refused.
func dial(t *testing.T, p *program, origin string) (*websocket.Conn, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	o := &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{}}
	if origin != "" {
		o.HTTPHeader.Set("Origin", origin)
	}
	socket, response, err := websocket.Dial(ctx, p.url+"/graphql", o)
	if response == nil {
		t.Fatal(err)
	}
	if err != nil {
		return nil, response.StatusCode
	}
	t.Cleanup(func() { socket.CloseNow() })
	return socket, response.StatusCode
}

// init opens a socket and says who one is. It returns what the server answers.
func (u *user) init() (socket *websocket.Conn, said []byte, err error) {
	u.t.Helper()
	socket, _ = dial(u.t, u.program, "")
	ctx, cancel := context.WithTimeout(u.t.Context(), 10*time.Second)
	defer cancel()
	message, err := json.Marshal(object{"type": "connection_init", "payload": object{"Authorization": "Bearer " + u.token}})
	if err != nil {
		u.t.Fatal(err)
	}
	if err := socket.Write(ctx, websocket.MessageText, message); err != nil {
		u.t.Fatal(err)
	}
	_, said, err = socket.Read(ctx)
	return socket, said, err
}

// opens opens a socket for somebody who may come in.
func (u *user) opens() *websocket.Conn {
	u.t.Helper()
	socket, said, err := u.init()
	if err != nil || string(said) != `{"type":"connection_ack"}` {
		u.t.Fatalf("%s opens a socket, which says %s: %v", u.name, said, err)
	}
	return socket
}

// testOrigins: pages of listed origins may call, and no other foreign ones.
func testOrigins(t *testing.T, p *program) {
	token := p.demoUser(t, "liaison").token
	for origin, c := range map[string]struct {
		allowed string
		socket  int
	}{
		portal: {portal, 101}, foreign: {"", 403}, p.url: {"", 101}, "null": {"", 403}, "": {"", 101},
		portal + ".evil.example": {"", 403}, "http://portal.example.com": {"", 403},
	} {
		var from []string
		if origin != "" {
			from = []string{"Origin", origin}
			_, header, _ := send(t, "OPTIONS", p.url+"/graphql", "", append(from, "Access-Control-Request-Method", "POST",
				"Access-Control-Request-Headers", "authorization,content-type")...)
			if got := header.Get("Access-Control-Allow-Origin"); got != c.allowed {
				t.Errorf("asked beforehand, %q hears that %q may call", origin, got)
			}
			if allowed := header.Get("Access-Control-Allow-Headers"); c.allowed != "" && !strings.Contains(strings.ToLower(allowed), "authorization") {
				t.Errorf("asked beforehand, %q may send %q", origin, allowed)
			}
		}
		status, header, text := send(t, "POST", p.url+"/graphql", `{"query": "{ me { persona } }"}`,
			append(from, "Content-Type", "application/json", "Authorization", "Bearer "+token)...)
		if got := header.Get("Access-Control-Allow-Origin"); status != 200 || got != c.allowed || header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("a page of %q gets %d %s, for pages of %q", origin, status, text, got)
		}
		if _, status := dial(t, p, origin); status != c.socket {
			t.Errorf("a page of %q opens a socket: %d, want %d", origin, status, c.socket)
		}
	}
}

// testLeaving: while a server lets go of its clients it still answers, and says that it should get no new ones.
func testLeaving(t *testing.T, p *program) {
	mute, _ := dial(t, p, "") // it never answers the closing, so the server waits for it
	liaison := p.demoUser(t, "liaison")
	ended := make(chan struct{})
	go func() { defer close(ended); p.stop() }()
	for deadline := time.Now().Add(10 * time.Second); ; {
		status, _, text := send(t, "GET", p.url+"/readyz", "")
		if status == http.StatusServiceUnavailable && text == "leaving" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server is still ready: %d %s", status, text)
		}
	}
	if status, _, _ := send(t, "GET", p.url+"/livez", ""); status != 200 {
		t.Errorf("it is dead: %d", status)
	}
	if _, status := dial(t, p, ""); status != http.StatusServiceUnavailable {
		t.Errorf("a new socket gets %d", status)
	}
	liaison.asks("{ me { name } }", nil).is("me.name", "Lena Marlow")
	mute.CloseNow()
	<-ended
}
