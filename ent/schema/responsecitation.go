package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/index"
)

// ResponseCitation pins the edition of a resource that a response relies on.
type ResponseCitation struct{ ent.Schema }

// Mixin of ResponseCitation.
func (ResponseCitation) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ResponseCitation.
func (ResponseCitation) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("citation")}
}

// Fields of ResponseCitation.
func (ResponseCitation) Fields() []ent.Field {
	return []ent.Field{ref("response_id"), ref("resource_id")}
}

// Edges of ResponseCitation.
func (ResponseCitation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("response", InquiryResponse.Type).Unique().Required().Immutable().Field("response_id"),
		edge.To("resource", KnowledgeResource.Type).Unique().Required().Immutable().Field("resource_id"),
	}
}

// Indexes of ResponseCitation.
func (ResponseCitation) Indexes() []ent.Index {
	return []ent.Index{index.Fields("response_id", "resource_id").Unique(), index.Fields("response_id", "created_at", "id")}
}
