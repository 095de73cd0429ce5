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
	return follow(ctx, r, after, match, read, func(cursor stream.Cursor, e stream.Event, found *ent.CareCase) model.CaseCreatedItem {
		return &model.CaseCreated{Cursor: cursor, Reason: or(e.Reason, code.RoutingReasonCreated), Case: found}
	})
}

// CaseAssigned resolves Subscription.caseAssigned.
func (r subscriptionResolver) CaseAssigned(ctx context.Context, after *stream.Cursor) (<-chan model.CaseAssignedItem, error) {
	match := func(e stream.Event) bool { return e.Kind == code.EventKindCaseAssigned && concerns(ctx, e) }
	read := func(ctx context.Context, e stream.Event) (*ent.CareCase, bool, error) {
		return r.caseOf(ctx, e, func(*sql.Selector) {})
	}
	return follow(ctx, r, after, match, read, func(cursor stream.Cursor, _ stream.Event, found *ent.CareCase) model.CaseAssignedItem {
		return &model.CaseAssigned{Cursor: cursor, Case: found}
	})
}

// MyCaseUpdated resolves Subscription.myCaseUpdated.
func (r subscriptionResolver) MyCaseUpdated(ctx context.Context, after *stream.Cursor) (<-chan model.CaseUpdatedItem, error) {
	match := func(e stream.Event) bool { return e.Kind == code.EventKindCaseUpdated }
	read := func(ctx context.Context, e stream.Event) (*ent.CareCase, bool, error) {
		return r.caseOf(ctx, e, func(*sql.Selector) {})
	}
	return follow(ctx, r, after, match, read, func(cursor stream.Cursor, _ stream.Event, found *ent.CareCase) model.CaseUpdatedItem {
		return &model.CaseUpdated{Cursor: cursor, Case: found}
	})
}

// StreamHead resolves Query.streamHead.
func (r queryResolver) StreamHead(context.Context) (stream.Cursor, error) { return r.Log.Head(), nil }

// ConsentChanged resolves Subscription.consentChanged.
func (r subscriptionResolver) ConsentChanged(ctx context.Context, after *stream.Cursor) (<-chan model.ConsentChangedItem, error) {
	match := func(e stream.Event) bool { return e.Kind == code.EventKindConsentChanged }
	read := func(ctx context.Context, e stream.Event) (*ent.Consent, bool, error) {
		found, err := r.Client.Consent.Get(ctx, e.ID)
		return found, err == nil, ent.MaskNotFound(err)
	}
	return follow(ctx, r, after, match, read, func(cursor stream.Cursor, _ stream.Event, found *ent.Consent) model.ConsentChangedItem {
		return &model.ConsentChanged{Cursor: cursor, Consent: found}
	})
}

// EnrollmentUpdated resolves Subscription.enrollmentUpdated.
func (r subscriptionResolver) EnrollmentUpdated(ctx context.Context, after *stream.Cursor) (<-chan model.EnrollmentUpdatedItem, error) {
	match := func(e stream.Event) bool { return e.Kind == code.EventKindEnrollmentChanged }
	read := func(ctx context.Context, e stream.Event) (*ent.Enrollment, bool, error) {
		found, err := r.Client.Enrollment.Get(ctx, e.ID)
		return found, err == nil, ent.MaskNotFound(err)
	}
	return follow(ctx, r, after, match, read, func(cursor stream.Cursor, _ stream.Event, found *ent.Enrollment) model.EnrollmentUpdatedItem {
		return &model.EnrollmentUpdated{Cursor: cursor, Enrollment: found}
	})
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

// Consent resolves ConsentChanged.consent.
func (r consentChangedResolver) Consent(ctx context.Context, obj *model.ConsentChanged) (*ent.Consent, error) {
	audit.Revealed(ctx, ent.TypeConsent, obj.Consent.ID, &obj.Consent.PatientID)
	return one(ctx, r.Client.LoadConsent, obj.Consent, nil)
}

// Enrollment resolves EnrollmentUpdated.enrollment.
func (r enrollmentUpdatedResolver) Enrollment(ctx context.Context, obj *model.EnrollmentUpdated) (*ent.Enrollment, error) {
	audit.Revealed(ctx, ent.TypeEnrollment, obj.Enrollment.ID, &obj.Enrollment.PatientID)
	return one(ctx, r.Client.LoadEnrollment, obj.Enrollment, nil)
}

// delivered shows the case of an event. It was read before the event's answer began, so that it is revealed is
// noted here.
func (r *resolver) delivered(ctx context.Context, found *ent.CareCase) (*ent.CareCase, error) {
	audit.Revealed(ctx, ent.TypeCareCase, found.ID, found.PatientID)
	return one(ctx, r.Client.LoadCareCase, found, nil)
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

// happened is an event with the row that it is about, as the viewer sees it.
type happened[Row any] struct {
	event stream.Event
	found *Row
}

// follow is a subscription to the event log: each event that matches is read for the viewer, and what the stream
// carries becomes an item of the contract, of which checkpoints and resets are members as well.
func follow[Row, T any](
	ctx context.Context, r subscriptionResolver, after *stream.Cursor, match func(stream.Event) bool,
	read func(context.Context, stream.Event) (*Row, bool, error), value func(stream.Cursor, stream.Event, *Row) T,
) (<-chan T, error) {
	items, err := stream.Follow(ctx, r.Log, after, match, func(ctx context.Context, e stream.Event) (happened[Row], bool, error) {
		found, seen, err := read(viewer.Tick(ctx, clock.Now(ctx)), e)
		return happened[Row]{e, found}, seen, err
	}, stream.WithViewer(r.Identities.Fresh))
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
				next = value(item.Cursor, item.Value.event, item.Value.found)
			case stream.KindCheckpoint:
				next = &model.StreamCheckpoint{Cursor: item.Cursor}
			case stream.KindReset:
				next = &model.StreamReset{Cursor: item.Cursor, Reason: item.Reason}
			case stream.KindFailure:
				r.Logger.WarnContext(ctx, "stream ended", "error", item.Err)
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
