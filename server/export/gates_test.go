package export_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/export"
	"github.com/carehub/carehub/server/intake"
)

// TestGatesHold takes exports in that lack what their rows rely on, or contradict themselves: what the hooks refuse is
// told in the report, row by row, and all else comes in.
func TestGatesHold(t *testing.T) {
	for name, c := range map[string]struct {
		spoil   func(t *testing.T, folder string)
		state   code.SubjectState
		remarks int
		refused map[string]string // the file of what is refused, and why
	}{
		"untouched": {func(*testing.T, string) {}, code.SubjectStateOnStudy, 0, nil},
		"no consents": {
			func(t *testing.T, folder string) {
				if err := os.Remove(filepath.Join(folder, "Consent.ndjson")); err != nil {
					t.Fatal(err)
				}
			},
			code.SubjectStateCandidate, 1,
			map[string]string{"AuditEvent": "the reference finds nothing"},
		},
		"an authorization that had ended": {
			func(t *testing.T, folder string) {
				edit(t, folder, "AuditEvent", `"recorded":"2024-`, `"recorded":"2023-`)
			},
			code.SubjectStateOnStudy, 0,
			map[string]string{"AuditEvent": "no authorization of the patient covered it"},
		},
		"more used than the limit": {
			func(t *testing.T, folder string) {
				edit(t, folder, "CoverageEligibilityResponse", `"usedMoney":{"value":100.01`, `"usedMoney":{"value":100.03`)
			},
			code.SubjectStateOnStudy, 0,
			map[string]string{"CoverageEligibilityResponse": "more than the limit"},
		},
		"a currency that is none": {
			func(t *testing.T, folder string) { edit(t, folder, "CoverageEligibilityResponse", `"USD"`, `"US$"`) },
			code.SubjectStateOnStudy, 0,
			map[string]string{"CoverageEligibilityResponse": "not a currency"},
		},
		"a sum of which there is a part": {
			func(t *testing.T, folder string) {
				edit(t, folder, "CoverageEligibilityResponse", `"value":100.02`, `"value":100.025`)
			},
			code.SubjectStateOnStudy, 0,
			map[string]string{"CoverageEligibilityResponse": "more decimals"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				from := storetest.SQLite(t)
				participant(t, from)
				folder := left(t, t, from)
				c.spoil(t, folder)
				var errors bytes.Buffer
				report, err := intake.FHIR(t.Context(), s.Client, intake.Options{Errors: &errors}, folder)
				if err != nil {
					t.Fatal(err)
				}
				if report.Refused != len(c.refused) || len(report.Remarks) != c.remarks {
					t.Errorf("%d refused, remarks %v\n%s", report.Refused, report.Remarks, &errors)
				}
				for typ, why := range c.refused {
					if !strings.Contains(errors.String(), why) || report.Types[typ].Refused != 1 {
						t.Errorf("%s: %+v\n%s", typ, report.Types[typ], &errors)
					}
				}
				ctx := system(t)
				subject := s.Client.TrialSubject.Query().OnlyX(ctx)
				steps := s.Client.StatusChange.Query().Where(statuschange.TrialSubjectID(subject.ID)).CountX(ctx)
				if subject.State != c.state || steps != c.remarks {
					t.Errorf("the participant is %s, after %d steps", subject.State, steps)
				}
				kept := s.Client.Disclosure.Query().CountX(ctx)*2 + s.Client.CoverageBenefit.Query().CountX(ctx)
				if want := 3 - 2*len(only(c.refused, "AuditEvent")) - len(only(c.refused, "CoverageEligibilityResponse")); kept != want {
					t.Errorf("disclosures and benefits: %d, want %d", kept, want)
				}
			})
		})
	}
}

// TestBundleTravels takes the bundle of a patient in: what its rows rely on comes with them.
func TestBundleTravels(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		from := storetest.SQLite(t)
		participant(t, from)
		path := filepath.Join(t.TempDir(), "patient.json")
		patient := from.Client.Patient.Query().OnlyIDX(system(t))
		counts, err := export.BundleFile(t.Context(), from.Client, path, patient, why)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, n := range counts {
			sum += n
		}
		if report := taken(t, t, s, path); report.Accepted != sum || counts["AuditEvent"] != 1 {
			t.Errorf("of %v there came %+v", counts, report)
		}
		if state := s.Client.TrialSubject.Query().OnlyX(system(t)).State; state != code.SubjectStateOnStudy {
			t.Errorf("the participant is %s", state)
		}
	})
}

// only is the part of a table with the key.
func only(all map[string]string, key string) []string {
	if value, has := all[key]; has {
		return []string{value}
	}
	return nil
}

// edit replaces a text in a file of an export.
func edit(t *testing.T, folder, typ, old, other string) {
	t.Helper()
	path := filepath.Join(folder, typ+".ndjson")
	content, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(content), old) {
		t.Fatalf("%v: no %s in %s", err, old, content)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(content), old, other)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// participant writes a patient in a trial, with what was told of them and what their payer said.
func participant(t *testing.T, s *store.Store) {
	t.Helper()
	ctx, c := clock.At(system(t), agreed.AddDate(1, 0, 0)), s.Client
	patient, trial := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
	c.Account.Create().SetID(patient).SetKind(code.AccountKindPatient).ExecX(ctx)
	c.Patient.Create().SetID(patient).SetFamily("Example").ExecX(ctx)
	c.CareProgram.Create().SetID(trial).SetKind(code.ProgramKindClinicalTrial).SetName("A trial").ExecX(ctx)
	consented(ctx, c, patient, code.ConsentScopeTrialParticipation)
	told := consented(ctx, c, patient, code.ConsentScopeHipaaAuthorization)
	stay := c.Enrollment.Create().SetPatientID(patient).SetProgramID(trial).SetSource(code.EnrollmentSourceProvider).
		SetStatus(code.EnrollmentStatusOnHold).SetReferredAt(agreed).SaveX(ctx)
	c.TrialSubject.Create().SetEnrollmentID(stay.ID).SetState(code.SubjectStateOnStudy).ExecX(ctx)
	c.Disclosure.Create().SetPatientID(patient).SetDisclosedAt(agreed.AddDate(0, 1, 0)).SetRecipientName("Dr. Example").
		SetDescription("laboratory results").SetPurpose("treatment").SetLegalBasis(code.LegalBasisAuthorization).SetConsentID(told.ID).ExecX(ctx)
	cover := c.Coverage.Create().SetPatientID(patient).SetKind(code.CoverageKindMedical).SetStatus(code.CoverageStatusActive).
		SetPeriodStart("2024-01-01").SaveX(ctx)
	asked := c.BenefitVerification.Create().SetPatientID(patient).SetCoverageID(cover.ID).
		SetStatus(code.VerificationStatusComplete).SaveX(ctx)
	c.CoverageBenefit.Create().SetVerificationID(asked.ID).SetInNetwork(true).SetCurrency("USD").
		SetDeductibleFamilyLimit(10002).SetDeductibleFamilyApplied(10001).ExecX(ctx)
}

func consented(ctx context.Context, c *ent.Client, patient uuid.UUID, scope code.ConsentScope) *ent.Consent {
	return c.Consent.Create().SetPatientID(patient).SetScope(scope).SetStatus(code.ConsentStatusActive).
		SetDecision(code.ConsentDecisionPermit).SetCapturedVia(code.ChannelPortal).SetCapturedAt(agreed).SetEffectiveFrom(agreed).
		SetSignerRole(code.SignerRoleSelf).SetEvidenceKind(code.EvidenceKindSourceRecord).SetEvidenceRef("Consent/1").SaveX(ctx)
}
