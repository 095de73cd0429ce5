package graph

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/stream"
)

// invitationLasts is how long an invitation may be accepted, and how long the verification may then take.
const invitationLasts = 14 * 24 * time.Hour

// newInvitation makes the code of an invitation, and what is kept of it.
func newInvitation() (text, hash string) {
	text = rand.Text()
	return text, hashOf(text)
}

// hashOf is what is kept of an invitation's code. The code is random, so that its plain hash tells nothing of it.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// access is a mutation that changes a grant of a portal and answers with it.
func (r mutationResolver) access(ctx context.Context, operation string, key *string, input any, do func(*change) (uuid.UUID, error)) (*ent.PortalAccess, error) {
	id, err := r.change(ctx, operation, key, input, do)
	if err != nil {
		return nil, err
	}
	now, err := r.Client.PortalAccess.Get(ctx, id)
	return now, ent.MaskNotFound(err)
}

// InvitePortalUser resolves Mutation.invitePortalUser.
func (r mutationResolver) InvitePortalUser(ctx context.Context, input model.InvitePortalUserInput) (*model.InvitePortalUserPayload, error) {
	var invitation string
	now, err := r.access(ctx, "invitePortalUser", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		account, err := c.invited(input)
		if err != nil {
			return uuid.Nil, err
		}
		made, text, err := c.invite(account, input.Portal)
		invitation = text
		return made, err
	})
	if err != nil {
		return nil, err
	}
	return &model.InvitePortalUserPayload{Access: now, InvitationCode: toldOnce(invitation, now)}, nil
}

// toldOnce is the code if it is the one of the grant: that of a change which did not happen, as another had the same
// idempotency key, is nobody's.
func toldOnce(invitation string, of *ent.PortalAccess) *string {
	if of == nil || of.InvitationHash == nil || *of.InvitationHash != hashOf(invitation) {
		return nil
	}
	return &invitation
}

// invited finds the account that the input names, which may have the portal.
func (c *change) invited(input model.InvitePortalUserInput) (uuid.UUID, error) {
	switch {
	case (input.PatientID == nil) == (input.ProviderID == nil):
		return uuid.Nil, fault.Input("input.patientId", "give either patientId or providerId")
	case input.ProviderID != nil:
		if input.Portal != code.PortalProviderPortal {
			return uuid.Nil, fault.Input("input.portal", "providers are invited to the provider portal")
		}
		return c.party(*input.ProviderID, ent.TypeProvider, "provider", "input.providerId")
	case input.Portal != code.PortalPatientPortal && input.Portal != code.PortalTrialPortal:
		return uuid.Nil, fault.Input("input.portal", "patients are invited to the patient portal or the trial portal")
	default:
		return c.party(*input.PatientID, ent.TypePatient, "patient", "input.patientId")
	}
}

// party finds a patient or provider whom the viewer may give access. Who operates the system sees none of them, and
// may still open a portal to each.
func (c *change) party(id gid.ID, entity, prefix, argument string) (uuid.UUID, error) {
	if err := expect(id, prefix, argument); err != nil {
		return uuid.Nil, err
	}
	ctx := context.Context(c)
	if c.viewer.Role == viewer.Admin {
		ctx = c.system
	}
	seen, err := c.tx.Client().Visible(ctx, entity, id.UUID)
	if err == nil && !seen {
		f := fault.Missing(prefix)
		f.Argument = argument
		err = f
	}
	return id.UUID, err
}

// invite grants the account the portal, once the invitation was accepted and the identity verified.
func (c *change) invite(account uuid.UUID, portal code.Portal) (made uuid.UUID, text string, err error) {
	open, err := c.tx.PortalAccess.Query().Where(portalaccess.AccountID(account), portalaccess.PortalEQ(portal),
		portalaccess.StatusNotIn(code.PortalAccessStatusRevoked, code.PortalAccessStatusExpired)).All(c.system)
	if err != nil {
		return uuid.Nil, "", err
	}
	now := clock.Now(c)
	for _, a := range open {
		// An invitation that ran out a moment ago is not waited for.
		if a.Status != code.PortalAccessStatusInvited || a.ExpiresAt == nil || a.ExpiresAt.After(now) {
			return uuid.Nil, "", fault.New(fault.InvalidTransition, "the account has a grant of the portal in status %s", a.Status)
		}
		if err := c.accessBecomes(c.system, a, code.PortalAccessStatusExpired, nil, nil); err != nil {
			return uuid.Nil, "", err
		}
	}
	text, hash := newInvitation()
	row, err := c.tx.PortalAccess.Create().SetAccountID(account).SetPortal(portal).SetStatus(code.PortalAccessStatusInvited).
		SetInvitedAt(now).SetExpiresAt(now.Add(invitationLasts)).SetInvitationHash(hash).Save(c)
	if ent.IsConstraintError(err) {
		return uuid.Nil, "", changedMeanwhile()
	}
	if err != nil {
		return uuid.Nil, "", err
	}
	return row.ID, text, c.accessStep(row, "", nil)
}

// granted reads a grant of a portal that the viewer sees and means to change.
func (c *change) granted(id gid.ID, version *int) (*ent.PortalAccess, error) {
	if err := expect(id, "access", "input.accessId"); err != nil {
		return nil, err
	}
	found, err := c.tx.PortalAccess.Get(c, id.UUID)
	if err != nil {
		return nil, missing(err, "access", "input.accessId")
	}
	c.concerns(ent.TypePortalAccess, found.ID)
	if version != nil && *version != found.Version {
		return nil, changedMeanwhile()
	}
	return found, nil
}

// accessBecomes takes one step of the grant's lifecycle.
func (c *change) accessBecomes(ctx context.Context, a *ent.PortalAccess, to code.PortalAccessStatus, note *string, set func(*ent.PortalAccessUpdateOne)) error {
	if !lifecycle.PortalAccess.Allows(a.Status, to) {
		return noWay("portal access", a.Status, to)
	}
	update := c.tx.PortalAccess.UpdateOneID(a.ID).Where(portalaccess.Version(a.Version), portalaccess.StatusEQ(a.Status)).SetStatus(to)
	if set != nil {
		set(update)
	}
	now, err := update.Save(ctx)
	if ent.IsNotFound(err) {
		return changedMeanwhile()
	}
	if err != nil {
		return err
	}
	return c.accessStep(now, a.Status, note)
}

// accessStep writes a step of the grant's lifecycle, and ends what the account's users have open: they come back with
// the rights that they have now, or not at all.
func (c *change) accessStep(now *ent.PortalAccess, from code.PortalAccessStatus, note *string) error {
	step := c.tx.StatusChange.Create().SetPortalAccessID(now.ID).SetToStatus(string(now.Status)).SetNillableNote(note).SetNillableChangedByID(c.actor())
	action := code.AuditActionCreate
	if from != "" {
		step.SetFromStatus(string(from))
		action = code.AuditActionUpdate
	}
	if err := step.Exec(c.system); err != nil {
		return err
	}
	account, err := c.tx.Account.Get(c.system, now.AccountID)
	if err != nil {
		return err
	}
	var patient *uuid.UUID
	if account.Kind == code.AccountKindPatient {
		patient = &account.ID
	}
	c.record(action, ent.TypePortalAccess, patient, now.ID)
	users, err := c.tx.Identity.Query().Where(identity.AccountID(now.AccountID)).Order(identity.ByID()).IDs(c.system)
	if err != nil {
		return err
	}
	for _, user := range users {
		if err := c.rightsChanged(user); err != nil {
			return err
		}
	}
	return nil
}

// rightsChanged lets every server ask anew what the user may do.
func (c *change) rightsChanged(user uuid.UUID) error {
	if err := c.tx.Identity.UpdateOneID(user).AddRightsVersion(1).Exec(c.system); err != nil {
		return err
	}
	c.announce(stream.Entry{Kind: code.EventKindAccessChanged, Entity: "user", ID: user, Subject: &user})
	return nil
}

// VerifyIdentity resolves Mutation.verifyIdentity.
func (r mutationResolver) VerifyIdentity(ctx context.Context, input model.VerifyIdentityInput) (*model.VerifyIdentityPayload, error) {
	now, err := r.access(ctx, "verifyIdentity", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		a, err := c.granted(input.AccessID, input.ExpectedVersion)
		if err != nil {
			return uuid.Nil, err
		}
		if a.Status != code.PortalAccessStatusIdentityPending {
			return uuid.Nil, noWay("portal access", a.Status, code.PortalAccessStatusActive)
		}
		at := clock.Now(c)
		proof, err := c.tx.IdentityVerification.Create().SetAccountID(a.AccountID).SetPortalAccessID(a.ID).
			SetMethod(input.Method).SetLevel(input.Level).SetVerifiedAt(at).Save(c)
		if err != nil {
			return uuid.Nil, err
		}
		c.record(code.AuditActionCreate, ent.TypeIdentityVerification, nil, proof.ID)
		if input.Level == code.IdentityLevelIal1 { // IAL2 and above: evidence of who it is (NIST SP 800-63A)
			return a.ID, nil
		}
		err = c.accessBecomes(c, a, code.PortalAccessStatusActive, nil, func(u *ent.PortalAccessUpdateOne) { u.SetActivatedAt(at).ClearVerifyBy() })
		return a.ID, err
	})
	if err != nil {
		return nil, err
	}
	return &model.VerifyIdentityPayload{Access: now}, nil
}

// SuspendPortalAccess resolves Mutation.suspendPortalAccess.
func (r mutationResolver) SuspendPortalAccess(ctx context.Context, input model.SuspendPortalAccessInput) (*model.SuspendPortalAccessPayload, error) {
	now, err := r.access(ctx, "suspendPortalAccess", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.closeAccess(input.AccessID, input.ExpectedVersion, code.PortalAccessStatusSuspended, input.Reason)
	})
	if err != nil {
		return nil, err
	}
	return &model.SuspendPortalAccessPayload{Access: now}, nil
}

// RevokePortalAccess resolves Mutation.revokePortalAccess.
func (r mutationResolver) RevokePortalAccess(ctx context.Context, input model.RevokePortalAccessInput) (*model.RevokePortalAccessPayload, error) {
	now, err := r.access(ctx, "revokePortalAccess", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.closeAccess(input.AccessID, input.ExpectedVersion, code.PortalAccessStatusRevoked, input.Reason)
	})
	if err != nil {
		return nil, err
	}
	return &model.RevokePortalAccessPayload{Access: now}, nil
}

// closeAccess takes a portal from its user, for the reason.
func (c *change) closeAccess(id gid.ID, version *int, to code.PortalAccessStatus, why string) (uuid.UUID, error) {
	a, err := c.granted(id, version)
	if err != nil {
		return uuid.Nil, err
	}
	reason, err := sentence(why, "input.reason", 300)
	if err != nil {
		return uuid.Nil, err
	}
	err = c.accessBecomes(c, a, to, &reason, func(u *ent.PortalAccessUpdateOne) { u.SetReason(reason).ClearExpiresAt().ClearVerifyBy() })
	return a.ID, err
}

// RestorePortalAccess resolves Mutation.restorePortalAccess.
func (r mutationResolver) RestorePortalAccess(ctx context.Context, input model.RestorePortalAccessInput) (*model.RestorePortalAccessPayload, error) {
	now, err := r.access(ctx, "restorePortalAccess", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		a, err := c.granted(input.AccessID, input.ExpectedVersion)
		if err != nil {
			return uuid.Nil, err
		}
		if a.Status != code.PortalAccessStatusSuspended { // who was invited comes in by verification alone
			return uuid.Nil, noWay("portal access", a.Status, code.PortalAccessStatusActive)
		}
		err = c.accessBecomes(c, a, code.PortalAccessStatusActive, nil, func(u *ent.PortalAccessUpdateOne) { u.ClearReason() })
		return a.ID, err
	})
	if err != nil {
		return nil, err
	}
	return &model.RestorePortalAccessPayload{Access: now}, nil
}

// expireInvitations ends invitations that nobody accepted in time.
func expireInvitations(c *change) (more bool, err error) {
	late, err := c.tx.PortalAccess.Query().Where(portalaccess.StatusEQ(code.PortalAccessStatusInvited), portalaccess.ExpiresAtLTE(clock.Now(c))).
		Order(portalaccess.ByExpiresAt(), portalaccess.ByID()).Limit(duePart).All(c)
	for _, a := range late {
		if err := c.accessBecomes(c, a, code.PortalAccessStatusExpired, nil, nil); err != nil {
			return false, err
		}
	}
	return len(late) == duePart, err
}
