package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
)

// Event is one entry of the log that streams are read from. It says that something happened, never what it was:
// every subscriber reads the row again under the own rules. On PostgreSQL pos is given after commit (see
// graph/stream); on SQLite it is the id.
type Event struct{ ent.Schema }

// Mixin of Event.
func (Event) Mixin() []ent.Mixin { return []ent.Mixin{Sealed{}} }

// Fields of Event.
func (Event) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.Int64("pos").Optional().Nillable(),
		field.UUID("event_id", uuid.UUID{}).Default(newKey).Immutable().Comment("Its last bytes tag cursors."),
		field.Enum("kind").GoType(code.EventKind("")).Immutable(),
		field.String("entity").Immutable().Comment("Prefix of the entity's identifiers."),
		field.UUID("entity_id", uuid.UUID{}).Immutable(),
		field.String("department").Optional().Nillable().Immutable(),
		field.String("territory").Optional().Nillable().Immutable(),
		field.UUID("subject_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("Identity or account that the event concerns."),
		field.Enum("reason").GoType(code.RoutingReason("")).Optional().Nillable().Immutable(),
		field.Time("at").Immutable(),
	}
}

// Indexes of Event.
func (Event) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("pos").Unique(),
		index.Fields("event_id").Unique(),
		index.Fields("at"),
	}
}
