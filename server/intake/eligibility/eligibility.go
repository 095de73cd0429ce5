// Package eligibility writes what a source says of age and sex as criteria of a program, with expressions in the
// Common Expression Language over `age` (years, double) and `sex` ("MALE" or "FEMALE").
//
// A source gives ages in whole units: who is 75 years and some months old is within a maximum of 75 years. So the
// minimum n is `age >= n` and the maximum n is `age < n + 1`, in units that are these parts of a year: a month is
// 1/12, a week 7/365.25, a day 1/365.25, and an hour and a minute their parts of a day.
package eligibility

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/carehub/carehub/ent/code"
)

// Criterion is one condition on who may take part; the expression is nil where a person decides.
type Criterion struct {
	Kind       code.CriterionKind
	Text       string
	Expression *string
}

// Unit is a unit of age.
type Unit string

// The units of age.
const (
	Year   Unit = "YEAR"
	Month  Unit = "MONTH"
	Week   Unit = "WEEK"
	Day    Unit = "DAY"
	Hour   Unit = "HOUR"
	Minute Unit = "MINUTE"
)

const daysOfYear = 365.25

// years returns n units in years. It divides last, so that twelve months are a year exactly.
func years(n int, of Unit) float64 {
	switch of {
	case Month:
		return float64(n) / 12
	case Week:
		return float64(7*n) / daysOfYear
	case Day:
		return float64(n) / daysOfYear
	case Hour:
		return float64(n) / (24 * daysOfYear)
	case Minute:
		return float64(n) / (24 * 60 * daysOfYear)
	default:
		return float64(n)
	}
}

// Minimum is the expression of who is at least n units old.
func Minimum(n int, of Unit) string { return "age >= " + literal(years(n, of)) }

// Maximum is the expression of who is at most n units old, the last one being completed or not.
func Maximum(n int, of Unit) string { return "age < " + literal(years(n+1, of)) }

// literal writes a double as the Common Expression Language reads it: with a point, and exactly.
func literal(value float64) string {
	text := strconv.FormatFloat(value, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// Only is the criterion of a trial for one sex.
func Only(sex code.Sex) Criterion {
	expression := fmt.Sprintf("sex == '%s'", sex)
	return Criterion{code.CriterionKindInclusion, "Sex: " + strings.ToLower(string(sex)), &expression}
}

var age = regexp.MustCompile(`(?i)^(\d{1,4}) ?(year|month|week|day|hour|minute)s?$`)

// ParseAge reads an age such as "18 Years".
func ParseAge(text string) (n int, of Unit, ok bool) {
	found := age.FindStringSubmatch(text)
	if found == nil {
		return 0, "", false
	}
	n, err := strconv.Atoi(found[1])
	return n, Unit(strings.ToUpper(found[2])), err == nil
}

var duration = regexp.MustCompile(`^P(\d{1,4})([YMWD])$`)

// ParseDuration reads an age that is an ISO 8601 duration of one unit, such as "P50Y".
func ParseDuration(text string) (n int, of Unit, ok bool) {
	found := duration.FindStringSubmatch(text)
	if found == nil {
		return 0, "", false
	}
	n, err := strconv.Atoi(found[1])
	return n, map[string]Unit{"Y": Year, "M": Month, "W": Week, "D": Day}[found[2]], err == nil
}
