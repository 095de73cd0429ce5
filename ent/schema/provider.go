package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Provider is a health professional. It shares the key of its Account.
type Provider struct{ ent.Schema }

// Mixin of Provider.
func (Provider) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Provider.
func (Provider) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("provider")} }

// Fields of Provider.
func (Provider) Fields() []ent.Field {
	return []ent.Field{
		field.String("given").Default("").MaxRuneLen(200),
		field.String("family").Default("").MaxRuneLen(200),
		field.String("npi").Optional().Nillable().MaxRuneLen(10).Comment("National Provider Identifier whose check digit is right; absent otherwise."),
		text("licence_number", 40),
		text("licence_state", 60),
		day("licence_expires"),
		text("specialty_code", 20),
		text("specialty", 200),
		field.Enum("qualification").GoType(code.Qualification("")).Default(string(code.QualificationPhysician)),
		field.Enum("verification").GoType(code.Verification("")).Default(string(code.VerificationUnverified)),
		moment("verified_at"),
		text("verified_source", 120),
		field.String("territory").Default("").MaxRuneLen(40).Comment("From the state by a table; empty where none is served."),
		text("phone", 40),
		text("address_line", 300),
		text("address_city", 120),
		text("address_state", 60),
		text("address_zip", 20),
		maybe("organization_id"),
	}
}

// Edges of Provider.
func (Provider) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("organization", Organization.Type).Unique().Field("organization_id"),
		edge.From("touchpoints", Touchpoint.Type).Ref("provider"),
		edge.From("care_relationships", CareRelationship.Type).Ref("provider"),
		edge.From("liaison_assignments", LiaisonAssignment.Type).Ref("provider"),
	}
}

// Indexes of Provider.
func (Provider) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("npi").Unique(),
		index.Fields("family", "given", "id"),
	}
}
