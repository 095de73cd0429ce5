package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// ProgramTeamMember makes a coordinator (or nurse, or manager) part of a program's team.
type ProgramTeamMember struct{ ent.Schema }

// Mixin of ProgramTeamMember.
func (ProgramTeamMember) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ProgramTeamMember.
func (ProgramTeamMember) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("team")}
}

// Fields of ProgramTeamMember.
func (ProgramTeamMember) Fields() []ent.Field {
	return []ent.Field{
		ref("identity_id"),
		ref("program_id"),
		field.Enum("role").GoType(code.TeamRole("")).Default(string(code.TeamRoleCoordinator)),
		field.Time("started_at"),
		moment("ended_at"),
	}
}

// Edges of ProgramTeamMember.
func (ProgramTeamMember) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("identity", Identity.Type).Unique().Required().Immutable().Field("identity_id"),
		edge.To("program", CareProgram.Type).Unique().Required().Immutable().Field("program_id"),
	}
}

// Indexes of ProgramTeamMember.
func (ProgramTeamMember) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("identity_id", "program_id").Unique().Annotations(entsql.IndexWhere("ended_at IS NULL")),
		index.Fields("program_id", "identity_id"),
		index.Fields("program_id", "started_at", "id"),
	}
}
