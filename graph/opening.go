package graph

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/department"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/graph/stream"
)

// Inquiry is a medical inquiry as it reaches the company, through a portal or from outside.
type Inquiry struct {
	// Subject is a line of at most 300 bytes.
	Subject string
	// Questions are asked in this order.
	Questions []Question
	// Channel is the way by which it came.
	Channel code.Channel
	// Requester is what the asker is.
	Requester code.AccountKind
	// Unsolicited says that the asker attests that nobody of the company prompted the questions.
	Unsolicited bool
	// AdverseEvent is what happened, word for word, where a side effect is involved; nil where none is.
	AdverseEvent *string
	// PreferredDelivery is how the asker wants the answer; through the portal when nil.
	PreferredDelivery *code.Channel
	// SignatureCopy asks for a signed copy.
	SignatureCopy *bool

	product  *ent.Product
	provider *ent.Provider
	patient  *uuid.UUID
}

// Question is one question of an inquiry, word for word; at most 4,000 bytes.
type Question struct {
	Text  string
	Topic code.InquiryTopic
}

// Opened is what an inquiry opened.
type Opened struct {
	Case *ent.CareCase
	// AdverseEvent is the case of drug safety beside it, where a side effect is involved.
	AdverseEvent *ent.CareCase
}

// OpenInquiry opens an inquiry that comes from outside, in the caller's transaction and as the API would open it:
// numbered, routed by the rules, with its history, and with the events that the streams deliver once the caller has
// committed. Nobody of the API is its requester. The context must be a system one; the audit is the caller's, who
// knows where the inquiry came from.
func OpenInquiry(ctx context.Context, tx *ent.Tx, q Inquiry) (Opened, error) {
	c := ofSystem(ctx, tx)
	opened, err := c.inquire(q)
	if err != nil {
		return Opened{}, err
	}
	for _, e := range c.events {
		if err := stream.Append(ctx, tx, e); err != nil {
			return Opened{}, err
		}
	}
	return opened, nil
}

// CheckRouting tells whether an inquiry from outside would reach a department, and an adverse event in it drug safety.
func CheckRouting(ctx context.Context, client *ent.Client, requester code.AccountKind) error {
	for _, kind := range []code.CaseKind{code.CaseKindMedicalInquiry, code.CaseKindAdverseEvent} {
		draft := &ent.CareCase{Kind: kind, RequesterKind: requester, LabelStatus: code.LabelStatusUnknown}
		to, err := routeOf(ctx, client, draft)
		if ent.IsNotFound(err) {
			return fmt.Errorf("a case of kind %s reaches no department", kind)
		}
		if err != nil {
			return err
		}
		if err := lifecycle.MayHold(to.department, kind, draft.LabelStatus); err != nil {
			return fmt.Errorf("a case of kind %s would reach %w", kind, err)
		}
		there, err := client.Department.Query().Where(department.CodeEQ(to.department)).Exist(ctx)
		if err != nil {
			return err
		}
		if !there {
			return fmt.Errorf("a case of kind %s would reach %s, which is not there", kind, to.department)
		}
	}
	return nil
}

// inquire writes the inquiry: its case, routed, its questions and, with a side effect, a case in drug safety.
func (c *change) inquire(q Inquiry) (Opened, error) {
	made, err := c.open(opening{Inquiry: q, kind: code.CaseKindMedicalInquiry})
	if err != nil {
		return Opened{}, err
	}
	inquiry, err := c.tx.MedicalInquiry.Create().
		SetCareCaseID(made.ID).SetUnsolicited(q.Unsolicited).SetAttestedAt(made.ReceivedAt).SetAdverseEvent(q.AdverseEvent != nil).
		SetNillablePreferredDelivery(q.PreferredDelivery).SetNillableSignatureCopy(q.SignatureCopy).Save(c)
	if err != nil {
		return Opened{}, err
	}
	questions := make([]*ent.InquiryQuestionCreate, len(q.Questions))
	for i, asked := range q.Questions {
		questions[i] = c.tx.InquiryQuestion.Create().SetInquiryID(inquiry.ID).SetSeq(i + 1).SetText(asked.Text).SetTopic(asked.Topic)
	}
	asking, err := c.tx.InquiryQuestion.CreateBulk(questions...).Save(c)
	if err != nil {
		return Opened{}, err
	}
	c.record(code.AuditActionCreate, ent.TypeMedicalInquiry, made.PatientID, inquiry.ID)
	c.record(code.AuditActionCreate, ent.TypeInquiryQuestion, made.PatientID, keysOf(asking, func(q *ent.InquiryQuestion) uuid.UUID { return q.ID })...)
	opened := Opened{Case: made}
	if q.AdverseEvent != nil {
		q.Subject = "Adverse event reported with inquiry " + made.Number
		opened.AdverseEvent, err = c.open(opening{Inquiry: q, kind: code.CaseKindAdverseEvent, parent: &made.ID, narrative: q.AdverseEvent})
	}
	return opened, err
}

// keysOf returns the keys of the rows.
func keysOf[Row any](rows []*Row, key func(*Row) uuid.UUID) []uuid.UUID {
	keys := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		keys[i] = key(row)
	}
	return keys
}

// opening is a case to be opened for an inquiry.
type opening struct {
	Inquiry
	kind      code.CaseKind
	narrative *string
	parent    *uuid.UUID
}

// draft has what the routing rules look at.
func (o opening) draft() *ent.CareCase {
	draft := &ent.CareCase{Kind: o.kind, RequesterKind: o.Requester, LabelStatus: code.LabelStatusUnknown, PatientID: o.patient}
	if o.product != nil {
		draft.ProductID, draft.TherapeuticArea = &o.product.ID, &o.product.TherapeuticArea
	}
	if o.provider != nil {
		draft.ProviderID, draft.Territory, draft.Country = &o.provider.ID, &o.provider.Territory, &home
	}
	return draft
}

// open makes the case and routes it.
func (c *change) open(o opening) (*ent.CareCase, error) {
	now, draft := clock.Now(c), o.draft()
	to, err := routeOf(c.system, c.tx.Client(), draft)
	if err != nil {
		return nil, err
	}
	made, err := c.tx.CareCase.Create().
		SetNumber(newNumber()).SetKind(o.kind).SetStatus(code.CaseStatusRouted).SetPriority(to.priority).
		SetChannel(o.Channel).SetRequesterKind(draft.RequesterKind).SetDepartment(to.department).
		SetSubject(o.Subject).SetNillableNarrative(o.narrative).
		SetNillableTerritory(draft.Territory).SetNillableTherapeuticArea(draft.TherapeuticArea).SetNillableCountry(draft.Country).
		SetReceivedAt(now).SetDueAt(now.Add(to.due)).SetRoutingCount(1).
		SetNillableRequesterID(c.actor()).SetNillableProviderID(draft.ProviderID).SetNillableProductID(draft.ProductID).
		SetNillablePatientID(draft.PatientID).SetNillableParentID(o.parent).Save(c)
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
