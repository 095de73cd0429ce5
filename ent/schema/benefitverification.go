package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// BenefitVerification is the question to a payer what a coverage pays for, and what came of it.
type BenefitVerification struct{ ent.Schema }

// Mixin of BenefitVerification.
func (BenefitVerification) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of BenefitVerification.
func (BenefitVerification) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("verification")}
}

// Fields of BenefitVerification.
func (BenefitVerification) Fields() []ent.Field {
	return []ent.Field{
		ref("patient_id"),
		ref("coverage_id"),
		maybe("enrollment_id"),
		maybe("product_id"),
		field.JSON("purposes", []code.VerificationPurpose{}).Optional().SchemaType(map[string]string{"postgres": "json"}),
		field.Enum("status").GoType(code.VerificationStatus("")).Default(string(code.VerificationStatusDraft)),
		field.Enum("method").GoType(code.VerificationMethod("")).Default(string(code.VerificationMethodElectronic)),
		field.Enum("result").GoType(code.VerificationResult("")).Optional().Nillable(),
		text("disposition", 500),
		text("error_code", 60),
		text("payer_reference", 120),
		field.Int("attempt").Default(0).NonNegative(),
		moment("submitted_at"),
		moment("completed_at"),
		moment("valid_until"),
		field.Time("due_at").Optional().Nillable().Comment("When the payer is asked or looked after next."),
		field.Time("reverify_at").Optional().Nillable().Comment("When it is verified anew."),
		maybe("requested_by_id"),
		maybe("supersedes_id"),
	}
}

// Edges of BenefitVerification.
func (BenefitVerification) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id"),
		edge.To("coverage", Coverage.Type).Unique().Required().Immutable().Field("coverage_id"),
		edge.To("enrollment", Enrollment.Type).Unique().Field("enrollment_id"),
		edge.To("product", Product.Type).Unique().Field("product_id"),
		edge.To("requested_by", Identity.Type).Unique().Field("requested_by_id"),
		edge.To("superseded_by", BenefitVerification.Type).From("supersedes").Unique().Field("supersedes_id"),
		edge.From("attempts", VerificationAttempt.Type).Ref("verification"),
		edge.From("benefits", CoverageBenefit.Type).Ref("verification"),
		edge.From("history", StatusChange.Type).Ref("benefit_verification"),
	}
}

// Indexes of BenefitVerification.
func (BenefitVerification) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("patient_id", "created_at", "id"),
		index.Fields("coverage_id", "created_at", "id"),
		index.Fields("enrollment_id", "created_at", "id"),
		index.Fields("requested_by_id", "created_at", "id"),
		index.Fields("supersedes_id"),
		index.Fields("status", "due_at"),
		index.Fields("status", "valid_until"),
		index.Fields("status", "reverify_at"),
		index.Fields("created_at", "id"),
	}
}
