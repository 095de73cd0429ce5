package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Membership makes an identity a member of a department, for one territory and therapeutic area or for all.
type Membership struct{ ent.Schema }

// Mixin of Membership.
func (Membership) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Membership.
func (Membership) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("member")} }

// Fields of Membership.
func (Membership) Fields() []ent.Field {
	return []ent.Field{
		ref("identity_id"),
		field.Enum("department").GoType(code.DepartmentCode("")).Immutable(),
		field.Enum("role").GoType(code.MembershipRole("")).Default(string(code.MembershipRoleMember)),
		field.String("territory").Optional().Nillable().MaxRuneLen(40).Comment("Absent: all."),
		field.String("therapeutic_area").Optional().Nillable().MaxRuneLen(60).Comment("Absent: all."),
		field.Time("started_at"),
		moment("ended_at"),
	}
}

// Edges of Membership.
func (Membership) Edges() []ent.Edge {
	return []ent.Edge{edge.To("identity", Identity.Type).Unique().Required().Immutable().Field("identity_id")}
}

// Indexes of Membership.
func (Membership) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("identity_id", "department"),
		index.Fields("identity_id", "started_at", "id"),
		index.Fields("department", "territory"),
	}
}
