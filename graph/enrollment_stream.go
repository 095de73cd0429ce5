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

// EnrollmentUpdated resolves Subscription.enrollmentUpdated.
func (r subscriptionResolver) EnrollmentUpdated(ctx context.Context, after *stream.Cursor) (<-chan model.EnrollmentUpdatedItem, error) {
	return follow(ctx, r, after, source[ent.Enrollment, model.EnrollmentUpdatedItem]{
		match: func(e stream.Event) bool { return e.Kind == code.EventKindEnrollmentChanged },
		read: func(ctx context.Context, e stream.Event) (*ent.Enrollment, error) {
			return r.Client.Enrollment.Get(ctx, e.ID)
		},
		item: func(at stream.Cursor, _ stream.Event, found *ent.Enrollment) model.EnrollmentUpdatedItem {
			return &model.EnrollmentUpdated{Cursor: at, Enrollment: found}
		},
	})
}

type enrollmentUpdatedResolver struct{ *resolver }

func (r *resolver) EnrollmentUpdated() generated.EnrollmentUpdatedResolver {
	return enrollmentUpdatedResolver{r}
}

// Enrollment resolves EnrollmentUpdated.enrollment. The row was read before the event's answer began, so that it is revealed is noted here.
func (r enrollmentUpdatedResolver) Enrollment(ctx context.Context, obj *model.EnrollmentUpdated) (*ent.Enrollment, error) {
	audit.Revealed(ctx, ent.TypeEnrollment, obj.Enrollment.ID, &obj.Enrollment.PatientID)
	return one(ctx, r.Client.LoadEnrollment, obj.Enrollment, nil)
}
