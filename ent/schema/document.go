package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Document is a stored file about a patient: evidence, a card, a letter (FHIR DocumentReference). The bytes lie in the blob store.
type Document struct{ ent.Schema }

// Mixin of Document.
func (Document) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Document.
func (Document) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("document")} }

// Fields of Document.
func (Document) Fields() []ent.Field {
	return []ent.Field{
		ref("patient_id"),
		field.Enum("kind").GoType(code.DocumentKind("")).Immutable(),
		field.String("title").NotEmpty().MaxRuneLen(200),
		field.String("content_type").NotEmpty().MaxRuneLen(100).Immutable().Comment("By content, not by name."),
		field.Int64("size").NonNegative().Immutable().Comment("Bytes."),
		field.String("sha256").NotEmpty().MaxRuneLen(64).Immutable(),
		field.String("blob").NotEmpty().MaxRuneLen(200).Immutable().Comment("Key in the blob store."),
	}
}

// Edges of Document.
func (Document) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id"),
	}
}

// Indexes of Document.
func (Document) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("patient_id", "created_at", "id"),
	}
}
