package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
)

// OnboardingPlan is what is to be done for a patient who became active in a program.
type OnboardingPlan struct{ ent.Schema }

// Mixin of OnboardingPlan.
func (OnboardingPlan) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of OnboardingPlan.
func (OnboardingPlan) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("plan")} }

// Fields of OnboardingPlan.
func (OnboardingPlan) Fields() []ent.Field {
	return []ent.Field{
		ref("enrollment_id"),
		moment("completed_at"),
	}
}

// Edges of OnboardingPlan.
func (OnboardingPlan) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("enrollment", Enrollment.Type).Ref("onboarding").Unique().Required().Immutable().Field("enrollment_id"),
		edge.From("activities", ServiceActivity.Type).Ref("plan"),
	}
}
