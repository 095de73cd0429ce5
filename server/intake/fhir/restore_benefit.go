package fhir

import (
	"errors"
	"strings"

	"github.com/carehub/carehub/ent"
	entverification "github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/code"
	entbenefit "github.com/carehub/carehub/ent/coveragebenefit"
	"github.com/carehub/carehub/ent/money"
	entpermit "github.com/carehub/carehub/ent/priorauthorization"
	entattempt "github.com/carehub/carehub/ent/verificationattempt"
	out "github.com/carehub/carehub/server/export/fhir"
)

func (l *load) restoreVerification(x *exact, v *out.CoverageEligibilityResponse) func() {
	if len(v.Insurance) != 1 {
		x.refuse("CoverageEligibilityResponse.insurance", "an export has one")
		return nil
	}
	c := l.tx.BenefitVerification.Create().SetPatientID(x.owner("patient", v.Patient)).
		SetCoverageID(x.needs("insurance.coverage", v.Insurance[0].Coverage, coverages)).
		SetNillableEnrollmentID(x.refer(x.path("enrollment"), x.extension("enrollment").ValueReference, enrollments)).
		SetNillableProductID(x.product()).
		SetNillableSupersedesID(x.earlier("supersedes", verifications)).
		SetStatus(must(x, "verification-status", entverification.StatusValidator)).
		SetMethod(must(x, "verification-method", entverification.MethodValidator)).
		SetNillableResult(picked(x, "verification-result", entverification.ResultValidator)).
		SetNillableDisposition(x.text("disposition", v.Disposition, entverification.DispositionValidator)).
		SetNillablePayerReference(x.words("payer-reference", entverification.PayerReferenceValidator)).
		SetNillableAttempt(x.number("attempts", entverification.AttemptValidator)).
		SetNillableSubmittedAt(x.when("submitted-at")).SetNillableCompletedAt(x.when("completed-at")).
		SetNillableValidUntil(x.when("valid-until")).SetNillableReverifyAt(x.when("reverify-at"))
	var purposes []code.VerificationPurpose
	for _, p := range v.Purpose {
		purposes = append(purposes, chosen(x, "CoverageEligibilityResponse.purpose", unwired(p), purpose))
	}
	if purposes != nil {
		c.SetPurposes(purposes)
	}
	if len(v.Error) > 0 {
		c.SetNillableErrorCode(x.text("error.code.text", says(v.Error[0].Code), entverification.ErrorCodeValidator))
	}
	attempts, benefits, history := x.attempts(), x.benefits(v.Insurance[0].Item), x.changes(x.all("status-change"))
	return func() {
		l.verifications = append(l.verifications, c.SetID(x.it.key))
		for _, a := range attempts {
			l.attempts = append(l.attempts, a.SetVerificationID(x.it.key))
		}
		for _, b := range benefits {
			l.benefits = append(l.benefits, b.SetVerificationID(x.it.key))
		}
		for _, h := range history {
			l.history = append(l.history, h.SetBenefitVerificationID(x.it.key))
		}
	}
}

// errPurpose refuses what a payer is not asked.
var errPurpose = errors.New("no purpose of a verification")

// purpose is the rule of purposes, which are no column of their own.
func purpose(p code.VerificationPurpose) error {
	for _, known := range p.Values() {
		if known == string(p) {
			return nil
		}
	}
	return errPurpose
}

// attempts reads the times that a payer was asked.
func (x *exact) attempts() []*ent.VerificationAttemptCreate {
	var rows []*ent.VerificationAttemptCreate
	taken := map[int]bool{}
	for _, e := range x.all("attempt") {
		of := x.part(e.Extension)
		rows = append(rows, x.l.tx.VerificationAttempt.Create().
			SetSeq(x.placed(of, "attempt", taken, "seq", entattempt.SeqValidator)).
			SetSubmittedAt(of.began("extension(submitted-at)", of.extension("submitted-at").ValueDateTime)).
			SetNillableAnsweredAt(of.when("answered-at")).
			SetOutcome(must(of, "outcome", entattempt.OutcomeValidator)).
			SetMethod(must(of, "method", entattempt.MethodValidator)).
			SetNillableErrorCode(of.words("error-code", entattempt.ErrorCodeValidator)).
			SetNillableDetail(of.words("detail", entattempt.DetailValidator)))
	}
	return rows
}

// benefits reads what a payer said that it pays. Sums are in minor units again, exactly.
func (x *exact) benefits(items []out.InsuranceItem) []*ent.CoverageBenefitCreate {
	const path = "CoverageEligibilityResponse.insurance.item"
	var rows []*ent.CoverageBenefitCreate
	told := map[bool]bool{}
	for _, item := range items {
		of := &exact{reader: x.reader, l: x.l, it: x.it, extensions: item.Extension}
		network := codeIn(item.Network, out.Networks)
		in := network == "in"
		if network != "in" && network != "out" || told[in] {
			x.refuse(path+".network", "neither in nor out, or said twice")
		}
		told[in] = true
		currency := of.extension("currency").ValueCode
		if _, err := money.Of(0, currency); err != nil {
			x.refuse(path+".extension(currency)", "%v", err)
		}
		c := x.l.tx.CoverageBenefit.Create().SetInNetwork(in).SetCurrency(currency).
			SetNillableCoinsuranceBasisPoints(of.number("coinsurance-basis-points", entbenefit.CoinsuranceBasisPointsValidator)).
			SetNillableStepTherapy(of.extension("step-therapy").ValueBoolean).
			SetNillablePriorAuthorizationRequired(item.AuthorizationRequired).
			SetNillableNotes(x.text("insurance.item.description", item.Description, entbenefit.NotesValidator))
		for _, b := range item.Benefit {
			x.sums(c, b, currency)
		}
		rows = append(rows, c)
	}
	return rows
}

// sums reads a benefit into the columns of its name. What is used or remains is no more than the limit.
func (x *exact) sums(c *ent.CoverageBenefitCreate, b out.Benefit, currency string) {
	const path = "CoverageEligibilityResponse.insurance.item.benefit"
	column := strings.ReplaceAll(codeIn(b.Type, out.Sums), "-", "_")
	remaining := (&exact{reader: x.reader, it: x.it, extensions: b.Extension}).extension("remaining").ValueMoney
	columns := map[string]*out.Money{column + "_limit": b.AllowedMoney, column + "_applied": b.UsedMoney, column + "_remaining": remaining}
	if column == entbenefit.FieldCopay {
		columns = map[string]*out.Money{column: b.AllowedMoney}
	}
	minor := func(m *out.Money) int64 {
		sum, err := money.Decimal(m.Value).Minor(m.Currency)
		if err != nil {
			x.refuse(path, "%v", err)
		} else if m.Currency != currency {
			x.refuse(path, "another currency than the rest")
		}
		return sum
	}
	for name, m := range columns {
		if m == nil {
			continue
		}
		sum := minor(m)
		if !entbenefit.ValidColumn(name) || !strings.Contains(name, column) || c.Mutation().SetField(name, sum) != nil {
			x.refuse(path+".type", "no sum of its code system")
		} else if b.AllowedMoney != nil && sum > minor(b.AllowedMoney) {
			x.refuse(path, "what is used or remains is more than the limit")
		}
	}
}

func (l *load) restoreAuthorization(x *exact, a *out.ClaimResponse) func() {
	if len(a.Insurance) != 1 {
		x.refuse("ClaimResponse.insurance", "an export has one")
		return nil
	}
	c := l.tx.PriorAuthorization.Create().SetPatientID(x.owner("patient", a.Patient)).
		SetCoverageID(x.needs("insurance.coverage", a.Insurance[0].Coverage, coverages)).
		SetNillableVerificationID(x.refer(x.path("verification"), x.extension("verification").ValueReference, verifications)).
		SetNillableProductID(x.product()).
		SetStatus(must(x, "authorization-status", entpermit.StatusValidator)).
		SetNillableNumber(x.text("preAuthRef", a.PreAuthRef, entpermit.NumberValidator)).
		SetNillableSubmittedAt(x.when("submitted-at")).SetNillableDecidedAt(x.when("decided-at")).
		SetNillableReason(x.text("disposition", a.Disposition, entpermit.ReasonValidator))
	if a.PreAuthPeriod != nil {
		c.SetNillableValidFrom(x.date("preAuthPeriod.start", a.PreAuthPeriod.Start)).
			SetNillableValidUntil(x.date("preAuthPeriod.end", a.PreAuthPeriod.End))
	}
	history := x.changes(x.all("status-change"))
	return func() {
		l.permits = append(l.permits, c.SetID(x.it.key))
		for _, h := range history {
			l.history = append(l.history, h.SetPriorAuthorizationID(x.it.key))
		}
	}
}
