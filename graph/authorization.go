package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/priorauthorization"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

type priorAuthorizationResolver struct{ *resolver }

func (r *resolver) PriorAuthorization() generated.PriorAuthorizationResolver {
	return priorAuthorizationResolver{r}
}

// PriorAuthorization resolves Query.priorAuthorization.
func (r queryResolver) PriorAuthorization(ctx context.Context, id gid.ID) (*ent.PriorAuthorization, error) {
	if err := expect(id, "authorization", "id"); err != nil {
		return nil, err
	}
	row, err := r.Client.PriorAuthorization.Get(ctx, id.UUID)
	return one(ctx, r.Client.LoadPriorAuthorization, row, err)
}

// Authorizations resolves Coverage.authorizations.
func (r coverageResolver) Authorizations(ctx context.Context, obj *ent.Coverage, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.PriorAuthorization], error) {
	return relay.Each(ctx, r.Client.PriorAuthorization.Query, list.CoverageAuthorizations, obj.ID, page(first, after, last, before), r.Client.LoadPriorAuthorization)
}

// History resolves PriorAuthorization.history.
func (r priorAuthorizationResolver) History(ctx context.Context, obj *ent.PriorAuthorization, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.StatusChange], error) {
	return relay.Each(ctx, r.Client.StatusChange.Query, list.AuthorizationHistory, obj.ID, page(first, after, last, before), r.Client.LoadStatusChange)
}

// authorizing is a mutation of one authorization; it returns it as the viewer sees it then, or the gates that refused it.
func (r mutationResolver) authorizing(ctx context.Context, operation string, key *string, input any, do func(*change) (uuid.UUID, error)) (*ent.PriorAuthorization, []*model.UnmetGate, error) {
	id, err := r.change(ctx, operation, key, input, do)
	if unmet, refused := unmetOf(err); refused {
		return nil, unmet, nil
	}
	if err != nil {
		return nil, nil, err
	}
	now, err := r.Client.PriorAuthorization.Get(ctx, id)
	return now, []*model.UnmetGate{}, ent.MaskNotFound(err)
}

// RequestPriorAuthorization resolves Mutation.requestPriorAuthorization.
func (r mutationResolver) RequestPriorAuthorization(ctx context.Context, input model.RequestPriorAuthorizationInput) (*model.RequestPriorAuthorizationPayload, error) {
	now, unmet, err := r.authorizing(ctx, "requestPriorAuthorization", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) { return c.requestLeave(input) })
	if err != nil {
		return nil, err
	}
	return &model.RequestPriorAuthorizationPayload{Authorization: now, Unmet: unmet}, nil
}

// RecordPriorAuthorizationDecision resolves Mutation.recordPriorAuthorizationDecision.
func (r mutationResolver) RecordPriorAuthorizationDecision(ctx context.Context, input model.RecordPriorAuthorizationDecisionInput) (*model.RecordPriorAuthorizationDecisionPayload, error) {
	now, _, err := r.authorizing(ctx, "recordPriorAuthorizationDecision", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) { return c.decideLeave(input) })
	if err != nil {
		return nil, err
	}
	return &model.RecordPriorAuthorizationDecisionPayload{Authorization: now}, nil
}

// CancelPriorAuthorization resolves Mutation.cancelPriorAuthorization.
func (r mutationResolver) CancelPriorAuthorization(ctx context.Context, input model.CancelPriorAuthorizationInput) (*model.CancelPriorAuthorizationPayload, error) {
	now, _, err := r.authorizing(ctx, "cancelPriorAuthorization", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		found, err := c.authorization(input.AuthorizationID, input.ExpectedVersion)
		if err != nil {
			return uuid.Nil, err
		}
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return uuid.Nil, err
		}
		return found.ID, c.leaveStep(found, code.PriorAuthorizationStatusCancelled, &reason, nil)
	})
	if err != nil {
		return nil, err
	}
	return &model.CancelPriorAuthorizationPayload{Authorization: now}, nil
}

// authorization reads an authorization that the viewer sees and means to change.
func (c *change) authorization(id gid.ID, version *int) (*ent.PriorAuthorization, error) {
	if err := expect(id, "authorization", "input.authorizationId"); err != nil {
		return nil, err
	}
	found, err := c.tx.PriorAuthorization.Get(c, id.UUID)
	if err != nil {
		return nil, missing(err, "authorization", "input.authorizationId")
	}
	c.concerns(ent.TypePriorAuthorization, found.ID)
	if version != nil && *version != found.Version {
		return nil, changedMeanwhile()
	}
	return found, nil
}

// requestLeave asks the payer of a coverage for leave.
func (c *change) requestLeave(in model.RequestPriorAuthorizationInput) (uuid.UUID, error) {
	of, err := c.covered(in.CoverageID, nil)
	if err != nil {
		return uuid.Nil, err
	}
	create := c.tx.PriorAuthorization.Create().SetPatientID(of.PatientID).SetCoverageID(of.ID)
	var program *uuid.UUID
	if in.VerificationID != nil {
		v, err := c.verification(*in.VerificationID, nil)
		if err != nil {
			return uuid.Nil, err
		}
		if v.CoverageID != of.ID {
			return uuid.Nil, fault.Input("input.verificationId", "the verification is of another coverage")
		}
		if program, err = programOf(c.system, c.tx.Client(), v); err != nil {
			return uuid.Nil, err
		}
		create.SetVerificationID(v.ID).SetNillableProductID(v.ProductID)
	}
	if in.ProductID != nil {
		if err := expect(*in.ProductID, "product", "input.productId"); err != nil {
			return uuid.Nil, err
		}
		product, err := c.tx.Product.Get(c, in.ProductID.UUID)
		if err != nil {
			return uuid.Nil, missing(err, "product", "input.productId")
		}
		create.SetProductID(product.ID)
	}
	if err := c.askable(of, program); err != nil {
		return uuid.Nil, err
	}
	draft, err := create.Save(c)
	if err != nil {
		return uuid.Nil, err
	}
	c.record(code.AuditActionCreate, ent.TypePriorAuthorization, &draft.PatientID, draft.ID)
	err = c.tx.StatusChange.Create().SetPriorAuthorizationID(draft.ID).SetToStatus(string(draft.Status)).SetNillableChangedByID(c.actor()).Exec(c.system)
	if err != nil {
		return uuid.Nil, err
	}
	return draft.ID, c.leaveStep(draft, code.PriorAuthorizationStatusSubmitted, nil, func(u *ent.PriorAuthorizationUpdateOne) { u.SetSubmittedAt(clock.Now(c)) })
}

// decideLeave writes what the payer decided.
func (c *change) decideLeave(in model.RecordPriorAuthorizationDecisionInput) (uuid.UUID, error) {
	found, err := c.authorization(in.AuthorizationID, in.ExpectedVersion)
	if err != nil {
		return uuid.Nil, err
	}
	now := clock.Now(c)
	if !in.Approved {
		switch {
		case in.Reason == nil:
			return uuid.Nil, fault.Input("input.reason", "say why it was denied")
		case in.Number != nil:
			return uuid.Nil, fault.Input("input.number", "of an approval only")
		case in.ValidFrom != nil || in.ValidUntil != nil:
			return uuid.Nil, fault.Input("input.validUntil", "of an approval only")
		}
		reason, err := sentence(*in.Reason, "input.reason", 500)
		if err != nil {
			return uuid.Nil, err
		}
		return found.ID, c.leaveStep(found, code.PriorAuthorizationStatusDenied, nil, func(u *ent.PriorAuthorizationUpdateOne) { u.SetDecidedAt(now).SetReason(reason) })
	}
	today := code.DateOf(now)
	from := or(in.ValidFrom, today)
	switch {
	case in.Reason != nil:
		return uuid.Nil, fault.Input("input.reason", "of a denial only")
	case in.Number == nil:
		return uuid.Nil, fault.Input("input.number", "an approval has a number")
	case in.ValidUntil == nil:
		return uuid.Nil, fault.Input("input.validUntil", "an approval says until when it is good")
	case *in.ValidUntil < from || *in.ValidUntil < today:
		return uuid.Nil, fault.Input("input.validUntil", "not before the first day, and not over")
	}
	if err := bounded(boundedText{"number", in.Number, 80}); err != nil {
		return uuid.Nil, err
	}
	return found.ID, c.leaveStep(found, code.PriorAuthorizationStatusApproved, nil, func(u *ent.PriorAuthorizationUpdateOne) {
		u.SetDecidedAt(now).SetNumber(*in.Number).SetValidFrom(from).SetValidUntil(*in.ValidUntil)
	})
}

// leaveStep takes one step of an authorization's lifecycle.
func (c *change) leaveStep(a *ent.PriorAuthorization, to code.PriorAuthorizationStatus, note *string, set func(*ent.PriorAuthorizationUpdateOne)) error {
	if !lifecycle.PriorAuthorization.Allows(a.Status, to) {
		return noWay("prior authorization", a.Status, to)
	}
	update := c.tx.PriorAuthorization.UpdateOneID(a.ID).
		Where(priorauthorization.Version(a.Version), priorauthorization.StatusEQ(a.Status)).SetStatus(to)
	if set != nil {
		set(update)
	}
	if err := update.Exec(c); err != nil {
		return changedOr(err)
	}
	c.record(code.AuditActionUpdate, ent.TypePriorAuthorization, &a.PatientID, a.ID)
	return c.tx.StatusChange.Create().SetPriorAuthorizationID(a.ID).SetFromStatus(string(a.Status)).SetToStatus(string(to)).
		SetNillableNote(note).SetNillableChangedByID(c.actor()).Exec(c.system)
}

// expireAuthorizations ends leave whose last day is over.
func expireAuthorizations(c *change) (more bool, err error) {
	over, err := c.tx.PriorAuthorization.Query().
		Where(priorauthorization.StatusEQ(code.PriorAuthorizationStatusApproved), priorauthorization.ValidUntilLT(code.DateOf(clock.Now(c)))).
		Order(priorauthorization.ByValidUntil(), priorauthorization.ByID()).Limit(duePart).All(c)
	if err != nil {
		return false, err
	}
	for _, a := range over {
		if err := c.leaveStep(a, code.PriorAuthorizationStatusExpired, nil, nil); err != nil && fault.CodeOf(err) != fault.Conflict {
			return false, err
		}
	}
	return len(over) == duePart, nil
}
