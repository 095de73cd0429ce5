package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
)

// AuditEvent records who did or read what. It is append-only and chained by hash within its shard (see ent/audit).
type AuditEvent struct{ ent.Schema }

// Mixin of AuditEvent.
func (AuditEvent) Mixin() []ent.Mixin { return []ent.Mixin{Sealed{}} }

// Fields of AuditEvent.
func (AuditEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.Int("shard").Immutable(),
		field.Int64("seq").Immutable(),
		field.Time("at").Immutable(),
		field.UUID("actor_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.String("persona").Immutable().Comment("Empty for system work."),
		field.Enum("action").GoType(code.AuditAction("")).Immutable(),
		field.String("operation").Immutable(),
		field.String("entity").Immutable(),
		field.Text("entity_ids").Immutable().Comment("Keys, joined by a blank."),
		field.Text("patient_ids").Immutable().Comment("Keys, joined by a blank."),
		field.String("detail").Immutable().Comment("Condition that revealed, purpose of use, or reason of denial."),
		field.Enum("decision").GoType(code.AuditDecision("")).Immutable(),
		field.UUID("consent_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.String("request_id").Immutable(),
		field.Bytes("prev_hash").Immutable(),
		field.Bytes("hash").Immutable(),
	}
}

// Indexes of AuditEvent.
func (AuditEvent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("shard", "seq").Unique(), index.Fields("actor_id", "id"), index.Fields("at")}
}
