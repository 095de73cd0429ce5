package graph

import (
	"context"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/predicate"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/stream"
)

// verification reads a verification that the viewer sees and means to change.
func (c *change) verification(id gid.ID, version *int) (*ent.BenefitVerification, error) {
	if err := expect(id, "verification", "input.verificationId"); err != nil {
		return nil, err
	}
	found, err := c.tx.BenefitVerification.Get(c, id.UUID)
	if err != nil {
		return nil, missing(err, "verification", "input.verificationId")
	}
	c.concerns(ent.TypeBenefitVerification, found.ID)
	if version != nil && *version != found.Version {
		return nil, changedMeanwhile()
	}
	return found, nil
}

// verified takes one step of the verification's lifecycle.
func (c *change) verified(v *ent.BenefitVerification, to code.VerificationStatus, note *string, set func(*ent.BenefitVerificationUpdateOne)) (*ent.BenefitVerification, error) {
	if !lifecycle.Verification.Allows(v.Status, to) {
		return nil, noWay("verification", v.Status, to)
	}
	update := c.tx.BenefitVerification.UpdateOneID(v.ID).
		Where(benefitverification.Version(v.Version), benefitverification.StatusEQ(v.Status)).SetStatus(to)
	if set != nil {
		set(update)
	}
	now, err := update.Save(c)
	if ent.IsNotFound(err) {
		return nil, changedMeanwhile()
	}
	if err != nil {
		return nil, err
	}
	return now, c.verificationStep(now, v.Status, note)
}

// verificationStep writes a step of the verification's lifecycle and tells the streams.
func (c *change) verificationStep(now *ent.BenefitVerification, from code.VerificationStatus, note *string) error {
	step := c.tx.StatusChange.Create().SetBenefitVerificationID(now.ID).SetToStatus(string(now.Status)).SetNillableNote(note).SetNillableChangedByID(c.actor())
	action := code.AuditActionCreate
	if from != "" {
		step.SetFromStatus(string(from))
		action = code.AuditActionUpdate
	}
	if err := step.Exec(c.system); err != nil {
		return err
	}
	c.record(action, ent.TypeBenefitVerification, &now.PatientID, now.ID)
	c.announce(stream.Entry{Kind: code.EventKindVerificationChanged, Entity: "verification", ID: now.ID, Subject: &now.PatientID})
	return nil
}

// askable refuses to ask a payer without the patient's consent, or about what no payer could find. Who ends such a
// consent and who asks follow one another.
func (c *change) askable(of *ent.Coverage, program *uuid.UUID) error {
	if err := gate.Lock(c, c.tx.Client(), of.PatientID); err != nil {
		return err
	}
	unmet, err := gate.Inquiry(c, c.tx.Client(), of, program, clock.Now(c))
	if err == nil && len(unmet) > 0 {
		err = &lifecycle.UnmetError{Gates: unmet}
	}
	return err
}

// verify asks what a coverage pays for: by a new verification, or by a draft that is there.
func (c *change) verify(in model.SubmitBenefitVerificationInput, electronic bool) (uuid.UUID, error) {
	if (in.CoverageID == nil) == (in.VerificationID == nil) {
		return uuid.Nil, fault.Input("input.coverageId", "give either coverageId or verificationId")
	}
	method := or(in.Method, code.VerificationMethodPhone)
	if in.VerificationID != nil {
		draft, err := c.verification(*in.VerificationID, nil)
		if err != nil {
			return uuid.Nil, err
		}
		if draft.Status != code.VerificationStatusDraft {
			return uuid.Nil, noWay("verification", draft.Status, code.VerificationStatusSubmitted)
		}
		return draft.ID, c.ask(draft, method, electronic)
	}
	of, err := c.covered(*in.CoverageID, nil)
	if err != nil {
		return uuid.Nil, err
	}
	// Who asks about the patient's coverages follows one another, from before the first row is written.
	if err := gate.Lock(c, c.tx.Client(), of.PatientID); err != nil {
		return uuid.Nil, err
	}
	waiting, err := c.takesPlaceOf(of, in)
	if err != nil {
		return uuid.Nil, err
	}
	if waiting != nil {
		return waiting.ID, c.ask(waiting, method, electronic)
	}
	purposes := in.Purposes
	if len(purposes) == 0 {
		purposes = []code.VerificationPurpose{code.VerificationPurposeBenefits}
	}
	create := c.tx.BenefitVerification.Create().SetPatientID(of.PatientID).SetCoverageID(of.ID).SetPurposes(purposes).SetMethod(method).
		SetRequestedByID(c.viewer.Key)
	if err := c.concerning(create, in, of.PatientID); err != nil {
		return uuid.Nil, err
	}
	before, err := c.tx.BenefitVerification.Query().Where(
		benefitverification.CoverageID(of.ID), about(in.ProductID), unsucceeded,
		benefitverification.StatusIn(code.VerificationStatusComplete, code.VerificationStatusExpired),
	).Order(benefitverification.ByCompletedAt(sql.OrderDesc()), benefitverification.ByID()).First(c.system)
	if err != nil && !ent.IsNotFound(err) {
		return uuid.Nil, err
	}
	if before != nil {
		create.SetSupersedesID(before.ID)
	}
	draft, err := create.Save(c)
	if err != nil {
		return uuid.Nil, err
	}
	if err := c.verificationStep(draft, "", nil); err != nil {
		return uuid.Nil, err
	}
	return draft.ID, c.ask(draft, method, electronic)
}

// takesPlaceOf returns the draft that asks what the input asks, if there is one. Another question takes the place of what
// waits or came to nothing; nobody asks twice at once.
func (c *change) takesPlaceOf(of *ent.Coverage, in model.SubmitBenefitVerificationInput) (*ent.BenefitVerification, error) {
	open, err := c.tx.BenefitVerification.Query().Where(
		benefitverification.CoverageID(of.ID), about(in.ProductID), benefitverification.StatusIn(
			code.VerificationStatusDraft, code.VerificationStatusSubmitted, code.VerificationStatusInProgress,
			code.VerificationStatusPartial, code.VerificationStatusError),
	).Order(benefitverification.ByCreatedAt(), benefitverification.ByID()).All(c)
	if err != nil {
		return nil, err
	}
	note := "another question takes its place"
	for _, v := range open {
		switch v.Status {
		case code.VerificationStatusSubmitted, code.VerificationStatusInProgress:
			f := fault.New(fault.Conflict, "the payer is being asked: record the answer, or cancel the verification first")
			f.Argument = "input.coverageId"
			return nil, f
		case code.VerificationStatusDraft:
			if len(in.Purposes) == 0 && (in.EnrollmentID == nil || v.EnrollmentID != nil && *v.EnrollmentID == in.EnrollmentID.UUID) {
				return v, nil
			}
		}
		if _, err := c.verified(v, code.VerificationStatusCancelled, &note, nil); err != nil {
			return nil, err
		}
	}
	return nil, nil //nolint:nilnil // a new one is made
}

// about matches verifications about the product, or about the whole coverage.
func about(product *gid.ID) predicate.BenefitVerification {
	if product != nil {
		return benefitverification.ProductID(product.UUID)
	}
	return benefitverification.ProductIDIsNil()
}

// concerning names the enrollment and the product that a new verification is for.
func (c *change) concerning(create *ent.BenefitVerificationCreate, in model.SubmitBenefitVerificationInput, patient uuid.UUID) error {
	if in.EnrollmentID != nil {
		e, err := c.enrolled(*in.EnrollmentID, nil)
		if err != nil {
			return err
		}
		if e.PatientID != patient {
			return fault.Input("input.enrollmentId", "the enrollment is of another patient")
		}
		create.SetEnrollmentID(e.ID)
	}
	if in.ProductID != nil {
		if err := expect(*in.ProductID, "product", "input.productId"); err != nil {
			return err
		}
		product, err := c.tx.Product.Get(c, in.ProductID.UUID)
		if err != nil {
			return missing(err, "product", "input.productId")
		}
		create.SetProductID(product.ID)
	}
	return nil
}

// ask submits a verification once more, as an attempt of its own. An electronic one waits for the exchange with the
// payers, which carries it off.
func (c *change) ask(v *ent.BenefitVerification, method code.VerificationMethod, electronic bool) error {
	if method == code.VerificationMethodElectronic && !electronic {
		return fault.Input("input.method", "no payer is connected: ask by phone, fax or portal")
	}
	of, err := c.tx.Coverage.Get(c, v.CoverageID)
	if err != nil {
		return missing(err, "coverage", "input.verificationId")
	}
	program, err := programOf(c.system, c.tx.Client(), v)
	if err != nil {
		return err
	}
	if err := c.askable(of, program); err != nil {
		return err
	}
	now := clock.Now(c)
	asked, err := c.verified(v, code.VerificationStatusSubmitted, nil, func(u *ent.BenefitVerificationUpdateOne) {
		u.SetMethod(method).SetAttempt(v.Attempt + 1).ClearErrorCode()
		if v.SubmittedAt == nil {
			u.SetSubmittedAt(now)
		}
		if method == code.VerificationMethodElectronic {
			u.SetDueAt(now)
		} else {
			u.ClearDueAt()
		}
	})
	if err != nil {
		return err
	}
	return c.tx.VerificationAttempt.Create().SetVerificationID(v.ID).SetSeq(asked.Attempt).SetSubmittedAt(now).SetMethod(method).Exec(c.system)
}

// programOf is the program whose enrollment waits for the verification; nil where none does.
func programOf(system context.Context, client *ent.Client, v *ent.BenefitVerification) (*uuid.UUID, error) {
	if v.EnrollmentID == nil {
		return nil, nil //nolint:nilnil // null is the answer
	}
	e, err := client.Enrollment.Get(system, *v.EnrollmentID)
	if err != nil {
		return nil, err
	}
	return &e.ProgramID, nil
}

// retry is another attempt after one that did not bring everything.
func (c *change) retry(in model.RetryVerificationInput, electronic bool) (uuid.UUID, error) {
	found, err := c.verification(in.VerificationID, in.ExpectedVersion)
	if err != nil {
		return uuid.Nil, err
	}
	if found.Status != code.VerificationStatusPartial && found.Status != code.VerificationStatusError {
		return uuid.Nil, noWay("verification", found.Status, code.VerificationStatusSubmitted)
	}
	return found.ID, c.ask(found, or(in.Method, found.Method), electronic)
}

// planAgain plans when a complete verification is made anew.
func (c *change) planAgain(in model.ScheduleReverificationInput) (uuid.UUID, error) {
	found, err := c.verification(in.VerificationID, in.ExpectedVersion)
	if err != nil {
		return uuid.Nil, err
	}
	if found.Status != code.VerificationStatusComplete {
		return uuid.Nil, fault.New(fault.InvalidTransition, "only a complete verification is made anew")
	}
	if succeeded, err := c.succeeded(found); err != nil || succeeded {
		if err == nil {
			err = fault.New(fault.Conflict, "the verification is being made anew already")
		}
		return uuid.Nil, err
	}
	if !in.At.After(clock.Now(c)) || found.ValidUntil != nil && in.At.After(*found.ValidUntil) {
		return uuid.Nil, fault.Input("input.at", "a moment in the future, not after the verification expires")
	}
	err = c.tx.BenefitVerification.UpdateOneID(found.ID).Where(benefitverification.Version(found.Version)).SetReverifyAt(in.At).Exec(c)
	if ent.IsNotFound(err) {
		return uuid.Nil, changedMeanwhile()
	}
	c.record(code.AuditActionUpdate, ent.TypeBenefitVerification, &found.PatientID, found.ID)
	return found.ID, err
}
