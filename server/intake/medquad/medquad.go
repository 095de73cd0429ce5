// Package medquad takes in MedQuAD: questions of consumers about health with answers by institutes of the US National
// Institutes of Health, one XML document a topic (Ben Abacha and Demner-Fushman, BMC Bioinformatics 20:511, 2019).
//
// A document becomes a draft of patient education. Its text is that of the source but for blanks: see tidy. Questions
// whose answer was removed for copyright are left out.
package medquad

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/edition"
	"github.com/carehub/carehub/server/intake/tally"
)

// Document is a document that was read but not taken in.
type Document struct {
	file, id, source, url, focus string
	// renamed says that the focus has the name that it had in an older form of the data.
	renamed bool
	pairs   []pair
}

type pair struct {
	id, question, answer string
	// tidied says that the answer has other blanks than in the source.
	tidied bool
}

// vocabulary has the names of elements and attributes in the forms of the data: most documents are of the first, a few
// were left in older ones.
var vocabulary = map[string]string{
	"Document": "document", "DiseaseFile": "document", "doc": "document",
	"Focus": "focus", "doctitle-focus": "focus",
	"QAPair": "pair", "pair": "pair",
	"Question": "question", "question": "question",
	"Answer": "answer", "answer": "answer",
	"id": "id", "fid": "id", "docid": "id", "pid": "pid",
	"source": "source", "corpus": "source", "url": "url",
}

// Parse reads a document. An error refuses it as a whole.
func Parse(file string, d *xml.Decoder) (*Document, error) {
	doc := &Document{file: file}
	var text *strings.Builder // of the element that is being read
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return doc, doc.check()
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			kind := vocabulary[token.Name.Local]
			if depth == 0 && kind != "document" {
				return nil, errors.New("its root element is not Document")
			}
			depth++
			switch kind {
			case "document":
				doc.id, doc.source, doc.url = attribute(token, "id"), attribute(token, "source"), attribute(token, "url")
			case "pair":
				doc.pairs = append(doc.pairs, pair{id: attribute(token, "pid")})
			case "focus", "question", "answer":
				text = &strings.Builder{}
			}
		case xml.CharData:
			if text != nil {
				text.Write(token)
			}
		case xml.EndElement:
			depth--
			if text == nil {
				break
			}
			if doc.take(token.Name.Local, text.String()) {
				text = nil
			}
		}
	}
}

// take keeps the text of an element that has ended, and tells whether it was one of those that are kept.
func (d *Document) take(element, text string) bool {
	kind := vocabulary[element]
	switch {
	case kind == "focus":
		d.focus, d.renamed = edition.Line(text), element != "Focus"
	case kind != "question" && kind != "answer":
		return false
	case len(d.pairs) == 0: // outside of any pair
	case kind == "question":
		d.pairs[len(d.pairs)-1].question = edition.Line(text)
	default:
		p := &d.pairs[len(d.pairs)-1]
		p.answer = tidy(text)
		p.tidied = p.answer != text
	}
	return true
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if vocabulary[a.Name.Local] == name {
			return edition.Line(a.Value)
		}
	}
	return ""
}

func (d *Document) check() error {
	switch {
	case d.id == "":
		return errors.New("it has no id")
	case d.source == "":
		return errors.New("it has no source")
	case !strings.HasPrefix(d.url, "http://") && !strings.HasPrefix(d.url, "https://"):
		return errors.New("its url is not one of the web")
	}
	return nil
}

// Len is the number of records: the document and its pairs.
func (d *Document) Len() int { return 1 + len(d.pairs) }

const (
	typeDocument = "Document"
	typePair     = "QAPair"
)

// Result is what became of a document and its pairs.
type Result struct {
	tally.Tally
	// Changed is the edition that was made; uuid.Nil when none was.
	Changed uuid.UUID
}

// Load stores the document. Its pairs that have a question and an answer share its outcome.
func Load(ctx context.Context, tx *ent.Tx, d *Document) (*Result, error) {
	e := d.edition()
	element, reason := e.Check()
	if e.Body == "" {
		element, reason = "", "no question has an answer"
	}
	if reason != "" {
		return d.refused(element, reason), nil
	}
	stored, err := edition.Store(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	result := &Result{Changed: stored.Key}
	result.Count(typeDocument, stored.Outcome)
	for i, p := range d.pairs {
		if why := p.lacks(); why != "" {
			d.find(&result.Tally, i, why)
		} else {
			result.Count(typePair, stored.Outcome)
		}
	}
	if stored.Outcome == tally.Accepted {
		d.remark(&result.Tally)
	}
	return result, nil
}

// remark tells what was taken in otherwise than it stood.
func (d *Document) remark(t *tally.Tally) {
	for _, p := range d.pairs {
		if p.tidied && p.lacks() == "" {
			t.Remark("answer with runs of blanks: each is one")
		}
	}
	switch {
	case d.focus == "":
		t.Remark("document without a focus: its first question that has an answer is its title")
	case d.renamed:
		t.Remark("document of the older form: its doctitle-focus is its focus")
	}
}

// Refused is the result of a document that the database refuses.
func (d *Document) Refused(reason string) *Result { return d.refused("", reason) }

func (d *Document) refused(element, reason string) *Result {
	result := &Result{}
	path := typeDocument
	if element != "" {
		path += "." + element
	}
	result.Find(typeDocument, tally.Finding{Outcome: tally.Refused, Source: d.file, Resource: d.name(), Path: path, Reason: reason})
	for i, p := range d.pairs {
		why := p.lacks()
		if why == "" {
			why = "depends on the document"
		}
		d.find(&result.Tally, i, why)
	}
	return result
}

func (d *Document) find(t *tally.Tally, i int, reason string) {
	t.Find(typePair, tally.Finding{
		Outcome: tally.Refused, Source: d.file, Resource: typePair + "/" + d.pairs[i].id,
		Path: fmt.Sprintf("%s.%s[%d]", typeDocument, typePair, i), Reason: reason,
	})
}

// lacks says why a pair is of no use.
func (p pair) lacks() string {
	switch {
	case p.answer == "":
		return "the answer is empty"
	case p.question == "":
		return "the question is empty"
	}
	return ""
}

func (d *Document) name() string { return typeDocument + "/" + d.source + "/" + d.id }

// edition is the document as it is stored.
func (d *Document) edition() *edition.Document {
	title := d.focus
	var body strings.Builder
	for _, p := range d.pairs {
		if p.lacks() != "" {
			continue
		}
		if title == "" {
			title = p.question
		}
		if body.Len() > 0 {
			body.WriteString("\n\n\n")
		}
		body.WriteString(p.question + "\n\n" + p.answer)
	}
	// The data gives one id to the parts of a page that has several topics; the focus tells them apart.
	topic := sha256.Sum256([]byte(d.focus))
	return &edition.Document{
		Name: "medquad/" + d.source + "/" + d.id + "/" + hex.EncodeToString(topic[:4]),
		Kind: code.ResourceKindPatientEducation, Label: code.LabelStatusUnknown, Audience: code.AudiencePatient,
		Title: title, Body: body.String(), Source: d.url,
		// CC BY 4.0, section 3(a): who made it, the licence, and that it was changed.
		Attribution: d.source + ", in MedQuAD by A. Ben Abacha and D. Demner-Fushman (BMC Bioinformatics 20:511, 2019). " +
			"CC BY 4.0, https://creativecommons.org/licenses/by/4.0/. Changed: blanks, and questions without an answer left out.",
	}
}
