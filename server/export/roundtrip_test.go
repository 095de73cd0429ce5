package export_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/export"
	"github.com/carehub/carehub/server/intake"
)

// TestRoundTrip exports worlds and takes them in elsewhere: the same rows come out.
func TestRoundTrip(t *testing.T) {
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		if err := checks.Value.Set("25"); err != nil { // a world takes five databases' worth of work
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		from, to := storetest.SQLite(t), storetest.SQLite(t)
		w := worlds.Draw(r, "world")
		w.write(t, from)
		w.of("products").write(t, to) // they come with the staff file
		travels(t, r, from, to)
	})
}

// TestRoundTripEngines takes worlds from either engine into the other.
func TestRoundTripEngines(t *testing.T) {
	storetest.Each(t, func(t *testing.T, from *store.Store) {
		w := worlds.Example(len(from.Dialect))
		w.write(t, from)
		to := other(t, from)
		w.of("products").write(t, to)
		travels(t, t, from, to)
	})
}

// other is an empty database of the other engine.
func other(t testing.TB, s *store.Store) *store.Store {
	if s.Dialect == dialect.Postgres {
		return storetest.SQLite(t)
	}
	return storetest.Postgres(t)
}

// TestRoundTripSynthea takes the outside data in, and then its export into the other engine.
func TestRoundTripSynthea(t *testing.T) {
	shared := filepath.Join("..", "..", "..", "shared", "data")
	_, err := os.Stat(shared)
	storetest.Require(t, "../shared/data", err == nil)
	from := storetest.SQLite(t)
	_, err = intake.FHIR(t.Context(), from.Client, intake.Options{},
		filepath.Join(shared, "synthea-fhir-r4-2019"), filepath.Join(shared, "synthea-fhir-r4-uscore-2021"))
	if err != nil {
		t.Fatal(err)
	}
	travels(t, t, from, other(t, from))
}

// failer is a test or a property.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// travels exports everything from one database into another, which then has the same rows. Into the one that it came
// from it brings nothing new, neither at once nor by way of the other.
func travels(t testing.TB, r failer, from, to *store.Store) {
	r.Helper()
	before := rows(t, from)
	folder := left(t, r, from)
	taken(t, r, to, folder)
	if diff := cmp.Diff(before, translated(t, from, to)); diff != "" {
		r.Errorf("elsewhere the rows are not the same (-here +there):\n%s", diff)
	}
	for _, back := range []string{folder, left(t, r, to)} {
		if report := taken(t, r, from, back); report.Accepted != 0 {
			r.Errorf("taken in where it came from: %+v", report)
		}
	}
	if diff := cmp.Diff(before, rows(t, from)); diff != "" {
		r.Errorf("where they came from the rows have changed (-before +after):\n%s", diff)
	}
}

// left exports everything.
func left(t testing.TB, r failer, s *store.Store) (folder string) {
	r.Helper()
	folder = filepath.Join(t.TempDir(), "out")
	if _, err := export.Bulk(t.Context(), s.Client, folder, export.Disclosure{}); err != nil {
		r.Fatalf("%v", err)
	}
	return folder
}

// taken takes an export in, of which nothing may be refused.
func taken(t testing.TB, r failer, s *store.Store, folder string) intake.Report {
	r.Helper()
	var errors bytes.Buffer
	report, err := intake.FHIR(t.Context(), s.Client, intake.Options{Errors: &errors}, folder)
	if err != nil {
		r.Fatalf("%v", err)
	}
	if report.Refused+report.Unmapped > 0 || len(report.Remarks) > 0 {
		r.Errorf("not all was taken in: %v\n%s", report.Remarks, &errors)
	}
	return report
}

// table is the rows of a table as lines, in no particular order.
type table map[string]int

// bookkeeping are what rows do not have in common in two databases: when and by whom they were written.
var bookkeeping = []string{"version", "created_at", "created_by", "updated_at", "updated_by", "edges"}

// anonymous are the tables whose rows have no address of their own.
var anonymous = []string{
	"contact_points", "status_changes", "required_consents", "program_sites", "eligibility_criteria", "trial_details", "trial_subjects",
	"activity_templates", "program_products", "eligibility_answers", "onboarding_plans", "verification_attempts", "coverage_benefits",
}

// staying are the columns that do not travel: they refer to what is no FHIR resource.
var staying = []string{
	"form_id", "document_id", "coordinator_id", "user_id", "care_case_id", "changed_by_id", "attested_by", "answered_by_id", "assignee_id",
	"requested_by_id",
}

var keyText = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// rows are all rows that travel.
func rows(t testing.TB, s *store.Store) map[string]table { return dump(t, s, nil) }

// translated is rows with the keys that the rows had in the database that they came from.
func translated(t testing.TB, from, to *store.Store) map[string]table {
	ctx := viewer.System(t.Context(), "test")
	known := map[string]bool{}
	for _, row := range origin(ctx, from) {
		known[row] = true
	}
	keys := map[string]string{}
	for _, row := range to.Client.ExternalIdentifier.Query().AllX(ctx) {
		if key, is := strings.CutPrefix(row.Value, "urn:uuid:"); is && known[key] {
			keys[row.EntityID.String()] = key
		}
	}
	// Sites and subjects are known by what they are of.
	type place struct{ program, organization string }
	sites, subjects := map[place]string{}, map[string]string{}
	for _, row := range from.Client.ProgramSite.Query().AllX(ctx) {
		sites[place{row.ProgramID.String(), row.OrganizationID.String()}] = row.ID.String()
	}
	for _, row := range from.Client.TrialSubject.Query().AllX(ctx) {
		subjects[row.EnrollmentID.String()] = row.ID.String()
	}
	for _, row := range to.Client.ProgramSite.Query().AllX(ctx) {
		keys[row.ID.String()] = sites[place{keys[row.ProgramID.String()], keys[row.OrganizationID.String()]}]
	}
	for _, row := range to.Client.TrialSubject.Query().AllX(ctx) {
		keys[row.ID.String()] = subjects[keys[row.EnrollmentID.String()]]
	}
	// So are criteria and onboarding plans.
	type rule struct {
		program string
		seq     int
	}
	criteria, plans := map[rule]string{}, map[string]string{}
	for _, row := range from.Client.EligibilityCriterion.Query().AllX(ctx) {
		criteria[rule{row.ProgramID.String(), row.Seq}] = row.ID.String()
	}
	for _, row := range from.Client.OnboardingPlan.Query().AllX(ctx) {
		plans[row.EnrollmentID.String()] = row.ID.String()
	}
	for _, row := range to.Client.EligibilityCriterion.Query().AllX(ctx) {
		keys[row.ID.String()] = criteria[rule{keys[row.ProgramID.String()], row.Seq}]
	}
	for _, row := range to.Client.OnboardingPlan.Query().AllX(ctx) {
		keys[row.ID.String()] = plans[keys[row.EnrollmentID.String()]]
	}
	byName := map[string]string{}
	for _, row := range from.Client.Product.Query().AllX(ctx) {
		byName[row.Name] = row.ID.String()
	}
	for _, row := range to.Client.Product.Query().AllX(ctx) {
		keys[row.ID.String()] = byName[row.Name]
	}
	return dump(t, to, keys)
}

// origin are the keys of all rows that have an address.
func origin(ctx context.Context, s *store.Store) []string {
	var out []string
	for _, keys := range [][]uuid.UUID{
		s.Client.Patient.Query().IDsX(ctx), s.Client.Provider.Query().IDsX(ctx), s.Client.Organization.Query().IDsX(ctx),
		s.Client.Location.Query().IDsX(ctx), s.Client.CareProgram.Query().IDsX(ctx), s.Client.Enrollment.Query().IDsX(ctx),
		s.Client.Consent.Query().IDsX(ctx), s.Client.Coverage.Query().IDsX(ctx), s.Client.CareRelationship.Query().IDsX(ctx),
		s.Client.Condition.Query().IDsX(ctx), s.Client.Treatment.Query().IDsX(ctx), s.Client.Touchpoint.Query().IDsX(ctx),
		s.Client.BenefitVerification.Query().IDsX(ctx), s.Client.PriorAuthorization.Query().IDsX(ctx),
		s.Client.ServiceActivity.Query().IDsX(ctx), s.Client.Disclosure.Query().IDsX(ctx),
	} {
		for _, key := range keys {
			out = append(out, key.String())
		}
	}
	return out
}

// dump reads all tables that travel, with other keys in place of the rows'.
func dump(t testing.TB, s *store.Store, keys map[string]string) map[string]table {
	ctx, c := viewer.System(t.Context(), "test"), s.Client
	out := map[string]table{}
	line := func(name string, row any) {
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		var of map[string]any
		if err := json.Unmarshal(text, &of); err != nil {
			t.Fatal(err)
		}
		for _, column := range slices.Concat(bookkeeping, staying) {
			delete(of, column)
		}
		if slices.Contains(anonymous, name) {
			delete(of, "id")
		}
		text, _ = json.Marshal(of) // it was just read
		if out[name] == nil {
			out[name] = table{}
		}
		out[name][keyText.ReplaceAllStringFunc(string(text), func(key string) string {
			if other, has := keys[key]; has {
				return other
			}
			return key
		})]++
	}
	each(c.Account.Query().AllX(ctx), "accounts", line)
	each(c.ContactPoint.Query().AllX(ctx), "contact_points", line)
	each(c.Patient.Query().AllX(ctx), "patients", line)
	each(c.Provider.Query().AllX(ctx), "providers", line)
	each(c.Organization.Query().AllX(ctx), "organizations", line)
	each(c.Location.Query().AllX(ctx), "locations", line)
	each(c.CareProgram.Query().AllX(ctx), "care_programs", line)
	each(c.RequiredConsent.Query().AllX(ctx), "required_consents", line)
	each(c.ProgramSite.Query().AllX(ctx), "program_sites", line)
	each(c.EligibilityCriterion.Query().AllX(ctx), "eligibility_criteria", line)
	each(c.TrialDetail.Query().AllX(ctx), "trial_details", line)
	each(c.Consent.Query().AllX(ctx), "consents", line)
	each(c.Coverage.Query().AllX(ctx), "coverages", line)
	each(c.Enrollment.Query().AllX(ctx), "enrollments", line)
	each(c.TrialSubject.Query().AllX(ctx), "trial_subjects", line)
	each(c.CareRelationship.Query().AllX(ctx), "care_relationships", line)
	each(c.Condition.Query().AllX(ctx), "conditions", line)
	each(c.Treatment.Query().AllX(ctx), "treatments", line)
	each(c.Touchpoint.Query().AllX(ctx), "touchpoints", line)
	each(c.ProgramProduct.Query().AllX(ctx), "program_products", line)
	each(c.ActivityTemplate.Query().AllX(ctx), "activity_templates", line)
	each(c.EligibilityAnswer.Query().AllX(ctx), "eligibility_answers", line)
	each(c.OnboardingPlan.Query().AllX(ctx), "onboarding_plans", line)
	each(c.ServiceActivity.Query().AllX(ctx), "service_activities", line)
	each(c.BenefitVerification.Query().AllX(ctx), "benefit_verifications", line)
	each(c.VerificationAttempt.Query().AllX(ctx), "verification_attempts", line)
	each(c.CoverageBenefit.Query().AllX(ctx), "coverage_benefits", line)
	each(c.PriorAuthorization.Query().AllX(ctx), "prior_authorizations", line)
	each(c.Disclosure.Query().AllX(ctx), "disclosures", line)
	for _, row := range c.StatusChange.Query().AllX(ctx) {
		line("status_changes", row)
	}
	identifiers := map[[4]string]bool{}
	for _, row := range c.ExternalIdentifier.Query().AllX(ctx) {
		address := row.System == "urn:ietf:rfc:3986" || row.System == "urn:carehub:fhir:id" && strings.Contains(row.Value, " ")
		if !address && row.System != "urn:carehub:record-version" {
			identifiers[[4]string{row.Entity, row.System, row.Value, row.EntityID.String()}] = true
		}
	}
	npi := func(entity string, value *string, key uuid.UUID) {
		if value != nil {
			identifiers[[4]string{entity, "http://hl7.org/fhir/sid/us-npi", *value, key.String()}] = true
		}
	}
	for _, row := range c.Provider.Query().AllX(ctx) {
		npi("provider", row.Npi, row.ID)
	}
	for _, row := range c.Organization.Query().AllX(ctx) {
		npi("org", row.Npi, row.ID)
	}
	for id := range identifiers {
		line("identifiers", map[string]string{"entity": id[0], "system": id[1], "value": id[2], "entity_id": id[3]})
	}
	return out
}

func each[Row any](rows []Row, name string, line func(string, any)) {
	for _, row := range rows {
		line(name, row)
	}
}
