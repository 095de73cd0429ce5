package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Location is a place where an organization works (FHIR Location).
type Location struct{ ent.Schema }

// Mixin of Location.
func (Location) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Location.
func (Location) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("location")} }

// Fields of Location.
func (Location) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").NotEmpty().MaxRuneLen(300),
		text("phone", 40),
		text("address_line", 300),
		text("address_city", 120),
		text("address_state", 60),
		text("address_zip", 20),
		text("address_country", 60),
		maybe("organization_id"),
	}
}

// Edges of Location.
func (Location) Edges() []ent.Edge {
	return []ent.Edge{edge.To("organization", Organization.Type).Unique().Field("organization_id")}
}

// Indexes of Location.
func (Location) Indexes() []ent.Index {
	return []ent.Index{index.Fields("organization_id", "name", "id")}
}
