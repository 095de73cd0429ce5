package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// TrialSubject is what an enrollment in a clinical trial has beyond other enrollments (FHIR ResearchSubject).
type TrialSubject struct{ ent.Schema }

// Mixin of TrialSubject.
func (TrialSubject) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of TrialSubject.
func (TrialSubject) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("subject")} }

// Fields of TrialSubject.
func (TrialSubject) Fields() []ent.Field {
	return []ent.Field{
		ref("enrollment_id"),
		field.Enum("state").GoType(code.SubjectState("")),
		text("screening_number", 60),
		moment("randomized_at"),
		text("arm", 200),
		maybe("site_id"),
	}
}

// Edges of TrialSubject.
func (TrialSubject) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("enrollment", Enrollment.Type).Ref("trial_subject").Unique().Required().Immutable().Field("enrollment_id"),
		edge.To("site", ProgramSite.Type).Unique().Field("site_id"),
		edge.From("history", StatusChange.Type).Ref("trial_subject"),
	}
}

// Hooks of TrialSubject.
func (TrialSubject) Hooks() []ent.Hook { return []ent.Hook{agreed} }

// Indexes of TrialSubject.
func (TrialSubject) Indexes() []ent.Index { return []ent.Index{index.Fields("site_id")} }
