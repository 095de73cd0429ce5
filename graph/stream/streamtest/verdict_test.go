package streamtest

import (
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name, log string
		received  []string
		want      Verdict
	}{
		{"all is well", "abcd", []string{"abcd", "abcd"}, Verdict{Identical: true}},
		{"nobody", "abcd", nil, Verdict{Identical: true}},
		{"all lack the same", "abcd", []string{"abd", "abd"}, Verdict{Lost: 2, Identical: true}},
		{"one lacks the end", "abcd", []string{"abcd", "ab"}, Verdict{Lost: 2}},
		{"nothing came", "abcd", []string{""}, Verdict{Lost: 4, Identical: true}},
		{"twice in a row", "abcd", []string{"abcd", "abbcd"}, Verdict{Duplicated: 1}},
		{"twice, later", "abcd", []string{"abcda"}, Verdict{Duplicated: 1, Identical: true}},
		{"swapped", "abcd", []string{"acbd"}, Verdict{Disorder: 1, Identical: true}},
		{"backwards", "abcd", []string{"dcba"}, Verdict{Disorder: 3, Identical: true}},
		{"rolled back", "abcd", []string{"abxcd"}, Verdict{Invented: 1, Identical: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var received [][]string
			for _, text := range c.received {
				received = append(received, strings.Split(text, ""))
			}
			if len(c.received) == 1 && c.received[0] == "" {
				received = [][]string{nil}
			}
			got := Judge(strings.Split(c.log, ""), received...)
			c.want.Events, c.want.Subscribers = 4, len(received)
			if got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
			if good := c.want.Lost+c.want.Duplicated+c.want.Disorder+c.want.Invented == 0 && c.want.Identical; good != (got.Err() == nil) {
				t.Errorf("%v is judged as %v", got, got.Err())
			}
		})
	}
}
