package source_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/server/intake/source"
)

type file struct {
	name    string
	content []byte
}

func gz(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tarball(t *testing.T, files ...file) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.content)), Typeflag: tar.TypeReg}
		if f.content == nil {
			header.Typeflag, header.Linkname = tar.TypeSymlink, "/etc/passwd"
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zipped(t *testing.T, files ...file) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		entry, err := w.Create(f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write(f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// walked is what a walk through a path finds: the content, or after an exclamation mark why it has none.
func walked(t *testing.T, root string, paths ...string) map[string]string {
	t.Helper()
	got := map[string]string{}
	short := func(name string) string { return strings.TrimPrefix(strings.TrimPrefix(name, root), "/") }
	err := source.Walk{
		Ours:  func(name string) bool { return strings.HasSuffix(name, ".json") },
		Limit: 4 << 20,
		Visit: func(d *source.Document) error {
			data, err := source.Text(d, nil)
			if err != nil {
				// How much can be read of a file that was cut off is the decompressor's affair.
				got[short(d.Name)] = "! " + regexp.MustCompile(`after byte [0-9]+`).ReplaceAllString(err.Error(), "after byte #")
				return nil
			}
			got[short(d.Name)] = string(data)
			return nil
		},
		Refuse: func(name string, reason error) error {
			got[short(name)] = "! " + reason.Error()
			return nil
		},
	}.Run(t.Context(), paths...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestWalk reads folders and archives as they are, and says what is wrong with the rest.
func TestWalk(t *testing.T) {
	root := t.TempDir()
	plain := []byte(`{"a":1}`)
	long := bytes.Repeat([]byte("not to be packed at all? "), 1<<10)
	for name, content := range map[string][]byte{
		"a.json":           plain,
		"b/c.json.gz":      gz(t, plain),
		"b/Adán.json":      plain,
		"README.md":        []byte("read me"),
		"bom.json":         []byte("\uFEFF{}"),
		"utf16.json":       {0xFF, 0xFE, '{', 0, '}', 0},
		"latin1.json":      []byte("{\"name\":\"Ad\xe1n\"}"),
		"cut.json.gz":      gz(t, long)[:60],
		"none.json.gz":     plain,
		"t/cut.tar":        tarball(t, file{"f.json", plain}, file{"g.json", long})[:1600],
		"bomb.json.gz":     gz(t, make([]byte, 3<<20)),
		"large.json":       bytes.Repeat([]byte{' '}, 5<<20),
		"broken.zip":       plain,
		"t/one.tar.gz":     gz(t, tarball(t, file{"x/d.json", plain}, file{"e.json.gz", gz(t, plain)}, file{"x/notes.txt", plain})),
		"t/evil.tar":       tarball(t, file{"../../up.json", plain}, file{"/etc/abs.json", plain}, file{"link.json", nil}, file{"in.zip", plain}, file{"ok.json", plain}),
		"t/cut.tar.gz":     gz(t, tarball(t, file{"d.json", plain}, file{"later.json", long}))[:150],
		"z/two.zip":        zipped(t, file{"d.json", plain}, file{"..\\up.json", plain}, file{"../up.json", plain}, file{"sub/e.json", plain}),
		"z/bomb.zip":       zipped(t, file{"bomb.json", make([]byte, 3<<20)}, file{"after.json", plain}),
		"z/nested.json.gz": gz(t, []byte{}),
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc", filepath.Join(root, "out")); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"a.json":                   `{"a":1}`,
		"b/c.json.gz":              `{"a":1}`,
		"b/Adán.json":              `{"a":1}`,
		"README.md":                "! no file of this format",
		"bom.json":                 "{}",
		"utf16.json":               "! written in UTF-16; UTF-8 is expected",
		"latin1.json":              "! not written in UTF-8: byte 11",
		"cut.json.gz":              "! cannot be read: cut off after byte #",
		"none.json.gz":             "! no gzip file, though its name says so",
		"bomb.json.gz":             "! cannot be read: expands out of proportion",
		"large.json":               "! cannot be read: larger than the limit",
		"broken.zip":               "! zip: not a valid zip file",
		"out":                      "! neither a file nor a folder",
		"t/one.tar.gz!x/d.json":    `{"a":1}`,
		"t/one.tar.gz!e.json.gz":   `{"a":1}`,
		"t/one.tar.gz!x/notes.txt": "! no file of this format",
		"t/evil.tar!../../up.json": "! its name leads out of the archive",
		"t/evil.tar!/etc/abs.json": "! its name leads out of the archive",
		"t/evil.tar!link.json":     "! a link or device in an archive is not followed",
		"t/evil.tar!in.zip":        "! an archive within an archive is not opened",
		"t/evil.tar!ok.json":       `{"a":1}`,
		"t/cut.tar":                "! the archive is cut off",
		"t/cut.tar!f.json":         `{"a":1}`,
		"t/cut.tar!g.json":         "! cannot be read: cut off after byte #",
		"t/cut.tar.gz!d.json":      `{"a":1}`,
		"t/cut.tar.gz":             "! the archive is cut off",
		"t/cut.tar.gz!later.json":  "! cannot be read: cut off after byte #",
		"z/two.zip!d.json":         `{"a":1}`,
		"z/two.zip!..\\up.json":    "! its name leads out of the archive",
		"z/two.zip!../up.json":     "! its name leads out of the archive",
		"z/two.zip!sub/e.json":     `{"a":1}`,
		"z/bomb.zip!bomb.json":     "! cannot be read: expands out of proportion",
		"z/bomb.zip!after.json":    `{"a":1}`,
		"z/nested.json.gz":         "",
	}
	if diff := cmp.Diff(want, walked(t, root, root)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := walked(t, root, filepath.Join(root, "README.md")); got["README.md"] != "read me" {
		t.Errorf("a file that was named itself: %v", got)
	}
	linked := filepath.Join(t.TempDir(), "linked")
	if err := os.Symlink(filepath.Join(root, "b"), linked); err != nil {
		t.Fatal(err)
	}
	if got := walked(t, linked, linked); got["c.json.gz"] != `{"a":1}` {
		t.Errorf("a folder that was named by a link: %v", got)
	}
}

// TestWalkEnds ends a walk with the visitor's error, and before it begins when a path does not exist.
func TestWalkEnds(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "a.tar"), tarball(t, file{"a.json", []byte("1")}, file{"b.json", []byte("2")}), 0o600); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	visits := 0
	w := source.Walk{
		Ours: func(string) bool { return true }, Limit: 10,
		Visit:  func(d *source.Document) error { visits++; return enough },
		Refuse: func(name string, reason error) error { t.Errorf("%s: %v", name, reason); return nil },
	}
	if err := w.Run(t.Context(), root); !errors.Is(err, enough) || visits != 1 {
		t.Errorf("%v after %d visits", err, visits)
	}
	if err := w.Run(t.Context(), filepath.Join(root, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent path: %v", err)
	}
	w.Skip = func(string) bool { return true }
	if err := w.Run(t.Context(), root); err != nil || visits != 1 {
		t.Errorf("skipped: %v after %d visits", err, visits)
	}
}
