package fhir

import (
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	enttemplate "github.com/carehub/carehub/ent/activitytemplate"
	entanswer "github.com/carehub/carehub/ent/eligibilityanswer"
	entcriterion "github.com/carehub/carehub/ent/eligibilitycriterion"
	entplan "github.com/carehub/carehub/ent/onboardingplan"
	entactivity "github.com/carehub/carehub/ent/serviceactivity"
	out "github.com/carehub/carehub/server/export/fhir"
)

// question is where a criterion of a program stands.
type question struct {
	program uuid.UUID
	seq     int
}

// furtherProducts reads the products of a program beyond its first.
func (x *exact) furtherProducts() []*ent.ProgramProductCreate {
	var rows []*ent.ProgramProductCreate
	seen := map[uuid.UUID]bool{}
	for _, e := range x.all("further-product") {
		key := x.called(e.ValueString)
		switch {
		case e.ValueString == "":
			x.refuse(x.path("further-product"), "has no name")
		case key == nil:
		case seen[*key]:
			x.refuse(x.path("further-product"), "a second time the same")
		default:
			seen[*key] = true
			rows = append(rows, x.l.tx.ProgramProduct.Create().SetProductID(*key))
		}
	}
	return rows
}

// placed reads a place in an order, which must be there and be taken by nothing else.
func (x *exact) placed(of *exact, in string, taken map[int]bool, name string, rule func(int) error) int {
	seq := of.number(name, rule)
	switch {
	case seq == nil:
		x.refuse(x.path(in), "has no place in the order")
		return 0
	case taken[*seq]:
		x.refuse(x.path(in), "two have one place in the order")
	}
	taken[*seq] = true
	return *seq
}

// templates reads the steps of a program's onboarding.
func (x *exact) templates() []*ent.ActivityTemplateCreate {
	var rows []*ent.ActivityTemplateCreate
	taken := map[int]bool{}
	for _, e := range x.all("activity-template") {
		of := x.part(e.Extension)
		seq := x.placed(of, "activity-template", taken, "seq", enttemplate.SeqValidator)
		due := of.number("due-days", enttemplate.DueDaysValidator)
		if due == nil {
			x.refuse(x.path("activity-template"), "does not say when it is due")
			due = new(int)
		}
		rows = append(rows, x.l.tx.ActivityTemplate.Create().SetSeq(seq).SetDueDays(*due).
			SetKind(must(of, "kind", enttemplate.KindValidator)).
			SetTitle(of.needed("extension(title)", of.extension("title").ValueString, enttemplate.TitleValidator)).
			SetMandatory(of.is("mandatory")))
	}
	return rows
}

// answers reads what was answered to the criteria of a program.
func (x *exact) answers(program uuid.UUID) []*ent.EligibilityAnswerCreate {
	var rows []*ent.EligibilityAnswerCreate
	taken := map[int]bool{}
	for _, e := range x.all("eligibility-answer") {
		of := x.part(e.Extension)
		seq := x.placed(of, "eligibility-answer", taken, "criterion", entcriterion.SeqValidator)
		if x.fault != nil {
			return nil
		}
		rows = append(rows, x.l.tx.EligibilityAnswer.Create().SetCriterionID(x.criterionOf(program, seq)).
			SetResult(must(of, "result", entanswer.ResultValidator)).
			SetNillableValue(of.words("value", entanswer.ValueValidator)).
			SetAnsweredAt(of.began("extension(at)", of.extension("at").ValueDateTime)))
	}
	return rows
}

// criterionOf finds a criterion of a program.
func (x *exact) criterionOf(program uuid.UUID, seq int) uuid.UUID {
	l, at := x.l, question{program, seq}
	if key, known := l.criterionKeys[at]; known {
		return key
	}
	rows, err := l.tx.EligibilityCriterion.Query().Where(entcriterion.ProgramID(program)).All(l.ctx)
	if err != nil {
		l.failed = err
	}
	for _, row := range rows {
		l.criterionKeys[question{program, row.Seq}] = row.ID
	}
	key, known := l.criterionKeys[at]
	if !known {
		x.refuse(x.path("eligibility-answer"), "the program has no such criterion")
	}
	return key
}

// onboarding reads whether an enrollment has a plan; nil when it has none.
func (x *exact) onboarding() *ent.OnboardingPlanCreate {
	if !x.is("onboarding") {
		return nil
	}
	return x.l.tx.OnboardingPlan.Create().SetID(uuid.Must(uuid.NewV7())).SetNillableCompletedAt(x.when("onboarded-at"))
}

// planOf finds the onboarding plan of an enrollment.
func (x *exact) planOf(enrollment uuid.UUID) uuid.UUID {
	l := x.l
	if key, known := l.planKeys[enrollment]; known {
		return key
	}
	key, err := l.tx.OnboardingPlan.Query().Where(entplan.EnrollmentID(enrollment)).OnlyID(l.ctx)
	switch {
	case ent.IsNotFound(err):
		x.refuse(x.path("onboarding"), "the enrollment has no plan")
	case err != nil:
		l.failed = err
	default:
		l.planKeys[enrollment] = key
	}
	return key
}

func (l *load) restoreActivity(x *exact, t *out.Task) func() {
	x.owner("for", t.For)
	enrollment := x.needs("focus", t.Focus, enrollments)
	due := ""
	if t.Restriction != nil {
		due = t.Restriction.Period.End
	}
	seq := x.number("seq", entactivity.SeqValidator)
	if seq == nil {
		x.refuse(x.path("seq"), "missing")
		seq = new(int)
	}
	c := l.tx.ServiceActivity.Create().SetEnrollmentID(enrollment).SetSeq(*seq).
		SetKind(must(x, "activity-kind", entactivity.KindValidator)).
		SetTitle(x.needed("description", t.Description, entactivity.TitleValidator)).
		SetStatus(chosen(x, "Task.status", unwired(t.Status), entactivity.StatusValidator)).
		SetMandatory(x.is("mandatory")).
		SetDueAt(x.began("restriction.period.end", due)).
		SetNillableOutcome(x.words("outcome", entactivity.OutcomeValidator))
	if t.ExecutionPeriod != nil {
		c.SetNillableCompletedAt(x.moment("Task.executionPeriod.end", t.ExecutionPeriod.End))
	}
	history := x.changes(x.all("status-change"))
	if x.is("onboarding") && x.fault == nil {
		c.SetPlanID(x.planOf(enrollment))
	}
	return func() {
		l.activities = append(l.activities, c.SetID(x.it.key))
		for _, h := range history {
			l.history = append(l.history, h.SetServiceActivityID(x.it.key))
		}
	}
}
