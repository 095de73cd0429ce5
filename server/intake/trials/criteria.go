package trials

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/eligibility"
	"github.com/carehub/carehub/server/intake/record"
)

type criterion = eligibility.Criterion

// paragraph is a line of the free text of the criteria: its text without the bullet, the column where the line
// begins, and the column where the text does.
type paragraph struct {
	text          string
	begins, inner int
	bulleted      bool
}

var marker = regexp.MustCompile(`^(?:[-*•·–]\s*|\(?\d{1,2}[.)]\s+)`)

// bullet is a line without its bullet, and the bullet. Letters are not taken for bullets: "E. coli" begins with one.
func bullet(line string) (text, mark string) {
	mark = marker.FindString(line)
	return line[len(mark):], mark
}

// paragraphs are the lines that have a text.
func paragraphs(text string) []paragraph {
	var out []paragraph
	for line := range strings.Lines(text) {
		line = strings.TrimRight(strings.ReplaceAll(line, "\t", "    "), " \r\n")
		trimmed := strings.TrimLeft(line, " ")
		rest, mark := bullet(trimmed)
		if rest = record.Clean(rest); rest == "" {
			continue
		}
		begins := len(line) - len(trimmed)
		out = append(out, paragraph{rest, begins, begins + utf8.RuneCountInString(mark), mark != ""})
	}
	return out
}

// below tells that a paragraph belongs to one before it: it is indented deeper, or continues its text.
func (p paragraph) below(q paragraph) bool {
	return p.begins > q.begins && p.inner > q.inner || q.bulleted && !p.bulleted && p.begins >= q.inner
}

var heading = regexp.MustCompile(
	`(?i)^((?:[\p{L}\d]+ ){0,2})((?:non[- ])?inclusion|exclusion)( criteri(?:a|on)\b)?([^:.]{0,40}?)(?: ?:(.*))?$`)

// begin is what a heading says: the kind of the criteria after it, what they are limited to, and their first words.
type begin struct {
	kind          code.CriterionKind
	limited, text string
}

// readHeading reads a line such as "Key Inclusion Criteria:", "Exclusion Criteria for Stage 1" or
// "Inclusion Criteria: adults". One for both kinds is no heading.
func readHeading(p paragraph) (begin, bool) {
	found := heading.FindStringSubmatch(p.text)
	if found == nil {
		return begin{}, false
	}
	before, which, criteria, after := strings.TrimSpace(strings.ToLower(found[1])), strings.ToLower(found[2]), found[3], found[4]
	colon := strings.Contains(p.text, ":")
	plain := before == "" || before == "key" || before == "main" || before == "major" || before == "general"
	switch {
	case strings.Contains(strings.ToLower(after), "clusion"): // "Inclusion/Exclusion"
		return begin{}, false
	case !colon && (criteria == "" || !plain || p.bulleted):
		return begin{}, false
	}
	b := begin{kind: code.CriterionKindInclusion, text: record.Clean(found[5])}
	if which != "inclusion" {
		b.kind = code.CriterionKindExclusion
	}
	if !plain || strings.TrimSpace(after) != "" {
		b.limited = cut(p.text, ":") + ": "
	}
	return b, true
}

// split makes criteria of the free text. A heading says of which kind those after it are; without one they are
// inclusion criteria. Each paragraph is a criterion, together with those below it. One that ends with a colon begins
// a list: where nothing is indented below it, the end of that list cannot be told, and the rest of the section is
// one criterion.
func split(all []paragraph) []criterion {
	now := begin{kind: code.CriterionKindInclusion}
	var out []criterion
	add := func(text string) { out = append(out, criterion{Kind: now.kind, Text: now.limited + text}) }
	for i := 0; i < len(all); {
		p := all[i]
		if b, is := readHeading(p); is {
			if now = b; b.text != "" {
				add(b.text)
			}
			i++
			continue
		}
		lines := []string{p.text}
		endless := strings.HasSuffix(p.text, ":") && (i+1 == len(all) || !all[i+1].below(p))
		for i++; i < len(all); i++ {
			if _, is := readHeading(all[i]); is || !endless && !all[i].below(p) {
				break
			}
			lines = append(lines, all[i].text)
		}
		add(strings.Join(lines, "\n- "))
	}
	return out
}

// maxCriterion is the most bytes of a criterion's text.
const maxCriterion = 4000

// portions breaks a criterion that is too long at the ends of lines, of sentences, or of words.
func portions(text string) []string {
	var out []string
	for len(text) > maxCriterion {
		end := 0
		for _, mark := range []string{"\n", ". ", " "} {
			if end = strings.LastIndex(text[:maxCriterion], mark); end > 0 {
				end += len(mark)
				break
			}
		}
		if end <= 0 {
			end = maxCriterion
			for !utf8.RuneStart(text[end]) {
				end--
			}
		}
		out = append(out, strings.TrimSpace(text[:end]))
		text = text[end:]
	}
	if text = strings.TrimSpace(text); text != "" {
		out = append(out, text)
	}
	return out
}

// eligibility are the criteria of a study: ages and sex with their expressions, then those in words.
func (d *details) eligibility(s *study, text func(path, value string, limit int) string) []criterion {
	var out []criterion
	age := func(label, value string, expression func(int, eligibility.Unit) string) {
		if value = record.Clean(value); value == "" || strings.EqualFold(value, "N/A") {
			return
		}
		c := criterion{Kind: code.CriterionKindInclusion, Text: label + text("eligibility", value, 200)}
		if n, unit, ok := eligibility.ParseAge(value); ok {
			cel := expression(n, unit)
			c.Expression = &cel
		} else {
			d.remarks = append(d.remarks, "an age that is no number of units was kept in words alone")
		}
		out = append(out, c)
	}
	age("Minimum age: ", s.minAge, eligibility.Minimum)
	age("Maximum age: ", s.maxAge, eligibility.Maximum)
	switch strings.ToUpper(s.sex) {
	case "FEMALE":
		out = append(out, eligibility.Only(code.SexFemale))
	case "MALE":
		out = append(out, eligibility.Only(code.SexMale))
	}
	for i := range s.criteria {
		const unbounded = 1 << 30 // what is too long is broken into portions
		s.criteria[i].text = text("criteria", s.criteria[i].text, unbounded)
	}
	for _, c := range split(s.criteria) {
		parts := portions(c.Text)
		if len(parts) > 1 {
			d.remarks = append(d.remarks, "a criterion that is too long was broken into several")
		}
		for _, part := range parts {
			out = append(out, criterion{Kind: c.Kind, Text: part})
		}
	}
	return out
}
