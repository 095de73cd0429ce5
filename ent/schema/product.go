package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/carehub/carehub/ent/code"
)

// Product is a drug, biologic or device of the company.
type Product struct{ ent.Schema }

// Mixin of Product.
func (Product) Mixin() []ent.Mixin { return []ent.Mixin{Base{}} }

// Annotations of Product.
func (Product) Annotations() []schema.Annotation { return []schema.Annotation{Prefix("product")} }

// Fields of Product.
func (Product) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").NotEmpty().MaxRuneLen(200),
		text("generic_name", 200),
		field.String("therapeutic_area").NotEmpty().MaxRuneLen(60),
		field.Enum("kind").GoType(code.ProductKind("")),
		field.Enum("marketing_status").GoType(code.MarketingStatus("")),
		text("reference_safety_version", 60),
	}
}

// Indexes of Product.
func (Product) Indexes() []ent.Index {
	return []ent.Index{index.Fields("name").Unique(), index.Fields("name", "id")}
}
