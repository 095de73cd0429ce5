package storetest

import (
	"regexp"
	"slices"
)

// Canary returns a text that stands for one that identifies somebody: what it is about is a word of letters. Where
// such a text turns up that nobody was to be shown, something leaks.
func Canary(what string) string { return "Canary" + what }

var canary = regexp.MustCompile(`Canary[A-Za-z]*`)

// Canaries returns the canaries in the text, each once.
func Canaries(text string) []string {
	found := canary.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}
