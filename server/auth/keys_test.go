package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// unknown returns a token with a key id that nobody has.
func (w *world) unknown(t *testing.T, n int) string {
	t.Helper()
	return sign(t, jwt.SigningMethodRS256, otherRSA, w.claims(), "kid", fmt.Sprintf("%s-%d", canary, n))
}

func (w *world) expectFetches(t *testing.T, want int64) {
	t.Helper()
	if d, k := w.idp.discoveries.Load(), w.idp.fetches.Load(); d != want || k != want {
		t.Errorf("%d discoveries and %d fetches, want %d", d, k, want)
	}
}

func TestAsksNothingBeforeTheFirstToken(t *testing.T) {
	w := newWorld(t)
	w.expectFetches(t, 0)
	w.refuse(t, w.good(t, "iss", "https://evil.example.com"), UnknownIssuer)
	w.expectFetches(t, 0)
}

func TestManyFirstTokensShareOneFetch(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	for i := range 50 {
		token := w.good(t, "jti", i)
		wg.Go(func() {
			if _, err := w.Verify(t.Context(), token); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.expectFetches(t, 1)
}

func TestKeyRotation(t *testing.T) {
	w := newWorld(t)
	w.accept(t, w.good(t))
	w.idp.publish(t, "next", otherRSA)
	w.idp.withdraw("rsa")
	next := sign(t, jwt.SigningMethodRS256, otherRSA, w.claims(), "kid", "next")

	w.refuse(t, next, UnknownKey) // the interval has not passed: as long as that the new key may be refused
	w.clock.advance(time.Minute - 1)
	w.refuse(t, next, UnknownKey)
	w.expectFetches(t, 1)
	w.clock.advance(1)
	w.accept(t, next)
	w.expectFetches(t, 2)
	w.refuse(t, w.good(t, "jti", "new"), UnknownKey) // the old key is gone with the fetch
}

func TestKeyReplacedUnderItsID(t *testing.T) {
	w := newWorld(t)
	w.accept(t, w.good(t))
	w.idp.publish(t, "rsa", otherRSA)
	w.clock.advance(time.Hour)
	w.refuse(t, w.good(t, "jti", "new"), WrongSignature)
	w.accept(t, sign(t, jwt.SigningMethodRS256, otherRSA, w.claims()))
}

func TestUnknownKeysFetchOncePerInterval(t *testing.T) {
	w := newWorld(t)
	w.accept(t, w.good(t))
	flood := func() {
		t.Helper()
		var wg sync.WaitGroup
		for i := range 100 {
			token := w.unknown(t, i)
			wg.Go(func() {
				if _, err := w.Verify(t.Context(), token); !errors.Is(err, UnknownKey) {
					t.Errorf("error is %v", err)
				}
			})
		}
		wg.Wait()
	}
	flood()
	w.expectFetches(t, 1)
	for i := range 3 {
		w.clock.advance(time.Minute)
		flood()
		w.expectFetches(t, int64(2+i))
	}
	w.accept(t, w.good(t, "jti", "still good"))
	if strings.Contains(w.log.String(), canary) {
		t.Errorf("key ids are logged: %s", w.log)
	}
}

func TestIssuerDownAtStart(t *testing.T) {
	w := newWorld(t)
	w.idp.set(func() { w.idp.down = true })
	token := w.good(t)
	tries := func(want int64) {
		t.Helper()
		for range 20 {
			w.refuse(t, token, KeysUnavailable)
		}
		if got := w.idp.discoveries.Load(); got != want {
			t.Errorf("%d tries, want %d", got, want)
		}
	}
	tries(1)
	var passed, total time.Duration
	for i, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		passed = wait * time.Second
		w.clock.advance(passed - 1)
		tries(int64(i + 1))
		w.clock.advance(1)
		tries(int64(i + 2))
		total += passed
	}
	if !strings.Contains(w.log.String(), "could not be fetched") || strings.Count(w.log.String(), "\n") != 9 {
		t.Errorf("each try is logged once: %s", w.log)
	}
	w.idp.set(func() { w.idp.down = false })
	w.clock.advance(time.Minute)
	w.accept(t, token)
	if total > 50*time.Minute {
		t.Fatal("the token would have expired")
	}
}

func TestIssuerDownWhileRunning(t *testing.T) {
	w := newWorld(t)
	w.accept(t, w.good(t))
	w.idp.set(func() { w.idp.down = true })
	w.idp.CloseClientConnections()  // on a kept one the client would try twice
	w.clock.advance(24 * time.Hour) // the keys are old by now, and still hold
	for i := range 20 {
		w.accept(t, w.good(t, "jti", i))
	}
	if got := w.idp.discoveries.Load(); got != 2 {
		t.Errorf("%d tries", got)
	}
	w.refuse(t, w.unknown(t, 0), UnknownKey)

	w.idp.withdraw("rsa")
	w.idp.set(func() { w.idp.down = false })
	w.clock.advance(time.Minute)
	w.refuse(t, w.good(t, "jti", "late"), UnknownKey)
}

func TestSlowIssuerHoldsNobodyLongerThanTheyWait(t *testing.T) {
	w := newWorld(t)
	hold := make(chan struct{})
	w.idp.set(func() { w.idp.hold = hold })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Verify(ctx, w.good(t)); !errors.Is(err, KeysUnavailable) {
		t.Errorf("error is %v", err)
	}
	// The fetch that the first one began goes on for those who wait.
	done := make(chan error)
	go func() {
		_, err := w.Verify(t.Context(), w.good(t, "jti", "patient"))
		done <- err
	}()
	close(hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
	w.expectFetches(t, 1)
}

func TestRefusesMisleadingIssuers(t *testing.T) {
	const discovery = "/.well-known/openid-configuration"
	set := func(name, value string) func(*idp) {
		return func(p *idp) { p.document[name] = value }
	}
	reply := func(path string, h http.HandlerFunc) func(*idp) {
		return func(p *idp) { p.replies[path] = h }
	}
	body := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	tests := map[string]struct {
		change func(*idp)
		want   string
	}{
		"other issuer":        {set("issuer", "https://evil.example.com"), "is of the issuer"},
		"no issuer":           {set("issuer", ""), "is of the issuer"},
		"issuer with slash":   {func(p *idp) { p.document["issuer"] = p.URL + "/" }, "is of the issuer"},
		"keys by plain http":  {set("jwks_uri", "http://idp.example.com/keys"), "no https address"},
		"keys in a file":      {set("jwks_uri", "file:///etc/passwd"), "no https address"},
		"no keys address":     {set("jwks_uri", ""), "no https address"},
		"discovery missing":   {reply(discovery, status(404)), "404"},
		"discovery no JSON":   {reply(discovery, body("<html>")), "invalid character"},
		"discovery too long":  {reply(discovery, body(`{"pad":"`+strings.Repeat("x", 2<<20))), "too large"},
		"discovery elsewhere": {reply(discovery, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }), "302"},
		"keys missing":        {reply("/keys", status(500)), "500"},
		"keys no JSON":        {reply("/keys", body("<html>")), "invalid character"},
		"keys too long":       {reply("/keys", body(`{"keys":[`+strings.Repeat(" ", 2<<20))), "too large"},
		"keys elsewhere":      {reply("/keys", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }), "302"},
		"no keys":             {reply("/keys", body(`{"keys":[]}`)), "no key"},
		"an error":            {reply("/keys", body(`{"error":"later"}`)), "no key"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.idp.set(func() {
				// Where a redirect would lead, everything is in order.
				w.idp.replies["/elsewhere"] = func(rw http.ResponseWriter, r *http.Request) {
					t.Error("followed a redirect")
				}
				tt.change(w.idp)
			})
			w.refuse(t, w.good(t), KeysUnavailable)
			if !strings.Contains(w.log.String(), tt.want) {
				t.Errorf("%q is not in the log: %s", tt.want, w.log)
			}

			// The same mishap later does no harm.
			w = newWorld(t)
			w.accept(t, w.good(t))
			w.idp.set(func() { tt.change(w.idp) })
			w.clock.advance(2 * time.Hour)
			w.accept(t, w.good(t))
			if !strings.Contains(w.log.String(), tt.want) {
				t.Errorf("%q is not in the log: %s", tt.want, w.log)
			}
		})
	}
}

// Keys of kinds that we do not know stand beside ours without harm.
func TestForeignKindsOfKeysAreSkipped(t *testing.T) {
	w := newWorld(t)
	w.idp.set(func() {
		w.idp.jwks["future"] = map[string]any{"kty": "AKP", "kid": "future", "alg": "ML-DSA-44", "pub": "AAAA"}
	})
	w.accept(t, w.good(t))
}

func TestIssuerWithPathAndSlash(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/realms/care", "/realms/slash/"} {
		name := w.idp.URL + path
		v, err := New(Options{Issuers: []Issuer{{URL: name, Audiences: map[string]string{patientAudience: "PATIENT_PORTAL"}}}, Now: w.clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		w.idp.set(func() {
			w.idp.replies[strings.TrimSuffix(path, "/")+"/.well-known/openid-configuration"] = func(rw http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(rw, `{"issuer":%q,"jwks_uri":%q}`, name, w.idp.URL+"/keys")
			}
		})
		if _, err := v.Verify(t.Context(), w.good(t, "iss", name)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}
