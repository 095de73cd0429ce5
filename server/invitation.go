package main

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/server/auth"
)

// invitation accepts an invitation to a portal: the token says who signed in, at which portal, and the body has the code.
// Every code that accepts nothing is answered alike; codes have 128 bits, so that guessing is hopeless at any rate.
func (v *server) invitation(w http.ResponseWriter, r *http.Request) {
	token, err := auth.BearerToken(r)
	if err != nil {
		answer(w, http.StatusUnauthorized, "a token is needed")
		return
	}
	claims, err := v.auth.Claims(r.Context(), token)
	switch {
	case errors.Is(err, auth.ErrUnauthenticated):
		answer(w, http.StatusUnauthorized, "the token is refused")
		return
	case err != nil:
		v.log.ErrorContext(r.Context(), "cannot verify a token", "error", err)
		answer(w, http.StatusServiceUnavailable, "internal error")
		return
	}
	var in struct {
		Code string `json:"code"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&in); err != nil || in.Code == "" {
		answer(w, http.StatusBadRequest, `the body is {"code": "CODE"}`)
		return
	}
	ctx := clock.At(r.Context(), clock.Now(r.Context()))
	switch err := v.api.AcceptInvitation(ctx, claims.Issuer, claims.Subject, claims.Portal, in.Code); {
	case err == nil:
		answer(w, http.StatusOK, "accepted: the portal opens when your identity has been verified")
	case errors.Is(err, graph.ErrNoInvitation):
		answer(w, http.StatusForbidden, "there is no such invitation")
	default:
		v.log.ErrorContext(r.Context(), "cannot accept an invitation", "error", err)
		answer(w, http.StatusServiceUnavailable, "internal error")
	}
}
