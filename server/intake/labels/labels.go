// Package labels takes in labels of drugs: structured product labels (HL7 SPL, XML) as the US Food and Drug
// Administration publishes them, labels in the JSON of openFDA, and sections of labels as text.
//
// A label becomes a draft for health professionals, its text in the order of its sections. A section that comes alone,
// as a file DRUG_section.txt, stays a document of its own: parts of a label are not passed off as the whole, and one
// that is found again changes nothing of the others.
package labels

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/product"
	"github.com/carehub/carehub/server/intake/edition"
	"github.com/carehub/carehub/server/intake/tally"
)

// Label is a label, or a section that comes alone, that was read but not taken in.
type Label struct {
	file string
	// typ and key are what the source calls it.
	typ, key string
	edition.Document
	// brands and generics are the names of the products that it is of.
	brands, generics []string
	sections         []part
	// remarks are sentences on what was taken in otherwise than it stood.
	remarks []string
	// fault is why it cannot be taken in, and where.
	element, fault string
}

// part is a section of a label.
type part struct {
	code string
	// data says that it has no text.
	data bool
}

const (
	typeLabel   = "Label"
	typeSection = "Section"
)

// refuse notes why the label cannot be taken in; the first reason counts.
func (l *Label) refuse(element, reason string) {
	if l.fault == "" {
		l.element, l.fault = element, reason
	}
}

// identify names the label by the set that its versions share.
func (l *Label) identify(set string) {
	id, err := uuid.Parse(set)
	if err != nil || len(set) != len(id.String()) {
		l.refuse("setId", "no UUID")
		return
	}
	l.key = id.String()
	l.Name = "spl/" + l.key
	l.Source = "https://dailymed.nlm.nih.gov/dailymed/drugInfo.cfm?setid=" + l.key
}

// number reads the version, which is the number of the edition.
func (l *Label) number(version string) {
	n, err := strconv.ParseInt(version, 10, 32)
	if err != nil || n < 1 {
		l.refuse("versionNumber", "no number from 1 on")
		return
	}
	l.Number = int(n)
}

// effective reads the day from which the label holds: YYYYMMDD, with a time or without.
func (l *Label) effective(value string) {
	const layout = "20060102"
	day, err := time.Parse(layout, value[:min(len(layout), len(value))])
	if err != nil {
		l.refuse("effectiveTime", "no day")
		return
	}
	l.From = day
}

// entitle makes the title of the names and the kind of the label. A label of many products names three.
func (l *Label) entitle(kind string) {
	const few = 3
	names := strings.Join(l.brands[:min(few, len(l.brands))], ", ")
	if more := len(l.brands) - few; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	if len(l.brands) == 1 && len(l.generics) == 1 && !strings.EqualFold(l.brands[0], l.generics[0]) {
		names += " (" + l.generics[0] + ")"
	}
	switch {
	case names == "":
		l.Title = "Label " + l.key
	case kind == "":
		l.Title = names + ": label"
	default:
		l.Title = names + ": " + strings.ToLower(kind)
	}
}

// Len is the number of records.
func (l *Label) Len() int { return 1 + len(l.sections) }

// Importer takes labels in. It reads the company's products once.
type Importer struct {
	products []*ent.Product
	read     bool
}

// NewImporter returns an importer for one run.
func NewImporter() *Importer { return &Importer{} }

// Result is what became of a label and its sections.
type Result struct {
	tally.Tally
	// Changed is the edition that was made or changed; uuid.Nil when none was.
	Changed uuid.UUID
}

// Load stores the label. Its sections share its outcome, but for those that are no text.
func (i *Importer) Load(ctx context.Context, tx *ent.Tx, l *Label) (*Result, error) {
	l.Kind, l.Label, l.Audience, l.Country = code.ResourceKindLabel, code.LabelStatusOnLabel, code.AudienceHcp, "US"
	if element, reason := l.Check(); reason != "" {
		l.refuse(element, reason)
	}
	if l.fault != "" {
		return l.refused(l.element, l.fault), nil
	}
	several, err := i.link(ctx, tx, l)
	if err != nil {
		return nil, err
	}
	stored, err := edition.Store(ctx, tx, &l.Document)
	if err != nil {
		return nil, err
	}
	if stored.Outcome == tally.Refused {
		return l.refused("", stored.Reason), nil
	}
	result := &Result{Changed: stored.Key}
	result.Count(l.typ, stored.Outcome)
	for _, s := range l.sections {
		if s.data {
			result.Find(typeSection, l.unmapped(s))
		} else {
			result.Count(typeSection, stored.Outcome)
		}
	}
	if stored.Outcome == tally.Accepted {
		for _, remark := range l.remarks {
			result.Remark(remark)
		}
		if several {
			result.Remark("label that names several of the company's products: linked to none")
		}
	}
	return result, nil
}

// link finds the product that the label is of: by its name, or else by its generic name, letter for letter but for
// their case.
func (i *Importer) link(ctx context.Context, tx *ent.Tx, l *Label) (several bool, err error) {
	if !i.read {
		if i.products, err = tx.Product.Query().Order(product.ByID()).All(ctx); err != nil {
			return false, err
		}
		i.read = true
	}
	for _, by := range []struct {
		names []string
		of    func(*ent.Product) string
	}{
		{l.brands, func(p *ent.Product) string { return p.Name }},
		{slices.Concat(l.brands, l.generics), func(p *ent.Product) string { return orEmpty(p.GenericName) }},
	} {
		var found []*ent.Product
		for _, p := range i.products {
			if names(by.names, by.of(p)) {
				found = append(found, p)
			}
		}
		if len(found) == 1 {
			l.Product = &found[0].ID
		}
		if len(found) > 0 {
			return len(found) > 1, nil
		}
	}
	return false, nil
}

func names(all []string, name string) bool {
	for _, n := range all {
		if n != "" && strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// Refused is the result of a label that the database refuses.
func (l *Label) Refused(reason string) *Result { return l.refused("", reason) }

func (l *Label) refused(element, reason string) *Result {
	path := l.typ
	if element != "" {
		path += "." + element
	}
	result := &Result{}
	result.Find(l.typ, tally.Finding{Outcome: tally.Refused, Source: l.file, Resource: l.typ + "/" + l.key, Path: path, Reason: reason})
	for _, s := range l.sections {
		f := l.unmapped(s)
		if !s.data {
			f.Outcome, f.Reason = tally.Refused, "depends on the label"
		}
		result.Find(typeSection, f)
	}
	return result
}

func (l *Label) unmapped(s part) tally.Finding {
	return tally.Finding{
		Outcome: tally.Unmapped, Source: l.file, Resource: typeSection + "/" + s.code, Path: l.typ + "." + typeSection,
		Reason: "data of products and packages, no text",
	}
}
