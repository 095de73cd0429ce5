package graph

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/liaisonassignment"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/ent/touchpoint"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// MyClients resolves Query.myClients.
func (r queryResolver) MyClients(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.LiaisonAssignment], error) {
	return relay.Page(ctx, r.Client.LiaisonAssignment.Query(), list.MyClients, page(first, after, last, before), r.Client.LoadLiaisonAssignment)
}

// ClientProfile resolves Query.clientProfile.
func (r queryResolver) ClientProfile(ctx context.Context, id gid.ID) (*ent.Provider, error) {
	if err := r.isClient(ctx, id); err != nil {
		return nil, err
	}
	row, err := r.Client.Provider.Get(ctx, id.UUID)
	return one(ctx, r.Client.LoadProvider, row, err)
}

// ClientTouchpoints resolves Query.clientTouchpoints.
func (r queryResolver) ClientTouchpoints(ctx context.Context, id gid.ID, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Touchpoint], error) {
	if err := r.isClient(ctx, id); err != nil {
		return nil, err
	}
	return relay.Each(ctx, r.Client.Touchpoint.Query, list.ProviderTouchpoints, id.UUID, page(first, after, last, before), r.Client.LoadTouchpoint)
}

// ClientPatientTouchpoints resolves Query.clientPatientTouchpoints.
func (r queryResolver) ClientPatientTouchpoints(ctx context.Context, id gid.ID, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Touchpoint], error) {
	if err := r.isClient(ctx, id); err != nil {
		return nil, err
	}
	ofClient := func(s *sql.Selector) { rule.Apply(s, rule.PatientOf(touchpoint.FieldPatientID, id.UUID)) }
	return relay.Page(ctx, r.Client.Touchpoint.Query().Where(ofClient), list.ClientPatientTouchpoints, page(first, after, last, before), r.Client.LoadTouchpoint)
}

// isClient checks that the identifier names a client of the viewer.
func (r queryResolver) isClient(ctx context.Context, id gid.ID) error {
	if err := expect(id, "provider", "id"); err != nil {
		return err
	}
	assigned, err := r.Client.LiaisonAssignment.Query().
		Where(liaisonassignment.ProviderID(id.UUID), liaisonassignment.EndedAtIsNil()).Exist(ctx)
	if err == nil && !assigned {
		err = fault.Missing("client")
	}
	return err
}

// Name resolves Provider.name.
func (r providerResolver) Name(_ context.Context, obj *ent.Provider) (string, error) {
	return orEmpty(fullName(obj.Given, obj.Family)), nil
}

// Address resolves Provider.address.
func (r providerResolver) Address(_ context.Context, obj *ent.Provider) (*model.Address, error) {
	return &model.Address{Line: obj.AddressLine, City: obj.AddressCity, State: obj.AddressState, Zip: obj.AddressZip}, nil
}

// State resolves Provider.state.
func (r providerResolver) State(_ context.Context, obj *ent.Provider) (*string, error) {
	return obj.AddressState, nil
}

// Locations resolves Organization.locations.
func (r organizationResolver) Locations(ctx context.Context, obj *ent.Organization, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Location], error) {
	return relay.Each(ctx, r.Client.Location.Query, list.OrganizationLocations, obj.ID, page(first, after, last, before), r.Client.LoadLocation)
}

// Address resolves Location.address.
func (r locationResolver) Address(_ context.Context, obj *ent.Location) (*model.Address, error) {
	return &model.Address{Line: obj.AddressLine, City: obj.AddressCity, State: obj.AddressState, Zip: obj.AddressZip, Country: obj.AddressCountry}, nil
}

// Address resolves Organization.address.
func (r organizationResolver) Address(_ context.Context, obj *ent.Organization) (*model.Address, error) {
	return &model.Address{
		Line: obj.AddressLine, City: obj.AddressCity, State: obj.AddressState, Zip: obj.AddressZip, Country: obj.AddressCountry,
	}, nil
}

// ContactPoints resolves Provider.contactPoints.
func (r providerResolver) ContactPoints(ctx context.Context, obj *ent.Provider, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ContactPoint], error) {
	return relay.Each(ctx, r.Client.ContactPoint.Query, list.PatientContactPoints, obj.ID, page(first, after, last, before), r.Client.LoadContactPoint)
}

// Touchpoints resolves Provider.touchpoints.
func (r providerResolver) Touchpoints(ctx context.Context, obj *ent.Provider, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Touchpoint], error) {
	return relay.Each(ctx, r.Client.Touchpoint.Query, list.ProviderTouchpoints, obj.ID, page(first, after, last, before), r.Client.LoadTouchpoint)
}

// PortalAccesses resolves Provider.portalAccesses.
func (r providerResolver) PortalAccesses(ctx context.Context, obj *ent.Provider, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.PortalAccess], error) {
	return relay.Each(ctx, r.Client.PortalAccess.Query, list.PortalAccesses, obj.ID, page(first, after, last, before), r.Client.LoadPortalAccess)
}
