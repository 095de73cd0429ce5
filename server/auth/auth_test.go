package auth

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

func TestBearerToken(t *testing.T) {
	tests := map[string]struct {
		address string
		headers []string
		token   string
		want    Cause
	}{
		"as usual":            {"/graphql", []string{"Bearer a.b-c_d.e"}, "a.b-c_d.e", ""},
		"lower case":          {"/graphql", []string{"bearer a.b.c"}, "a.b.c", ""},
		"upper case":          {"/graphql", []string{"BEARER a.b.c"}, "a.b.c", ""},
		"several spaces":      {"/graphql", []string{"Bearer   a.b.c"}, "a.b.c", ""},
		"padding":             {"/graphql", []string{"Bearer abc=="}, "abc==", ""},
		"other query":         {"/graphql?query={token(access_token:1)}", []string{"Bearer a"}, "a", ""},
		"none":                {"/graphql", nil, "", NoToken},
		"none but in query":   {"/graphql?access_token=a.b.c", nil, "", TokenInAddress},
		"in both":             {"/graphql?x=1&access_token=a.b.c", []string{"Bearer a.b.c"}, "", TokenInAddress},
		"escaped in query":    {"/graphql?access%5Ftoken=a.b.c", nil, "", TokenInAddress},
		"empty":               {"/graphql", []string{""}, "", NotBearer},
		"scheme alone":        {"/graphql", []string{"Bearer"}, "", NotBearer},
		"scheme and space":    {"/graphql", []string{"Bearer "}, "", NotBearer},
		"no scheme":           {"/graphql", []string{"a.b.c"}, "", NotBearer},
		"basic":               {"/graphql", []string{"Basic YTpi"}, "", NotBearer},
		"longer scheme":       {"/graphql", []string{"Bearers a.b.c"}, "", NotBearer},
		"tab":                 {"/graphql", []string{"Bearer\ta.b.c"}, "", NotBearer},
		"two tokens":          {"/graphql", []string{"Bearer a.b.c d.e.f"}, "", NotBearer},
		"two in a list":       {"/graphql", []string{"Bearer a.b.c, Bearer d.e.f"}, "", NotBearer},
		"quoted":              {"/graphql", []string{`Bearer "a.b.c"`}, "", NotBearer},
		"line end":            {"/graphql", []string{"Bearer a.b.c\n"}, "", NotBearer},
		"two headers":         {"/graphql", []string{"Bearer a.b.c", "Bearer a.b.c"}, "", SeveralTokens},
		"two headers, one no": {"/graphql", []string{"Bearer a.b.c", ""}, "", SeveralTokens},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.address, nil)
			for _, h := range tt.headers {
				r.Header.Add("Authorization", h)
			}
			token, err := BearerToken(r)
			if token != tt.token {
				t.Errorf("token is %q, want %q", token, tt.token)
			}
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, ErrUnauthenticated) || !errors.Is(err, tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "a.b.c") {
				t.Errorf("the token is shown: %v", err)
			}
		})
	}
}

func newDemo(t *testing.T) *Demo {
	t.Helper()
	demo, err := NewDemo(edKey)
	if err != nil {
		t.Fatal(err)
	}
	return demo
}

// newDemoWorld returns a verifier that accepts the demo issuer alone.
func newDemoWorld(t *testing.T, demo *Demo) *world {
	t.Helper()
	return newWorld(t, func(o *Options) { o.Issuers = []Issuer{demo.Issuer()} })
}

func TestDemoTokens(t *testing.T) {
	demo := newDemo(t)
	w := newDemoWorld(t, demo)
	now := start.Add(123 * time.Millisecond)
	for _, portal := range code.Portal("").Values() {
		token, expires, err := demo.Token("patient", portal, now)
		if err != nil {
			t.Fatal(err)
		}
		want := Claims{Issuer: DemoIssuer, Subject: "patient", Portal: portal, Expires: start.Add(time.Hour), AuthTime: start}
		if got := w.accept(t, token); got != want || !expires.Equal(want.Expires) {
			t.Errorf("claims are %+v until %v, want %+v", got, expires, want)
		}
	}
	for _, tt := range [][2]string{{"", "PATIENT_PORTAL"}, {"patient", ""}, {"patient", "LIAISON_CONSOLE"}, {"patient", "patient_portal"}} {
		if token, _, err := demo.Token(tt[0], tt[1], now); err == nil || token != "" {
			t.Errorf("a token for %q", tt)
		}
	}
}

func TestDemoTokensAreVerifiedLikeOthers(t *testing.T) {
	demo := newDemo(t)
	w := newDemoWorld(t, demo)
	token, _, err := demo.Token("canary", "PATIENT_PORTAL", start)
	if err != nil {
		t.Fatal(err)
	}
	// Another installation's key, even under the id of this one.
	foreign, err := NewDemo(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := foreign.Token("canary", "PATIENT_PORTAL", start)
	if err != nil {
		t.Fatal(err)
	}
	w.refuse(t, other, UnknownKey)
	foreign.id = demo.id
	other, _, err = foreign.Token("canary", "PATIENT_PORTAL", start)
	if err != nil {
		t.Fatal(err)
	}
	w.refuse(t, other, WrongSignature)

	// Where there is no demo its tokens are those of a stranger.
	newWorld(t).refuse(t, token, UnknownIssuer)

	w.accept(t, token)
	w.clock.advance(time.Hour + 30*time.Second)
	w.refuse(t, token, Expired)
	w.expectFetches(t, 0)
}

func TestAuthenticate(t *testing.T) {
	demo := newDemo(t)
	w := newDemoWorld(t, demo)
	shared := &viewer.Identity{
		Key: uuid.New(), Role: viewer.Patient, AccountKey: uuid.New(), Name: "Pat", Portal: "STAFF_CONSOLE",
		Memberships: []viewer.Membership{{Department: "QUALITY"}}, RightsVersion: 7,
	}
	before := *shared
	broken := errors.New("database is gone")
	calls := 0
	a := NewAuthenticator(w.Verifier, func(_ context.Context, issuer, subject, portal string) (*viewer.Identity, error) {
		calls++
		if issuer != DemoIssuer || portal != "PATIENT_PORTAL" {
			t.Errorf("looked up %s %s %s", issuer, subject, portal)
		}
		switch subject {
		case "patient":
			return shared, nil
		case "disabled":
			return nil, Refused(DisabledIdentity)
		case "broken":
			return nil, broken
		default:
			return nil, nil //nolint:nilnil // nobody is found
		}
	})
	authenticate := func(name string) (*viewer.Identity, error) {
		token, _, err := demo.Token(name, "PATIENT_PORTAL", start)
		if err != nil {
			t.Fatal(err)
		}
		return a.Authenticate(t.Context(), token)
	}

	id, err := authenticate("patient")
	if err != nil {
		t.Fatal(err)
	}
	if id == shared || !shared.Expires.Equal(before.Expires) || shared.Portal != before.Portal {
		t.Error("the shared identity was handed out or changed")
	}
	if !id.Expires.Equal(start.Add(time.Hour)) || id.Portal != "PATIENT_PORTAL" {
		t.Errorf("portal %s until %v", id.Portal, id.Expires)
	}
	if id.Key != before.Key || id.Role != before.Role || id.AccountKey != before.AccountKey ||
		id.RightsVersion != before.RightsVersion || !id.MemberOf("QUALITY") {
		t.Errorf("identity is %+v, want %+v", id, before)
	}

	if id, err := authenticate("disabled"); id != nil || !errors.Is(err, ErrNoAccess) || !errors.Is(err, DisabledIdentity) {
		t.Errorf("disabled: %v, %v", id, err)
	}
	if id, err := authenticate("nobody"); id != nil || !errors.Is(err, ErrNoAccess) || !errors.Is(err, UnknownIdentity) {
		t.Errorf("nobody: %v, %v", id, err)
	}
	// A failure of the server must not send people to sign in again.
	if id, err := authenticate("broken"); id != nil || fault.CodeOf(err) != fault.Internal || !errors.Is(err, broken) {
		t.Errorf("broken: %v, %v", id, err)
	}

	for cause, code := range map[Cause]fault.Code{
		Expired: fault.Unauthenticated, KeysUnavailable: fault.Unauthenticated,
		UnknownIdentity: fault.Forbidden, DisabledIdentity: fault.Forbidden, PortalNotGranted: fault.Forbidden,
	} {
		if got := fault.CodeOf(Refused(cause)); got != code {
			t.Errorf("%q has the code %s", cause, got)
		}
	}

	calls = 0
	if id, err := a.Authenticate(t.Context(), "a.b.c"); id != nil || !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("a bad token: %v, %v", id, err)
	}
	if calls != 0 {
		t.Error("looked up before the token was verified")
	}
	// Rights are looked up each time, also when the token is known.
	for range 2 {
		if _, err := authenticate("patient"); err != nil {
			t.Error(err)
		}
	}
	if calls != 2 {
		t.Errorf("%d lookups", calls)
	}
}
