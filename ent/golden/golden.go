// Package golden compares what a test made with the file that a reviewer reads.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
)

// update rewrites the files. The test that rewrote one still fails, so that a run that compared nothing never passes.
var update = flag.Bool("update", false, "rewrite the golden files, and fail")

// T is what Compare needs of a test.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// Compare fails the test where the file at the path is not what the test made.
func Compare(t T, path string, got []byte) {
	t.Helper()
	want, err := os.ReadFile(path)
	if err != nil && (!*update || !os.IsNotExist(err)) {
		t.Fatal(err)
	}
	if err == nil && bytes.Equal(got, want) {
		return
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s is rewritten: review the change", path)
		return
	}
	line, is, was := firstDifference(string(got), string(want))
	t.Errorf("%s:%d\n got: %s\nwant: %s\n(-update rewrites the file)", path, line, is, was)
}

// firstDifference returns the first line, from 1, that differs, and what it says on either side.
func firstDifference(got, want string) (line int, is, was string) {
	a, b := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	for line = 0; line < len(a) && line < len(b) && a[line] == b[line]; line++ {
	}
	if line < len(a) {
		is = strings.TrimSuffix(a[line], "\n")
	}
	if line < len(b) {
		was = strings.TrimSuffix(b[line], "\n")
	}
	return line + 1, is, was
}
