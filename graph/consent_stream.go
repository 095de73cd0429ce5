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

// ConsentChanged resolves Subscription.consentChanged.
func (r subscriptionResolver) ConsentChanged(ctx context.Context, after *stream.Cursor) (<-chan model.ConsentChangedItem, error) {
	return follow(ctx, r, after, source[ent.Consent, model.ConsentChangedItem]{
		match: func(e stream.Event) bool { return e.Kind == code.EventKindConsentChanged },
		read: func(ctx context.Context, e stream.Event) (*ent.Consent, error) {
			return r.Client.Consent.Get(ctx, e.ID)
		},
		item: func(at stream.Cursor, _ stream.Event, found *ent.Consent) model.ConsentChangedItem {
			return &model.ConsentChanged{Cursor: at, Consent: found}
		},
	})
}

type consentChangedResolver struct{ *resolver }

func (r *resolver) ConsentChanged() generated.ConsentChangedResolver {
	return consentChangedResolver{r}
}

// Consent resolves ConsentChanged.consent. The row was read before the event's answer began, so that it is revealed is noted here.
func (r consentChangedResolver) Consent(ctx context.Context, obj *model.ConsentChanged) (*ent.Consent, error) {
	audit.Revealed(ctx, ent.TypeConsent, obj.Consent.ID, &obj.Consent.PatientID)
	return one(ctx, r.Client.LoadConsent, obj.Consent, nil)
}
