// Package auth decides whose token a request brings. A token says who is asking and through which portal;
// what that identity may do is never read from it but from the database.
package auth

import (
	"context"
	"fmt"
	"net/http"
	"regexp"

	"github.com/carehub/carehub/ent/viewer"
)

// Lookup finds the identity that an issuer calls subject, as it may use the portal. For one that is unknown,
// disabled or not granted the portal it returns Refused(...); any other error is a failure of the server.
// The identity may be shared between calls: nobody changes it.
type Lookup func(ctx context.Context, issuer, subject, portal string) (*viewer.Identity, error)

// Authenticator turns tokens into identities.
type Authenticator struct {
	verifier *Verifier
	lookup   Lookup
}

// NewAuthenticator returns an authenticator that accepts what the verifier verifies and the lookup finds.
func NewAuthenticator(v *Verifier, lookup Lookup) *Authenticator {
	return &Authenticator{verifier: v, lookup: lookup}
}

// Authenticate returns the identity that the token speaks for, in the token's portal and until it expires.
// An error that is neither ErrUnauthenticated nor ErrNoAccess is a failure of the server.
func (a *Authenticator) Authenticate(ctx context.Context, token string) (*viewer.Identity, error) {
	claims, err := a.verifier.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	found, err := a.lookup(ctx, claims.Issuer, claims.Subject, claims.Portal)
	if err != nil {
		return nil, fmt.Errorf("look up the token's identity: %w", err)
	}
	if found == nil {
		return nil, Refused(UnknownIdentity)
	}
	id := *found
	id.Portal, id.Expires = claims.Portal, claims.Expires
	return &id, nil
}

// Claims returns what a token proves of somebody who may not be known here: that the identity provider let them in.
func (a *Authenticator) Claims(ctx context.Context, token string) (Claims, error) {
	return a.verifier.Verify(ctx, token)
}

// credentials is a bearer token as RFC 6750 spells it. Schemes are compared without regard to case.
var credentials = regexp.MustCompile(`^(?i:bearer) +([A-Za-z0-9._~+/-]+=*)$`)

// BearerToken returns the token of the request's one Authorization header. A token in the address is not
// only not read but refuses the request: there it has been written to logs and histories.
func BearerToken(r *http.Request) (string, error) {
	if r.URL.Query().Has("access_token") {
		return "", Refused(TokenInAddress)
	}
	switch values := r.Header.Values("Authorization"); len(values) {
	case 0:
		return "", Refused(NoToken)
	case 1:
		match := credentials.FindStringSubmatch(values[0])
		if match == nil {
			return "", Refused(NotBearer)
		}
		return match[1], nil
	default:
		return "", Refused(SeveralTokens)
	}
}
