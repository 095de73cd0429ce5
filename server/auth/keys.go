package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/singleflight"
)

// keySource finds the key that a token claims to be signed with.
type keySource interface {
	key(ctx context.Context, token *jwt.Token) (any, error)
}

// keySet is a set of keys that does not change. The nil set is that of an issuer that did not answer yet.
type keySet struct{ keyfunc.Keyfunc }

// newKeySet returns the signing keys of a set: keys made for encryption verify nothing.
func newKeySet(storage jwkset.Storage) (*keySet, error) {
	set, err := keyfunc.New(keyfunc.Options{Storage: storage, UseWhitelist: []jwkset.USE{jwkset.UseSig, ""}})
	if err != nil {
		return nil, err
	}
	return &keySet{set}, nil
}

func (s *keySet) key(ctx context.Context, token *jwt.Token) (any, error) {
	if s == nil {
		return nil, KeysUnavailable
	}
	return s.KeyfuncCtx(ctx)(token)
}

const (
	fetchTimeout = 5 * time.Second
	firstRetry   = time.Second
	maxDocument  = 1 << 20
)

// remote has the keys that an issuer publishes. They are fetched when a token first needs them, again when
// they are old (if that fails the old ones still hold) and when a token names a key that is not among them,
// but never twice within the interval: whoever makes up key ids must not make us flood the issuer.
type remote struct {
	issuer   string
	client   *http.Client
	interval time.Duration // between two fetches
	lifetime time.Duration // after which keys are old
	now      func() time.Time
	log      *slog.Logger

	fetches singleflight.Group

	mu       sync.Mutex
	set      *keySet   // nil until a fetch has succeeded
	failures int       // before the first success
	next     time.Time // no fetch before
	old      time.Time // the set is old from here on
}

func newRemote(issuer string, o Options) *remote {
	return &remote{
		issuer: issuer,
		client: &http.Client{
			Timeout:   fetchTimeout,
			Transport: bounded{o.Transport},
			// Where keys come from is configuration; whoever answers does not change it.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		interval: o.UnknownKeyInterval,
		lifetime: o.RefreshInterval,
		now:      o.Now,
		log:      o.Log,
	}
}

func (r *remote) key(ctx context.Context, token *jwt.Token) (any, error) {
	r.mu.Lock()
	set, old := r.set, !r.now().Before(r.old)
	r.mu.Unlock()
	if set == nil || old {
		set = r.refresh(ctx)
	}
	key, err := set.key(ctx, token)
	if errors.Is(err, jwkset.ErrKeyNotFound) {
		return r.refresh(ctx).key(ctx, token)
	}
	return key, err
}

// refresh waits for a fetch, if there may be one, and returns the set there is then.
func (r *remote) refresh(ctx context.Context) *keySet {
	select {
	case done := <-r.start(ctx):
		return done.Val.(*keySet)
	case <-ctx.Done():
		return nil
	}
}

// start fetches the keys unless that was done within the interval. Those who come meanwhile share the
// fetch, and it goes on when the one who began it leaves.
func (r *remote) start(ctx context.Context) <-chan singleflight.Result {
	ctx = context.WithoutCancel(ctx)
	return r.fetches.DoChan("", func() (any, error) {
		r.mu.Lock()
		set, wait := r.set, r.now().Before(r.next)
		r.mu.Unlock()
		if wait {
			return set, nil
		}
		ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
		defer cancel()
		fetched, err := r.fetch(ctx)
		return r.keep(ctx, fetched, err), nil
	})
}

// keep takes in what a fetch brought and returns the set there is now. Until a first fetch succeeds,
// retries begin quickly and become slower.
func (r *remote) keep(ctx context.Context, fetched *keySet, err error) *keySet {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.next = now.Add(r.interval)
	if err == nil {
		r.set, r.old = fetched, now.Add(r.lifetime)
		return r.set
	}
	if r.set == nil {
		r.next = now.Add(min(firstRetry<<min(r.failures, 10), r.interval))
		r.failures++
	}
	r.log.WarnContext(ctx, "keys of the token issuer could not be fetched",
		"issuer", r.issuer, "error", err, "retry", r.next.UTC(), "known", r.set != nil)
	return r.set
}

// fetch asks the issuer where its keys are and reads them.
func (r *remote) fetch(ctx context.Context) (*keySet, error) {
	address, err := r.discover(ctx)
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	storage, err := jwkset.NewStorageFromHTTP(address, jwkset.HTTPClientStorageOptions{Client: r.client, Ctx: ctx})
	if err != nil {
		return nil, err
	}
	// An empty set is a mishap at the issuer rather than the withdrawal of every key.
	if keys, err := storage.KeyReadAll(ctx); err != nil || len(keys) == 0 {
		return nil, errors.Join(errors.New("the issuer publishes no key that we can use"), err)
	}
	return newKeySet(storage)
}

// discover returns the address of the keys, as OpenID Connect Discovery 1.0 (section 4) has it.
func (r *remote) discover(ctx context.Context) (string, error) {
	address := strings.TrimSuffix(r.issuer, "/") + "/.well-known/openid-configuration"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close() //nolint:errcheck // it is only read
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %s", address, resp.Status)
	}
	var document struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&document); err != nil {
		return "", fmt.Errorf("%s: %w", address, err)
	}
	if document.Issuer != r.issuer {
		return "", fmt.Errorf("%s is of the issuer %.200q", address, document.Issuer)
	}
	if u, err := url.Parse(document.JWKSURI); err != nil || !safe(u) {
		return "", fmt.Errorf("%s has keys at %.200q, which is no https address", address, document.JWKSURI)
	}
	return document.JWKSURI, nil
}

// bounded cuts answers that are longer than any document an issuer publishes.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	transport := b.RoundTripper
	if transport == nil {
		transport = http.DefaultTransport
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, maxDocument)
	return resp, nil
}
