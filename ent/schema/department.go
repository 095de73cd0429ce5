package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Department is a department of the company that cases are routed to.
type Department struct{ ent.Schema }

// Mixin of Department.
func (Department) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Department.
func (Department) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("dept")} }

// Fields of Department.
func (Department) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("code").GoType(code.DepartmentCode("")).Immutable(),
		field.String("name").NotEmpty().MaxRuneLen(120),
		field.Bool("is_default").Default(false).Comment("Takes the cases that no rule routes."),
	}
}

// Indexes of Department.
func (Department) Indexes() []ent.Index {
	return []ent.Index{index.Fields("code").Unique()}
}
