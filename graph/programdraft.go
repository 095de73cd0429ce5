package graph

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/activitytemplate"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/criterion"
	"github.com/carehub/carehub/ent/eligibilitycriterion"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/programproduct"
	"github.com/carehub/carehub/ent/programsite"
	"github.com/carehub/carehub/ent/requiredconsent"
	"github.com/carehub/carehub/ent/trialdetail"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// policyOf is what creation and change of a program have in common.
type policyOf struct {
	coverageRequired, selfEnrollment, autoActivate, waitlist *bool
	lead, cutoff, optOut, capacity                           *int
	starts, ends                                             *code.Date
}

// write checks the policy and sets what is given of it.
func (p policyOf) write(m *ent.CareProgramMutation, starts, ends *code.Date) error {
	for argument, n := range map[string]*int{"leadHours": p.lead, "cutoffHours": p.cutoff, "optOutDays": p.optOut, "capacity": p.capacity} {
		if n != nil && (*n < 0 || *n > 1_000_000) {
			return fault.Input("input."+argument, "0 to 1000000")
		}
	}
	if p.starts != nil {
		starts = p.starts
	}
	if p.ends != nil {
		ends = p.ends
	}
	if starts != nil && ends != nil && *ends < *starts {
		return fault.Input("input.endsOn", "not before the first day")
	}
	put(m.SetCoverageRequired, p.coverageRequired)
	put(m.SetSelfEnrollment, p.selfEnrollment)
	put(m.SetAutoActivate, p.autoActivate)
	put(m.SetWaitlist, p.waitlist)
	put(m.SetLeadHours, p.lead)
	put(m.SetCutoffHours, p.cutoff)
	put(m.SetOptOutDays, p.optOut)
	put(m.SetCapacity, p.capacity)
	put(m.SetStartsOn, p.starts)
	put(m.SetEndsOn, p.ends)
	return nil
}

// put sets a value that is given.
func put[T any](set func(T), value *T) {
	if value != nil {
		set(*value)
	}
}

// describe checks what a trial has beyond other programs and sets what is given of it.
func describe(m *ent.TrialDetailMutation, in *model.TrialInput) error {
	for _, one := range []struct {
		argument string
		value    *string
		limit    int
		set      func(string)
	}{
		{"officialTitle", in.OfficialTitle, 1000, m.SetOfficialTitle},
		{"ethicsApprovalRef", in.EthicsApprovalRef, 120, m.SetEthicsApprovalRef},
		{"ethicsVersion", in.EthicsVersion, 60, m.SetEthicsVersion},
	} {
		if one.value == nil {
			continue
		}
		if n := len([]rune(*one.value)); n < 1 || n > one.limit {
			return fault.Input("input.trial."+one.argument, "1 to %d characters", one.limit)
		}
		one.set(*one.value)
	}
	if in.TargetEnrollment != nil && *in.TargetEnrollment < 0 {
		return fault.Input("input.trial.targetEnrollment", "not negative")
	}
	put(m.SetPhase, in.Phase)
	put(m.SetStudyStatus, in.StudyStatus)
	put(m.SetBlinded, in.Blinded)
	put(m.SetTargetEnrollment, in.TargetEnrollment)
	return nil
}

// CreateProgram resolves Mutation.createProgram.
func (r mutationResolver) CreateProgram(ctx context.Context, input model.CreateProgramInput) (*model.CreateProgramPayload, error) {
	now, _, err := r.program(ctx, "createProgram", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		name, err := sentence(input.Name, "input.name", 300)
		if err != nil {
			return uuid.Nil, err
		}
		isTrial := input.Kind == code.ProgramKindClinicalTrial
		if input.Trial != nil && !isTrial {
			return uuid.Nil, fault.Input("input.trial", "of a clinical trial only")
		}
		create := c.tx.CareProgram.Create().SetKind(input.Kind).SetName(name)
		p := policyOf{input.CoverageRequired, input.SelfEnrollment, input.AutoActivate, input.Waitlist, input.LeadHours, input.CutoffHours, input.OptOutDays, input.Capacity, input.StartsOn, input.EndsOn}
		if err := p.write(create.Mutation(), nil, nil); err != nil {
			return uuid.Nil, err
		}
		made, err := create.Save(c.system)
		if err != nil {
			return uuid.Nil, err
		}
		c.record(code.AuditActionCreate, ent.TypeCareProgram, nil, made.ID)
		if isTrial {
			trial := c.tx.TrialDetail.Create().SetProgramID(made.ID)
			if input.Trial != nil {
				if err := describe(trial.Mutation(), input.Trial); err != nil {
					return uuid.Nil, err
				}
			}
			if err := trial.Exec(c.system); err != nil {
				return uuid.Nil, err
			}
			if err := c.tx.RequiredConsent.Create().SetProgramID(made.ID).SetScope(code.ConsentScopeTrialParticipation).Exec(c.system); err != nil {
				return uuid.Nil, err
			}
		}
		err = c.tx.StatusChange.Create().SetProgramID(made.ID).SetToStatus(string(made.Status)).SetNillableChangedByID(c.actor()).Exec(c.system)
		if err != nil {
			return uuid.Nil, err
		}
		return made.ID, c.join(made.ID, c.viewer.Key, code.TeamRoleManager)
	})
	if err != nil {
		return nil, err
	}
	return &model.CreateProgramPayload{Program: now}, nil
}

// UpdateProgram resolves Mutation.updateProgram.
func (r mutationResolver) UpdateProgram(ctx context.Context, input model.UpdateProgramInput) (*model.UpdateProgramPayload, error) {
	now, _, err := r.program(ctx, "updateProgram", nil, input, func(c *change) (uuid.UUID, error) {
		program, err := c.led(input.ProgramID, input.ExpectedVersion)
		if err != nil {
			return uuid.Nil, err
		}
		draft := program.Status == code.ProgramStatusDraft
		switch {
		case lifecycle.Program.Terminal(program.Status):
			return uuid.Nil, fault.New(fault.InvalidTransition, "a program in status %s is not changed any more", program.Status)
		case !draft && input.Name != nil:
			return uuid.Nil, fault.Input("input.name", "of a draft only")
		case !draft && input.CoverageRequired != nil:
			return uuid.Nil, fault.Input("input.coverageRequired", "of a draft only")
		case input.Trial != nil && program.Kind != code.ProgramKindClinicalTrial:
			return uuid.Nil, fault.Input("input.trial", "of a clinical trial only")
		case !draft && input.Trial != nil && (input.Trial.OfficialTitle != nil || input.Trial.Phase != nil || input.Trial.Blinded != nil):
			return uuid.Nil, fault.Input("input.trial", "title, phase and blinding are of a draft only")
		}
		update := c.tx.CareProgram.UpdateOneID(program.ID).Where(careprogram.Version(program.Version))
		if input.Name != nil {
			name, err := sentence(*input.Name, "input.name", 300)
			if err != nil {
				return uuid.Nil, err
			}
			update.SetName(name)
		}
		p := policyOf{input.CoverageRequired, input.SelfEnrollment, input.AutoActivate, input.Waitlist, input.LeadHours, input.CutoffHours, input.OptOutDays, input.Capacity.Value(), input.StartsOn.Value(), input.EndsOn.Value()}
		starts, ends := program.StartsOn, program.EndsOn
		if input.Capacity.IsSet() && p.capacity == nil {
			update.ClearCapacity()
		}
		if input.StartsOn.IsSet() && p.starts == nil {
			update.ClearStartsOn()
			starts = nil
		}
		if input.EndsOn.IsSet() && p.ends == nil {
			update.ClearEndsOn()
			ends = nil
		}
		if err := p.write(update.Mutation(), starts, ends); err != nil {
			return uuid.Nil, err
		}
		if err := update.Exec(c.system); err != nil {
			return uuid.Nil, changedOr(err)
		}
		c.record(code.AuditActionUpdate, ent.TypeCareProgram, nil, program.ID)
		if input.Trial == nil {
			return program.ID, nil
		}
		trial := c.tx.TrialDetail.Update().Where(trialdetail.ProgramID(program.ID))
		if err := describe(trial.Mutation(), input.Trial); err != nil {
			return uuid.Nil, err
		}
		return program.ID, trial.Exec(c.system)
	})
	if err != nil {
		return nil, err
	}
	return &model.UpdateProgramPayload{Program: now}, nil
}

// DefineProgram resolves Mutation.defineProgram.
func (r mutationResolver) DefineProgram(ctx context.Context, input model.DefineProgramInput) (*model.DefineProgramPayload, error) {
	now, _, err := r.program(ctx, "defineProgram", nil, input, func(c *change) (uuid.UUID, error) {
		program, err := c.led(input.ProgramID, input.ExpectedVersion)
		if err != nil {
			return uuid.Nil, err
		}
		if program.Status != code.ProgramStatusDraft {
			return uuid.Nil, fault.New(fault.InvalidTransition, "a program in status %s is not defined any more", program.Status)
		}
		touch := c.tx.CareProgram.UpdateOneID(program.ID).Where(careprogram.Version(program.Version), careprogram.StatusEQ(program.Status))
		if len(input.ProductIds) > 0 {
			touch.SetProductID(input.ProductIds[0].UUID)
		} else if input.ProductIds != nil {
			touch.ClearProductID()
		}
		if input.RequiredConsentScopes != nil && program.Kind == code.ProgramKindClinicalTrial &&
			!slices.Contains(input.RequiredConsentScopes, code.ConsentScopeTrialParticipation) {
			return uuid.Nil, fault.Input("input.requiredConsentScopes", "a trial demands TRIAL_PARTICIPATION")
		}
		if err := c.define(program.ID, input); err != nil {
			return uuid.Nil, err
		}
		if err := touch.Exec(c.system); err != nil {
			return uuid.Nil, changedOr(err)
		}
		c.record(code.AuditActionUpdate, ent.TypeCareProgram, nil, program.ID)
		return program.ID, nil
	})
	if err != nil {
		return nil, err
	}
	return &model.DefineProgramPayload{Program: now}, nil
}

// Bounds of what a program consists of.
const (
	maxParts = 100
	maxSites = 1000
)

// define replaces the lists that are given.
func (c *change) define(program uuid.UUID, in model.DefineProgramInput) error {
	if in.ProductIds != nil {
		if _, err := c.tx.ProgramProduct.Delete().Where(programproduct.ProgramID(program)).Exec(c.system); err != nil {
			return err
		}
		err := each(in.ProductIds, "product", "input.productIds", maxParts, func(id uuid.UUID, argument string) error {
			if _, err := c.tx.Product.Get(c, id); err != nil {
				return missing(err, "product", argument)
			}
			return c.tx.ProgramProduct.Create().SetProgramID(program).SetProductID(id).Exec(c.system)
		})
		if err != nil {
			return err
		}
	}
	if in.SiteIds != nil {
		if _, err := c.tx.ProgramSite.Delete().Where(programsite.ProgramID(program)).Exec(c.system); err != nil {
			return err
		}
		err := each(in.SiteIds, "org", "input.siteIds", maxSites, func(id uuid.UUID, argument string) error {
			if _, err := c.tx.Organization.Get(c, id); err != nil {
				return missing(err, "organization", argument)
			}
			return c.tx.ProgramSite.Create().SetProgramID(program).SetOrganizationID(id).Exec(c.system)
		})
		if err != nil {
			return err
		}
	}
	if in.RequiredConsentScopes != nil {
		if _, err := c.tx.RequiredConsent.Delete().Where(requiredconsent.ProgramID(program)).Exec(c.system); err != nil {
			return err
		}
		seen := map[code.ConsentScope]bool{}
		for i, scope := range in.RequiredConsentScopes {
			if seen[scope] {
				return fault.Input(fmt.Sprintf("input.requiredConsentScopes[%d]", i), "named twice")
			}
			seen[scope] = true
			if err := c.tx.RequiredConsent.Create().SetProgramID(program).SetScope(scope).Exec(c.system); err != nil {
				return err
			}
		}
	}
	if err := c.defineCriteria(program, in.Criteria); err != nil {
		return err
	}
	return c.defineActivities(program, in.Activities)
}

// each does something for every identifier of a list, each of which is of the type and named once.
func each(ids []*gid.ID, prefix, argument string, limit int, do func(uuid.UUID, string) error) error {
	if len(ids) > limit {
		return fault.Input(argument, "at most %d", limit)
	}
	seen := map[uuid.UUID]bool{}
	for i, id := range ids {
		at := fmt.Sprintf("%s[%d]", argument, i)
		if err := expect(*id, prefix, at); err != nil {
			return err
		}
		if seen[id.UUID] {
			return fault.Input(at, "named twice")
		}
		seen[id.UUID] = true
		if err := do(id.UUID, at); err != nil {
			return err
		}
	}
	return nil
}

func (c *change) defineCriteria(program uuid.UUID, criteria []*model.CriterionInput) error {
	if criteria == nil {
		return nil
	}
	if len(criteria) > maxParts {
		return fault.Input("input.criteria", "at most %d", maxParts)
	}
	if _, err := c.tx.EligibilityCriterion.Delete().Where(eligibilitycriterion.ProgramID(program)).Exec(c.system); err != nil {
		return err
	}
	for i, in := range criteria {
		at := fmt.Sprintf("input.criteria[%d].", i)
		text, err := sentence(in.Text, at+"text", 4000)
		if err != nil {
			return err
		}
		if in.Expression != nil {
			if len([]rune(*in.Expression)) > 1000 {
				return fault.Input(at+"expression", "at most 1000 characters")
			}
			if err := criterion.Check(*in.Expression); err != nil {
				return fault.Input(at+"expression", "no expression over the inputs that eligibilityForm lists")
			}
		}
		err = c.tx.EligibilityCriterion.Create().SetProgramID(program).SetSeq(i + 1).SetKind(in.Kind).SetText(text).
			SetNillableExpression(in.Expression).SetRequired(or(in.Required, true)).Exec(c.system)
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *change) defineActivities(program uuid.UUID, steps []*model.ActivityTemplateInput) error {
	if steps == nil {
		return nil
	}
	if len(steps) > maxParts {
		return fault.Input("input.activities", "at most %d", maxParts)
	}
	if _, err := c.tx.ActivityTemplate.Delete().Where(activitytemplate.ProgramID(program)).Exec(c.system); err != nil {
		return err
	}
	for i, in := range steps {
		at := fmt.Sprintf("input.activities[%d].", i)
		title, err := sentence(in.Title, at+"title", 200)
		if err != nil {
			return err
		}
		if in.DueDays < 0 || in.DueDays > 3650 {
			return fault.Input(at+"dueDays", "0 to 3650")
		}
		err = c.tx.ActivityTemplate.Create().SetProgramID(program).SetSeq(i + 1).SetKind(in.Kind).SetTitle(title).
			SetDueDays(in.DueDays).SetMandatory(or(in.Mandatory, true)).Exec(c.system)
		if err != nil {
			return err
		}
	}
	return nil
}
