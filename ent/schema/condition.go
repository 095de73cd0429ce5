package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Condition is a diagnosis or problem of a patient (FHIR Condition).
type Condition struct{ ent.Schema }

// Mixin of Condition.
func (Condition) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Condition.
func (Condition) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("condition")} }

// Fields of Condition.
func (Condition) Fields() []ent.Field {
	return []ent.Field{
		ref("patient_id"),
		text("snomed_code", 20),
		field.String("text").NotEmpty().MaxRuneLen(500),
		field.Enum("clinical_status").GoType(code.ClinicalStatus("")),
		field.Time("onset_at"),
		moment("abated_at"),
	}
}

// Edges of Condition.
func (Condition) Edges() []ent.Edge {
	return []ent.Edge{edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id")}
}

// Indexes of Condition.
func (Condition) Indexes() []ent.Index {
	return []ent.Index{index.Fields("patient_id", "onset_at", "id")}
}
