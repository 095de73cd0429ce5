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
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/stream"
)

// StreamHead resolves Query.streamHead.
func (r queryResolver) StreamHead(context.Context) (stream.Cursor, error) {
	return r.Log.Head(), nil
}

// CaseStreamHead resolves Query.caseStreamHead, the older name.
func (r queryResolver) CaseStreamHead(ctx context.Context) (stream.Cursor, error) {
	return r.StreamHead(ctx)
}

// CaseCreated resolves Subscription.caseCreated.
func (r subscriptionResolver) CaseCreated(ctx context.Context, after *stream.Cursor, filter map[string]any) (<-chan model.CaseCreatedItem, error) {
	narrow, err := list.CaseStream.Where(filter)
	if err != nil {
		return nil, err
	}
	return follow(ctx, r, after, source[ent.CareCase, model.CaseCreatedItem]{
		match: func(e stream.Event) bool { return e.Kind == code.EventKindCaseEntered },
		read: func(ctx context.Context, e stream.Event) (*ent.CareCase, error) {
			if !viewer.From(ctx).Queues(e.Department, e.Territory) { // most events are for others; they cost no statement
				return nil, nil
			}
			return r.Client.CareCase.Query().Where(carecase.ID(e.ID), func(s *sql.Selector) {
				rule.Apply(s, rule.Queue(viewer.From(ctx)))
				rule.Apply(s, narrow)
			}).Only(ctx)
		},
		item: func(at stream.Cursor, e stream.Event, found *ent.CareCase) model.CaseCreatedItem {
			return &model.CaseCreated{Cursor: at, Reason: or(e.Reason, code.RoutingReasonCreated), Case: found}
		},
	})
}

// CaseAssigned resolves Subscription.caseAssigned.
func (r subscriptionResolver) CaseAssigned(ctx context.Context, after *stream.Cursor) (<-chan model.CaseAssignedItem, error) {
	key := viewer.From(ctx).Key
	return follow(ctx, r, after, source[ent.CareCase, model.CaseAssignedItem]{
		match: func(e stream.Event) bool {
			return e.Kind == code.EventKindCaseAssigned && e.Subject != nil && *e.Subject == key
		},
		read: r.caseOf,
		item: func(at stream.Cursor, _ stream.Event, found *ent.CareCase) model.CaseAssignedItem {
			return &model.CaseAssigned{Cursor: at, Case: found}
		},
	})
}

// MyCaseUpdated resolves Subscription.myCaseUpdated.
func (r subscriptionResolver) MyCaseUpdated(ctx context.Context, after *stream.Cursor) (<-chan model.CaseUpdatedItem, error) {
	return follow(ctx, r, after, source[ent.CareCase, model.CaseUpdatedItem]{
		match: func(e stream.Event) bool { return e.Kind == code.EventKindCaseUpdated },
		read:  r.caseOf,
		item: func(at stream.Cursor, _ stream.Event, found *ent.CareCase) model.CaseUpdatedItem {
			return &model.CaseUpdated{Cursor: at, Case: found}
		},
	})
}

// caseOf reads the event's case.
func (r subscriptionResolver) caseOf(ctx context.Context, e stream.Event) (*ent.CareCase, error) {
	return r.Client.CareCase.Get(ctx, e.ID)
}

// The items' own resolvers. A row was read before the event's answer began, so that it is revealed is noted here.
type (
	caseCreatedResolver  struct{ *resolver }
	caseAssignedResolver struct{ *resolver }
	caseUpdatedResolver  struct{ *resolver }
)

func (r *resolver) CaseCreated() generated.CaseCreatedResolver   { return caseCreatedResolver{r} }
func (r *resolver) CaseAssigned() generated.CaseAssignedResolver { return caseAssignedResolver{r} }
func (r *resolver) CaseUpdated() generated.CaseUpdatedResolver   { return caseUpdatedResolver{r} }

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

// delivered shows the case of an event.
func (r *resolver) delivered(ctx context.Context, found *ent.CareCase) (*ent.CareCase, error) {
	audit.Revealed(ctx, ent.TypeCareCase, found.ID, found.PatientID)
	return one(ctx, r.Client.LoadCareCase, found, nil)
}

// source is what makes one stream of the log: T is the union of its items in the contract, E the row that its events
// are about.
type source[E, T any] struct {
	// match tells which events are offered at all; it only looks at the event.
	match func(stream.Event) bool
	// read reads the event's row as it is now under the rules of the viewer, as it is now, in the context. A row that is
	// not found, or nil, is passed over.
	read func(context.Context, stream.Event) (*E, error)
	// item is what the client gets.
	item func(stream.Cursor, stream.Event, *E) T
}

// follow is a subscription to the log. It adds to the source what every stream has: resume, checkpoints, resets, rights
// that change, and the end.
func follow[E, T any](ctx context.Context, r subscriptionResolver, after *stream.Cursor, from source[E, T]) (<-chan T, error) {
	type found struct {
		event stream.Event
		row   *E
	}
	read := func(ctx context.Context, e stream.Event) (found, bool, error) {
		row, err := from.read(viewer.Tick(ctx, clock.Now(ctx)), e)
		if ent.IsNotFound(err) {
			return found{}, false, nil
		}
		return found{e, row}, row != nil, err
	}
	items, err := stream.Follow(ctx, r.Log, after, from.match, read, stream.WithViewer(r.Identities.Fresh), stream.WithKnownViewer(r.Identities.Known))
	if err != nil {
		return nil, err
	}
	out := make(chan T)
	go func() {
		defer close(out)
		for item := range items {
			var next any
			switch item.Kind {
			case stream.KindValue:
				next = from.item(item.Cursor, item.Value.event, item.Value.row)
			case stream.KindCheckpoint:
				next = any(&model.StreamCheckpoint{Cursor: item.Cursor}).(T)
			case stream.KindReset:
				next = any(&model.StreamReset{Cursor: item.Cursor, Reason: item.Reason}).(T)
			case stream.KindFailure:
				r.Logger.WarnContext(ctx, "stream broken off", "error", item.Err)
				fault.Break(ctx, item.Err)
				return
			}
			select {
			case out <- next.(T):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}
