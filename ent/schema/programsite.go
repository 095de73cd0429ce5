package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// ProgramSite is an organization at which a program is carried out: a trial site, an infusion centre.
type ProgramSite struct{ ent.Schema }

// Mixin of ProgramSite.
func (ProgramSite) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ProgramSite.
func (ProgramSite) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("site")} }

// Fields of ProgramSite.
func (ProgramSite) Fields() []ent.Field {
	return []ent.Field{
		ref("program_id"),
		ref("organization_id"),
		field.Enum("study_status").GoType(code.StudyStatus("")).Optional().Nillable().Comment("Of a trial at this site, where it is known."),
		text("number", 40),
	}
}

// Edges of ProgramSite.
func (ProgramSite) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("program", CareProgram.Type).Unique().Required().Immutable().Field("program_id"),
		edge.To("organization", Organization.Type).Unique().Required().Immutable().Field("organization_id"),
	}
}

// Indexes of ProgramSite.
func (ProgramSite) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("program_id", "organization_id").Unique(),
		index.Fields("program_id", "created_at", "id"),
	}
}
