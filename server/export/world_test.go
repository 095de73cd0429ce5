package export_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/dialect/sql/sqlgraph"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/migrate"
	"github.com/carehub/carehub/ent/store"
)

// world is rows of all tables that an export reads, in the order in which they can be written. It is drawn from the
// description of the tables, so that a new column is in it without being thought of.
type world []row

type row struct {
	table  string
	values map[string]any
}

// GoString shows a world that has broken a property.
func (w world) GoString() string {
	var b strings.Builder
	for _, r := range w {
		fmt.Fprintf(&b, "\n%s", r.table)
		for _, column := range slices.Sorted(maps.Keys(r.values)) {
			if v := r.values[column]; v != nil {
				fmt.Fprintf(&b, " %s=%+q", column, fmt.Sprint(v))
			}
		}
	}
	return b.String()
}

// of are the rows of a table.
func (w world) of(table string) world {
	var out world
	for _, r := range w {
		if r.table == table {
			out = append(out, r)
		}
	}
	return out
}

// worlds draws small worlds.
var worlds = rapid.Custom(func(t *rapid.T) world {
	d := &draw{T: t, keys: map[string][]uuid.UUID{}, kinds: map[uuid.UUID]string{}}
	few := func(make func()) {
		for range rapid.IntRange(0, 3).Draw(t, "rows") {
			make()
		}
	}
	for _, name := range []string{"Examplast", "Other \"name\""} {
		d.add(migrate.ProductsTable, fixed{"name": name})
	}
	d.party(migrate.OrganizationsTable, "org", code.AccountKindSponsor, fixed{"npi": "1679576722"})
	few(func() { d.party(migrate.OrganizationsTable, "org", code.AccountKindPayer, fixed{"npi": nil}) })
	few(func() { d.named(migrate.LocationsTable, "location", fixed{}) })
	d.party(migrate.ProvidersTable, "provider", code.AccountKindProvider, fixed{"npi": nil})
	few(func() {
		d.party(migrate.ProvidersTable, "provider", code.AccountKindProvider, fixed{"npi": npis[len(d.keys["providers"])%len(npis)]})
	})
	for _, kind := range []code.ProgramKind{code.ProgramKindTherapy, code.ProgramKindPatientServices, code.ProgramKindClinicalTrial} {
		d.program(kind)
	}
	few(func() { d.program(code.ProgramKindClinicalTrial) })
	d.party(migrate.PatientsTable, "patient", code.AccountKindPatient, fixed{})
	few(func() { d.party(migrate.PatientsTable, "patient", code.AccountKindPatient, fixed{}) })
	few(func() {
		d.history(d.named(migrate.ConsentsTable, "consent", d.given()), "consent_id", code.ConsentStatus("").Values())
	})
	few(func() { d.named(migrate.CoveragesTable, "coverage", fixed{}) })
	few(d.enrollment)
	few(d.enrollment)
	few(func() { d.named(migrate.CareRelationshipsTable, "care", fixed{"attested_by": nil}) })
	few(func() { d.named(migrate.ConditionsTable, "condition", fixed{}) })
	few(func() { d.named(migrate.TreatmentsTable, "treatment", fixed{}) })
	few(func() {
		d.named(migrate.TouchpointsTable, "touch", fixed{
			"kind": string(code.TouchpointKindCareEncounter), "patient_id": d.one("patients"), "user_id": nil, "care_case_id": nil,
		})
	})
	few(func() { d.named(migrate.TouchpointsTable, "touch", fixed{"user_id": nil, "care_case_id": nil}) })
	return d.rows
})

// npis are valid by their check digit.
var npis = []any{nil, "1234567893", "1245319599", "1992999825"}

// draw draws rows.
type draw struct {
	*rapid.T
	rows  world
	keys  map[string][]uuid.UUID // by table
	kinds map[uuid.UUID]string   // of programs
}

// fixed are columns whose value is not drawn.
type fixed map[string]any

// key numbers rows, so that the same world has the same keys.
func (d *draw) key() uuid.UUID {
	return uuid.MustParse(fmt.Sprintf("018f5a3e-1c2b-7000-8000-%012x", len(d.rows)+1))
}

func (d *draw) one(table string) uuid.UUID { return rapid.SampledFrom(d.keys[table]).Draw(d.T, table) }

// add draws a row.
func (d *draw) add(t *schema.Table, of fixed) uuid.UUID {
	values := map[string]any{}
	refers := map[string]string{"account_id": "accounts"}
	for _, f := range t.ForeignKeys {
		refers[f.Columns[0].Name] = f.RefTable.Name
	}
	for _, c := range t.Columns {
		values[c.Name] = d.column(c, refers[c.Name], of)
	}
	key := values["id"].(uuid.UUID)
	d.rows = append(d.rows, row{t.Name, values})
	d.keys[t.Name] = append(d.keys[t.Name], key)
	return key
}

func (d *draw) column(c *schema.Column, refers string, of fixed) any {
	if value, is := of[c.Name]; is {
		return value
	}
	switch c.Name {
	case "id":
		return d.key()
	case "version":
		return 1
	case "created_by", "updated_by":
		return nil
	case "created_at", "updated_at":
		return time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	case "locale":
		return rapid.SampledFrom([]string{"en-US", "es-US"}).Draw(d.T, "locale")
	}
	if c.Nullable && rapid.Bool().Draw(d.T, c.Name+" absent") {
		return nil
	}
	switch {
	case refers != "" && len(d.keys[refers]) == 0:
		return nil
	case refers != "":
		return d.one(refers)
	case c.Type == field.TypeEnum:
		return rapid.SampledFrom(c.Enums).Draw(d.T, c.Name)
	case c.Type == field.TypeTime:
		return moments.Draw(d.T, c.Name)
	case c.Type == field.TypeInt:
		return rapid.IntRange(1, 1e6).Draw(d.T, c.Name)
	case c.Type == field.TypeBool:
		return rapid.Bool().Draw(d.T, c.Name)
	case c.Type == field.TypeJSON:
		list, _ := json.Marshal(rapid.SliceOfN(texts(100), 1, 3).Draw(d.T, c.Name)) // texts always marshal
		return string(list)
	case c.Type == field.TypeString && slices.Contains(days, c.Name):
		return moments.Draw(d.T, c.Name).Format(time.DateOnly)
	case c.Type == field.TypeString:
		return texts(c.Size).Draw(d.T, c.Name)
	}
	panic("no values for column " + c.Name)
}

// days are columns of calendar days.
var days = []string{
	"birth_date", "licence_expires", "starts_on", "ends_on", "opt_out_until", "subscriber_birth_date", "period_start", "period_end",
}

// moments are times as both databases store them: to the microsecond.
var moments = rapid.Custom(func(t *rapid.T) time.Time {
	return time.UnixMicro(rapid.Int64Range(-2e15, 4e15).Draw(t, "µs")).UTC()
})

// hostile are texts on which formats and databases stumble.
var hostile = []string{
	`"`, `\`, `'; DROP TABLE x; --`, "\u2028", "\u2029", "😀", "שלום", "\u202eabc", " a ", "\ta\n", "a\r\nb", "null", "<&>", "a\u0301",
	"é", "\u0001", "\u007f", "\ufeff", "0", "#", "Patient/1", "urn:uuid:x", "a|b", "%", "_", ",", "\u00a0",
}

// texts are texts that a column of the size holds.
func texts(size int64) *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(hostile), rapid.StringN(1, 12, 40)).Filter(func(s string) bool {
		return s != "" && utf8.ValidString(s) && !strings.ContainsRune(s, 0) && (size == 0 || len(s) <= int(size))
	})
}

// named draws a row that other systems may have names for.
func (d *draw) named(t *schema.Table, entity string, of fixed) uuid.UUID {
	key := d.add(t, of)
	for range rapid.IntRange(0, 2).Draw(d.T, "names") {
		value := rapid.StringMatching(`[a-z0-9]{1,20}`).Draw(d.T, "value")
		d.add(migrate.ExternalIdentifiersTable, fixed{
			"entity": entity, "system": rapid.SampledFrom([]string{"urn:example:a", "https://example.com/b"}).Draw(d.T, "system"),
			"value": value, "entity_id": key,
		})
	}
	return key
}

// party draws a party with its account and the ways to reach it.
func (d *draw) party(t *schema.Table, entity string, kind code.AccountKind, of fixed) {
	account := d.add(migrate.AccountsTable, fixed{"kind": string(kind)})
	of["id"] = account
	d.named(t, entity, of)
	for range rapid.IntRange(0, 2).Draw(d.T, "contacts") {
		d.add(migrate.ContactPointsTable, fixed{"account_id": account})
	}
}

func (d *draw) program(kind code.ProgramKind) {
	program := d.named(migrate.CareProgramsTable, "program", fixed{"kind": string(kind)})
	d.kinds[program] = string(kind)
	of := fixed{"program_id": program}
	for _, t := range []*schema.Table{migrate.RequiredConsentsTable, migrate.ProgramSitesTable, migrate.EligibilityCriteriaTable} {
		for range rapid.IntRange(0, 2).Draw(d.T, t.Name) {
			row := maps.Clone(of)
			if t == migrate.EligibilityCriteriaTable {
				row["expression"] = rapid.SampledFrom([]any{nil, "age >= 18", `answer == "'\u2028"`, "sex == 'FEMALE' && insured"}).Draw(d.T, "expression")
			}
			d.add(t, row)
		}
	}
	if kind == code.ProgramKindClinicalTrial && rapid.Bool().Draw(d.T, "detail") {
		d.add(migrate.TrialDetailsTable, of)
	}
}

// given are the columns of a consent that keep it possible: one in force has its evidence.
func (d *draw) given() fixed {
	of := fixed{"form_id": nil, "document_id": nil, "renews_id": nil, "status": rapid.SampledFrom(code.ConsentStatus("").Values()).Draw(d.T, "status")}
	if of["status"] == string(code.ConsentStatusActive) {
		of["evidence_kind"] = rapid.SampledFrom(code.EvidenceKind("").Values()).Draw(d.T, "evidence_kind")
		of["evidence_ref"] = texts(300).Draw(d.T, "evidence_ref")
	}
	return of
}

// takes tells that anybody eligible may be active in the program.
func (d *draw) takes(program uuid.UUID) bool {
	for _, r := range d.rows {
		if r.table == migrate.RequiredConsentsTable.Name && r.values["program_id"] == program {
			return false
		}
		if r.values["id"] == program && (r.values["status"] != string(code.ProgramStatusActive) || r.values["coverage_required"] == true) {
			return false
		}
	}
	return true
}

func (d *draw) enrollment() {
	program := d.one("care_programs")
	of := fixed{"program_id": program, "coordinator_id": nil}
	if d.takes(program) {
		of["eligibility"] = string(code.EligibilityDecisionEligible)
	} else {
		of["status"] = rapid.SampledFrom(slices.DeleteFunc(code.EnrollmentStatus("").Values(), func(s string) bool {
			return s == string(code.EnrollmentStatusActive)
		})).Draw(d.T, "status")
	}
	enrollment := d.named(migrate.EnrollmentsTable, "enrollment", of)
	d.history(enrollment, "enrollment_id", code.EnrollmentStatus("").Values())
	if d.kinds[program] != string(code.ProgramKindClinicalTrial) || rapid.Bool().Draw(d.T, "no subject") {
		return
	}
	var site any
	for _, r := range d.rows {
		if r.table == "program_sites" && r.values["program_id"] == program {
			site = r.values["id"]
		}
	}
	state := rapid.SampledFrom(code.SubjectState("").Values()).Draw(d.T, "state")
	if lifecycle.Participates(code.SubjectState(state)) {
		d.agreed(enrollment, program)
	}
	subject := d.add(migrate.TrialSubjectsTable, fixed{"enrollment_id": enrollment, "site_id": site, "state": state})
	d.history(subject, "trial_subject_id", code.SubjectState("").Values())
}

// agreed draws a consent of the past to take part in the trial: without one nobody was screened.
func (d *draw) agreed(enrollment, program uuid.UUID) {
	of := d.given()
	of["scope"], of["decision"] = string(code.ConsentScopeTrialParticipation), string(code.ConsentDecisionPermit)
	of["program_id"], of["captured_at"] = program, time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	if of["status"] != string(code.ConsentStatusActive) {
		of["status"] = string(code.ConsentStatusInactive)
	}
	for _, r := range d.rows {
		if r.values["id"] == enrollment {
			of["patient_id"] = r.values["patient_id"]
		}
	}
	d.named(migrate.ConsentsTable, "consent", of)
}

// history draws a history of a row, which may be partial.
func (d *draw) history(of uuid.UUID, column string, statuses []string) {
	status := rapid.SampledFrom(statuses)
	for range rapid.IntRange(0, 3).Draw(d.T, "history") {
		values := fixed{
			"to_status": status.Draw(d.T, "to"), "changed_by_id": nil, "care_case_id": nil, "enrollment_id": nil, "consent_id": nil,
			"inquiry_response_id": nil, "portal_access_id": nil, "trial_subject_id": nil, "program_id": nil, "coverage_id": nil,
			"consent_form_id": nil, "prior_authorization_id": nil, "benefit_verification_id": nil, "service_activity_id": nil,
		}
		values[column] = of
		if rapid.Bool().Draw(d.T, "step") {
			values["from_status"] = status.Draw(d.T, "from")
		}
		d.add(migrate.StatusChangesTable, values)
	}
}

// write makes the world true. A row that breaks a rule of uniqueness is left out, with those that refer to it.
func (w world) write(t testing.TB, s *store.Store) {
	t.Helper()
	gone := map[any]bool{}
	for _, r := range w {
		refers := false
		insert := sql.Dialect(s.Dialect).Insert(r.table)
		for column, value := range r.values {
			refers = refers || value != nil && gone[value]
			insert.Set(column, value)
		}
		query, args := insert.Query()
		if refers {
			gone[r.values["id"]] = true
			continue
		}
		_, err := s.DB.ExecContext(t.Context(), query, args...)
		switch {
		case sqlgraph.IsUniqueConstraintError(err):
			gone[r.values["id"]] = true
		case err != nil:
			t.Fatalf("%s: %v", r.table, err)
		}
	}
}
