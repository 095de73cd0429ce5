package graph

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/clock"
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

// submit writes the inquiry: its case, routed, its questions and, with a side effect, a case in drug safety.
func (c *change) submit(input model.SubmitMedicalInquiryInput) (uuid.UUID, error) {
	if err := checkInquiry(input); err != nil {
		return uuid.Nil, err
	}
	asked, err := c.asked(input)
	if err != nil {
		return uuid.Nil, err
	}
	made, err := c.open(asked)
	if err != nil {
		return uuid.Nil, err
	}
	inquiry, err := c.tx.MedicalInquiry.Create().
		SetCareCaseID(made.ID).SetUnsolicited(input.Unsolicited).SetAttestedAt(made.ReceivedAt).SetAdverseEvent(input.InvolvesAdverseEvent).
		SetNillablePreferredDelivery(input.PreferredDelivery).SetNillableSignatureCopy(input.SignatureCopy).Save(c)
	if err != nil {
		return uuid.Nil, err
	}
	questions := make([]*ent.InquiryQuestionCreate, len(input.Questions))
	for i, q := range input.Questions {
		questions[i] = c.tx.InquiryQuestion.Create().SetInquiryID(inquiry.ID).SetSeq(i + 1).SetText(q.Text).SetTopic(q.Topic)
	}
	asking, err := c.tx.InquiryQuestion.CreateBulk(questions...).Save(c)
	if err != nil {
		return uuid.Nil, err
	}
	c.record(code.AuditActionCreate, ent.TypeMedicalInquiry, made.PatientID, inquiry.ID)
	c.record(code.AuditActionCreate, ent.TypeInquiryQuestion, made.PatientID, keysOf(asking, func(q *ent.InquiryQuestion) uuid.UUID { return q.ID })...)
	if input.InvolvesAdverseEvent {
		report := asked
		report.kind, report.parent, report.narrative = code.CaseKindAdverseEvent, &made.ID, input.AdverseEventText
		report.subject = "Adverse event reported with inquiry " + made.Number
		if _, err := c.open(report); err != nil {
			return uuid.Nil, err
		}
	}
	return made.ID, nil
}

// keysOf returns the keys of the rows.
func keysOf[Row any](rows []*Row, key func(*Row) uuid.UUID) []uuid.UUID {
	keys := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		keys[i] = key(row)
	}
	return keys
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

// opening is a case to be opened.
type opening struct {
	kind      code.CaseKind
	subject   string
	narrative *string
	parent    *uuid.UUID
	product   *ent.Product
	provider  *ent.Provider
	patient   *uuid.UUID
}

// asked gathers the case of an inquiry from the input and from who asks.
func (c *change) asked(input model.SubmitMedicalInquiryInput) (opening, error) {
	o := opening{kind: code.CaseKindMedicalInquiry}
	if err := expect(input.ProductID, "product", "input.productId"); err != nil {
		return o, err
	}
	var err error
	if o.product, err = c.tx.Product.Get(c, input.ProductID.UUID); err != nil {
		return o, missing(err, "product", "input.productId")
	}
	if o.provider, err = c.tx.Provider.Get(c, c.viewer.AccountKey); err != nil {
		return o, err
	}
	if input.PatientID != nil {
		if err := expect(*input.PatientID, "patient", "input.patientId"); err != nil {
			return o, err
		}
		patient, err := c.tx.Patient.Get(c, input.PatientID.UUID)
		if err != nil {
			return o, missing(err, "patient", "input.patientId")
		}
		o.patient = &patient.ID
	}
	if input.Subject != nil {
		o.subject = strings.TrimSpace(*input.Subject)
	} else {
		o.subject = shortened(input.Questions[0].Text, maxSubject)
	}
	return o, nil
}

// open makes the case and routes it.
func (c *change) open(o opening) (*ent.CareCase, error) {
	now := clock.Now(c)
	draft := &ent.CareCase{
		Kind: o.kind, RequesterKind: code.AccountKindProvider, LabelStatus: code.LabelStatusUnknown,
		ProductID: &o.product.ID, TherapeuticArea: &o.product.TherapeuticArea, Country: &home, Territory: &o.provider.Territory,
	}
	in, err := inputsOf(c.system, c.tx.Client(), draft)
	if err != nil {
		return nil, err
	}
	to, err := decide(c.system, c.tx.Client(), in)
	if err != nil {
		return nil, err
	}
	made, err := c.tx.CareCase.Create().
		SetNumber(newNumber()).SetKind(o.kind).SetStatus(code.CaseStatusRouted).SetPriority(to.priority).
		SetChannel(code.ChannelPortal).SetRequesterKind(draft.RequesterKind).SetDepartment(to.department).
		SetSubject(o.subject).SetNillableNarrative(o.narrative).
		SetNillableTerritory(draft.Territory).SetNillableTherapeuticArea(draft.TherapeuticArea).SetNillableCountry(draft.Country).
		SetReceivedAt(now).SetDueAt(now.Add(to.due)).SetRoutingCount(1).
		SetRequesterID(c.viewer.Key).SetProviderID(o.provider.ID).SetProductID(o.product.ID).
		SetNillablePatientID(o.patient).SetNillableParentID(o.parent).Save(c)
	if err != nil {
		return nil, err
	}
	received := *made
	received.Status = code.CaseStatusNew
	if err := c.step(&received, "", nil); err != nil {
		return nil, err
	}
	if err := c.step(made, code.CaseStatusNew, nil); err != nil {
		return nil, err
	}
	return made, c.entered(made, nil, to, code.RoutingReasonCreated, nil)
}

// home is the country that providers of the register belong to.
var home = "US"

// newNumber returns a number that people can tell each other: ten digits without those that look alike.
func newNumber() string {
	var random [8]byte
	rand.Read(random[:]) // never fails
	digits := base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").EncodeToString(random[:])
	return "C-" + digits[:5] + "-" + digits[5:10]
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
	in, err := inputsOf(c.system, c.tx.Client(), &labelled)
	if err != nil {
		return err
	}
	to, err := decide(c.system, c.tx.Client(), in)
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
