package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Touchpoint is a contact with a patient or provider, by whatever channel.
type Touchpoint struct{ ent.Schema }

// Mixin of Touchpoint.
func (Touchpoint) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Touchpoint.
func (Touchpoint) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("touch")} }

// Fields of Touchpoint.
func (Touchpoint) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").GoType(code.TouchpointKind("")).Immutable(),
		field.Enum("direction").GoType(code.Direction("")).Immutable(),
		field.Enum("channel").GoType(code.Channel("")).Immutable(),
		field.Enum("status").GoType(code.TouchpointStatus("")),
		field.Time("occurred_at"),
		field.Int("duration_seconds").Optional().Nillable().NonNegative(),
		field.Enum("outcome").GoType(code.TouchpointOutcome("")).Optional().Nillable(),
		text("subject", 300),
		field.Text("body").Optional().Nillable().MaxRuneLen(20000),
		field.Enum("ae_screen").GoType(code.AdverseEventScreen("")).Default(string(code.AdverseEventScreenPending)),
		field.Bool("reactive").Optional().Nillable().Comment("Answers what the other side asked for; engagements only."),
		maybe("patient_id"),
		maybe("provider_id"),
		maybe("organization_id"),
		maybe("user_id"),
		maybe("care_case_id"),
		maybe("enrollment_id"),
		maybe("consent_id"),
	}
}

// Edges of Touchpoint.
func (Touchpoint) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("patient", Patient.Type).Unique().Field("patient_id"),
		edge.To("provider", Provider.Type).Unique().Field("provider_id"),
		edge.To("organization", Organization.Type).Unique().Field("organization_id"),
		edge.To("user", Identity.Type).Unique().Field("user_id"),
		edge.To("care_case", CareCase.Type).Unique().Field("care_case_id"),
		edge.To("enrollment", Enrollment.Type).Unique().Field("enrollment_id"),
		edge.To("consent", Consent.Type).Unique().Field("consent_id"),
	}
}

// Indexes of Touchpoint.
func (Touchpoint) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("patient_id", "occurred_at", "id"),
		index.Fields("provider_id", "occurred_at", "id"),
		index.Fields("user_id", "occurred_at", "id"),
		index.Fields("enrollment_id", "occurred_at", "id"),
		index.Fields("occurred_at", "id"),
	}
}
