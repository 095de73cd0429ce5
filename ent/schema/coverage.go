package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
)

// Coverage is an insurance policy of a patient, or a time in which the patient has none and pays (kind SELF_PAY).
type Coverage struct{ ent.Schema }

// Mixin of Coverage.
func (Coverage) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Coverage.
func (Coverage) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("coverage")} }

// Fields of Coverage.
func (Coverage) Fields() []ent.Field {
	return []ent.Field{
		ref("patient_id"),
		field.UUID("payer_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("Absent: the patient pays (kind SELF_PAY)."),
		text("plan_name", 200),
		text("member_id", 80),
		text("group_id", 80),
		text("bin", 20),
		text("pcn", 20),
		text("subscriber_name", 200),
		day("subscriber_birth_date"),
		field.Enum("subscriber_relationship").GoType(code.SubscriberRelationship("")).Optional().Nillable(),
		field.Enum("kind").GoType(code.CoverageKind("")),
		field.Enum("status").GoType(code.CoverageStatus("")),
		field.Int("priority").Positive().Default(1).Comment("1 pays first."),
		field.String("period_start").GoType(code.Date("")).Comment("Day."),
		day("period_end"),
	}
}

// Edges of Coverage.
func (Coverage) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id"),
		edge.From("verifications", BenefitVerification.Type).Ref("coverage"),
		edge.From("history", StatusChange.Type).Ref("coverage"),
		edge.From("authorizations", PriorAuthorization.Type).Ref("coverage"),
		edge.To("payer", Organization.Type).Unique().Immutable().Field("payer_id"),
	}
}

// Indexes of Coverage.
func (Coverage) Indexes() []ent.Index {
	return []ent.Index{index.Fields("patient_id", "period_start", "id"), index.Fields("payer_id", "period_start", "id")}
}
