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

// CareRelationship says that a provider treats a patient. While it has not ended, the provider sees the patient.
type CareRelationship struct{ ent.Schema }

// Mixin of CareRelationship.
func (CareRelationship) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of CareRelationship.
func (CareRelationship) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("care")} }

// Fields of CareRelationship.
func (CareRelationship) Fields() []ent.Field {
	return []ent.Field{
		ref("provider_id"),
		ref("patient_id"),
		text("role", 60),
		field.Enum("basis").GoType(code.CareBasis("")),
		field.Time("started_at"),
		moment("ended_at"),
		maybe("attested_by"),
	}
}

// Edges of CareRelationship.
func (CareRelationship) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("provider", Provider.Type).Unique().Required().Immutable().Field("provider_id"),
		edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id"),
	}
}

// Indexes of CareRelationship.
func (CareRelationship) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("provider_id", "patient_id").Unique().Annotations(entsql.IndexWhere("ended_at IS NULL")),
		index.Fields("patient_id", "provider_id"),
		index.Fields("patient_id", "started_at", "id"),
		index.Fields("provider_id", "started_at", "id"),
	}
}
