package graph

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store/storetest"
)

// TestZip3IsThatOfTheCensus compares each three-digit prefix with the population of its area.
func TestZip3IsThatOfTheCensus(t *testing.T) {
	path := filepath.Join("..", "..", "shared", "data", "census-zcta", "zip-code-population.csv.gz")
	file, err := os.Open(path)
	storetest.Require(t, "../shared/data", err == nil)
	defer file.Close()
	text, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]int{}
	for lines := bufio.NewScanner(text); lines.Scan(); {
		zip, count, found := strings.Cut(lines.Text(), ",")
		if n, err := strconv.Atoi(count); found && err == nil && len(zip) == 5 {
			people[zip[:3]] += n
		}
	}
	if len(people) < 800 {
		t.Fatalf("the census has %d prefixes", len(people))
	}
	for i := range 1000 {
		prefix := fmt.Sprintf("%03d", i)
		want := "000"
		if people[prefix] > 20000 {
			want = prefix
		}
		if got := zip3(prefix+"01", "US"); got != want {
			t.Errorf("%s, where %d people live: %s", prefix, people[prefix], got)
		}
	}
}

func TestZip3(t *testing.T) {
	for _, c := range []struct{ zip, country, want string }{
		{"02139", "US", "021"},
		{"02139", "USA", "021"},
		{"02139", "", "021"},
		{" 02139 ", "US", "021"},
		{"02139-4307", "US", "021"},
		{"021394307", "US", "021"},
		{"02139", "DE", "000"},
		{"02139", "us", "000"},
		{"03601", "US", "000"}, // 20,000 people or fewer
		{"20201", "US", "000"}, // nobody
		{"00001", "US", "000"},
		{"", "US", "000"},
		{"021", "US", "000"},
		{"0213", "US", "000"},
		{"021390", "US", "000"},
		{"02139-", "US", "000"},
		{"02139-43", "US", "000"},
		{"0-2139", "US", "000"},
		{"021394307-0000", "US", "000"},
		{"0213A", "US", "000"},
		{"02139-430x", "US", "000"},
		{"٠٢١٣٩", "US", "000"},
		{"SW1A 1AA", "", "000"},
	} {
		if got := zip3(c.zip, c.country); got != c.want {
			t.Errorf("%q in %q: %s, want %s", c.zip, c.country, got, c.want)
		}
	}
}

func TestAges(t *testing.T) {
	now := time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)
	on := func(year int, month time.Month, day int) *time.Time {
		at := time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
		return &at
	}
	for _, c := range []struct {
		birth string
		died  *time.Time
		year  string
		group string
	}{
		{"", nil, "", ""},
		{"2026-06-15", nil, "2026", "0-9"},
		{"2026-06-16", nil, "2026", "0-9"}, // tomorrow
		{"2016-06-16", nil, "2016", "0-9"},
		{"2016-06-15", nil, "2016", "10-19"},
		{"1986-06-16", nil, "1986", "30-39"},
		{"1986-06-15", nil, "1986", "40-49"},
		{"1937-01-01", nil, "1937", "80-89"}, // 89
		{"1937-12-31", nil, "1937", "80-89"}, // 88
		{"1936-12-31", nil, "", "90+"},       // 89, but of a year that may be 90: the year alone decides
		{"1936-06-15", nil, "", "90+"},
		{"1900-01-01", nil, "", "90+"},
		{"1900-01-01", on(1989, 12, 31), "1900", "80-89"}, // at death 89
		{"1900-12-31", on(1990, 1, 1), "", "90+"},
		{"1980-07-01", on(2000, 6, 30), "1980", "10-19"},
		{"1980-07-01", on(2000, 7, 1), "1980", "20-29"},
		{"1980-07-01", on(1979, 1, 1), "1980", "0-9"}, // a record that errs
	} {
		var birth *code.Date
		if c.birth != "" {
			day := code.Date(c.birth)
			birth = &day
		}
		year, group := "", ""
		if y := birthYear(birth, c.died, now); y != nil {
			year = strconv.Itoa(*y)
		}
		if g := ageGroup(birth, c.died, now); g != nil {
			group = *g
		}
		if year != c.year || group != c.group {
			t.Errorf("born %s, died %v: %q and %q, want %q and %q", c.birth, c.died, year, group, c.year, c.group)
		}
	}
}

// TestNobodyOf90IsTold: whatever the day, age and year of birth never tell an age of 90 or more.
func TestNobodyOf90IsTold(t *testing.T) {
	for days := range 400 {
		now := time.Date(2026, 1, 1, 23, 59, 59, 0, time.UTC).AddDate(0, 0, days)
		for _, birth := range []code.Date{"1935-12-31", "1936-01-01", "1936-02-29", "1936-12-31", "1937-01-01", "1937-12-31"} {
			year, group := birthYear(&birth, nil, now), *ageGroup(&birth, nil, now)
			if (year == nil) != (group == "90+") {
				t.Errorf("born %s, on %s: %v and %s", birth, now, year, group)
			}
			if birth.YearsUntil(now) >= 90 && year != nil {
				t.Errorf("born %s, on %s: the year is shown", birth, now)
			}
		}
	}
}

func TestWholeDays(t *testing.T) {
	from := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	for hours, want := range map[int]int{0: 0, 23: 0, 24: 1, 47: 1, 48: 2} {
		to := from.Add(time.Duration(hours) * time.Hour)
		if got := wholeDays(from, &to); got == nil || *got != want {
			t.Errorf("%d hours: %v, want %d", hours, got, want)
		}
	}
	if got := wholeDays(from, nil); got != nil {
		t.Errorf("not yet: %d", *got)
	}
}
