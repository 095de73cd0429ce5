package trials

import (
	"regexp"
	"slices"
	"strings"
)

// people are those whom a study names: they are recognised, and what a text repeats of them is left out.
type people struct {
	names, officials map[string]bool // in lower case, without degrees
	replacer         *strings.Replacer
}

// leftOut stands where a text named somebody.
const leftOut = "[left out]"

func newPeople(s *study) people {
	p := people{names: map[string]bool{}, officials: map[string]bool{}}
	for _, name := range s.officials {
		p.officials[strings.ToLower(bareName(name))] = true
	}
	var repeated []string
	for _, text := range s.people {
		name := bareName(text)
		p.names[strings.ToLower(name)] = true
		if repeatable(text) && !strings.EqualFold(name, bareName(s.sponsor)) {
			repeated = append(repeated, name)
		}
	}
	// Of two that begin alike the replacer takes the one that comes first.
	slices.SortFunc(repeated, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, text := range repeated {
		pairs = append(pairs, text, leftOut)
	}
	p.replacer = strings.NewReplacer(pairs...)
	return p
}

var (
	personName = regexp.MustCompile(`^\p{Lu}[\p{L}.'’-]*( [\p{L}.'’-]+)* \p{Lu}[\p{L}'’-]+$`)
	// office is a word that makes a name one of an office, as "Clinical Trials" or "Study Director".
	office  = regexp.MustCompile(`(?i)\b(study|clinical|trials?|director|cent(er|re)|call|contact|pharma\w*|information|management|department|research|leader|site)\b`)
	address = regexp.MustCompile(`[\w.+-]+@[\w-]+(\.[\w-]+)+`)
	number  = regexp.MustCompile(`^[+(\d][\d ().+/x-]{6,}$`)
)

// repeatable tells that a text is a person's name, an address or a number, and no common phrase.
func repeatable(text string) bool {
	return address.MatchString(text) || number.MatchString(text) ||
		personName.MatchString(bareName(text)) && !office.MatchString(text)
}

// bareName is a name without titles before it and degrees after it.
func bareName(text string) string {
	name := strings.TrimSpace(cut(text, ","))
	for _, title := range []string{"Prof. ", "Prof ", "Professor ", "Dr. ", "Dr "} {
		name = strings.TrimPrefix(name, title)
	}
	return name
}

// leftOutOf is the text without what it repeats of people, and whether there was something.
func (p people) leftOutOf(text string) (string, bool) {
	out := address.ReplaceAllString(p.replacer.Replace(text), leftOut)
	return out, out != text
}

// institutions are the classes of sponsors that seldom are persons. A company may be named as its own contact.
var institutions = []string{"INDUSTRY", "NIH", "FED", "U.S. FED", "OTHER_GOV", "NETWORK"}

var degree = regexp.MustCompile(`, ?(M\.?D|Ph\.?D|D\.?O|MBBS|Pharm\.?D)\b\.?`)

// isPerson tells that a sponsor or a facility is a person: an individual by its class, one of the people of the
// study, or somebody with a degree.
func (p people) isPerson(name, class string) bool {
	class = strings.ToUpper(class)
	bare := strings.ToLower(bareName(name))
	switch {
	case bare == "":
		return false
	case class == "INDIV" || p.officials[bare] || degree.MatchString(name):
		return true
	}
	return p.names[bare] && !slices.Contains(institutions, class)
}
