// Package reference has the rows without which an installation can route no case: the departments and the rules
// by which cases reach them.
//
// The rules say what a manufacturer must not get wrong, whatever else it changes. Adverse events are the work of
// drug safety, within the day that companies give themselves to hand one on (GVP VI.B.7 counts from the moment
// when anybody of the company knows of it). Complaints are the work of quality (21 CFR 211.198). Questions outside
// the label are answered by medical information, apart from sales (FDA's draft guidance of 2011 on responding to
// unsolicited requests for off-label information). Requests of persons about their data reach privacy well within
// the 30 days of 45 CFR 164.524. What else a health professional asks goes to the liaisons, where one serves the
// territory and therapeutic area.
//
// When a case is due is a house rule, like the order of the rest: an installation changes the rows as it likes.
package reference

import (
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql/sqlgraph"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/department"
	"github.com/carehub/carehub/ent/viewer"
)

// departmentNames are the departments in the order of their codes. The first one takes what no rule routes.
var departmentNames = []struct {
	code code.DepartmentCode
	name string
}{
	{code.DepartmentCodeMedicalInformation, "Medical Information"},
	{code.DepartmentCodeMedicalAffairs, "Medical Affairs"},
	{code.DepartmentCodeDrugSafety, "Drug Safety"},
	{code.DepartmentCodeQuality, "Quality"},
	{code.DepartmentCodePatientServices, "Patient Services"},
	{code.DepartmentCodeReimbursement, "Reimbursement"},
	{code.DepartmentCodeClinicalOperations, "Clinical Operations"},
	{code.DepartmentCodePrivacy, "Privacy"},
	{code.DepartmentCodeLegal, "Legal"},
	{code.DepartmentCodeCommercial, "Commercial"},
}

// rule is a routing rule; empty conditions hold always.
type rule struct {
	name      string
	kind      code.CaseKind
	requester code.AccountKind
	label     code.LabelStatus
	liaison   bool
	target    code.DepartmentCode
	priority  code.CasePriority
	due       time.Duration
}

const day = 24 * time.Hour

// rules are tried in this order; the first that matches routes the case.
var rules = []rule{
	{name: "Adverse events", kind: code.CaseKindAdverseEvent, target: code.DepartmentCodeDrugSafety, priority: code.CasePriorityUrgent, due: day},
	{name: "Product complaints", kind: code.CaseKindProductComplaint, target: code.DepartmentCodeQuality, due: 2 * day},
	{name: "Privacy requests", kind: code.CaseKindPrivacy, target: code.DepartmentCodePrivacy, due: 10 * day},
	{name: "Insurance", kind: code.CaseKindInsurance, target: code.DepartmentCodeReimbursement, due: 2 * day},
	{name: "Clinical trials", kind: code.CaseKindTrial, target: code.DepartmentCodeClinicalOperations, due: 5 * day},
	{name: "Enrollment", kind: code.CaseKindEnrollment, target: code.DepartmentCodePatientServices, due: 2 * day},
	{name: "Portal access", kind: code.CaseKindAccess, target: code.DepartmentCodePatientServices, due: day},
	{name: "Off-label questions", kind: code.CaseKindMedicalInquiry, label: code.LabelStatusOffLabel, target: code.DepartmentCodeMedicalInformation, due: 5 * day},
	{name: "Questions on investigational products", kind: code.CaseKindMedicalInquiry, label: code.LabelStatusInvestigational, target: code.DepartmentCodeMedicalInformation, due: 5 * day},
	{name: "Questions of patients", kind: code.CaseKindMedicalInquiry, requester: code.AccountKindPatient, target: code.DepartmentCodeMedicalInformation, due: 3 * day},
	{name: "On-label questions of professionals", kind: code.CaseKindMedicalInquiry, requester: code.AccountKindProvider, label: code.LabelStatusOnLabel, liaison: true, target: code.DepartmentCodeMedicalAffairs, due: 3 * day},
	{name: "New questions of professionals", kind: code.CaseKindMedicalInquiry, requester: code.AccountKindProvider, label: code.LabelStatusUnknown, liaison: true, target: code.DepartmentCodeMedicalAffairs, due: 3 * day},
	{name: "Other medical questions", kind: code.CaseKindMedicalInquiry, target: code.DepartmentCodeMedicalInformation, due: 3 * day},
}

// step is the distance of the rules' priorities, which leaves room for an installation's own between them.
const step = 10

// Ensure makes the departments that are missing and, where there is no rule at all, the rules. What is there it
// leaves as it is. It may run on several servers at once.
func Ensure(ctx context.Context, client *ent.Client) error {
	ctx = viewer.System(ctx, "reference data")
	err := ensure(ctx, client)
	if sqlgraph.IsUniqueConstraintError(err) { // another server was faster
		err = ensure(ctx, client)
	}
	if err != nil {
		return fmt.Errorf("reference data: %w", err)
	}
	return nil
}

func ensure(ctx context.Context, client *ent.Client) (err error) {
	tx, err := client.Tx(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	// The departments go first: their codes are unique, so of two servers one fails here before it makes rules.
	if err := ensureDepartments(ctx, tx); err != nil {
		return err
	}
	if err := ensureRules(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

func ensureDepartments(ctx context.Context, tx *ent.Tx) error {
	known, err := tx.Department.Query().All(ctx)
	if err != nil {
		return err
	}
	there := map[code.DepartmentCode]bool{}
	for _, d := range known {
		there[d.Code] = true
	}
	fallback, err := tx.Department.Query().Where(department.IsDefault(true)).Exist(ctx)
	if err != nil {
		return err
	}
	for i, d := range departmentNames {
		if there[d.code] {
			continue
		}
		if err := tx.Department.Create().SetCode(d.code).SetName(d.name).SetIsDefault(i == 0 && !fallback).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func ensureRules(ctx context.Context, tx *ent.Tx) error {
	if some, err := tx.RoutingRule.Query().Exist(ctx); err != nil || some {
		return err
	}
	made := make([]*ent.RoutingRuleCreate, len(rules))
	for i, r := range rules {
		made[i] = tx.RoutingRule.Create().
			SetName(r.name).SetPriority(step * (i + 1)).SetTarget(r.target).SetDueMinutes(int(r.due.Minutes())).
			SetNillableCaseKind(unlessEmpty(r.kind)).SetNillableRequesterKind(unlessEmpty(r.requester)).
			SetNillableLabelStatus(unlessEmpty(r.label)).SetLiaisonRequired(r.liaison).
			SetNillableCasePriority(unlessEmpty(r.priority))
	}
	return tx.RoutingRule.CreateBulk(made...).Exec(ctx)
}

func unlessEmpty[T ~string](value T) *T {
	if value == "" {
		return nil
	}
	return &value
}
