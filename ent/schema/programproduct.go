package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/index"
)

// ProgramProduct is a product of a program beside the one that it is first of all about.
type ProgramProduct struct{ ent.Schema }

// Mixin of ProgramProduct.
func (ProgramProduct) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ProgramProduct.
func (ProgramProduct) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("programproduct")}
}

// Fields of ProgramProduct.
func (ProgramProduct) Fields() []ent.Field {
	return []ent.Field{
		ref("program_id"),
		ref("product_id"),
	}
}

// Edges of ProgramProduct.
func (ProgramProduct) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("program", CareProgram.Type).Unique().Required().Immutable().Field("program_id"),
		edge.To("product", Product.Type).Unique().Required().Immutable().Field("product_id"),
	}
}

// Indexes of ProgramProduct.
func (ProgramProduct) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("program_id", "product_id").Unique(),
		index.Fields("program_id", "created_at", "id"),
	}
}
