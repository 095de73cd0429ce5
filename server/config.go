package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/graph/payer"
	"github.com/carehub/carehub/server/auth"
	"github.com/carehub/carehub/server/clearinghouse"
	"github.com/carehub/carehub/server/job"
	"github.com/carehub/carehub/server/wire"
)

// database is the setting of every command that opens the database.
type database struct {
	Database string `env:"CAREHUB_DATABASE_URL" default:"sqlite:carehub.db" placeholder:"URL" help:"sqlite:PATH or postgres://... (${default})"`
}

// secretFile is the setting of every command that needs the server's secret.
type secretFile struct {
	SecretFile string `env:"CAREHUB_SECRET_FILE" default:"carehub.secret" placeholder:"PATH" help:"Secret of the server or cluster, made at the first start (${default})"`
}

// serveCommand is the settings of a server.
type serveCommand struct {
	database
	secretFile
	Listen        string   `env:"CAREHUB_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDRESS" help:"Address to serve on (${default})"`
	Demo          *bool    `env:"CAREHUB_DEMO" negatable:"" help:"Demo data and sign-in of demo identities; on for a loopback address without an issuer, refused elsewhere."`
	Patients      int      `env:"CAREHUB_DEMO_PATIENTS" default:"300" placeholder:"N" help:"Patients in the demo data (${default})"`
	OIDCIssuer    string   `name:"oidc-issuer" env:"CAREHUB_OIDC_ISSUER" placeholder:"URL" help:"Issuer whose tokens are accepted."`
	OIDCAudience  []string `name:"oidc-audience" env:"CAREHUB_OIDC_AUDIENCE" placeholder:"AUDIENCE=PORTAL" help:"Audience of a token and the portal that it opens; repeatable."`
	CORSOrigin    []string `name:"cors-origin" env:"CAREHUB_CORS_ORIGIN" placeholder:"ORIGIN" help:"Origin whose pages may call, by HTTP and by websocket; repeatable."`
	Blobs         string   `env:"CAREHUB_BLOBS" default:"carehub.blobs" placeholder:"PATH" help:"Where the files of documents are kept: a folder, or s3://BUCKET?endpoint=URL (${default})"`
	DocumentLimit int64    `env:"CAREHUB_DOCUMENT_LIMIT" default:"20971520" placeholder:"BYTES" help:"Largest file of a document (${default})"`
	Clearinghouse string   `env:"CAREHUB_CLEARINGHOUSE" enum:",none,simulated" default:"" placeholder:"NAME" help:"Who carries verifications to payers: none or simulated; simulated with demo data, none otherwise."`
	// The networks are those of reverse proxies, never those of clients: whoever is trusted says where requests come from.
	TrustedProxies []string `env:"CAREHUB_TRUSTED_PROXIES" placeholder:"CIDR" help:"Addresses or networks of reverse proxies whose X-Forwarded-For or Forwarded is believed; repeatable, none by default."`
	streaming
	keeping
}

// streaming bounds what stays open: websockets and event streams.
type streaming struct {
	StreamsPerIdentity int `env:"CAREHUB_STREAMS_PER_IDENTITY" default:"20" placeholder:"N" help:"Websockets and event streams of one identity at a time (${default})"`
	StreamsPerAddress  int `env:"CAREHUB_STREAMS_PER_ADDRESS" default:"1000" placeholder:"N" help:"Websockets and event streams from one address at a time; behind a proxy that is not trusted all have its address (${default})"`
}

// keeping says how long is kept what nobody needs for ever.
type keeping struct {
	KeepEvents      job.Period `env:"CAREHUB_KEEP_EVENTS" default:"14d" placeholder:"PERIOD" help:"How far back a stream can be resumed: hours, days or years (${default})"`
	KeepEventsMin   int64      `env:"CAREHUB_KEEP_EVENTS_MIN" default:"100000" placeholder:"N" help:"Events that are kept however old they are (${default})"`
	KeepAudit       job.Period `env:"CAREHUB_KEEP_AUDIT" default:"6y" placeholder:"PERIOD" help:"How long the audit log is kept (${default})"`
	KeepIdempotency job.Period `env:"CAREHUB_KEEP_IDEMPOTENCY" default:"24h" placeholder:"PERIOD" help:"How long a retry is known for one (${default})"`
	Jobs            bool       `env:"CAREHUB_JOBS" default:"true" negatable:"" help:"Do scheduled jobs, retention among them; of several servers one does each."`
}

// demo reports whether the server serves demo data.
func (s *serveCommand) demo() bool {
	if s.Demo != nil {
		return *s.Demo
	}
	return s.OIDCIssuer == "" && isLoopback(s.Listen)
}

// clearinghouse is who carries verifications to payers; nil for nobody.
func (s *serveCommand) clearinghouse() payer.Clearinghouse {
	if s.Clearinghouse == "simulated" || s.Clearinghouse == "" && s.demo() {
		return &clearinghouse.Simulated{}
	}
	return nil
}

// check returns all that is wrong with the settings.
func (s *serveCommand) check() error {
	var wrong []error
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		say("--listen: %q is not HOST:PORT", s.Listen)
	}
	if scheme, _, _ := strings.Cut(s.Database, ":"); !slices.Contains([]string{"sqlite", "postgres", "postgresql"}, scheme) {
		say("--database: neither sqlite:PATH nor postgres://...")
	}
	switch {
	case s.demo() && s.OIDCIssuer != "":
		say("--demo: demo identities are refused beside an issuer")
	case s.demo() && !isLoopback(s.Listen):
		say("--demo: demo identities are refused on an address that others reach")
	case !s.demo() && s.OIDCIssuer == "":
		say("--oidc-issuer: without demo identities an issuer is needed")
	}
	if s.OIDCIssuer != "" && len(s.OIDCAudience) == 0 {
		say("--oidc-audience: the issuer's tokens need at least one audience")
	}
	if _, err := s.audiences(); err != nil {
		wrong = append(wrong, err)
	}
	if _, err := parseProxies(s.TrustedProxies); err != nil {
		wrong = append(wrong, err)
	}
	for _, origin := range s.CORSOrigin {
		if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" {
			say("--cors-origin: %q is not an origin such as https://portal.example.com", origin)
		}
	}
	if s.StreamsPerIdentity < 1 || s.StreamsPerAddress < 1 {
		say("--streams-per-identity, --streams-per-address: at least 1")
	}
	if s.KeepEventsMin < 0 {
		say("--keep-events-min: not less than 0")
	}
	if s.DocumentLimit < 1 || s.DocumentLimit > 100<<20 {
		say("--document-limit: 1 to %d bytes", 100<<20)
	}
	if s.Patients < 1 || s.Patients > 1_000_000 {
		say("--patients: 1 to 1,000,000")
	}
	return errors.Join(wrong...)
}

// audiences reads the portals by audience.
func (s *serveCommand) audiences() (map[string]string, error) {
	out := map[string]string{}
	var wrong []error
	for _, pair := range s.OIDCAudience {
		audience, portal, found := strings.Cut(pair, "=")
		if !found || audience == "" || !slices.Contains(code.Portal("").Values(), portal) {
			wrong = append(wrong, fmt.Errorf("--oidc-audience: %q is not AUDIENCE=PORTAL with a portal of %s", pair, strings.Join(code.Portal("").Values(), ", ")))
			continue
		}
		if out[audience] != "" {
			wrong = append(wrong, fmt.Errorf("--oidc-audience: %q is given twice", audience))
		}
		out[audience] = portal
	}
	return out, errors.Join(wrong...)
}

// issuers returns whose tokens the server accepts.
func (s *serveCommand) issuers(demo *auth.Demo) ([]auth.Issuer, error) {
	if demo != nil {
		return []auth.Issuer{demo.Issuer()}, nil
	}
	audiences, err := s.audiences()
	return []auth.Issuer{{URL: s.OIDCIssuer, Audiences: audiences}}, err
}

// limits are those of the settings.
func (s *streaming) limits() wire.Limits {
	return wire.Limits{PerIdentity: s.StreamsPerIdentity, PerAddress: s.StreamsPerAddress}
}

// jobs are those that the settings ask for.
func (k *keeping) jobs() []job.Job {
	if !k.Jobs {
		return nil
	}
	return job.All(job.Settings{Keep: job.Keep{
		Events: k.KeepEvents, EventsMin: k.KeepEventsMin, Audit: k.KeepAudit, Idempotency: k.KeepIdempotency,
	}})
}

// isLoopback reports whether only this machine reaches the address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
