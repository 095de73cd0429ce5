package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Consent is what a patient permits or denies. After it has become active it is never edited: a change is a new row.
type Consent struct{ ent.Schema }

// Mixin of Consent.
func (Consent) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Consent.
func (Consent) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("consent")} }

// Fields of Consent.
func (Consent) Fields() []ent.Field {
	return []ent.Field{
		ref("patient_id"),
		maybe("form_id"),
		maybe("program_id"),
		field.Enum("scope").GoType(code.ConsentScope("")).Immutable(),
		field.Enum("status").GoType(code.ConsentStatus("")),
		field.Enum("decision").GoType(code.ConsentDecision("")),
		field.Enum("captured_via").GoType(code.Channel("")).Comment("Channel over which it was given; while it is only proposed, asked for."),
		moment("requested_at"),
		field.Time("captured_at").Comment("When it was given; while it is only proposed, asked for."),
		field.Time("effective_from"),
		moment("expires_at"),
		moment("revoked_at"),
		text("revoked_reason", 300),
		field.Enum("signer_role").GoType(code.SignerRole("")),
		text("signer_name", 200),
		field.Enum("evidence_kind").GoType(code.EvidenceKind("")).Optional().Nillable().Comment("Absent while it is only proposed."),
		text("evidence_ref", 300),
		text("signed_from", 45),
		text("script_version", 60),
		text("agent_name", 200),
		maybe("document_id"),
		maybe("renews_id"),
		text("info_description", 500),
		text("discloser", 200),
		text("recipient", 200),
		text("purpose", 300),
		text("expiry_event", 200),
	}
}

// Edges of Consent.
func (Consent) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("patient", Patient.Type).Unique().Required().Immutable().Field("patient_id"),
		edge.To("form", ConsentForm.Type).Unique().Field("form_id"),
		edge.To("program", CareProgram.Type).Unique().Field("program_id"),
		edge.To("document", Document.Type).Unique().Field("document_id"),
		edge.To("renewed_by", Consent.Type).From("renews").Unique().Field("renews_id"),
		edge.From("history", StatusChange.Type).Ref("consent"),
	}
}

// Hooks of Consent.
func (Consent) Hooks() []ent.Hook { return []ent.Hook{effective, channelled, signedOnce} }

// Indexes of Consent.
func (Consent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("patient_id", "scope", "status"),
		index.Fields("patient_id", "captured_at", "id"),
		index.Fields("captured_at", "id"),
		index.Fields("status", "expires_at"),
		index.Fields("evidence_ref"),
	}
}
