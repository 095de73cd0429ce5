package graph

import (
	"context"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/proxygrant"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

type proxyGrantResolver struct{ *resolver }

// ProxyName resolves ProxyGrant.proxyName. Who sees the grant is told who holds it, and nothing else of that user.
func (r proxyGrantResolver) ProxyName(ctx context.Context, obj *ent.ProxyGrant) (string, error) {
	user, err := r.Client.Identity.Get(viewer.System(ctx, "name of a proxy"), obj.IdentityID)
	if err != nil {
		return "", err
	}
	return user.Name, nil
}

// Proxies resolves Patient.proxies.
func (r patientResolver) Proxies(ctx context.Context, obj *ent.Patient, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ProxyGrant], error) {
	return relay.Each(ctx, r.Client.ProxyGrant.Query, list.PatientProxies, obj.ID, page(first, after, last, before), r.Client.LoadProxyGrant)
}

// ProxyFor resolves Query.proxyFor.
func (r queryResolver) ProxyFor(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ProxyGrant], error) {
	return relay.Page(ctx, r.Client.ProxyGrant.Query(), list.ProxyFor, page(first, after, last, before), r.Client.LoadProxyGrant)
}

// MyProxies resolves Query.myProxies.
func (r queryResolver) MyProxies(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ProxyGrant], error) {
	return relay.Page(ctx, r.Client.ProxyGrant.Query(), list.MyProxies, page(first, after, last, before), r.Client.LoadProxyGrant)
}

// GrantProxy resolves Mutation.grantProxy.
func (r mutationResolver) GrantProxy(ctx context.Context, input model.GrantProxyInput) (*model.GrantProxyPayload, error) {
	var invitation string
	id, err := r.change(ctx, "grantProxy", input.IdempotencyKey, input, func(c *change) (made uuid.UUID, err error) {
		made, invitation, err = c.grantProxy(input)
		return made, err
	})
	if err != nil {
		return nil, err
	}
	now, err := r.Client.ProxyGrant.Get(ctx, id)
	if err != nil {
		return &model.GrantProxyPayload{}, ent.MaskNotFound(err)
	}
	out := &model.GrantProxyPayload{Proxy: now}
	if invitation != "" {
		access, err := r.Client.ProxyGrant.QueryIdentity(now).QueryAccount().QueryPortalAccesses().All(viewer.System(ctx, "invitation of a proxy"))
		if err != nil {
			return nil, err
		}
		for _, a := range access {
			if told := toldOnce(invitation, a); told != nil {
				out.InvitationCode = told
			}
		}
	}
	return out, nil
}

// Access resolves ProxyGrant.access.
func (r proxyGrantResolver) Access(ctx context.Context, obj *ent.ProxyGrant) (*ent.PortalAccess, error) {
	user, err := r.Client.Identity.Get(viewer.System(ctx, "access of a proxy"), obj.IdentityID)
	if err != nil || user.AccountID == nil {
		return nil, ent.MaskNotFound(err)
	}
	row, err := r.Client.PortalAccess.Query().
		Where(portalaccess.AccountID(*user.AccountID), portalaccess.PortalEQ(code.PortalPatientPortal)).
		Order(portalaccess.ByInvitedAt(sql.OrderDesc()), portalaccess.ByID(sql.OrderDesc())).First(ctx)
	return one(ctx, r.Client.LoadPortalAccess, row, ent.MaskNotFound(err))
}

// grantProxy lets somebody stand for a patient.
func (c *change) grantProxy(input model.GrantProxyInput) (made uuid.UUID, invitation string, err error) {
	patient, err := c.party(input.PatientID, ent.TypePatient, "patient", "input.patientId")
	if err != nil {
		return uuid.Nil, "", err
	}
	now := clock.Now(c)
	if !input.ExpiresAt.After(now) {
		return uuid.Nil, "", fault.Input("input.expiresAt", "in the future")
	}
	create := c.tx.ProxyGrant.Create().SetPatientID(patient).SetRelationship(input.Relationship).SetScope(input.Scope).
		SetStartedAt(now).SetExpiresAt(input.ExpiresAt)
	if input.DocumentID != nil {
		if err := expect(*input.DocumentID, "document", "input.documentId"); err != nil {
			return uuid.Nil, "", err
		}
		proof, err := c.tx.Document.Get(c, input.DocumentID.UUID)
		if err != nil {
			return uuid.Nil, "", missing(err, "document", "input.documentId")
		}
		if proof.PatientID != patient {
			return uuid.Nil, "", fault.Input("input.documentId", "a document of the patient")
		}
		create.SetDocumentID(proof.ID)
	}
	user, invitation, err := c.proxy(input)
	if err != nil {
		return uuid.Nil, "", err
	}
	if user.AccountID != nil && *user.AccountID == patient {
		return uuid.Nil, "", fault.Input("input.proxyPatientId", "nobody stands for oneself")
	}
	held, err := c.tx.ProxyGrant.Query().Where(proxygrant.PatientID(patient), proxygrant.IdentityID(user.ID), proxygrant.EndedAtIsNil()).All(c.system)
	if err != nil {
		return uuid.Nil, "", err
	}
	for _, old := range held {
		if old.ExpiresAt.After(now) {
			return uuid.Nil, "", fault.New(fault.InvalidTransition, "the user stands for the patient already")
		}
		if _, err := c.endProxy(c.system, old, "expired"); err != nil {
			return uuid.Nil, "", err
		}
	}
	row, err := create.SetIdentityID(user.ID).Save(c)
	if ent.IsConstraintError(err) {
		return uuid.Nil, "", changedMeanwhile()
	}
	if err != nil {
		return uuid.Nil, "", err
	}
	c.record(code.AuditActionCreate, ent.TypeProxyGrant, &patient, row.ID)
	return row.ID, invitation, c.rightsChanged(user.ID)
}

// proxy finds or makes the user who is to stand for somebody.
func (c *change) proxy(input model.GrantProxyInput) (user *ent.Identity, invitation string, err error) {
	named := 0
	for _, given := range []bool{input.ProxyPatientID != nil, input.EarlierProxyID != nil, input.NewProxy != nil} {
		if given {
			named++
		}
	}
	switch {
	case named != 1:
		return nil, "", fault.Input("input.newProxy", "give one of proxyPatientId, earlierProxyId and newProxy")
	case input.ProxyPatientID != nil:
		account, err := c.party(*input.ProxyPatientID, ent.TypePatient, "patient", "input.proxyPatientId")
		if err != nil {
			return nil, "", err
		}
		user, err = c.tx.Identity.Query().Where(identity.AccountID(account), identity.StatusEQ(code.IdentityStatusActive),
			identity.PersonaEQ(viewer.Patient)).Order(identity.ByID()).First(c.system)
		if ent.IsNotFound(err) {
			return nil, "", fault.Input("input.proxyPatientId", "the patient has never signed in")
		}
		return user, "", err
	case input.EarlierProxyID != nil:
		earlier, err := c.proxied(*input.EarlierProxyID, nil, "input.earlierProxyId")
		if err != nil {
			return nil, "", err
		}
		user, err = c.tx.Identity.Get(c.system, earlier.IdentityID)
		return user, "", err
	}
	name := strings.TrimSpace(input.NewProxy.Name)
	if n := utf8.RuneCountInString(name); n < 1 || n > 200 {
		return nil, "", fault.Input("input.newProxy.name", "1 to 200 characters")
	}
	account, err := c.tx.Account.Create().SetKind(code.AccountKindCaregiver).Save(c.system)
	if err != nil {
		return nil, "", err
	}
	user, err = c.tx.Identity.Create().SetPersona(viewer.Patient).SetIssuer(code.IssuerOfInvited).SetSubject(account.ID.String()).
		SetName(name).SetAccountID(account.ID).Save(c.system)
	if err != nil {
		return nil, "", err
	}
	c.record(code.AuditActionCreate, ent.TypeIdentity, nil, user.ID)
	// The account is not seen before the grant is made: it is invited with it.
	viewing := c.Context
	c.Context = c.system
	_, invitation, err = c.invite(account.ID, code.PortalPatientPortal)
	c.Context = viewing
	return user, invitation, err
}

// proxied reads a grant to stand for a patient that the viewer sees.
func (c *change) proxied(id gid.ID, version *int, argument string) (*ent.ProxyGrant, error) {
	if err := expect(id, "proxy", argument); err != nil {
		return nil, err
	}
	found, err := c.tx.ProxyGrant.Get(c, id.UUID)
	if err != nil {
		return nil, missing(err, "proxy", argument)
	}
	c.concerns(ent.TypeProxyGrant, found.ID)
	if version != nil && *version != found.Version {
		return nil, changedMeanwhile()
	}
	return found, nil
}

// EndProxy resolves Mutation.endProxy.
func (r mutationResolver) EndProxy(ctx context.Context, input model.EndProxyInput) (*model.EndProxyPayload, error) {
	id, err := r.change(ctx, "endProxy", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		found, err := c.proxied(input.ProxyID, input.ExpectedVersion, "input.proxyId")
		if err != nil {
			return uuid.Nil, err
		}
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return uuid.Nil, err
		}
		if found.EndedAt != nil {
			return uuid.Nil, fault.New(fault.InvalidTransition, "the grant has ended")
		}
		return c.endProxy(c, found, reason)
	})
	if err != nil {
		return nil, err
	}
	now, err := r.Client.ProxyGrant.Get(ctx, id)
	if err != nil {
		return &model.EndProxyPayload{}, ent.MaskNotFound(err)
	}
	return &model.EndProxyPayload{Proxy: now}, nil
}

// endProxy ends a grant to stand for a patient, with what its user has open.
func (c *change) endProxy(ctx context.Context, found *ent.ProxyGrant, reason string) (uuid.UUID, error) {
	_, err := c.tx.ProxyGrant.UpdateOneID(found.ID).Where(proxygrant.Version(found.Version), proxygrant.EndedAtIsNil()).
		SetEndedAt(clock.Now(c)).SetEndReason(reason).Save(ctx)
	if ent.IsNotFound(err) {
		return uuid.Nil, changedMeanwhile()
	}
	if err != nil {
		return uuid.Nil, err
	}
	c.record(code.AuditActionUpdate, ent.TypeProxyGrant, &found.PatientID, found.ID)
	return found.ID, c.rightsChanged(found.IdentityID)
}

// endProxies ends grants whose time is over. The rules have not let them in since.
func endProxies(c *change) (more bool, err error) {
	over, err := c.tx.ProxyGrant.Query().Where(proxygrant.EndedAtIsNil(), proxygrant.ExpiresAtLTE(clock.Now(c))).
		Order(proxygrant.ByExpiresAt(), proxygrant.ByID()).Limit(duePart).All(c)
	for _, grant := range over {
		if _, err := c.endProxy(c, grant, "expired"); err != nil {
			return false, err
		}
	}
	return len(over) == duePart, err
}

// standsFor is whom the viewer acts for: oneself, or a patient whom the viewer sees. That a grant to read is not enough
// is for the rule of what is written.
func (c *change) standsFor(id *gid.ID) (uuid.UUID, error) {
	if id == nil {
		return c.viewer.AccountKey, nil
	}
	return c.party(*id, ent.TypePatient, "patient", "input.patientId")
}

// signs is as what the viewer signs for the patient.
func (c *change) signs(patient uuid.UUID) (code.SignerRole, error) {
	if patient == c.viewer.AccountKey {
		return code.SignerRoleSelf, nil
	}
	grant, err := c.tx.ProxyGrant.Query().Where(proxygrant.PatientID(patient), proxygrant.IdentityID(c.viewer.Key),
		proxygrant.EndedAtIsNil(), proxygrant.ExpiresAtGT(clock.Now(c))).Only(c)
	if err != nil {
		return "", missing(err, "patient", "input.patientId")
	}
	switch grant.Relationship {
	case code.ProxyRelationshipParent, code.ProxyRelationshipGuardian:
		return code.SignerRoleGuardian, nil
	case code.ProxyRelationshipLegalRepresentative:
		return code.SignerRoleLegalRepresentative, nil
	}
	return "", fault.New(fault.Forbidden, "only a parent, a guardian or a legal representative signs for somebody else")
}
