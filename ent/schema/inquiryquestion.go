package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// InquiryQuestion is one question of a medical inquiry.
type InquiryQuestion struct{ ent.Schema }

// Mixin of InquiryQuestion.
func (InquiryQuestion) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of InquiryQuestion.
func (InquiryQuestion) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("question")}
}

// Fields of InquiryQuestion.
func (InquiryQuestion) Fields() []ent.Field {
	return []ent.Field{
		ref("inquiry_id"),
		field.Int("seq").Positive().Immutable(),
		field.Text("text").NotEmpty().MaxRuneLen(4000).Immutable(),
		field.Enum("topic").GoType(code.InquiryTopic("")),
		field.Enum("label_status").GoType(code.LabelStatus("")).Default(string(code.LabelStatusUnknown)),
		moment("answered_at"),
	}
}

// Edges of InquiryQuestion.
func (InquiryQuestion) Edges() []ent.Edge {
	return []ent.Edge{edge.To("inquiry", MedicalInquiry.Type).Unique().Required().Immutable().Field("inquiry_id")}
}

// Indexes of InquiryQuestion.
func (InquiryQuestion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("inquiry_id", "seq").Unique(), index.Fields("inquiry_id", "seq", "id")}
}
