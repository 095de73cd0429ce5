package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
)

// Only a trusted proxy says where a request comes from, and of what it passes on only what proxies have written counts.
func TestOrigin(t *testing.T) {
	t.Parallel()
	behind, err := parseProxies([]string{"10.0.0.0/8", "192.0.2.7", "2001:db8:1::/48"})
	if err != nil {
		t.Fatal(err)
	}
	const client, victim = "203.0.113.9", "198.51.100.1"
	for name, c := range map[string]struct {
		by                proxies
		peer              string
		listed, forwarded []string
		want              string
	}{
		"nobody is trusted":                {nil, "10.1.2.3:55", []string{victim}, nil, "10.1.2.3"},
		"a stranger lies":                  {behind, client + ":55", []string{victim}, []string{"for=" + victim}, client},
		"a proxy alone":                    {behind, "10.1.2.3:55", nil, nil, "10.1.2.3"},
		"one proxy":                        {behind, "10.1.2.3:55", []string{client}, nil, client},
		"one proxy, in IPv6 notation":      {behind, "[::ffff:10.1.2.3]:55", []string{client}, nil, client},
		"a single trusted address":         {behind, "192.0.2.7:55", []string{client}, nil, client},
		"beside a trusted address":         {behind, "192.0.2.8:55", []string{victim}, nil, "192.0.2.8"},
		"two proxies":                      {behind, "10.1.2.3:55", []string{client + ", 10.9.9.9"}, nil, client},
		"two proxies, two lines":           {behind, "10.1.2.3:55", []string{victim, client + ",10.9.9.9"}, nil, client},
		"the client forged the beginning":  {behind, "10.1.2.3:55", []string{victim + ", " + client}, nil, client},
		"the client plays a proxy":         {behind, "10.1.2.3:55", []string{victim + ", 10.4.4.4, " + client}, nil, client},
		"all are proxies":                  {behind, "10.1.2.3:55", []string{"10.4.4.4, 10.5.5.5"}, nil, "10.4.4.4"},
		"no address":                       {behind, "10.1.2.3:55", []string{"unknown"}, nil, "10.1.2.3"},
		"no address within":                {behind, "10.1.2.3:55", []string{victim + ", junk, 10.5.5.5"}, nil, "10.5.5.5"},
		"an empty line":                    {behind, "10.1.2.3:55", []string{""}, nil, "10.1.2.3"},
		"with port":                        {behind, "10.1.2.3:55", []string{client + ":4711"}, nil, client},
		"IPv6":                             {behind, "[2001:db8:1::5]:55", []string{"2001:db8:2::9"}, nil, "2001:db8:2::9"},
		"forwarded":                        {behind, "10.1.2.3:55", nil, []string{"for=" + victim + ";proto=https, FOR=" + client + ";by=10.1.2.3"}, client},
		"forwarded IPv6":                   {behind, "10.1.2.3:55", nil, []string{`proto=https;for="[2001:db8:2::9]:4711"`}, "2001:db8:2::9"},
		"forwarded, hidden":                {behind, "10.1.2.3:55", nil, []string{"for=_secret"}, "10.1.2.3"},
		"forwarded, not for whom":          {behind, "10.1.2.3:55", nil, []string{"for=" + victim + ", proto=https"}, "10.1.2.3"},
		"forwarded, a quotation left open": {behind, "10.1.2.3:55", nil, []string{`for="` + victim + `, for=` + client}, client},
		"both alike":                       {behind, "10.1.2.3:55", []string{client}, []string{"for=" + client}, client},
		"the client's other header":        {behind, "10.1.2.3:55", []string{client}, []string{"for=" + victim}, "10.1.2.3"},
		"the client's own list":            {behind, "10.1.2.3:55", []string{victim}, []string{"for=" + client}, "10.1.2.3"},
		"no network":                       {behind, "@", []string{victim}, nil, "@"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"], r.Header["Forwarded"] = c.listed, c.forwarded
		if got := c.by.origin(r); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for _, bad := range []string{"", "everywhere", "10.0.0.0/33", "10.0.0", "fe80::1%eth0"} {
		if _, err := parseProxies([]string{bad}); err == nil || !strings.Contains(err.Error(), "--trusted-proxies") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A signature is recorded with the address of who signed, not with that of the proxy, and never with one that was made up.
func TestSignedFrom(t *testing.T) {
	onEach(t, func(t *testing.T, database string) {
		for _, c := range []struct {
			flags []string
			want  string
		}{{[]string{"--trusted-proxies", "127.0.0.0/8"}, "203.0.113.9"}, {nil, "127.0.0.1"}} {
			p := launch(t, database, c.flags...)
			patient := p.demoUser(t, "patient")
			form := patient.asks(`{ consentForm(scope: CHANNEL_EMAIL) { id } }`, nil).text("consentForm.id")
			_, _, said := send(t, http.MethodPost, p.url+"/graphql", `{"query": "mutation { signConsent(input: {scope: CHANNEL_EMAIL, decision: PERMIT, signerName: \"Ana\", formId: \"`+form+`\"}) { consent { status } } }"}`,
				"Content-Type", "application/json", "Authorization", "Bearer "+patient.token, "X-Forwarded-For", "198.51.100.1, 203.0.113.9")
			if !strings.Contains(said, "ACTIVE") {
				t.Fatal(said)
			}
			db, err := store.Open(t.Context(), database)
			if err != nil {
				t.Fatal(err)
			}
			signed, err := db.Client.Consent.Query().Where(consent.SignedFrom(c.want)).Count(viewer.System(t.Context(), "test"))
			if signed != 1 || err != nil {
				t.Errorf("%d were signed from %s (%v)", signed, c.want, err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			p.stop()
		}
	})
}
