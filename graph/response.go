package graph

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/inquiryquestion"
	"github.com/carehub/carehub/ent/inquiryresponse"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/medicalinquiry"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// DraftInquiryResponse resolves Mutation.draftInquiryResponse.
func (r mutationResolver) DraftInquiryResponse(ctx context.Context, input model.DraftInquiryResponseInput) (*model.DraftInquiryResponsePayload, error) {
	id, err := r.change(ctx, "draftInquiryResponse", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.draft(input)
	})
	if err != nil {
		return nil, err
	}
	now, err := r.responseNow(ctx, id)
	if err != nil {
		return nil, err
	}
	found, err := r.caseNow(ctx, input.CaseID.UUID)
	return &model.DraftInquiryResponsePayload{Response: now, Case: found}, err
}

// SubmitResponseForReview resolves Mutation.submitResponseForReview.
func (r mutationResolver) SubmitResponseForReview(ctx context.Context, input model.SubmitResponseForReviewInput) (*model.SubmitResponseForReviewPayload, error) {
	id, err := r.change(ctx, "submitResponseForReview", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		w, err := c.response(input.ResponseID)
		if err != nil {
			return uuid.Nil, err
		}
		if w.AuthorID != c.viewer.Key {
			return uuid.Nil, fault.New(fault.Forbidden, "only the author hands a draft to a reviewer")
		}
		return w.ID, c.answer(w, code.ResponseStatusInReview, nil, func(*ent.InquiryResponseUpdateOne) {})
	})
	if err != nil {
		return nil, err
	}
	now, err := r.responseNow(ctx, id)
	return &model.SubmitResponseForReviewPayload{Response: now}, err
}

// ApproveInquiryResponse resolves Mutation.approveInquiryResponse.
func (r mutationResolver) ApproveInquiryResponse(ctx context.Context, input model.ApproveInquiryResponseInput) (*model.ApproveInquiryResponsePayload, error) {
	id, err := r.change(ctx, "approveInquiryResponse", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.approve(input)
	})
	if unmet, ok := errors.AsType[*gates](err); ok {
		return &model.ApproveInquiryResponsePayload{Unmet: unmet.list}, nil
	}
	if err != nil {
		return nil, err
	}
	now, err := r.responseNow(ctx, id)
	return &model.ApproveInquiryResponsePayload{Response: now, Unmet: []*model.UnmetGate{}}, err
}

// ReturnInquiryResponse resolves Mutation.returnInquiryResponse.
func (r mutationResolver) ReturnInquiryResponse(ctx context.Context, input model.ReturnInquiryResponseInput) (*model.ReturnInquiryResponsePayload, error) {
	id, err := r.change(ctx, "returnInquiryResponse", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		w, err := c.response(input.ResponseID)
		if err != nil {
			return uuid.Nil, err
		}
		if !w.reviewable(c.viewer) {
			return uuid.Nil, errNotReviewer
		}
		reason, err := sentence(input.Reason, "input.reason", maxReason)
		if err != nil {
			return uuid.Nil, err
		}
		return w.ID, c.answer(w, code.ResponseStatusDraft, &reason, func(*ent.InquiryResponseUpdateOne) {})
	})
	if err != nil {
		return nil, err
	}
	now, err := r.responseNow(ctx, id)
	return &model.ReturnInquiryResponsePayload{Response: now}, err
}

// responseNow reads the answer under the viewer's rules; nil where the viewer does not see it.
func (r *resolver) responseNow(ctx context.Context, id uuid.UUID) (*ent.InquiryResponse, error) {
	row, err := r.Client.InquiryResponse.Get(ctx, id)
	return row, ent.MaskNotFound(err)
}

// written is an answer with the inquiry and the case that it belongs to.
type written struct {
	*ent.InquiryResponse
	inquiry *ent.MedicalInquiry
	found   *ent.CareCase
}

var errNotReviewer = fault.New(fault.Forbidden, "only a reviewer of the department, other than the author, decides on an answer in review")

// reviewable reports whether the viewer may decide on the answer as a reviewer.
func (w *written) reviewable(v *viewer.Identity) bool {
	return w.AuthorID != v.Key && v.HasRole(string(w.found.Department), string(code.MembershipRoleReviewer))
}

// response reads an answer of a case that the viewer works on.
func (c *change) response(id gid.ID) (*written, error) {
	if err := expect(id, "response", "input.responseId"); err != nil {
		return nil, err
	}
	row, err := c.tx.InquiryResponse.Get(c, id.UUID)
	if err != nil {
		return nil, missing(err, "response", "input.responseId")
	}
	w := &written{InquiryResponse: row}
	if w.inquiry, err = c.tx.MedicalInquiry.Get(c, row.InquiryID); err != nil {
		return nil, err
	}
	if w.found, err = c.workOn(w.inquiry.CareCaseID); err != nil {
		return nil, err
	}
	c.concerns(ent.TypeInquiryResponse, row.ID)
	return w, nil
}

// answer takes a step of the answer's lifecycle; set sets what else changes with it.
func (c *change) answer(w *written, to code.ResponseStatus, note *string, set func(*ent.InquiryResponseUpdateOne)) error {
	if !lifecycle.Response.Allows(w.Status, to) {
		return noWay("response", w.Status, to)
	}
	update := c.tx.InquiryResponse.UpdateOneID(w.ID).
		Where(inquiryresponse.Version(w.Version), inquiryresponse.StatusEQ(w.Status)).SetStatus(to)
	set(update)
	updated, err := update.Save(c)
	if ent.IsNotFound(err) {
		return changedMeanwhile()
	}
	if err != nil {
		return err
	}
	c.record(code.AuditActionUpdate, ent.TypeInquiryResponse, w.found.PatientID, w.ID)
	return c.tx.StatusChange.Create().SetInquiryResponseID(w.ID).SetFromStatus(string(w.Status)).SetToStatus(string(updated.Status)).
		SetNillableNote(note).SetChangedByID(c.viewer.Key).Exec(c.system)
}

// Bounds of an answer.
const (
	maxBody        = 20000
	maxCitations   = 20
	maxDisclaimers = 10
)

// draft writes an answer to open questions of a case that the viewer has accepted; the first one starts the case.
func (c *change) draft(input model.DraftInquiryResponseInput) (uuid.UUID, error) {
	if err := expect(input.CaseID, "case", "input.caseId"); err != nil {
		return uuid.Nil, err
	}
	if n := utf8.RuneCountInString(strings.TrimSpace(input.Body)); n < 1 || n > maxBody {
		return uuid.Nil, fault.Input("input.body", "1 to %d characters", maxBody)
	}
	if len(input.ResourceIds) > maxCitations {
		return uuid.Nil, fault.Input("input.resourceIds", "at most %d", maxCitations)
	}
	if len(input.Disclaimers) > maxDisclaimers {
		return uuid.Nil, fault.Input("input.disclaimers", "at most %d", maxDisclaimers)
	}
	for i, text := range input.Disclaimers {
		if _, err := sentence(text, fmt.Sprintf("input.disclaimers[%d]", i), maxReason); err != nil {
			return uuid.Nil, err
		}
	}
	found, err := c.assigned(input.CaseID.UUID)
	if err != nil {
		return uuid.Nil, err
	}
	inquiry, err := c.tx.MedicalInquiry.Query().Where(medicalinquiry.CareCaseID(found.ID)).Only(c)
	if err != nil {
		return uuid.Nil, missing(err, "inquiry", "input.caseId")
	}
	questions, err := c.questions(inquiry, input.QuestionIds)
	if err != nil {
		return uuid.Nil, err
	}
	if _, err := c.start(found); err != nil {
		return uuid.Nil, err
	}
	earlier, err := c.tx.InquiryResponse.Query().Where(inquiryresponse.InquiryID(inquiry.ID)).Count(c)
	if err != nil {
		return uuid.Nil, err
	}
	made, err := c.tx.InquiryResponse.Create().
		SetInquiryID(inquiry.ID).SetEdition(earlier + 1).SetKind(input.Kind).SetBody(input.Body).
		SetDisclaimers(orNone(input.Disclaimers)).SetOffLabel(lifecycle.OffLabel(strictest(questions))).SetAuthorID(c.viewer.Key).Save(c)
	if err != nil {
		return uuid.Nil, err
	}
	c.record(code.AuditActionCreate, ent.TypeInquiryResponse, found.PatientID, made.ID)
	if err := c.cite(made, questions, input.ResourceIds, found.PatientID); err != nil {
		return uuid.Nil, err
	}
	return made.ID, c.tx.StatusChange.Create().SetInquiryResponseID(made.ID).SetToStatus(string(made.Status)).SetChangedByID(c.viewer.Key).Exec(c.system)
}

// questions returns the questions that an answer is for: those named, or all open ones.
func (c *change) questions(inquiry *ent.MedicalInquiry, ids []*gid.ID) ([]*ent.InquiryQuestion, error) {
	all, err := c.tx.InquiryQuestion.Query().Where(inquiryquestion.InquiryID(inquiry.ID)).Order(inquiryquestion.BySeq()).All(c)
	if err != nil {
		return nil, err
	}
	var chosen []*ent.InquiryQuestion
	if ids == nil {
		for _, q := range all {
			if q.AnsweredAt == nil {
				chosen = append(chosen, q)
			}
		}
		if len(chosen) == 0 {
			return nil, fault.Input("input.caseId", "every question has been answered")
		}
		return chosen, nil
	}
	for i, id := range ids {
		at := slices.IndexFunc(all, func(q *ent.InquiryQuestion) bool { return id.Prefix == "question" && q.ID == id.UUID })
		if at < 0 {
			return nil, fault.Input(fmt.Sprintf("input.questionIds[%d]", i), "no question of this case")
		}
		if !slices.Contains(chosen, all[at]) {
			chosen = append(chosen, all[at])
		}
	}
	if len(chosen) == 0 {
		return nil, fault.Input("input.questionIds", "name at least one question")
	}
	return chosen, nil
}

// start sets an accepted case to work, if it is not already, and returns it as it is then.
func (c *change) start(found *ent.CareCase) (*ent.CareCase, error) {
	if found.Status == code.CaseStatusInProgress {
		return found, nil
	}
	if !lifecycle.Case.Allows(found.Status, code.CaseStatusInProgress) {
		return nil, noWay("case", found.Status, code.CaseStatusInProgress)
	}
	started, err := c.tx.CareCase.UpdateOneID(found.ID).Where(carecase.Version(found.Version), carecase.StatusEQ(found.Status)).
		SetStatus(code.CaseStatusInProgress).Save(c)
	if ent.IsNotFound(err) {
		return nil, changedMeanwhile()
	}
	if err != nil {
		return nil, err
	}
	return started, c.step(started, found.Status, nil)
}

// cite writes which questions the answer is for and which resources it relies on.
func (c *change) cite(made *ent.InquiryResponse, questions []*ent.InquiryQuestion, resources []*gid.ID, patient *uuid.UUID) error {
	answers := make([]*ent.ResponseAnswerCreate, len(questions))
	for i, q := range questions {
		answers[i] = c.tx.ResponseAnswer.Create().SetResponseID(made.ID).SetQuestionID(q.ID)
	}
	answering, err := c.tx.ResponseAnswer.CreateBulk(answers...).Save(c)
	if err != nil {
		return err
	}
	c.record(code.AuditActionCreate, ent.TypeResponseAnswer, patient, keysOf(answering, func(a *ent.ResponseAnswer) uuid.UUID { return a.ID })...)
	var cited []uuid.UUID
	for i, id := range resources {
		argument := fmt.Sprintf("input.resourceIds[%d]", i)
		if err := expect(*id, "resource", argument); err != nil {
			return err
		}
		if slices.Contains(cited, id.UUID) {
			continue
		}
		resource, err := c.tx.KnowledgeResource.Get(c, id.UUID)
		if err != nil {
			return missing(err, "resource", argument)
		}
		citation, err := c.tx.ResponseCitation.Create().SetResponseID(made.ID).SetResourceID(resource.ID).Save(c)
		if err != nil {
			return err
		}
		c.record(code.AuditActionCreate, ent.TypeResponseCitation, patient, citation.ID)
		cited = append(cited, id.UUID)
	}
	return nil
}

func orNone(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
