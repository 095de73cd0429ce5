package fhir

import (
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// ExtensionBase begins the URLs of all extensions.
const ExtensionBase = "urn:carehub:fhir:"

// Extension is what FHIR has no element for: one value, or parts that are extensions themselves. The URL of a part
// is its name alone.
type Extension struct {
	URL            string      `json:"url"`
	Extension      []Extension `json:"extension,omitempty"`
	ValueBoolean   *bool       `json:"valueBoolean,omitempty"`
	ValueCode      string      `json:"valueCode,omitempty"`
	ValueDate      string      `json:"valueDate,omitempty"`
	ValueDateTime  string      `json:"valueDateTime,omitempty"`
	ValueInteger   *int        `json:"valueInteger,omitempty"`
	ValueMoney     *Money      `json:"valueMoney,omitempty"`
	ValueReference *Reference  `json:"valueReference,omitempty"`
	ValueString    string      `json:"valueString,omitempty"`
}

// extensions gathers those of one element; a value that is not there makes none.
type extensions []Extension

func (x *extensions) add(e Extension) {
	e.URL = ExtensionBase + e.URL
	*x = append(*x, e)
}

func (x *extensions) code(name, value string) {
	if value != "" {
		x.add(Extension{URL: name, ValueCode: value})
	}
}

func (x *extensions) text(name, value string) {
	if value != "" {
		x.add(Extension{URL: name, ValueString: value})
	}
}

func (x *extensions) moment(name string, value *time.Time) {
	if value != nil {
		x.add(Extension{URL: name, ValueDateTime: moment(*value)})
	}
}

func (x *extensions) day(name string, value *code.Date) {
	if value != nil {
		x.add(Extension{URL: name, ValueDate: string(*value)})
	}
}

func (x *extensions) flag(name string, value *bool) {
	if value != nil {
		x.add(Extension{URL: name, ValueBoolean: value})
	}
}

func (x *extensions) number(name string, value *int) {
	if value != nil {
		x.add(Extension{URL: name, ValueInteger: value})
	}
}

func (x *extensions) reference(name string, to *Reference) {
	if to != nil {
		x.add(Extension{URL: name, ValueReference: to})
	}
}

// parts adds an extension of several values.
func (x *extensions) parts(name string, values extensions) {
	for i := range values {
		values[i].URL = values[i].URL[len(ExtensionBase):]
	}
	x.add(Extension{URL: name, Extension: values})
}

// change adds a step of a lifecycle.
func (x *extensions) change(name string, row *ent.StatusChange) {
	var of extensions
	of.moment("at", &row.At)
	of.code("from", text(row.FromStatus))
	of.code("to", row.ToStatus)
	of.text("note", text(row.Note))
	x.parts(name, of)
}

// optional is the text of a code that may be missing.
func optional[T ~string](c *T) string {
	if c == nil {
		return ""
	}
	return string(*c)
}

// product names a product. It is no resource of its own, but stands in the staff file.
func (x *extensions) product(row *ent.Product) {
	if row != nil {
		x.text("product", row.Name)
	}
}
