package graph

import (
	"context"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/requiredconsent"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/relay"
)

// Products resolves Query.products.
func (r queryResolver) Products(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.Product], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.Product.Query(), list.Products, args, r.Client.LoadProduct)
}

// CarePrograms resolves Query.carePrograms.
func (r queryResolver) CarePrograms(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.CareProgram], error) {
	return relay.Page(ctx, r.Client.CareProgram.Query(), list.CarePrograms, page(first, after, last, before), r.Client.LoadCareProgram)
}

// Enrollments resolves Query.enrollments.
func (r queryResolver) Enrollments(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.Enrollment], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.Enrollment.Query(), list.Enrollments, args, r.Client.LoadEnrollment)
}

// RequiredConsentScopes resolves CareProgram.requiredConsentScopes.
func (r careProgramResolver) RequiredConsentScopes(ctx context.Context, obj *ent.CareProgram) ([]code.ConsentScope, error) {
	rows, err := r.Client.RequiredConsent.Query().Where(requiredconsent.ProgramID(obj.ID)).Order(requiredconsent.ByScope()).All(ctx)
	scopes := make([]code.ConsentScope, len(rows))
	for i, row := range rows {
		scopes[i] = row.Scope
	}
	return scopes, err
}

// Sites resolves CareProgram.sites.
func (r careProgramResolver) Sites(ctx context.Context, obj *ent.CareProgram, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ProgramSite], error) {
	return relay.Each(ctx, r.Client.ProgramSite.Query, list.ProgramSites, obj.ID, page(first, after, last, before), r.Client.LoadProgramSite)
}

// Criteria resolves CareProgram.criteria.
func (r careProgramResolver) Criteria(ctx context.Context, obj *ent.CareProgram, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.EligibilityCriterion], error) {
	return relay.Each(ctx, r.Client.EligibilityCriterion.Query, list.ProgramCriteria, obj.ID, page(first, after, last, before), r.Client.LoadEligibilityCriterion)
}

// Activities resolves CareProgram.activities.
func (r careProgramResolver) Activities(ctx context.Context, obj *ent.CareProgram, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ActivityTemplate], error) {
	return relay.Each(ctx, r.Client.ActivityTemplate.Query, list.ProgramActivities, obj.ID, page(first, after, last, before), r.Client.LoadActivityTemplate)
}

// Team resolves CareProgram.team.
func (r careProgramResolver) Team(ctx context.Context, obj *ent.CareProgram, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ProgramTeamMember], error) {
	return relay.Each(ctx, r.Client.ProgramTeamMember.Query, list.ProgramTeam, obj.ID, page(first, after, last, before), r.Client.LoadProgramTeamMember)
}

// History resolves CareProgram.history.
func (r careProgramResolver) History(ctx context.Context, obj *ent.CareProgram, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.StatusChange], error) {
	return relay.Each(ctx, r.Client.StatusChange.Query, list.ProgramHistory, obj.ID, page(first, after, last, before), r.Client.LoadStatusChange)
}

// History resolves TrialSubject.history.
func (r trialSubjectResolver) History(ctx context.Context, obj *ent.TrialSubject, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.StatusChange], error) {
	return relay.Each(ctx, r.Client.StatusChange.Query, list.SubjectHistory, obj.ID, page(first, after, last, before), r.Client.LoadStatusChange)
}

// ReferredYear resolves Enrollment.referredYear.
func (r enrollmentResolver) ReferredYear(_ context.Context, obj *ent.Enrollment) (int, error) {
	return obj.ReferredAt.Year(), nil
}

// DaysToActivation resolves Enrollment.daysToActivation.
func (r enrollmentResolver) DaysToActivation(_ context.Context, obj *ent.Enrollment) (*int, error) {
	return wholeDays(obj.ReferredAt, obj.ActivatedAt), nil
}

// StartedYear resolves Treatment.startedYear.
func (r treatmentResolver) StartedYear(_ context.Context, obj *ent.Treatment) (int, error) {
	return obj.StartedAt.Year(), nil
}

// OnsetYear resolves Condition.onsetYear.
func (r conditionResolver) OnsetYear(_ context.Context, obj *ent.Condition) (int, error) {
	return obj.OnsetAt.Year(), nil
}

// History resolves Enrollment.history.
func (r enrollmentResolver) History(ctx context.Context, obj *ent.Enrollment, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.StatusChange], error) {
	return relay.Each(ctx, r.Client.StatusChange.Query, list.EnrollmentHistory, obj.ID, page(first, after, last, before), r.Client.LoadStatusChange)
}
