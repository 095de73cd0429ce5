package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// RequiredConsent is a consent scope that a program demands before an enrollment may be active.
type RequiredConsent struct{ ent.Schema }

// Mixin of RequiredConsent.
func (RequiredConsent) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Fields of RequiredConsent.
func (RequiredConsent) Fields() []ent.Field {
	return []ent.Field{
		ref("program_id"),
		field.Enum("scope").GoType(code.ConsentScope("")).Immutable(),
	}
}

// Edges of RequiredConsent.
func (RequiredConsent) Edges() []ent.Edge {
	return []ent.Edge{edge.To("program", CareProgram.Type).Unique().Required().Immutable().Field("program_id")}
}

// Indexes of RequiredConsent.
func (RequiredConsent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("program_id", "scope").Unique()}
}
