package nppes

import (
	"regexp"
	"strings"
	"time"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/postal"
	"github.com/carehub/carehub/server/intake/table"
)

// value reads a column. What the register withholds is no value.
func value(r *table.Record, column string) string {
	text := fhir.Clean(r.Get(column))
	if text == "<UNAVAIL>" {
		return ""
	}
	return text
}

var wholeNumber = regexp.MustCompile(`^([0-9]+)(?:\.0+)?$`)

// number reads digits, also when they became a decimal number; empty where there are none.
func number(r *table.Record, column string) string {
	if m := wholeNumber.FindStringSubmatch(value(r, column)); m != nil {
		return m[1]
	}
	return ""
}

// npi reads the NPI of a record, which is refused without a valid one.
func npi(r *table.Record) string {
	n := number(r, "NPI")
	if !fhir.ValidNPI(n) {
		r.Refuse("NPI", "no valid NPI")
	}
	return n
}

// day reads a date as the register writes it; the zero time where there is none. One that is none is left out.
func (l *load) day(r *table.Record, column string) time.Time {
	text := value(r, column)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse("01/02/2006", text)
	if err != nil {
		l.Remark("a date that is none was left out")
	}
	return t
}

// columns are those of an address.
type columns struct{ first, second, city, state, zip, country, phone string }

// site is an address with its telephone number.
type site struct{ line, city, state, zip, country, phone string }

// read reads an address. It is of the United States when the country is; abroad, postal codes stand as they are
// and telephone numbers are left out, as nobody can tell whether they have the country's code.
func (l *load) read(r *table.Record, c columns) site {
	s := site{
		line: value(r, c.first), city: value(r, c.city), state: value(r, c.state),
		country: strings.ToUpper(value(r, c.country)), zip: value(r, c.zip),
	}
	if second := value(r, c.second); second != "" {
		s.line = strings.TrimPrefix(s.line+", "+second, ", ")
	}
	letters, state := code.StateOf(s.state)
	domestic := s.country == "US" || s.country == "" && state
	if domestic {
		s.country = "US"
	}
	if domestic && state {
		s.state = letters
	}
	s.zip = l.zip(s, domestic)
	if text := value(r, c.phone); text != "" {
		s.phone = l.phone(text, domestic)
	}
	return s
}

func (l *load) zip(s site, domestic bool) string {
	if s.zip == "" || !domestic && strings.Trim(s.zip, "0") != "" {
		return s.zip
	}
	zip, certain := postal.ZIP(s.zip, s.state)
	switch {
	case !certain:
		l.Remark("a ZIP code that is none, or may have lost its leading zeros, was left out")
	case zip[0] == '0' && s.zip[0] != '0':
		l.Remark("a ZIP code was given its leading zeros back")
	}
	return zip
}

func (l *load) phone(text string, domestic bool) string {
	m := wholeNumber.FindStringSubmatch(text)
	const digits = 10
	if domestic && m != nil && len(m[1]) == digits {
		if number, ok := fhir.Phone(m[1]); ok {
			return number
		}
	}
	if !domestic {
		l.Remark("a telephone number abroad was left out")
	} else {
		l.Remark("a telephone number that is not of ten digits was left out")
	}
	return ""
}
