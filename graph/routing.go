package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/department"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/membership"
	"github.com/carehub/carehub/ent/routingrule"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// inputs are what routing rules look at.
type inputs struct {
	kind            code.CaseKind
	requester       code.AccountKind
	label           code.LabelStatus
	product         *uuid.UUID
	therapeuticArea string
	country         string
	territory       string
	// liaison says whether a liaison serves the territory and therapeutic area.
	liaison bool
}

// matches reports whether all conditions of the rule hold; an absent one holds always.
func (in inputs) matches(rule *ent.RoutingRule) bool {
	return holds(rule.CaseKind, in.kind) &&
		holds(rule.RequesterKind, in.requester) &&
		holds(rule.LabelStatus, in.label) &&
		holds(rule.TherapeuticArea, in.therapeuticArea) &&
		holds(rule.Country, in.country) &&
		(rule.ProductID == nil || in.product != nil && *rule.ProductID == *in.product) &&
		(!rule.LiaisonRequired || in.liaison)
}

func holds[T comparable](condition *T, value T) bool { return condition == nil || *condition == value }

// list shows the inputs as they were compared.
func (in inputs) list() []*model.RoutingInput {
	show := func(name, value string) *model.RoutingInput {
		shown := &model.RoutingInput{Name: name}
		if value != "" {
			shown.Value = &value
		}
		return shown
	}
	liaison := "no"
	if in.liaison {
		liaison = "yes"
	}
	return []*model.RoutingInput{
		show("kind", string(in.kind)), show("requesterKind", string(in.requester)), show("labelStatus", string(in.label)),
		show("therapeuticArea", in.therapeuticArea), show("country", in.country), show("territory", in.territory),
		show("liaison", liaison),
	}
}

// defaultDue is when a case is due that no rule routes.
const defaultDue = 5 * 24 * time.Hour

// route is where a case goes.
type route struct {
	department code.DepartmentCode
	rule       *ent.RoutingRule
	priority   code.CasePriority
	due        time.Duration
}

// decide returns the route of a case: that of the first active rule that matches, or the default department's.
func decide(ctx context.Context, client *ent.Client, in inputs) (route, error) {
	rules, err := client.RoutingRule.Query().
		Where(routingrule.Active(true)).Order(routingrule.ByPriority(), routingrule.ByID()).All(ctx)
	if err != nil {
		return route{}, err
	}
	for _, rule := range rules {
		if in.matches(rule) {
			return route{rule.Target, rule, rule.CasePriority, time.Duration(rule.DueMinutes) * time.Minute}, nil
		}
	}
	fallback, err := client.Department.Query().Where(department.IsDefault(true)).First(ctx)
	if err != nil {
		return route{}, err
	}
	return route{department: fallback.Code, priority: code.CasePriorityRoutine, due: defaultDue}, nil
}

// routeOf returns the route of a case by what the rules look at of it.
func routeOf(ctx context.Context, client *ent.Client, c *ent.CareCase) (route, error) {
	in, err := inputsOf(ctx, client, c)
	if err != nil {
		return route{}, err
	}
	return decide(ctx, client, in)
}

// inputsOf gathers what the rules look at of a case.
func inputsOf(ctx context.Context, client *ent.Client, c *ent.CareCase) (inputs, error) {
	in := inputs{
		kind: c.Kind, requester: c.RequesterKind, label: c.LabelStatus, product: c.ProductID,
		therapeuticArea: orEmpty(c.TherapeuticArea), country: orEmpty(c.Country), territory: orEmpty(c.Territory),
	}
	var err error
	in.liaison, err = client.Membership.Query().Where(
		membership.DepartmentEQ(code.DepartmentCodeMedicalAffairs), membership.EndedAtIsNil(),
		membership.Or(membership.TerritoryIsNil(), membership.Territory(in.territory)),
		membership.Or(membership.TherapeuticAreaIsNil(), membership.TherapeuticArea(in.therapeuticArea)),
	).Exist(ctx)
	return in, err
}

// RoutingPreview resolves Query.routingPreview.
func (r queryResolver) RoutingPreview(ctx context.Context, caseID gid.ID) (*model.RoutingPreview, error) {
	if err := expect(caseID, "case", "caseId"); err != nil {
		return nil, err
	}
	c, err := r.Client.CareCase.Get(ctx, caseID.UUID)
	if err != nil {
		return nil, err
	}
	system := viewer.System(ctx, "routing preview")
	in, err := inputsOf(system, r.Client, c)
	if err != nil {
		return nil, err
	}
	to, err := decide(system, r.Client, in)
	if err != nil {
		return nil, err
	}
	return &model.RoutingPreview{Department: to.department, Rule: to.rule, Inputs: in.list()}, nil
}

// RoutingRules resolves Query.routingRules.
func (r queryResolver) RoutingRules(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.RoutingRule], error) {
	return relay.Page(ctx, r.Client.RoutingRule.Query(), list.RoutingRules, page(first, after, last, before), r.Client.LoadRoutingRule)
}

// Departments resolves Query.departments.
func (r queryResolver) Departments(ctx context.Context) ([]*ent.Department, error) {
	return r.Client.Department.Query().Order(department.ByCode()).All(ctx)
}
