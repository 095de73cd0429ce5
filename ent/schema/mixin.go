// Package schema declares the entities: one file each, with fields, edges and indexes. Whether a viewer sees
// a row is not said here but in ent/rule; what every entity has in common stands in this file and in policy.go.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
)

// Prefix is the annotation that gives an entity its public identifier.
type Prefix string

// Name implements schema.Annotation.
func (Prefix) Name() string { return "Prefix" }

var _ schema.Annotation = Prefix("")

// Base gives an entity its key, its version and the marks of who made and last changed it.
type Base struct{ mixin.Schema }

// Fields of Base.
func (Base) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(newKey).Immutable(),
		field.Int("version").Default(1).Comment("Counts the changes of the row; guards edits."),
		field.Time("created_at").Immutable(),
		field.UUID("created_by", uuid.UUID{}).Optional().Nillable().Immutable().Comment("Identity; absent for system work."),
		field.Time("updated_at"),
		field.UUID("updated_by", uuid.UUID{}).Optional().Nillable(),
	}
}

// Hooks of Base.
func (Base) Hooks() []ent.Hook { return []ent.Hook{stamp, ownWritesVisible} }

// Policy of Base.
func (Base) Policy() ent.Policy { return policy }

// Log gives an append-only record its key and moment.
type Log struct{ mixin.Schema }

// Fields of Log.
func (Log) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(newKey).Immutable(),
		field.Time("at").Immutable().Comment("When it happened."),
	}
}

// Hooks of Log.
func (Log) Hooks() []ent.Hook { return []ent.Hook{stampLog} }

// Policy of Log.
func (Log) Policy() ent.Policy { return policy }

// Sealed gives an entity that no viewer reads or writes the policy of all.
type Sealed struct{ mixin.Schema }

// Policy of Sealed.
func (Sealed) Policy() ent.Policy { return policy }

// newKey returns a key that sorts by the moment of its making.
func newKey() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// ref is a reference column.
func ref(name string) ent.Field { return field.UUID(name, uuid.UUID{}).Immutable() }

// maybe is a reference column that may be empty and may change.
func maybe(name string) ent.Field { return field.UUID(name, uuid.UUID{}).Optional().Nillable() }

// moment is an optional time column.
func moment(name string) ent.Field { return field.Time(name).Optional().Nillable() }

// day is an optional calendar day.
func day(name string) ent.Field {
	return field.String(name).GoType(code.Date("")).Optional().Nillable()
}

// text is an optional column of bounded text.
func text(name string, limit int) ent.Field {
	return field.String(name).Optional().Nillable().MaxRuneLen(limit)
}

// amount is an optional sum of money in minor units of a currency that stands beside it.
func amount(name string) ent.Field { return field.Int64(name).Optional().Nillable().NonNegative() }

// table names the table of an entity whose plural ent would guess wrongly.
func table(name string) schema.Annotation { return entsql.Annotation{Table: name} }
