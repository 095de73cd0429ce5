package graph

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/generated"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

type coverageResolver struct{ *resolver }

func (r *resolver) Coverage() generated.CoverageResolver { return coverageResolver{r} }

// Coverage resolves Query.coverage.
func (r queryResolver) Coverage(ctx context.Context, id gid.ID) (*ent.Coverage, error) {
	if err := expect(id, "coverage", "id"); err != nil {
		return nil, err
	}
	row, err := r.Client.Coverage.Get(ctx, id.UUID)
	return one(ctx, r.Client.LoadCoverage, row, err)
}

// Verifications resolves Coverage.verifications.
func (r coverageResolver) Verifications(ctx context.Context, obj *ent.Coverage, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.BenefitVerification], error) {
	return relay.Each(ctx, r.Client.BenefitVerification.Query, list.CoverageVerifications, obj.ID, page(first, after, last, before), r.Client.LoadBenefitVerification)
}

// History resolves Coverage.history.
func (r coverageResolver) History(ctx context.Context, obj *ent.Coverage, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.StatusChange], error) {
	return relay.Each(ctx, r.Client.StatusChange.Query, list.CoverageHistory, obj.ID, page(first, after, last, before), r.Client.LoadStatusChange)
}

// DurationDays resolves Coverage.durationDays.
func (r coverageResolver) DurationDays(_ context.Context, obj *ent.Coverage) (*int, error) {
	if obj.PeriodEnd == nil {
		return nil, nil //nolint:nilnil // null is the answer
	}
	days := int(obj.PeriodEnd.Time().Sub(obj.PeriodStart.Time()).Hours()/24) + 1
	return &days, nil
}

// covering is a mutation of one coverage; it returns the coverage as the viewer sees it then.
func (r mutationResolver) covering(ctx context.Context, operation string, key *string, input any, do func(*change) (uuid.UUID, error)) (*ent.Coverage, error) {
	id, err := r.change(ctx, operation, key, input, do)
	if err != nil {
		return nil, err
	}
	now, err := r.Client.Coverage.Get(ctx, id)
	return now, ent.MaskNotFound(err)
}

// AddCoverage resolves Mutation.addCoverage.
func (r mutationResolver) AddCoverage(ctx context.Context, input model.AddCoverageInput) (*model.AddCoveragePayload, error) {
	now, err := r.covering(ctx, "addCoverage", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) { return c.addCoverage(input) })
	if err != nil {
		return nil, err
	}
	return &model.AddCoveragePayload{Coverage: now}, nil
}

// UpdateCoverage resolves Mutation.updateCoverage.
func (r mutationResolver) UpdateCoverage(ctx context.Context, input model.UpdateCoverageInput) (*model.UpdateCoveragePayload, error) {
	now, err := r.covering(ctx, "updateCoverage", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) { return c.updateCoverage(input) })
	if err != nil {
		return nil, err
	}
	return &model.UpdateCoveragePayload{Coverage: now}, nil
}

// CancelCoverage resolves Mutation.cancelCoverage.
func (r mutationResolver) CancelCoverage(ctx context.Context, input model.CancelCoverageInput) (*model.CancelCoveragePayload, error) {
	now, err := r.covering(ctx, "cancelCoverage", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		found, err := c.covered(input.CoverageID, input.ExpectedVersion)
		if err != nil {
			return uuid.Nil, err
		}
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return uuid.Nil, err
		}
		to := code.CoverageStatusCancelled
		if or(input.EnteredInError, false) {
			to = code.CoverageStatusEnteredInError
		}
		if !lifecycle.Coverage.Allows(found.Status, to) {
			return uuid.Nil, noWay("coverage", found.Status, to)
		}
		now, err := c.tx.Coverage.UpdateOneID(found.ID).
			Where(coverage.Version(found.Version), coverage.StatusEQ(found.Status)).SetStatus(to).Save(c)
		if ent.IsNotFound(err) {
			return uuid.Nil, changedMeanwhile()
		}
		if err != nil {
			return uuid.Nil, err
		}
		if err := c.coverageStep(now, found.Status, &reason); err != nil {
			return uuid.Nil, err
		}
		return now.ID, c.giveUp(now)
	})
	if err != nil {
		return nil, err
	}
	return &model.CancelCoveragePayload{Coverage: now}, nil
}

// giveUp cancels what is being asked of a coverage that has ended: there is nothing left to ask.
func (c *change) giveUp(of *ent.Coverage) error {
	if err := gate.Lock(c, c.tx.Client(), of.PatientID); err != nil {
		return err
	}
	open, err := c.tx.BenefitVerification.Query().Where(benefitverification.CoverageID(of.ID), benefitverification.StatusNotIn(
		code.VerificationStatusComplete, code.VerificationStatusCancelled, code.VerificationStatusExpired)).All(c)
	if err != nil {
		return err
	}
	note := "the coverage has ended"
	for _, v := range open {
		if _, err := c.verified(v, code.VerificationStatusCancelled, &note, func(u *ent.BenefitVerificationUpdateOne) { u.ClearDueAt() }); err != nil {
			return err
		}
		if err := c.attemptOver(v, errorCancelled, note); err != nil {
			return err
		}
	}
	return nil
}

// covered reads a coverage that the viewer sees and means to change.
func (c *change) covered(id gid.ID, version *int) (*ent.Coverage, error) {
	if err := expect(id, "coverage", "input.coverageId"); err != nil {
		return nil, err
	}
	found, err := c.tx.Coverage.Get(c, id.UUID)
	if err != nil {
		return nil, missing(err, "coverage", "input.coverageId")
	}
	c.concerns(ent.TypeCoverage, found.ID)
	if version != nil && *version != found.Version {
		return nil, changedMeanwhile()
	}
	return found, nil
}

// coverageStep writes a step of the coverage's lifecycle.
func (c *change) coverageStep(now *ent.Coverage, from code.CoverageStatus, note *string) error {
	step := c.tx.StatusChange.Create().SetCoverageID(now.ID).SetToStatus(string(now.Status)).SetNillableNote(note).SetNillableChangedByID(c.actor())
	action := code.AuditActionCreate
	if from != "" {
		step.SetFromStatus(string(from))
		action = code.AuditActionUpdate
	}
	c.record(action, ent.TypeCoverage, &now.PatientID, now.ID)
	return step.Exec(c.system)
}

// bounded checks optional texts of an input: not empty, and not longer than is kept.
func bounded(texts ...boundedText) error {
	for _, t := range texts {
		if t.text == nil {
			continue
		}
		if strings.TrimSpace(*t.text) == "" || utf8.RuneCountInString(*t.text) > t.limit {
			return fault.Input("input."+t.field, "1 to %s characters", strconv.Itoa(t.limit))
		}
	}
	return nil
}

// boundedText is a text of an input.
type boundedText struct {
	field string
	text  *string
	limit int
}

// free refuses a priority that another active coverage of the patient and kind has at the same time. Who changes
// coverages of a patient follows one another, so that two do not take the same.
func (c *change) free(but uuid.UUID, patient uuid.UUID, kind code.CoverageKind, priority int, from code.Date, until *code.Date) error {
	if priority < 1 {
		return fault.Input("input.priority", "a priority is 1 or more")
	}
	if err := gate.Lock(c, c.tx.Client(), patient); err != nil {
		return err
	}
	q := c.tx.Coverage.Query().Where(
		coverage.PatientID(patient), coverage.KindEQ(kind), coverage.StatusEQ(code.CoverageStatusActive), coverage.Priority(priority),
		coverage.IDNEQ(but), coverage.Or(coverage.PeriodEndIsNil(), coverage.PeriodEndGTE(from)),
	)
	if until != nil {
		q.Where(coverage.PeriodStartLTE(*until))
	}
	taken, err := q.Exist(c.system)
	if taken {
		f := fault.New(fault.Conflict, "another active coverage of this kind has the priority at that time")
		f.Argument = "input.priority"
		return f
	}
	return err
}

// addCoverage adds an active coverage.
func (c *change) addCoverage(in model.AddCoverageInput) (uuid.UUID, error) {
	if err := expect(in.PatientID, "patient", "input.patientId"); err != nil {
		return uuid.Nil, err
	}
	patient, err := c.tx.Patient.Get(c, in.PatientID.UUID)
	if err != nil {
		return uuid.Nil, missing(err, "patient", "input.patientId")
	}
	if (in.PayerID == nil) != (in.Kind == code.CoverageKindSelfPay) {
		return uuid.Nil, fault.Input("input.payerId", "every coverage but SELF_PAY has a payer")
	}
	create := c.tx.Coverage.Create().SetPatientID(patient.ID).SetKind(in.Kind).SetStatus(code.CoverageStatusActive)
	if in.PayerID != nil {
		if err := expect(*in.PayerID, "org", "input.payerId"); err != nil {
			return uuid.Nil, err
		}
		payer, err := c.tx.Organization.Get(c, in.PayerID.UUID)
		if err != nil {
			return uuid.Nil, missing(err, "payer", "input.payerId")
		}
		if payer.Kind != code.OrganizationKindPayer {
			return uuid.Nil, fault.Input("input.payerId", "the organization is no payer")
		}
		create.SetPayerID(payer.ID)
	}
	if err := bounded(boundedText{"planName", in.PlanName, 200}, boundedText{"memberId", in.MemberID, 80}, boundedText{"groupId", in.GroupID, 80},
		boundedText{"bin", in.Bin, 20}, boundedText{"pcn", in.Pcn, 20}, boundedText{"subscriberName", in.SubscriberName, 200}); err != nil {
		return uuid.Nil, err
	}
	if in.SubscriberBirthDate != nil && *in.SubscriberBirthDate > code.DateOf(clock.Now(c)) {
		return uuid.Nil, fault.Input("input.subscriberBirthDate", "a birth date is not in the future")
	}
	if in.PeriodEnd != nil && *in.PeriodEnd < in.PeriodStart {
		return uuid.Nil, fault.Input("input.periodEnd", "the last day is not before the first")
	}
	priority := or(in.Priority, 1)
	if err := c.free(uuid.Nil, patient.ID, in.Kind, priority, in.PeriodStart, in.PeriodEnd); err != nil {
		return uuid.Nil, err
	}
	made, err := create.SetNillablePlanName(in.PlanName).SetNillableMemberID(in.MemberID).SetNillableGroupID(in.GroupID).SetNillableBin(in.Bin).
		SetNillablePcn(in.Pcn).SetNillableSubscriberName(in.SubscriberName).SetNillableSubscriberBirthDate(in.SubscriberBirthDate).
		SetNillableSubscriberRelationship(in.SubscriberRelationship).SetPriority(priority).
		SetPeriodStart(in.PeriodStart).SetNillablePeriodEnd(in.PeriodEnd).Save(c)
	if err != nil {
		return uuid.Nil, err
	}
	return made.ID, c.coverageStep(made, "", nil)
}

// updateCoverage writes what is given of a coverage.
func (c *change) updateCoverage(in model.UpdateCoverageInput) (uuid.UUID, error) {
	found, err := c.covered(in.CoverageID, in.ExpectedVersion)
	if err != nil {
		return uuid.Nil, err
	}
	if lifecycle.Coverage.Terminal(found.Status) || found.Status == code.CoverageStatusCancelled {
		return uuid.Nil, fault.New(fault.InvalidTransition, "a coverage that has ended is not changed")
	}
	if err := bounded(boundedText{"planName", in.PlanName, 200}, boundedText{"memberId", in.MemberID, 80}, boundedText{"groupId", in.GroupID, 80},
		boundedText{"bin", in.Bin, 20}, boundedText{"pcn", in.Pcn, 20}, boundedText{"subscriberName", in.SubscriberName, 200}); err != nil {
		return uuid.Nil, err
	}
	if in.SubscriberBirthDate != nil && *in.SubscriberBirthDate > code.DateOf(clock.Now(c)) {
		return uuid.Nil, fault.Input("input.subscriberBirthDate", "a birth date is not in the future")
	}
	if in.PeriodEnd != nil && *in.PeriodEnd < found.PeriodStart {
		return uuid.Nil, fault.Input("input.periodEnd", "the last day is not before the first")
	}
	if in.Priority != nil || in.PeriodEnd != nil {
		until := found.PeriodEnd
		if in.PeriodEnd != nil {
			until = in.PeriodEnd
		}
		if err := c.free(found.ID, found.PatientID, found.Kind, or(in.Priority, found.Priority), found.PeriodStart, until); err != nil {
			return uuid.Nil, err
		}
	}
	err = c.tx.Coverage.UpdateOneID(found.ID).Where(coverage.Version(found.Version)).
		SetNillablePlanName(in.PlanName).SetNillableMemberID(in.MemberID).SetNillableGroupID(in.GroupID).SetNillableBin(in.Bin).
		SetNillablePcn(in.Pcn).SetNillableSubscriberName(in.SubscriberName).SetNillableSubscriberBirthDate(in.SubscriberBirthDate).
		SetNillableSubscriberRelationship(in.SubscriberRelationship).SetNillablePriority(in.Priority).SetNillablePeriodEnd(in.PeriodEnd).Exec(c)
	if ent.IsNotFound(err) {
		return uuid.Nil, changedMeanwhile()
	}
	c.record(code.AuditActionUpdate, ent.TypeCoverage, &found.PatientID, found.ID)
	return found.ID, err
}
