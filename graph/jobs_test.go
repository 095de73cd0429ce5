package graph_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gqlast "github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/graph"
)

// TestJobs: docs/jobs.md names no operation that the contract does not have, and no test that is not there.
func TestJobs(t *testing.T) {
	text, err := os.ReadFile("../docs/jobs.md")
	if err != nil {
		t.Fatal(err)
	}
	contract := graph.Contract()
	operations := map[string]bool{}
	for _, root := range []*gqlast.Definition{contract.Query, contract.Mutation, contract.Subscription} {
		for _, f := range root.Fields {
			operations[f.Name] = true
		}
	}
	tests := testsUnder(t, "../graph", "../server", "../ent")
	quoted := regexp.MustCompile("`([A-Za-z0-9]+)`")
	rows, jobs := 0, map[string]bool{}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !regexp.MustCompile(`^[A-Z]\d$`).MatchString(strings.TrimSpace(cells[1])) {
			continue
		}
		rows++
		job := strings.TrimSpace(cells[1])
		if jobs[job] {
			t.Errorf("%s stands twice", job)
		}
		jobs[job] = true
		for _, name := range quoted.FindAllStringSubmatch(cells[3], -1) {
			if !operations[name[1]] {
				t.Errorf("%s: the contract has no %s", job, name[1])
			}
		}
		for _, name := range quoted.FindAllStringSubmatch(cells[4], -1) {
			if !tests[name[1]] {
				t.Errorf("%s: there is no test %s", job, name[1])
			}
		}
	}
	if rows != 22 {
		t.Errorf("%d of 22 jobs", rows)
	}
}

// testsUnder lists the test functions in the folders.
func testsUnder(t *testing.T, folders ...string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
					found[f.Name.Name] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}
