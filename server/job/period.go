package job

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Period is a span of the calendar as operators write it: a number of hours, days or years, as in 24h, 14d, 6y. The
// zero period has no end.
type Period struct {
	count int
	unit  string
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Period) UnmarshalText(text []byte) error {
	digits := strings.TrimRight(string(text), "hdy")
	count, err := strconv.Atoi(digits)
	unit := string(text[len(digits):])
	if err != nil || count < 1 || count > maxCount || len(unit) != 1 {
		return errors.New("not a number of hours, days or years such as 24h, 14d or 6y")
	}
	*p = Period{count, unit}
	return nil
}

// maxCount keeps the beginning of a period within the years that databases know.
const maxCount = 1000

// Before returns the moment that lies the period before the other.
func (p Period) Before(now time.Time) time.Time {
	switch p.unit {
	case "h":
		return now.Add(-time.Duration(p.count) * time.Hour)
	case "d":
		return now.AddDate(0, 0, -p.count)
	case "y":
		return now.AddDate(-p.count, 0, 0)
	}
	return time.Time{}
}
