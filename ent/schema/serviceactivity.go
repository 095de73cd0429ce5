package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// ServiceActivity is one service or task for an enrolled patient (FHIR Task).
type ServiceActivity struct{ ent.Schema }

// Mixin of ServiceActivity.
func (ServiceActivity) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ServiceActivity.
func (ServiceActivity) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("activity")}
}

// Fields of ServiceActivity.
func (ServiceActivity) Fields() []ent.Field {
	return []ent.Field{
		ref("enrollment_id"),
		maybe("plan_id"),
		field.Int("seq").Positive().Default(1).Immutable(),
		field.Enum("kind").GoType(code.ActivityKind("")).Immutable(),
		field.String("title").NotEmpty().MaxRuneLen(200),
		field.Enum("status").GoType(code.ActivityStatus("")).Default(string(code.ActivityStatusRequested)),
		field.Bool("mandatory").Default(false),
		field.Time("due_at"),
		moment("completed_at"),
		text("outcome", 500),
		maybe("assignee_id"),
	}
}

// Edges of ServiceActivity.
func (ServiceActivity) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("enrollment", Enrollment.Type).Unique().Required().Immutable().Field("enrollment_id"),
		edge.To("plan", OnboardingPlan.Type).Unique().Field("plan_id"),
		edge.To("assignee", Identity.Type).Unique().Field("assignee_id"),
		edge.From("history", StatusChange.Type).Ref("service_activity"),
	}
}

// Indexes of ServiceActivity.
func (ServiceActivity) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("enrollment_id", "due_at", "id"),
		index.Fields("plan_id", "seq", "id"),
		index.Fields("assignee_id", "status", "due_at"),
	}
}
