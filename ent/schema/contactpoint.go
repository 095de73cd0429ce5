package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// ContactPoint is a way to reach an account.
type ContactPoint struct{ ent.Schema }

// Mixin of ContactPoint.
func (ContactPoint) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ContactPoint.
func (ContactPoint) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("contact")} }

// Fields of ContactPoint.
func (ContactPoint) Fields() []ent.Field {
	return []ent.Field{
		ref("account_id"),
		field.Enum("channel").GoType(code.Channel("")),
		field.String("value").NotEmpty().MaxRuneLen(300).Comment("E.164 for telephone channels."),
		moment("verified_at"),
		field.Bool("preferred").Default(false),
		text("quiet_from", 5),
		text("quiet_to", 5),
		moment("opted_out_at"),
	}
}

// Edges of ContactPoint.
func (ContactPoint) Edges() []ent.Edge {
	return []ent.Edge{edge.To("account", Account.Type).Unique().Required().Immutable().Field("account_id")}
}

// Indexes of ContactPoint.
func (ContactPoint) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "channel", "value").Unique(), index.Fields("account_id", "created_at", "id")}
}
