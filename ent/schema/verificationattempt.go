package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// VerificationAttempt is one time that a payer was asked, and how that went.
type VerificationAttempt struct{ ent.Schema }

// Mixin of VerificationAttempt.
func (VerificationAttempt) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of VerificationAttempt.
func (VerificationAttempt) Annotations() []schema.Annotation {
	return []schema.Annotation{Prefix("attempt")}
}

// Fields of VerificationAttempt.
func (VerificationAttempt) Fields() []ent.Field {
	return []ent.Field{
		ref("verification_id"),
		field.Int("seq").Positive().Immutable(),
		field.Time("submitted_at").Immutable(),
		moment("answered_at"),
		field.Enum("outcome").GoType(code.VerificationOutcome("")).Default(string(code.VerificationOutcomeQueued)),
		field.Enum("method").GoType(code.VerificationMethod("")).Default(string(code.VerificationMethodElectronic)).Immutable(),
		text("error_code", 60),
		text("detail", 500),
	}
}

// Edges of VerificationAttempt.
func (VerificationAttempt) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("verification", BenefitVerification.Type).Unique().Required().Immutable().Field("verification_id"),
	}
}

// Indexes of VerificationAttempt.
func (VerificationAttempt) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("verification_id", "seq").Unique(),
		index.Fields("verification_id", "seq", "id"),
	}
}
