package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/carehub/carehub/ent/code"
)

// Account is what all parties have in common. It has no name of its own: names stand in Patient, Provider and
// Organization, whose rows and conditions guard them.
type Account struct{ ent.Schema }

// Mixin of Account.
func (Account) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Account.
func (Account) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("account")} }

// Fields of Account.
func (Account) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").GoType(code.AccountKind("")).Immutable(),
		field.Enum("status").GoType(code.AccountStatus("")).Default(string(code.AccountStatusActive)),
		field.String("locale").Default("en-US").MaxRuneLen(35).Comment("BCP 47"),
		field.String("time_zone").Default("America/New_York").MaxRuneLen(64).Comment("IANA"),
	}
}

// Edges of Account.
func (Account) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("contact_points", ContactPoint.Type).Ref("account"),
		edge.From("portal_accesses", PortalAccess.Type).Ref("account"),
	}
}
