package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// CareProgram is a patient services program, a therapy program or a clinical trial.
type CareProgram struct{ ent.Schema }

// Mixin of CareProgram.
func (CareProgram) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of CareProgram.
func (CareProgram) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("program")} }

// Fields of CareProgram.
func (CareProgram) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").GoType(code.ProgramKind("")).Immutable(),
		field.String("name").NotEmpty().MaxRuneLen(300),
		field.Enum("status").GoType(code.ProgramStatus("")).Default(string(code.ProgramStatusDraft)),
		day("starts_on"),
		day("ends_on"),
		field.Int("capacity").Optional().Nillable().NonNegative(),
		field.Bool("coverage_required").Default(false),
		field.Bool("self_enrollment").Default(false),
		text("registry_id", 40),
		field.Bool("auto_activate").Default(false).Comment("READY becomes ACTIVE without a coordinator."),
		field.Bool("waitlist").Default(true).Comment("Whoever finds the program full waits; otherwise is refused."),
		field.Int("lead_hours").NonNegative().Default(24).Comment("How early an appointment is booked."),
		field.Int("cutoff_hours").NonNegative().Default(24).Comment("Until when an appointment is changed."),
		field.Int("opt_out_days").NonNegative().Default(0).Comment("How long nobody is enrolled again who left."),
		maybe("product_id"),
		maybe("parent_id"),
	}
}

// Edges of CareProgram.
func (CareProgram) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("product", Product.Type).Unique().Field("product_id"),
		edge.To("children", CareProgram.Type).From("parent").Unique().Field("parent_id"),
		edge.To("trial", TrialDetail.Type).Unique(),
		edge.From("products", ProgramProduct.Type).Ref("program"),
		edge.From("team", ProgramTeamMember.Type).Ref("program"),
		edge.From("activity_templates", ActivityTemplate.Type).Ref("program"),
		edge.From("history", StatusChange.Type).Ref("program"),
		edge.From("required_consents", RequiredConsent.Type).Ref("program"),
		edge.From("sites", ProgramSite.Type).Ref("program"),
		edge.From("criteria", EligibilityCriterion.Type).Ref("program"),
		edge.From("enrollments", Enrollment.Type).Ref("program"),
	}
}

// Hooks of CareProgram.
func (CareProgram) Hooks() []ent.Hook { return []ent.Hook{opened} }

// Indexes of CareProgram.
func (CareProgram) Indexes() []ent.Index {
	return []ent.Index{index.Fields("name", "id"), index.Fields("registry_id"), index.Fields("kind", "status")}
}
