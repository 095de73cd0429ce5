package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// LiaisonAssignment makes a provider the client of a liaison.
type LiaisonAssignment struct{ ent.Schema }

// Mixin of LiaisonAssignment.
func (LiaisonAssignment) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of LiaisonAssignment.
func (LiaisonAssignment) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("assignment")}
}

// Fields of LiaisonAssignment.
func (LiaisonAssignment) Fields() []ent.Field {
	return []ent.Field{
		ref("liaison_id"),
		ref("provider_id"),
		text("territory", 40),
		text("therapeutic_area", 60),
		field.Time("started_at"),
		moment("ended_at"),
	}
}

// Edges of LiaisonAssignment.
func (LiaisonAssignment) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("liaison", Identity.Type).Unique().Required().Immutable().Field("liaison_id"),
		edge.To("provider", Provider.Type).Unique().Required().Immutable().Field("provider_id"),
	}
}

// Indexes of LiaisonAssignment.
func (LiaisonAssignment) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("liaison_id", "provider_id").Unique().Annotations(entsql.IndexWhere("ended_at IS NULL")),
		index.Fields("liaison_id", "started_at", "id"),
		index.Fields("provider_id", "liaison_id"),
	}
}
