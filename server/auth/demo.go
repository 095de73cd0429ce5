package auth

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"

	"github.com/carehub/carehub/ent/code"
)

// DemoIssuer is the name of the issuer that the server itself is in demo mode.
const DemoIssuer = "urn:carehub:demo"

// demoLifetime is how long a demo token is good.
const demoLifetime = time.Hour

// Demo issues tokens to whoever asks. They are verified like all others, with a key of the installation's
// secret.
type Demo struct {
	key  ed25519.PrivateKey
	id   string // of the key
	keys *keySet
}

// NewDemo returns the demo issuer that signs with the key.
func NewDemo(key ed25519.PrivateKey) (*Demo, error) {
	public := key.Public().(ed25519.PublicKey)
	hash := sha256.Sum256(public)
	id := hex.EncodeToString(hash[:8])
	keys, err := unpublished(public, id)
	if err != nil {
		return nil, fmt.Errorf("demo issuer: %w", err)
	}
	return &Demo{key: key, id: id, keys: keys}, nil
}

// Issuer is the entry of the demo issuer in Options.
func (d *Demo) Issuer() Issuer {
	audiences := map[string]string{}
	for _, portal := range code.Portal("").Values() {
		audiences[demoAudience(portal)] = portal
	}
	return Issuer{
		URL:        DemoIssuer,
		Audiences:  audiences,
		Algorithms: []string{jwt.SigningMethodEdDSA.Alg()},
		keys:       d.keys,
	}
}

// Token returns a token for the demo identity of that name, and when it expires.
func (d *Demo) Token(name, portal string, now time.Time) (string, time.Time, error) {
	audience := demoAudience(portal)
	if name == "" || d.Issuer().Audiences[audience] != portal || portal == "" {
		return "", time.Time{}, fmt.Errorf("no demo token for identity %q in portal %q", name, portal)
	}
	now = now.UTC().Truncate(time.Second)
	expires := now.Add(demoLifetime)
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss":       DemoIssuer,
		"aud":       audience,
		"sub":       name,
		"iat":       now.Unix(),
		"exp":       expires.Unix(),
		"auth_time": now.Unix(),
	})
	token.Header["kid"] = d.id
	text, err := token.SignedString(d.key)
	return text, expires, err
}

func demoAudience(portal string) string { return "carehub:" + strings.ToLower(portal) }

// unpublished returns a set of one key that no address has.
func unpublished(key ed25519.PublicKey, id string) (*keySet, error) {
	jwk, err := jwkset.NewJWKFromKey(key, jwkset.JWKOptions{
		Metadata: jwkset.JWKMetadataOptions{KID: id, USE: jwkset.UseSig},
	})
	if err != nil {
		return nil, err
	}
	storage := jwkset.NewMemoryStorage()
	if err := storage.KeyWrite(context.Background(), jwk); err != nil {
		return nil, err
	}
	return newKeySet(storage)
}
