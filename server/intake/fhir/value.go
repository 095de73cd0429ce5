package fhir

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
)

// fault is why a resource is refused: the element that breaks a rule, and the rule.
type fault struct{ path, reason string }

// reader reads the values of one resource and remembers the first that breaks a rule.
type reader struct{ fault *fault }

// refuse remembers a broken rule.
func (r *reader) refuse(path, format string, args ...any) {
	if r.fault == nil {
		r.fault = &fault{path, fmt.Sprintf(format, args...)}
	}
}

// text reads a text of at most so many bytes. Text that is too long is refused rather than cut: half a name
// or half a dosage is a wrong one.
func (r *reader) text(path, value string, limit int) string {
	value = clean(value)
	if len(value) > limit {
		r.refuse(path, "longer than %d bytes", limit)
	}
	return value
}

// optional is text, nil when there is none.
func (r *reader) optional(path, value string, limit int) *string {
	return nonempty(r.text(path, value, limit))
}

// moment reads a date and time, nil when there is none.
func (r *reader) moment(path, value string) *time.Time {
	if value == "" {
		return nil
	}
	t, err := parseTime(value)
	if err != nil {
		r.refuse(path, "%v", err)
		return nil
	}
	return &t
}

// firstMoment reads the first element that is there; each argument is a path and its value.
func (r *reader) firstMoment(elements ...[2]string) *time.Time {
	for _, e := range elements {
		if t := r.moment(e[0], e[1]); t != nil || r.fault != nil {
			return t
		}
	}
	return nil
}

// span reads a period, whose end must not be before its start.
func (r *reader) span(path string, p period) (start, end *time.Time) {
	start, end = r.moment(path+".start", p.Start), r.moment(path+".end", p.End)
	if start != nil && end != nil && end.Before(*start) {
		r.refuse(path, "ends before it begins")
	}
	return start, end
}

var errTime = errors.New("no date or time as FHIR writes them")

// parseTime reads a FHIR dateTime. A partial one means its first moment, one without an offset UTC.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateOnly, "2006-01", "2006"} {
		t, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if t = clock.Exact(t); t.Year() < 1 || t.Year() > 9999 {
			return time.Time{}, errTime
		}
		return t, nil
	}
	return time.Time{}, errTime
}

// day reads a whole date; nil when there is none, or only a year or a month, as no day may be made up.
func (r *reader) day(path, value string) *code.Date {
	if value == "" {
		return nil
	}
	if _, err := parseTime(value); err != nil {
		r.refuse(path, "%v", err)
		return nil
	}
	day, err := code.ParseDate(value)
	if err != nil {
		return nil
	}
	return &day
}

// clean is the text on one line, without characters that PostgreSQL cannot store or a terminal obeys.
func clean(text string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		switch {
		case c == '\n', c == '\r', c == '\t':
			return ' '
		case unicode.IsControl(c):
			return -1
		}
		return c
	}, text))
}

func nonempty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// translate reads a code by the table of its value set; what the table lacks is refused.
func translate[T ~string](r *reader, path, value string, table map[string]T) T {
	out, known := table[value]
	switch {
	case known:
	case value == "":
		r.refuse(path, "missing")
	case value == "entered-in-error":
		r.refuse(path, "entered in error")
	default:
		r.refuse(path, "no code of its value set: %q", abridged(value))
	}
	return out
}

// abridged is a code short enough for a sentence.
func abridged(text string) string {
	const limit = 60
	text = clean(text)
	if len(text) > limit {
		return strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}

// validNPI tells whether a text is a National Provider Identifier: ten digits whose check digit is right by
// Luhn's formula with the prefix 80840.
func validNPI(text string) bool {
	const length, prefixSum = 10, 24
	if len(text) != length {
		return false
	}
	sum := prefixSum
	for i := range length {
		d := int(text[i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
