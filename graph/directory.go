package graph

import (
	"context"
	"crypto/cipher"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/membership"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// Directory reads identities: who a token's subject is, and what the database grants that user. What it has read
// it keeps until the identity's rights change.
type Directory struct {
	client *ent.Client
	cipher func(purpose, subject string) cipher.Block

	mu    sync.Mutex
	known map[uuid.UUID]*viewer.Identity
	keys  map[subject]uuid.UUID
	// entered is when each user was last noted to have entered a portal.
	entered map[door]time.Time
	// epoch counts the changes of rights heard of, so that what was read before one is not kept after it.
	epoch int
}

// subject is a user as tokens name it, at one portal.
type subject struct{ issuer, name, portal string }

// NewDirectory returns a directory over the database. Cipher gives the block cipher of a purpose and subject under
// the server's secret: it hides keys from analysts and makes pseudonyms.
func NewDirectory(client *ent.Client, cipher func(purpose, subject string) cipher.Block) *Directory {
	return &Directory{client: client, cipher: cipher, known: map[uuid.UUID]*viewer.Identity{}, keys: map[subject]uuid.UUID{}, entered: map[door]time.Time{}}
}

// Refusals of a subject that has a valid token.
var (
	// ErrUnknownUser: no identity has the issuer and subject, or it is disabled.
	ErrUnknownUser = fault.New(fault.Forbidden, "no active user has this token's subject")
	// ErrNoPortal: the user has no active grant of the portal.
	ErrNoPortal = fault.New(fault.Forbidden, "the user may not use this portal")
)

// Lookup returns the identity that a token's issuer and subject name, as it may come in by the portal.
func (d *Directory) Lookup(ctx context.Context, issuer, name, portal string) (*viewer.Identity, error) {
	who := subject{issuer, name, portal}
	d.mu.Lock()
	id := d.known[d.keys[who]]
	epoch := d.epoch
	d.mu.Unlock()
	if id != nil {
		return id, nil
	}
	ctx = viewer.System(ctx, "authentication")
	row, err := d.client.Identity.Query().Where(identity.Issuer(issuer), identity.Subject(name)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, ErrUnknownUser
	}
	if err != nil {
		return nil, err
	}
	if id, err = d.read(ctx, d.client, row, portal); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.epoch == epoch {
		if old := d.known[id.Key]; old == nil || old.Portal == portal {
			d.known[id.Key], d.keys[who] = id, id.Key
		}
	}
	return id, nil
}

// Known returns the context with its identity as it is known, which is how it was when the server heard of the latest
// change of its rights; read anew where it is not known.
func (d *Directory) Known(ctx context.Context) (context.Context, error) {
	if old := viewer.From(ctx); old != nil {
		d.mu.Lock()
		id := d.known[old.Key]
		d.mu.Unlock()
		if id != nil && id.Portal == old.Portal {
			return viewer.NewContext(ctx, inPlaceOf(old, *id)), nil
		}
	}
	return d.Fresh(ctx)
}

// Fresh returns the context with its identity read anew.
func (d *Directory) Fresh(ctx context.Context) (context.Context, error) {
	return d.fresh(ctx, d.client)
}

// fresh reads the context's identity anew from the client, which may be a transaction's.
func (d *Directory) fresh(ctx context.Context, client *ent.Client) (context.Context, error) {
	old := viewer.From(ctx)
	if old == nil {
		return nil, fault.New(fault.Unauthenticated, "sign in first")
	}
	system := viewer.System(ctx, "authentication")
	row, err := client.Identity.Get(system, old.Key)
	if ent.IsNotFound(err) {
		return nil, ErrUnknownUser
	}
	if err != nil {
		return nil, err
	}
	id, err := d.read(system, client, row, old.Portal)
	if err != nil {
		return nil, err
	}
	return viewer.NewContext(ctx, inPlaceOf(old, *id)), nil
}

// inPlaceOf returns the identity as it takes the place of what was known of it: in the same operation, with the same token.
func inPlaceOf(old *viewer.Identity, id viewer.Identity) *viewer.Identity {
	id.Expires, id.At = old.Expires, old.At
	return &id
}

// Forget drops what is known of an identity whose rights changed; of all for uuid.Nil, when nobody knows whose.
func (d *Directory) Forget(key uuid.UUID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if key == uuid.Nil {
		clear(d.known)
	}
	delete(d.known, key)
	d.epoch++
}

// read makes the viewer of an identity's row.
func (d *Directory) read(ctx context.Context, client *ent.Client, row *ent.Identity, portal string) (*viewer.Identity, error) {
	if row.Status != code.IdentityStatusActive {
		return nil, ErrUnknownUser
	}
	if err := mayEnter(ctx, client, row, portal); err != nil {
		return nil, err
	}
	id := &viewer.Identity{
		Key: row.ID, Role: row.Persona, Name: row.Name, Portal: portal, RightsVersion: row.RightsVersion,
	}
	if row.AccountID != nil {
		id.AccountKey = *row.AccountID
	}
	members, err := client.Membership.Query().
		Where(membership.IdentityID(row.ID), membership.EndedAtIsNil()).
		Order(membership.ByStartedAt(), membership.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		id.Memberships = append(id.Memberships, viewer.Membership{
			Department: string(m.Department), Role: string(m.Role), Territory: orEmpty(m.Territory), TherapeuticArea: orEmpty(m.TherapeuticArea),
		})
	}
	switch row.Persona {
	case viewer.Analyst:
		id.Cipher = d.cipher("identifier", row.ID.String())
	case viewer.Liaison, viewer.Staff:
		id.Pseudonyms = d.cipher("pseudonym", row.ID.String())
	}
	return id, nil
}

// portals are the doors of each persona.
var portals = map[viewer.Persona][]code.Portal{
	viewer.Patient:     {code.PortalPatientPortal, code.PortalTrialPortal},
	viewer.Provider:    {code.PortalProviderPortal},
	viewer.Liaison:     {code.PortalStaffConsole},
	viewer.Coordinator: {code.PortalStaffConsole},
	viewer.Staff:       {code.PortalStaffConsole},
	viewer.Admin:       {code.PortalStaffConsole},
	viewer.Analyst:     {code.PortalAnalytics},
}

// mayEnter checks that the portal is one of the persona's, and that portals for patients and providers have been
// granted to the account.
func mayEnter(ctx context.Context, client *ent.Client, row *ent.Identity, portal string) error {
	for _, p := range portals[row.Persona] {
		if string(p) != portal {
			continue
		}
		if p == code.PortalStaffConsole || p == code.PortalAnalytics {
			return nil
		}
		if row.AccountID == nil {
			return ErrNoPortal
		}
		granted, err := client.PortalAccess.Query().Where(
			portalaccess.AccountID(*row.AccountID), portalaccess.PortalEQ(p), portalaccess.StatusEQ(code.PortalAccessStatusActive),
		).Exist(ctx)
		if err == nil && !granted {
			err = ErrNoPortal
		}
		return err
	}
	return ErrNoPortal
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
