package code

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Date is a calendar day without a time zone, as YYYY-MM-DD: what both databases store, order and compare alike.
type Date string

// ErrDate is what a text that is no calendar day gives.
var ErrDate = errors.New("a date is written YYYY-MM-DD")

// ParseDate reads a calendar day.
func ParseDate(text string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return "", ErrDate
	}
	return Date(text), nil
}

// DateOf returns the day of t in t's own zone.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// Time returns the day's midnight in UTC; the zero time for an empty date.
func (d Date) Time() time.Time {
	t, _ := time.Parse(time.DateOnly, string(d))
	return t
}

// Year returns the day's year.
func (d Date) Year() int { return d.Time().Year() }

// YearsUntil returns the whole years from d until t, as ages are counted.
func (d Date) YearsUntil(t time.Time) int {
	from, until := d.Time(), t.UTC()
	years := until.Year() - from.Year()
	if until.Month() < from.Month() || (until.Month() == from.Month() && until.Day() < from.Day()) {
		years--
	}
	return years
}

// MarshalGQL writes the Date scalar.
func (d Date) MarshalGQL(w io.Writer) { fmt.Fprintf(w, "%q", string(d)) }

// UnmarshalGQL reads the Date scalar.
func (d *Date) UnmarshalGQL(value any) (err error) {
	text, ok := value.(string)
	if !ok {
		return ErrDate
	}
	*d, err = ParseDate(text)
	return err
}

// ValidDate is the validator of stored dates.
func ValidDate(text string) error {
	_, err := ParseDate(text)
	return err
}
