package export_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/export"
)

// TestExtensionsAreDocumented compares the extensions that worlds need with the table in docs/export.md.
func TestExtensionsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "export.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string][]string{} // where they may be, by name
	for _, line := range regexp.MustCompile("(?m)^\\| (`[^|]*`) \\| ([^|]*) \\|").FindAllStringSubmatch(string(doc), -1) {
		for name := range strings.SplitSeq(line[1], ", ") {
			name = strings.Trim(name, "`")
			listed[name] = append(listed[name], strings.Split(line[2], ", ")...)
		}
	}
	met := map[string]bool{}
	for seed := range 40 {
		s := storetest.SQLite(t)
		worlds.Example(seed).write(t, s)
		folder := filepath.Join(t.TempDir(), "out")
		if _, err := export.Bulk(t.Context(), s.Client, folder, export.Disclosure{}); err != nil {
			t.Fatal(err)
		}
		files, _ := filepath.Glob(filepath.Join(folder, "*"))
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(content)) {
				extensionsIn(t, line, func(where, name string) {
					if !slices.Contains(listed[name], where) {
						t.Errorf("%s on %s is not in the table", name, where)
					}
					met[name] = true
				})
			}
		}
	}
	for name := range listed {
		if !met[name] {
			t.Errorf("%s is in the table, but nowhere else", name)
		}
	}
}

// extensionsIn finds the extensions of a resource and of its elements.
func extensionsIn(t testing.TB, line string, found func(where, name string)) {
	t.Helper()
	type extension struct{ URL string }
	var r struct {
		ResourceType  string
		Extension     []extension
		Telecom       []struct{ Extension []extension }
		StatusHistory []struct{ Extension []extension }
		Insurance     []struct {
			Item []struct {
				Extension []extension
				Benefit   []struct{ Extension []extension }
			}
		}
	}
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		t.Fatal(err)
	}
	at := func(where string, all []extension) {
		for _, e := range all {
			found(where, strings.TrimPrefix(e.URL, "urn:carehub:fhir:"))
		}
	}
	at(r.ResourceType, r.Extension)
	for _, c := range r.Telecom {
		at("`telecom`", c.Extension)
	}
	for _, i := range r.Insurance {
		for _, item := range i.Item {
			at("`insurance.item`", item.Extension)
			for _, b := range item.Benefit {
				at("`insurance.item.benefit`", b.Extension)
			}
		}
	}
	for _, s := range r.StatusHistory {
		at("`EpisodeOfCare.statusHistory`", s.Extension)
	}
}
