package audit

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
)

// seeded are the keys of the rows of one patient.
type seeded struct {
	patient, contact, enrollment, consent, coverage, treatment, condition uuid.UUID
	careCase, touchpoint, inquiry, question, response                     uuid.UUID
	viewer                                                                *viewer.Identity
}

// seed writes a patient with a row of each kind that Reads covers.
func seed(t *testing.T, c *ent.Client) seeded {
	t.Helper()
	ctx := viewer.System(t.Context(), "test")
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := seeded{patient: c.Account.Create().SetKind(code.AccountKindPatient).SaveX(ctx).ID}
	asker := c.Identity.Create().SetPersona(viewer.Patient).SetName("P").SetIssuer("test").SetSubject("p").SetAccountID(s.patient).SaveX(ctx).ID
	s.viewer = &viewer.Identity{Key: asker, Role: viewer.Patient, AccountKey: s.patient, At: now}
	payer := c.Account.Create().SetKind(code.AccountKindPayer).SaveX(ctx).ID
	c.Organization.Create().SetID(payer).SetName("Payer").SaveX(ctx)
	program := c.CareProgram.Create().SetKind(code.ProgramKindTherapy).SetName("Program").SaveX(ctx).ID
	c.Patient.Create().SetID(s.patient).SetFamily("Doe").SaveX(ctx)
	s.contact = c.ContactPoint.Create().SetAccountID(s.patient).SetChannel(code.ChannelEmail).SetValue("p@example.com").SaveX(ctx).ID
	s.enrollment = c.Enrollment.Create().SetPatientID(s.patient).SetProgramID(program).SetSource(code.EnrollmentSourcePatient).SetReferredAt(now).SaveX(ctx).ID
	s.consent = c.Consent.Create().SetPatientID(s.patient).SetScope(code.ConsentScopeMedicalAffairs).SetStatus(code.ConsentStatusActive).
		SetDecision(code.ConsentDecisionPermit).SetCapturedVia(code.ChannelPortal).SetCapturedAt(now).SetEffectiveFrom(now).
		SetSignerRole(code.SignerRoleSelf).SetEvidenceKind(code.EvidenceKindESignature).SetEvidenceRef("e").SaveX(ctx).ID
	s.coverage = c.Coverage.Create().SetPatientID(s.patient).SetPayerID(payer).SetKind(code.CoverageKindMedical).
		SetStatus(code.CoverageStatusActive).SetPeriodStart("2026-01-01").SaveX(ctx).ID
	s.treatment = c.Treatment.Create().SetPatientID(s.patient).SetText("t").SetStatus(code.TreatmentStatusActive).SetStartedAt(now).SaveX(ctx).ID
	s.condition = c.Condition.Create().SetPatientID(s.patient).SetText("c").SetClinicalStatus(code.ClinicalStatusActive).SetOnsetAt(now).SaveX(ctx).ID
	s.careCase = c.CareCase.Create().SetNumber("C-1").SetKind(code.CaseKindMedicalInquiry).SetChannel(code.ChannelPortal).
		SetRequesterKind(code.AccountKindPatient).SetDepartment(code.DepartmentCodeMedicalAffairs).SetSubject("s").
		SetReceivedAt(now).SetDueAt(now).SetRequesterID(asker).SaveX(ctx).ID
	s.touchpoint = c.Touchpoint.Create().SetKind(code.TouchpointKindCommunication).SetDirection(code.DirectionInbound).SetChannel(code.ChannelPhone).
		SetStatus(code.TouchpointStatusCompleted).SetOccurredAt(now).SetPatientID(s.patient).SaveX(ctx).ID
	s.inquiry = c.MedicalInquiry.Create().SetCareCaseID(s.careCase).SetUnsolicited(true).SetAttestedAt(now).SetAdverseEvent(false).SaveX(ctx).ID
	s.question = c.InquiryQuestion.Create().SetInquiryID(s.inquiry).SetSeq(1).SetText("q").SetTopic(code.InquiryTopicDosing).SaveX(ctx).ID
	s.response = c.InquiryResponse.Create().SetInquiryID(s.inquiry).SetKind(code.ResponseKindVerbal).SetBody("b").
		SetStatus(code.ResponseStatusSent).SetAuthorID(asker).SaveX(ctx).ID
	return s
}

// recording returns a context in which the viewer's reads are noted.
func recording(ctx context.Context, id *viewer.Identity) (context.Context, *Recorder) {
	r := NewRecorder(id, "request-1")
	return NewContext(viewer.NewContext(ctx, id), r), r
}

func TestReadsAreNoted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		keys := seed(t, s.Client)
		Reads(s.Client)
		ctx, r := recording(t.Context(), keys.viewer)
		// Some rows come by an edge, some twice, some from a transaction.
		p := s.Client.Patient.Query().WithCoverages().WithEnrollments().
			WithConsents(func(q *ent.ConsentQuery) { q.WithPatient() }).OnlyX(ctx)
		p.QueryTreatments().AllX(ctx)
		p.QueryConditions().FirstX(ctx)
		s.Client.Touchpoint.GetX(ctx, keys.touchpoint)
		s.Client.ContactPoint.Query().AllX(ctx)
		tx, err := s.Client.Tx(ctx)
		if err != nil {
			t.Fatal(err)
		}
		tx.CareCase.Query().WithInquiry(func(q *ent.MedicalInquiryQuery) { q.WithQuestions().WithResponses() }).AllX(ctx)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}

		one := func(entity string, id uuid.UUID, patients ...uuid.UUID) Entry {
			return Entry{
				Action: code.AuditActionRead, Operation: "me", Entity: entity, IDs: []uuid.UUID{id}, Patients: patients, RequestID: "request-1",
			}
		}
		want := []Entry{
			one("CareCase", keys.careCase), one("Condition", keys.condition, keys.patient),
			one("Consent", keys.consent, keys.patient), one("ContactPoint", keys.contact, keys.patient),
			one("Coverage", keys.coverage, keys.patient), one("Enrollment", keys.enrollment, keys.patient),
			one("InquiryQuestion", keys.question), one("InquiryResponse", keys.response), one("MedicalInquiry", keys.inquiry),
			one("Patient", keys.patient, keys.patient), one("Touchpoint", keys.touchpoint, keys.patient),
			one("Treatment", keys.treatment, keys.patient),
		}
		if diff := cmp.Diff(want, r.Entries("me"), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReadsThatShowNoRow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		keys := seed(t, s.Client)
		Reads(s.Client)
		ctx, r := recording(t.Context(), keys.viewer)
		system := viewer.System(ctx, "test")
		s.Client.Patient.Query().WithConsents().AllX(system)
		Revealed(system, ent.TypePatient, keys.patient, nil)
		Unmasked(system, ent.TypePatient, keys.patient, "C")
		Denied(system, code.AuditActionUpdate, ent.TypePatient, nil, "reason")
		s.Client.Patient.Query().CountX(ctx)
		s.Client.Patient.Query().ExistX(ctx)
		s.Client.Patient.Query().IDsX(ctx)
		s.Client.Patient.Query().Where(patient.Family("Nobody")).WithConsents().AllX(ctx)
		s.Client.Consent.Query().GroupBy(consent.FieldScope).StringsX(ctx)
		s.Client.Organization.Query().AllX(ctx)
		if entries := r.Entries("me"); len(entries) != 0 {
			t.Errorf("%v", entries)
		}
		// Without a recorder a query is as it was.
		if n := len(s.Client.Patient.Query().AllX(viewer.NewContext(t.Context(), keys.viewer))); n != 1 {
			t.Errorf("%d patients", n)
		}
	})
}

func TestRecorderEntries(t *testing.T) {
	ctx, r := recording(t.Context(), &viewer.Identity{Key: actor(0), Role: viewer.Liaison})
	a, b, person, other := actor(1), actor(2), actor(3), actor(4)
	Revealed(ctx, ent.TypeConsent, a, nil)
	Revealed(ctx, ent.TypeConsent, a, &person)
	Revealed(ctx, ent.TypeConsent, a, nil)
	Revealed(ctx, ent.TypeConsent, b, &person)
	Revealed(ctx, ent.TypePatient, other, &other)
	Unmasked(ctx, ent.TypePatient, other, "MEDICAL_AFFAIRS_CONSENT")
	Unmasked(ctx, ent.TypePatient, other, "MEDICAL_AFFAIRS_CONSENT")
	Unmasked(ctx, ent.TypePatient, person, "ASSIGNED")
	Denied(ctx, code.AuditActionUpdate, ent.TypeCareCase, []uuid.UUID{b}, "AUTHORED")
	common := Entry{Action: code.AuditActionRead, Operation: "patients", RequestID: "request-1"}
	entry := func(entity, detail string, ids, patients []uuid.UUID) Entry {
		e := common
		e.Entity, e.Detail, e.IDs, e.Patients = entity, detail, ids, patients
		return e
	}
	denied := entry(ent.TypeCareCase, "AUTHORED", []uuid.UUID{b}, nil)
	denied.Action, denied.Decision = code.AuditActionUpdate, code.AuditDecisionDeny
	sorted := cmpopts.SortSlices(func(a, b uuid.UUID) bool { return a.String() < b.String() })
	want := []Entry{
		entry(ent.TypeConsent, "", []uuid.UUID{a, b}, []uuid.UUID{person}),
		entry(ent.TypePatient, "", []uuid.UUID{other}, []uuid.UUID{other}),
		entry(ent.TypePatient, "ASSIGNED", []uuid.UUID{person}, []uuid.UUID{person}),
		entry(ent.TypePatient, "MEDICAL_AFFAIRS_CONSENT", []uuid.UUID{other}, []uuid.UUID{other}),
		denied,
	}
	for range 2 { // asking does not take them away
		if diff := cmp.Diff(want, r.Entries("patients"), sorted, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestRecorderSplitsLongRows(t *testing.T) {
	ctx, r := recording(t.Context(), &viewer.Identity{Role: viewer.Coordinator})
	patientOf := map[uuid.UUID]uuid.UUID{}
	for i := range 1201 {
		person := actor(i / 7)
		patientOf[actor(i+10000)] = person
		Revealed(ctx, ent.TypeEnrollment, actor(i+10000), &person)
	}
	entries := r.Entries("worklist")
	var lengths []int
	for _, e := range entries {
		lengths = append(lengths, len(e.IDs))
		persons := map[uuid.UUID]bool{}
		for _, id := range e.IDs {
			persons[patientOf[id]] = true
			delete(patientOf, id)
		}
		for _, p := range e.Patients {
			if !persons[p] {
				t.Errorf("patient %s is of no row of the entry, or there twice", p)
			}
			delete(persons, p)
		}
		if len(persons) > 0 {
			t.Errorf("%d patients of its rows are not in the entry", len(persons))
		}
	}
	if !slices.Equal(lengths, []int{500, 500, 201}) || len(patientOf) > 0 {
		t.Errorf("entries of %v rows; %d rows are in none", lengths, len(patientOf))
	}
}

func TestRecorderNotesEveryOperationOfAnalysts(t *testing.T) {
	for persona, want := range map[viewer.Persona][]Entry{
		viewer.Analyst: {{Action: code.AuditActionExecute, Operation: "kpi", RequestID: "request-1"}},
		viewer.Admin:   nil,
	} {
		ctx, r := recording(t.Context(), &viewer.Identity{Role: persona})
		if diff := cmp.Diff(want, r.Entries("kpi")); diff != "" {
			t.Error(persona, diff)
		}
		Revealed(ctx, ent.TypePatient, actor(1), nil)
		if entries := r.Entries("kpi"); len(entries) != 1 || entries[0].Action != code.AuditActionRead {
			t.Errorf("%s: %v", persona, entries)
		}
	}
}

func TestRecorderIsSafeForManyResolvers(t *testing.T) {
	ctx, r := recording(t.Context(), &viewer.Identity{Role: viewer.Provider})
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 50 {
				id := actor(n*50 + i)
				Revealed(ctx, ent.TypePatient, id, &id)
				Unmasked(ctx, ent.TypePatient, id, fmt.Sprint(n))
				Denied(ctx, code.AuditActionRead, ent.TypePatient, []uuid.UUID{id}, "x")
				r.Entries("x")
			}
		})
	}
	all.Wait()
	if n := len(r.Entries("x")); n != 1+8+400 {
		t.Errorf("%d entries", n)
	}
}

// BenchmarkReads is the cost of noting a page of rows.
func BenchmarkReads(b *testing.B) {
	rows := make([]*ent.Consent, 100)
	for i := range rows {
		rows[i] = &ent.Consent{ID: actor(i), PatientID: actor(i / 4)}
	}
	querier := reads(ent.TypeConsent, func(r *ent.Consent) (id, patient uuid.UUID) { return r.ID, r.PatientID }).
		Intercept(ent.QuerierFunc(func(context.Context, ent.Query) (ent.Value, error) { return rows, nil }))
	id := &viewer.Identity{Role: viewer.Provider}
	b.ReportAllocs()
	for b.Loop() {
		ctx, _ := recording(b.Context(), id)
		if _, err := querier.Query(ctx, nil); err != nil {
			b.Fatal(err)
		}
	}
}
