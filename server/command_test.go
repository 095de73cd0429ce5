package main

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/demo"
)

// prepared is the program as a process of its own, in a folder where nothing else is.
func prepared(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env, c.Dir = append(os.Environ(), asProgram+"=1"), t.TempDir()
	return c
}

// command runs the program, which must end with the exit code, and returns what it prints.
func command(t *testing.T, exit int, args ...string) string {
	t.Helper()
	out, _ := commandSaying(t, exit, args...)
	return out
}

// commandSaying is command, and returns what the program says beside its result as well.
func commandSaying(t *testing.T, exit int, args ...string) (out, said string) {
	t.Helper()
	c := prepared(t, args...)
	var stdout, stderr strings.Builder
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	if ended := new(exec.ExitError); err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if got := c.ProcessState.ExitCode(); got != exit {
		t.Errorf("%q ends with %d, want %d:\n%s%s", args, got, exit, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

// TestUsage: what is not understood is said, and fails.
func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		exit int
		says string
		args []string
	}{
		{1, "unexpected argument", []string{"nonsense"}},
		{1, "unknown flag", []string{"serve", "--nonsense"}},
		{1, "unknown flag", []string{"--nonsense"}},
		{1, "--persona", []string{"schema"}},
		{1, "--persona", []string{"schema", "--persona", "nobody"}},
		{1, "no demo identity", []string{"token", "--as", "nobody"}},
		{1, "path", []string{"import", "fhir"}},
		{1, "--database", []string{"serve", "--database", "mysql:x"}},
		{1, "--demo", []string{"serve", "--demo", "--listen", "0.0.0.0:0"}},
		{1, "", []string{"import", "fhir", "absent"}},
		{1, "", []string{"migrate", "--database", "sqlite:/absent/folder/carehub.db"}},
	} {
		out, said := commandSaying(t, c.exit, c.args...)
		if out != "" || !strings.Contains(said, "carehub:") || !strings.Contains(said, c.says) || strings.Contains(said, "goroutine ") {
			t.Errorf("%q prints %q and says:\n%s", c.args, out, said)
		}
	}
	for part, args := range map[string][]string{"import fhir": {"--help"}, "--cors-origin": {"serve", "--help"}} {
		if help := command(t, 0, args...); !strings.Contains(help, part) {
			t.Errorf("%q prints:\n%s", args, help)
		}
	}
}

// TestImporters: every import command has its importer.
func TestImporters(t *testing.T) {
	parser, err := kong.New(&importCommand{})
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, command := range parser.Model.Children {
		commands = append(commands, command.Name)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(importers)), slices.Sorted(slices.Values(commands))); diff != "" {
		t.Error(diff)
	}
}

// TestSchemaCommand: a view is printed alone, can be loaded, and does not speak of access.
func TestSchemaCommand(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, persona := range []string{"patient", "provider", "liaison", "coordinator", "staff", "analyst", "admin"} {
		sdl, said := commandSaying(t, 0, "schema", "--persona", persona)
		if schema, err := gqlparser.LoadSchema(&ast.Source{Input: sdl}); err != nil || schema.Query == nil {
			t.Errorf("%s cannot be loaded: %v", persona, err)
		}
		if said != "" || strings.Contains(sdl, "@access") {
			t.Errorf("%s has more than a schema: %s", persona, said)
		}
		if other, twice := seen[sdl]; twice {
			t.Errorf("%s has the schema of %s", persona, other)
		}
		seen[sdl] = persona
	}
}

// TestTokenCommand: a token needs no running server, and a server with the same secret takes it.
func TestTokenCommand(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLiteURL(t))
	for _, who := range demo.Identities() {
		out, said := commandSaying(t, 0, "token", "--as", who.Name, "--secret-file", p.secretFile)
		if strings.Count(out, "\n") != 1 || said != "" {
			t.Fatalf("the token of %s is not alone: %q, %q", who.Name, out, said)
		}
		u := &user{p, t, who.Name, strings.TrimSpace(out)}
		u.asks("{ me { persona portal } }", nil).is("me.persona", string(who.Persona)).is("me.portal", string(who.Portal))
	}
}

// TestDoctor: the doctor finds what is wrong with settings and database, and makes no database to look at.
func TestDoctor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		database func(testing.TB) string
		before   string
	}{
		"sqlite":   {func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "carehub.db") }, "there is no database"},
		"postgres": {storetest.EmptyPostgresURL, "is pending"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := c.database(t)
			if out := command(t, 1, "doctor", "--database", at); !strings.Contains(out, c.before) {
				t.Errorf("before, the doctor says:\n%s", out)
			}
			command(t, 0, "migrate", "--database", at)
			command(t, 0, "migrate", "--database", at)
			if out := command(t, 0, "doctor", "--database", at); out != "all is well\n" {
				t.Errorf("after, the doctor says:\n%s", out)
			}
			if out := command(t, 1, "doctor", "--database", at, "--no-demo"); !strings.Contains(out, "--oidc-issuer") {
				t.Errorf("of a server without an issuer, the doctor says:\n%s", out)
			}
		})
	}
}

// TestImportOutcomes: the exit code tells what became of an import, the error file why.
func TestImportOutcomes(t *testing.T) {
	t.Parallel()
	folder := outside(t, "synthea-fhir-r4-2019")
	dir := t.TempDir()
	database, errorFile := "sqlite:"+filepath.Join(dir, "carehub.db"), filepath.Join(dir, "errors.jsonl")
	take := func(exit int, path string, flags ...string) string {
		t.Helper()
		return command(t, exit, append([]string{"import", "fhir", "--database", database, "--errors", errorFile, path}, flags...)...)
	}
	small := filepath.Join(dir, "bundles")
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range some(t, folder, "Gustavo_*", "Desmond_*") {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(small, filepath.Base(path)), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wrong := filepath.Join(folder, "wrong-version")
	take(0, small, "--dry-run")
	if out := take(0, small); !counts(out, "Patient", "2", "0", "0", "0") {
		t.Errorf("the first run counts:\n%s", out)
	}
	if out := take(0, small); !counts(out, "Patient", "0", "2", "0", "0") {
		t.Errorf("the second run counts:\n%s", out)
	}
	if out := take(2, wrong); !counts(out, "Bundle", "0", "0", "4", "0") {
		t.Errorf("bundles of other versions count as:\n%s", out)
	}
	content, err := os.ReadFile(errorFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	for _, line := range lines {
		var finding struct{ Outcome, Source, Resource, Path, Reason string }
		if err := json.Unmarshal([]byte(line), &finding); err != nil || finding.Outcome != "REFUSED" || finding.Reason == "" {
			t.Errorf("the error file has %s", line)
		}
	}
	if len(lines) != 4 {
		t.Errorf("the error file has %d lines", len(lines))
	}
	take(1, filepath.Join(dir, "absent"))
}

// counts reports whether the table of an import has the row.
func counts(table, name string, want ...string) bool {
	for line := range strings.Lines(table) {
		if slices.Equal(strings.Fields(line), append(slices.Clone(want), name)) {
			return true
		}
	}
	return false
}

// outside returns a folder of the outside data.
func outside(t *testing.T, folder string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "shared", "data", folder))
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(path)
	storetest.Require(t, "../shared/data", err == nil)
	return path
}

// some returns the one file for each of the patterns.
func some(t *testing.T, folder string, patterns ...string) []string {
	t.Helper()
	var files []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s finds %v, %v", pattern, found, err)
		}
		files = append(files, found...)
	}
	return files
}

// TestSignal: a server that is told to stop does so with exit code 0.
func TestSignal(t *testing.T) {
	t.Parallel()
	c := prepared(t, "serve", "--listen", "127.0.0.1:0", "--patients", "2")
	said := &transcript{address: make(chan string, 1)}
	c.Stderr = said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case url := <-said.address:
		if status, _, text := send(t, "GET", url+"/readyz", ""); status != 200 {
			t.Errorf("a new server is not ready: %d %s", status, text)
		}
	case err := <-ended:
		t.Fatalf("the server did not start: %v\n%s", err, said)
	}
	for _, name := range []string{"carehub.db", "carehub.secret"} {
		info, err := os.Stat(filepath.Join(c.Dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the server ended with %v\n%s", err, said)
	}
}
