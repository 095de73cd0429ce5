package graph

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/inquiryquestion"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/responseanswer"
	"github.com/carehub/carehub/ent/responsecitation"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// SendInquiryResponse resolves Mutation.sendInquiryResponse.
func (r mutationResolver) SendInquiryResponse(ctx context.Context, input model.SendInquiryResponseInput) (*model.SendInquiryResponsePayload, error) {
	id, err := r.change(ctx, "sendInquiryResponse", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.send(input)
	})
	if unmet, ok := errors.AsType[*gates](err); ok {
		return &model.SendInquiryResponsePayload{Unmet: unmet.list}, nil
	}
	if err != nil {
		return nil, err
	}
	now, found, err := r.answered(ctx, id)
	return &model.SendInquiryResponsePayload{Response: now, Case: found, Unmet: []*model.UnmetGate{}}, err
}

// AcknowledgeResponse resolves Mutation.acknowledgeResponse.
func (r mutationResolver) AcknowledgeResponse(ctx context.Context, input model.AcknowledgeResponseInput) (*model.AcknowledgeResponsePayload, error) {
	id, err := r.change(ctx, "acknowledgeResponse", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.acknowledge(input)
	})
	if err != nil {
		return nil, err
	}
	now, found, err := r.answered(ctx, id)
	return &model.AcknowledgeResponsePayload{Response: now, Case: found}, err
}

// answered reads an answer and its case under the viewer's rules.
func (r *resolver) answered(ctx context.Context, id uuid.UUID) (*ent.InquiryResponse, *ent.CareCase, error) {
	now, err := r.responseNow(ctx, id)
	if err != nil || now == nil {
		return nil, nil, err
	}
	inquiry, err := r.Client.MedicalInquiry.Get(ctx, now.InquiryID)
	if err != nil {
		return now, nil, ent.MaskNotFound(err)
	}
	found, err := r.caseNow(ctx, inquiry.CareCaseID)
	return now, found, err
}

// gates are what a step still lacks. As an error they undo the transaction; the client gets them as data.
type gates struct{ list []*model.UnmetGate }

// Error implements error.
func (g *gates) Error() string { return "gates are not met" }

func (g *gates) unmet(gate code.GateCode, message string) {
	g.list = append(g.list, &model.UnmetGate{Code: gate, Message: message})
}

func (g *gates) err() error {
	if len(g.list) == 0 {
		return nil
	}
	return g
}

// approve approves an answer: in review by a reviewer who is not its author, or straight from the draft by the
// author of a standard letter on label.
func (c *change) approve(input model.ApproveInquiryResponseInput) (uuid.UUID, error) {
	w, err := c.response(input.ResponseID)
	if err != nil {
		return uuid.Nil, err
	}
	if input.ExpectedVersion != nil && *input.ExpectedVersion != w.Version {
		return uuid.Nil, changedMeanwhile()
	}
	reviewed := w.Status == code.ResponseStatusInReview
	if reviewed && !w.reviewable(c.viewer) {
		return uuid.Nil, errNotReviewer
	}
	if !reviewed && w.AuthorID != c.viewer.Key {
		return uuid.Nil, fault.New(fault.Forbidden, "only its author approves a draft")
	}
	if !lifecycle.Response.Allows(w.Status, code.ResponseStatusApproved) {
		return uuid.Nil, noWay("response", w.Status, code.ResponseStatusApproved)
	}
	outside, err := c.outsideLabel(w)
	if err != nil {
		return uuid.Nil, err
	}
	lacking := &gates{}
	if !reviewed && !lifecycle.ShortcutApproval(w.Kind, outside) {
		lacking.unmet(code.GateCodeReviewRequired, "only a standard letter on label is approved by its author")
	}
	if outside && len(w.Disclaimers) == 0 {
		lacking.unmet(code.GateCodeDisclaimerMissing, "an answer outside the label says that the use is not approved")
	}
	cited, err := c.cited(w)
	if err != nil {
		return uuid.Nil, err
	}
	if !reviewed && len(cited) == 0 {
		lacking.unmet(code.GateCodeCitationMissing, "cite a resource, or let a reviewer approve it without")
	}
	if err := lacking.err(); err != nil {
		return uuid.Nil, err
	}
	now := clock.Now(c)
	return w.ID, c.answer(w, code.ResponseStatusApproved, nil, func(u *ent.InquiryResponseUpdateOne) {
		u.SetReviewerID(c.viewer.Key).SetReviewedAt(now).SetOffLabel(outside)
	})
}

// outsideLabel reports whether one of the questions that the answer is for has been classified as off-label or
// investigational by now, perhaps after the answer was written.
func (c *change) outsideLabel(w *written) (bool, error) {
	questions, err := c.answeredBy(w)
	return lifecycle.OffLabel(strictest(questions)), err
}

// answeredBy returns the questions that the answer is for.
func (c *change) answeredBy(w *written) ([]*ent.InquiryQuestion, error) {
	answers, err := c.tx.ResponseAnswer.Query().Where(responseanswer.ResponseID(w.ID)).All(c)
	if err != nil {
		return nil, err
	}
	questions := make([]*ent.InquiryQuestion, len(answers))
	for i, a := range answers {
		if questions[i], err = c.tx.InquiryQuestion.Get(c, a.QuestionID); err != nil {
			return nil, err
		}
	}
	return questions, nil
}

// cited returns the resources that the answer relies on.
func (c *change) cited(w *written) ([]*ent.KnowledgeResource, error) {
	rows, err := c.tx.ResponseCitation.Query().Where(responsecitation.ResponseID(w.ID)).All(c)
	if err != nil {
		return nil, err
	}
	resources := make([]*ent.KnowledgeResource, len(rows))
	for i, row := range rows {
		if resources[i], err = c.tx.KnowledgeResource.Get(c, row.ResourceID); err != nil {
			return nil, err
		}
	}
	return resources, nil
}

// send hands an approved answer to the requester. It marks its questions as answered; with the last of them the
// case is resolved.
func (c *change) send(input model.SendInquiryResponseInput) (uuid.UUID, error) {
	w, err := c.response(input.ResponseID)
	if err != nil {
		return uuid.Nil, err
	}
	if w.found, err = c.assigned(w.found.ID); err != nil {
		return uuid.Nil, err
	}
	if !lifecycle.Response.Allows(w.Status, code.ResponseStatusSent) {
		return uuid.Nil, noWay("response", w.Status, code.ResponseStatusSent)
	}
	now := clock.Now(c)
	channel := w.inquiry.PreferredDelivery
	if input.Channel != nil {
		channel = *input.Channel
	}
	relied, err := c.sendable(w, channel, now)
	if err != nil {
		return uuid.Nil, err
	}
	if w.found, err = c.start(w.found); err != nil {
		return uuid.Nil, err
	}
	err = c.answer(w, code.ResponseStatusSent, nil, func(u *ent.InquiryResponseUpdateOne) { u.SetChannel(channel).SetSentAt(now) })
	if err != nil {
		return uuid.Nil, err
	}
	open, err := c.close(w, now)
	if err != nil {
		return uuid.Nil, err
	}
	update := c.tx.CareCase.UpdateOneID(w.found.ID).Where(carecase.Version(w.found.Version), carecase.StatusEQ(w.found.Status))
	if w.found.RespondedAt == nil {
		update.SetRespondedAt(now)
	}
	if !open {
		if !lifecycle.Case.Allows(w.found.Status, code.CaseStatusResolved) {
			return uuid.Nil, noWay("case", w.found.Status, code.CaseStatusResolved)
		}
		update.SetStatus(code.CaseStatusResolved).SetResolvedAt(now)
	}
	updated, err := update.Save(c)
	if ent.IsNotFound(err) {
		return uuid.Nil, changedMeanwhile()
	}
	if err != nil {
		return uuid.Nil, err
	}
	if open {
		c.changed(code.AuditActionUpdate, updated)
	} else if err := c.step(updated, w.found.Status, nil); err != nil {
		return uuid.Nil, err
	}
	return w.ID, c.delivered(updated, channel, relied, now)
}

// delivered writes that an answer to the case went out, and on which consent that relied.
func (c *change) delivered(updated *ent.CareCase, channel code.Channel, relied *uuid.UUID, now time.Time) error {
	create := c.tx.Touchpoint.Create()
	if updated.RequesterKind == code.AccountKindPatient {
		create.SetNillablePatientID(updated.PatientID).SetNillableConsentID(relied)
	}
	contact, err := create.
		SetKind(code.TouchpointKindCommunication).SetDirection(code.DirectionOutbound).SetChannel(channel).
		SetStatus(code.TouchpointStatusCompleted).SetOutcome(code.TouchpointOutcomeDelivered).SetOccurredAt(now).
		SetSubject("Answer to inquiry " + updated.Number).SetAeScreen(code.AdverseEventScreenNotApplicable).SetReactive(true).
		SetNillableProviderID(updated.ProviderID).SetUserID(c.viewer.Key).SetCareCaseID(updated.ID).Save(c.system)
	if err != nil {
		return err
	}
	c.record(code.AuditActionCreate, ent.TypeTouchpoint, nil, contact.ID)
	return nil
}

// sendable checks the gates of an answer's way out. An answer to a patient takes the patient's consent to the channel,
// which is returned; providers and staff are written to without.
func (c *change) sendable(w *written, channel code.Channel, now time.Time) (relied *uuid.UUID, err error) {
	lacking := &gates{}
	if w.found.RequesterKind == code.AccountKindPatient && w.found.PatientID != nil {
		if relied, err = c.permitted(*w.found.PatientID, channel, channel == w.found.Channel, lacking); err != nil {
			return nil, err
		}
	}
	if w.found.ProviderID != nil {
		provider, err := c.tx.Provider.Get(c.system, *w.found.ProviderID)
		if err != nil {
			return nil, err
		}
		if provider.Verification != code.VerificationVerified {
			lacking.unmet(code.GateCodeProviderNotVerified, "the requester's identity is not verified")
		}
	}
	outside, err := c.outsideLabel(w)
	if err != nil {
		return nil, err
	}
	if outside && !w.OffLabel {
		lacking.unmet(code.GateCodeReviewRequired, "a question was classified as outside the label after the approval: draft a new answer")
	}
	resources, err := c.cited(w)
	if err != nil {
		return nil, err
	}
	for _, resource := range resources {
		valid := resource.Status == code.ResourceStatusApproved && !resource.EffectiveFrom.After(now) &&
			(resource.ExpiresAt == nil || resource.ExpiresAt.After(now))
		if !valid {
			lacking.unmet(code.GateCodeResourceNotValid, "not valid now: "+resource.Title)
		}
		if lifecycle.OffLabel(resource.LabelStatus) && !w.OffLabel {
			lacking.unmet(code.GateCodeOffLabelResource, "off-label, but nobody asked for it: "+resource.Title)
		}
	}
	return relied, lacking.err()
}

// close marks the questions of the answer as answered and reports whether others are still open.
func (c *change) close(w *written, now time.Time) (open bool, err error) {
	questions, err := c.answeredBy(w)
	if err != nil {
		return false, err
	}
	for _, question := range questions {
		if question.AnsweredAt != nil {
			continue
		}
		err := c.tx.InquiryQuestion.UpdateOneID(question.ID).Where(inquiryquestion.Version(question.Version)).SetAnsweredAt(now).Exec(c)
		if ent.IsNotFound(err) {
			return false, changedMeanwhile()
		}
		if err != nil {
			return false, err
		}
		c.record(code.AuditActionUpdate, ent.TypeInquiryQuestion, w.found.PatientID, question.ID)
	}
	return c.tx.InquiryQuestion.Query().Where(inquiryquestion.InquiryID(w.inquiry.ID), inquiryquestion.AnsweredAtIsNil()).Exist(c)
}

// acknowledge notes that the requester has received the answer; a resolved case is closed by that.
func (c *change) acknowledge(input model.AcknowledgeResponseInput) (uuid.UUID, error) {
	if err := expect(input.ResponseID, "response", "input.responseId"); err != nil {
		return uuid.Nil, err
	}
	row, err := c.tx.InquiryResponse.Get(c, input.ResponseID.UUID)
	if err != nil {
		return uuid.Nil, missing(err, "response", "input.responseId")
	}
	c.concerns(ent.TypeInquiryResponse, row.ID)
	w := &written{InquiryResponse: row}
	if w.inquiry, err = c.tx.MedicalInquiry.Get(c, row.InquiryID); err != nil {
		return uuid.Nil, err
	}
	if w.found, err = c.tx.CareCase.Get(c, w.inquiry.CareCaseID); err != nil {
		return uuid.Nil, err
	}
	now := clock.Now(c)
	err = c.answer(w, code.ResponseStatusAcknowledged, nil, func(u *ent.InquiryResponseUpdateOne) { u.SetAcknowledgedAt(now) })
	if err != nil || w.found.Status != code.CaseStatusResolved {
		return w.ID, err
	}
	closed, err := c.tx.CareCase.UpdateOneID(w.found.ID).Where(carecase.Version(w.found.Version), carecase.StatusEQ(w.found.Status)).
		SetStatus(code.CaseStatusClosed).SetClosedAt(now).Save(c)
	if ent.IsNotFound(err) {
		return uuid.Nil, changedMeanwhile()
	}
	if err != nil {
		return uuid.Nil, err
	}
	return w.ID, c.step(closed, w.found.Status, nil)
}
