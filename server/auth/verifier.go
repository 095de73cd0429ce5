package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"
)

// Claims is all that is taken from a token.
type Claims struct {
	Issuer  string
	Subject string
	Portal  string // that the token's audience names
	Expires time.Time
	// AuthTime is when the person last proved who they are; zero when the issuer does not say.
	AuthTime time.Time
}

// Options configure a Verifier. Zero values are the defaults.
type Options struct {
	// Issuers are those whose tokens are accepted: at least one.
	Issuers []Issuer
	// Leeway is by how much clocks may differ; 30 seconds by default.
	Leeway time.Duration
	// UnknownKeyInterval is the least time between two looks at an issuer's keys, and so the longest that a
	// key it has just begun to use is refused; a minute by default.
	UnknownKeyInterval time.Duration
	// RefreshInterval is after how long an issuer's keys are looked at again, and verified tokens with them:
	// a key that it has withdrawn is accepted for twice as long at most. An hour by default.
	RefreshInterval time.Duration
	// CacheSize is how many verified tokens are remembered; 10,000 by default.
	CacheSize int
	// Transport reaches the issuers; http.DefaultTransport by default.
	Transport http.RoundTripper
	// Now tells the time; time.Now by default.
	Now func() time.Time
	// Log hears of issuers that cannot be reached; slog.Default() by default.
	Log *slog.Logger
}

// Verifier verifies tokens. It is safe for concurrent use and asks an issuer nothing before it is shown a
// token of that issuer.
type Verifier struct {
	issuers map[string]*trusted
	cache   *lru.Cache[[sha256.Size]byte, verified]
	leeway  time.Duration
	recheck time.Duration
	now     func() time.Time
}

// verified is a token that was found good, and for how long that holds.
type verified struct {
	claims Claims
	until  time.Time
}

// New returns a verifier, or all that is wrong with the options.
func New(o Options) (*Verifier, error) {
	o.Leeway = cmp.Or(o.Leeway, 30*time.Second)
	o.UnknownKeyInterval = cmp.Or(o.UnknownKeyInterval, time.Minute)
	o.RefreshInterval = cmp.Or(o.RefreshInterval, time.Hour)
	o.CacheSize = cmp.Or(o.CacheSize, 10_000)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	cache, err := lru.New[[sha256.Size]byte, verified](o.CacheSize)
	errs := []error{err}
	if len(o.Issuers) == 0 {
		errs = append(errs, errors.New("no token issuer is configured"))
	}
	v := &Verifier{
		issuers: map[string]*trusted{},
		cache:   cache,
		leeway:  o.Leeway,
		recheck: o.RefreshInterval,
		now:     o.Now,
	}
	for _, issuer := range o.Issuers {
		errs = append(errs, issuer.check())
		if _, twice := v.issuers[issuer.URL]; twice {
			errs = append(errs, issuer.wrong("is configured twice"))
		}
		v.issuers[issuer.URL] = issuer.trust(o)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return v, nil
}

// maxToken is more than any issuer's token takes; what is longer is not even parsed.
const maxToken = 16 << 10

// Verify returns what a token claims once it is proven. Every error is ErrUnauthenticated.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	switch {
	case token == "":
		return Claims{}, Refused(NoToken)
	case len(token) > maxToken:
		return Claims{}, Refused(TooLong)
	}
	now := v.now()
	key := sha256.Sum256([]byte(token))
	if known, ok := v.cache.Get(key); ok && now.Before(known.until) {
		return known.claims, nil
	}
	claims, err := v.prove(ctx, token)
	if err != nil {
		v.cache.Remove(key)
		return Claims{}, refusal(err)
	}
	// Keys may be withdrawn before the tokens that they signed expire.
	until := claims.Expires.Add(v.leeway)
	if recheck := now.Add(v.recheck); recheck.Before(until) {
		until = recheck
	}
	v.cache.Add(key, verified{claims: claims, until: until})
	return claims, nil
}

// prove reads the issuer's name from the token, unproven, to learn whose rules apply, and then verifies
// everything by them.
func (v *Verifier) prove(ctx context.Context, token string) (Claims, error) {
	if !compact(token) {
		return Claims{}, Malformed
	}
	peek, _, err := jwt.NewParser(jwt.WithStrictDecoding()).ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		return Claims{}, err
	}
	if err := checkHeader(peek.Header); err != nil {
		return Claims{}, err
	}
	name, err := peek.Claims.GetIssuer()
	if err != nil {
		return Claims{}, err
	}
	issuer, ok := v.issuers[name]
	if !ok {
		return Claims{}, UnknownIssuer
	}
	// The parser checks this too, but reports it as a wrong signature.
	if !slices.Contains(issuer.algorithms, peek.Method.Alg()) {
		return Claims{}, AlgorithmRefused
	}
	return issuer.prove(ctx, token)
}

// compact reports whether the token has only characters that the compact form allows: base64 decoders
// skip line ends, by which one token would have many texts.
func compact(token string) bool {
	for i := range len(token) {
		switch c := token[i]; {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}
