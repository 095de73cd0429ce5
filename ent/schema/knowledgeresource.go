package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// KnowledgeResource is one edition of a document on products and treatments. New content is a new edition, a row of its own.
type KnowledgeResource struct{ ent.Schema }

// Mixin of KnowledgeResource.
func (KnowledgeResource) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of KnowledgeResource.
func (KnowledgeResource) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("resource")}
}

// Fields of KnowledgeResource.
func (KnowledgeResource) Fields() []ent.Field {
	return []ent.Field{
		field.String("document").NotEmpty().MaxRuneLen(80).Immutable().Comment("What the editions of one document share."),
		field.Int("edition").Positive().Immutable(),
		field.Enum("kind").GoType(code.ResourceKind("")).Immutable(),
		field.String("title").NotEmpty().MaxRuneLen(300),
		text("summary", 1000),
		field.Text("body").NotEmpty(),
		field.String("sha256").NotEmpty().MaxRuneLen(64),
		field.Enum("status").GoType(code.ResourceStatus("")).Default(string(code.ResourceStatusDraft)),
		field.Enum("label_status").GoType(code.LabelStatus("")),
		field.Bool("for_hcp").Default(false),
		field.Bool("for_patients").Default(false),
		field.Bool("for_internal").Default(false),
		field.String("locale").Default("en-US").MaxRuneLen(35),
		field.String("country").Optional().Nillable().MaxRuneLen(2).Comment("ISO 3166-1; absent: all."),
		text("approval_code", 60),
		text("source", 300),
		text("attribution", 300),
		field.Time("effective_from"),
		moment("expires_at"),
		maybe("product_id"),
	}
}

// Edges of KnowledgeResource.
func (KnowledgeResource) Edges() []ent.Edge {
	return []ent.Edge{edge.To("product", Product.Type).Unique().Field("product_id")}
}

// Indexes of KnowledgeResource.
func (KnowledgeResource) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("document", "edition").Unique(),
		index.Fields("effective_from", "id"),
		index.Fields("product_id", "effective_from", "id"),
		index.Fields("title", "id"),
	}
}
