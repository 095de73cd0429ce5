package graph

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/coveragebenefit"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/money"
	"github.com/carehub/carehub/ent/verificationattempt"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// outcomes are what a verification becomes by the outcome of its attempt.
var outcomes = map[code.VerificationOutcome]code.VerificationStatus{
	code.VerificationOutcomeComplete: code.VerificationStatusComplete,
	code.VerificationOutcomePartial:  code.VerificationStatusPartial,
	code.VerificationOutcomeError:    code.VerificationStatusError,
}

// recordResult writes what a coordinator heard from a payer. Of two who record at once the second finds the row changed.
func (c *change) recordResult(in model.RecordVerificationResultInput) (uuid.UUID, error) {
	found, err := c.verification(in.VerificationID, in.ExpectedVersion)
	if err != nil {
		return uuid.Nil, err
	}
	return found.ID, c.answered(found, in, nil)
}

// heard refuses an answer that contradicts itself, whoever brings it.
func heard(in model.RecordVerificationResultInput, now time.Time) error {
	failed, complete := in.Outcome == code.VerificationOutcomeError, in.Outcome == code.VerificationOutcomeComplete
	switch {
	case outcomes[in.Outcome] == "":
		return fault.Input("input.outcome", "an answer is COMPLETE, PARTIAL or ERROR")
	case failed != (in.ErrorCode != nil):
		return fault.Input("input.errorCode", "an error, and nothing else, has an error code")
	case failed && in.Result != nil:
		return fault.Input("input.result", "an error says nothing of what is paid")
	case failed && len(in.Benefits) > 0:
		return fault.Input("input.benefits", "an error says nothing of what is paid")
	case complete && in.Result == nil:
		return fault.Input("input.result", "a complete answer has a result")
	case complete && in.ValidUntil == nil:
		return fault.Input("input.validUntil", "a complete answer says until when it is good")
	case in.ValidUntil != nil && !in.ValidUntil.After(now):
		return fault.Input("input.validUntil", "a moment in the future")
	}
	return bounded(boundedText{"disposition", in.Disposition, 500}, boundedText{"payerReference", in.PayerReference, 120},
		boundedText{"errorCode", in.ErrorCode, 60})
}

// answered writes what a payer answered to the attempt that is under way, and lets go on what waited for it. An answer
// takes the place of an earlier one, whole; an attempt that failed leaves it, and says why itself.
func (c *change) answered(found *ent.BenefitVerification, in model.RecordVerificationResultInput, detail *string) error {
	now := clock.Now(c)
	if err := heard(in, now); err != nil {
		return err
	}
	if err := gate.Lock(c, c.tx.Client(), found.PatientID); err != nil {
		return err
	}
	var err error
	if found.Status == code.VerificationStatusSubmitted {
		if found, err = c.verified(found, code.VerificationStatusInProgress, nil, nil); err != nil {
			return err
		}
	}
	failed, complete := in.Outcome == code.VerificationOutcomeError, in.Outcome == code.VerificationOutcomeComplete
	done, err := c.verified(found, outcomes[in.Outcome], nil, func(u *ent.BenefitVerificationUpdateOne) {
		if u.ClearDueAt(); failed {
			u.SetErrorCode(*in.ErrorCode)
			return
		}
		u.ClearErrorCode()
		said(in.Result, u.SetResult, u.ClearResult)
		said(in.Disposition, u.SetDisposition, u.ClearDisposition)
		said(in.PayerReference, u.SetPayerReference, u.ClearPayerReference)
		said(in.ValidUntil, u.SetValidUntil, u.ClearValidUntil)
		if complete {
			u.SetCompletedAt(now).SetReverifyAt(again(now, *in.ValidUntil))
		}
	})
	if err != nil {
		return err
	}
	if failed && detail == nil {
		detail = in.Disposition
	}
	err = c.tx.VerificationAttempt.Update().
		Where(verificationattempt.VerificationID(done.ID), verificationattempt.Seq(done.Attempt), verificationattempt.OutcomeEQ(code.VerificationOutcomeQueued)).
		SetOutcome(in.Outcome).SetAnsweredAt(now).SetNillableErrorCode(in.ErrorCode).SetNillableDetail(detail).Exec(c.system)
	if err != nil || failed {
		return err
	}
	if err := c.benefits(done, in.Benefits); err != nil || !complete {
		return err
	}
	if err := c.reverified(done); err != nil {
		return err
	}
	return c.coverageVerified(done.PatientID)
}

// said sets what is said, and clears what is not.
func said[T any, U any](value *T, set func(T) U, clear func() U) {
	if value != nil {
		set(*value)
	} else {
		clear()
	}
}

// coverageVerified lets the patient's enrollments go on that waited for the verification.
func (c *change) coverageVerified(patient uuid.UUID) error {
	waiting, err := c.tx.Enrollment.Query().
		Where(enrollment.PatientID(patient), enrollment.StatusEQ(code.EnrollmentStatusReady)).All(c.system)
	if err != nil {
		return err
	}
	for _, e := range waiting {
		a, err := gate.Activation(c, c.tx.Client(), e.PatientID, e.ProgramID, e.Eligibility, clock.Now(c))
		if err != nil {
			return err
		}
		if !a.CoverageRequired {
			continue
		}
		if _, err := c.ready(e, a); err != nil {
			return err
		}
	}
	return nil
}

// benefits writes what is paid; an answer that is given anew replaces the one of an earlier attempt.
func (c *change) benefits(v *ent.BenefitVerification, in []*model.CoverageBenefitInput) error {
	if _, err := c.tx.CoverageBenefit.Delete().Where(coveragebenefit.VerificationID(v.ID)).Exec(c.system); err != nil {
		return err
	}
	seen := map[bool]bool{}
	for i, b := range in {
		path := fmt.Sprintf("input.benefits[%d]", i)
		if seen[b.InNetwork] {
			return fault.Input(path+".inNetwork", "each network at most once")
		}
		seen[b.InNetwork] = true
		create := c.tx.CoverageBenefit.Create().SetVerificationID(v.ID).SetInNetwork(b.InNetwork).SetCurrency(b.Currency)
		s := sums{currency: b.Currency, path: path}
		if _, err := money.Of(0, b.Currency); err != nil {
			return fault.Input(path+".currency", "%s", err.Error())
		}
		set := func(name string, of *model.BenefitAmountInput, limit, applied, remaining func(int64) *ent.CoverageBenefitCreate) {
			if of != nil {
				s.ceiling(name, of, limit, applied, remaining)
			}
		}
		set("deductibleIndividual", b.DeductibleIndividual, create.SetDeductibleIndividualLimit, create.SetDeductibleIndividualApplied, create.SetDeductibleIndividualRemaining)
		set("deductibleFamily", b.DeductibleFamily, create.SetDeductibleFamilyLimit, create.SetDeductibleFamilyApplied, create.SetDeductibleFamilyRemaining)
		set("outOfPocketIndividual", b.OutOfPocketIndividual, create.SetOutOfPocketIndividualLimit, create.SetOutOfPocketIndividualApplied, create.SetOutOfPocketIndividualRemaining)
		set("outOfPocketFamily", b.OutOfPocketFamily, create.SetOutOfPocketFamilyLimit, create.SetOutOfPocketFamilyApplied, create.SetOutOfPocketFamilyRemaining)
		s.sum("copay", b.Copay, create.SetCopay)
		if s.err != nil {
			return s.err
		}
		if p := b.CoinsuranceBasisPoints; p != nil && (*p < 0 || *p > 10000) {
			return fault.Input(path+".coinsuranceBasisPoints", "0 to 10000")
		}
		if b.Notes != nil && len([]rune(*b.Notes)) > 1000 {
			return fault.Input(path+".notes", "at most 1000 characters")
		}
		err := create.SetNillableCoinsuranceBasisPoints(b.CoinsuranceBasisPoints).SetNillablePriorAuthorizationRequired(b.PriorAuthorizationRequired).
			SetNillableStepTherapy(b.StepTherapy).SetNillableNotes(b.Notes).Exec(c.system)
		if err != nil {
			return err
		}
	}
	return nil
}

// sums reads the sums of one network, and keeps the first that can not be.
type sums struct {
	currency, path string
	err            error
}

// sum reads one sum, if it is given.
func (s *sums) sum(field string, text *money.Decimal, set func(int64) *ent.CoverageBenefitCreate) *int64 {
	if text == nil || s.err != nil {
		return nil
	}
	minor, err := text.Minor(s.currency)
	if err != nil {
		if !errors.Is(err, money.ErrDecimals) {
			err = money.ErrDecimal
		}
		s.err = fault.Input(s.path+"."+field, "%s", err.Error())
		return nil
	}
	set(minor)
	return &minor
}

// ceiling reads a sum that is used up.
func (s *sums) ceiling(field string, of *model.BenefitAmountInput, setLimit, setApplied, setRemaining func(int64) *ent.CoverageBenefitCreate) {
	limit := s.sum(field+".limit", of.Limit, setLimit)
	applied := s.sum(field+".applied", of.Applied, setApplied)
	remaining := s.sum(field+".remaining", of.Remaining, setRemaining)
	switch {
	case s.err != nil || limit == nil:
	case applied != nil && *applied > *limit:
		s.err = fault.Input(s.path+"."+field+".applied", "not more than the limit")
	case remaining != nil && *remaining > *limit:
		s.err = fault.Input(s.path+"."+field+".remaining", "not more than the limit")
	}
}
