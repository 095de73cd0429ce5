package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/carehub/carehub/ent/code"
)

// MedicalInquiry is what a case of kind MEDICAL_INQUIRY asks.
type MedicalInquiry struct{ ent.Schema }

// Mixin of MedicalInquiry.
func (MedicalInquiry) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of MedicalInquiry.
func (MedicalInquiry) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("inquiry")}
}

// Fields of MedicalInquiry.
func (MedicalInquiry) Fields() []ent.Field {
	return []ent.Field{
		ref("care_case_id"),
		field.Bool("unsolicited").Immutable(),
		field.Time("attested_at").Immutable(),
		field.Bool("adverse_event").Immutable().Comment("Answer to the question whether a side effect is involved."),
		field.Enum("preferred_delivery").GoType(code.Channel("")).Default(string(code.ChannelPortal)),
		field.Bool("signature_copy").Default(false),
	}
}

// Edges of MedicalInquiry.
func (MedicalInquiry) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("care_case", CareCase.Type).Ref("inquiry").Unique().Required().Immutable().Field("care_case_id"),
		edge.From("questions", InquiryQuestion.Type).Ref("inquiry"),
		edge.From("responses", InquiryResponse.Type).Ref("inquiry"),
	}
}
