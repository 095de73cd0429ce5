package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// StatusChange is one step of a lifecycle: what was, what became of it, when and by whom.
// Exactly one of the references is set.
type StatusChange struct{ ent.Schema }

// Mixin of StatusChange.
func (StatusChange) Mixin() []ent.Mixin { return []ent.Mixin{Log{}} }

// Annotations of StatusChange.
func (StatusChange) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("change")} }

// Fields of StatusChange.
func (StatusChange) Fields() []ent.Field {
	return []ent.Field{
		field.String("from_status").Optional().Nillable().MaxRuneLen(40).Immutable().Comment("Empty: the row was made."),
		field.String("to_status").NotEmpty().MaxRuneLen(40).Immutable(),
		field.String("note").Optional().Nillable().MaxRuneLen(1000).Immutable(),
		field.UUID("changed_by_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("care_case_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("enrollment_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("consent_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("inquiry_response_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("portal_access_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("trial_subject_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("prior_authorization_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("benefit_verification_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("service_activity_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("program_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("coverage_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("consent_form_id", uuid.UUID{}).Optional().Nillable().Immutable(),
	}
}

// Edges of StatusChange.
func (StatusChange) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("changed_by", Identity.Type).Unique().Immutable().Field("changed_by_id"),
		edge.To("care_case", CareCase.Type).Unique().Immutable().Field("care_case_id"),
		edge.To("enrollment", Enrollment.Type).Unique().Immutable().Field("enrollment_id"),
		edge.To("consent", Consent.Type).Unique().Immutable().Field("consent_id"),
		edge.To("inquiry_response", InquiryResponse.Type).Unique().Immutable().Field("inquiry_response_id"),
		edge.To("portal_access", PortalAccess.Type).Unique().Immutable().Field("portal_access_id"),
		edge.To("trial_subject", TrialSubject.Type).Unique().Immutable().Field("trial_subject_id"),
		edge.To("prior_authorization", PriorAuthorization.Type).Unique().Immutable().Field("prior_authorization_id"),
		edge.To("benefit_verification", BenefitVerification.Type).Unique().Immutable().Field("benefit_verification_id"),
		edge.To("service_activity", ServiceActivity.Type).Unique().Immutable().Field("service_activity_id"),
		edge.To("program", CareProgram.Type).Unique().Immutable().Field("program_id"),
		edge.To("coverage", Coverage.Type).Unique().Immutable().Field("coverage_id"),
		edge.To("consent_form", ConsentForm.Type).Unique().Immutable().Field("consent_form_id"),
	}
}

// Indexes of StatusChange.
func (StatusChange) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("care_case_id", "at", "id"),
		index.Fields("enrollment_id", "at", "id"),
		index.Fields("consent_id", "at", "id"),
		index.Fields("inquiry_response_id", "at", "id"),
		index.Fields("portal_access_id", "at", "id"),
		index.Fields("trial_subject_id", "at", "id"),
		index.Fields("prior_authorization_id", "at", "id"),
		index.Fields("benefit_verification_id", "at", "id"),
		index.Fields("service_activity_id", "at", "id"),
		index.Fields("program_id", "at", "id"),
		index.Fields("coverage_id", "at", "id"),
		index.Fields("consent_form_id", "at", "id"),
	}
}
