package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// AuditHead is the end of one shard's chain; appending to the shard locks it.
type AuditHead struct{ ent.Schema }

// Mixin of AuditHead.
func (AuditHead) Mixin() []ent.Mixin { return []ent.Mixin{Sealed{}} }

// Fields of AuditHead.
func (AuditHead) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id").Immutable().Comment("The shard, from 1."),
		field.Int64("seq"),
		field.Bytes("hash"),
	}
}
