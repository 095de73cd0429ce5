// Package edition stores documents of knowledge that come from outside. A document that is found again with other
// content is a new edition; nothing that is there is overwritten. Every edition is a draft: who may read it beyond the
// company is decided by people.
package edition

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/knowledgeresource"
	"github.com/carehub/carehub/server/intake/tally"
)

// Document is an edition of a document as the source has it.
type Document struct {
	// Name is what the editions of the document share.
	Name string
	// Number is the edition's by the source; the next one when zero.
	Number int
	Kind   code.ResourceKind
	Label  code.LabelStatus
	// Audience is whom it is written for.
	Audience code.Audience
	Title    string
	Body     string
	Source   string
	// Attribution names who is to be named with the document.
	Attribution string
	// Country and Locale are as in KnowledgeResource; absent they are all countries and en-US.
	Country, Locale string
	// From is when the edition takes effect; the moment of import when zero.
	From time.Time
	// Product is what the document is about, if it is one of ours.
	Product *uuid.UUID
}

// Limits of the columns, in bytes.
const (
	maxName   = 80
	maxTitle  = 300
	maxSource = 300
	maxLocale = 35
)

// nul is what PostgreSQL cannot store.
const nul = "\x00"

// Check says what of the document the model has no room for; nothing when there is room for all of it.
func (d *Document) Check() (element, reason string) {
	for _, c := range []struct {
		element, value string
		limit          int
	}{
		{"id", d.Name, maxName},
		{"title", d.Title, maxTitle},
		{"source", d.Source, maxSource},
		{"attribution", d.Attribution, maxSource},
		{"language", d.Locale, maxLocale},
	} {
		switch {
		case len(c.value) > c.limit:
			return c.element, fmt.Sprintf("longer than %d bytes", c.limit)
		case strings.Contains(c.value, nul):
			return c.element, "has a NUL character"
		}
	}
	switch {
	case d.Title == "":
		return "title", "missing"
	case d.Body == "":
		return "text", "missing"
	case strings.Contains(d.Body, nul):
		return "text", "has a NUL character"
	}
	return "", ""
}

// Stored is what became of a document.
type Stored struct {
	Outcome tally.Outcome
	// Key is the row's that was made or changed; uuid.Nil when none was.
	Key uuid.UUID
	// Reason says why a document is refused.
	Reason string
}

// Store makes the document an edition unless one of the same content is there, whichever it is: so a run changes
// nothing that another has stored, even where a source brings two versions of one document. Only a product that a
// draft lacks is added. The document has been checked.
func Store(ctx context.Context, tx *ent.Tx, d *Document) (Stored, error) {
	editions, err := tx.KnowledgeResource.Query().
		Where(knowledgeresource.Document(d.Name)).Order(knowledgeresource.ByEdition()).All(ctx)
	if err != nil {
		return Stored{}, err
	}
	number := d.Number
	sum := digest(d.Body)
	for _, there := range editions {
		switch {
		case there.Title == d.Title && there.Sha256 == sum && (d.Number == 0 || d.Number == there.Edition):
			return again(ctx, tx, d, there)
		case d.Number == there.Edition:
			return Stored{Outcome: tally.Refused, Reason: fmt.Sprintf("edition %d is there with other content", d.Number)}, nil
		case d.Number == 0:
			number = there.Edition
		}
	}
	if d.Number == 0 {
		number++
	}
	from := d.From
	if from.IsZero() {
		from = clock.Now(ctx)
	}
	create := tx.KnowledgeResource.Create().
		SetDocument(d.Name).SetEdition(number).SetKind(d.Kind).SetTitle(d.Title).SetBody(d.Body).SetSha256(sum).
		SetStatus(code.ResourceStatusDraft).SetLabelStatus(d.Label).
		SetForHcp(d.Audience == code.AudienceHcp).SetForPatients(d.Audience == code.AudiencePatient).
		SetNillableCountry(unlessEmpty(d.Country)).
		SetNillableSource(unlessEmpty(d.Source)).SetNillableAttribution(unlessEmpty(d.Attribution)).
		SetEffectiveFrom(from).SetNillableProductID(d.Product)
	if d.Locale != "" {
		create.SetLocale(d.Locale)
	}
	made, err := create.Save(ctx)
	if err != nil {
		return Stored{}, err
	}
	return Stored{Outcome: tally.Accepted, Key: made.ID}, nil
}

// again is for a document that is there: its draft may not know its product yet, which came in later.
func again(ctx context.Context, tx *ent.Tx, d *Document, there *ent.KnowledgeResource) (Stored, error) {
	if there.Status != code.ResourceStatusDraft || there.ProductID != nil || d.Product == nil {
		return Stored{Outcome: tally.Unchanged}, nil
	}
	err := tx.KnowledgeResource.UpdateOne(there).SetProductID(*d.Product).Exec(ctx)
	return Stored{Outcome: tally.Accepted, Key: there.ID}, err
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func unlessEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Line is a text on one line, each run of blanks as one.
func Line(text string) string { return strings.Join(strings.Fields(text), " ") }
