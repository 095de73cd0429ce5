package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Treatment is a prescribed medication (FHIR MedicationRequest).
type Treatment struct{ ent.Schema }

// Mixin of Treatment.
func (Treatment) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Treatment.
func (Treatment) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("treatment")} }

// Fields of Treatment.
func (Treatment) Fields() []ent.Field {
	return []ent.Field{
		ref("patient_id"),
		maybe("prescriber_id"),
		maybe("enrollment_id"),
		maybe("product_id"),
		text("rxnorm_code", 20),
		field.String("text").NotEmpty().MaxRuneLen(500),
		text("dosage", 500),
		field.Enum("status").GoType(code.TreatmentStatus("")),
		field.Time("started_at"),
		moment("ended_at"),
	}
}

// Edges of Treatment.
func (Treatment) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id"),
		edge.To("prescriber", Provider.Type).Unique().Field("prescriber_id"),
		edge.To("enrollment", Enrollment.Type).Unique().Field("enrollment_id"),
		edge.To("product", Product.Type).Unique().Field("product_id"),
	}
}

// Indexes of Treatment.
func (Treatment) Indexes() []ent.Index {
	return []ent.Index{index.Fields("patient_id", "started_at", "id")}
}
