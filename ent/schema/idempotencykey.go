package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// IdempotencyKey remembers the outcome of a creating or sending mutation, so that a retry does not do it twice.
type IdempotencyKey struct{ ent.Schema }

// Mixin of IdempotencyKey.
func (IdempotencyKey) Mixin() []ent.Mixin { return []ent.Mixin{Sealed{}} }

// Fields of IdempotencyKey.
func (IdempotencyKey) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(newKey).Immutable(),
		field.UUID("identity_id", uuid.UUID{}).Immutable(),
		field.String("operation").NotEmpty().MaxRuneLen(80).Immutable(),
		field.String("key").NotEmpty().MaxRuneLen(255).Immutable(),
		field.String("input_hash").NotEmpty().MaxRuneLen(64).Immutable(),
		field.UUID("result_id", uuid.UUID{}).Optional().Nillable().Comment("Row that the mutation made or changed."),
		field.Time("created_at").Immutable(),
	}
}

// Indexes of IdempotencyKey.
func (IdempotencyKey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("identity_id", "operation", "key").Unique(),
		index.Fields("created_at"),
	}
}
