package graph

import (
	"context"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/stream"
)

// BenefitVerificationUpdated resolves Subscription.benefitVerificationUpdated.
func (r subscriptionResolver) BenefitVerificationUpdated(ctx context.Context, after *stream.Cursor) (<-chan model.BenefitVerificationUpdatedItem, error) {
	return follow(ctx, r, after, source[ent.BenefitVerification, model.BenefitVerificationUpdatedItem]{
		match: func(e stream.Event) bool { return e.Kind == code.EventKindVerificationChanged },
		read: func(ctx context.Context, e stream.Event) (*ent.BenefitVerification, error) {
			return r.Client.BenefitVerification.Get(ctx, e.ID)
		},
		item: func(at stream.Cursor, _ stream.Event, found *ent.BenefitVerification) model.BenefitVerificationUpdatedItem {
			return &model.BenefitVerificationUpdated{Cursor: at, Verification: found}
		},
	})
}

type benefitVerificationUpdatedResolver struct{ *resolver }

func (r *resolver) BenefitVerificationUpdated() generated.BenefitVerificationUpdatedResolver {
	return benefitVerificationUpdatedResolver{r}
}

// Verification resolves BenefitVerificationUpdated.verification. The row was read before the event's answer began, so
// that it is revealed is noted here.
func (r benefitVerificationUpdatedResolver) Verification(ctx context.Context, obj *model.BenefitVerificationUpdated) (*ent.BenefitVerification, error) {
	audit.Revealed(ctx, ent.TypeBenefitVerification, obj.Verification.ID, &obj.Verification.PatientID)
	return one(ctx, r.Client.LoadBenefitVerification, obj.Verification, nil)
}
