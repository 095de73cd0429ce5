package graph

import (
	"context"
	"errors"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/programteammember"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/kpi"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// CoordinatorKpis resolves Query.coordinatorKpis.
func (r queryResolver) CoordinatorKpis(ctx context.Context, window model.KpiWindow, coordinatorID *gid.ID) (*model.CoordinatorKpis, error) {
	of := viewer.From(ctx).Key
	if coordinatorID != nil {
		if err := expect(*coordinatorID, "user", "coordinatorId"); err != nil {
			return nil, err
		}
		if err := r.leads(ctx, coordinatorID.UUID); err != nil {
			return nil, err
		}
		of = coordinatorID.UUID
	}
	w, err := windowOf(ctx, window, of)
	if err != nil {
		return nil, err
	}
	return &model.CoordinatorKpis{From: w.From, To: w.To, AsOf: w.AsOf, Window: w}, nil
}

// leads refuses to tell the viewer of another coordinator's figures, but a manager of a program of those who are in it.
func (r queryResolver) leads(ctx context.Context, other uuid.UUID) error {
	me := viewer.From(ctx).Key
	if other == me {
		return nil
	}
	led, err := r.Client.ProgramTeamMember.Query().Where(
		programteammember.IdentityID(me), programteammember.RoleEQ(code.TeamRoleManager), programteammember.EndedAtIsNil(),
	).Select(programteammember.FieldProgramID).All(viewer.System(ctx, "who leads whom"))
	if err != nil {
		return err
	}
	programs := make([]uuid.UUID, len(led))
	for i, m := range led {
		programs[i] = m.ProgramID
	}
	within, err := r.Client.ProgramTeamMember.Query().Where(
		programteammember.IdentityID(other), programteammember.ProgramIDIn(programs...), programteammember.EndedAtIsNil(),
	).Exist(viewer.System(ctx, "who leads whom"))
	if err == nil && !within {
		err = fault.New(fault.Forbidden, "the figures of others are for the managers of their programs")
	}
	return err
}

// windowOf reads the window of figures.
func windowOf(ctx context.Context, in model.KpiWindow, of uuid.UUID) (kpi.Window, error) {
	zone := time.UTC
	if in.TimeZone != nil {
		var err error
		if zone, err = time.LoadLocation(*in.TimeZone); err != nil || *in.TimeZone == "" || *in.TimeZone == "Local" {
			return kpi.Window{}, fault.Input("window.timeZone", "no time zone of the IANA database")
		}
	}
	w, err := kpi.NewWindow(in.From, in.To, zone, clock.Now(ctx), of)
	if errors.Is(err, kpi.ErrOrder) || errors.Is(err, kpi.ErrLong) {
		return w, fault.Input("window.to", "%s", err)
	}
	return w, err
}

// Funnel resolves CoordinatorKpis.funnel.
func (r coordinatorKpisResolver) Funnel(ctx context.Context, obj *model.CoordinatorKpis) ([]*model.FunnelStage, error) {
	var out []*model.FunnelStage
	for _, stage := range kpi.Stages() {
		n, err := r.Client.Enrollment.Query().Where(obj.Window.Cohort(stage)).Count(ctx)
		if err != nil {
			return nil, err
		}
		next := &model.FunnelStage{Stage: stage, Count: n, All: obj.Window.Cohort(stage)}
		if len(out) > 0 {
			next.Conversion = (&kpi.Rate[ent.Enrollment]{Numerator: n, Denominator: out[len(out)-1].Count}).Value()
		}
		out = append(out, next)
	}
	return out, nil
}

// EnrollmentCycle resolves CoordinatorKpis.enrollmentCycle.
func (r coordinatorKpisResolver) EnrollmentCycle(ctx context.Context, obj *model.CoordinatorKpis) (*kpi.Durations[ent.Enrollment], error) {
	part := obj.Window.Activated()
	rows, err := r.Client.Enrollment.Query().Where(part).Select(enrollment.FieldReferredAt, enrollment.FieldActivatedAt).All(ctx)
	spans := make([]time.Duration, len(rows))
	for i, e := range rows {
		spans[i] = e.ActivatedAt.Sub(e.ReferredAt)
	}
	return kpi.Took[ent.Enrollment](part, spans), err
}

// TimeToTherapy resolves CoordinatorKpis.timeToTherapy.
func (r coordinatorKpisResolver) TimeToTherapy(ctx context.Context, obj *model.CoordinatorKpis) (*kpi.Durations[ent.Enrollment], error) {
	part := obj.Window.Treated()
	rows, err := r.Client.Enrollment.Query().Where(part).Select(enrollment.FieldID, enrollment.FieldReferredAt).
		WithActivities(func(q *ent.ServiceActivityQuery) {
			q.Where(kpi.Begun).Order(serviceactivity.ByCompletedAt())
		}).All(ctx)
	var spans []time.Duration
	for _, e := range rows {
		if len(e.Edges.Activities) > 0 {
			spans = append(spans, e.Edges.Activities[0].CompletedAt.Sub(e.ReferredAt))
		}
	}
	return kpi.Took[ent.Enrollment](part, spans), err
}

// ConsentTurnaround resolves CoordinatorKpis.consentTurnaround.
func (r coordinatorKpisResolver) ConsentTurnaround(ctx context.Context, obj *model.CoordinatorKpis) (*kpi.Durations[ent.Consent], error) {
	part := obj.Window.Given()
	rows, err := r.Client.Consent.Query().Where(part).Select(consent.FieldRequestedAt, consent.FieldCapturedAt).All(ctx)
	spans := make([]time.Duration, len(rows))
	for i, c := range rows {
		spans[i] = c.CapturedAt.Sub(*c.RequestedAt)
	}
	return kpi.Took[ent.Consent](part, spans), err
}

// ConsentRefusal resolves CoordinatorKpis.consentRefusal.
func (r coordinatorKpisResolver) ConsentRefusal(ctx context.Context, obj *model.CoordinatorKpis) (*kpi.Rate[ent.Consent], error) {
	return rate[ent.Consent](ctx, r.Client.Consent.Query, obj.Window.Asked(), obj.Window.Refused())
}

// VerificationTurnaround resolves CoordinatorKpis.verificationTurnaround.
func (r coordinatorKpisResolver) VerificationTurnaround(ctx context.Context, obj *model.CoordinatorKpis) (*kpi.Durations[ent.BenefitVerification], error) {
	part := obj.Window.Completed()
	rows, err := r.Client.BenefitVerification.Query().Where(part).Select(benefitverification.FieldSubmittedAt, benefitverification.FieldCompletedAt).All(ctx)
	spans := make([]time.Duration, len(rows))
	for i, v := range rows {
		spans[i] = v.CompletedAt.Sub(*v.SubmittedAt)
	}
	return kpi.Took[ent.BenefitVerification](part, spans), err
}

// VerificationFirstPass resolves CoordinatorKpis.verificationFirstPass.
func (r coordinatorKpisResolver) VerificationFirstPass(ctx context.Context, obj *model.CoordinatorKpis) (*kpi.Rate[ent.BenefitVerification], error) {
	return rate[ent.BenefitVerification](ctx, r.Client.BenefitVerification.Query, obj.Window.Answered(), obj.Window.AtOnce())
}

// ReverificationOnTime resolves CoordinatorKpis.reverificationOnTime.
func (r coordinatorKpisResolver) ReverificationOnTime(ctx context.Context, obj *model.CoordinatorKpis) (*kpi.Rate[ent.BenefitVerification], error) {
	return rate[ent.BenefitVerification](ctx, r.Client.BenefitVerification.Query, obj.Window.RanOut(), obj.Window.Renewed())
}

// counted is what can count the rows of an entity.
type counted[Q any, P ~func(*sql.Selector)] interface {
	Where(...P) Q
	Count(context.Context) (int, error)
}

// rate counts the rows of both parts.
func rate[E any, Q counted[Q, P], P ~func(*sql.Selector)](ctx context.Context, query func() Q, all, met kpi.Part) (*kpi.Rate[E], error) {
	out := &kpi.Rate[E]{All: all, Met: met}
	var err error
	if out.Denominator, err = query().Where(P(all)).Count(ctx); err == nil {
		out.Numerator, err = query().Where(P(met)).Count(ctx)
	}
	return out, err
}

// chosen is the part of a rate that is asked for.
func chosen[E any](of *kpi.Rate[E], part *model.KpiPart) kpi.Part {
	if or(part, model.KpiPartDenominator) == model.KpiPartNumerator {
		return of.Met
	}
	return of.All
}

// The rows behind the figures.
type (
	coordinatorKpisResolver     struct{ *resolver }
	funnelStageResolver         struct{ *resolver }
	enrollmentDurationsResolver struct{ *resolver }
	consentDurationsResolver    struct{ *resolver }
	consentRateResolver         struct{ *resolver }

	verificationDurationsResolver struct{ *resolver }
	verificationRateResolver      struct{ *resolver }
)

// Rows resolves FunnelStage.rows.
func (r funnelStageResolver) Rows(ctx context.Context, obj *model.FunnelStage, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Enrollment], error) {
	return relay.Page(ctx, r.Client.Enrollment.Query().Where(obj.All), list.KpiEnrollments, page(first, after, last, before), r.Client.LoadEnrollment)
}

// Rows resolves EnrollmentDurations.rows.
func (r enrollmentDurationsResolver) Rows(ctx context.Context, obj *kpi.Durations[ent.Enrollment], first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Enrollment], error) {
	return relay.Page(ctx, r.Client.Enrollment.Query().Where(obj.All), list.KpiEnrollments, page(first, after, last, before), r.Client.LoadEnrollment)
}

// Rows resolves ConsentDurations.rows.
func (r consentDurationsResolver) Rows(ctx context.Context, obj *kpi.Durations[ent.Consent], first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Consent], error) {
	return relay.Page(ctx, r.Client.Consent.Query().Where(obj.All), list.KpiConsents, page(first, after, last, before), r.Client.LoadConsent)
}

// Rows resolves ConsentRate.rows.
func (r consentRateResolver) Rows(ctx context.Context, obj *kpi.Rate[ent.Consent], part *model.KpiPart, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.Consent], error) {
	return relay.Page(ctx, r.Client.Consent.Query().Where(chosen(obj, part)), list.KpiConsents, page(first, after, last, before), r.Client.LoadConsent)
}

// Rows resolves VerificationDurations.rows.
func (r verificationDurationsResolver) Rows(ctx context.Context, obj *kpi.Durations[ent.BenefitVerification], first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.BenefitVerification], error) {
	return relay.Page(ctx, r.Client.BenefitVerification.Query().Where(obj.All), list.KpiVerifications, page(first, after, last, before), r.Client.LoadBenefitVerification)
}

// Rows resolves VerificationRate.rows.
func (r verificationRateResolver) Rows(ctx context.Context, obj *kpi.Rate[ent.BenefitVerification], part *model.KpiPart, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.BenefitVerification], error) {
	return relay.Page(ctx, r.Client.BenefitVerification.Query().Where(chosen(obj, part)), list.KpiVerifications, page(first, after, last, before), r.Client.LoadBenefitVerification)
}
