package source

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// maxDepth bounds the elements within elements of an XML document. Reports of adverse events come to thirty.
const maxDepth = 256

// XML reads a document to its end and returns a decoder of it. The document was checked as a whole: it is well
// formed, has one root and declares no entities. Nothing that it names elsewhere (a DTD, a schema) is fetched.
// Errors name the byte of the document where it stops being so, and quote nothing of it.
//
// The decoder reads UTF-8; documents that declare one of a few single-byte encodings are translated, and its
// InputOffset then counts bytes of the translation.
func XML(r io.Reader) (*xml.Decoder, error) {
	data, err := readAll(r, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	text, offset, err := decodeXML(data)
	if err != nil {
		return nil, err
	}
	if at, err := checkXML(xmlDecoder(text)); err != nil {
		return nil, fmt.Errorf("%w at byte %d", err, offset(at))
	}
	return xmlDecoder(text), nil
}

func xmlDecoder(text []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(text))
	// The declaration still has the name of the encoding that the text was translated from.
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	return d
}

var encodings = map[string]*charmap.Charmap{
	"iso-8859-1":   charmap.ISO8859_1,
	"latin1":       charmap.ISO8859_1,
	"iso-8859-15":  charmap.ISO8859_15,
	"windows-1252": charmap.Windows1252,
}

var declaredEncoding = regexp.MustCompile(`^<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

// decodeXML translates a document to UTF-8. The offset function gives the byte of the document that an offset in
// the translation stands for.
func decodeXML(data []byte) (text []byte, offset func(int64) int64, err error) {
	text = bytes.TrimPrefix(data, byteOrderMark)
	skipped := int64(len(data) - len(text))
	same := func(at int64) int64 { return at + skipped }
	encoding := "utf-8"
	if m := declaredEncoding.FindSubmatch(text); m != nil {
		encoding = strings.ToLower(string(m[1]))
	}
	table, known := encodings[encoding]
	switch {
	case isUTF16(data), encoding == "utf-8", encoding == "us-ascii":
		return text, same, checkUTF8(data)
	case skipped > 0:
		return nil, nil, fmt.Errorf("declares the encoding %s, yet begins as UTF-8", encoding)
	case !known:
		return nil, nil, fmt.Errorf("written in the encoding %s, which is not read", encoding)
	}
	if text, err = table.NewDecoder().Bytes(data); err != nil {
		return nil, nil, err
	}
	// Each byte has become one character.
	offset = func(at int64) int64 { return int64(utf8.RuneCount(text[:at])) }
	if at := bytes.IndexRune(text, utf8.RuneError); at >= 0 {
		return nil, nil, fmt.Errorf("no %s at byte %d", encoding, offset(int64(at)))
	}
	return text, offset, nil
}

var (
	errNotXML   = errors.New("not well-formed XML")
	errDepth    = fmt.Errorf("more than %d elements within each other", maxDepth)
	errEntities = errors.New("declares entities, which are not expanded")
	errRoots    = errors.New("a second root element")
	errNoRoot   = errors.New("no element of XML")
)

// checkXML goes through a document once and returns where it breaks a rule.
func checkXML(d *xml.Decoder) (at int64, err error) {
	depth, roots := 0, 0
	for {
		at = d.InputOffset()
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && roots == 0:
			return at, errNoRoot
		case errors.Is(err, io.EOF):
			return at, nil
		case err != nil:
			return d.InputOffset(), errNotXML
		}
		switch token := token.(type) {
		case xml.Directive:
			if bytes.Contains(bytes.ToUpper(token), []byte("<!ENTITY")) {
				return at, errEntities
			}
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			depth++
			if depth > maxDepth {
				return at, errDepth
			}
			if roots > 1 {
				return at, errRoots
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 0 && len(bytes.TrimSpace(token)) > 0 {
				return at, errNotXML
			}
		}
	}
}
