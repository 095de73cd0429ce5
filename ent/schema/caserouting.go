package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
)

// CaseRouting is one entry of a case into a department: on creation, by reroute or by return.
type CaseRouting struct{ ent.Schema }

// Mixin of CaseRouting.
func (CaseRouting) Mixin() []ent.Mixin { return []ent.Mixin{Log{}} }

// Annotations of CaseRouting.
func (CaseRouting) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("routing")} }

// Fields of CaseRouting.
func (CaseRouting) Fields() []ent.Field {
	return []ent.Field{
		ref("care_case_id"),
		field.Int("seq").Positive().Immutable(),
		field.Enum("from_department").GoType(code.DepartmentCode("")).Optional().Nillable().Immutable(),
		field.Enum("to_department").GoType(code.DepartmentCode("")).Immutable(),
		field.Enum("reason").GoType(code.RoutingReason("")).Immutable(),
		field.String("note").Optional().Nillable().MaxRuneLen(1000).Immutable(),
		field.UUID("rule_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("routed_by_id", uuid.UUID{}).Optional().Nillable().Immutable(),
	}
}

// Edges of CaseRouting.
func (CaseRouting) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("care_case", CareCase.Type).Unique().Required().Immutable().Field("care_case_id"),
		edge.To("rule", RoutingRule.Type).Unique().Immutable().Field("rule_id"),
		edge.To("routed_by", Identity.Type).Unique().Immutable().Field("routed_by_id"),
	}
}

// Indexes of CaseRouting.
func (CaseRouting) Indexes() []ent.Index {
	return []ent.Index{index.Fields("care_case_id", "seq").Unique(), index.Fields("care_case_id", "at", "id")}
}
