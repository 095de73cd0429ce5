package medquad

import (
	"regexp"
	"strings"

	"github.com/carehub/carehub/server/intake/edition"
)

// listItem is where an answer begins an item of a list: the source wrote lists on one line, with a run of blanks and
// a hyphen before each item.
var listItem = regexp.MustCompile(`[\s\p{Zs}]{2,}-[\s\p{Zs}]+`)

// tidy is the text of an answer with other blanks and the same words: the source kept the indentation of the pages
// that the answers were taken from. An item of a list begins a line, a run of blanks within a line is one blank, and a
// run of empty lines is one empty line.
func tidy(text string) string {
	text = listItem.ReplaceAllStringFunc(text, func(between string) string {
		if strings.Count(between, "\n") > 1 {
			return "\n\n- " // the list begins after an empty line
		}
		return "\n- "
	})
	var lines []string
	for line := range strings.Lines(text) {
		line = edition.Line(line)
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
