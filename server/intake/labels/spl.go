package labels

import (
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/carehub/carehub/server/intake/edition"
)

// SPL reads a structured product label. An error refuses it as a whole.
func SPL(file string, d *xml.Decoder) (*Label, error) {
	r := &splReader{Decoder: d, label: &Label{file: file, typ: typeLabel}, notes: map[string]int{}}
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		root, is := token.(xml.StartElement)
		if !is {
			continue
		}
		if root.Name.Space != "urn:hl7-org:v3" || root.Name.Local != "document" {
			return nil, errors.New("its root element is not the document of an HL7 version 3 label")
		}
		return r.label, r.document()
	}
}

// splReader reads a label once, from its beginning to its end. Its functions read an element that has begun to its end.
type splReader struct {
	*xml.Decoder
	label *Label
	body  strings.Builder
	// kind is the type of the label in words, and owner who answers for it.
	kind, owner string
	// notes are the numbers of footnotes by their identifiers, and noted is how many there are.
	notes map[string]int
	noted int
}

// each calls do for every element within the one that has begun.
func (r *splReader) each(do func(xml.StartElement) error) error {
	for {
		token, err := r.Token()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if err := do(token); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

func (r *splReader) document() error {
	var set, version, effective string
	err := r.each(func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "setId":
			set = attribute(e, "root")
		case "versionNumber":
			version = attribute(e, "value")
		case "effectiveTime":
			effective = attribute(e, "value")
		case "code":
			r.kind = attribute(e, "displayName")
		case "languageCode":
			r.label.Locale = locale(attribute(e, "code"))
		case "title":
			title, err := r.prose(e)
			r.write(title)
			return err
		case "author":
			return r.author(e.Name.Local)
		case "component":
			return r.component()
		}
		return r.Skip()
	})
	if err != nil {
		return err
	}
	l := r.label
	l.identify(set)
	if version == "" {
		l.remarks = append(l.remarks, "label without a version: the next edition")
	} else {
		l.number(version)
	}
	if effective == "" {
		l.remarks = append(l.remarks, "label without an effective time: the moment of import")
	} else {
		l.effective(effective)
	}
	l.entitle(r.kind)
	l.Attribution = "Label published by the US Food and Drug Administration"
	if r.owner != "" {
		l.Attribution = "Label of " + r.owner + ", published by the US Food and Drug Administration"
	}
	l.Body = r.body.String()
	return nil
}

// locale is the language of a label as a locale: labels are of the United States.
func locale(language string) string {
	if len(language) == len("en") {
		return language + "-US"
	}
	return language
}

// component goes down to the sections, and to the images that their texts refer to.
func (r *splReader) component() error {
	return r.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "structuredBody", "component":
			return r.component()
		case "section":
			return r.section()
		case "observationMedia":
			return r.image(e)
		}
		return r.Skip()
	})
}

// section writes a section and those within it, in the order in which they stand.
func (r *splReader) section() error {
	at := len(r.label.sections)
	r.label.sections = append(r.label.sections, part{})
	begun, heading := false, ""
	begin := func() {
		if !begun && heading != "" {
			r.write(heading)
		}
		begun = true
	}
	err := r.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "code":
			r.label.sections[at].code = attribute(e, "code")
			heading = headingOf(attribute(e, "code"))
		case "title":
			title, err := r.prose(e)
			if title = edition.Line(title); title != "" {
				heading, begun = title, false
				begin()
			}
			return err
		case "text":
			begin()
			text, err := r.prose(e)
			r.write(text)
			return err
		case "excerpt":
			begin()
			text, err := r.prose(e)
			if text != "" {
				r.write("Highlights:\n" + text)
			}
			return err
		case "component":
			begin()
			return r.component()
		case "subject":
			return r.products(e.Name.Local)
		}
		return r.Skip()
	})
	r.label.sections[at].data = !begun
	return err
}

// products reads the names of the products that the label is of.
func (r *splReader) products(within string) error {
	return r.each(func(e xml.StartElement) error {
		var list *[]string
		switch {
		case e.Name.Local != "name":
		case within == "manufacturedProduct", within == "manufacturedMedicine":
			list = &r.label.brands
		case within == "genericMedicine":
			list = &r.label.generics
		}
		if list == nil {
			return r.products(e.Name.Local)
		}
		name, err := r.prose(e)
		if name = edition.Line(name); name != "" && !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
		return err
	})
}

// author reads who answers for the label: the first organization that is named.
func (r *splReader) author(within string) error {
	return r.each(func(e xml.StartElement) error {
		if within != "representedOrganization" || e.Name.Local != "name" || r.owner != "" {
			return r.author(e.Name.Local)
		}
		name, err := r.prose(e)
		r.owner = edition.Line(name)
		return err
	})
}

// image writes which image was left out.
func (r *splReader) image(e xml.StartElement) error {
	var text, file string
	err := r.media(func(in xml.StartElement) (err error) {
		switch in.Name.Local {
		case "text":
			text, err = r.prose(in)
			return err
		case "reference":
			file = attribute(in, "value")
		}
		return r.Skip()
	})
	line := "[Image " + edition.Line(attribute(e, "ID")) + " left out: " + edition.Line(text)
	if file != "" {
		line += fmt.Sprintf(" (%s)", edition.Line(file))
	}
	r.write(line + "]")
	r.label.remarks = append(r.label.remarks, "image of a label: left out, and named in the text")
	return err
}

// media calls do for the elements within an image, whose file is named in its value.
func (r *splReader) media(do func(xml.StartElement) error) error {
	return r.each(func(e xml.StartElement) error {
		if e.Name.Local == "value" {
			return r.each(do)
		}
		return do(e)
	})
}

// write adds a paragraph to the text of the label.
func (r *splReader) write(text string) {
	if text == "" {
		return
	}
	if r.body.Len() > 0 {
		r.body.WriteString("\n\n")
	}
	r.body.WriteString(text)
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}
