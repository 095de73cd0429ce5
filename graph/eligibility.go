package graph

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/condition"
	"github.com/carehub/carehub/ent/coverage"
	"github.com/carehub/carehub/ent/criterion"
	"github.com/carehub/carehub/ent/eligibilityanswer"
	"github.com/carehub/carehub/ent/eligibilitycriterion"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/treatment"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// EligibilityForm resolves Query.eligibilityForm.
func (r queryResolver) EligibilityForm(ctx context.Context, programID gid.ID) (*model.EligibilityForm, error) {
	if err := expect(programID, "program", "programId"); err != nil {
		return nil, err
	}
	program, err := r.Client.CareProgram.Get(ctx, programID.UUID)
	if err != nil {
		return nil, missing(err, "program", "programId")
	}
	form := &model.EligibilityForm{Program: program}
	for _, in := range criterion.Inputs {
		form.Inputs = append(form.Inputs, &model.EligibilityInput{Name: in.Name, Type: in.Type.String(), Description: in.Description})
	}
	return form, nil
}

// Answers resolves Enrollment.answers.
func (r enrollmentResolver) Answers(ctx context.Context, obj *ent.Enrollment, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.EligibilityAnswer], error) {
	return relay.Each(ctx, r.Client.EligibilityAnswer.Query, list.EnrollmentAnswers, obj.ID, page(first, after, last, before), r.Client.LoadEligibilityAnswer)
}

// SubmitEligibility resolves Mutation.submitEligibility.
func (r mutationResolver) SubmitEligibility(ctx context.Context, input model.SubmitEligibilityInput) (*model.SubmitEligibilityPayload, error) {
	now, _, err := r.step(ctx, "submitEligibility", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.referral(input.EnrollmentID)
		if err != nil {
			return nil, err
		}
		return c.answerCriteria(e, input.Answers)
	})
	if err != nil {
		return nil, err
	}
	return &model.SubmitEligibilityPayload{Enrollment: now}, nil
}

// AnswerPrescreener resolves Mutation.answerPrescreener.
func (r mutationResolver) AnswerPrescreener(ctx context.Context, input model.AnswerPrescreenerInput) (*model.AnswerPrescreenerPayload, error) {
	now, unmet, err := r.step(ctx, "answerPrescreener", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.enrolled(input.EnrollmentID, nil)
		if err != nil {
			return nil, err
		}
		if err := c.prescreened(e); err != nil {
			return nil, err
		}
		return c.answerCriteria(e, input.Answers)
	})
	if err != nil {
		return nil, err
	}
	return &model.AnswerPrescreenerPayload{Enrollment: now, Unmet: unmet}, nil
}

// RecordEligibility resolves Mutation.recordEligibility.
func (r mutationResolver) RecordEligibility(ctx context.Context, input model.RecordEligibilityInput) (*model.RecordEligibilityPayload, error) {
	now, unmet, err := r.step(ctx, "recordEligibility", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.enrolled(input.EnrollmentID, nil)
		if err != nil {
			return nil, err
		}
		if err := c.prescreened(e); err != nil {
			return nil, err
		}
		return c.answerCriteria(e, input.Answers)
	})
	if err != nil {
		return nil, err
	}
	return &model.RecordEligibilityPayload{Enrollment: now, Unmet: unmet}, nil
}

// Bounds of answers.
const (
	maxAnswers = 100
	maxAnswer  = 1000
)

// answerCriteria keeps answers to the program's criteria and decides what expressions can decide. The first answers
// begin the screening.
func (c *change) answerCriteria(e *ent.Enrollment, answers []*model.EligibilityAnswerInput) (_ *ent.Enrollment, err error) {
	criteria, err := c.tx.EligibilityCriterion.Query().Where(eligibilitycriterion.ProgramID(e.ProgramID)).
		Order(eligibilitycriterion.BySeq()).All(c.system)
	if err != nil {
		return nil, err
	}
	// Where expressions decide everything, or there is nothing to decide, nothing is to be answered.
	asks := slices.ContainsFunc(criteria, func(of *ent.EligibilityCriterion) bool { return of.Expression == nil })
	if n := len(answers); n < 1 && asks || n > maxAnswers {
		return nil, fault.Input("input.answers", "1 to %d answers", maxAnswers)
	}
	switch e.Status {
	case code.EnrollmentStatusReferred:
		if e, err = c.become(c, e, code.EnrollmentStatusScreening, nil, nil); err != nil {
			return nil, err
		}
	case code.EnrollmentStatusScreening, code.EnrollmentStatusWaitlisted:
	default:
		return nil, fault.New(fault.InvalidTransition, "an enrollment in status %s is not screened any more", e.Status)
	}
	given, at := map[uuid.UUID]*model.EligibilityAnswerInput{}, map[uuid.UUID]string{}
	for i, a := range answers {
		argument := fmt.Sprintf("input.answers[%d].", i)
		of, err := c.criterionOf(a, criteria, argument)
		if err != nil {
			return nil, err
		}
		if given[of.ID] != nil {
			return nil, fault.Input(argument+"criterionId", "answered twice")
		}
		given[of.ID], at[of.ID] = a, argument
	}
	facts, err := c.facts(e)
	if err != nil {
		return nil, err
	}
	for _, of := range criteria {
		if err := c.settle(e, of, given[of.ID], at[of.ID], facts); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// criterionOf finds the criterion that an answer is to.
func (c *change) criterionOf(a *model.EligibilityAnswerInput, criteria []*ent.EligibilityCriterion, argument string) (*ent.EligibilityCriterion, error) {
	if err := expect(a.CriterionID, "criterion", argument+"criterionId"); err != nil {
		return nil, err
	}
	if a.Value != nil && utf8.RuneCountInString(*a.Value) > maxAnswer {
		return nil, fault.Input(argument+"value", "at most %d characters", maxAnswer)
	}
	for _, of := range criteria {
		if of.ID == a.CriterionID.UUID {
			return of, nil
		}
	}
	f := fault.Missing("criterion")
	f.Argument = argument + "criterionId"
	return nil, f
}

// settle writes the answer to a criterion, if one is given, and what is decided of it. What nobody answered and no
// expression decides is left alone; what an expression can not decide, for what is known of the patient is too little, a
// person does.
func (c *change) settle(e *ent.Enrollment, of *ent.EligibilityCriterion, given *model.EligibilityAnswerInput, argument string, facts criterion.Facts) error {
	if given == nil && of.Expression == nil {
		return nil
	}
	old, err := c.tx.EligibilityAnswer.Query().
		Where(eligibilityanswer.EnrollmentID(e.ID), eligibilityanswer.CriterionID(of.ID)).Only(c.system)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	var value *string
	switch {
	case given != nil:
		value = given.Value
	case old != nil:
		value = old.Value
	}
	result := code.AnswerResultUnknown
	if of.Expression != nil {
		known := criterion.Facts{}
		for name, fact := range facts {
			known[name] = fact
		}
		if value != nil {
			known["answer"] = *value
		}
		if result, err = criterion.Decide(of.Kind, *of.Expression, known); err != nil {
			return err
		}
		if result != code.AnswerResultUnknown && given != nil && given.Meets != nil {
			return fault.Input(argument+"meets", "an expression decides this criterion")
		}
		if result == code.AnswerResultUnknown && given == nil && old != nil {
			return nil // decided by a person
		}
	}
	if result == code.AnswerResultUnknown && given != nil && given.Meets != nil {
		if result = code.AnswerResultNotMet; *given.Meets {
			result = code.AnswerResultMet
		}
	}
	now := clock.Now(c)
	if old != nil {
		update := c.tx.EligibilityAnswer.UpdateOneID(old.ID).Where(eligibilityanswer.Version(old.Version)).
			SetResult(result).SetAnsweredAt(now).SetAnsweredByID(c.viewer.Key)
		if value != nil {
			update.SetValue(*value)
		}
		err = update.Exec(c)
		if ent.IsNotFound(err) {
			return changedMeanwhile()
		}
		c.record(code.AuditActionUpdate, ent.TypeEligibilityAnswer, &e.PatientID, old.ID)
		return err
	}
	made, err := c.tx.EligibilityAnswer.Create().SetEnrollmentID(e.ID).SetCriterionID(of.ID).SetNillableValue(value).
		SetResult(result).SetAnsweredAt(now).SetAnsweredByID(c.viewer.Key).Save(c)
	if err != nil {
		return err
	}
	c.record(code.AuditActionCreate, ent.TypeEligibilityAnswer, &e.PatientID, made.ID)
	return nil
}

// facts are what expressions may know of the enrollment's patient now.
func (c *change) facts(e *ent.Enrollment) (criterion.Facts, error) {
	patient, err := c.tx.Patient.Get(c.system, e.PatientID)
	if err != nil {
		return nil, err
	}
	now := clock.Now(c)
	facts := criterion.Facts{"sex": string(patient.Sex)}
	if patient.BirthDate != nil {
		facts["age"] = yearsBetween(patient.BirthDate.Time(), now)
	}
	if patient.AddressState != nil {
		facts["state"] = *patient.AddressState
	}
	conditions, err := c.tx.Condition.Query().Where(condition.PatientID(patient.ID), condition.SnomedCodeNotNil(),
		condition.ClinicalStatusIn(code.ClinicalStatusActive, code.ClinicalStatusRecurrence, code.ClinicalStatusRelapse)).All(c.system)
	if err != nil {
		return nil, err
	}
	facts["conditions"] = textsOf(conditions, func(row *ent.Condition) string { return *row.SnomedCode })
	treatments, err := c.tx.Treatment.Query().
		Where(treatment.PatientID(patient.ID), treatment.RxnormCodeNotNil(), treatment.StatusEQ(code.TreatmentStatusActive)).All(c.system)
	if err != nil {
		return nil, err
	}
	facts["treatments"] = textsOf(treatments, func(row *ent.Treatment) string { return *row.RxnormCode })
	today := code.DateOf(now)
	facts["insured"], err = c.tx.Coverage.Query().Where(
		coverage.PatientID(patient.ID), coverage.StatusEQ(code.CoverageStatusActive), coverage.KindNEQ(code.CoverageKindSelfPay),
		coverage.PeriodStartLTE(today), coverage.Or(coverage.PeriodEndIsNil(), coverage.PeriodEndGTE(today)),
	).Exist(c.system)
	return facts, err
}

func textsOf[Row any](rows []*Row, text func(*Row) string) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = text(row)
	}
	return out
}

// yearsBetween is an age: whole years by the calendar, and the part of the next one that has passed.
func yearsBetween(born, now time.Time) float64 {
	years := now.Year() - born.Year()
	last := born.AddDate(years, 0, 0)
	if last.After(now) {
		years--
		last = born.AddDate(years, 0, 0)
	}
	next := born.AddDate(years+1, 0, 0)
	return float64(years) + float64(now.Sub(last))/float64(next.Sub(last))
}

// DecideEligibility resolves Mutation.decideEligibility.
func (r mutationResolver) DecideEligibility(ctx context.Context, input model.DecideEligibilityInput) (*model.DecideEligibilityPayload, error) {
	now, unmet, err := r.step(ctx, "decideEligibility", input.IdempotencyKey, input, func(c *change) (*ent.Enrollment, error) {
		e, err := c.enrolled(input.EnrollmentID, input.ExpectedVersion)
		if err == nil && e.Status == code.EnrollmentStatusReferred { // who decides has looked: a program may ask nothing
			e, err = c.become(c, e, code.EnrollmentStatusScreening, nil, nil)
		}
		if err != nil {
			return nil, err
		}
		note := input.Note
		if note != nil {
			words, err := sentence(*note, "input.note", 500)
			if err != nil {
				return nil, err
			}
			note = &words
		}
		switch input.Decision {
		case code.EligibilityDecisionEligible:
			return c.admit(c, e, note)
		case code.EligibilityDecisionIneligible:
			if note == nil {
				return nil, fault.Input("input.note", "say why")
			}
			return c.become(c, e, code.EnrollmentStatusIneligible, note, func(u *ent.EnrollmentUpdateOne) {
				u.SetEligibility(code.EligibilityDecisionIneligible).SetNillableEligibilityNote(note).SetEligibilityDecidedAt(clock.Now(c))
			})
		}
		return nil, fault.Input("input.decision", "ELIGIBLE or INELIGIBLE")
	})
	if err != nil {
		return nil, err
	}
	return &model.DecideEligibilityPayload{Enrollment: now, Unmet: unmet}, nil
}
