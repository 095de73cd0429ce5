package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// idp is an OpenID Connect issuer: what a test sets in it, it publishes.
type idp struct {
	*httptest.Server
	discoveries, fetches atomic.Int64

	mu       sync.Mutex
	down     bool
	hold     chan struct{}               // not nil: answers wait until it is closed
	document map[string]any              // discovery
	jwks     map[string]any              // keys by their id, as JSON objects
	replies  map[string]http.HandlerFunc // by path, in place of the documents
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	p := &idp{jwks: map[string]any{}, replies: map[string]http.HandlerFunc{}}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	p.document = map[string]any{"issuer": p.URL, "jwks_uri": p.URL + "/keys"}
	return p
}

func (p *idp) serve(w http.ResponseWriter, r *http.Request) {
	var answer any
	p.mu.Lock()
	down, hold, reply := p.down, p.hold, p.replies[r.URL.Path]
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		p.discoveries.Add(1)
		answer = maps.Clone(p.document)
	case "/keys":
		p.fetches.Add(1)
		keys := []any{}
		for _, key := range p.jwks {
			keys = append(keys, key)
		}
		answer = map[string]any{"keys": keys}
	}
	p.mu.Unlock()
	if hold != nil {
		<-hold
	}
	switch {
	case down:
		panic(http.ErrAbortHandler) // cuts the connection
	case reply != nil:
		reply(w, r)
	default:
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// set changes what the issuer does.
func (p *idp) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// publish adds the key's public half under the id.
func (p *idp) publish(t *testing.T, id string, key crypto.Signer, members ...string) {
	t.Helper()
	jwk, err := jwkset.NewJWKFromKey(key.Public(), jwkset.JWKOptions{Metadata: jwkset.JWKMetadataOptions{KID: id}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(jwk.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	object := map[string]any{}
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(members); i += 2 {
		object[members[i]] = members[i+1]
	}
	p.set(func() { p.jwks[id] = object })
}

// withdraw takes a key back.
func (p *idp) withdraw(id string) { p.set(func() { delete(p.jwks, id) }) }

// Keys are made once: RSA takes its time.
var (
	rsaKey, _   = rsa.GenerateKey(rand.Reader, 2048)
	otherRSA, _ = rsa.GenerateKey(rand.Reader, 2048)
	ecKey, _    = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, edKey, _ = ed25519.GenerateKey(rand.Reader)
)

// start is when every test begins.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// ticker is a clock that tests turn.
type ticker struct {
	mu  sync.Mutex
	now time.Time
}

func (c *ticker) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *ticker) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// record is a log that several goroutines write.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

// world is a verifier with its issuer, clock and log.
type world struct {
	*Verifier
	idp   *idp
	clock *ticker
	log   *record
}

const (
	patientAudience  = "https://api.example.com/patient"
	providerAudience = "https://api.example.com/provider"
)

// newWorld returns a verifier of an issuer that publishes an RSA, an EC and an Ed25519 key.
func newWorld(t *testing.T, configure ...func(*Options)) *world {
	t.Helper()
	w := &world{idp: newIDP(t), clock: &ticker{now: start}, log: &record{}}
	w.idp.publish(t, "rsa", rsaKey)
	w.idp.publish(t, "ec", ecKey)
	w.idp.publish(t, "ed", edKey)
	o := Options{
		Issuers: []Issuer{{
			URL:       w.idp.URL,
			Audiences: map[string]string{patientAudience: "PATIENT_PORTAL", providerAudience: "PROVIDER_PORTAL"},
		}},
		Now: w.clock.Now,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range configure {
		c(&o)
	}
	v, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w.Verifier = v
	return w
}

// canary marks what a token says: it must never be seen outside.
const canary = "canary"

// claims returns those of a good token, changed by pairs of name and value; a nil value removes the claim.
func (w *world) claims(changes ...any) jwt.MapClaims {
	now := w.clock.Now()
	c := jwt.MapClaims{
		"iss": w.idp.URL, "aud": patientAudience, "sub": canary + "-subject",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	edit(c, changes)
	return c
}

func edit(m map[string]any, changes []any) {
	for i := 0; i < len(changes); i += 2 {
		if name := changes[i].(string); changes[i+1] == nil {
			delete(m, name)
		} else {
			m[name] = changes[i+1]
		}
	}
}

// sign returns a token with the claims; header changes are pairs as in claims.
func sign(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims, header ...any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = "rsa"
	edit(token.Header, header)
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// good returns a token of the issuer, with its RSA key.
func (w *world) good(t *testing.T, changes ...any) string {
	t.Helper()
	return sign(t, jwt.SigningMethodRS256, rsaKey, w.claims(changes...))
}

func (w *world) accept(t *testing.T, token string) Claims {
	t.Helper()
	claims, err := w.Verify(t.Context(), token)
	if err != nil {
		t.Fatalf("refused: %v; log:\n%s", err, w.log)
	}
	return claims
}

// refuse expects the cause, and that neither error nor log shows anything of the token.
func (w *world) refuse(t *testing.T, token string, want Cause) {
	t.Helper()
	claims, err := w.Verify(t.Context(), token)
	if !errors.Is(err, ErrUnauthenticated) || claims != (Claims{}) {
		t.Fatalf("accepted: %+v, %v", claims, err)
	}
	if got, _ := errors.AsType[Cause](err); got != want {
		t.Errorf("cause is %q, want %q", got, want)
	}
	shown := fmt.Sprintf("%v %+v %#v %s", err, err, err, w.log)
	secrets := append(strings.Split(token, "."), canary)
	for _, s := range secrets {
		if len(s) > 5 && strings.Contains(shown, s[:min(len(s), 12)]) {
			t.Errorf("%.40q of the token is shown in %.300s", s, shown)
		}
	}
}
