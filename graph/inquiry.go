package graph

import (
	"context"
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
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/list"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/relay"
)

// SubmitMedicalInquiry resolves Mutation.submitMedicalInquiry.
func (r mutationResolver) SubmitMedicalInquiry(ctx context.Context, input model.SubmitMedicalInquiryInput) (*model.SubmitMedicalInquiryPayload, error) {
	id, err := r.change(ctx, "submitMedicalInquiry", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.submit(input)
	})
	if err != nil {
		return nil, err
	}
	payload := &model.SubmitMedicalInquiryPayload{}
	if payload.Case, err = r.caseNow(ctx, id); err != nil {
		return nil, err
	}
	payload.AdverseEventCase, err = r.Client.CareCase.Query().
		Where(carecase.ParentID(id), carecase.KindEQ(code.CaseKindAdverseEvent)).First(ctx)
	return payload, ent.MaskNotFound(err)
}

// Bounds of an inquiry.
const (
	maxQuestions = 20
	maxQuestion  = 4000
	maxSubject   = 200
)

// submit opens the inquiry that the input describes.
func (c *change) submit(input model.SubmitMedicalInquiryInput) (uuid.UUID, error) {
	if err := checkInquiry(input); err != nil {
		return uuid.Nil, err
	}
	q := Inquiry{
		Channel: code.ChannelPortal, Requester: code.AccountKindProvider, Unsolicited: input.Unsolicited,
		PreferredDelivery: input.PreferredDelivery, SignatureCopy: input.SignatureCopy,
	}
	if input.InvolvesAdverseEvent {
		q.AdverseEvent = input.AdverseEventText
	}
	for _, asked := range input.Questions {
		q.Questions = append(q.Questions, Question{Text: asked.Text, Topic: asked.Topic})
	}
	if err := c.asked(&q, input); err != nil {
		return uuid.Nil, err
	}
	opened, err := c.inquire(q)
	if err != nil {
		return uuid.Nil, err
	}
	return opened.Case.ID, nil
}

// checkInquiry checks what the schema can not say of the input.
func checkInquiry(input model.SubmitMedicalInquiryInput) error {
	if !input.Unsolicited {
		return fault.Input("input.unsolicited", "only unsolicited questions are answered: attest that nobody prompted yours")
	}
	if n := len(input.Questions); n < 1 || n > maxQuestions {
		return fault.Input("input.questions", "1 to %d questions", maxQuestions)
	}
	for i, q := range input.Questions {
		if n := utf8.RuneCountInString(strings.TrimSpace(q.Text)); n < 1 || n > maxQuestion {
			return fault.Input(fmt.Sprintf("input.questions[%d].text", i), "1 to %d characters", maxQuestion)
		}
	}
	if input.Subject != nil {
		if n := utf8.RuneCountInString(strings.TrimSpace(*input.Subject)); n < 1 || n > maxSubject {
			return fault.Input("input.subject", "1 to %d characters", maxSubject)
		}
	}
	told := input.AdverseEventText != nil && strings.TrimSpace(*input.AdverseEventText) != ""
	switch {
	case input.InvolvesAdverseEvent && !told:
		return fault.Input("input.adverseEventText", "say what happened, in your own words")
	case !input.InvolvesAdverseEvent && told:
		return fault.Input("input.involvesAdverseEvent", "an adverse event is described and denied at once")
	case told && utf8.RuneCountInString(*input.AdverseEventText) > maxQuestion:
		return fault.Input("input.adverseEventText", "at most %d characters", maxQuestion)
	}
	return nil
}

// asked adds to the inquiry what it is about and who asks.
func (c *change) asked(q *Inquiry, input model.SubmitMedicalInquiryInput) error {
	if err := expect(input.ProductID, "product", "input.productId"); err != nil {
		return err
	}
	var err error
	if q.product, err = c.tx.Product.Get(c, input.ProductID.UUID); err != nil {
		return missing(err, "product", "input.productId")
	}
	if q.provider, err = c.tx.Provider.Get(c, c.viewer.AccountKey); err != nil {
		return err
	}
	if input.PatientID != nil {
		if err := expect(*input.PatientID, "patient", "input.patientId"); err != nil {
			return err
		}
		patient, err := c.tx.Patient.Get(c, input.PatientID.UUID)
		if err != nil {
			return missing(err, "patient", "input.patientId")
		}
		q.patient = &patient.ID
	}
	if input.Subject != nil {
		q.Subject = strings.TrimSpace(*input.Subject)
	} else {
		q.Subject = shortened(input.Questions[0].Text, maxSubject)
	}
	return nil
}

// shortened cuts a text to one line of at most limit characters.
func shortened(text string, limit int) string {
	line := strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(line) <= limit {
		return line
	}
	return string([]rune(line)[:limit-1]) + "…"
}

// missing turns a row that the viewer does not see into the error of the argument that named it.
func missing(err error, what, argument string) error {
	if !ent.IsNotFound(err) {
		return err
	}
	f := fault.Missing(what)
	f.Argument = argument
	return f
}

// ClassifyQuestion resolves Mutation.classifyQuestion.
func (r mutationResolver) ClassifyQuestion(ctx context.Context, input model.ClassifyQuestionInput) (*model.ClassifyQuestionPayload, error) {
	id, err := r.change(ctx, "classifyQuestion", input.IdempotencyKey, input, func(c *change) (uuid.UUID, error) {
		return c.classify(input)
	})
	if err != nil {
		return nil, err
	}
	payload := &model.ClassifyQuestionPayload{CaseID: gid.ID{Prefix: "case", UUID: id}}
	placed, err := r.Client.CareCase.Get(viewer.System(ctx, "where the case went"), id)
	if err != nil {
		return nil, err
	}
	payload.Department = placed.Department
	if payload.Case, err = r.caseNow(ctx, id); err != nil {
		return nil, err
	}
	payload.Question, err = r.Client.InquiryQuestion.Get(ctx, input.QuestionID.UUID)
	return payload, ent.MaskNotFound(err)
}

// classify sets the question's standing towards the label and the case's, and lets the rules route the case anew
// where that leads to another department.
func (c *change) classify(input model.ClassifyQuestionInput) (uuid.UUID, error) {
	if err := expect(input.QuestionID, "question", "input.questionId"); err != nil {
		return uuid.Nil, err
	}
	if input.LabelStatus == code.LabelStatusUnknown {
		return uuid.Nil, fault.Input("input.labelStatus", "say where the question stands")
	}
	question, err := c.tx.InquiryQuestion.Get(c, input.QuestionID.UUID)
	if err != nil {
		return uuid.Nil, missing(err, "question", "input.questionId")
	}
	inquiry, err := c.tx.MedicalInquiry.Get(c, question.InquiryID)
	if err != nil {
		return uuid.Nil, err
	}
	found, err := c.assigned(inquiry.CareCaseID)
	if err != nil {
		return uuid.Nil, err
	}
	err = c.tx.InquiryQuestion.UpdateOneID(question.ID).Where(inquiryquestion.Version(question.Version)).SetLabelStatus(input.LabelStatus).Exec(c)
	if ent.IsNotFound(err) {
		return uuid.Nil, changedMeanwhile()
	}
	if err != nil {
		return uuid.Nil, err
	}
	c.record(code.AuditActionUpdate, ent.TypeInquiryQuestion, found.PatientID, question.ID)
	all, err := c.tx.InquiryQuestion.Query().Where(inquiryquestion.InquiryID(inquiry.ID)).All(c)
	if err != nil {
		return uuid.Nil, err
	}
	return found.ID, c.label(found, strictest(all))
}

// label sets the case's standing towards the label. Outside of the label the rules route it anew: in the same
// update, because the department that has it may not be one that may hold it then.
func (c *change) label(found *ent.CareCase, label code.LabelStatus) error {
	if label == found.LabelStatus {
		return nil
	}
	labelled := *found
	labelled.LabelStatus = label
	to, err := routeOf(c.system, c.tx.Client(), &labelled)
	if err != nil {
		return err
	}
	if lifecycle.OffLabel(label) && to.department != found.Department {
		note := "a question was classified as " + string(label)
		return c.move(found, to, code.RoutingReasonRerouted, &note, func(u *ent.CareCaseUpdateOne) { u.SetLabelStatus(label) })
	}
	updated, err := c.tx.CareCase.UpdateOneID(found.ID).Where(carecase.Version(found.Version)).SetLabelStatus(label).Save(c)
	if ent.IsNotFound(err) {
		return changedMeanwhile()
	}
	if err != nil {
		return err
	}
	c.changed(code.AuditActionUpdate, updated)
	return nil
}

// strictness orders label statuses by the care that they demand.
var strictness = []code.LabelStatus{code.LabelStatusUnknown, code.LabelStatusOnLabel, code.LabelStatusOffLabel, code.LabelStatusInvestigational}

// strictest returns the status among the questions that demands the most care.
func strictest(questions []*ent.InquiryQuestion) code.LabelStatus {
	top := 0
	for _, q := range questions {
		top = max(top, slices.Index(strictness, q.LabelStatus))
	}
	return strictness[top]
}

// Questions resolves MedicalInquiry.questions.
func (r medicalInquiryResolver) Questions(ctx context.Context, obj *ent.MedicalInquiry, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.InquiryQuestion], error) {
	return relay.Each(ctx, r.Client.InquiryQuestion.Query, list.InquiryQuestions, obj.ID, page(first, after, last, before), r.Client.LoadInquiryQuestion)
}

// Responses resolves MedicalInquiry.responses.
func (r medicalInquiryResolver) Responses(ctx context.Context, obj *ent.MedicalInquiry, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.InquiryResponse], error) {
	return relay.Each(ctx, r.Client.InquiryResponse.Query, list.InquiryResponses, obj.ID, page(first, after, last, before), r.Client.LoadInquiryResponse)
}

// Answers resolves InquiryResponse.answers.
func (r inquiryResponseResolver) Answers(ctx context.Context, obj *ent.InquiryResponse, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ResponseAnswer], error) {
	return relay.Each(ctx, r.Client.ResponseAnswer.Query, list.ResponseAnswers, obj.ID, page(first, after, last, before), r.Client.LoadResponseAnswer)
}

// Citations resolves InquiryResponse.citations.
func (r inquiryResponseResolver) Citations(ctx context.Context, obj *ent.InquiryResponse, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.ResponseCitation], error) {
	return relay.Each(ctx, r.Client.ResponseCitation.Query, list.ResponseCitations, obj.ID, page(first, after, last, before), r.Client.LoadResponseCitation)
}

// History resolves InquiryResponse.history.
func (r inquiryResponseResolver) History(ctx context.Context, obj *ent.InquiryResponse, first *int, after *relay.Cursor, last *int, before *relay.Cursor) (*relay.Connection[ent.StatusChange], error) {
	return relay.Each(ctx, r.Client.StatusChange.Query, list.ResponseHistory, obj.ID, page(first, after, last, before), r.Client.LoadStatusChange)
}
