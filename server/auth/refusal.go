package auth

import (
	"errors"
	"fmt"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/carehub/carehub/graph/fault"
)

// The two kinds of refusal. Clients learn no more than the kind; the cause is for logs.
var (
	// ErrUnauthenticated is what every token gives that is not proven.
	ErrUnauthenticated error = fault.New(fault.Unauthenticated, "the token is not accepted")
	// ErrNoAccess is what a proven token gives whose identity may not come in: another token would not help.
	ErrNoAccess error = fault.New(fault.Forbidden, "the identity has no access")
)

// Cause says why a token was refused, in words that are the same for every token: errors of the libraries
// repeat parts of what they read, and a token has no place in a log.
type Cause string

// The causes of a refusal.
const (
	NoToken          Cause = "no token"
	NotBearer        Cause = "authorization is no bearer token"
	SeveralTokens    Cause = "more than one authorization header"
	TokenInAddress   Cause = "token in the address"
	TooLong          Cause = "token is too long"
	Malformed        Cause = "token is malformed"
	HeaderRefused    Cause = "token has a header that is not allowed"
	AlgorithmRefused Cause = "token is signed with an algorithm that is not allowed"
	UnknownIssuer    Cause = "token is of an issuer that is not configured"
	UnknownKey       Cause = "token is signed with a key that the issuer does not publish"
	KeysUnavailable  Cause = "keys of the issuer are not available"
	WrongSignature   Cause = "signature is wrong"
	Expired          Cause = "token is expired"
	NotYetValid      Cause = "token is not valid yet"
	ClaimMissing     Cause = "token lacks a required claim"
	ClaimMalformed   Cause = "token has a malformed claim"
	WrongAudience    Cause = "token is for another audience"
	SeveralPortals   Cause = "token is for more than one portal"
	UnknownIdentity  Cause = "identity is unknown"
	DisabledIdentity Cause = "identity is disabled"
	PortalNotGranted Cause = "identity may not use the portal"
	Invalid          Cause = "token is invalid"
)

// Error implements error.
func (c Cause) Error() string { return string(c) }

// Refused returns the refusal of its cause: an ErrNoAccess when the cause is the identity, and otherwise
// an ErrUnauthenticated.
func Refused(c Cause) error {
	switch c {
	case UnknownIdentity, DisabledIdentity, PortalNotGranted:
		return fmt.Errorf("%w: %w", ErrNoAccess, c)
	default:
		return fmt.Errorf("%w: %w", ErrUnauthenticated, c)
	}
}

// causes orders what the libraries report from the gravest down: a token with two faults has the first.
var causes = []struct {
	err   error
	cause Cause
}{
	{jwt.ErrTokenMalformed, Malformed},
	{keyfunc.ErrKeyfunc, UnknownKey},
	{jwt.ErrTokenSignatureInvalid, WrongSignature},
	{jwt.ErrTokenUnverifiable, AlgorithmRefused},
	{jwt.ErrInvalidType, ClaimMalformed},
	{jwt.ErrTokenRequiredClaimMissing, ClaimMissing},
	{jwt.ErrTokenInvalidIssuer, UnknownIssuer},
	{jwt.ErrTokenInvalidAudience, WrongAudience},
	{jwt.ErrTokenExpired, Expired},
	{jwt.ErrTokenNotValidYet, NotYetValid},
	{jwt.ErrTokenUsedBeforeIssued, NotYetValid},
}

// refusal reduces an error of the libraries to its cause.
func refusal(err error) error {
	if cause, ok := errors.AsType[Cause](err); ok {
		return Refused(cause)
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			return Refused(c.cause)
		}
	}
	return Refused(Invalid)
}
