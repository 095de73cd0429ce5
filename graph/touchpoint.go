package graph

import (
	"context"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/relay"
)

// MyTouchpoints resolves Query.myTouchpoints.
func (r queryResolver) MyTouchpoints(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Touchpoint], error) {
	return relay.Page(ctx, r.Client.Touchpoint.Query(), list.MyTouchpoints, page(first, after, last, before), r.Client.LoadTouchpoint)
}

// PatientTouchpoints resolves Query.patientTouchpoints.
func (r queryResolver) PatientTouchpoints(ctx context.Context, patientID gid.ID, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Touchpoint], error) {
	if err := r.seesPatient(ctx, patientID); err != nil {
		return nil, err
	}
	return relay.Each(ctx, r.Client.Touchpoint.Query, list.PatientTouchpoints, patientID.UUID, page(first, after, last, before), r.Client.LoadTouchpoint)
}

// Touchpoints resolves Query.touchpoints.
func (r queryResolver) Touchpoints(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.Touchpoint], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.Touchpoint.Query(), list.Touchpoints, args, r.Client.LoadTouchpoint)
}

// seesPatient checks that the identifier names a patient that the viewer sees.
func (r queryResolver) seesPatient(ctx context.Context, id gid.ID) error {
	if err := expect(id, "patient", "patientId"); err != nil {
		return err
	}
	seen, err := r.Client.Visible(ctx, ent.TypePatient, id.UUID)
	if err == nil && !seen {
		err = fault.Missing("patient")
	}
	return err
}

// OccurredYear resolves Touchpoint.occurredYear.
func (r touchpointResolver) OccurredYear(_ context.Context, obj *ent.Touchpoint) (int, error) {
	return obj.OccurredAt.Year(), nil
}
