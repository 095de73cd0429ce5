package labels

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// prose reads an element of the narrative of a label and returns it as plain text:
//
//   - a paragraph, caption, list, item or row begins a line; the text's own line breaks are blanks, and each run of
//     them is one;
//   - an item has a hyphen or its number before it, and an item within an item is indented by two blanks;
//   - a row of a table is a line, its cells divided by a bar;
//   - a footnote stands in brackets where it is first referred to, with its number;
//   - raised and lowered text has ^ or _ before it where it has a digit, or 10 to the 9th would be 109;
//   - an image is named.
//
// Elements that say nothing but how text looks are passed through.
func (r *splReader) prose(e xml.StartElement) (string, error) {
	text, err := r.narrative(e)
	return strings.ReplaceAll(tidy(text), indent, "  "), err
}

// indent stands before a line that is indented, for each level. Blanks of the source are never one of these.
const indent = "\t"

// narrative is the text of an element with line breaks and indents only where its structure has them.
func (r *splReader) narrative(e xml.StartElement) (string, error) {
	switch e.Name.Local {
	case "list":
		return r.list(e)
	case "tr":
		return r.row()
	case "br":
		return "\n", r.Skip()
	case "footnoteRef":
		return fmt.Sprintf(" [note %d] ", r.note(attribute(e, "IDREF"))), r.Skip()
	}
	inner, err := r.inner()
	switch e.Name.Local {
	case "paragraph":
		return "\n\n" + inner + "\n\n", err
	case "table":
		return "\n\n" + strings.ReplaceAll(tidy(inner), "\n\n", "\n") + "\n\n", err
	case "caption":
		return "\n" + inner + "\n", err
	case "sup":
		return raised("^", inner), err
	case "sub":
		return raised("_", inner), err
	case "suffix":
		return " " + inner, err
	case "footnote":
		return fmt.Sprintf(" [note %d: %s] ", r.note(attribute(e, "ID")), oneLine(inner)), err
	case "renderMultiMedia":
		return strings.TrimRight(" [image "+attribute(e, "referencedObject")+": "+oneLine(inner), ": ") + "] ", err
	}
	return inner, err
}

// inner is the text within an element.
func (r *splReader) inner() (string, error) {
	var text strings.Builder
	for {
		token, err := r.Token()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.CharData:
			text.WriteString(strings.Map(blank, string(token)))
		case xml.StartElement:
			within, err := r.narrative(token)
			if err != nil {
				return "", err
			}
			text.WriteString(within)
		case xml.EndElement:
			return text.String(), nil
		}
	}
}

func blank(c rune) rune {
	if unicode.IsSpace(c) {
		return ' '
	}
	return c
}

func (r *splReader) list(e xml.StartElement) (string, error) {
	var text strings.Builder
	n := 0
	err := r.each(func(in xml.StartElement) error {
		inner, err := r.narrative(in)
		if in.Name.Local != "item" {
			text.WriteString("\n" + inner + "\n")
			return err
		}
		n++
		mark := "- "
		if attribute(e, "listType") == "ordered" {
			mark = strconv.Itoa(n) + ". "
		}
		for line := range strings.Lines(tidy(inner)) {
			line = strings.TrimSuffix(line, "\n")
			if line == "" {
				continue
			}
			text.WriteString("\n" + mark + line)
			mark = indent
		}
		return err
	})
	return text.String() + "\n", err
}

func (r *splReader) row() (string, error) {
	var cells []string
	err := r.each(func(in xml.StartElement) error {
		cell, err := r.narrative(in)
		cells = append(cells, oneLine(cell))
		return err
	})
	return "\n" + strings.Join(cells, " | ") + "\n", err
}

// note is the number of a footnote: they are counted as they are met.
func (r *splReader) note(id string) int {
	if n, known := r.notes[id]; known && id != "" {
		return n
	}
	r.noted++
	r.notes[id] = r.noted
	return r.noted
}

func raised(mark, text string) string {
	if strings.ContainsFunc(text, unicode.IsDigit) {
		return mark + strings.TrimSpace(text)
	}
	return text
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// tidy makes each run of blanks within a line one, and each run of empty lines one.
func tidy(text string) string {
	var out strings.Builder
	empty := false
	for line := range strings.Lines(text) {
		line = strings.Trim(line, " \n")
		words := strings.TrimLeft(line, indent+" ")
		level := strings.Count(line[:len(line)-len(words)], indent)
		words = oneLine(words)
		if words == "" {
			empty = out.Len() > 0
			continue
		}
		if out.Len() > 0 {
			out.WriteString("\n")
		}
		if empty {
			out.WriteString("\n")
		}
		empty = false
		out.WriteString(strings.Repeat(indent, level) + words)
	}
	return out.String()
}
