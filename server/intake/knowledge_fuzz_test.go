package intake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake"
	"github.com/carehub/carehub/server/intake/inquiries"
	"github.com/carehub/carehub/server/intake/labels"
	"github.com/carehub/carehub/server/intake/medquad"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/tally"
	"github.com/carehub/carehub/server/reference"
)

// spl is a label with every element that is read.
const spl = `<document xmlns="urn:hl7-org:v3"><setId root="00f66f25-3469-4c16-9baf-fba21e9628bd"/><versionNumber value="%s"/>
<effectiveTime value="%s"/><code displayName="LABEL"/><languageCode code="en"/><title>T<br/>U</title>
<author><assignedEntity><representedOrganization><name>%s</name></representedOrganization></assignedEntity></author>
<component><structuredBody><component><section><code code="48780-1"/><subject><manufacturedProduct><manufacturedProduct>
<name>%s<suffix>x</suffix></name><asEntityWithGeneric><genericMedicine><name>g</name></genericMedicine></asEntityWithGeneric>
</manufacturedProduct></manufacturedProduct></subject></section></component>
<component><section><code code="34066-1"/><text><paragraph>10<sup>9</sup> H<sub>2</sub>O<sup>x</sup> <footnote ID="a">n</footnote>
<footnoteRef IDREF="a"/></paragraph><list listType="ordered"><caption>c</caption><item>a<list><item>b<list><item>c</item></list></item></list></item></list>
<table><caption>t</caption><thead><tr><th>%s</th><td>2</td></tr></thead></table><renderMultiMedia referencedObject="M"><caption>i</caption></renderMultiMedia>
</text><excerpt><highlight><text>h</text></highlight></excerpt><component><section><title>%s</title></section></component>
<component><observationMedia ID="M"><text>p</text><value><reference value="p.jpg"/></value></observationMedia></component></section></component>
</structuredBody></component></document>`

// forms are the formats, each with a document and the values in it, all of which can be taken in.
var forms = []struct {
	name, document string
	values         []string
}{
	{"medquad", `<Document id="%s" source="%s" url="http://%s"><Focus>%s</Focus><QAPairs><QAPair pid="%s"><Question>%s</Question><Answer>%s</Answer></QAPair><QAPair pid="2"><Question/><Answer>x</Answer></QAPair></QAPairs></Document>`, []string{"1", "CDC", "a", "f", "1", "q", "a"}},
	{"spl", spl, []string{"1", "20140113", "o", "n", "c", "t"}},
	{"openfda", `{"results": [{"set_id": "0000025c-6dbf-4af7-a741-5cbacaed519a", "version": "%s", "effective_time": "%s", "openfda": {"brand_name": ["%s"], "manufacturer_name": ["%s"]}, "warnings": ["%s"], "warnings_table": ["x"], "spl_product_data_elements": ["x"], "%s": ["x"]}, {}, 5]}`, []string{"2", "20140113", "b", "m", "w", "other"}},
	{"section", "%s", []string{"t"}},
	{"inquiries", "File,CHQ,Summary,,\n%s,\"%s\",\"%s\",%s,\n2,\"SUBJECT: %s\nMESSAGE: side effect\",s\n,\"SUBJECT: %s\n since taking it\",s,,\n", []string{"1", "q", "s", "", "s", "s"}},
}

// harsh are values that stand where others are expected.
var harsh = []string{
	"", " ", "\x00", "\n\n - \n", strings.Repeat("é", 151), strings.Repeat("x", 301), strings.Repeat("é", 2001), "0", "-1", "99999999999999999999",
	"20140113", "2014", "20149999", "\u00a0", "a\u2028b", "\ufffd", "&amp;", "&#8232;", "&bomb;", "<", "<b/>", "]]>", `"`, `\u0000`, `a","b`, "\xff", "\u202e",
}

// each calls do with the document of a form as often as there are values: each in the place of each.
func each(name string, do func(document string)) {
	for _, form := range forms {
		if form.name != name {
			continue
		}
		for place := range form.values {
			for _, value := range harsh {
				args := make([]any, len(form.values))
				for i, v := range form.values {
					args[i] = v
				}
				args[place] = value
				do(fmt.Sprintf(form.document, args...))
			}
		}
	}
}

// outlive takes whatever can be read in, twice: every record has one outcome, nothing that the rules let through is
// refused by the database, and the second time nothing is accepted.
func outlive(t *testing.T, s *store.Store, form, data string) {
	t.Helper()
	ctx := viewer.System(t.Context(), "fuzz")
	tx, err := s.Client.Tx(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}()
	for round := range 2 {
		for _, load := range loads(ctx, form, data) {
			result, records, err := load(tx)
			if err != nil {
				t.Fatalf("%s: %v\n%.2000q", form, err, data)
			}
			var report tally.Report
			report.Add(result)
			if report.Sum() != records || round > 0 && report.Accepted > 0 {
				t.Fatalf("%s, round %d: %+v of %d records\n%.2000q", form, round, report.Counts, records, data)
			}
		}
	}
}

// load takes one document in and tells how many records it has.
type load func(*ent.Tx) (*tally.Tally, int, error)

// loads are the documents of the data that can be read.
func loads(ctx context.Context, form, data string) []load {
	text, err := source.Text(strings.NewReader(data), nil)
	if err != nil {
		return nil
	}
	switch form {
	case "medquad":
		decoder, err := source.XML(strings.NewReader(data))
		if err != nil {
			return nil
		}
		doc, err := medquad.Parse("fuzz", decoder)
		if err != nil {
			return nil
		}
		return []load{func(tx *ent.Tx) (*tally.Tally, int, error) {
			result, err := medquad.Load(ctx, tx, doc)
			if err != nil {
				return nil, 0, err
			}
			return &result.Tally, doc.Len(), nil
		}}
	case "spl":
		decoder, err := source.XML(strings.NewReader(data))
		if err != nil {
			return nil
		}
		label, err := labels.SPL("fuzz", decoder)
		if err != nil {
			return nil
		}
		return labelLoads(ctx, label)
	case "openfda":
		found, err := labels.OpenFDA("fuzz", text)
		if err != nil {
			return nil
		}
		return labelLoads(ctx, found...)
	case "section":
		return labelLoads(ctx, labels.Section("fuzz", "DRUG_warnings.txt", text), labels.Section("fuzz", data, text))
	}
	return inquiryLoads(ctx, data)
}

func labelLoads(ctx context.Context, found ...*labels.Label) []load {
	importer := labels.NewImporter()
	var out []load
	for _, l := range found {
		out = append(out, func(tx *ent.Tx) (*tally.Tally, int, error) {
			result, err := importer.Load(ctx, tx, l)
			if err != nil {
				return nil, 0, err
			}
			return &result.Tally, l.Len(), nil
		})
	}
	return out
}

func inquiryLoads(ctx context.Context, data string) []load {
	rows, err := inquiries.NewReader("fuzz", strings.NewReader(data))
	if err != nil {
		return nil
	}
	var out []load
	for {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		out = append(out, func(tx *ent.Tx) (*tally.Tally, int, error) {
			if err != nil {
				return nil, 0, err
			}
			result, err := inquiries.Load(ctx, tx, row)
			if err != nil {
				return nil, 0, err
			}
			return &result.Tally, 1, nil
		})
	}
}

// TestHarsh puts harsh values in the place of every value, on both engines; fuzzing goes on from there.
func TestHarsh(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := reference.Ensure(t.Context(), s.Client); err != nil {
			t.Fatal(err)
		}
		for _, form := range forms {
			each(form.name, func(document string) { outlive(t, s, form.name, document) })
		}
	})
}

func fuzz(f *testing.F, name string) {
	s := storetest.SQLite(f)
	if err := reference.Ensure(f.Context(), s.Client); err != nil {
		f.Fatal(err)
	}
	each(name, func(document string) { f.Add(document) })
	f.Fuzz(func(t *testing.T, data string) { outlive(t, s, name, data) })
}

// FuzzMedQuAD takes any text for a document of MedQuAD.
func FuzzMedQuAD(f *testing.F) { fuzz(f, "medquad") }

// FuzzSPL takes any text for a structured product label.
func FuzzSPL(f *testing.F) { fuzz(f, "spl") }

// FuzzOpenFDA takes any text for labels in JSON.
func FuzzOpenFDA(f *testing.F) { fuzz(f, "openfda") }

// FuzzSection takes any text for a section, and for its name.
func FuzzSection(f *testing.F) { fuzz(f, "section") }

// FuzzInquiries takes any text for a table of questions.
func FuzzInquiries(f *testing.F) { fuzz(f, "inquiries") }

// TestXMLAttacks: what expands or fetches is refused by the reader, whatever the format.
func TestXMLAttacks(t *testing.T) {
	k := newKnowledge(t, storetest.SQLite(t))
	const bomb = `<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>`
	const foreign = `<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]>`
	for _, doctype := range []string{bomb, foreign} {
		k.takeText(intake.MedQuAD, "a.xml", doctype+fmt.Sprintf(topic, "&a;"))
		k.counts("Document", 0, 0, 1, 0)
		k.takeText(intake.Labels, "a.xml", doctype+fmt.Sprintf(spl, "1", "2014", "a", "a", "a", "&a;"))
		k.counts("Label", 0, 0, 1, 0)
		if reason := k.findings[0].Reason; !strings.Contains(reason, "declares entities") {
			t.Error(reason)
		}
	}
	k.takeText(intake.Labels, "a.xml", strings.Repeat("<a>", 300)+strings.Repeat("</a>", 300))
	k.is("depth", strings.Contains(k.findings[0].Reason, "within each other"), true)
	k.is("resources", k.Client.KnowledgeResource.Query().CountX(k.ctx), 0)
}
