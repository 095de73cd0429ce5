package fhir

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	entstatus "github.com/carehub/carehub/ent/statuschange"
	out "github.com/carehub/carehub/server/export/fhir"
	"github.com/carehub/carehub/server/intake/tally"
)

// exact reads the values of a resource of ours as they are.
type exact struct {
	*reader
	l          *load
	it         *item
	extensions []out.Extension
}

// isNew tells that the item has no row here yet.
func (x *exact) isNew() bool {
	_, here, _ := x.l.match(x.it)
	return !here
}

// part reads the values of one extension.
func (x *exact) part(of []out.Extension) *exact {
	inner := &exact{reader: x.reader, l: x.l, it: x.it}
	for _, e := range of {
		e.URL = out.ExtensionBase + e.URL
		inner.extensions = append(inner.extensions, e)
	}
	return inner
}

// all are the extensions of a name.
func (x *exact) all(name string) []out.Extension {
	var of []out.Extension
	for _, e := range x.extensions {
		if e.URL == out.ExtensionBase+name {
			of = append(of, e)
		}
	}
	return of
}

// extension is the one of a name; it is empty where there is none.
func (x *exact) extension(name string) out.Extension {
	if all := x.all(name); len(all) > 0 {
		return all[0]
	}
	return out.Extension{}
}

// path leads to the value of an extension.
func (x *exact) path(name string) string {
	return fmt.Sprintf("%s.extension(%s%s)", x.it.typ, out.ExtensionBase, name)
}

// text reads a text by the rule of its column; nil when there is none.
func (x *exact) text(element, value string, rule func(string) error) *string {
	if value == "" {
		return nil
	}
	if strings.ContainsRune(value, 0) {
		x.refuse(x.it.typ+"."+element, "has a NUL character")
	} else if err := rule(value); err != nil {
		x.refuse(x.it.typ+"."+element, "%v", err)
	}
	return &value
}

// needed is text that must be there.
func (x *exact) needed(element, value string, rule func(string) error) string {
	if value == "" {
		x.refuse(x.it.typ+"."+element, "missing")
	}
	x.text(element, value, rule)
	return value
}

// words reads the text of an extension.
func (x *exact) words(name string, rule func(string) error) *string {
	return x.text("extension("+out.ExtensionBase+name+")", x.extension(name).ValueString, rule)
}

// when reads the moment of an extension.
func (x *exact) when(name string) *time.Time {
	return x.moment(x.path(name), x.extension(name).ValueDateTime)
}

// began reads a moment that must be there.
func (x *exact) began(element, value string) time.Time {
	at := x.moment(x.it.typ+"."+element, value)
	if at == nil {
		x.refuse(x.it.typ+"."+element, "missing")
		return time.Time{}
	}
	return *at
}

// date reads a whole day.
func (x *exact) date(element, value string) *code.Date {
	if value == "" {
		return nil
	}
	day, err := code.ParseDate(value)
	if err != nil {
		x.refuse(x.it.typ+"."+element, "%v", err)
		return nil
	}
	return &day
}

// on reads the day of an extension.
func (x *exact) on(name string) *code.Date {
	return x.date("extension("+out.ExtensionBase+name+")", x.extension(name).ValueDate)
}

// is reads the truth of an extension.
func (x *exact) is(name string) bool {
	value := x.extension(name).ValueBoolean
	return value != nil && *value
}

// chosen reads a code that must be there.
func chosen[T ~string](x *exact, path, value string, rule func(T) error) T {
	if err := rule(T(value)); err != nil {
		x.refuse(path, "no code of its value set: %q", abridged(value))
	}
	return T(value)
}

// picked reads the code of an extension; nil when there is none.
func picked[T ~string](x *exact, name string, rule func(T) error) *T {
	value := x.extension(name).ValueCode
	if value == "" {
		return nil
	}
	c := chosen(x, x.path(name), value, rule)
	return &c
}

// must is picked where the code must be there.
func must[T ~string](x *exact, name string, rule func(T) error) T {
	return chosen(x, x.path(name), x.extension(name).ValueCode, rule)
}

// unwired is a code as the model has it, of one as FHIR writes it.
func unwired(value string) string { return strings.ToUpper(strings.ReplaceAll(value, "-", "_")) }

// refer finds the row that a reference means; nil where there is no reference.
func (x *exact) refer(path string, ref *out.Reference, entity string) *uuid.UUID {
	if ref == nil {
		return nil
	}
	key, found := x.find(ref, entity)
	if target := x.l.local[ref.Reference]; target != nil && target.outcome == tally.Refused {
		x.refuse(path, "depends on %s, which was refused", target.name())
	} else if !found {
		x.refuse(path, "the reference finds nothing: %s", abridged(ref.Reference))
	}
	return &key
}

// find finds a row of an entity.
func (x *exact) find(ref *out.Reference, entity string) (key uuid.UUID, found bool) {
	if !x.means(ref, entity) {
		return uuid.Nil, false
	}
	if target := x.l.local[ref.Reference]; target != nil && target.restorer != nil {
		return target.key, true
	}
	_, id, _ := strings.Cut(ref.Reference, "/")
	key, found = x.l.known[name{entity, addressSystem, uuidScheme + id}]
	return key, found
}

// means tells that a reference is to a row of an entity, found or not.
func (x *exact) means(ref *out.Reference, entity string) bool {
	if target := x.l.local[ref.Reference]; target != nil && target.restorer != nil {
		return entityOf(target.typ) == entity
	}
	typ, _, _ := strings.Cut(ref.Reference, "/")
	return entityOf(typ) == entity
}

// needs is refer where the reference must be there.
func (x *exact) needs(element string, ref *out.Reference, entity string) uuid.UUID {
	if ref == nil {
		x.refuse(x.it.typ+"."+element, "missing")
		return uuid.Nil
	}
	return *x.refer(x.it.typ+"."+element, ref, entity)
}

// owner finds the patient whom an item is about.
func (x *exact) owner(element string, ref *out.Reference) uuid.UUID {
	x.it.patient = x.needs(element, ref, patients)
	return x.it.patient
}

// earlier finds the row of the same kind that an extension refers to. One that is not there yet is left out.
func (x *exact) earlier(name, entity string) *uuid.UUID {
	ref := x.extension(name).ValueReference
	if ref == nil {
		return nil
	}
	key, found := x.find(ref, entity)
	if !found || key == uuid.Nil {
		x.l.remark("what a " + x.it.typ + " " + strings.ReplaceAll(name, "-", " ") + " is not here and was left out")
		return nil
	}
	return &key
}

// product finds the product of an extension.
func (x *exact) product() *uuid.UUID { return x.called(x.extension("product").ValueString) }

// called finds a product of the catalogue by its name.
func (x *exact) called(called string) *uuid.UUID {
	if called == "" {
		return nil
	}
	if x.l.products == nil {
		rows, err := x.l.tx.Product.Query().All(x.l.ctx)
		if err != nil {
			x.l.failed = err
			return nil
		}
		x.l.products = map[string]uuid.UUID{}
		for _, row := range rows {
			x.l.products[row.Name] = row.ID
		}
	}
	key, has := x.l.products[called]
	if !has {
		x.l.remark("a product that the catalogue does not have was left out")
		return nil
	}
	return &key
}

// changes reads the steps of a lifecycle; they are to be told whose.
func (x *exact) changes(of []out.Extension) []*ent.StatusChangeCreate {
	var rows []*ent.StatusChangeCreate
	for _, e := range of {
		step := x.part(e.Extension)
		rows = append(rows, x.l.tx.StatusChange.Create().
			SetAt(step.began("extension(at)", step.extension("at").ValueDateTime)).
			SetNillableFromStatus(step.text("extension(from)", step.extension("from").ValueCode, entstatus.FromStatusValidator)).
			SetToStatus(step.needed("extension(to)", step.extension("to").ValueCode, entstatus.ToStatusValidator)).
			SetNillableNote(step.words("note", entstatus.NoteValidator)))
	}
	return rows
}
