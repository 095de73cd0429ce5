package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// PriorAuthorization is a payer's leave, asked for or given, to use a product.
type PriorAuthorization struct{ ent.Schema }

// Mixin of PriorAuthorization.
func (PriorAuthorization) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of PriorAuthorization.
func (PriorAuthorization) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("authorization")}
}

// Fields of PriorAuthorization.
func (PriorAuthorization) Fields() []ent.Field {
	return []ent.Field{
		ref("patient_id"),
		ref("coverage_id"),
		maybe("verification_id"),
		maybe("product_id"),
		field.Enum("status").GoType(code.PriorAuthorizationStatus("")).Default(string(code.PriorAuthorizationStatusDraft)),
		text("number", 80),
		moment("submitted_at"),
		moment("decided_at"),
		day("valid_from"),
		day("valid_until"),
		text("reason", 500),
	}
}

// Edges of PriorAuthorization.
func (PriorAuthorization) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id"),
		edge.To("coverage", Coverage.Type).Unique().Required().Immutable().Field("coverage_id"),
		edge.To("verification", BenefitVerification.Type).Unique().Field("verification_id"),
		edge.To("product", Product.Type).Unique().Field("product_id"),
		edge.From("history", StatusChange.Type).Ref("prior_authorization"),
	}
}

// Indexes of PriorAuthorization.
func (PriorAuthorization) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("coverage_id", "created_at", "id"),
		index.Fields("patient_id", "created_at", "id"),
		index.Fields("status", "valid_until"),
	}
}
