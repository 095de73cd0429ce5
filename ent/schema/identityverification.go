package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// IdentityVerification records how it was made sure that a portal user is who the account says.
type IdentityVerification struct{ ent.Schema }

// Mixin of IdentityVerification.
func (IdentityVerification) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of IdentityVerification.
func (IdentityVerification) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("proof")}
}

// Fields of IdentityVerification.
func (IdentityVerification) Fields() []ent.Field {
	return []ent.Field{
		ref("account_id"),
		ref("portal_access_id"),
		field.Enum("method").GoType(code.IdentityMethod("")).Immutable(),
		field.Enum("level").GoType(code.IdentityLevel("")).Immutable(),
		field.Time("verified_at").Immutable(),
	}
}

// Edges of IdentityVerification.
func (IdentityVerification) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("account", Account.Type).Unique().Required().Immutable().Field("account_id"),
		edge.To("portal_access", PortalAccess.Type).Unique().Required().Immutable().Field("portal_access_id"),
	}
}

// Indexes of IdentityVerification.
func (IdentityVerification) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "verified_at", "id"),
		index.Fields("portal_access_id", "verified_at", "id"),
	}
}
