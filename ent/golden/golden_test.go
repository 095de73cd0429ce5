package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// spy is a test that Compare may fail.
type spy struct{ failures []string }

func (*spy) Helper() {}

func (s *spy) Errorf(format string, args ...any) {
	s.failures = append(s.failures, fmt.Sprintf(format, args...))
}

func (s *spy) Fatal(args ...any) { s.failures = append(s.failures, fmt.Sprint(args...)) }

func TestCompare(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "file")
	compare := func(rewrite bool, got string) (failed bool) {
		before := *update
		*update = rewrite
		defer func() { *update = before }()
		s := &spy{}
		Compare(s, path, []byte(got))
		return len(s.failures) > 0
	}
	if !compare(false, "a\n") {
		t.Error("an absent file passes")
	}
	if !compare(true, "a\n") {
		t.Error("a run that wrote the file passes")
	}
	if compare(false, "a\n") {
		t.Error("the same text fails")
	}
	if !compare(false, "b\n") || !compare(false, "a\nb\n") || !compare(false, "") {
		t.Error("another text passes")
	}
	if compare(true, "a\n") {
		t.Error("the same text fails when files are rewritten")
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "a\n" {
		t.Errorf("the file has %q, %v", content, err)
	}
}

func TestFirstDifference(t *testing.T) {
	for _, c := range []struct {
		got, want string
		line      int
		is, was   string
	}{
		{"a\nb\n", "a\nc\n", 2, "b", "c"},
		{"a\nb\n", "a\n", 2, "b", ""},
		{"a", "", 1, "a", ""},
	} {
		if line, is, was := firstDifference(c.got, c.want); line != c.line || is != c.is || was != c.was {
			t.Errorf("%q and %q: %d %q %q", c.got, c.want, line, is, was)
		}
	}
}
