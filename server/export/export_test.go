package export_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/golden"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/export"
)

var why = export.Disclosure{Recipient: "Dr. Example", Purpose: "treatment"}

// disclosures are the patients whose disclosure is in the audit log.
func disclosures(t testing.TB, s *store.Store) []string {
	t.Helper()
	var of []string
	rows := s.Client.AuditEvent.Query().Where(auditevent.Operation("export fhir")).AllX(system(t))
	for _, row := range rows {
		if row.Action != code.AuditActionRead || row.Entity != ent.TypePatient || row.EntityIds != row.PatientIds ||
			row.Detail != "to Dr. Example for treatment" || row.Decision != code.AuditDecisionPermit {
			t.Errorf("the audit log has %v", row)
		}
		of = append(of, row.PatientIds)
	}
	if report, err := audit.Verify(t.Context(), s.Client); err != nil || report.Err() != nil {
		t.Errorf("audit: %v, %v", err, report.Err())
	}
	slices.Sort(of)
	return of
}

// witness is a writer that looks into the audit log before it takes the first byte.
type witness struct {
	bytes.Buffer
	look func()
}

// Write implements io.Writer.
func (w *witness) Write(p []byte) (int, error) {
	if w.Len() == 0 {
		w.look()
	}
	return w.Buffer.Write(p)
}

// TestBundle compares the bundle of a patient with testdata/bundle.golden. It is of that patient only, complete in
// itself, and in the audit log before it leaves.
func TestBundle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		sample(t, s)
		w := &witness{look: func() {
			if got := disclosures(t, s); !slices.Equal(got, []string{samplePatient.String()}) {
				t.Errorf("before the first byte the audit log has %q", got)
			}
		}}
		counts, err := export.Bundle(t.Context(), s.Client, w, samplePatient, why)
		if err != nil {
			t.Fatal(err)
		}
		if counts["Coverage"] != 2 || counts["Patient"] != 1 || counts["Location"] != 0 {
			t.Errorf("counts: %v", counts)
		}
		if strings.Contains(w.String(), "Canary") {
			t.Error("the bundle tells of another patient")
		}
		golden.Compare(t, "testdata/bundle.golden", w.Bytes())
	})
}

// TestBundleIsComplete finds every reference of a bundle in the bundle.
func TestBundleIsComplete(t *testing.T) {
	s := storetest.SQLite(t)
	sample(t, s)
	var out bytes.Buffer
	if _, err := export.Bundle(t.Context(), s.Client, &out, samplePatient, why); err != nil {
		t.Fatal(err)
	}
	var bundle struct {
		Entry []struct {
			FullURL  string
			Resource struct{ ResourceType, ID string }
			Request  struct{ Method, URL string }
		}
	}
	if err := json.Unmarshal(out.Bytes(), &bundle); err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, e := range bundle.Entry {
		if e.FullURL != "urn:uuid:"+e.Resource.ID || e.Request.Method != "PUT" || e.Request.URL != e.Resource.ResourceType+"/"+e.Resource.ID {
			t.Errorf("entry %+v", e)
		}
		if there[e.FullURL] {
			t.Errorf("%s is there twice", e.FullURL)
		}
		there[e.FullURL] = true
	}
	cited := regexp.MustCompile(`"reference": "(urn:uuid:[^"]*|[^#"]*)"`).FindAllStringSubmatch(out.String(), -1)
	for _, reference := range cited {
		if !there[reference[1]] {
			t.Errorf("%s is not in the bundle", reference[1])
		}
	}
	if len(cited) < 20 {
		t.Errorf("only %d references", len(cited))
	}
}

// TestBundleFile is private, complete, and never in the place of another file.
func TestBundleFile(t *testing.T) {
	s := storetest.SQLite(t)
	sample(t, s)
	path := filepath.Join(t.TempDir(), "patient.json")
	if _, err := export.BundleFile(t.Context(), s.Client, path, samplePatient, why); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || !json.Valid(content) {
		t.Errorf("%v: %s", err, content)
	}
	private(t, path)
	before := len(disclosures(t, s))
	if _, err := export.BundleFile(t.Context(), s.Client, path, sampleKey(2), why); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("a second export there: %v", err)
	}
	if again, _ := os.ReadFile(path); !bytes.Equal(content, again) || len(disclosures(t, s)) != before {
		t.Error("a refused export did something")
	}
	alone(t, path)
}

// TestBulk writes a private folder with a file per type, and an entry of the audit log per patient.
func TestBulk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		sample(t, s)
		folder := filepath.Join(t.TempDir(), "out")
		if err := os.Mkdir(folder, 0o755); err != nil { // empty, so it may be used
			t.Fatal(err)
		}
		counts, err := export.Bulk(t.Context(), s.Client, folder, why)
		if err != nil {
			t.Fatal(err)
		}
		private(t, folder)
		for typ, n := range counts {
			path := filepath.Join(folder, typ+".ndjson")
			private(t, path)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
			for _, line := range lines {
				var of struct{ ResourceType string }
				if err := json.Unmarshal([]byte(line), &of); err != nil || of.ResourceType != typ {
					t.Errorf("%s: %v in %s", path, err, line)
				}
			}
			if len(lines) != n {
				t.Errorf("%s: %d lines, %d counted", typ, len(lines), n)
			}
		}
		if files, _ := os.ReadDir(folder); len(files) != len(counts) || len(counts) != 20 {
			t.Errorf("%d files, %d types", len(files), len(counts))
		}
		if got := disclosures(t, s); !slices.Equal(got, []string{samplePatient.String(), sampleKey(2).String()}) {
			t.Errorf("the audit log has %q", got)
		}
		if _, err := export.Bulk(t.Context(), s.Client, folder, why); err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Errorf("a second export there: %v", err)
		}
		if n := len(disclosures(t, s)); n != 2 {
			t.Errorf("a refused export made the entries %d", n)
		}
		alone(t, folder)
	})
}

// TestBulkBreaksDown leaves nothing: what is not complete has no name, and what is not in the audit log is not written.
func TestBulkBreaksDown(t *testing.T) {
	for name, breaks := range map[string]func(*store.Store, func() error){
		"while it reads": func(s *store.Store, failing func() error) {
			s.Client.Touchpoint.Intercept(ent.InterceptFunc(func(ent.Querier) ent.Querier {
				return ent.QuerierFunc(func(context.Context, ent.Query) (ent.Value, error) { return nil, failing() })
			}))
		},
		"in the audit log": func(s *store.Store, failing func() error) {
			s.Client.AuditEvent.Use(func(ent.Mutator) ent.Mutator {
				return ent.MutateFunc(func(context.Context, ent.Mutation) (ent.Value, error) { return nil, failing() })
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.SQLite(t)
			sample(t, s)
			folder := filepath.Join(t.TempDir(), "out")
			broken := errors.New("broken")
			breaks(s, func() error {
				if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("the folder has its name before it is complete: %v", err)
				}
				files, _ := filepath.Glob(filepath.Join(filepath.Dir(folder), ".*", "*.ndjson"))
				if written := len(files) > 0; written != (name == "while it reads") {
					t.Errorf("files so far: %q", files)
				}
				return broken
			})
			if _, err := export.Bulk(t.Context(), s.Client, folder, why); !errors.Is(err, broken) {
				t.Errorf("the export ends with %v", err)
			}
			if left, _ := os.ReadDir(filepath.Dir(folder)); len(left) > 0 {
				t.Errorf("it leaves %v", left)
			}
		})
	}
}

// TestSnapshot exports what was there when it began, and records that only, whatever is written meanwhile.
func TestSnapshot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		sample(t, s)
		late := uuid.Must(uuid.NewV7())
		var once sync.Once
		s.Client.Patient.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
			return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
				value, err := next.Query(ctx, q)
				once.Do(func() {
					s.Client.Account.Create().SetID(late).SetKind(code.AccountKindPatient).ExecX(system(t))
					s.Client.Patient.Create().SetID(late).SetFamily("Late").ExecX(system(t))
					s.Client.Touchpoint.Create().SetPatientID(late).SetKind(code.TouchpointKindCommunication).SetOccurredAt(clock.Now(ctx)).
						SetDirection(code.DirectionInbound).SetChannel(code.ChannelEmail).SetStatus(code.TouchpointStatusCompleted).ExecX(system(t))
				})
				return value, err
			})
		}))
		counts, err := export.Bulk(t.Context(), s.Client, filepath.Join(t.TempDir(), "out"), why)
		if err != nil {
			t.Fatal(err)
		}
		if counts["Patient"] != 2 || counts["Communication"] != 2 {
			t.Errorf("exported %v", counts)
		}
		if got := disclosures(t, s); slices.Contains(got, late.String()) || len(got) != 2 {
			t.Errorf("the audit log has %q", got)
		}
		if n := s.Client.Patient.Query().CountX(system(t)); n != 3 {
			t.Errorf("%d patients", n)
		}
	})
}

// TestNothing finds nothing in an empty database, and makes nothing.
func TestNothing(t *testing.T) {
	s := storetest.SQLite(t)
	folder := filepath.Join(t.TempDir(), "out")
	if counts, err := export.Bulk(t.Context(), s.Client, folder, why); err != nil || len(counts) != 0 {
		t.Errorf("%v, %v", counts, err)
	}
	if left, _ := os.ReadDir(filepath.Dir(folder)); len(left) > 0 {
		t.Errorf("it leaves %v", left)
	}
}

// TestFind finds a patient by our identifier and by those of others, and nothing else.
func TestFind(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		sample(t, s)
		ours := s.Client.Patient.GetX(system(t), samplePatient).GlobalID().String()
		for identifier, want := range map[string]struct {
			key   uuid.UUID
			found bool
			says  string
		}{
			ours:                                 {samplePatient, true, ""},
			"https://hospital.example/mrn|MRN-1": {samplePatient, true, ""},
			"https://hospital.example/mrn|MRN-2": {},
			"patient_0000000000000000000000001":  {says: "neither"},
			"patient_00000000000000000000000001": {},
			"provider" + ours[len("patient"):]:   {says: "neither"},
			"":                                   {says: "neither"},
		} {
			key, found, err := export.Find(t.Context(), s.Client, identifier)
			if found != want.found || found && key != want.key || (err != nil) != (want.says != "") || err != nil && !strings.Contains(err.Error(), want.says) {
				t.Errorf("%q: %s, %v, %v", identifier, key, found, err)
			}
		}
	})
}

// private checks that only the owner may read a file or folder.
func private(t testing.TB, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		t.Errorf("%s has the mode %o", path, mode)
	}
}

// alone checks that nothing else was left beside a file or folder.
func alone(t testing.TB, path string) {
	t.Helper()
	if all, _ := os.ReadDir(filepath.Dir(path)); len(all) != 1 {
		t.Errorf("beside %s there is %v", path, all)
	}
}
