package graph

import (
	"cmp"
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/rule"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/stream"
)

// AcceptCase resolves Mutation.acceptCase.
func (r mutationResolver) AcceptCase(ctx context.Context, input model.AcceptCaseInput) (*model.AcceptCasePayload, error) {
	id, err := r.change(ctx, "acceptCase", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.accept(input.CaseID)
	})
	if err != nil {
		return nil, err
	}
	now, err := r.caseNow(ctx, id)
	return &model.AcceptCasePayload{Case: now}, err
}

// RerouteCase resolves Mutation.rerouteCase.
func (r mutationResolver) RerouteCase(ctx context.Context, input model.RerouteCaseInput) (*model.RerouteCasePayload, error) {
	id, err := r.change(ctx, "rerouteCase", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.reroute(input)
	})
	if err != nil {
		return nil, err
	}
	now, err := r.caseNow(ctx, id)
	return &model.RerouteCasePayload{CaseID: input.CaseID, Department: input.Department, Case: now}, err
}

// ReturnToQueue resolves Mutation.returnToQueue.
func (r mutationResolver) ReturnToQueue(ctx context.Context, input model.ReturnToQueueInput) (*model.ReturnToQueuePayload, error) {
	id, err := r.change(ctx, "returnToQueue", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.giveBack(input)
	})
	if err != nil {
		return nil, err
	}
	now, err := r.caseNow(ctx, id)
	return &model.ReturnToQueuePayload{Case: now}, err
}

// caseNow reads the case under the viewer's rules; nil where the viewer no longer sees it.
func (r *resolver) caseNow(ctx context.Context, id uuid.UUID) (*ent.CareCase, error) {
	row, err := r.Client.CareCase.Get(ctx, id)
	return row, ent.MaskNotFound(err)
}

// work reads a case that the viewer's department, or the viewer, answers for.
func (c *change) work(id gid.ID, argument string) (*ent.CareCase, error) {
	if err := expect(id, "case", argument); err != nil {
		return nil, err
	}
	return c.workOn(id.UUID)
}

func (c *change) workOn(id uuid.UUID) (*ent.CareCase, error) {
	work, _ := rule.Work.Of(ent.TypeCareCase)
	found, err := c.tx.CareCase.Query().Where(carecase.ID(id), func(s *sql.Selector) { rule.Apply(s, work(c.viewer)) }).Only(c)
	if ent.IsNotFound(err) {
		return nil, fault.Missing("case")
	}
	if err != nil {
		return nil, err
	}
	c.concerns(ent.TypeCareCase, found.ID)
	return found, nil
}

// assigned reads a case that the viewer has accepted.
func (c *change) assigned(id uuid.UUID) (*ent.CareCase, error) {
	found, err := c.workOn(id)
	if err == nil && (found.AssigneeID == nil || *found.AssigneeID != c.viewer.Key) {
		err = fault.New(fault.Forbidden, "the case is not assigned to you: accept it first")
	}
	return found, err
}

// accept makes the viewer answer for a waiting case. Of several who try, the update of one finds the row as it
// was read.
func (c *change) accept(id gid.ID) (uuid.UUID, error) {
	found, err := c.work(id, "input.caseId")
	if err != nil {
		return uuid.Nil, err
	}
	if found.AssigneeID != nil {
		return uuid.Nil, alreadyAccepted(found)
	}
	if !lifecycle.Case.Allows(found.Status, code.CaseStatusAccepted) {
		return uuid.Nil, noWay("case", found.Status, code.CaseStatusAccepted)
	}
	now := clock.Now(c)
	updated, err := c.tx.CareCase.UpdateOneID(found.ID).
		Where(carecase.Version(found.Version), carecase.StatusEQ(found.Status), carecase.AssigneeIDIsNil()).
		SetStatus(code.CaseStatusAccepted).SetAssigneeID(c.viewer.Key).SetAcceptedAt(now).Save(c)
	if ent.IsNotFound(err) {
		winner, err := c.tx.CareCase.Get(c.system, found.ID)
		if err == nil && winner.AssigneeID != nil {
			return uuid.Nil, alreadyAccepted(winner)
		}
		return uuid.Nil, cmp.Or[error](err, changedMeanwhile())
	}
	if err != nil {
		return uuid.Nil, err
	}
	if err := c.step(updated, found.Status, nil); err != nil {
		return uuid.Nil, err
	}
	c.announce(stream.Entry{Kind: code.EventKindCaseAssigned, Entity: "case", ID: updated.ID, Subject: updated.AssigneeID})
	return updated.ID, nil
}

// reroute sends the case to the department that the input names.
func (c *change) reroute(input model.RerouteCaseInput) (uuid.UUID, error) {
	found, err := c.work(input.CaseID, "input.caseId")
	if err != nil {
		return uuid.Nil, err
	}
	reason, err := sentence(input.Reason, "input.reason", maxReason)
	if err != nil {
		return uuid.Nil, err
	}
	if input.ExpectedVersion != nil && *input.ExpectedVersion != found.Version {
		return uuid.Nil, changedMeanwhile()
	}
	if found.Department == input.Department {
		return uuid.Nil, fault.Input("input.department", "the case is in %s already", input.Department)
	}
	if found.AssigneeID != nil && *found.AssigneeID != c.viewer.Key && !c.viewer.HasRole(string(found.Department), string(code.MembershipRoleLead)) {
		return uuid.Nil, fault.New(fault.Forbidden, "the case is assigned to somebody else")
	}
	return found.ID, c.move(found, route{department: input.Department}, code.RoutingReasonRerouted, &reason)
}

// giveBack puts an accepted case back into the queue of its department.
func (c *change) giveBack(input model.ReturnToQueueInput) (uuid.UUID, error) {
	if err := expect(input.CaseID, "case", "input.caseId"); err != nil {
		return uuid.Nil, err
	}
	found, err := c.assigned(input.CaseID.UUID)
	if err != nil {
		return uuid.Nil, err
	}
	reason, err := sentence(input.Reason, "input.reason", maxReason)
	if err != nil {
		return uuid.Nil, err
	}
	return found.ID, c.move(found, route{department: found.Department}, code.RoutingReasonReturned, &reason)
}

// move lets the case enter a department: nobody answers for it until somebody there accepts it. Set sets what else
// changes with it.
func (c *change) move(found *ent.CareCase, to route, why code.RoutingReason, note *string, set ...func(*ent.CareCaseUpdateOne)) error {
	if !lifecycle.Case.Allows(found.Status, code.CaseStatusRouted) {
		return noWay("case", found.Status, code.CaseStatusRouted)
	}
	update := c.tx.CareCase.UpdateOneID(found.ID).
		Where(carecase.Version(found.Version), carecase.StatusEQ(found.Status)).
		SetStatus(code.CaseStatusRouted).SetDepartment(to.department).AddRoutingCount(1).
		ClearAssigneeID().ClearAcceptedAt()
	for _, s := range set {
		s(update)
	}
	updated, err := update.Save(c)
	if ent.IsNotFound(err) {
		return changedMeanwhile()
	}
	if err != nil {
		return err
	}
	if err := c.step(updated, found.Status, note); err != nil {
		return err
	}
	return c.entered(updated, &found.Department, to, why, note)
}

// entered writes that the case entered a department and tells the streams.
func (c *change) entered(now *ent.CareCase, from *code.DepartmentCode, to route, why code.RoutingReason, note *string) error {
	routing := c.tx.CaseRouting.Create().
		SetCareCaseID(now.ID).SetSeq(now.RoutingCount).SetNillableFromDepartment(from).SetToDepartment(to.department).
		SetReason(why).SetNillableNote(note)
	if to.rule != nil {
		routing.SetRuleID(to.rule.ID)
	} else {
		routing.SetNillableRoutedByID(c.actor())
	}
	if err := routing.Exec(c.system); err != nil {
		return err
	}
	name := string(to.department)
	c.announce(stream.Entry{
		Kind: code.EventKindCaseEntered, Entity: "case", ID: now.ID, Department: &name, Territory: now.Territory, Reason: &why,
	})
	return nil
}

// step writes a step of the case's lifecycle and tells the requester's stream.
func (c *change) step(now *ent.CareCase, from code.CaseStatus, note *string) error {
	steps := c.tx.StatusChange.Create().SetCareCaseID(now.ID).SetToStatus(string(now.Status)).SetNillableNote(note).SetNillableChangedByID(c.actor())
	if from != "" {
		steps.SetFromStatus(string(from))
	}
	if err := steps.Exec(c.system); err != nil {
		return err
	}
	action := code.AuditActionUpdate
	if from == "" {
		action = code.AuditActionCreate
	}
	c.changed(action, now)
	return nil
}

// changed records a change of the case and tells the requester's stream.
func (c *change) changed(action code.AuditAction, now *ent.CareCase) {
	c.record(action, ent.TypeCareCase, now.PatientID, now.ID)
	c.announce(stream.Entry{Kind: code.EventKindCaseUpdated, Entity: "case", ID: now.ID, Subject: now.RequesterID})
}

func alreadyAccepted(found *ent.CareCase) error {
	f := fault.New(fault.AlreadyAccepted, "somebody has accepted the case")
	if found.AcceptedAt != nil {
		f.Extra = map[string]any{"acceptedAt": found.AcceptedAt.Format(time.RFC3339Nano)}
	}
	return f
}

// noWay is the error of a step that the lifecycle does not have.
func noWay[S ~string](what string, from, to S) error {
	return fault.New(fault.InvalidTransition, "a %s in status %s can not become %s", what, from, to)
}

// changedMeanwhile is the error of a change whose row is not as it was read.
func changedMeanwhile() error {
	return fault.New(fault.Conflict, "the row has changed meanwhile: read it again")
}

// maxReason bounds the words in which a step is explained.
const maxReason = 1000

// sentence checks words that explain something: three characters at least.
func sentence(text, argument string, limit int) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n < 3 || n > limit {
		return "", fault.Input(argument, "3 to %d characters", limit)
	}
	return text, nil
}
