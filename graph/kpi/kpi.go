// Package kpi says what the key figures count: each is a condition on rows that is also the way down to them. What it
// knows of time is a window; it reads nothing itself.
package kpi

import (
	"errors"
	"math"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
)

// MaxDays bounds a window.
const MaxDays = 400

// Window is the time that figures are about, from its beginning up to and without its end, and whose they are.
type Window struct {
	From, To, AsOf time.Time
	// Coordinator is the identity whose enrollments are counted.
	Coordinator uuid.UUID
}

// The errors of NewWindow.
var (
	ErrOrder = errors.New("the window ends after it begins")
	ErrLong  = errors.New("a window has at most 400 days")
)

// NewWindow returns the window of the days from the one up to and without the other, as a clock on the wall of the
// location shows them.
func NewWindow(from, to code.Date, in *time.Location, now time.Time, of uuid.UUID) (Window, error) {
	begin, end := midnight(from, in), midnight(to, in)
	switch days := to.Time().Sub(from.Time()).Hours() / 24; {
	case days <= 0:
		return Window{}, ErrOrder
	case days > MaxDays:
		return Window{}, ErrLong
	}
	return Window{From: begin, To: end, AsOf: now, Coordinator: of}, nil
}

// midnight is when the day begins in the location.
func midnight(d code.Date, in *time.Location) time.Time {
	y, m, day := d.Time().Date()
	return clock.Exact(time.Date(y, m, day, 0, 0, 0, 0, in))
}

// Part is a condition on rows.
type Part = func(*sql.Selector)

// Rate is how many of the rows that count do what is asked. E is the entity of the rows.
type Rate[E any] struct {
	Numerator, Denominator int
	// All are the rows of the denominator, Met those of the numerator.
	All, Met Part
}

// Value is the quotient; nil where nothing counts.
func (r *Rate[E]) Value() *float64 {
	if r.Denominator == 0 {
		return nil
	}
	value := float64(r.Numerator) / float64(r.Denominator)
	return &value
}

// Durations is how long something took, by rows of the entity E.
type Durations[E any] struct {
	// Count is how many rows there are.
	Count int
	// P50Hours and P90Hours are percentiles in hours; nil without rows.
	P50Hours, P90Hours *float64
	// All are the rows.
	All Part
}

// Took returns the figures of the durations, which it sorts.
func Took[E any](all Part, spans []time.Duration) *Durations[E] {
	slices.Sort(spans)
	return &Durations[E]{Count: len(spans), P50Hours: hours(spans, 0.5), P90Hours: hours(spans, 0.9), All: all}
}

// hours is a percentile of the sorted spans by nearest rank: the smallest that at least the share of them does not
// exceed.
func hours(sorted []time.Duration, share float64) *float64 {
	if len(sorted) == 0 {
		return nil
	}
	value := sorted[max(int(math.Ceil(share*float64(len(sorted)))), 1)-1].Hours()
	return &value
}
