package graph

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
	"github.com/carehub/carehub/graph/stream"
)

// Enrollment resolves Query.enrollment.
func (r queryResolver) Enrollment(ctx context.Context, id gid.ID) (*ent.Enrollment, error) {
	if err := expect(id, "enrollment", "id"); err != nil {
		return nil, err
	}
	row, err := r.Client.Enrollment.Get(ctx, id.UUID)
	return one(ctx, r.Client.LoadEnrollment, row, err)
}

// EnrollmentWorklist resolves Query.enrollmentWorklist.
func (r queryResolver) EnrollmentWorklist(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor, filter map[string]any) (*relay.Connection[ent.Enrollment], error) {
	args := page(first, after, last, before)
	args.Filter = filter
	return relay.Page(ctx, r.Client.Enrollment.Query(), list.EnrollmentWorklist, args, r.Client.LoadEnrollment)
}

// enrollmentNow reads the enrollment under the viewer's rules; nil where the viewer does not see it.
func (r *resolver) enrollmentNow(ctx context.Context, id uuid.UUID) (*ent.Enrollment, error) {
	row, err := r.Client.Enrollment.Get(ctx, id)
	return row, ent.MaskNotFound(err)
}

// enrolled reads an enrollment that the viewer sees and means to change.
func (c *change) enrolled(id gid.ID, version *int) (*ent.Enrollment, error) {
	if err := expect(id, "enrollment", "input.enrollmentId"); err != nil {
		return nil, err
	}
	found, err := c.tx.Enrollment.Get(c, id.UUID)
	if err != nil {
		return nil, missing(err, "enrollment", "input.enrollmentId")
	}
	c.concerns(ent.TypeEnrollment, found.ID)
	if version != nil && *version != found.Version {
		return nil, changedMeanwhile()
	}
	return found, nil
}

// referral reads an enrollment that the viewer, a provider, brought in.
func (c *change) referral(id gid.ID) (*ent.Enrollment, error) {
	found, err := c.enrolled(id, nil)
	if err == nil && (found.ReferrerID == nil || *found.ReferrerID != c.viewer.AccountKey) {
		err = fault.New(fault.Forbidden, "only who referred the patient does this")
	}
	return found, err
}

// become takes one step of the enrollment's lifecycle as ctx: the viewer for what the viewer asked for, the system for
// what follows from it.
func (c *change) become(ctx context.Context, e *ent.Enrollment, to code.EnrollmentStatus, note *string, set func(*ent.EnrollmentUpdateOne)) (*ent.Enrollment, error) {
	if !lifecycle.Enrollment.Allows(e.Status, to) {
		return nil, noWay("enrollment", e.Status, to)
	}
	update := c.tx.Enrollment.UpdateOneID(e.ID).Where(enrollment.Version(e.Version), enrollment.StatusEQ(e.Status)).SetStatus(to)
	if lifecycle.Enrollment.Terminal(to) {
		update.SetEndedAt(clock.Now(c)).SetNillableEndReason(note)
	}
	if set != nil {
		set(update)
	}
	now, err := update.Save(ctx)
	if ent.IsNotFound(err) {
		return nil, changedMeanwhile()
	}
	if err != nil {
		return nil, err
	}
	if err := c.enrollmentStep(now, e.Status, note); err != nil {
		return nil, err
	}
	switch {
	case lifecycle.Enrollment.Terminal(to):
		err = c.endTasks(now, skipped, "the enrollment has ended")
	case e.Status == code.EnrollmentStatusOnHold:
		err = c.endTasks(now, doneSteps, "the enrollment goes on", serviceactivity.KindEQ(code.ActivityKindHoldReview))
	}
	if err != nil {
		return nil, err
	}
	if slices.Contains(seated, e.Status) && !slices.Contains(seated, to) {
		if err := c.moveUp(e.ProgramID); err != nil {
			return nil, err
		}
	}
	return now, c.subjectFollows(now, note)
}

// enrollmentStep writes a step of the enrollment's lifecycle and tells the streams.
func (c *change) enrollmentStep(now *ent.Enrollment, from code.EnrollmentStatus, note *string) error {
	step := c.tx.StatusChange.Create().SetEnrollmentID(now.ID).SetToStatus(string(now.Status)).SetNillableNote(note).SetNillableChangedByID(c.actor())
	action := code.AuditActionCreate
	if from != "" {
		step.SetFromStatus(string(from))
		action = code.AuditActionUpdate
	}
	if err := step.Exec(c.system); err != nil {
		return err
	}
	c.record(action, ent.TypeEnrollment, &now.PatientID, now.ID)
	c.tellEnrollment(now)
	return nil
}

// tellEnrollment tells the streams that something of the enrollment changed.
func (c *change) tellEnrollment(e *ent.Enrollment) {
	c.announce(stream.Entry{Kind: code.EventKindEnrollmentChanged, Entity: "enrollment", ID: e.ID, Subject: &e.PatientID})
}

// goOn takes an enrollment of somebody eligible as far as its gates let it: to the consents, to READY when the last
// one is in force, and further where the program activates by itself.
func (c *change) goOn(e *ent.Enrollment) (_ *ent.Enrollment, err error) {
	if e.Status == code.EnrollmentStatusEligible {
		if e, err = c.become(c.system, e, code.EnrollmentStatusConsentPending, nil, nil); err != nil {
			return nil, err
		}
	}
	if e.Status != code.EnrollmentStatusConsentPending {
		return e, nil
	}
	now := clock.Now(c)
	a, err := gate.Activation(c, c.tx.Client(), e.PatientID, e.ProgramID, e.Eligibility, now)
	if err != nil || len(a.MissingConsents()) > 0 {
		return e, err
	}
	e, err = c.become(c.system, e, code.EnrollmentStatusReady, nil, func(u *ent.EnrollmentUpdateOne) { u.SetConsentedAt(now) })
	if err != nil {
		return nil, err
	}
	return c.ready(e, a)
}

// ready activates an enrollment in READY whose gates are all met, where the program does so by itself.
func (c *change) ready(e *ent.Enrollment, a lifecycle.Activation) (*ent.Enrollment, error) {
	if len(a.Unmet()) > 0 {
		return e, nil
	}
	program, err := c.tx.CareProgram.Get(c.system, e.ProgramID)
	if err != nil || !program.AutoActivate {
		return e, err
	}
	// A participant of a trial who has not passed the screening waits for it.
	if s, err := c.subjectOf(e); err != nil || s != nil && !lifecycle.GoTogether(s.State, code.EnrollmentStatusActive) {
		return e, err
	}
	return c.activate(c.system, e)
}

// activate makes an enrollment active, with the plan of what is to be done. The hook of enrollments refuses it while
// a gate is not met.
func (c *change) activate(ctx context.Context, e *ent.Enrollment) (*ent.Enrollment, error) {
	now := clock.Now(c)
	active, err := c.become(ctx, e, code.EnrollmentStatusActive, nil, func(u *ent.EnrollmentUpdateOne) {
		u.SetActivatedAt(now).ClearHoldReason()
	})
	if err != nil {
		return nil, err
	}
	return active, c.plan(active, now)
}

// consentGiven lets the patient's enrollments go on that waited for a consent.
func (c *change) consentGiven(patient uuid.UUID) error {
	waiting, err := c.tx.Enrollment.Query().
		Where(enrollment.PatientID(patient), enrollment.StatusEQ(code.EnrollmentStatusConsentPending)).All(c.system)
	for _, e := range waiting {
		if _, err := c.goOn(e); err != nil {
			return err
		}
	}
	return err
}

// step is a mutation that takes one step of an enrollment and answers with it.
func (r mutationResolver) step(ctx context.Context, operation string, key *string, input any, do func(*change) (*ent.Enrollment, error)) (*ent.Enrollment, []*model.UnmetGate, error) {
	id, err := r.change(ctx, operation, key, input, func(c *change) (uuid.UUID, error) {
		e, err := do(c)
		if err != nil {
			return uuid.Nil, err
		}
		return e.ID, nil
	})
	if unmet, refused := unmetOf(err); refused {
		return nil, unmet, nil
	}
	if err != nil {
		return nil, nil, err
	}
	now, err := r.enrollmentNow(ctx, id)
	return now, []*model.UnmetGate{}, err
}

// ActivateEnrollment resolves Mutation.activateEnrollment.
func (r mutationResolver) ActivateEnrollment(ctx context.Context, input model.ActivateEnrollmentInput) (*model.ActivateEnrollmentPayload, error) {
	now, unmet, err := r.step(ctx, "activateEnrollment", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.enrolled(input.EnrollmentID, input.ExpectedVersion)
		if err != nil {
			return nil, err
		}
		// What has come in meanwhile counts.
		if e, err = c.goOn(e); err != nil || e.Status == code.EnrollmentStatusActive {
			return e, err
		}
		if lifecycle.Enrollment.Allows(e.Status, code.EnrollmentStatusCancelled) {
			a, err := gate.Activation(c, c.tx.Client(), e.PatientID, e.ProgramID, e.Eligibility, clock.Now(c))
			if err != nil {
				return nil, err
			}
			if unmet := a.Unmet(); len(unmet) > 0 {
				return nil, &lifecycle.UnmetError{Gates: unmet}
			}
		}
		return c.activate(c, e)
	})
	if err != nil {
		return nil, err
	}
	return &model.ActivateEnrollmentPayload{Enrollment: now, Unmet: unmet}, nil
}

// PutOnHold resolves Mutation.putOnHold.
func (r mutationResolver) PutOnHold(ctx context.Context, input model.PutOnHoldInput) (*model.PutOnHoldPayload, error) {
	now, _, err := r.step(ctx, "putOnHold", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.enrolled(input.EnrollmentID, input.ExpectedVersion)
		if err != nil {
			return nil, err
		}
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return nil, err
		}
		return c.become(c, e, code.EnrollmentStatusOnHold, &reason, func(u *ent.EnrollmentUpdateOne) { u.SetHoldReason(reason) })
	})
	if err != nil {
		return nil, err
	}
	return &model.PutOnHoldPayload{Enrollment: now}, nil
}

// ResumeEnrollment resolves Mutation.resumeEnrollment.
func (r mutationResolver) ResumeEnrollment(ctx context.Context, input model.ResumeEnrollmentInput) (*model.ResumeEnrollmentPayload, error) {
	now, unmet, err := r.step(ctx, "resumeEnrollment", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.enrolled(input.EnrollmentID, input.ExpectedVersion)
		if err != nil {
			return nil, err
		}
		if e.Status != code.EnrollmentStatusOnHold {
			return nil, noWay("enrollment", e.Status, code.EnrollmentStatusActive)
		}
		return c.become(c, e, code.EnrollmentStatusActive, nil, func(u *ent.EnrollmentUpdateOne) { u.ClearHoldReason() })
	})
	if err != nil {
		return nil, err
	}
	return &model.ResumeEnrollmentPayload{Enrollment: now, Unmet: unmet}, nil
}

// CompleteEnrollment resolves Mutation.completeEnrollment.
func (r mutationResolver) CompleteEnrollment(ctx context.Context, input model.CompleteEnrollmentInput) (*model.CompleteEnrollmentPayload, error) {
	now, _, err := r.step(ctx, "completeEnrollment", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.enrolled(input.EnrollmentID, input.ExpectedVersion)
		if err != nil {
			return nil, err
		}
		return c.become(c, e, code.EnrollmentStatusCompleted, nil, nil)
	})
	if err != nil {
		return nil, err
	}
	return &model.CompleteEnrollmentPayload{Enrollment: now}, nil
}

// Disenroll resolves Mutation.disenroll.
func (r mutationResolver) Disenroll(ctx context.Context, input model.DisenrollInput) (*model.DisenrollPayload, error) {
	now, _, err := r.step(ctx, "disenroll", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.enrolled(input.EnrollmentID, input.ExpectedVersion)
		if err != nil {
			return nil, err
		}
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return nil, err
		}
		return c.become(c, e, ending(e.Status, code.EnrollmentStatusDiscontinued), &reason, nil)
	})
	if err != nil {
		return nil, err
	}
	return &model.DisenrollPayload{Enrollment: now}, nil
}

// WithdrawEnrollment resolves Mutation.withdrawEnrollment.
func (r mutationResolver) WithdrawEnrollment(ctx context.Context, input model.WithdrawEnrollmentInput) (*model.WithdrawEnrollmentPayload, error) {
	now, _, err := r.step(ctx, "withdrawEnrollment", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.enrolled(input.EnrollmentID, nil)
		if err != nil {
			return nil, err
		}
		var reason *string
		if input.Reason != nil {
			words, err := sentence(*input.Reason, "input.reason", 300)
			if err != nil {
				return nil, err
			}
			reason = &words
		}
		return c.withdraw(e, reason)
	})
	if err != nil {
		return nil, err
	}
	return &model.WithdrawEnrollmentPayload{Enrollment: now}, nil
}

// withdraw ends an enrollment because the patient wants it, and keeps the patient from being enrolled again for as
// long as the program says.
func (c *change) withdraw(e *ent.Enrollment, reason *string) (*ent.Enrollment, error) {
	program, err := c.tx.CareProgram.Get(c.system, e.ProgramID)
	if err != nil {
		return nil, err
	}
	to := ending(e.Status, code.EnrollmentStatusWithdrawn)
	if e.Status == code.EnrollmentStatusConsentPending {
		to = code.EnrollmentStatusDeclined
	}
	return c.become(c, e, to, reason, func(u *ent.EnrollmentUpdateOne) {
		if program.OptOutDays > 0 {
			u.SetOptOutUntil(code.DateOf(clock.Now(c).AddDate(0, 0, program.OptOutDays)))
		}
	})
}

// ending is how an enrollment ends from the status: with the given one where it was active, CANCELLED before.
func ending(from, active code.EnrollmentStatus) code.EnrollmentStatus {
	if lifecycle.Enrollment.Allows(from, code.EnrollmentStatusCancelled) {
		return code.EnrollmentStatusCancelled
	}
	return active
}

// CancelReferral resolves Mutation.cancelReferral.
func (r mutationResolver) CancelReferral(ctx context.Context, input model.CancelReferralInput) (*model.CancelReferralPayload, error) {
	now, _, err := r.step(ctx, "cancelReferral", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.referral(input.EnrollmentID)
		if err != nil {
			return nil, err
		}
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return nil, err
		}
		return c.become(c, e, code.EnrollmentStatusCancelled, &reason, nil)
	})
	if err != nil {
		return nil, err
	}
	return &model.CancelReferralPayload{Enrollment: now}, nil
}
