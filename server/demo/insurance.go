package demo

import (
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// insure adds the patient's insurance: one policy, for some a second.
func (w *world) insure(p *page, one *patient, d dice) {
	age := one.birth.YearsUntil(w.now)
	kind := roll(d, []weighed[code.CoverageKind]{{80, code.CoverageKindMedical}, {20, code.CoverageKindGovernment}})
	if age >= 65 {
		kind = code.CoverageKindGovernment
	}
	from := code.DateOf(w.now.Add(-d.days(370, 900)))
	one.policy = newKey()
	first := w.tx.Coverage.Create().SetID(one.policy).SetPatientID(one.id).SetPayerID(pick(d, w.payers).id).SetPlanName(pick(d, []string{"Gold", "Silver", "Standard", "Advantage"})).
		SetMemberID("DEMO-" + d.DigitN(8)).SetGroupID("G" + d.DigitN(4)).SetKind(kind).SetStatus(code.CoverageStatusActive).
		SetPriority(1).SetPeriodStart(from).SetSubscriberRelationship(code.SubscriberRelationshipSelf).
		SetSubscriberName(one.given + " " + one.family).SetSubscriberBirthDate(one.birth)
	if one.minor {
		first.SetSubscriberRelationship(code.SubscriberRelationshipChild).SetSubscriberName(d.FirstName() + " " + one.family).
			SetSubscriberBirthDate(code.DateOf(one.birth.Time().Add(-30 * year)))
	}
	if one.dead {
		first.SetStatus(code.CoverageStatusCancelled).SetPeriodEnd(code.DateOf(one.until))
	}
	p.coverages = append(p.coverages, first)
	if d.percent(30) {
		p.coverages = append(p.coverages, w.tx.Coverage.Create().SetPatientID(one.id).SetPayerID(pick(d, w.payers).id).SetPlanName("Pharmacy").
			SetMemberID("DEMO-"+d.DigitN(8)).SetBin(d.DigitN(6)).SetPcn("DEMO").SetKind(code.CoverageKindPharmacy).
			SetStatus(code.CoverageStatusActive).SetPriority(2).SetPeriodStart(from))
	}
}

// unverified are the verifications of those who wait, by how far one has come.
var unverified = []weighed[code.VerificationStatus]{
	{30, code.VerificationStatusSubmitted},
	{20, code.VerificationStatusInProgress},
	{25, code.VerificationStatusPartial},
	{25, code.VerificationStatusError},
}

// verify adds what the payer was asked for an enrollment in a program that demands coverage, and answered: before it is
// active, or nothing yet.
func (w *world) verify(p *page, j *journey, d dice) {
	ready, consented := j.at(code.EnrollmentStatusReady)
	if !j.program.coverage || !consented {
		return
	}
	coordinator := w.users[j.program.coordinator]
	began, active := j.at(code.EnrollmentStatusActive)
	id, status := newKey(), code.VerificationStatusComplete
	if !active {
		began, status = w.now, roll(d, unverified)
	}
	submitted := ready.Add(began.Sub(ready) / 8)
	answered := submitted.Add(began.Sub(submitted) / 2)
	create := w.tx.BenefitVerification.Create().SetID(id).SetPatientID(j.patient.id).SetCoverageID(j.patient.policy).
		SetProductID(j.patient.product.id).SetPurposes([]code.VerificationPurpose{code.VerificationPurposeBenefits, code.VerificationPurposeAuthRequirements}).
		SetMethod(code.VerificationMethodPhone).SetRequestedByID(coordinator).SetAttempt(1).SetSubmittedAt(submitted).SetCreatedAt(submitted)
	attempt := w.tx.VerificationAttempt.Create().SetVerificationID(id).SetSeq(1).SetSubmittedAt(submitted).SetMethod(code.VerificationMethodPhone).SetCreatedAt(submitted)
	steps := []step[code.VerificationStatus]{
		{to: code.VerificationStatusDraft, at: submitted, by: &coordinator}, {to: code.VerificationStatusSubmitted, at: submitted, by: &coordinator},
	}
	if status != code.VerificationStatusSubmitted {
		steps = append(steps, step[code.VerificationStatus]{to: code.VerificationStatusInProgress, at: answered, by: &coordinator})
	}
	switch status {
	case code.VerificationStatusComplete:
		attempt.SetOutcome(code.VerificationOutcomeComplete).SetAnsweredAt(answered)
		until := w.now.Add(d.days(10, 300))
		create.SetCompletedAt(answered).SetValidUntil(until).SetReverifyAt(until.Add(-min(30*24*time.Hour, until.Sub(w.now)/2))).
			SetPayerReference("DEMO-" + d.DigitN(9)).SetDisposition("active coverage").SetResult(roll(d, []weighed[code.VerificationResult]{
			{75, code.VerificationResultCovered}, {20, code.VerificationResultPriorAuthorizationRequired}, {5, code.VerificationResultUnknown},
		}))
		p.benefits = append(p.benefits, w.benefit(d).SetVerificationID(id).SetCreatedAt(answered))
	case code.VerificationStatusPartial:
		attempt.SetOutcome(code.VerificationOutcomePartial).SetAnsweredAt(answered)
		create.SetDisposition("the payer calls back about the deductible")
	case code.VerificationStatusError:
		attempt.SetOutcome(code.VerificationOutcomeError).SetAnsweredAt(answered).SetErrorCode("NOT_REACHED")
		create.SetErrorCode("NOT_REACHED")
	}
	if status != code.VerificationStatusSubmitted && status != code.VerificationStatusInProgress {
		steps = append(steps, step[code.VerificationStatus]{to: status, at: answered, by: &coordinator})
	}
	p.verifications = append(p.verifications, create.SetStatus(status).SetVersion(len(steps)))
	p.attempts = append(p.attempts, attempt)
	p.changes = append(p.changes, changes(w.tx, steps, func(c *ent.StatusChangeCreate) { c.SetBenefitVerificationID(id) })...)
}

// benefit is what a payer says of its network.
func (w *world) benefit(d dice) *ent.CoverageBenefitCreate {
	limit := int64(50_000 * (1 + d.IntN(8)))
	used := int64(d.IntN(int(limit)))
	most := limit * 4
	return w.tx.CoverageBenefit.Create().SetInNetwork(true).SetCurrency("USD").SetCopay(int64(500 * d.IntN(12))).
		SetDeductibleIndividualLimit(limit).SetDeductibleIndividualApplied(used).SetDeductibleIndividualRemaining(limit - used).
		SetOutOfPocketIndividualLimit(most).SetOutOfPocketIndividualApplied(used).SetOutOfPocketIndividualRemaining(most - used).
		SetCoinsuranceBasisPoints(1000 * d.IntN(4)).SetStepTherapy(d.percent(15))
}
