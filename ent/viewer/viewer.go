// Package viewer says who is asking: the identity that an operation runs for, as the server reads it from the database.
package viewer

import (
	"context"
	"crypto/cipher"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Persona is the kind of user an identity is. A view of the contract exists for each.
type Persona string

// The personas. ADMIN operates the system and is never implied by another right.
const (
	Patient     Persona = "PATIENT"
	Provider    Persona = "PROVIDER"
	Liaison     Persona = "LIAISON"
	Coordinator Persona = "COORDINATOR"
	Staff       Persona = "STAFF"
	Analyst     Persona = "ANALYST"
	Admin       Persona = "ADMIN"
)

// Personas lists every persona, in the order in which documents show them.
func Personas() []Persona {
	return []Persona{Patient, Provider, Liaison, Coordinator, Staff, Analyst, Admin}
}

// Values makes Persona an ent enum.
func (Persona) Values() []string {
	var out []string
	for _, p := range Personas() {
		out = append(out, string(p))
	}
	return out
}

// Viewer is the asking identity as rules and conditions see it. Apart from the persona, its accessors
// return values fit only for an SQL argument, so that a rule can neither branch on a person nor bake one
// into a statement that others share.
type Viewer interface {
	Persona() Persona
	// ID is the identity's key.
	ID() any
	// Account is the key of the account the identity acts for; rules of personas without one never match.
	Account() any
	// Now is the instant at which the operation began.
	Now() any
}

// Membership is one membership of a department that was active when the identity was read.
type Membership struct {
	Department      string
	Role            string
	Territory       string // empty: all
	TherapeuticArea string // empty: all
}

// Identity is the concrete viewer of an operation: read from the database, never from the token.
// Guards and mutations use it; rules only see it as a Viewer.
type Identity struct {
	Key           uuid.UUID
	Role          Persona
	AccountKey    uuid.UUID // uuid.Nil for personas without an account
	Name          string
	Portal        string
	Memberships   []Membership
	RightsVersion int
	Expires       time.Time // of the token; zero: never

	// Cipher hides record keys from this identity (analysts); nil shows them as they are.
	Cipher cipher.Block
	// Pseudonyms names patients to this identity (liaisons, staff).
	Pseudonyms cipher.Block

	// At is the operation's instant, set when the operation begins; later gives it where that is not known yet.
	At    time.Time
	later func() time.Time
}

// Persona implements Viewer.
func (i *Identity) Persona() Persona { return i.Role }

// ID implements Viewer.
func (i *Identity) ID() any { return i.Key }

// Account implements Viewer.
func (i *Identity) Account() any { return i.AccountKey }

// Now implements Viewer.
func (i *Identity) Now() any {
	if i.later != nil {
		return i.later()
	}
	return i.At
}

// MemberOf reports whether the identity is a member of the department, in any role.
func (i *Identity) MemberOf(department string) bool {
	for _, m := range i.Memberships {
		if m.Department == department {
			return true
		}
	}
	return false
}

// Queues reports whether what enters the department, in the territory, comes into a queue of the identity: the part of
// row rule QUEUE that can be told without the row.
func (i *Identity) Queues(department, territory *string) bool {
	for _, m := range i.Memberships {
		if department != nil && m.Department == *department && (m.Territory == "" || territory != nil && m.Territory == *territory) {
			return true
		}
	}
	return false
}

// HasRole reports whether the identity has the role in the department.
func (i *Identity) HasRole(department, role string) bool {
	for _, m := range i.Memberships {
		if m.Department == department && m.Role == role {
			return true
		}
	}
	return false
}

type identityKey struct{}

// NewContext returns a context whose operations run for the identity.
func NewContext(ctx context.Context, id *Identity) context.Context {
	return context.WithValue(context.WithValue(ctx, identityKey{}, id), systemKey{}, nil)
}

// From returns the identity the context runs for, or nil when there is none.
func From(ctx context.Context) *Identity {
	id, _ := ctx.Value(identityKey{}).(*Identity)
	return id
}

type systemKey struct{}

// System returns a context in which row rules do not apply. It is the one door for work that nobody
// in particular asks for (routing, history, import, jobs); the reason is what a reviewer reads.
// The identity on whose behalf the work is done stays in the context and is what audit names.
func System(ctx context.Context, reason string) context.Context {
	return context.WithValue(ctx, systemKey{}, &reason)
}

// IsSystem reports whether the context came through System.
func IsSystem(ctx context.Context) bool {
	reason, _ := ctx.Value(systemKey{}).(*string)
	return reason != nil
}

// Tick returns a context whose identity, if it has one, asks at the instant.
func Tick(ctx context.Context, at time.Time) context.Context {
	id := From(ctx)
	if id == nil {
		return ctx
	}
	now := *id
	now.At, now.later = at, nil
	return context.WithValue(ctx, identityKey{}, &now)
}

// TickLater returns a context whose identity, if it has one, asks at the instant at which it first does: for an answer
// that is begun before it is known when what it answers will happen.
func TickLater(ctx context.Context, clock func() time.Time) context.Context {
	id := From(ctx)
	if id == nil {
		return ctx
	}
	now := *id
	now.later = sync.OnceValue(clock)
	return context.WithValue(ctx, identityKey{}, &now)
}
