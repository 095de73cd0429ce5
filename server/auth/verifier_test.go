package auth

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestAcceptsGoodTokens(t *testing.T) {
	w := newWorld(t)
	signed := start.Add(-10 * time.Minute)
	got := w.accept(t, w.good(t, "auth_time", signed.Unix()))
	want := Claims{
		Issuer: w.idp.URL, Subject: "canary-subject", Portal: "PATIENT_PORTAL",
		Expires: start.Add(time.Hour), AuthTime: signed,
	}
	if got != want {
		t.Errorf("claims are %+v, want %+v", got, want)
	}

	for name, token := range map[string]string{
		"ES256":               sign(t, jwt.SigningMethodES256, ecKey, w.claims(), "kid", "ec"),
		"EdDSA":               sign(t, jwt.SigningMethodEdDSA, edKey, w.claims(), "kid", "ed"),
		"access token type":   sign(t, jwt.SigningMethodRS256, rsaKey, w.claims(), "typ", "at+JWT"),
		"no type":             sign(t, jwt.SigningMethodRS256, rsaKey, w.claims(), "typ", nil),
		"thumbprint":          sign(t, jwt.SigningMethodRS256, rsaKey, w.claims(), "x5t", "abc"),
		"audience list":       w.good(t, "aud", []string{patientAudience}),
		"foreign audience":    w.good(t, "aud", []string{"account", patientAudience}),
		"no iat, no nbf":      w.good(t, "iat", nil, "nbf", nil),
		"subject of 255":      w.good(t, "sub", strings.Repeat("s", 255)),
		"subject with spaces": w.good(t, "sub", "auth0|a b"),
	} {
		t.Run(name, func(t *testing.T) {
			if got := w.accept(t, token); got.Portal != "PATIENT_PORTAL" || !got.AuthTime.IsZero() {
				t.Errorf("claims are %+v", got)
			}
		})
	}
	if got := w.accept(t, w.good(t, "aud", providerAudience)); got.Portal != "PROVIDER_PORTAL" {
		t.Errorf("portal is %s", got.Portal)
	}
	// A claim that differs in case is another claim.
	if got := w.accept(t, w.good(t, "SUB", "admin", "Aud", providerAudience)); got.Subject != "canary-subject" || got.Portal != "PATIENT_PORTAL" {
		t.Errorf("claims are %+v", got)
	}
}

// segment encodes one part of a token.
func segment(part any) string {
	text, ok := part.(string)
	if !ok {
		encoded, _ := json.Marshal(part)
		text = string(encoded)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// reheaded returns the token with another header and its old signature.
func reheaded(token string, header map[string]any) string {
	_, rest, _ := strings.Cut(token, ".")
	return segment(header) + "." + rest
}

func TestRefusesHostileTokens(t *testing.T) {
	w := newWorld(t)
	var called atomic.Bool
	attacker := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Store(true) }))
	defer attacker.Close()
	w.idp.publish(t, "for-encryption", rsaKey, "use", "enc")
	w.idp.publish(t, "for-rs512", rsaKey, "alg", "RS512")
	shared := []byte("0123456789abcdef0123456789abcdef")
	w.idp.set(func() {
		w.idp.jwks["shared"] = map[string]any{"kty": "oct", "kid": "shared", "k": base64.RawURLEncoding.EncodeToString(shared)}
	})

	good := w.good(t)
	w.accept(t, good) // the table means nothing unless this passes
	parts := strings.Split(good, ".")
	rs256 := func(claims jwt.MapClaims, header ...any) string {
		return sign(t, jwt.SigningMethodRS256, rsaKey, claims, header...)
	}
	der, _ := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	ownKey := map[string]any{"kty": "RSA", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(otherRSA.N.Bytes())}
	in := func(d time.Duration) int64 { return start.Add(d).Unix() }
	const far = 10 * time.Minute

	tests := map[string]struct {
		token string
		want  Cause
	}{
		"no expiry":           {w.good(t, "exp", nil), ClaimMissing},
		"expiry zero":         {w.good(t, "exp", 0), ClaimMissing},
		"expiry text":         {w.good(t, "exp", "2099-01-01"), ClaimMalformed},
		"expired":             {w.good(t, "exp", in(-far)), Expired},
		"not before":          {w.good(t, "nbf", in(far)), NotYetValid},
		"not before text":     {w.good(t, "nbf", "soon"), ClaimMalformed},
		"issued in future":    {w.good(t, "iat", in(far)), NotYetValid},
		"issued text":         {w.good(t, "iat", "now"), ClaimMalformed},
		"no issuer":           {w.good(t, "iss", nil), UnknownIssuer},
		"wrong issuer":        {w.good(t, "iss", "https://evil.example.com"), UnknownIssuer},
		"issuer with slash":   {w.good(t, "iss", w.idp.URL+"/"), UnknownIssuer},
		"issuer list":         {w.good(t, "iss", []string{w.idp.URL}), ClaimMalformed},
		"no audience":         {w.good(t, "aud", nil), ClaimMissing},
		"empty audience":      {w.good(t, "aud", ""), ClaimMissing},
		"wrong audience":      {w.good(t, "aud", "https://api.example.com"), WrongAudience},
		"portal as audience":  {w.good(t, "aud", "PATIENT_PORTAL"), WrongAudience},
		"audience number":     {w.good(t, "aud", 7), ClaimMissing},
		"audience numbers":    {w.good(t, "aud", []any{patientAudience, 7}), ClaimMalformed},
		"audience object":     {w.good(t, "aud", map[string]any{patientAudience: true}), ClaimMissing},
		"two portals":         {w.good(t, "aud", []string{patientAudience, providerAudience}), SeveralPortals},
		"one portal twice":    {w.good(t, "aud", []string{patientAudience, patientAudience}), SeveralPortals},
		"no subject":          {w.good(t, "sub", nil), ClaimMissing},
		"empty subject":       {w.good(t, "sub", ""), ClaimMissing},
		"subject number":      {w.good(t, "sub", 7), ClaimMalformed},
		"subject of 256":      {w.good(t, "sub", strings.Repeat("s", 256)), ClaimMalformed},
		"subject with NUL":    {w.good(t, "sub", canary+"\x00"), ClaimMalformed},
		"subject not ASCII":   {w.good(t, "sub", canary+"é"), ClaimMalformed},
		"subject in capitals": {w.good(t, "sub", nil, "SUB", "admin"), ClaimMissing},
		"sign-in time text":   {w.good(t, "auth_time", "now"), ClaimMalformed},

		"algorithm none":      {sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, w.claims()), AlgorithmRefused},
		"algorithm nOnE":      {segment(map[string]any{"alg": "nOnE", "kid": "rsa"}) + "." + parts[1] + ".", AlgorithmRefused},
		"none, signed":        {reheaded(good, map[string]any{"alg": "none", "kid": "rsa"}), AlgorithmRefused},
		"no algorithm":        {reheaded(good, map[string]any{"kid": "rsa"}), AlgorithmRefused},
		"algorithm number":    {reheaded(good, map[string]any{"alg": 7, "kid": "rsa"}), AlgorithmRefused},
		"HS256 by public PEM": {sign(t, jwt.SigningMethodHS256, public, w.claims()), AlgorithmRefused},
		"HS256 by public DER": {sign(t, jwt.SigningMethodHS256, der, w.claims()), AlgorithmRefused},
		"HS256 by shared key": {sign(t, jwt.SigningMethodHS256, shared, w.claims(), "kid", "shared"), AlgorithmRefused},
		"RS512, not allowed":  {sign(t, jwt.SigningMethodRS512, rsaKey, w.claims()), AlgorithmRefused},
		"PS256, not allowed":  {sign(t, jwt.SigningMethodPS256, rsaKey, w.claims()), AlgorithmRefused},
		"ES256 by RSA key":    {sign(t, jwt.SigningMethodES256, ecKey, w.claims(), "kid", "rsa"), WrongSignature},
		"RS256 by EC key":     {rs256(w.claims(), "kid", "ec"), WrongSignature},
		"key of RS512":        {rs256(w.claims(), "kid", "for-rs512"), UnknownKey},
		"key for encryption":  {rs256(w.claims(), "kid", "for-encryption"), UnknownKey},

		"other key":          {sign(t, jwt.SigningMethodRS256, otherRSA, w.claims()), WrongSignature},
		"modified payload":   {parts[0] + "." + segment(w.claims("sub", "admin")) + "." + parts[2], WrongSignature},
		"modified header":    {reheaded(good, map[string]any{"alg": "RS256", "kid": "rsa"}), WrongSignature},
		"no signature":       {parts[0] + "." + parts[1] + ".", WrongSignature},
		"short signature":    {good[:len(good)-2], WrongSignature},
		"modified signature": {parts[0] + "." + parts[1] + ".AAAA" + parts[2][4:], WrongSignature},

		"no key id":      {rs256(w.claims(), "kid", nil), HeaderRefused},
		"empty key id":   {rs256(w.claims(), "kid", ""), HeaderRefused},
		"key id number":  {rs256(w.claims(), "kid", 7), HeaderRefused},
		"unknown key id": {rs256(w.claims(), "kid", canary), UnknownKey},
		"key id as path": {rs256(w.claims(), "kid", "../../"+canary), UnknownKey},
		"crit":           {rs256(w.claims(), "crit", []string{"exp"}), HeaderRefused},
		"empty crit":     {rs256(w.claims(), "crit", []string{}), HeaderRefused},
		"b64":            {rs256(w.claims(), "b64", false), HeaderRefused},
		"jku":            {sign(t, jwt.SigningMethodRS256, otherRSA, w.claims(), "jku", attacker.URL), HeaderRefused},
		"x5u":            {sign(t, jwt.SigningMethodRS256, otherRSA, w.claims(), "x5u", attacker.URL), HeaderRefused},
		"jwk":            {sign(t, jwt.SigningMethodRS256, otherRSA, w.claims(), "jwk", ownKey), HeaderRefused},
		"x5c":            {sign(t, jwt.SigningMethodRS256, otherRSA, w.claims(), "x5c", []string{"MIIB"}), HeaderRefused},
		"logout token":   {rs256(w.claims(), "typ", "logout+jwt"), HeaderRefused},
		"type number":    {rs256(w.claims(), "typ", 7), HeaderRefused},

		"empty":             {"", NoToken},
		"one megabyte":      {w.good(t, "pad", strings.Repeat("x", 1<<20)), TooLong},
		"one byte too long": {strings.Repeat("x", maxToken+1), TooLong},
		"no token at all":   {strings.Repeat("x", maxToken), Malformed},
		"two parts":         {parts[0] + "." + parts[1], Malformed},
		"four parts":        {good + ".", Malformed},
		"five parts":        {good + ".a.b", Malformed},
		"space after":       {good + " ", Malformed},
		"line end after":    {good + "\n", Malformed},
		"line end within":   {parts[0] + "\r\n." + parts[1] + "." + parts[2], Malformed},
		"padding":           {parts[0] + "." + parts[1] + "." + parts[2] + "==", Malformed},
		"standard base64":   {parts[0] + "." + parts[1] + ".ab+/" + parts[2][4:], Malformed},
		"header no JSON":    {segment("header") + "." + parts[1] + "." + parts[2], Malformed},
		"header list":       {segment("[]") + "." + parts[1] + "." + parts[2], Malformed},
		"payload no JSON":   {parts[0] + "." + segment(canary) + "." + parts[2], Malformed},
		"payload list":      {parts[0] + "." + segment("[]") + "." + parts[2], Malformed},
		"payload null":      {parts[0] + "." + segment("null") + "." + parts[2], UnknownIssuer},
		"header null":       {segment("null") + "." + parts[1] + "." + parts[2], AlgorithmRefused},
		"loose last bits":   {looseBits(good), Malformed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { w.refuse(t, tt.token, tt.want) })
	}
	if called.Load() {
		t.Error("an address in a token was asked for keys")
	}
	if n := w.cache.Len(); n != 1 {
		t.Errorf("%d tokens are cached: refused ones too", n)
	}
}

// looseBits returns a text that decodes to the same signature by ignoring the last, unused bits.
func looseBits(token string) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(token) - 1
	return token[:last] + string(digits[strings.IndexByte(digits, token[last])+1])
}

func TestLeewayEdges(t *testing.T) {
	const leeway = 30 * time.Second
	at := func(d time.Duration) int64 { return start.Add(d).Unix() }
	tests := map[string]struct {
		claim string
		value int64
		want  Cause // empty: accepted
	}{
		"expired just within":   {"exp", at(-leeway + time.Second), ""},
		"expired by the leeway": {"exp", at(-leeway), Expired},
		"nbf by the leeway":     {"nbf", at(leeway), ""},
		"nbf just beyond":       {"nbf", at(leeway + time.Second), NotYetValid},
		"iat by the leeway":     {"iat", at(leeway), ""},
		"iat just beyond":       {"iat", at(leeway + time.Second), NotYetValid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			token := w.good(t, tt.claim, tt.value)
			if tt.want == "" {
				w.accept(t, token)
				return
			}
			w.refuse(t, token, tt.want)
		})
	}
	t.Run("as configured", func(t *testing.T) {
		w := newWorld(t, func(o *Options) { o.Leeway = time.Second })
		w.refuse(t, w.good(t, "exp", at(-time.Second)), Expired)
	})
}

// counting counts how often a key was asked for, that is: how often a token was really verified.
type counting struct {
	keySource
	n int
}

func (c *counting) key(ctx context.Context, token *jwt.Token) (any, error) {
	c.n++
	return c.keySource.key(ctx, token)
}

func (w *world) count() *counting {
	issuer := w.issuers[w.idp.URL]
	c := &counting{keySource: issuer.keys}
	issuer.keys = c
	return c
}

func TestVerifiedTokensAreCachedUntilTheyExpire(t *testing.T) {
	w := newWorld(t)
	proofs := w.count()
	token := w.good(t, "exp", start.Add(10*time.Minute).Unix())
	first := w.accept(t, token)
	w.clock.advance(10*time.Minute + 30*time.Second - 1)
	if again := w.accept(t, token); again != first {
		t.Errorf("claims changed: %+v, %+v", first, again)
	}
	if proofs.n != 1 {
		t.Errorf("verified %d times", proofs.n)
	}
	w.clock.advance(1)
	w.refuse(t, token, Expired)
	if w.cache.Contains(sha256.Sum256([]byte(token))) {
		t.Error("an expired token is kept")
	}
}

func TestVerifiedTokensAreCheckedAgainWithTheKeys(t *testing.T) {
	w := newWorld(t)
	token := w.good(t, "exp", start.Add(24*time.Hour).Unix())
	w.accept(t, token)
	w.idp.withdraw("rsa")
	w.clock.advance(time.Hour - 1)
	w.accept(t, token)
	w.clock.advance(1)
	w.refuse(t, token, UnknownKey)
}

func TestCacheIsBounded(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.CacheSize = 2 })
	proofs := w.count()
	a, b, c := w.good(t, "jti", "a"), w.good(t, "jti", "b"), w.good(t, "jti", "c")
	for _, token := range []string{a, b, a, c, a} {
		w.accept(t, token)
	}
	if w.cache.Len() != 2 || proofs.n != 3 {
		t.Errorf("%d cached, %d verified", w.cache.Len(), proofs.n)
	}
	w.accept(t, b) // the least recently used one gave way
	if proofs.n != 4 {
		t.Errorf("%d verified", proofs.n)
	}
}

// No issuer speaks for another, whoever signs.
func TestIssuersAreKeptApart(t *testing.T) {
	second := newIDP(t)
	second.publish(t, "second", otherRSA)
	demo, err := NewDemo(edKey)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(o *Options) {
		o.Issuers = append(o.Issuers, demo.Issuer(), Issuer{
			URL: second.URL, Audiences: map[string]string{"staff": "STAFF_CONSOLE"}, Algorithms: []string{"RS512"},
		})
	})
	ofSecond := w.claims("iss", second.URL, "aud", "staff")
	if got := w.accept(t, sign(t, jwt.SigningMethodRS512, otherRSA, ofSecond, "kid", "second")); got.Portal != "STAFF_CONSOLE" {
		t.Errorf("claims are %+v", got)
	}
	w.accept(t, w.good(t))
	w.refuse(t, sign(t, jwt.SigningMethodRS256, otherRSA, ofSecond, "kid", "second"), AlgorithmRefused)
	w.refuse(t, sign(t, jwt.SigningMethodRS512, rsaKey, ofSecond), UnknownKey)
	w.refuse(t, sign(t, jwt.SigningMethodRS256, otherRSA, w.claims(), "kid", "second"), UnknownKey)
	w.refuse(t, w.good(t, "aud", "staff"), WrongAudience)
	w.refuse(t, w.good(t, "aud", "carehub:staff_console"), WrongAudience)
	w.refuse(t, w.good(t, "iss", DemoIssuer, "aud", "carehub:staff_console"), AlgorithmRefused)
	w.refuse(t, sign(t, jwt.SigningMethodEdDSA, edKey, w.claims(), "kid", demo.id), UnknownKey)
}

func TestNewNamesEveryWrongSetting(t *testing.T) {
	audiences := map[string]string{"a": "PATIENT_PORTAL"}
	tests := map[string]struct {
		options Options
		want    []string
	}{
		"no issuer":       {Options{}, []string{"no token issuer"}},
		"plain http":      {Options{Issuers: []Issuer{{URL: "http://idp.example.com", Audiences: audiences}}}, []string{"https"}},
		"no host":         {Options{Issuers: []Issuer{{URL: "https:///x", Audiences: audiences}}}, []string{"https"}},
		"demo by name":    {Options{Issuers: []Issuer{{URL: DemoIssuer, Audiences: audiences}}}, []string{"https"}},
		"user in address": {Options{Issuers: []Issuer{{URL: "https://a:b@idp.example.com", Audiences: audiences}}}, []string{"https"}},
		"query":           {Options{Issuers: []Issuer{{URL: "https://idp.example.com?a=b", Audiences: audiences}}}, []string{"query"}},
		"twice": {Options{Issuers: []Issuer{
			{URL: "https://idp.example.com", Audiences: audiences}, {URL: "https://idp.example.com", Audiences: audiences},
		}}, []string{"twice"}},
		"everything": {Options{CacheSize: -1, Issuers: []Issuer{
			{URL: "https://a.example.com"},
			{URL: "https://b.example.com", Audiences: map[string]string{"": "PATIENT_PORTAL", "x": "PATIENTS"}},
			{URL: "https://c.example.com", Audiences: audiences, Algorithms: []string{"RS256", "HS256", "none"}},
		}}, []string{"size", "no audience", `audience ""`, `"PATIENTS"`, `"HS256"`, `"none"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v, err := New(tt.options)
			if err == nil || v != nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
		})
	}
}

// Whatever the text, the answer is a refusal with a known cause, unless it is the good token.
func FuzzVerify(f *testing.F) {
	demo, err := NewDemo(edKey)
	if err != nil {
		f.Fatal(err)
	}
	v, err := New(Options{Issuers: []Issuer{demo.Issuer()}, Now: func() time.Time { return start }})
	if err != nil {
		f.Fatal(err)
	}
	good, _, err := demo.Token("patient", "PATIENT_PORTAL", start)
	if err != nil {
		f.Fatal(err)
	}
	parts := strings.Split(good, ".")
	for _, seed := range []string{good, "", "..", parts[0] + "." + parts[1] + ".", segment("{}") + "." + segment("{}") + "."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		_, err := v.Verify(t.Context(), token)
		if err == nil {
			if token != good {
				t.Errorf("accepted %q", token)
			}
			return
		}
		if _, ok := errors.AsType[Cause](err); !ok || !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("error is %v", err)
		}
	})
}
