package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// ConsentForm is one version of the text of a consent, in one language.
type ConsentForm struct{ ent.Schema }

// Mixin of ConsentForm.
func (ConsentForm) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ConsentForm.
func (ConsentForm) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("form")} }

// Fields of ConsentForm.
func (ConsentForm) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("scope").GoType(code.ConsentScope("")).Immutable(),
		field.Int("edition").Positive().Immutable(),
		field.String("locale").NotEmpty().MaxRuneLen(35).Immutable(),
		field.String("title").NotEmpty().MaxRuneLen(200).Immutable(),
		field.Text("body").NotEmpty().Immutable(),
		field.String("sha256").NotEmpty().MaxRuneLen(64).Immutable(),
		field.Time("effective_from").Immutable(),
		moment("effective_to"),
		text("ethics_version", 60),
		field.Enum("status").GoType(code.FormStatus("")).Default(string(code.FormStatusDraft)),
		maybe("program_id"),
		maybe("approved_by_id"),
		moment("approved_at"),
	}
}

// Edges of ConsentForm.
func (ConsentForm) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("program", CareProgram.Type).Unique().Field("program_id"),
		edge.To("approved_by", Identity.Type).Unique().Field("approved_by_id"),
		edge.From("history", StatusChange.Type).Ref("consent_form"),
	}
}

// Hooks of ConsentForm.
func (ConsentForm) Hooks() []ent.Hook { return []ent.Hook{approved} }

// Indexes of ConsentForm. An edition is one of its scope, program and language: two say so, as null is never equal to null.
func (ConsentForm) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("scope", "locale", "edition").Unique().Annotations(entsql.IndexWhere("program_id IS NULL")),
		index.Fields("program_id", "scope", "locale", "edition").Unique(),
		index.Fields("effective_from", "id"),
	}
}
