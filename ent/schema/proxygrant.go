package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
)

// ProxyGrant lets somebody act for a patient, within a scope and until it expires.
type ProxyGrant struct{ ent.Schema }

// Mixin of ProxyGrant.
func (ProxyGrant) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of ProxyGrant.
func (ProxyGrant) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("proxy")} }

// Fields of ProxyGrant.
func (ProxyGrant) Fields() []ent.Field {
	return []ent.Field{
		ref("patient_id"),
		ref("identity_id"),
		field.Enum("relationship").GoType(code.ProxyRelationship("")).Immutable(),
		field.Enum("scope").GoType(code.ProxyScope("")).Immutable(),
		field.Time("started_at").Immutable(),
		field.Time("expires_at"),
		moment("ended_at"),
		text("end_reason", 300),
		field.UUID("document_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("What proves it."),
	}
}

// Edges of ProxyGrant.
func (ProxyGrant) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id"),
		edge.To("document", Document.Type).Unique().Immutable().Field("document_id"),
		edge.To("identity", Identity.Type).Unique().Required().Immutable().Field("identity_id"),
	}
}

// Indexes of ProxyGrant.
func (ProxyGrant) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("patient_id", "identity_id").Unique().Annotations(entsql.IndexWhere("ended_at IS NULL")),
		index.Fields("identity_id", "patient_id"),
		index.Fields("patient_id", "started_at", "id"),
		index.Fields("expires_at"),
	}
}
