package graph

import (
	"context"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// Me resolves Query.me.
func (r queryResolver) Me(ctx context.Context) (*model.Viewer, error) {
	v := viewer.From(ctx)
	me := &model.Viewer{ID: gid.ID{Prefix: "user", UUID: v.Key}, Name: v.Name, Persona: v.Role, Portal: code.Portal(v.Portal), Memberships: []*model.MyMembership{}}
	for _, m := range v.Memberships {
		mine := &model.MyMembership{Department: code.DepartmentCode(m.Department), Role: code.MembershipRole(m.Role)}
		if m.Territory != "" {
			mine.Territory = &m.Territory
		}
		if m.TherapeuticArea != "" {
			mine.TherapeuticArea = &m.TherapeuticArea
		}
		me.Memberships = append(me.Memberships, mine)
	}
	var err error
	switch v.Role {
	case viewer.Patient:
		me.Patient, err = r.Client.Patient.Get(ctx, v.AccountKey)
	case viewer.Provider:
		me.Provider, err = r.Client.Provider.Get(ctx, v.AccountKey)
	}
	return me, ent.MaskNotFound(err)
}

// Users resolves Query.users.
func (r queryResolver) Users(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Identity], error) {
	return relay.Page(ctx, r.Client.Identity.Query(), list.Users, page(first, after, last, before), r.Client.LoadIdentity)
}

// ImportRuns resolves Query.importRuns.
func (r queryResolver) ImportRuns(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ImportRun], error) {
	return relay.Page(ctx, r.Client.ImportRun.Query(), list.ImportRuns, page(first, after, last, before), r.Client.LoadImportRun)
}

// ScheduledJobs resolves Query.scheduledJobs.
func (r queryResolver) ScheduledJobs(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ScheduledJob], error) {
	return relay.Page(ctx, r.Client.ScheduledJob.Query(), list.ScheduledJobs, page(first, after, last, before), r.Client.LoadScheduledJob)
}

// Memberships resolves User.memberships.
func (r userResolver) Memberships(ctx context.Context, obj *ent.Identity, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Membership], error) {
	return relay.Each(ctx, r.Client.Membership.Query, list.Memberships, obj.ID, page(first, after, last, before), r.Client.LoadMembership)
}

// PortalAccesses resolves Query.portalAccesses.
func (r queryResolver) PortalAccesses(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.PortalAccess], error) {
	return relay.Page(ctx, r.Client.PortalAccess.Query(), list.AllPortalAccesses, page(first, after, last, before), r.Client.LoadPortalAccess)
}

// Coordinators resolves Query.coordinators.
func (r queryResolver) Coordinators(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Identity], error) {
	return relay.Page(ctx, r.Client.Identity.Query(), list.Coordinators, page(first, after, last, before), r.Client.LoadIdentity)
}

// Organizations resolves Query.organizations.
func (r queryResolver) Organizations(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.Organization], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.Organization.Query(), list.Organizations, args, r.Client.LoadOrganization)
}
