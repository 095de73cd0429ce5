// Package postal repairs ZIP codes that were read as numbers, which took their leading zeros away, and writes
// those of nine digits with their hyphen. The prefixes of the states are those of the Postal Service (Publication
// 65, L002).
package postal

import (
	"regexp"
	"strings"
)

// zeros are the first three digits of the ZIP codes that begin with a zero, by state: from, to.
var zeros = map[string][][2]string{
	"PR": {{"006", "007"}, {"009", "009"}},
	"VI": {{"008", "008"}},
	"MA": {{"010", "027"}, {"055", "055"}},
	"RI": {{"028", "029"}},
	"NH": {{"030", "038"}},
	"ME": {{"039", "049"}},
	"VT": {{"050", "054"}, {"056", "059"}},
	"CT": {{"060", "062"}, {"064", "069"}},
	"NJ": {{"070", "089"}},
	"AE": {{"090", "098"}},
}

var digits = regexp.MustCompile(`^([0-9]+)(?:-([0-9]{4}))?(?:\.0+)?$`)

// ZIP returns a ZIP code as NNNNN or NNNNN-NNNN. It takes one that became a decimal number, and one that lost its
// zeros where the state has such codes: the state is given by its two letters. Anything else is not certain, and
// neither is a code of zeros alone, which stands for none.
func ZIP(text, state string) (zip string, certain bool) {
	m := digits.FindStringSubmatch(text)
	if m == nil || strings.Trim(m[1], "0") == "" {
		return "", false
	}
	zip = m[1] + m[2]
	if m[2] != "" && len(zip) < 7 {
		return "", false
	}
	switch len(zip) {
	case 5, 9:
		return hyphenated(zip), true
	case 3, 4:
		zip = strings.Repeat("0", 5-len(zip)) + zip
	case 7, 8:
		zip = strings.Repeat("0", 9-len(zip)) + zip
	default:
		return "", false
	}
	for _, span := range zeros[state] {
		if zip[:3] >= span[0] && zip[:3] <= span[1] {
			return hyphenated(zip), true
		}
	}
	return "", false
}

func hyphenated(zip string) string {
	if len(zip) == 9 {
		return zip[:5] + "-" + zip[5:]
	}
	return zip
}
