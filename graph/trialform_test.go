package graph_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// Nobody is screened on a consent to no text, or treated while the enrollment is on hold; forms are the team's.
func TestNoFormNoScreening(t *testing.T) {
	const retire = `mutation($id: ID!) { retireConsentForm(input: {formId: $id, reason: "wrong words"}) { form { status } } }`
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.trial("nova")
		form := vars{"id": w.id("form novaTRIAL_PARTICIPATION")}
		w.refused("FORBIDDEN", "coordinator2", retire, form)
		w.refused("FORBIDDEN", "coordinator2", draftForm, vars{"input": vars{"scope": "TRIAL_PARTICIPATION", "programId": w.id("program nova"), "locale": "en-US", "title": "Form", "body": "Other words"}})
		enrollment, before, _ := w.participant("nova", true)
		w.must("coordinator", screen, vars{"id": before})
		w.must("coordinator", screeningFound, vars{"id": before, "fit": true})
		w.must("coordinator", decide, vars{"input": vars{"enrollmentId": enrollment, "decision": "ELIGIBLE"}})
		w.must("coordinator", registers, vars{"id": before})
		w.must("coordinator", activate, vars{"id": enrollment})
		w.must("coordinator", startsStudy, vars{"id": before})
		w.must("coordinator", hold, vars{"id": enrollment})
		w.refused("INVALID_TRANSITION", "coordinator", intervenes, vars{"id": before})
		w.must("coordinator", resume, vars{"id": enrollment})
		w.later(time.Minute)
		w.must("coordinator", retire, form)
		w.later(time.Minute)
		if got := w.must("coordinator", intervenes, vars{"id": before}).gates("startIntervention"); !slices.Equal(got, []string{"FORM_MISSING"}) {
			t.Errorf("with no form in force it waits for %v", got)
		}
		_, after, _ := w.participant("nova", true)
		if got := w.must("coordinator", screen, vars{"id": after}).gates("startScreening"); !slices.Equal(got, []string{"FORM_MISSING"}) {
			t.Errorf("who agreed to no text waits for %v", got)
		}
	})
}

// What an expression can not decide a person does; what it decides stays.
func TestUndecidable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		w.ok(w.client.EligibilityCriterion.UpdateOneID(w.row("criterion aidOther")).SetExpression("1 / 0 == 1").Exec(w.system()))
		id := w.must("provider", referPatient, vars{"input": vars{"programId": w.id("program aid"), "patientId": w.id("patient ann")}}).text("referPatient.enrollment.id")
		w.must("coordinator", recordAnswers, vars{"input": vars{"enrollmentId": id, "answers": []vars{}}})
		if got := w.must("coordinator", decide, vars{"input": vars{"enrollmentId": id, "decision": "ELIGIBLE"}}).gates("decideEligibility"); !slices.Equal(got, []string{"ANSWER_MISSING"}) {
			t.Errorf("undecided it waits for %v", got)
		}
		w.refused("BAD_USER_INPUT", "coordinator", recordAnswers, vars{"input": vars{"enrollmentId": id, "answers": []vars{{"criterionId": w.id("criterion aidAdult"), "meets": false}}}})
		w.must("coordinator", recordAnswers, vars{"input": vars{"enrollmentId": id, "answers": []vars{{"criterionId": w.id("criterion aidOther"), "meets": true}}}})
		w.must("coordinator", recordAnswers, vars{"input": vars{"enrollmentId": id, "answers": []vars{}}}) // leaves what a person decided
		if got := w.must("coordinator", decide, vars{"input": vars{"enrollmentId": id, "decision": "ELIGIBLE"}}); len(got.gates("decideEligibility")) != 0 {
			t.Errorf("decided by a person: %s", got.raw)
		}
	})
}

// Inputs of the wrong kind are told so; what is null in a change is taken away; a program takes nobody out of its days.
func TestOddInputs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		_, id := w.asked()
		w.refused("BAD_USER_INPUT", "coordinator", recordResult, vars{"input": vars{"verificationId": id, "outcome": "PARTIAL", "benefits": []vars{{"inNetwork": true, "currency": "USD", "copay": 25.5}}}})
		w.refused("BAD_USER_INPUT", "coordinator", `query($after: Cursor) { patients(after: $after) { totalCount } }`, vars{"after": 5})
		a := w.refused("BAD_USER_INPUT", "coordinator", `mutation($input: RecordConsentInput!) { recordConsent(input: $input) { consent { id } } }`, vars{"input": vars{
			"patientId": w.id("patient ann"), "scope": "MARKETING", "capturedVia": "IN_PERSON", "evidence": vars{"witness": "A nurse", "recordingId": "R-1"},
		}})
		if at := a.errors[0].Extensions["argument"]; at != "input.evidence" {
			t.Errorf("of two proofs the one at fault is %v", at)
		}
		proxy := w.must("coordinator", `mutation($id: ID!, $until: Time!) { grantProxy(input: {patientId: $id, newProxy: {name: "A daughter"}, relationship: CHILD, scope: READ, expiresAt: $until}) { proxy { version access { id status version } } } }`,
			vars{"id": w.id("patient ann"), "until": day(30).Format(time.RFC3339)})
		if proxy.text("grantProxy.proxy.access.status") != "INVITED" {
			t.Errorf("the proxy's own access is %s", proxy.raw)
		}

		made := w.must("coordinator", `mutation { createProgram(input: {kind: PATIENT_SERVICES, name: "Lantern", capacity: 2, startsOn: "2030-01-01", endsOn: "2031-01-01"}) { program { id } } }`, nil).text("createProgram.program.id")
		w.must("coordinator", `mutation($id: ID!) { activateProgram(input: {programId: $id}) { program { status } unmet { code } } }`, vars{"id": made})
		refer := vars{"input": vars{"programId": made, "patientId": w.id("patient ann")}}
		if got := w.must("provider", referPatient, refer).gates("referPatient"); !slices.Equal(got, []string{"PROGRAM_NOT_ACTIVE"}) {
			t.Errorf("before its first day it waits for %v", got)
		}
		w.must("coordinator", `mutation($id: ID!) { updateProgram(input: {programId: $id, optOutDays: 5}) { program { capacity } } }`, vars{"id": made})
		is := func(want *int) {
			t.Helper()
			program := w.client.CareProgram.Query().Where(careprogram.Name("Lantern")).OnlyX(w.system())
			if got := program.Capacity; (got == nil) != (want == nil) || got != nil && *got != *want {
				t.Errorf("its capacity is %v", got)
			}
		}
		two := 2
		is(&two)
		w.must("coordinator", `mutation($id: ID!) { updateProgram(input: {programId: $id, capacity: null, startsOn: null}) { program { capacity } } }`, vars{"id": made})
		is(nil)
		if got := w.must("provider", referPatient, refer).gates("referPatient"); len(got) != 0 {
			t.Errorf("with no first day it waits for %v", got)
		}
	})
}

// What the identifiers of inputs come from: the organizations by kind and name, the coordinators, the steps of a program.
func TestDirectory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		got := w.must("coordinator", `query($kind: [OrganizationKind!], $name: String) { organizations(filter: {kind: $kind, name: $name}) { totalCount nodes { id kind } } }`, vars{"kind": []string{"PAYER"}})
		if got.text("organizations.nodes.0.id") != w.id("org payer") || got.at("organizations.totalCount") != 1.0 {
			t.Errorf("the payers are %s", got.raw)
		}
		if got := w.must("coordinator", `{ organizations(filter: {name: "no such name"}) { totalCount } }`, nil); got.at("organizations.totalCount") != 0.0 {
			t.Errorf("by a name that nobody has: %s", got.raw)
		}
		team := w.must("coordinator", `{ coordinators(first: 100) { nodes { id } } me { id } }`, nil)
		if want := w.id("user coordinator"); team.text("me.id") != want || !strings.Contains(team.raw, w.id("user coordinator2")) || strings.Contains(team.raw, w.id("user liaison")) {
			t.Errorf("the coordinators are %s", team.raw)
		}
		steps := w.must("coordinator", `query($id: ID!) { node(id: $id) { ... on CareProgram { activities { nodes { title dueDays mandatory kind seq } } } } }`, vars{"id": w.id("program bridge")})
		if steps.text("node.activities.nodes.0.title") != "A first call" {
			t.Errorf("the steps are %s", steps.raw)
		}
	})
}
