package graph

import (
	"context"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// ErrNoInvitation refuses a code, alike for every cause: no such code, used, run out or withdrawn, of another portal, or
// presented by somebody who may not accept it.
var ErrNoInvitation = fault.New(fault.Forbidden, "there is no such invitation")

// AcceptInvitation binds who signed in, as the verified token names them, to the account that the code invites to the
// portal. The portal opens when the identity has been verified.
func (a *API) AcceptInvitation(ctx context.Context, issuer, name, portal, text string) error {
	ctx = viewer.System(ctx, "acceptInvitation")
	err := part(ctx, a.options.Client, "acceptInvitation", func(c *change) error {
		return c.acceptInvitation(subject{issuer, name, portal}, text)
	})
	if err == nil {
		a.options.Log.Kick()
	}
	return err
}

// acceptInvitation takes the step of the invitation. Of several who present the code one wins.
func (c *change) acceptInvitation(who subject, text string) error {
	now := clock.Now(c)
	found, err := c.tx.PortalAccess.Query().Where(portalaccess.InvitationHash(hashOf(text)),
		portalaccess.StatusEQ(code.PortalAccessStatusInvited), portalaccess.ExpiresAtGT(now)).Only(c)
	if ent.IsNotFound(err) || err == nil && string(found.Portal) != who.portal {
		return ErrNoInvitation
	}
	if err != nil {
		return err
	}
	// The grant first: whoever else accepts, revokes or lets it run out finds it changed.
	next := func(u *ent.PortalAccessUpdateOne) { u.ClearExpiresAt().SetVerifyBy(now.Add(invitationLasts)) }
	if err := c.bind(found, who); err != nil {
		return err
	}
	err = c.accessBecomes(c, found, code.PortalAccessStatusIdentityPending, nil, next)
	if fault.CodeOf(err) == fault.Conflict {
		return ErrNoInvitation
	}
	return err
}

// bind makes the subject of the token a user of the account. A subject is of one account for ever. An account that has
// another user changes hands only when nothing else is open to that user, who is then disabled.
func (c *change) bind(found *ent.PortalAccess, who subject) error {
	known, err := c.tx.Identity.Query().Where(identity.Issuer(who.issuer), identity.Subject(who.name)).Only(c)
	if err == nil {
		if known.Status != code.IdentityStatusActive || known.AccountID == nil || *known.AccountID != found.AccountID {
			return ErrNoInvitation
		}
		return nil
	}
	if !ent.IsNotFound(err) {
		return err
	}
	others, err := c.tx.Identity.Query().Where(identity.AccountID(found.AccountID), identity.StatusEQ(code.IdentityStatusActive)).Order(identity.ByID()).All(c)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.Issuer == code.IssuerOfInvited {
			c.record(code.AuditActionUpdate, ent.TypeIdentity, nil, other.ID)
			return c.taken(c.tx.Identity.UpdateOneID(other.ID).SetIssuer(who.issuer).SetSubject(who.name).Exec(c))
		}
	}
	if len(others) > 0 {
		elsewhere, err := c.tx.PortalAccess.Query().Where(portalaccess.AccountID(found.AccountID), portalaccess.IDNEQ(found.ID),
			portalaccess.StatusNotIn(code.PortalAccessStatusRevoked, code.PortalAccessStatusExpired)).Exist(c)
		if err != nil {
			return err
		}
		if elsewhere {
			return ErrNoInvitation
		}
		for _, other := range others {
			if err := c.tx.Identity.UpdateOneID(other.ID).SetStatus(code.IdentityStatusDisabled).Exec(c); err != nil {
				return err
			}
			c.record(code.AuditActionUpdate, ent.TypeIdentity, nil, other.ID)
		}
	}
	persona, name, err := c.personOf(found)
	if err != nil {
		return err
	}
	made, err := c.tx.Identity.Create().SetPersona(persona).SetIssuer(who.issuer).SetSubject(who.name).SetName(name).SetAccountID(found.AccountID).Save(c)
	if err != nil {
		return c.taken(err)
	}
	c.record(code.AuditActionCreate, ent.TypeIdentity, nil, made.ID)
	return nil
}

// taken makes the refusal of a subject that somebody else was bound to meanwhile.
func (c *change) taken(err error) error {
	if ent.IsConstraintError(err) {
		return ErrNoInvitation
	}
	return err
}

// personOf is as whom the portal's user comes in, and under which name.
func (c *change) personOf(found *ent.PortalAccess) (viewer.Persona, string, error) {
	if found.Portal == code.PortalProviderPortal {
		row, err := c.tx.Provider.Get(c, found.AccountID)
		if err != nil {
			return "", "", err
		}
		return viewer.Provider, or(fullName(row.Given, row.Family), "Provider"), nil
	}
	row, err := c.tx.Patient.Get(c, found.AccountID)
	if ent.IsNotFound(err) { // a caregiver who was invited anew after another user of the account
		return viewer.Patient, "Caregiver", nil
	}
	if err != nil {
		return "", "", err
	}
	return viewer.Patient, or(fullName(row.Given, row.Family), "Patient"), nil
}
