package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/viewer"
)

// Identity is a user: who a token speaks of, and what the database grants that user.
type Identity struct{ ent.Schema }

// Mixin of Identity.
func (Identity) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Identity.
func (Identity) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("user")} }

// Fields of Identity.
func (Identity) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("persona").GoType(viewer.Persona("")).Immutable(),
		field.String("issuer").NotEmpty().MaxRuneLen(300),
		field.String("subject").NotEmpty().MaxRuneLen(300),
		field.String("name").NotEmpty().MaxRuneLen(200),
		field.Enum("status").GoType(code.IdentityStatus("")).Default(string(code.IdentityStatusActive)),
		field.Int("rights_version").Default(1).Comment("Counts the changes of what the identity may do."),
		maybe("account_id"),
	}
}

// Edges of Identity.
func (Identity) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("account", Account.Type).Unique().Field("account_id"),
		edge.From("memberships", Membership.Type).Ref("identity"),
	}
}

// Hooks of Identity.
func (Identity) Hooks() []ent.Hook { return []ent.Hook{bound} }

// Indexes of Identity.
func (Identity) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("issuer", "subject").Unique(),
		index.Fields("account_id"),
		index.Fields("name", "id"),
	}
}
