package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// CareCase is a piece of work that somebody asked for and a department answers for. The API calls it Case.
type CareCase struct{ ent.Schema }

// Mixin of CareCase.
func (CareCase) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of CareCase.
func (CareCase) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("case")} }

// Fields of CareCase.
func (CareCase) Fields() []ent.Field {
	return []ent.Field{
		field.String("number").NotEmpty().MaxRuneLen(20).Immutable(),
		field.Enum("kind").GoType(code.CaseKind("")).Immutable(),
		field.Enum("status").GoType(code.CaseStatus("")).Default(string(code.CaseStatusNew)),
		field.Enum("priority").GoType(code.CasePriority("")).Default(string(code.CasePriorityRoutine)),
		field.Enum("channel").GoType(code.Channel("")).Immutable(),
		field.Enum("requester_kind").GoType(code.AccountKind("")).Immutable(),
		field.Enum("department").GoType(code.DepartmentCode("")),
		field.Enum("label_status").GoType(code.LabelStatus("")).Default(string(code.LabelStatusUnknown)),
		field.String("subject").NotEmpty().MaxRuneLen(300).Immutable(),
		field.Text("narrative").Optional().Nillable().MaxRuneLen(4000).Immutable().Comment("What was reported, word for word."),
		field.String("territory").Optional().Nillable().MaxRuneLen(40),
		field.String("therapeutic_area").Optional().Nillable().MaxRuneLen(60),
		field.String("country").Optional().Nillable().MaxRuneLen(2),
		field.Time("received_at").Immutable(),
		field.Time("due_at").Comment("From the rule that routed the case."),
		moment("accepted_at"),
		moment("responded_at"),
		moment("resolved_at"),
		moment("closed_at"),
		field.Int("routing_count").Default(0).Comment("Entries into a department so far."),
		maybe("requester_id"),
		maybe("assignee_id"),
		maybe("parent_id"),
		maybe("patient_id"),
		maybe("provider_id"),
		maybe("product_id"),
	}
}

// Edges of CareCase.
func (CareCase) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("requester", Identity.Type).Unique().Field("requester_id"),
		edge.To("assignee", Identity.Type).Unique().Field("assignee_id"),
		edge.To("children", CareCase.Type).From("parent").Unique().Field("parent_id"),
		edge.To("patient", Patient.Type).Unique().Field("patient_id"),
		edge.To("provider", Provider.Type).Unique().Field("provider_id"),
		edge.To("product", Product.Type).Unique().Field("product_id"),
		edge.To("inquiry", MedicalInquiry.Type).Unique(),
		edge.From("routings", CaseRouting.Type).Ref("care_case"),
		edge.From("history", StatusChange.Type).Ref("care_case"),
	}
}

// Hooks of CareCase.
func (CareCase) Hooks() []ent.Hook { return []ent.Hook{placed} }

// Indexes of CareCase: one for each way a list of cases is narrowed, ending in the order of the list.
func (CareCase) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("number").Unique(),
		index.Fields("department", "status", "received_at", "id"),
		index.Fields("department", "received_at", "id"),
		index.Fields("department", "due_at", "id"),
		index.Fields("assignee_id", "status"),
		index.Fields("assignee_id", "due_at", "id"),
		index.Fields("assignee_id", "received_at", "id"),
		index.Fields("requester_id", "received_at", "id"),
		index.Fields("requester_id", "due_at", "id"),
		index.Fields("patient_id", "received_at", "id"),
		index.Fields("parent_id", "received_at", "id"),
		index.Fields("received_at", "id"),
		index.Fields("due_at", "id"),
	}
}
