package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/carehub/carehub/ent/code"
)

// TrialDetail is what a program of kind CLINICAL_TRIAL has beyond other programs (FHIR ResearchStudy).
type TrialDetail struct{ ent.Schema }

// Mixin of TrialDetail.
func (TrialDetail) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of TrialDetail.
func (TrialDetail) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("trial")} }

// Fields of TrialDetail.
func (TrialDetail) Fields() []ent.Field {
	return []ent.Field{
		ref("program_id"),
		text("official_title", 1000),
		field.Text("summary").Optional().Nillable().MaxRuneLen(20000),
		field.Enum("phase").GoType(code.StudyPhase("")).Optional().Nillable(),
		field.Enum("study_status").GoType(code.StudyStatus("")).Optional().Nillable().Comment("Absent where the registry does not know it."),
		text("registry_status", 60),
		text("ethics_approval_ref", 120),
		text("ethics_version", 60),
		field.Bool("blinded").Default(false),
		field.Int("target_enrollment").Optional().Nillable().NonNegative(),
		field.JSON("conditions", []string{}).Optional().SchemaType(map[string]string{"postgres": "json"}),
		maybe("sponsor_id"),
	}
}

// Edges of TrialDetail.
func (TrialDetail) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("program", CareProgram.Type).Ref("trial").Unique().Required().Immutable().Field("program_id"),
		edge.To("sponsor", Organization.Type).Unique().Field("sponsor_id"),
	}
}
