package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Organization is a hospital, clinic, payer, trial site or sponsor. It shares the key of its Account.
type Organization struct{ ent.Schema }

// Mixin of Organization.
func (Organization) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Organization.
func (Organization) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("org")} }

// Fields of Organization.
func (Organization) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").NotEmpty().MaxRuneLen(300),
		field.Enum("kind").GoType(code.OrganizationKind("")).Default(string(code.OrganizationKindOther)),
		field.String("npi").Optional().Nillable().MaxRuneLen(10),
		text("phone", 40),
		text("address_line", 300),
		text("address_city", 120),
		text("address_state", 60),
		text("address_zip", 20),
		text("address_country", 60),
	}
}

// Edges of Organization.
func (Organization) Edges() []ent.Edge {
	return []ent.Edge{edge.From("locations", Location.Type).Ref("organization")}
}

// Indexes of Organization.
func (Organization) Indexes() []ent.Index {
	return []ent.Index{index.Fields("name", "id")}
}
