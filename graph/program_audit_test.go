package graph_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/event"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// Every row that a step of a program, participant or activity writes is in the record under its name and actor, and what
// changes an enrollment is told to the streams. What a program consists of is in the record as the program.
func TestProgramsAndTrialsAreRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.trial("nova")
		w.ok(w.client.ActivityTemplate.Create().SetProgramID(w.row("program nova")).SetSeq(1).SetKind("TRAINING_CALL").SetTitle("First call").
			SetMandatory(true).SetDueDays(3).Exec(w.system()))
		parts := []string{"TrialDetail", "RequiredConsent", "ProgramProduct", "ProgramSite", "EligibilityCriterion", "ActivityTemplate"}
		enrollment, subject, patient := w.participant("nova", true)
		written := w.watch()
		do := func(who, operation, document string, variables vars, tells bool) answer {
			t.Helper()
			events := w.client.Event.Query().Where(event.KindEQ("ENROLLMENT_CHANGED")).CountX(w.system())
			a := w.wholly(written, parts, who, operation, document, variables)
			if told := w.client.Event.Query().Where(event.KindEQ("ENROLLMENT_CHANGED")).CountX(w.system()) > events; told != tells {
				t.Errorf("%s: told to the streams: %v", operation, told)
			}
			return a
		}
		made := do("coordinator", "createProgram", `mutation { createProgram(input: {kind: CLINICAL_TRIAL, name: "Vega"}) { program { id } } }`, nil, false).text("createProgram.program.id")
		do("coordinator", "updateProgram", `mutation($id: ID!) { updateProgram(input: {programId: $id, capacity: 3, trial: {blinded: true}}) { program { id } } }`, vars{"id": made}, false)
		do("coordinator", "defineProgram", `mutation($id: ID!, $site: ID!, $product: ID!) { defineProgram(input: {programId: $id, siteIds: [$site], productIds: [$product], criteria: [{kind: INCLUSION, text: "Adults"}]}) { program { id } } }`,
			vars{"id": made, "site": w.id("org clinic"), "product": w.id("product zelora")}, false)
		do("coordinator", "cancelProgram", `mutation($id: ID!) { cancelProgram(input: {programId: $id, reason: "no money"}) { program { id } } }`, vars{"id": made}, false)
		program := vars{"id": w.id("program nova"), "user": w.id("user coordinator2")}
		do("coordinator", "addProgramTeamMember", `mutation($id: ID!, $user: ID!) { addProgramTeamMember(input: {programId: $id, userId: $user, role: NURSE}) { program { id } } }`, program, false)
		of, enrolled := vars{"id": subject}, vars{"id": enrollment}
		do("coordinator", "startScreening", screen, of, true)
		do("coordinator", "recordScreeningResult", screeningFound, vars{"id": subject, "fit": true}, true)
		do("coordinator", "registerOnStudy", registers, of, true)
		do("coordinator", "decideEligibility", decide, vars{"input": vars{"enrollmentId": enrollment, "decision": "ELIGIBLE"}}, true)
		do("coordinator", "activateEnrollment", activate, enrolled, true)
		do("coordinator", "startStudy", startsStudy, of, true)
		form := w.must("coordinator", draftForm, vars{"input": vars{"scope": "TRIAL_PARTICIPATION", "programId": w.id("program nova"), "locale": "en-US", "title": "Form", "body": "Two", "ethicsVersion": "2"}}).text("draftConsentForm.form.id")
		do("privacy", "approveConsentForm", approveForm, vars{"id": form}, true)
		do("coordinator", "recordConsent", agreeTo, vars{"patient": patient, "program": w.id("program nova"), "scope": "TRIAL_PARTICIPATION"}, true)
		do("coordinator", "assignCoordinator", assign, vars{"id": enrollment, "user": w.id("user coordinator2")}, true)
		do("coordinator", "endProgramTeamMember", `mutation($id: ID!, $user: ID!) { endProgramTeamMember(input: {programId: $id, userId: $user}) { program { id } } }`, program, true)
		list := w.must("coordinator", activities, enrolled)
		for i, document := range []string{completeActivity, skipActivity} {
			id := list.text([]string{"enrollment.activities.nodes.0.id", "enrollment.activities.nodes.1.id"}[i])
			if list.text([]string{"enrollment.activities.nodes.0.status", "enrollment.activities.nodes.1.status"}[i]) == "REQUESTED" {
				do("coordinator", []string{"completeActivity", "skipActivity"}[i], document, vars{"id": id}, true)
			}
		}
		do("coordinator", "withdrawTrialSubject", leavesTrial, of, true)
		do("coordinator", "pauseProgram", `mutation($id: ID!) { pauseProgram(input: {programId: $id, reason: "no stock"}) { program { id } } }`, program, false)
		do("coordinator", "resumeProgram", `mutation($id: ID!) { resumeProgram(input: {programId: $id}) { program { id } } }`, program, false)
		do("coordinator", "closeProgram", `mutation($id: ID!) { closeProgram(input: {programId: $id, reason: "over"}) { program { id } } }`, program, false)
		do("coordinator", "archiveProgram", `mutation($id: ID!) { archiveProgram(input: {programId: $id}) { program { id } } }`, program, false)
	})
}

// wholly does what is asked a minute later, and checks that each row which that wrote, but for parts of others, is in the
// record of the operation.
func (w *world) wholly(written func() map[string][]uuid.UUID, parts []string, who, operation, document string, variables vars) answer {
	w.t.Helper()
	w.later(time.Minute)
	written()
	var a answer
	entries := w.audited(func() { a = w.must(who, document, variables) })
	recorded := map[string][]string{}
	for _, e := range entries {
		if e.Operation == operation && e.Action != "READ" && e.Decision == "PERMIT" && *e.ActorID == w.row("user "+who) {
			recorded[e.Entity] = append(recorded[e.Entity], strings.Fields(e.EntityIds)...)
		}
	}
	rows := written()
	if len(rows) == 0 {
		w.t.Errorf("%s wrote nothing: %s", operation, a.raw)
	}
	for entity, ids := range rows {
		for _, id := range ids {
			if id != uuid.Nil && !slices.Contains(parts, entity) && !slices.Contains(recorded[entity], id.String()) {
				w.t.Errorf("%s wrote a %s that is not in the record", operation, entity)
			}
		}
	}
	return a
}
