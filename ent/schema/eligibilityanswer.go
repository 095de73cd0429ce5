package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// EligibilityAnswer is what was answered to a criterion for an enrollment, and whether that meets it.
type EligibilityAnswer struct{ ent.Schema }

// Mixin of EligibilityAnswer.
func (EligibilityAnswer) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of EligibilityAnswer.
func (EligibilityAnswer) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("eligibility")}
}

// Fields of EligibilityAnswer.
func (EligibilityAnswer) Fields() []ent.Field {
	return []ent.Field{
		ref("enrollment_id"),
		ref("criterion_id"),
		text("value", 1000),
		field.Enum("result").GoType(code.AnswerResult("")),
		field.Time("answered_at"),
		maybe("answered_by_id"),
	}
}

// Edges of EligibilityAnswer.
func (EligibilityAnswer) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("enrollment", Enrollment.Type).Unique().Required().Immutable().Field("enrollment_id"),
		edge.To("criterion", EligibilityCriterion.Type).Unique().Required().Immutable().Field("criterion_id"),
		edge.To("answered_by", Identity.Type).Unique().Field("answered_by_id"),
	}
}

// Indexes of EligibilityAnswer.
func (EligibilityAnswer) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("enrollment_id", "criterion_id").Unique(),
		index.Fields("enrollment_id", "created_at", "id"),
	}
}
