package demo_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/benefitverification"
	"github.com/carehub/carehub/ent/caserouting"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/consentform"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/requiredconsent"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/demo"
)

// must returns the value of a query that may not fail.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// What is generated obeys what the API would have enforced.
func TestInvariants(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		newService(t, st).seed(t, demo.Options{Patients: 120})
		for name, check := range map[string]func(*testing.T, *ent.Client){
			"enrollments": activeEnrollments, "programs": activePrograms, "histories": histories, "contacts": contacts,
			"cases": cases, "variety": variety, "trials": trials, "waiting": waiting,
		} {
			t.Run(name, func(t *testing.T) { check(t, st.Client) })
		}
		t.Run("audit", func(t *testing.T) {
			if err := must(audit.Verify(system(t), st.Client))(t).Err(); err != nil {
				t.Error(err)
			}
		})
	})
}

// An active enrollment has every consent that its program demands, then and now.
func activeEnrollments(t *testing.T, c *ent.Client) {
	ctx := system(t)
	active := must(c.Enrollment.Query().Where(enrollment.StatusEQ(code.EnrollmentStatusActive)).All(ctx))(t)
	if len(active) < 10 {
		t.Fatalf("%d active enrollments", len(active))
	}
	covered := 0
	for _, e := range active {
		if program := must(c.CareProgram.Get(ctx, e.ProgramID))(t); program.Status != code.ProgramStatusActive {
			t.Errorf("%s is active in a program that is %s", e.ID, program.Status)
		}
		if program := must(c.CareProgram.Get(ctx, e.ProgramID))(t); program.CoverageRequired {
			covered++
			if !must(c.BenefitVerification.Query().Where(
				benefitverification.PatientID(e.PatientID), benefitverification.StatusEQ(code.VerificationStatusComplete),
				benefitverification.CompletedAtLTE(*e.ActivatedAt), benefitverification.ValidUntilGT(present),
			).Exist(ctx))(t) {
				t.Errorf("enrollment %s is active without a verification", e.ID)
			}
		}
		for _, need := range must(c.RequiredConsent.Query().Where(requiredconsent.ProgramID(e.ProgramID)).All(ctx))(t) {
			given := must(c.Consent.Query().Where(
				consent.PatientID(e.PatientID), consent.ProgramID(e.ProgramID), consent.ScopeEQ(need.Scope),
				consent.StatusEQ(code.ConsentStatusActive), consent.DecisionEQ(code.ConsentDecisionPermit),
				consent.CapturedAtLTE(*e.ActivatedAt), consent.ExpiresAtGT(present),
			).Count(ctx))(t)
			if given != 1 {
				t.Errorf("enrollment %s is active with %d consents for %s", e.ID, given, need.Scope)
			}
		}
	}
	if covered == 0 {
		t.Error("no active enrollment demands coverage")
	}
	if n := must(c.Consent.Query().Where(consent.StatusEQ(code.ConsentStatusProposed)).Count(ctx))(t); n == 0 {
		t.Error("no consent is asked for")
	}
	for _, e := range must(c.Enrollment.Query().All(ctx))(t) {
		if ended := lifecycle.Enrollment.Terminal(e.Status); ended != (e.EndedAt != nil) {
			t.Errorf("enrollment %s is %s and ended at %v", e.ID, e.Status, e.EndedAt)
		}
	}
}

// An active program has approved forms for all that it demands, in both languages.
func activePrograms(t *testing.T, c *ent.Client) {
	ctx := system(t)
	for _, p := range must(c.CareProgram.Query().All(ctx))(t) {
		needs := must(c.RequiredConsent.Query().Where(requiredconsent.ProgramID(p.ID)).All(ctx))(t)
		if len(needs) == 0 {
			t.Errorf("%s demands no consent", p.Name)
		}
		for _, need := range needs {
			for _, locale := range []string{"en-US", "es-US"} {
				approved := must(c.ConsentForm.Query().Where(
					consentform.ProgramID(p.ID), consentform.ScopeEQ(need.Scope), consentform.Locale(locale),
					consentform.StatusEQ(code.FormStatusApproved),
				).Exist(ctx))(t)
				if approved != (p.Status == code.ProgramStatusActive) {
					t.Errorf("%s is %s; form for %s in %s approved: %t", p.Name, p.Status, need.Scope, locale, approved)
				}
			}
		}
	}
}

// Every lifecycle was gone through as its machine allows, in time, and ended where the row stands.
func histories(t *testing.T, c *ent.Client) {
	ctx := system(t)
	of := map[uuid.UUID][]*ent.StatusChange{}
	for _, s := range must(c.StatusChange.Query().Order(statuschange.ByAt(), statuschange.ByID()).All(ctx))(t) {
		for _, key := range []*uuid.UUID{s.CareCaseID, s.EnrollmentID, s.ConsentID, s.InquiryResponseID, s.PortalAccessID, s.BenefitVerificationID, s.TrialSubjectID} {
			if key != nil {
				of[*key] = append(of[*key], s)
			}
		}
	}
	for _, row := range must(c.Enrollment.Query().All(ctx))(t) {
		history(t, lifecycle.Enrollment, row.ID, of[row.ID], row.Status)
	}
	for _, row := range must(c.Consent.Query().All(ctx))(t) {
		history(t, lifecycle.Consent, row.ID, of[row.ID], row.Status)
	}
	for _, row := range must(c.BenefitVerification.Query().All(ctx))(t) {
		history(t, lifecycle.Verification, row.ID, of[row.ID], row.Status)
	}
	for _, row := range must(c.TrialSubject.Query().All(ctx))(t) {
		history(t, lifecycle.Subject, row.ID, of[row.ID], row.State)
	}
	for _, row := range must(c.PortalAccess.Query().All(ctx))(t) {
		history(t, lifecycle.PortalAccess, row.ID, of[row.ID], row.Status)
	}
	for _, row := range must(c.CareCase.Query().All(ctx))(t) {
		history(t, lifecycle.Case, row.ID, of[row.ID], row.Status)
	}
	for _, row := range must(c.InquiryResponse.Query().All(ctx))(t) {
		history(t, lifecycle.Response, row.ID, of[row.ID], row.Status)
	}
}

func history[S ~string](t *testing.T, m lifecycle.Machine[S], id uuid.UUID, steps []*ent.StatusChange, now S) {
	t.Helper()
	if len(steps) == 0 {
		t.Errorf("%T of %s without a history", now, id)
		return
	}
	if steps[0].FromStatus != nil {
		t.Errorf("%s begins with a step from %s", id, *steps[0].FromStatus)
	}
	for i, s := range steps[1:] {
		if before := steps[i].ToStatus; s.FromStatus == nil || *s.FromStatus != before || !m.Allows(S(before), S(s.ToStatus)) && before != s.ToStatus {
			t.Errorf("%s: from %s to %s", id, before, s.ToStatus)
		}
	}
	if last := steps[len(steps)-1]; last.ToStatus != string(now) || last.At.After(present) {
		t.Errorf("%s is %s; the last step, at %s, led to %s", id, now, last.At, last.ToStatus)
	}
}

// Nobody was called or written to who did not permit it then, and every contact that was closed has been screened.
func contacts(t *testing.T, c *ent.Client) {
	ctx := system(t)
	scopes := map[code.Channel]code.ConsentScope{
		code.ChannelPhone: code.ConsentScopeChannelPhone, code.ChannelEmail: code.ConsentScopeChannelEmail,
	}
	consents := map[uuid.UUID]*ent.Consent{}
	for _, row := range must(c.Consent.Query().All(ctx))(t) {
		consents[row.ID] = row
	}
	died := map[uuid.UUID]*time.Time{}
	for _, row := range must(c.Patient.Query().All(ctx))(t) {
		died[row.ID] = row.DeceasedAt
	}
	refused := 0
	for _, row := range must(c.Touchpoint.Query().All(ctx))(t) {
		if row.OccurredAt.After(present) {
			t.Errorf("touchpoint %s is yet to come", row.ID)
		}
		if row.Status == code.TouchpointStatusCompleted && row.AeScreen == code.AdverseEventScreenPending {
			t.Errorf("touchpoint %s was closed without a screen", row.ID)
		}
		if row.AeScreen == code.AdverseEventScreenReported && row.CareCaseID == nil {
			t.Errorf("touchpoint %s: the adverse event has no case", row.ID)
		}
		if row.PatientID == nil {
			continue
		}
		if end := died[*row.PatientID]; end != nil && row.OccurredAt.After(*end) {
			t.Errorf("touchpoint %s with somebody dead", row.ID)
		}
		if row.Status == code.TouchpointStatusNotDone {
			refused++
		}
		if row.Direction != code.DirectionOutbound || row.Status != code.TouchpointStatusCompleted {
			continue
		}
		if row.ConsentID == nil {
			t.Errorf("touchpoint %s over %s without a consent", row.ID, row.Channel)
			continue
		}
		relied := consents[*row.ConsentID]
		if relied.PatientID != *row.PatientID || relied.Scope != scopes[row.Channel] || relied.EffectiveFrom.After(row.OccurredAt) ||
			relied.RevokedAt != nil && relied.RevokedAt.Before(row.OccurredAt) {
			t.Errorf("touchpoint %s at %s relies on %v", row.ID, row.OccurredAt, relied)
		}
	}
	if refused == 0 {
		t.Error("no contact was refused")
	}
}

// Every case is in a department that may hold it, and came there by as many entries as it counts.
func cases(t *testing.T, c *ent.Client) {
	ctx := system(t)
	seen := map[code.CaseStatus]bool{}
	reasons := map[code.RoutingReason]bool{}
	departments := map[code.DepartmentCode]bool{}
	for _, row := range must(c.CareCase.Query().All(ctx))(t) {
		seen[row.Status], departments[row.Department] = true, true
		if err := lifecycle.MayHold(row.Department, row.Kind, row.LabelStatus); err != nil {
			t.Error(err)
		}
		entries := must(c.CaseRouting.Query().Where(caserouting.CareCaseID(row.ID)).Order(caserouting.BySeq()).All(ctx))(t)
		if len(entries) != row.RoutingCount || entries[len(entries)-1].ToDepartment != row.Department {
			t.Errorf("%s in %s: %v", row.Number, row.Department, entries)
		}
		for _, e := range entries {
			reasons[e.Reason] = true
		}
		if lifecycle.OffLabel(row.LabelStatus) && row.Department != code.DepartmentCodeMedicalInformation {
			t.Errorf("%s is off-label in %s", row.Number, row.Department)
		}
	}
	for _, status := range []code.CaseStatus{
		code.CaseStatusRouted, code.CaseStatusAccepted, code.CaseStatusInProgress, code.CaseStatusResolved, code.CaseStatusClosed,
	} {
		if !seen[status] {
			t.Errorf("no case is %s", status)
		}
	}
	for _, reason := range code.RoutingReason("").Values() {
		if !reasons[code.RoutingReason(reason)] {
			t.Errorf("no case was %s", reason)
		}
	}
	for _, department := range []code.DepartmentCode{
		code.DepartmentCodeMedicalAffairs, code.DepartmentCodeMedicalInformation, code.DepartmentCodeDrugSafety,
		code.DepartmentCodeQuality, code.DepartmentCodePrivacy,
	} {
		if !departments[department] {
			t.Errorf("%s has no case", department)
		}
	}
}

// Every state of a participant is there, goes with the enrollment, and was reached with the consent that it demands.
func trials(t *testing.T, c *ent.Client) {
	ctx := system(t)
	seen := map[code.SubjectState]bool{}
	for _, row := range must(c.TrialSubject.Query().WithEnrollment().WithHistory().All(ctx))(t) {
		seen[row.State] = true
		e := row.Edges.Enrollment
		if !lifecycle.GoTogether(row.State, e.Status) {
			t.Errorf("a participant is %s, the enrollment %s", row.State, e.Status)
		}
		for _, s := range row.Edges.History {
			if !lifecycle.Participates(code.SubjectState(s.ToStatus)) {
				continue
			}
			if !must(c.Consent.Query().Where(consent.PatientID(e.PatientID), consent.ProgramID(e.ProgramID), consent.CapturedAtLT(s.At), consent.FormIDNotNil(),
				consent.ScopeEQ(code.ConsentScopeTrialParticipation), consent.DecisionEQ(code.ConsentDecisionPermit)).Exist(ctx))(t) {
				t.Errorf("somebody became %s without a consent", s.ToStatus)
			}
		}
	}
	for _, state := range code.SubjectState("").Values() {
		if !seen[code.SubjectState(state)] {
			t.Errorf("no participant is %s", state)
		}
	}
}

// Who waits for a place waits in a program that has none.
func waiting(t *testing.T, c *ent.Client) {
	ctx := system(t)
	waits := must(c.Enrollment.Query().Where(enrollment.StatusEQ(code.EnrollmentStatusWaitlisted)).WithProgram().All(ctx))(t)
	if len(waits) < 3 {
		t.Errorf("%d wait", len(waits))
	}
	for _, e := range waits {
		taken := must(c.Enrollment.Query().Where(enrollment.ProgramID(e.ProgramID), enrollment.StatusIn("ELIGIBLE", "CONSENT_PENDING", "READY", "ACTIVE", "ON_HOLD")).Count(ctx))(t)
		if limit := e.Edges.Program.Capacity; limit == nil || *limit != taken {
			t.Errorf("somebody waits in %s, where %d places of %v are taken", e.Edges.Program.Name, taken, limit)
		}
	}
}

// What rules distinguish is there to be distinguished.
func variety(t *testing.T, c *ent.Client) {
	ctx := system(t)
	enrolled, consented := map[code.EnrollmentStatus]bool{}, map[code.ConsentStatus]bool{}
	for _, row := range must(c.Enrollment.Query().All(ctx))(t) {
		enrolled[row.Status] = true
	}
	for _, status := range code.EnrollmentStatus("").Values() {
		if !enrolled[code.EnrollmentStatus(status)] {
			t.Errorf("no enrollment is %s", status)
		}
	}
	affairs := map[code.ConsentStatus]bool{}
	for _, row := range must(c.Consent.Query().All(ctx))(t) {
		consented[row.Status] = true
		if row.Scope == code.ConsentScopeMedicalAffairs {
			affairs[row.Status] = true
		}
	}
	for _, status := range []code.ConsentStatus{code.ConsentStatusActive, code.ConsentStatusInactive, code.ConsentStatusRejected} {
		if !consented[status] || !affairs[status] {
			t.Errorf("consents that are %s: %t, for medical affairs: %t", status, consented[status], affairs[status])
		}
	}
	var ninety, minor, dead, hamlet bool
	for _, row := range must(c.Patient.Query().All(ctx))(t) {
		age := row.BirthDate.YearsUntil(present)
		ninety, minor, dead = ninety || age >= 90, minor || age < 18, dead || row.DeceasedAt != nil
		hamlet = hamlet || slices.Contains([]string{"036", "059", "823", "893", "556", "692", "369", "879", "878", "884"}, (*row.AddressZip)[:3])
	}
	if !ninety || !minor || !dead || !hamlet {
		t.Errorf("90 or older: %t, minors: %t, deceased: %t, in small places: %t", ninety, minor, dead, hamlet)
	}
}
