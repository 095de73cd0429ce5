package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ExternalIdentifier is a name that another system has for a row; what import finds a row again by.
type ExternalIdentifier struct{ ent.Schema }

// Mixin of ExternalIdentifier.
func (ExternalIdentifier) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Fields of ExternalIdentifier.
func (ExternalIdentifier) Fields() []ent.Field {
	return []ent.Field{
		field.String("entity").NotEmpty().MaxRuneLen(40).Immutable().Comment("Prefix of the entity's identifiers."),
		field.String("system").NotEmpty().MaxRuneLen(300).Immutable(),
		field.String("value").NotEmpty().MaxRuneLen(300).Immutable(),
		ref("entity_id"),
	}
}

// Indexes of ExternalIdentifier.
func (ExternalIdentifier) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("entity", "system", "value").Unique(),
		index.Fields("entity_id"),
	}
}
