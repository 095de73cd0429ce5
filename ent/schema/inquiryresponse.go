package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// InquiryResponse is an answer to a medical inquiry, from draft to acknowledgement.
type InquiryResponse struct{ ent.Schema }

// Mixin of InquiryResponse.
func (InquiryResponse) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of InquiryResponse.
func (InquiryResponse) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("response")}
}

// Fields of InquiryResponse.
func (InquiryResponse) Fields() []ent.Field {
	return []ent.Field{
		ref("inquiry_id"),
		field.Int("edition").Positive().Default(1).Immutable(),
		field.Enum("kind").GoType(code.ResponseKind("")).Immutable(),
		field.Enum("status").GoType(code.ResponseStatus("")).Default(string(code.ResponseStatusDraft)),
		field.Text("body").NotEmpty().MaxRuneLen(20000),
		field.JSON("disclaimers", []string{}).Optional().SchemaType(map[string]string{"postgres": "json"}),
		field.Bool("off_label").Default(false).Comment("Answers a question classified as off-label or investigational."),
		ref("author_id"),
		maybe("reviewer_id"),
		moment("reviewed_at"),
		field.Enum("channel").GoType(code.Channel("")).Optional().Nillable(),
		moment("sent_at"),
		moment("acknowledged_at"),
		maybe("supersedes_id"),
	}
}

// Edges of InquiryResponse.
func (InquiryResponse) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("inquiry", MedicalInquiry.Type).Unique().Required().Immutable().Field("inquiry_id"),
		edge.To("author", Identity.Type).Unique().Required().Immutable().Field("author_id"),
		edge.To("reviewer", Identity.Type).Unique().Field("reviewer_id"),
		edge.To("superseded_by", InquiryResponse.Type).From("supersedes").Unique().Field("supersedes_id"),
		edge.From("answers", ResponseAnswer.Type).Ref("response"),
		edge.From("citations", ResponseCitation.Type).Ref("response"),
		edge.From("history", StatusChange.Type).Ref("inquiry_response"),
	}
}

// Indexes of InquiryResponse.
func (InquiryResponse) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("inquiry_id", "created_at", "id"),
		index.Fields("inquiry_id", "edition").Unique(),
	}
}
