package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/carehub/carehub/ent/code"
)

// Issuer is a party whose tokens are accepted.
type Issuer struct {
	// URL is the issuer's name, exactly as its tokens and its discovery document spell it.
	URL string
	// Audiences gives the portal that each accepted audience stands for.
	Audiences map[string]string
	// Algorithms are those it may sign with; RS256, ES256 and EdDSA by default. Only algorithms with a
	// public key can be allowed.
	Algorithms []string

	// keys are set where they are not published at the URL.
	keys keySource
}

// asymmetric lists the algorithms that can be allowed: with any other, who can verify could also sign.
var asymmetric = []string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}

// check says what is wrong with the configuration of the issuer.
func (i Issuer) check() error {
	var errs []error
	if u, err := url.Parse(i.URL); i.keys == nil && (err != nil || !safe(u) || u.RawQuery != "" || u.Fragment != "") {
		errs = append(errs, i.wrong("must be an https address without query and fragment"))
	}
	if len(i.Audiences) == 0 {
		errs = append(errs, i.wrong("has no audience"))
	}
	for _, audience := range slices.Sorted(maps.Keys(i.Audiences)) {
		if portal := i.Audiences[audience]; audience == "" || !slices.Contains(code.Portal("").Values(), portal) {
			errs = append(errs, i.wrong("gives audience %q the portal %q, which is none of %s",
				audience, portal, strings.Join(code.Portal("").Values(), ", ")))
		}
	}
	for _, algorithm := range i.Algorithms {
		if !slices.Contains(asymmetric, algorithm) {
			errs = append(errs, i.wrong("cannot be allowed the algorithm %q", algorithm))
		}
	}
	return errors.Join(errs...)
}

func (i Issuer) wrong(format string, args ...any) error {
	return fmt.Errorf("token issuer %q %s", i.URL, fmt.Sprintf(format, args...))
}

// safe reports whether what is fetched from the address comes from its host: by TLS, or without leaving
// this machine.
func safe(u *url.URL) bool {
	if u.User != nil || u.Host == "" {
		return false
	}
	loopback := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && loopback
}

// trusted is an issuer with what it takes to verify its tokens.
type trusted struct {
	audiences  map[string]string
	algorithms []string
	parser     *jwt.Parser
	keys       keySource
}

// trust returns the issuer with a parser that leaves no claim unchecked: by default the library accepts
// tokens that never expire and those made for somebody else.
func (i Issuer) trust(o Options) *trusted {
	algorithms := i.Algorithms
	if len(algorithms) == 0 {
		algorithms = []string{"RS256", "ES256", "EdDSA"}
	}
	t := &trusted{audiences: i.Audiences, algorithms: algorithms, keys: i.keys}
	if t.keys == nil {
		t.keys = newRemote(i.URL, o)
	}
	t.parser = jwt.NewParser(
		jwt.WithValidMethods(algorithms),
		jwt.WithIssuer(i.URL),
		jwt.WithAudience(slices.Collect(maps.Keys(i.Audiences))...),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(o.Leeway),
		jwt.WithTimeFunc(o.Now),
		jwt.WithStrictDecoding(),
	)
	return t
}

// prove verifies a token of the issuer. The claims are a map because a struct would also take "SUB" for
// "sub", and some issuers let people name claims of their own.
func (t *trusted) prove(ctx context.Context, token string) (Claims, error) {
	claims := jwt.MapClaims{}
	_, err := t.parser.ParseWithClaims(token, claims, func(tok *jwt.Token) (any, error) {
		return t.keys.key(ctx, tok)
	})
	if err != nil {
		return Claims{}, err
	}
	out := Claims{}
	if out.Portal, err = t.portal(claims); err != nil {
		return Claims{}, err
	}
	if out.Subject, err = subject(claims); err != nil {
		return Claims{}, err
	}
	if out.AuthTime, err = authTime(claims); err != nil {
		return Claims{}, err
	}
	expires, err := claims.GetExpirationTime()
	if err != nil {
		return Claims{}, err
	}
	out.Expires = expires.UTC()
	out.Issuer, err = claims.GetIssuer()
	return out, err
}

// portal returns the portal that the audience names. Audiences of other services may stand beside it.
func (t *trusted) portal(claims jwt.MapClaims) (string, error) {
	audiences, err := claims.GetAudience()
	if err != nil {
		return "", err
	}
	var portals []string
	for _, audience := range audiences {
		if portal, ok := t.audiences[audience]; ok {
			portals = append(portals, portal)
		}
	}
	if len(portals) != 1 {
		return "", SeveralPortals
	}
	return portals[0], nil
}

// subject returns the subject, which OpenID Connect limits to 255 ASCII characters. More than that would
// not be safe to look up: JSON turns every broken character into the same one.
func subject(claims jwt.MapClaims) (string, error) {
	sub, err := claims.GetSubject()
	if err != nil {
		return "", err
	}
	if sub == "" {
		return "", ClaimMissing
	}
	if len(sub) > 255 || strings.ContainsFunc(sub, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", ClaimMalformed
	}
	return sub, nil
}

// authTime returns when the person signed in, where the issuer says so.
func authTime(claims jwt.MapClaims) (time.Time, error) {
	value, said := claims["auth_time"]
	if !said {
		return time.Time{}, nil
	}
	seconds, ok := value.(float64)
	if !ok {
		return time.Time{}, ClaimMalformed
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}

// own are the headers by which a token would bring its own key; types are those of access tokens, so that
// an issuer's other statements (a logout, an event) do not pass for one.
var (
	own   = []string{"jku", "jwk", "x5u", "x5c"}
	types = []string{"jwt", "at+jwt", "application/at+jwt"}
)

// checkHeader refuses what the library ignores.
func checkHeader(header map[string]any) error {
	// We understand no extension, and b64 would change what is signed.
	for _, name := range append([]string{"crit", "b64"}, own...) {
		if _, present := header[name]; present {
			return HeaderRefused
		}
	}
	if typ, present := header["typ"]; present {
		if text, _ := typ.(string); !slices.Contains(types, strings.ToLower(text)) {
			return HeaderRefused
		}
	}
	// Without a key id the library would try every key.
	if kid, _ := header["kid"].(string); kid == "" {
		return HeaderRefused
	}
	return nil
}
