package graph

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/stream"
)

// CaseStreamHead resolves Query.caseStreamHead.
func (r queryResolver) CaseStreamHead(context.Context) (stream.Cursor, error) {
	return r.Log.Head(), nil
}

// CaseCreated resolves Subscription.caseCreated.
func (r subscriptionResolver) CaseCreated(ctx context.Context, after *stream.Cursor, filter map[string]any) (<-chan model.CaseCreatedItem, error) {
	narrow, err := list.CaseStream.Where(filter)
	if err != nil {
		return nil, err
	}
	match := func(e stream.Event) bool { return e.Kind == code.EventKindCaseEntered }
	read := func(ctx context.Context, e stream.Event) (*ent.CareCase, bool, error) {
		return r.caseOf(ctx, e, func(s *sql.Selector) {
			rule.Apply(s, rule.Queue(viewer.From(ctx)))
			rule.Apply(s, narrow)
		})
	}
	return follow(ctx, r, after, match, read, func(item stream.Item[entered]) model.CaseCreatedItem {
		return &model.CaseCreated{Cursor: item.Cursor, Reason: or(item.Value.event.Reason, code.RoutingReasonCreated), Case: item.Value.found}
	}, checkpoint[model.CaseCreatedItem], reset[model.CaseCreatedItem])
}

// CaseAssigned resolves Subscription.caseAssigned.
func (r subscriptionResolver) CaseAssigned(ctx context.Context, after *stream.Cursor) (<-chan model.CaseAssignedItem, error) {
	match := func(e stream.Event) bool { return e.Kind == code.EventKindCaseAssigned && concerns(ctx, e) }
	read := func(ctx context.Context, e stream.Event) (*ent.CareCase, bool, error) {
		return r.caseOf(ctx, e, func(*sql.Selector) {})
	}
	return follow(ctx, r, after, match, read, func(item stream.Item[entered]) model.CaseAssignedItem {
		return &model.CaseAssigned{Cursor: item.Cursor, Case: item.Value.found}
	}, checkpoint[model.CaseAssignedItem], reset[model.CaseAssignedItem])
}

// MyCaseUpdated resolves Subscription.myCaseUpdated.
func (r subscriptionResolver) MyCaseUpdated(ctx context.Context, after *stream.Cursor) (<-chan model.CaseUpdatedItem, error) {
	match := func(e stream.Event) bool { return e.Kind == code.EventKindCaseUpdated }
	read := func(ctx context.Context, e stream.Event) (*ent.CareCase, bool, error) {
		return r.caseOf(ctx, e, func(*sql.Selector) {})
	}
	return follow(ctx, r, after, match, read, func(item stream.Item[entered]) model.CaseUpdatedItem {
		return &model.CaseUpdated{Cursor: item.Cursor, Case: item.Value.found}
	}, checkpoint[model.CaseUpdatedItem], reset[model.CaseUpdatedItem])
}

// Case resolves CaseCreated.case.
func (r caseCreatedResolver) Case(ctx context.Context, obj *model.CaseCreated) (*ent.CareCase, error) {
	return r.delivered(ctx, obj.Case)
}

// Case resolves CaseAssigned.case.
func (r caseAssignedResolver) Case(ctx context.Context, obj *model.CaseAssigned) (*ent.CareCase, error) {
	return r.delivered(ctx, obj.Case)
}

// Case resolves CaseUpdated.case.
func (r caseUpdatedResolver) Case(ctx context.Context, obj *model.CaseUpdated) (*ent.CareCase, error) {
	return r.delivered(ctx, obj.Case)
}

// delivered shows the case of an event. It was read before the event's answer began, so that it is revealed is
// noted here.
func (r *resolver) delivered(ctx context.Context, found *ent.CareCase) (*ent.CareCase, error) {
	audit.Revealed(ctx, ent.TypeCareCase, found.ID, found.PatientID)
	return one(ctx, r.Client.LoadCareCase, found, nil)
}

// entered is a case with the event that told of it.
type entered struct {
	event stream.Event
	found *ent.CareCase
}

// concerns reports whether the event is about the viewer.
func concerns(ctx context.Context, e stream.Event) bool {
	return e.Subject != nil && *e.Subject == viewer.From(ctx).Key
}

// caseOf reads the event's case as it is now, under the rules of the viewer as it is now.
func (r subscriptionResolver) caseOf(ctx context.Context, e stream.Event, narrow func(*sql.Selector)) (*ent.CareCase, bool, error) {
	found, err := r.Client.CareCase.Query().Where(carecase.ID(e.ID), narrow).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, false, nil
	}
	return found, err == nil, err
}

// follow is a subscription to the event log: each event that matches is read for the viewer, and what the stream
// carries becomes an item of the contract.
func follow[T any](
	ctx context.Context, r subscriptionResolver, after *stream.Cursor, match func(stream.Event) bool,
	read func(context.Context, stream.Event) (*ent.CareCase, bool, error),
	value func(stream.Item[entered]) T, checkpoint func(stream.Cursor) T, reset func(stream.Cursor, stream.ResetReason) T,
) (<-chan T, error) {
	items, err := stream.Follow(ctx, r.Log, after, match, func(ctx context.Context, e stream.Event) (entered, bool, error) {
		found, seen, err := read(viewer.Tick(ctx, clock.Now(ctx)), e)
		return entered{e, found}, seen, err
	}, stream.WithViewer(r.Identities.Fresh))
	if err != nil {
		return nil, err
	}
	out := make(chan T)
	go func() {
		defer close(out)
		for item := range items {
			var next T
			switch item.Kind {
			case stream.KindValue:
				next = value(item)
			case stream.KindCheckpoint:
				next = checkpoint(item.Cursor)
			case stream.KindReset:
				next = reset(item.Cursor, item.Reason)
			case stream.KindFailure:
				r.Logger.WarnContext(ctx, "stream broken off", "error", item.Err)
				fault.Break(ctx, item.Err)
				return
			}
			select {
			case out <- next:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func checkpoint[T any](cursor stream.Cursor) T {
	return any(&model.StreamCheckpoint{Cursor: cursor}).(T)
}

func reset[T any](cursor stream.Cursor, reason stream.ResetReason) T {
	return any(&model.StreamReset{Cursor: cursor, Reason: reason}).(T)
}
