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

// Enrollment is a patient's way through a program.
type Enrollment struct{ ent.Schema }

// Mixin of Enrollment.
func (Enrollment) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Enrollment.
func (Enrollment) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("enrollment")} }

// Fields of Enrollment.
func (Enrollment) Fields() []ent.Field {
	return []ent.Field{
		ref("patient_id"),
		ref("program_id"),
		maybe("referrer_id"),
		maybe("coordinator_id"),
		field.Enum("status").GoType(code.EnrollmentStatus("")).Default(string(code.EnrollmentStatusReferred)),
		field.Enum("source").GoType(code.EnrollmentSource("")).Immutable(),
		field.Time("referred_at").Immutable(),
		field.Enum("eligibility").GoType(code.EligibilityDecision("")).Default(string(code.EligibilityDecisionUndecided)),
		text("eligibility_note", 500),
		moment("eligibility_decided_at"),
		moment("waitlisted_at"),
		moment("consented_at"),
		moment("activated_at"),
		text("hold_reason", 300),
		moment("ended_at"),
		text("end_reason", 300),
		day("opt_out_until"),
	}
}

// Edges of Enrollment.
func (Enrollment) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id"),
		edge.To("program", CareProgram.Type).Unique().Required().Immutable().Field("program_id"),
		edge.To("referrer", Provider.Type).Unique().Field("referrer_id"),
		edge.To("coordinator", Identity.Type).Unique().Field("coordinator_id"),
		edge.To("trial_subject", TrialSubject.Type).Unique(),
		edge.To("onboarding", OnboardingPlan.Type).Unique(),
		edge.From("answers", EligibilityAnswer.Type).Ref("enrollment"),
		edge.From("activities", ServiceActivity.Type).Ref("enrollment"),
		edge.From("history", StatusChange.Type).Ref("enrollment"),
	}
}

// Hooks of Enrollment.
func (Enrollment) Hooks() []ent.Hook { return []ent.Hook{gated} }

// Indexes of Enrollment. The first says: at most one open enrollment of a patient in a program; an ended one
// carries the moment of its end.
func (Enrollment) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("patient_id", "program_id").Unique().Annotations(entsql.IndexWhere("ended_at IS NULL")),
		index.Fields("patient_id", "referred_at", "id"),
		index.Fields("program_id", "referred_at", "id"),
		index.Fields("coordinator_id", "referred_at", "id"),
		index.Fields("referrer_id", "referred_at", "id"),
		index.Fields("referred_at", "id"),
		index.Fields("program_id", "status", "waitlisted_at"),
	}
}
