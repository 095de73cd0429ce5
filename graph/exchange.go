package graph

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/verificationattempt"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/payer"
)

// What an exchange with payers goes by.
const (
	// answerWithin is how long a payer has to answer: a business day, as batches of eligibility inquiries are answered.
	answerWithin = 24 * time.Hour
	// submitAgain is the pause before an inquiry that could not be handed over is submitted again, until answerWithin.
	submitAgain = time.Minute
	// exchangePart bounds what one turn takes each way.
	exchangePart = 50
)

// The error codes of attempts that came to nothing.
const (
	errorTimeout     = "TIMEOUT"     // no answer in time
	errorTransport   = "TRANSPORT"   // the inquiry could not be handed over in time
	errorImplausible = "IMPLAUSIBLE" // the answer contradicts itself
	errorCancelled   = "CANCELLED"   // the verification was given up
)

// givenUpFor are the error codes of attempts whose answer may still come.
var givenUpFor = []string{errorTimeout, errorTransport}

// Exchange carries verifications to payers and takes in what they answer, over a clearinghouse. It writes what it does
// in transactions of its own, between the calls: one that is killed at any moment goes on where it was, submits again
// what it does not know to have arrived, and takes each answer in once.
type Exchange struct {
	Client *ent.Client
	House  payer.Clearinghouse
	Logger *slog.Logger
}

// Turn takes in what has come, submits what waits, and reports whether there may be more. The context must be a system one.
func (x *Exchange) Turn(ctx context.Context) (more bool, err error) {
	fetched, failed := x.receive(ctx)
	waiting, err := x.Client.BenefitVerification.Query().Where(
		benefitverification.StatusEQ(code.VerificationStatusSubmitted), benefitverification.MethodEQ(code.VerificationMethodElectronic),
		benefitverification.DueAtLTE(clock.Now(ctx)),
	).Order(benefitverification.ByDueAt(), benefitverification.ByID()).Limit(exchangePart).All(ctx)
	if err != nil {
		return false, errors.Join(failed, err)
	}
	for _, v := range waiting {
		switch err := x.submit(ctx, v); {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil && fault.CodeOf(err) != fault.Conflict: // one that can not be asked holds up no other
			x.Logger.ErrorContext(ctx, "a payer could not be asked", "verification", v.ID, "error", err)
		}
	}
	return failed == nil && (fetched == exchangePart || len(waiting) == exchangePart), failed
}

// receive takes in what has come. Its error is the clearinghouse's; an answer that can not be taken in is said and holds up
// no other.
func (x *Exchange) receive(ctx context.Context) (fetched int, err error) {
	came, err := x.House.Responses(ctx, exchangePart)
	if err != nil {
		return 0, err
	}
	for _, r := range came {
		err := x.take(ctx, r)
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case fault.CodeOf(err) == fault.Conflict: // somebody changed the row meanwhile; the next turn looks anew
			continue
		case err != nil:
			x.Logger.ErrorContext(ctx, "a payer's answer could not be taken in", "trace", r.Trace, "error", err)
			continue
		}
		if err := x.House.Acknowledge(ctx, r.ID); err != nil {
			return 0, err
		}
	}
	return len(came), nil
}

// once does something in a transaction of its own.
func (x *Exchange) once(ctx context.Context, do func(*change) error) error {
	return part(ctx, x.Client, "exchange with payers", do)
}

// submit hands one inquiry over. Whether it may still be asked is looked at again: a consent may have been revoked since.
func (x *Exchange) submit(ctx context.Context, v *ent.BenefitVerification) error {
	in, unmet, err := x.inquiry(ctx, v)
	if ent.IsNotFound(err) { // there is no attempt, or nothing left to ask about: nobody could take the answer in
		return x.once(ctx, func(c *change) error { return c.attemptFailed(v, errorTransport) })
	}
	if err != nil {
		return err
	}
	if len(unmet) > 0 {
		return x.once(ctx, func(c *change) error {
			note := (&lifecycle.UnmetError{Gates: unmet}).Error()
			if _, err := c.verified(v, code.VerificationStatusCancelled, &note, func(u *ent.BenefitVerificationUpdateOne) { u.ClearDueAt() }); err != nil {
				return err
			}
			return c.attemptOver(v, errorCancelled, note)
		})
	}
	failure := x.House.Submit(ctx, in)
	if failure == nil {
		return x.once(ctx, func(c *change) error {
			_, err := c.verified(v, code.VerificationStatusInProgress, nil, func(u *ent.BenefitVerificationUpdateOne) {
				u.SetDueAt(clock.Now(c).Add(answerWithin))
			})
			return err
		})
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	x.Logger.WarnContext(ctx, "an inquiry could not be handed over", "trace", in.Trace, "error", failure)
	return x.once(ctx, func(c *change) error {
		attempt, err := c.attemptOf(v)
		if err != nil {
			return err
		}
		if clock.Now(c).Sub(attempt.SubmittedAt) >= answerWithin {
			return c.attemptFailed(v, errorTransport)
		}
		err = c.tx.BenefitVerification.UpdateOneID(v.ID).Where(benefitverification.Version(v.Version)).SetDueAt(clock.Now(c).Add(submitAgain)).Exec(c)
		return changedOr(err)
	})
}

// inquiry is what the payer is asked, or the gates that forbid to ask.
func (x *Exchange) inquiry(ctx context.Context, v *ent.BenefitVerification) (payer.Inquiry, []lifecycle.Unmet, error) {
	var in payer.Inquiry
	of, err := x.Client.Coverage.Query().Where(coverage.ID(v.CoverageID)).WithPayer().Only(ctx)
	if err != nil {
		return in, nil, err
	}
	program, err := programOf(ctx, x.Client, v)
	if err != nil {
		return in, nil, err
	}
	unmet, err := gate.Inquiry(ctx, x.Client, of, program, clock.Now(ctx))
	if err != nil || len(unmet) > 0 {
		return in, unmet, err
	}
	attempt, err := x.Client.VerificationAttempt.Query().
		Where(verificationattempt.VerificationID(v.ID), verificationattempt.Seq(v.Attempt)).Only(ctx)
	if err != nil {
		return in, nil, err
	}
	in = payer.Inquiry{
		Trace: attempt.ID, Payer: of.Edges.Payer.Name, MemberID: *of.MemberID, GroupID: of.GroupID, BIN: of.Bin, PCN: of.Pcn,
		SubscriberName: of.SubscriberName, SubscriberBirthDate: *of.SubscriberBirthDate, Purposes: v.Purposes,
	}
	if v.ProductID != nil {
		product, err := x.Client.Product.Get(ctx, *v.ProductID)
		if err != nil {
			return in, nil, err
		}
		in.Product = &product.Name
	}
	return in, nil, nil
}

// take takes one response in: the answer to an attempt that nobody has answered. What comes to one that was answered
// before, or to none, changes nothing.
func (x *Exchange) take(ctx context.Context, r payer.Response) error {
	r.Answer = cleaned(known(r.Answer))
	err := x.once(ctx, func(c *change) error { return c.take(r, nil) })
	if why := implausible(err); why != nil {
		x.Logger.WarnContext(ctx, "a payer's answer contradicts itself", "trace", r.Trace)
		wrong := errorImplausible
		r.Answer = model.RecordVerificationResultInput{Outcome: code.VerificationOutcomeError, ErrorCode: &wrong}
		err = x.once(ctx, func(c *change) error { return c.take(r, why) })
	}
	if ent.IsNotFound(err) {
		x.Logger.WarnContext(ctx, "a payer answers what nobody asked", "trace", r.Trace)
		return nil
	}
	return err
}

// implausible says what of an answer was refused; nil where it was taken in, or failed otherwise.
func implausible(err error) *string {
	why := ""
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Code == fault.BadUserInput {
		why = strings.TrimPrefix(f.Argument, "input.") + ": " + f.Message
	} else if ent.IsValidationError(err) {
		why = err.Error()
	} else {
		return nil
	}
	why = clip(why, 500)
	return &why
}

// cleaned is the answer in texts that can be kept: a payer writes what it likes.
func cleaned(a model.RecordVerificationResultInput) model.RecordVerificationResultInput {
	keep := func(text *string, limit int) *string {
		if text == nil {
			return nil
		}
		kept := strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(*text, ""), "\x00", ""))
		if kept = clip(kept, limit); kept == "" {
			return nil
		}
		return &kept
	}
	a.Disposition, a.PayerReference, a.ErrorCode = keep(a.Disposition, 500), keep(a.PayerReference, 120), keep(a.ErrorCode, 60)
	a.Benefits = slices.Clone(a.Benefits)
	for i, b := range a.Benefits {
		one := *b
		one.Notes = keep(b.Notes, 1000)
		a.Benefits[i] = &one
	}
	return a
}

// known is the answer in words that are known here.
func known(a model.RecordVerificationResultInput) model.RecordVerificationResultInput {
	if a.Result == nil || slices.Contains(a.Result.Values(), string(*a.Result)) {
		return a
	}
	said := string(*a.Result)
	if a.Disposition != nil {
		said += ": " + *a.Disposition
	}
	said = clip(said, 500)
	unknown := code.VerificationResultUnknown
	a.Result, a.Disposition = &unknown, &said
	return a
}

// clip shortens a text to what is kept of it.
func clip(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}

// take takes a response in as an answer of the attempt that its trace names.
func (c *change) take(r payer.Response, detail *string) error {
	attempt, err := c.tx.VerificationAttempt.Get(c, r.Trace)
	if err != nil {
		return err
	}
	queued, givenUp := attempt.Outcome == code.VerificationOutcomeQueued, slices.Contains(givenUpFor, or(attempt.ErrorCode, "")) && attempt.Detail == nil
	if !queued && !givenUp {
		return nil // it was delivered before, or answered otherwise
	}
	v, err := c.tx.BenefitVerification.Get(c, attempt.VerificationID)
	if err != nil {
		return err
	}
	if queued {
		return c.answered(v, r.Answer, detail)
	}
	return c.takeLate(attempt, v, r.Answer, detail)
}

// takeLate takes an answer in that comes after the attempt was given up. That it came is kept; it counts, as another
// attempt, where nobody has asked again and the patient still permits it.
func (c *change) takeLate(attempt *ent.VerificationAttempt, v *ent.BenefitVerification, answer model.RecordVerificationResultInput, detail *string) error {
	if err := gate.Lock(c, c.tx.Client(), v.PatientID); err != nil {
		return err
	}
	now := clock.Now(c)
	if err := c.tx.VerificationAttempt.UpdateOneID(attempt.ID).SetDetail("answered too late, at " + now.Format(time.RFC3339)).Exec(c); err != nil {
		return err
	}
	if v.Status != code.VerificationStatusError || attempt.Seq != v.Attempt {
		return nil
	}
	of, err := c.tx.Coverage.Get(c, v.CoverageID)
	if err != nil {
		return err
	}
	program, err := programOf(c, c.tx.Client(), v)
	if err != nil {
		return err
	}
	if unmet, err := gate.Inquiry(c, c.tx.Client(), of, program, now); err != nil || len(unmet) > 0 {
		return err
	}
	note := "answered too late"
	again, err := c.verified(v, code.VerificationStatusSubmitted, &note, func(u *ent.BenefitVerificationUpdateOne) { u.SetAttempt(v.Attempt + 1).ClearErrorCode() })
	if err != nil {
		return err
	}
	err = c.tx.VerificationAttempt.Create().SetVerificationID(v.ID).SetSeq(again.Attempt).SetSubmittedAt(now).SetMethod(v.Method).Exec(c)
	if err != nil {
		return err
	}
	return c.answered(again, answer, detail)
}

// attemptOf reads the attempt that is under way.
func (c *change) attemptOf(v *ent.BenefitVerification) (*ent.VerificationAttempt, error) {
	return c.tx.VerificationAttempt.Query().
		Where(verificationattempt.VerificationID(v.ID), verificationattempt.Seq(v.Attempt)).Only(c.system)
}

// attemptFailed ends an attempt to which no answer came.
func (c *change) attemptFailed(v *ent.BenefitVerification, why string) (err error) {
	if v.Status == code.VerificationStatusSubmitted {
		if v, err = c.verified(v, code.VerificationStatusInProgress, nil, nil); err != nil {
			return err
		}
	}
	if v, err = c.verified(v, code.VerificationStatusError, nil, func(u *ent.BenefitVerificationUpdateOne) { u.SetErrorCode(why).ClearDueAt() }); err != nil {
		return err
	}
	return c.attemptOver(v, why, "")
}

// attemptOver ends an attempt to which no answer came.
func (c *change) attemptOver(v *ent.BenefitVerification, errorCode, detail string) error {
	update := c.tx.VerificationAttempt.Update().
		Where(verificationattempt.VerificationID(v.ID), verificationattempt.Seq(v.Attempt), verificationattempt.OutcomeEQ(code.VerificationOutcomeQueued)).
		SetOutcome(code.VerificationOutcomeError).SetAnsweredAt(clock.Now(c)).SetErrorCode(errorCode)
	if detail != "" {
		update.SetDetail(clip(detail, 500))
	}
	return update.Exec(c.system)
}
