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

// Disclosure is one disclosure of what is known of a patient to a third party (45 CFR 164.528).
type Disclosure struct{ ent.Schema }

// Mixin of Disclosure.
func (Disclosure) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Disclosure.
func (Disclosure) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("disclosure")} }

// Fields of Disclosure.
func (Disclosure) Fields() []ent.Field {
	return []ent.Field{
		ref("patient_id"),
		field.Time("disclosed_at").Immutable(),
		field.String("recipient_name").NotEmpty().MaxRuneLen(200).Immutable(),
		field.String("recipient_address").Optional().Nillable().MaxRuneLen(300).Immutable(),
		field.String("description").NotEmpty().MaxRuneLen(1000).Immutable(),
		field.String("purpose").NotEmpty().MaxRuneLen(300).Immutable(),
		field.Enum("legal_basis").GoType(code.LegalBasis("")).Immutable(),
		field.UUID("consent_id", uuid.UUID{}).Optional().Nillable().Immutable(),
	}
}

// Edges of Disclosure.
func (Disclosure) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id"),
		edge.To("consent", Consent.Type).Unique().Immutable().Field("consent_id"),
	}
}

// Hooks of Disclosure.
func (Disclosure) Hooks() []ent.Hook { return []ent.Hook{permitted} }

// Indexes of Disclosure.
func (Disclosure) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("patient_id", "disclosed_at", "id"),
	}
}
