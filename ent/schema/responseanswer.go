package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/index"
)

// ResponseAnswer says which question a response answers.
type ResponseAnswer struct{ ent.Schema }

// Mixin of ResponseAnswer.
func (ResponseAnswer) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ResponseAnswer.
func (ResponseAnswer) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("answer")} }

// Fields of ResponseAnswer.
func (ResponseAnswer) Fields() []ent.Field {
	return []ent.Field{ref("response_id"), ref("question_id")}
}

// Edges of ResponseAnswer.
func (ResponseAnswer) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("response", InquiryResponse.Type).Unique().Required().Immutable().Field("response_id"),
		edge.To("question", InquiryQuestion.Type).Unique().Required().Immutable().Field("question_id"),
	}
}

// Indexes of ResponseAnswer.
func (ResponseAnswer) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("response_id", "question_id").Unique(),
		index.Fields("response_id", "created_at", "id"),
	}
}
