package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ImportRun is the book of one run of an importer: what it read and what became of it.
type ImportRun struct{ ent.Schema }

// Mixin of ImportRun.
func (ImportRun) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ImportRun.
func (ImportRun) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("import")} }

// Fields of ImportRun.
func (ImportRun) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").NotEmpty().MaxRuneLen(40).Immutable(),
		field.String("source").NotEmpty().MaxRuneLen(1000).Immutable(),
		field.Time("started_at").Immutable(),
		moment("finished_at"),
		field.Int("accepted").Default(0),
		field.Int("unchanged").Default(0),
		field.Int("refused").Default(0),
		field.Int("unmapped").Default(0),
		text("fingerprint", 64),
		field.JSON("checkpoint", json.RawMessage{}).Optional().SchemaType(map[string]string{"postgres": "json"}).
			Comment("How far the run has come; a run that was killed goes on from it."),
		field.Int("resumed").Default(0).Comment("How often the run went on after it was killed."),
	}
}

// Indexes of ImportRun.
func (ImportRun) Indexes() []ent.Index {
	return []ent.Index{index.Fields("started_at", "id"), index.Fields("kind", "fingerprint")}
}
