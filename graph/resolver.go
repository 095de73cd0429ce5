package graph

import (
	"context"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/relay"
	"github.com/carehub/carehub/graph/view"
)

// resolver resolves the contract for one view.
type resolver struct {
	Options
	view *view.View
}

var _ generated.ResolverRoot = (*resolver)(nil)

type (
	queryResolver           struct{ *resolver }
	mutationResolver        struct{ *resolver }
	subscriptionResolver    struct{ *resolver }
	careProgramResolver     struct{ *resolver }
	caseResolver            struct{ *resolver }
	conditionResolver       struct{ *resolver }
	consentResolver         struct{ *resolver }
	consentFormResolver     struct{ *resolver }
	documentResolver        struct{ *resolver }
	enrollmentResolver      struct{ *resolver }
	inquiryResponseResolver struct{ *resolver }
	locationResolver        struct{ *resolver }
	resourceResolver        struct{ *resolver }
	medicalInquiryResolver  struct{ *resolver }
	onboardingPlanResolver  struct{ *resolver }
	organizationResolver    struct{ *resolver }
	patientResolver         struct{ *resolver }
	providerResolver        struct{ *resolver }
	touchpointResolver      struct{ *resolver }
	treatmentResolver       struct{ *resolver }
	trialSubjectResolver    struct{ *resolver }
	userResolver            struct{ *resolver }
)

func (r *resolver) Query() generated.QueryResolver               { return queryResolver{r} }
func (r *resolver) Mutation() generated.MutationResolver         { return mutationResolver{r} }
func (r *resolver) Subscription() generated.SubscriptionResolver { return subscriptionResolver{r} }
func (r *resolver) CareProgram() generated.CareProgramResolver   { return careProgramResolver{r} }
func (r *resolver) Case() generated.CaseResolver                 { return caseResolver{r} }
func (r *resolver) Condition() generated.ConditionResolver       { return conditionResolver{r} }
func (r *resolver) Consent() generated.ConsentResolver           { return consentResolver{r} }
func (r *resolver) ConsentForm() generated.ConsentFormResolver   { return consentFormResolver{r} }
func (r *resolver) Document() generated.DocumentResolver         { return documentResolver{r} }
func (r *resolver) Enrollment() generated.EnrollmentResolver     { return enrollmentResolver{r} }
func (r *resolver) InquiryResponse() generated.InquiryResponseResolver {
	return inquiryResponseResolver{r}
}

func (r *resolver) KnowledgeResource() generated.KnowledgeResourceResolver {
	return resourceResolver{r}
}

func (r *resolver) Location() generated.LocationResolver { return locationResolver{r} }

func (r *resolver) MedicalInquiry() generated.MedicalInquiryResolver {
	return medicalInquiryResolver{r}
}

func (r *resolver) OnboardingPlan() generated.OnboardingPlanResolver {
	return onboardingPlanResolver{r}
}

func (r *resolver) Organization() generated.OrganizationResolver { return organizationResolver{r} }
func (r *resolver) Patient() generated.PatientResolver           { return patientResolver{r} }
func (r *resolver) Provider() generated.ProviderResolver         { return providerResolver{r} }
func (r *resolver) ProxyGrant() generated.ProxyGrantResolver     { return proxyGrantResolver{r} }
func (r *resolver) Touchpoint() generated.TouchpointResolver     { return touchpointResolver{r} }
func (r *resolver) Treatment() generated.TreatmentResolver       { return treatmentResolver{r} }
func (r *resolver) TrialSubject() generated.TrialSubjectResolver { return trialSubjectResolver{r} }
func (r *resolver) User() generated.UserResolver                 { return userResolver{r} }

// page gathers the arguments of a list.
func page(first *int, after *relay.Cursor, last *int, before *relay.Cursor) relay.Args {
	return relay.Args{First: first, After: after, Last: last, Before: before}
}

// loader loads what an operation selects of rows (the generated Load methods of ent's client).
type loader[N any] func(context.Context, []*N, ...ast.SelectionSet) error

// one returns the row that the read found, with the edges that the operation selects; nil and NOT_FOUND when the
// viewer sees none.
func one[N any](ctx context.Context, load loader[N], row *N, err error) (*N, error) {
	if err != nil {
		return nil, err
	}
	return row, load(ctx, []*N{row}, selection(ctx))
}

// expect checks that the identifier is of the type.
func expect(id gid.ID, prefix, argument string) error {
	if id.Prefix != prefix {
		return fault.Input(argument, "the identifier is not of a %s", prefix)
	}
	return nil
}

// named returns the order by name, for a list that has several.
func named[T ~string](order *T) *string {
	if order == nil {
		return nil
	}
	name := string(*order)
	return &name
}

func (r *resolver) CoordinatorKpis() generated.CoordinatorKpisResolver {
	return coordinatorKpisResolver{r}
}

func (r *resolver) FunnelStage() generated.FunnelStageResolver { return funnelStageResolver{r} }

func (r *resolver) EnrollmentDurations() generated.EnrollmentDurationsResolver {
	return enrollmentDurationsResolver{r}
}

func (r *resolver) ConsentDurations() generated.ConsentDurationsResolver {
	return consentDurationsResolver{r}
}

func (r *resolver) VerificationDurations() generated.VerificationDurationsResolver {
	return verificationDurationsResolver{r}
}

func (r *resolver) VerificationRate() generated.VerificationRateResolver {
	return verificationRateResolver{r}
}

func (r *resolver) ConsentRate() generated.ConsentRateResolver { return consentRateResolver{r} }
