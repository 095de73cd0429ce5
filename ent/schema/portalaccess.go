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

// PortalAccess is the grant of a portal to an account.
type PortalAccess struct{ ent.Schema }

// Mixin of PortalAccess.
func (PortalAccess) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of PortalAccess.
func (PortalAccess) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("access"), table("portal_accesses")}
}

// Fields of PortalAccess.
func (PortalAccess) Fields() []ent.Field {
	return []ent.Field{
		ref("account_id"),
		field.Enum("portal").GoType(code.Portal("")).Immutable(),
		field.Enum("status").GoType(code.PortalAccessStatus("")),
		field.Time("invited_at"),
		moment("expires_at"),
		moment("verify_by"),
		moment("activated_at"),
		moment("last_login_at"),
		moment("ended_at"),
		text("reason", 300),
		field.String("invitation_hash").Optional().Nillable().MaxRuneLen(64).Sensitive().Comment("SHA-256 of the code that accepts the invitation; empty once it was used or ended."),
	}
}

// Edges of PortalAccess.
func (PortalAccess) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("account", Account.Type).Unique().Required().Immutable().Field("account_id"),
		edge.From("history", StatusChange.Type).Ref("portal_access"),
		edge.From("proofs", IdentityVerification.Type).Ref("portal_access"),
	}
}

// Hooks of PortalAccess.
func (PortalAccess) Hooks() []ent.Hook { return []ent.Hook{codeless} }

// Indexes of PortalAccess. The second says: at most one open grant of a portal to an account. One that was revoked or has
// expired stays as it is, with its history; who is invited again is granted anew.
func (PortalAccess) Indexes() []ent.Index {
	return []ent.Index{index.Fields("invitation_hash").Unique(), index.Fields("account_id", "portal").Unique().Annotations(entsql.IndexWhere("ended_at IS NULL")), index.Fields("account_id", "invited_at", "id"), index.Fields("invited_at", "id"), index.Fields("status", "expires_at")}
}
