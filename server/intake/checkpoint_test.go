package intake_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/intake"
)

// crowd are files of which half are taken in, and most bring a finding.
func crowd(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for i := range 12 {
		short := fmt.Sprintf("f%02d", i)
		b := transaction(patientOf(short), resource("Observation", "0"+short))
		switch i % 4 {
		case 1:
			b = transaction(resource("Patient", short, `"birthDate":"1990-13-45"`))
		case 3:
			b = "{"
		}
		write(t, filepath.Join(folder, short+".json"), []byte(b))
	}
	return folder
}

// takeListing is an import as the command runs it.
func takeListing(t *testing.T, s *store.Store, version, list string, paths ...string) (intake.Report, error) {
	t.Helper()
	file, err := os.OpenFile(list, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	report, err := intake.FHIR(t.Context(), s.Client, intake.Options{Version: version, Errors: file}, paths...)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return report, err
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// contents are the rows that an import wrote; the audit names the run in each of its own.
func contents(t *testing.T, s *store.Store) map[string][]string {
	t.Helper()
	return storetest.Contents(t, s.DB, slices.DeleteFunc(slices.Clone(tables), func(table string) bool { return table == "audit_events" })...)
}

// power is how many more times a run can write its checkpoint before it breaks down.
type power struct{ left int }

var errBrokenDown = errors.New("broken down")

func (p *power) hook(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if u, is := m.(*ent.ImportRunMutation); is {
			if _, saves := u.Accepted(); saves && u.Op().Is(ent.OpUpdate) {
				if p.left--; p.left < 0 {
					return nil, errBrokenDown
				}
			}
		}
		return next.Mutate(ctx, m)
	})
}

// TestResume breaks a run down again and again, as a kill would: it goes on where it stood, and in the end its rows,
// counts and error file are those of a run that nothing happened to.
func TestResume(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		folder, whole := crowd(t), storetest.SQLite(t)
		wantList, list := filepath.Join(t.TempDir(), "a.jsonl"), filepath.Join(t.TempDir(), "b.jsonl")
		want, err := takeListing(t, whole, "1", wantList, folder)
		if err != nil {
			t.Fatal(err)
		}
		write(t, list, []byte("what an earlier run wrote\n"))
		p := &power{}
		s.Client.ImportRun.Use(p.hook)
		var got intake.Report
		rounds := 0
		for rounds = 1; rounds <= 20; rounds++ {
			p.left = 2
			if got, err = takeListing(t, s, "1", list, folder); err == nil {
				break
			}
			if !errors.Is(err, errBrokenDown) {
				t.Fatal(err)
			}
		}
		if rounds < 4 {
			t.Errorf("it took %d rounds", rounds)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("report (-whole +resumed):\n%s", diff)
		}
		if diff := cmp.Diff(content(t, wantList), content(t, list)); diff != "" {
			t.Errorf("error file (-whole +resumed):\n%s", diff)
		}
		if diff := storetest.Difference(contents(t, whole), contents(t, s)); diff != "" {
			t.Error(diff)
		}
		f := newFixture(t, s)
		run := f.Client.ImportRun.Query().OnlyX(f.ctx)
		if run.Resumed != rounds-1 || run.FinishedAt == nil || run.Checkpoint != nil || run.Accepted != want.Accepted {
			t.Errorf("booked %v after %d rounds", run, rounds)
		}
		p.left = 100
		if again, err := takeListing(t, s, "1", list, folder); err != nil || again.Accepted != 0 || again.Unchanged != want.Accepted {
			t.Errorf("a run that finished was taken up: %+v, %v", again.Counts, err)
		}
	})
}

// TestResumeNot: a run is not taken up when its sources, its program or its error file are others than they were.
func TestResumeNot(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, folder, list string) (version string){
		"another program": func(*testing.T, string, string) string { return "2" },
		"a file more": func(t *testing.T, folder, _ string) string {
			write(t, filepath.Join(folder, "g.json"), []byte(transaction(patientOf("99"))))
			return "1"
		},
		"no error file": func(t *testing.T, _, list string) string {
			if err := os.Remove(list); err != nil {
				t.Fatal(err)
			}
			return "1"
		},
		"the error file of another run": func(t *testing.T, _, list string) string {
			data := []byte(content(t, list))
			data[0] = '['
			write(t, list, append(data, "more"...))
			return "1"
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.SQLite(t)
			folder, list := crowd(t), filepath.Join(t.TempDir(), "errors.jsonl")
			p := &power{left: 4}
			s.Client.ImportRun.Use(p.hook)
			if _, err := takeListing(t, s, "1", list, folder); !errors.Is(err, errBrokenDown) {
				t.Fatal(err)
			}
			p.left = 100
			version := change(t, folder, list)
			report, err := takeListing(t, s, version, list, folder)
			if err != nil || report.Unchanged != 3 {
				t.Errorf("%+v, %v", report.Counts, err)
			}
			lines := findings(t, content(t, list))
			if len(lines) != report.Refused+report.Unmapped {
				t.Errorf("the error file has %d lines, %+v", len(lines), report.Counts)
			}
			f := newFixture(t, s)
			f.is("runs", f.Client.ImportRun.Query().CountX(f.ctx), 2)
		})
	}
}

// TestErrorsToDevice: an error file that is no file takes everything.
func TestErrorsToDevice(t *testing.T) {
	s := storetest.SQLite(t)
	if report, err := takeListing(t, s, "1", os.DevNull, crowd(t)); err != nil || report.Accepted == 0 {
		t.Errorf("%+v, %v", report.Counts, err)
	}
}

// TestTakenUpByAnother: of two processes with one run, the one that ran first can commit no more.
func TestTakenUpByAnother(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		folder, list := crowd(t), filepath.Join(t.TempDir(), "errors.jsonl")
		saves := 0
		s.Client.ImportRun.Use(func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				if u := m.(*ent.ImportRunMutation); u.Op().Is(ent.OpUpdate) {
					if saves++; saves == 3 {
						// The other process has its own connection; this is what it would do.
						u.Client().ImportRun.Update().AddResumed(1).ExecX(ctx)
					}
				}
				return next.Mutate(ctx, m)
			})
		})
		_, err := takeListing(t, s, "1", list, folder)
		if err == nil || !errors.Is(err, intake.ErrTakenUp) {
			t.Fatalf("%v", err)
		}
		f.is("patients", f.Client.Patient.Query().CountX(f.ctx), 1)
	})
}
