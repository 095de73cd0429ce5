package graph

import (
	"context"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consentform"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/predicate"
	"github.com/carehub/carehub/ent/programteammember"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// maxForm bounds the text of a form, in characters.
const maxForm = 100_000

// tag is a language as forms name it: BCP 47 without extensions.
var tag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)

// ConsentForms resolves Query.consentForms.
func (r queryResolver) ConsentForms(ctx context.Context, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ConsentForm], error) {
	return relay.Page(ctx, r.Client.ConsentForm.Query(), list.ConsentForms, page(first, after, last, before), r.Client.LoadConsentForm)
}

// History resolves ConsentForm.history.
func (r consentFormResolver) History(ctx context.Context, obj *ent.ConsentForm, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.StatusChange], error) {
	return relay.Each(ctx, r.Client.StatusChange.Query, list.FormHistory, obj.ID, page(first, after, last, before), r.Client.LoadStatusChange)
}

// formed is a mutation that takes a step of a form and answers with it.
func (r mutationResolver) formed(ctx context.Context, operation string, key *string, input any, do func(*change) (uuid.UUID, error)) (*ent.ConsentForm, error) {
	id, err := r.change(ctx, operation, key, input, do)
	if err != nil {
		return nil, err
	}
	now, err := r.Client.ConsentForm.Get(ctx, id)
	return now, ent.MaskNotFound(err)
}

// DraftConsentForm resolves Mutation.draftConsentForm.
func (r mutationResolver) DraftConsentForm(ctx context.Context, input model.DraftConsentFormInput) (*model.DraftConsentFormPayload, error) {
	now, err := r.formed(ctx, "draftConsentForm", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) { return c.draftForm(input) })
	if err != nil {
		return nil, err
	}
	return &model.DraftConsentFormPayload{Form: now}, nil
}

// editions matches all editions of a form: of one scope and program, in one language.
func editions(scope code.ConsentScope, program *uuid.UUID, locale string) predicate.ConsentForm {
	of := consentform.ProgramIDIsNil()
	if program != nil {
		of = consentform.ProgramID(*program)
	}
	return consentform.And(consentform.ScopeEQ(scope), consentform.Locale(locale), of)
}

// draftForm writes the next edition.
func (c *change) draftForm(input model.DraftConsentFormInput) (uuid.UUID, error) {
	if !tag.MatchString(input.Locale) {
		return uuid.Nil, fault.Input("input.locale", "a language such as en-US or es")
	}
	title, err := sentence(input.Title, "input.title", 200)
	if err != nil {
		return uuid.Nil, err
	}
	if n := utf8.RuneCountInString(input.Body); strings.TrimSpace(input.Body) == "" || n > maxForm {
		return uuid.Nil, fault.Input("input.body", "1 to %d characters", maxForm)
	}
	create := c.tx.ConsentForm.Create().SetScope(input.Scope).SetLocale(input.Locale).SetTitle(title).SetBody(input.Body).
		SetEffectiveFrom(or(input.EffectiveFrom, clock.Now(c)))
	if input.EthicsVersion != nil {
		version, err := words(*input.EthicsVersion, "input.ethicsVersion", 60)
		if err != nil {
			return uuid.Nil, err
		}
		create.SetEthicsVersion(version)
	}
	var program *uuid.UUID
	if input.ProgramID != nil {
		found, err := c.program(*input.ProgramID)
		if err != nil {
			return uuid.Nil, err
		}
		if err := c.serves(found.ID); err != nil {
			return uuid.Nil, err
		}
		program = &found.ID
	}
	last, err := c.tx.ConsentForm.Query().Where(editions(input.Scope, program, input.Locale)).
		Order(consentform.ByEdition(sql.OrderDesc())).First(c.system)
	if err != nil && !ent.IsNotFound(err) {
		return uuid.Nil, err
	}
	edition := 1
	if last != nil {
		edition = last.Edition + 1
	}
	made, err := create.SetNillableProgramID(program).SetEdition(edition).SetSha256("of the body").Save(c)
	if ent.IsConstraintError(err) { // somebody else has drafted the same edition
		return uuid.Nil, changedMeanwhile()
	}
	if err != nil {
		return uuid.Nil, err
	}
	return made.ID, c.formStep(made, "", nil)
}

// serves refuses who is not of the program's team.
func (c *change) serves(program uuid.UUID) error {
	of, err := c.tx.ProgramTeamMember.Query().Where(programteammember.ProgramID(program),
		programteammember.IdentityID(c.viewer.Key), programteammember.EndedAtIsNil()).Exist(c.system)
	if err == nil && !of {
		err = fault.New(fault.Forbidden, "only the program's team does this")
	}
	return err
}

// words reads a short text.
func words(text, argument string, limit int) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n < 1 || n > limit {
		return "", fault.Input(argument, "1 to %d characters", limit)
	}
	return text, nil
}

// form reads a form that the viewer sees and means to change.
func (c *change) form(id gid.ID, version *int, to code.FormStatus) (*ent.ConsentForm, error) {
	if err := expect(id, "form", "input.formId"); err != nil {
		return nil, err
	}
	found, err := c.tx.ConsentForm.Get(c, id.UUID)
	if err != nil {
		return nil, missing(err, "form", "input.formId")
	}
	c.concerns(ent.TypeConsentForm, found.ID)
	if version != nil && *version != found.Version {
		return nil, changedMeanwhile()
	}
	if !lifecycle.Form.Allows(found.Status, to) {
		return nil, noWay("form", found.Status, to)
	}
	return found, nil
}

// ApproveConsentForm resolves Mutation.approveConsentForm.
func (r mutationResolver) ApproveConsentForm(ctx context.Context, input model.ApproveConsentFormInput) (*model.ApproveConsentFormPayload, error) {
	now, err := r.formed(ctx, "approveConsentForm", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		found, err := c.form(input.FormID, input.ExpectedVersion, code.FormStatusApproved)
		if err != nil {
			return uuid.Nil, err
		}
		if found.CreatedBy != nil && *found.CreatedBy == c.viewer.Key {
			return uuid.Nil, fault.New(fault.Forbidden, "nobody approves a form of their own")
		}
		return found.ID, c.approveForm(found)
	})
	if err != nil {
		return nil, err
	}
	return &model.ApproveConsentFormPayload{Form: now}, nil
}

// approveForm lets the edition hold, and the ones before it end when it begins.
func (c *change) approveForm(found *ent.ConsentForm) error {
	now := clock.Now(c)
	others, err := c.tx.ConsentForm.Query().Where(
		editions(found.Scope, found.ProgramID, found.Locale), consentform.StatusEQ(code.FormStatusApproved),
	).All(c.system)
	if err != nil {
		return err
	}
	begins := found.EffectiveFrom
	if begins.Before(now) {
		begins = now
	}
	for _, other := range others {
		if other.Edition > found.Edition {
			return fault.New(fault.InvalidTransition, "a later edition has been approved")
		}
		if other.EffectiveTo != nil && !other.EffectiveTo.After(begins) {
			continue
		}
		ended, err := c.setForm(other, func(u *ent.ConsentFormUpdateOne) { u.SetEffectiveTo(later(begins, other.EffectiveFrom)) })
		if err != nil {
			return err
		}
		c.record(code.AuditActionUpdate, ent.TypeConsentForm, nil, ended.ID)
	}
	approved, err := c.setForm(found, func(u *ent.ConsentFormUpdateOne) {
		u.SetStatus(code.FormStatusApproved).SetApprovedByID(c.viewer.Key).SetApprovedAt(now)
	})
	if err != nil {
		return err
	}
	if err := c.formStep(approved, found.Status, nil); err != nil {
		return err
	}
	return c.newVersion(approved)
}

// later returns the later of two moments.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// setForm changes a form as it was read.
func (c *change) setForm(found *ent.ConsentForm, set func(*ent.ConsentFormUpdateOne)) (*ent.ConsentForm, error) {
	update := c.tx.ConsentForm.UpdateOneID(found.ID).Where(consentform.Version(found.Version), consentform.StatusEQ(found.Status))
	set(update)
	now, err := update.Save(c)
	if ent.IsNotFound(err) {
		err = changedMeanwhile()
	}
	return now, err
}

// RetireConsentForm resolves Mutation.retireConsentForm.
func (r mutationResolver) RetireConsentForm(ctx context.Context, input model.RetireConsentFormInput) (*model.RetireConsentFormPayload, error) {
	now, err := r.formed(ctx, "retireConsentForm", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		found, err := c.form(input.FormID, input.ExpectedVersion, code.FormStatusRetired)
		if err != nil {
			return uuid.Nil, err
		}
		if found.ProgramID != nil && c.viewer.Role == viewer.Coordinator {
			if err := c.serves(*found.ProgramID); err != nil {
				return uuid.Nil, err
			}
		}
		reason, err := sentence(input.Reason, "input.reason", 300)
		if err != nil {
			return uuid.Nil, err
		}
		retired, err := c.setForm(found, func(u *ent.ConsentFormUpdateOne) {
			u.SetStatus(code.FormStatusRetired)
			if found.Status == code.FormStatusApproved && (found.EffectiveTo == nil || found.EffectiveTo.After(clock.Now(c))) {
				u.SetEffectiveTo(later(clock.Now(c), found.EffectiveFrom))
			}
		})
		if err != nil {
			return uuid.Nil, err
		}
		return found.ID, c.formStep(retired, found.Status, &reason)
	})
	if err != nil {
		return nil, err
	}
	return &model.RetireConsentFormPayload{Form: now}, nil
}

// formStep writes a step of the form's lifecycle.
func (c *change) formStep(now *ent.ConsentForm, from code.FormStatus, note *string) error {
	steps := c.tx.StatusChange.Create().SetConsentFormID(now.ID).SetToStatus(string(now.Status)).SetNillableNote(note).SetNillableChangedByID(c.actor())
	action := code.AuditActionCreate
	if from != "" {
		steps.SetFromStatus(string(from))
		action = code.AuditActionUpdate
	}
	c.record(action, ent.TypeConsentForm, nil, now.ID)
	return steps.Exec(c.system)
}
