package graph

import (
	"context"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// Case resolves Query.case.
func (r queryResolver) Case(ctx context.Context, id gid.ID) (*ent.CareCase, error) {
	if err := expect(id, "case", "id"); err != nil {
		return nil, err
	}
	row, err := r.Client.CareCase.Get(ctx, id.UUID)
	return one(ctx, r.Client.LoadCareCase, row, err)
}

// MyCases resolves Query.myCases.
func (r queryResolver) MyCases(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any, orderBy *model.CaseOrder) (*relay.Connection[ent.CareCase], error) {
	args := page(first, after, last, before)
	args.Filter, args.OrderBy = filter, named(orderBy)
	return relay.Page(ctx, r.Client.CareCase.Query(), list.MyCases, args, r.Client.LoadCareCase)
}

// CaseQueue resolves Query.caseQueue.
func (r queryResolver) CaseQueue(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, department *code.DepartmentCode, filter map[string]any, orderBy *model.CaseOrder) (*relay.Connection[ent.CareCase], error) {
	args := page(first, after, last, before)
	args.Filter, args.OrderBy = filter, named(orderBy)
	queue := r.Client.CareCase.Query()
	if department != nil {
		queue = queue.Where(carecase.DepartmentEQ(*department))
	}
	return relay.Page(ctx, queue, list.CaseQueue, args, r.Client.LoadCareCase)
}

// PendingCases resolves Query.pendingCases.
func (r queryResolver) PendingCases(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any, orderBy *model.CaseOrder) (*relay.Connection[ent.CareCase], error) {
	args := page(first, after, last, before)
	args.Filter, args.OrderBy = filter, named(orderBy)
	return relay.Page(ctx, r.Client.CareCase.Query(), list.PendingCases, args, r.Client.LoadCareCase)
}

// Cases resolves Query.cases.
func (r queryResolver) Cases(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.CareCase], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.CareCase.Query(), list.Cases, args, r.Client.LoadCareCase)
}

// ReceivedYear resolves Case.receivedYear.
func (r caseResolver) ReceivedYear(_ context.Context, obj *ent.CareCase) (int, error) {
	return obj.ReceivedAt.Year(), nil
}

// DaysToClose resolves Case.daysToClose.
func (r caseResolver) DaysToClose(_ context.Context, obj *ent.CareCase) (*int, error) {
	return wholeDays(obj.ReceivedAt, obj.ClosedAt), nil
}

// Children resolves Case.children.
func (r caseResolver) Children(ctx context.Context, obj *ent.CareCase, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.CareCase], error) {
	return relay.Each(ctx, r.Client.CareCase.Query, list.CaseChildren, obj.ID, page(first, after, last, before), r.Client.LoadCareCase)
}

// Routings resolves Case.routings.
func (r caseResolver) Routings(ctx context.Context, obj *ent.CareCase, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.CaseRouting], error) {
	return relay.Each(ctx, r.Client.CaseRouting.Query, list.CaseRoutings, obj.ID, page(first, after, last, before), r.Client.LoadCaseRouting)
}

// History resolves Case.history.
func (r caseResolver) History(ctx context.Context, obj *ent.CareCase, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.StatusChange], error) {
	return relay.Each(ctx, r.Client.StatusChange.Query, list.CaseHistory, obj.ID, page(first, after, last, before), r.Client.LoadStatusChange)
}
