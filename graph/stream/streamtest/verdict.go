// Package streamtest judges what the subscribers of a stream have received.
package streamtest

import (
	"fmt"
	"slices"
)

// Verdict says how far what subscribers received differs from the log. The counts are over all subscribers: an event
// that two of them lack is lost twice.
type Verdict struct {
	Events      int // in the log
	Subscribers int
	Lost        int // in the log, and never received
	Duplicated  int // received once more
	Disorder    int // received after one that comes later in the log
	Invented    int // received, and not in the log
	Identical   bool
}

// Judge compares the log with what each subscriber received, in the order in which it did.
func Judge[K comparable](log []K, received ...[]K) Verdict {
	v := Verdict{Events: len(log), Subscribers: len(received), Identical: true}
	place := make(map[K]int, len(log))
	for i, key := range log {
		place[key] = i
	}
	for _, got := range received {
		v.Identical = v.Identical && slices.Equal(got, received[0])
		seen := make([]bool, len(log))
		last := -1
		for _, key := range got {
			at, known := place[key]
			switch {
			case !known:
				v.Invented++
				continue
			case seen[at]:
				v.Duplicated++
			case at < last:
				v.Disorder++
			}
			seen[at], last = true, max(last, at)
		}
		for _, yes := range seen {
			if !yes {
				v.Lost++
			}
		}
	}
	return v
}

// Err is what is wrong, or nothing.
func (v Verdict) Err() error {
	if v.Lost+v.Duplicated+v.Disorder+v.Invented == 0 && v.Identical {
		return nil
	}
	return fmt.Errorf("%s", v)
}

// String gives the figures.
func (v Verdict) String() string {
	identical := "yes"
	if !v.Identical {
		identical = "no"
	}
	return fmt.Sprintf("events %d, subscribers %d, lost %d, duplicated %d, disorder %d, invented %d, identical sequence for all: %s",
		v.Events, v.Subscribers, v.Lost, v.Duplicated, v.Disorder, v.Invented, identical)
}
