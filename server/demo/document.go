package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// document is an edition of a knowledge resource that is to be made.
type document struct {
	name       string // what its editions share
	edition    int
	kind       code.ResourceKind
	title      string
	body       string
	status     code.ResourceStatus
	label      code.LabelStatus
	hcp        bool
	patients   bool
	internal   bool
	locale     string
	from       time.Time
	expires    *time.Time
	product    *product
	remembered *uuid.UUID // where its key is wanted again
}

// documents makes what may be read about the products: for each its label (with an expired edition), a standard
// response and education in both languages; and one each of what must be kept apart.
func (w *world) documents(ctx context.Context) error {
	var rows []*ent.KnowledgeResourceCreate
	var marks []*ent.ExternalIdentifierCreate
	add := func(d document) {
		id := newKey()
		if d.remembered != nil {
			*d.remembered = id
		}
		if d.locale == "" {
			d.locale = english
		}
		if d.from.IsZero() {
			d.from = w.began
		}
		if d.status == "" {
			d.status = code.ResourceStatusApproved
		}
		body := d.body + " This text is synthetic."
		create := w.tx.KnowledgeResource.Create().SetID(id).SetDocument(d.name).SetEdition(d.edition).SetKind(d.kind).
			SetTitle(d.title).SetSummary(d.title + ".").SetBody(body).SetSha256(digest(body)).SetStatus(d.status).SetLabelStatus(d.label).
			SetForHcp(d.hcp).SetForPatients(d.patients).SetForInternal(d.internal).SetLocale(d.locale).SetCountry("US").
			SetEffectiveFrom(d.from).SetNillableExpiresAt(d.expires).SetProductID(d.product.id).SetCreatedAt(d.from)
		if d.status == code.ResourceStatusApproved || d.status == code.ResourceStatusExpired {
			create.SetApprovalCode(fmt.Sprintf("DEMO-%s-%d", d.name, d.edition))
		}
		rows = append(rows, create)
		marks = append(marks, w.marked("resource", id, "%s/%d", d.name, d.edition))
	}
	for _, listed := range catalog {
		p := w.products[listed.name]
		if p.status != code.MarketingStatusApproved {
			continue
		}
		w.aboutProduct(p, add)
	}
	w.keptApart(add)
	if err := insert(ctx, w, w.tx.KnowledgeResource.CreateBulk, rows); err != nil {
		return err
	}
	return insert(ctx, w, w.tx.ExternalIdentifier.CreateBulk, marks)
}

// aboutProduct adds the documents that every approved product has.
func (w *world) aboutProduct(p *product, add func(document)) {
	replaced := w.began.Add(100 * day)
	label := document{
		name: p.name + "-label", kind: code.ResourceKindLabel, label: code.LabelStatusOnLabel, hcp: true, internal: true, product: p,
		title: p.name + " prescribing information",
		body:  fmt.Sprintf("%s (%s) is indicated for %s in adults. Dose: %s.", p.name, p.generic, p.disease, p.dosage),
	}
	old := label
	old.edition, old.status, old.from, old.expires = 1, code.ResourceStatusExpired, w.began.Add(-2*year), &replaced
	add(old)
	label.edition, label.from, label.remembered = 2, replaced, &p.label
	add(label)
	add(document{
		name: p.name + "-dosing", edition: 1, kind: code.ResourceKindStandardResponse, label: code.LabelStatusOnLabel,
		hcp: true, internal: true, product: p, remembered: &p.letter,
		title: "Standard response: dosing of " + p.name,
		body:  fmt.Sprintf("The recommended dose of %s is %s. No adjustment was studied beyond the label.", p.name, p.dosage),
	})
	add(document{
		name: p.name + "-guide", edition: 1, kind: code.ResourceKindPatientEducation, label: code.LabelStatusOnLabel,
		patients: true, product: p,
		title: "Living with " + p.disease, body: fmt.Sprintf("What %s does, how to take it, and when to call your doctor.", p.name),
	})
	add(document{
		name: p.name + "-guia", edition: 1, kind: code.ResourceKindPatientEducation, label: code.LabelStatusOnLabel,
		patients: true, product: p, locale: spanish,
		title: "Guía para pacientes: " + p.name, body: fmt.Sprintf("Qué hace %s, cómo se toma y cuándo llamar a su médico.", p.name),
	})
}

// keptApart adds what rules must keep from some readers: outside the label, not approved, not yet or no longer valid.
func (w *world) keptApart(add func(document)) {
	first, research := w.products["Avelurix"], w.products["CHB-204"]
	ended := w.now.Add(-30 * day)
	add(document{
		name: "Avelurix-adolescents", edition: 1, kind: code.ResourceKindPublication, label: code.LabelStatusOffLabel,
		hcp: true, internal: true, product: first, remembered: &first.unlabelledUse,
		title: "Velurimab in adolescents: an open study", body: "Forty adolescents were observed for a year. The use is not approved.",
	})
	add(document{
		name: "CHB-204-pipeline", edition: 1, kind: code.ResourceKindPipeline, label: code.LabelStatusInvestigational,
		internal: true, product: research,
		title: "CHB-204: where development stands", body: "The trial in relapsing disease is being prepared.",
	})
	add(document{
		name: "respiratory-congress", edition: 1, kind: code.ResourceKindCongress, label: code.LabelStatusOnLabel,
		hcp: true, internal: true, product: first, expires: &ended, status: code.ResourceStatusExpired,
		title: "Posters of the respiratory congress", body: "Links to posters on velurimab.",
	})
	add(document{
		name: "asthma-guideline", edition: 1, kind: code.ResourceKindGuideline, label: code.LabelStatusOnLabel, hcp: true, product: first,
		title: "Where biologics stand in asthma", body: "A summary of stepwise treatment.",
	})
	add(document{
		name: "Oncavyra-interactions", edition: 1, kind: code.ResourceKindStandardResponse, label: code.LabelStatusOnLabel,
		internal: true, product: w.products["Oncavyra"], status: code.ResourceStatusInReview,
		title: "Standard response: interactions of Oncavyra", body: "Strong inhibitors of CYP3A4 raise exposure.",
	})
	add(document{
		name: "Rhemadora-travel", edition: 1, kind: code.ResourceKindPatientEducation, label: code.LabelStatusOnLabel,
		patients: true, product: w.products["Rhemadora"], status: code.ResourceStatusDraft,
		title: "Travelling with Rhemadora", body: "Keep the pen cool and in its box.",
	})
}
