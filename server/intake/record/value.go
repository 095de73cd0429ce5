// Package record is what importers of different formats read their records with: values that are cleaned or
// refused, rows that are found again by what their source calls them, and rows stored in bulk.
package record

import (
	"fmt"
	"strings"
	"unicode"
)

// Fault is why a record is refused: the element that breaks a rule, and the rule. It quotes codes, never text.
type Fault struct{ Path, Reason string }

// Reader reads the values of one record and remembers the first that breaks a rule.
type Reader struct{ Fault *Fault }

// Refuse remembers a broken rule.
func (r *Reader) Refuse(path, format string, args ...any) {
	if r.Fault == nil {
		r.Fault = &Fault{path, fmt.Sprintf(format, args...)}
	}
}

// Text reads a text of one line and at most so many bytes. What is too long is refused rather than cut: half a
// title is a wrong one.
func (r *Reader) Text(path, value string, limit int) string {
	value = Clean(value)
	if len(value) > limit {
		r.Refuse(path, "longer than %d bytes", limit)
	}
	return value
}

// Optional is Text, nil when there is none.
func (r *Reader) Optional(path, value string, limit int) *string {
	if value = r.Text(path, value, limit); value == "" {
		return nil
	}
	return &value
}

// Clean is the text on one line with single blanks, without characters that PostgreSQL cannot store or a terminal
// obeys.
func Clean(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && !unicode.IsSpace(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, "\uFFFD"))), " ")
}

// Abridged is a code short enough for a sentence.
func Abridged(text string) string {
	const limit = 60
	text = Clean(text)
	if len(text) > limit {
		return strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}
