package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Patient is a person treated. It shares the key of its Account.
type Patient struct{ ent.Schema }

// Mixin of Patient.
func (Patient) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Patient.
func (Patient) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("patient")} }

// Fields of Patient.
func (Patient) Fields() []ent.Field {
	return []ent.Field{
		field.String("given").Default("").MaxRuneLen(200).Comment("Empty where not known."),
		field.String("family").Default("").MaxRuneLen(200).Comment("Empty where not known."),
		text("former_family", 200),
		day("birth_date"),
		field.Enum("sex").GoType(code.Sex("")).Default(string(code.SexUnknown)),
		text("mrn", 64),
		text("address_line", 300),
		text("address_city", 120),
		text("address_state", 60),
		text("address_zip", 20),
		text("address_country", 60),
		moment("deceased_at"),
	}
}

// Edges of Patient.
func (Patient) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("coverages", Coverage.Type).Ref("patient"),
		edge.From("enrollments", Enrollment.Type).Ref("patient"),
		edge.From("consents", Consent.Type).Ref("patient"),
		edge.From("touchpoints", Touchpoint.Type).Ref("patient"),
		edge.From("treatments", Treatment.Type).Ref("patient"),
		edge.From("conditions", Condition.Type).Ref("patient"),
		edge.From("care_relationships", CareRelationship.Type).Ref("patient"),
	}
}

// Indexes of Patient.
func (Patient) Indexes() []ent.Index {
	return []ent.Index{index.Fields("family", "given", "id")}
}
