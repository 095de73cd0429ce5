package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// ActivityTemplate is a step of a program's onboarding: what is to be done for everybody who becomes active.
type ActivityTemplate struct{ ent.Schema }

// Mixin of ActivityTemplate.
func (ActivityTemplate) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ActivityTemplate.
func (ActivityTemplate) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("template")}
}

// Fields of ActivityTemplate.
func (ActivityTemplate) Fields() []ent.Field {
	return []ent.Field{
		ref("program_id"),
		field.Int("seq").Positive().Immutable(),
		field.Enum("kind").GoType(code.ActivityKind("")),
		field.String("title").NotEmpty().MaxRuneLen(200),
		field.Int("due_days").NonNegative().Comment("Days from activation."),
		field.Bool("mandatory").Default(true),
	}
}

// Edges of ActivityTemplate.
func (ActivityTemplate) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("program", CareProgram.Type).Unique().Required().Immutable().Field("program_id"),
	}
}

// Indexes of ActivityTemplate.
func (ActivityTemplate) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("program_id", "seq").Unique(),
		index.Fields("program_id", "seq", "id"),
	}
}
