package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// RoutingRule sends new cases to a department: the first active rule by priority whose conditions all match wins.
// An absent condition matches everything.
type RoutingRule struct{ ent.Schema }

// Mixin of RoutingRule.
func (RoutingRule) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of RoutingRule.
func (RoutingRule) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("rule")} }

// Fields of RoutingRule.
func (RoutingRule) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").NotEmpty().MaxRuneLen(120),
		field.Int("priority").Comment("Lower goes first."),
		field.Bool("active").Default(true),
		field.Enum("case_kind").GoType(code.CaseKind("")).Optional().Nillable(),
		field.Enum("requester_kind").GoType(code.AccountKind("")).Optional().Nillable(),
		field.Enum("label_status").GoType(code.LabelStatus("")).Optional().Nillable(),
		maybe("product_id"),
		field.String("therapeutic_area").Optional().Nillable().MaxRuneLen(60),
		field.String("country").Optional().Nillable().MaxRuneLen(2),
		field.Bool("liaison_required").Default(false).Comment("Matches only where a liaison serves the case's territory and therapeutic area."),
		field.Enum("target").GoType(code.DepartmentCode("")),
		field.Enum("case_priority").GoType(code.CasePriority("")).Default(string(code.CasePriorityRoutine)),
		field.Int("due_minutes").Positive().Comment("Minutes from receipt until the case is due."),
	}
}

// Edges of RoutingRule.
func (RoutingRule) Edges() []ent.Edge {
	return []ent.Edge{edge.To("product", Product.Type).Unique().Field("product_id")}
}

// Indexes of RoutingRule.
func (RoutingRule) Indexes() []ent.Index {
	return []ent.Index{index.Fields("priority", "id")}
}
