package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// CoverageBenefit is what a payer said of one network: amounts in minor units of the currency.
type CoverageBenefit struct{ ent.Schema }

// Mixin of CoverageBenefit.
func (CoverageBenefit) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of CoverageBenefit.
func (CoverageBenefit) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("benefit")}
}

// Hooks of CoverageBenefit.
func (CoverageBenefit) Hooks() []ent.Hook { return []ent.Hook{plausible} }

// Fields of CoverageBenefit.
func (CoverageBenefit) Fields() []ent.Field {
	return []ent.Field{
		ref("verification_id"),
		field.Bool("in_network").Immutable(),
		field.String("currency").NotEmpty().MaxRuneLen(3).Immutable().Comment("ISO 4217."),
		amount("deductible_individual_limit"),
		amount("deductible_individual_applied"),
		amount("deductible_individual_remaining"),
		amount("deductible_family_limit"),
		amount("deductible_family_applied"),
		amount("deductible_family_remaining"),
		amount("out_of_pocket_individual_limit"),
		amount("out_of_pocket_individual_applied"),
		amount("out_of_pocket_individual_remaining"),
		amount("out_of_pocket_family_limit"),
		amount("out_of_pocket_family_applied"),
		amount("out_of_pocket_family_remaining"),
		amount("copay"),
		field.Int("coinsurance_basis_points").Optional().Nillable().NonNegative().Max(10000).Comment("Hundredths of a percent."),
		field.Bool("prior_authorization_required").Optional().Nillable(),
		field.Bool("step_therapy").Optional().Nillable(),
		text("notes", 1000),
	}
}

// Edges of CoverageBenefit.
func (CoverageBenefit) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("verification", BenefitVerification.Type).Unique().Required().Immutable().Field("verification_id"),
	}
}

// Indexes of CoverageBenefit.
func (CoverageBenefit) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("verification_id", "in_network").Unique(),
		index.Fields("verification_id", "created_at", "id"),
	}
}
