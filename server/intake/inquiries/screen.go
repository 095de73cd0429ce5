package inquiries

import "regexp"

// screen are wordings that suggest a side effect: of its name, of a product that was begun or left off with what came
// after, and of harm that something did. They are meant to find too much rather than too little: a case that tells of
// no side effect costs drug safety a look, and one that is missed costs the day within which it is to be known there.
var screen = []*regexp.Regexp{
	wording(`side[\s-]*effects?`),
	wording(`adverse(ly)?`),
	wording(`react(ed|ions?)`),
	wording(`(start(ed)?|began|begun) (taking|using)`),
	wording(`(since|after|when) (\w+ )?(take|takes|taking|took|taken)`),
	wording(`(stop|stopped|stopping|quit) taking`),
	wording(`before i (took|started|began)`),
	wording(`(has|have|had) caused`),
	wording(`causes? (a |an )?(rash|pain|itch\w*|swelling|bleeding|headaches?|weakness)`),
	wording(`made (me |him |her )?(sick|sicker|ill|worse|dizzy)`),
	wording(`from (the|these|this|my) (drugs?|medicines?|medications?|pills?|shots?|injections?|vaccines?)`),
	wording(`withdrawal`),
	wording(`overdos(e|es|ed|ing)`),
	wording(`(broke|broken) out`),
}

// wording matches words in any case, with any blanks between them.
func wording(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?is)\b(` + blanks.ReplaceAllString(pattern, `\s+`) + `)\b`)
}

var blanks = regexp.MustCompile(` `)

// suggestsSideEffect tells by its wording whether a question may tell of a side effect. Nobody has read it.
func suggestsSideEffect(text string) bool {
	for _, w := range screen {
		if w.MatchString(text) {
			return true
		}
	}
	return false
}
