package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// EligibilityCriterion is one condition on who may take part in a program. Where it has an expression, that decides;
// otherwise a person does.
type EligibilityCriterion struct{ ent.Schema }

// Mixin of EligibilityCriterion.
func (EligibilityCriterion) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of EligibilityCriterion.
func (EligibilityCriterion) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("criterion"), table("eligibility_criteria")}
}

// Fields of EligibilityCriterion.
func (EligibilityCriterion) Fields() []ent.Field {
	return []ent.Field{
		ref("program_id"),
		field.Int("seq").Positive().Immutable(),
		field.Enum("kind").GoType(code.CriterionKind("")).Immutable(),
		field.Text("text").NotEmpty().MaxRuneLen(4000),
		text("expression", 1000),
		field.Bool("required").Default(true),
	}
}

// Edges of EligibilityCriterion.
func (EligibilityCriterion) Edges() []ent.Edge {
	return []ent.Edge{edge.To("program", CareProgram.Type).Unique().Required().Immutable().Field("program_id")}
}

// Hooks of EligibilityCriterion.
func (EligibilityCriterion) Hooks() []ent.Hook { return []ent.Hook{checked} }

// Indexes of EligibilityCriterion.
func (EligibilityCriterion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("program_id", "seq").Unique(), index.Fields("program_id", "seq", "id")}
}
