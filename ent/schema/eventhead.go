package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
)

// EventHead is the single row that says how far the event log has been numbered and from where on it is kept.
type EventHead struct{ ent.Schema }

// Mixin of EventHead.
func (EventHead) Mixin() []ent.Mixin { return []ent.Mixin{Sealed{}} }

// Fields of EventHead.
func (EventHead) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id").Immutable().Comment("Always 1."),
		field.UUID("epoch", uuid.UUID{}),
		field.Int64("last").Default(0),
		field.Int64("floor").Default(0),
	}
}
