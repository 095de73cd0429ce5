package graph_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/lifecycle"
	"github.com/carehub/carehub/ent/programteammember"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph"
)

// move is an operation of the contract that a walk tries, by who may, on a row of those that it collects.
type move struct{ who, of, input string }

// moves are the operations on programs, enrollments, participants, activities, consents and forms: by name, with the
// input after the row that they are about.
var moves = map[string]move{
	"createProgram":         {"coordinator", "", `kind: CLINICAL_TRIAL, name: "Another"`},
	"updateProgram":         {"coordinator", "another", `programId: $id, trial: {ethicsApprovalRef: "E-3", studyStatus: ACTIVE}`},
	"defineProgram":         {"coordinator", "another", `programId: $id, activities: [{kind: TRAINING_CALL, title: "First call", dueDays: 3}]`},
	"activateProgram":       {"coordinator", "another", `programId: $id`},
	"pauseProgram":          {"coordinator", "program", `programId: $id, reason: "no stock"`},
	"resumeProgram":         {"coordinator", "program", `programId: $id`},
	"closeProgram":          {"coordinator", "another", `programId: $id, reason: "over"`},
	"archiveProgram":        {"coordinator", "another", `programId: $id`},
	"cancelProgram":         {"coordinator", "another", `programId: $id, reason: "no money"`},
	"addProgramTeamMember":  {"coordinator", "program", `programId: $id, userId: $user, role: NURSE`},
	"endProgramTeamMember":  {"coordinator", "program", `programId: $id, userId: $user`},
	"enrollPatient":         {"coordinator", "program", `programId: $id, newPatient: {given: "Nora", family: "New", birthDate: "1990-05-01"}`},
	"requestEnrollment":     {"patient", "program", `programId: $id`},
	"recordEligibility":     {"coordinator", "enrollment", `enrollmentId: $id, answers: [{criterionId: $criterion, value: "yes"}]`},
	"decideEligibility":     {"coordinator", "enrollment", `enrollmentId: $id, decision: ELIGIBLE`},
	"activateEnrollment":    {"coordinator", "enrollment", `enrollmentId: $id`},
	"putOnHold":             {"coordinator", "enrollment", `enrollmentId: $id, reason: "moved away"`},
	"resumeEnrollment":      {"coordinator", "enrollment", `enrollmentId: $id`},
	"completeEnrollment":    {"coordinator", "enrollment", `enrollmentId: $id`},
	"disenroll":             {"coordinator", "enrollment", `enrollmentId: $id, reason: "no answer"`},
	"withdrawEnrollment":    {"patient", "own", `enrollmentId: $id`},
	"assignCoordinator":     {"coordinator", "enrollment", `enrollmentId: $id, userId: $user`},
	"startScreening":        {"coordinator", "subject", `subjectId: $id`},
	"recordScreeningResult": {"coordinator", "subject", `subjectId: $id, eligible: $yes, note: "as found"`},
	"registerOnStudy":       {"coordinator", "subject", `subjectId: $id`},
	"startStudy":            {"coordinator", "subject", `subjectId: $id`},
	"startIntervention":     {"coordinator", "subject", `subjectId: $id`},
	"startObservation":      {"coordinator", "subject", `subjectId: $id`},
	"startFollowUp":         {"coordinator", "subject", `subjectId: $id`},
	"endStudyParticipation": {"coordinator", "subject", `subjectId: $id`},
	"notRegister":           {"coordinator", "subject", `subjectId: $id, reason: "did not come"`},
	"withdrawTrialSubject":  {"coordinator", "subject", `subjectId: $id, reason: "moved away"`},
	"completeActivity":      {"coordinator", "activity", `activityId: $id`},
	"skipActivity":          {"coordinator", "activity", `activityId: $id, reason: "not wanted"`},
	"recordConsent":         {"coordinator", "patient", `patientId: $id, programId: $trial, scope: TRIAL_PARTICIPATION, capturedVia: IN_PERSON, evidence: {witness: "A nurse"}`},
	"revokeConsent":         {"coordinator", "consent", `consentId: $id, reason: "no longer"`},
	"draftConsentForm":      {"coordinator", "", `programId: $trial, scope: TRIAL_PARTICIPATION, locale: "en-US", title: "Form", body: "I agree", ethicsVersion: $version`},
	"approveConsentForm":    {"privacy", "form", `formId: $id`},
}

// outcomes are the payload fields that tell what became of it.
var outcomes = map[string]string{"program": "program { id }", "enrollment": "enrollment { id }", "subject": "subject { id }", "activity": "activity { id }", "consent": "consent { id }", "form": "form { id }"}

// places is where every row of a lifecycle stands, by key.
type places map[uuid.UUID]string

// standings reads all rows that walks move, with the machine of each.
func (w *world) standings() (now places, machines map[uuid.UUID]func(from, to string) bool) {
	w.t.Helper()
	ctx, c := w.system(), w.client
	now, machines = places{}, map[uuid.UUID]func(string, string) bool{}
	for _, r := range c.CareProgram.Query().AllX(ctx) {
		now[r.ID], machines[r.ID] = string(r.Status), leads(lifecycle.Program)
	}
	for _, r := range c.Enrollment.Query().AllX(ctx) {
		now[r.ID], machines[r.ID] = string(r.Status), leads(lifecycle.Enrollment)
	}
	for _, r := range c.TrialSubject.Query().AllX(ctx) {
		now[r.ID], machines[r.ID] = string(r.State), leads(lifecycle.Subject)
	}
	for _, r := range c.ServiceActivity.Query().AllX(ctx) {
		now[r.ID], machines[r.ID] = string(r.Status), leads(lifecycle.Activity)
	}
	for _, r := range c.Consent.Query().AllX(ctx) {
		now[r.ID], machines[r.ID] = string(r.Status), leads(lifecycle.Consent)
	}
	for _, r := range c.ConsentForm.Query().AllX(ctx) {
		now[r.ID], machines[r.ID] = string(r.Status), leads(lifecycle.Form)
	}
	return now, machines
}

func leads[S ~string](m lifecycle.Machine[S]) func(from, to string) bool {
	return func(from, to string) bool { return m.Allows(S(from), S(to)) }
}

// stepsAfter reads the history after the last step that was read, by row and in its order.
func (w *world) stepsAfter(read map[uuid.UUID]bool) map[uuid.UUID][]*ent.StatusChange {
	w.t.Helper()
	out := map[uuid.UUID][]*ent.StatusChange{}
	for _, s := range w.client.StatusChange.Query().Order(statuschange.ByID()).AllX(w.system()) {
		if read[s.ID] {
			continue
		}
		read[s.ID] = true
		for _, key := range []*uuid.UUID{s.ProgramID, s.EnrollmentID, s.TrialSubjectID, s.ServiceActivityID, s.ConsentID, s.ConsentFormID} {
			if key != nil {
				out[*key] = append(out[*key], s)
			}
		}
	}
	return out
}

// Whatever is tried in whatever order, by one after the other: a status changes by the steps of its lifecycle alone, each of
// which is in its history; a refusal changes nothing; and after every step the invariants of enrollments and trials hold.
func TestLifecycleWalk(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.trial("nova")
		w.ok(w.client.CareProgram.UpdateOneID(w.row("program nova")).SetOptOutDays(0).Exec(w.system()))
		w.screened("aid", nil)
		w.ok(w.client.ProgramTeamMember.Update().Where(programteammember.ProgramID(w.row("program aid"))).SetRole("MANAGER").Exec(w.system()))
		w.form("PROGRAM_PARTICIPATION")
		random := rand.New(rand.NewPCG(7, 11)) //nolint:gosec // a walk that can be repeated
		names := slices.Sorted(maps.Keys(moves))
		contract := graph.Contract()
		mutations := contract.Mutation.Fields
		for _, f := range mutations { // what a program, participant or activity is changed by is walked
			of := strings.Join([]string{f.Type.Name(), f.Name}, " ")
			for _, what := range []string{"Program", "Screening", "Study", "TrialSubject", "Activity", "Intervention", "Observation", "FollowUp", "Register"} {
				if _, walked := moves[f.Name]; strings.Contains(of, what) && !walked {
					t.Errorf("nobody walks by %s", f.Name)
				}
			}
		}
		w.form("TRIAL_PARTICIPATION")
		w.ok(w.client.ActivityTemplate.Create().SetProgramID(w.row("program nova")).SetSeq(1).SetKind("TRAINING_CALL").SetTitle("First call").SetDueDays(3).Exec(w.system()))
		rows := map[string][]string{}
		done, refused := map[string]int{}, map[string]int{}
		before, _ := w.standings()
		read := map[uuid.UUID]bool{}
		w.stepsAfter(read)
		version := 1
		try := func(name, id string) answer {
			t.Helper()
			m := moves[name]
			w.later(time.Minute)
			declared, variables := "", vars{}
			for variable, value := range map[string]any{
				"id": id, "user": w.id("user coordinator2"), "trial": w.id("program nova"), "criterion": w.id("criterion novaAny"), "yes": random.IntN(5) > 0,
				"version": fmt.Sprint(version + 1),
			} {
				if strings.Contains(m.input, "$"+variable) {
					declared += fmt.Sprintf("$%s: %s ", variable, cmp.Or(map[string]string{"yes": "Boolean!", "version": "String!"}[variable], "ID!"))
					variables[variable] = value
				}
			}
			if declared != "" {
				declared = "(" + declared + ")"
			}
			payload := contract.Types[mutations.ForName(name).Type.Name()]
			selected := ""
			for _, f := range payload.Fields {
				if f.Name == "unmet" {
					selected += "unmet { code } "
				} else {
					selected += outcomes[f.Name] + " "
				}
			}
			a := w.do(m.who, "mutation"+declared+" { "+name+"(input: {"+m.input+"}) { "+selected+" } }", variables)
			worked := a.code() == "" && len(a.gates(name)) == 0
			now, machines := w.standings()
			steps := w.stepsAfter(read)
			for key, status := range now {
				at, was := before[key]
				if !was {
					at = ""
				}
				for _, s := range steps[key] {
					from := ""
					if s.FromStatus != nil {
						from = *s.FromStatus
					}
					if from != at || from != "" && !machines[key](from, s.ToStatus) {
						t.Errorf("%s: a step from %q to %s of a row that stood at %q", name, from, s.ToStatus, at)
					}
					at = s.ToStatus
				}
				if at != status {
					t.Errorf("%s: a row is %s, its history says %q", name, status, at)
				}
				if !worked && (!was || status != before[key]) {
					t.Errorf("%s was refused and changed a row from %q to %s: %s", name, before[key], status, a.raw)
				}
			}
			for _, broken := range append(w.unfounded(), w.unagreed()...) {
				t.Errorf("after %s: %s", name, broken)
			}
			if t.Failed() {
				t.FailNow()
			}
			switch c := a.code(); c {
			case "", "INVALID_TRANSITION", "CONFLICT", "NOT_FOUND", "FORBIDDEN", "BAD_USER_INPUT":
			default:
				t.Fatalf("%s: %s", name, a.raw)
			}
			if before = now; worked {
				done[name]++
				if name == "approveConsentForm" {
					version++
				}
			} else {
				refused[name]++
			}
			return a
		}
		for range 650 {
			name := names[random.IntN(len(names))]
			m, id := moves[name], ""
			w.collect(rows)
			open, all := rows[m.of], rows["any "+m.of]
			switch {
			case random.IntN(2) == 0: // every other step is one that could come next
				name, id = w.likely(random, rows)
			case m.of == "":
			case len(open) > 0 && random.IntN(4) > 0:
				id = open[random.IntN(len(open))]
			case len(all) > 0:
				id = all[random.IntN(len(all))]
			default:
				continue
			}
			try(name, id)
		}
		for _, name := range names {
			if done[name] == 0 {
				t.Errorf("%s never worked in %d tries", name, refused[name])
			}
		}
		t.Logf("worked %v, refused %v", done, refused)
	})
}

// attempt is an operation and the row that it is about.
type attempt struct{ name, id string }

// likely picks the operation that could come next: of a trial that rests, that it goes on; otherwise of a participant.
func (w *world) likely(random *rand.Rand, rows map[string][]string) (name, id string) {
	w.t.Helper()
	trial := w.id("program nova")
	switch subjects := rows["subject"]; {
	case w.client.CareProgram.GetX(w.system(), w.row("program nova")).Status == "PAUSED":
		return "resumeProgram", trial
	case len(rows["closed"]) > 0:
		return "archiveProgram", rows["closed"][0]
	case len(rows["activity"]) > 0 && random.IntN(8) == 0:
		return "completeActivity", rows["activity"][0]
	case len(subjects) < 3:
		return "enrollPatient", trial
	default:
		id = subjects[random.IntN(len(subjects))]
	}
	s := w.client.TrialSubject.GetX(w.system(), w.keyOf(id))
	e := w.client.Enrollment.GetX(w.system(), s.EnrollmentID)
	enrollment, patient := e.GlobalID().String(), gid.ID{Prefix: "patient", UUID: e.PatientID}.String()
	if e.Status == "ON_HOLD" && random.IntN(2) == 0 {
		return "resumeEnrollment", enrollment
	}
	agrees := attempt{"recordConsent", patient}
	options := map[code.SubjectState][]attempt{
		"POTENTIAL_CANDIDATE":   {agrees, {"recordEligibility", enrollment}},
		"CANDIDATE":             {agrees, {"startScreening", id}, {"startScreening", id}, {"notRegister", id}},
		"SCREENING":             {agrees, {"recordScreeningResult", id}, {"decideEligibility", enrollment}},
		"ELIGIBLE":              {agrees, {"registerOnStudy", id}, {"decideEligibility", enrollment}},
		"PENDING_ON_STUDY":      {agrees, {"decideEligibility", enrollment}, {"activateEnrollment", enrollment}, {"startStudy", id}},
		"ON_STUDY":              {agrees, {"startIntervention", id}, {"startObservation", id}},
		"ON_STUDY_INTERVENTION": {agrees, {"startFollowUp", id}},
		"ON_STUDY_OBSERVATION":  {agrees, {"startFollowUp", id}},
		"FOLLOW_UP":             {{"endStudyParticipation", id}, {"completeEnrollment", enrollment}},
	}[s.State]
	one := options[random.IntN(len(options))]
	return one.name, one.id
}

// collect gathers what there is to be moved: under "any" all of it, otherwise what has not ended.
func (w *world) collect(rows map[string][]string) {
	w.t.Helper()
	clear(rows)
	ctx, c := w.system(), w.client
	put := func(of, prefix string, id uuid.UUID, open bool) {
		text := gid.ID{Prefix: prefix, UUID: id}.String()
		rows["any "+of] = append(rows["any "+of], text)
		if open {
			rows[of] = append(rows[of], text)
		}
	}
	walked := map[uuid.UUID]bool{}
	for _, e := range c.Enrollment.Query().WithTrialSubject().Order(ent.Asc("id")).AllX(ctx) {
		if e.ReferredAt.Before(noon) { // of the world
			continue
		}
		walked[e.PatientID] = true
		put("enrollment", "enrollment", e.ID, e.EndedAt == nil)
		put("patient", "patient", e.PatientID, e.EndedAt == nil)
		if s := e.Edges.TrialSubject; s != nil {
			put("subject", "subject", s.ID, e.EndedAt == nil)
		}
		if e.PatientID == w.row("patient ann") {
			put("own", "enrollment", e.ID, e.EndedAt == nil)
		}
	}
	for _, r := range c.ServiceActivity.Query().Order(ent.Asc("id")).AllX(ctx) {
		put("activity", "activity", r.ID, !lifecycle.Activity.Terminal(r.Status))
	}
	for _, r := range c.Consent.Query().Order(ent.Asc("id")).AllX(ctx) {
		put("consent", "consent", r.ID, r.Status == "ACTIVE" && walked[r.PatientID])
	}
	for _, r := range c.ConsentForm.Query().Order(ent.Asc("id")).AllX(ctx) {
		put("form", "form", r.ID, r.Status == "DRAFT" && r.ProgramID != nil)
	}
	for _, p := range c.CareProgram.Query().Order(ent.Asc("id")).AllX(ctx) {
		switch p.Name {
		case "Another":
			put("another", "program", p.ID, p.Status == "DRAFT" || p.Status == "ACTIVE" || p.Status == "CLOSED")
			put("closed", "program", p.ID, p.Status == "CLOSED")
		case "nova", "aid":
			put("program", "program", p.ID, true)
		}
	}
}
