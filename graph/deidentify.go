package graph

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/carehub/carehub/ent/code"
)

// The Safe Harbor field rules, 45 CFR 164.514(b)(2), for what analysts are shown of a person.

// oldest is the age from which on ages are one class: 45 CFR 164.514(b)(2)(i)(C).
const oldest = 90

// populous are the three-digit ZIP prefixes in whose area more than 20,000 people live, as ranges: 2020 Census by
// ZIP Code Tabulation Area, data.census.gov. All others, and prefixes that the census does not have, are shown as
// 000: 45 CFR 164.514(b)(2)(i)(B).
const populous = `
	006-007 009-035 037-054 056-058 060-089 100-101 103-191 193-201 206-212 214-268 270-310 312-331
	333-339 341-342 344 346-347 349-352 354-368 370-374 376-398 400-418 420-427 430-458 460-508
	510-516 520-528 530-532 534-535 537-551 553-554 557-567 570-577 580-588 590-620 622-631 633-641
	644-648 650-658 660-662 664-681 683-691 693 700-701 703-708 710-714 716-731 734-741 743-752
	754-770 773-816 820 822 824-838 840-841 843-847 850-853 855-857 859-860 863-865 870-871 873-875
	877 880-883 890-891 894-895 897-898 900 902-908 910-928 930-937 939-941 943-961 967-968 970-986
	988-999`

var populousPrefixes = expand(populous)

func expand(ranges string) map[string]bool {
	out := map[string]bool{}
	for _, r := range strings.Fields(ranges) {
		first, last, found := strings.Cut(r, "-")
		if !found {
			last = first
		}
		from, _ := strconv.Atoi(first) // a constant
		until, _ := strconv.Atoi(last)
		for i := from; i <= until; i++ {
			out[fmt.Sprintf("%03d", i)] = true
		}
	}
	return out
}

// zip3 returns what may be shown of a ZIP code: three digits, or 000.
func zip3(zip, country string) string {
	if country != "" && country != "US" && country != "USA" {
		return "000"
	}
	digits, plus, dashed := strings.Cut(strings.TrimSpace(zip), "-")
	if dashed && (len(digits) != 5 || len(plus) != 4) || len(digits) != 5 && len(digits) != 9 {
		return "000"
	}
	for _, r := range digits + plus {
		if r < '0' || r > '9' {
			return "000"
		}
	}
	if !populousPrefixes[digits[:3]] {
		return "000"
	}
	return digits[:3]
}

// birthYear returns the year of birth, or nil where it would tell an age of 90 or more. The year alone decides, so
// that nobody is shown a year before the birthday and not after.
func birthYear(birth *code.Date, died *time.Time, now time.Time) *int {
	if birth == nil {
		return nil
	}
	if until(died, now).Year()-birth.Year() >= oldest {
		return nil
	}
	year := birth.Year()
	return &year
}

// ageGroup returns the age in bands of ten years, at death for the deceased.
func ageGroup(birth *code.Date, died *time.Time, now time.Time) *string {
	if birth == nil {
		return nil
	}
	at := until(died, now)
	group := "90+"
	if at.Year()-birth.Year() < oldest {
		from := max(0, birth.YearsUntil(at)) / 10 * 10
		group = fmt.Sprintf("%d-%d", from, from+9)
	}
	return &group
}

func until(died *time.Time, now time.Time) time.Time {
	if died != nil {
		return *died
	}
	return now
}

// wholeDays returns the whole days between two moments, nil while the second has not come.
func wholeDays(from time.Time, to *time.Time) *int {
	if to == nil {
		return nil
	}
	days := int(to.Sub(from).Hours() / 24)
	return &days
}
