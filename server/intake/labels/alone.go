package labels

import (
	"path"
	"regexp"
	"strings"
)

// alone is the name of a file with one section: DRUG_section.txt.
var alone = regexp.MustCompile(`^([^_]+)_([a-z][a-z_]*)\.txt$`)

// IsSection tells by its name whether a file has a section alone.
func IsSection(name string) bool { return alone.MatchString(path.Base(name)) }

// aliases are sections by other names than openFDA's.
var aliases = map[string]string{
	"boxed_warnings":           "boxed_warning",
	"warnings_and_precautions": "warnings_and_cautions",
}

// Section reads a section that comes alone. File is its name, and name that without the folder or archive.
func Section(file, name string, text []byte) *Label {
	l := &Label{file: file, typ: typeSection, key: name}
	parts := alone.FindStringSubmatch(path.Base(name))
	if parts == nil {
		l.refuse("name", "is not DRUG_section.txt")
		return l
	}
	drug, key := parts[1], parts[2]
	heading := ""
	for _, s := range sections {
		if s.key == key || s.key == aliases[key] {
			heading = s.heading
		}
	}
	if heading == "" {
		l.refuse("name", "no section of a label")
		return l
	}
	l.key = drug + "_" + key
	l.Name = "label/" + l.key
	l.Title = drug + ": " + heading
	l.Body = trimmed(string(text))
	l.brands = []string{drug}
	l.Attribution = "From the label published by the US Food and Drug Administration. Source: U.S. National Library of Medicine"
	return l
}

// trimmed is the text without blanks at the ends of lines and with each run of empty lines as one. Blanks within a
// line stay: they are the columns of tables.
func trimmed(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n\u00a0")
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}
