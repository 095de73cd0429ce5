package source_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/carehub/carehub/server/intake/source"
)

// laughs is the smallest of the documents that grow without bounds when entities are expanded.
const laughs = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>`

func TestXML(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	for name, c := range map[string]struct{ document, text, err string }{
		"plain":                  {document: `<a>Zoë</a>`, text: "Zoë"},
		"byte order mark":        {document: "\uFEFF<?xml version='1.0' encoding='UTF-8'?><a>Zoë</a>", text: "Zoë"},
		"ISO-8859-1":             {document: "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>Zo\xEB</a>", text: "Zoë"},
		"windows-1252":           {document: "<?xml version='1.0' encoding='Windows-1252'?><a>\x80 5</a>", text: "€ 5"},
		"external DTD":           {document: `<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a>x</a>`, text: "x"},
		"known characters":       {document: `<a>&lt;&#65;&amp;</a>`, text: "<A&"},
		"as deep as may be":      {document: deep(256)},
		"entities":               {document: laughs, err: "declares entities, which are not expanded at byte 21"},
		"external entity":        {document: `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, err: "declares entities, which are not expanded at byte 0"},
		"entity of nobody":       {document: `<a>&b;</a>`, err: "not well-formed XML at byte 6"},
		"too deep":               {document: deep(257), err: "more than 256 elements within each other at byte 768"},
		"cut off":                {document: `<a><b>Zoë`, err: "not well-formed XML at byte 10"},
		"other end":              {document: `<a></b>`, err: "not well-formed XML at byte 7"},
		"two roots":              {document: `<a/><b/>`, err: "a second root element at byte 4"},
		"text behind":            {document: `<a/>b`, err: "not well-formed XML at byte 4"},
		"empty":                  {document: ``, err: "no element of XML at byte 0"},
		"JSON":                   {document: `{"a":1}`, err: "not well-formed XML at byte 0"},
		"wrong UTF-8":            {document: "<a>Zo\xEB</a>", err: "not written in UTF-8: byte 5"},
		"UTF-16":                 {document: "\xFF\xFE<\x00a\x00/\x00>\x00", err: "written in UTF-16; UTF-8 is expected"},
		"UTF-16 without mark":    {document: "<\x00a\x00/\x00>\x00", err: "written in UTF-16; UTF-8 is expected"},
		"another encoding":       {document: `<?xml version="1.0" encoding="EUC-JP"?><a/>`, err: "written in the encoding euc-jp, which is not read"},
		"two encodings":          {document: "\uFEFF<?xml version='1.0' encoding='latin1'?><a/>", err: "declares the encoding latin1, yet begins as UTF-8"},
		"no windows-1252":        {document: "<?xml version='1.0' encoding='windows-1252'?><a>\xE9\x81</a>", err: "no windows-1252 at byte 49"},
		"offset of the original": {document: "<?xml version='1.0' encoding='latin1'?><a>\xE9\xE9</b>", err: "not well-formed XML at byte 48"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := source.XML(strings.NewReader(c.document))
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Fatalf("%v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var text struct {
				Text string `xml:",chardata"`
			}
			if err := d.Decode(&text); err != nil || text.Text != c.text {
				t.Errorf("%q (%v), want %q", text.Text, err, c.text)
			}
		})
	}
}

func TestXMLThatCannotBeRead(t *testing.T) {
	_, err := source.XML(iotest.ErrReader(source.ErrTooLarge))
	if !errors.Is(err, source.ErrTooLarge) {
		t.Error(err)
	}
}

// TestXMLOfOutsideData reads every XML document of the shared data.
func TestXMLOfOutsideData(t *testing.T) {
	const root = "../../../../shared/data"
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		if os.Getenv("CAREHUB_REQUIRE_ALL") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	read := 0
	err := source.Walk{
		Ours:   func(name string) bool { return strings.EqualFold(filepath.Ext(name), ".xml") },
		Limit:  64 << 20,
		Refuse: func(string, error) error { return nil },
		Visit: func(d *source.Document) error {
			read++
			if _, err := source.XML(d); err != nil {
				t.Errorf("%s: %v", d.Name, err)
			}
			return nil
		},
	}.Run(t.Context(), filepath.Join(root, "clinicaltrials-gov"), filepath.Join(root, "icsr-e2b"),
		filepath.Join(root, "drug-labels"), filepath.Join(root, "medquad"))
	if err != nil || read < 1400 {
		t.Errorf("%d documents, %v", read, err)
	}
}

// FuzzXML looks for documents that are let through and cannot be decoded.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{
		`<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE a SYSTEM "a.dtd"><a xmlns="urn:a" b="c"><!-- d -->` + "\xEB" + `<e/></a>`,
		laughs, "\uFEFF<a/>", "\xFF\xFE", "<a>&#65;<![CDATA[<]]></a>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		d, err := source.XML(bytes.NewReader(document))
		if err != nil {
			return
		}
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, is := token.(xml.Directive); is && bytes.Contains(token.(xml.Directive), []byte("<!ENTITY")) {
				t.Fatal("an entity was let through")
			}
		}
	})
}
