package graph_test

import (
	"context"
	"slices"
	"testing"

	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/programteammember"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

const openProgram = `mutation($id: ID!) { activateProgram(input: {programId: $id}) { program { status } unmet { code } } }`

// A program is drawn up, opened once its forms are approved, and closed; only who leads it does so.
func TestProgram(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		made := w.must("coordinator", `mutation { createProgram(input: {kind: PATIENT_SERVICES, name: "Lantern", capacity: 2}) { program { id status version } } }`, nil)
		of := vars{"id": made.text("createProgram.program.id")}
		if got := made.text("createProgram.program.status"); got != "DRAFT" {
			t.Errorf("made: %s", made.raw)
		}
		const define = `mutation($id: ID!) { defineProgram(input: {programId: $id, requiredConsentScopes: [COPAY_ASSISTANCE_TEST]}) { program { id } } }`
		w.refused("GRAPHQL_VALIDATION_FAILED", "coordinator", define, of)
		w.must("coordinator", `mutation($id: ID!) { defineProgram(input: {programId: $id, requiredConsentScopes: [TRIAL_PARTICIPATION],
			criteria: [{kind: INCLUSION, text: "Adults", expression: "age >= 18.0"}], activities: [{kind: TRAINING_CALL, title: "First call", dueDays: 3}]}) { program { id } } }`, of)
		w.refused("FORBIDDEN", "coordinator2", openProgram, of)
		w.refused("GRAPHQL_VALIDATION_FAILED", "provider", openProgram, of)
		if got := w.must("coordinator", openProgram, of).gates("activateProgram"); !slices.Equal(got, []string{"FORM_MISSING"}) {
			t.Errorf("opened without a form: %v", got)
		}
		w.must("coordinator", `mutation($id: ID!) { defineProgram(input: {programId: $id, requiredConsentScopes: []}) { program { id } } }`, of)
		if got := w.must("coordinator", openProgram, of); got.text("activateProgram.program.status") != "ACTIVE" {
			t.Errorf("opened: %s", got.raw)
		}
		w.refused("INVALID_TRANSITION", "coordinator", `mutation($id: ID!) { defineProgram(input: {programId: $id, criteria: []}) { program { id } } }`, of)
		w.refused("BAD_USER_INPUT", "coordinator", `mutation($id: ID!) { updateProgram(input: {programId: $id, name: "Other"}) { program { id } } }`, of)
		w.must("coordinator", `mutation($id: ID!) { pauseProgram(input: {programId: $id, reason: "no stock"}) { program { status } } }`, of)
		w.must("coordinator", `mutation($id: ID!) { closeProgram(input: {programId: $id, reason: "over"}) { program { status } } }`, of)
		last := w.must("coordinator", `mutation($id: ID!) { archiveProgram(input: {programId: $id}) { program { status } unmet { code } } }`, of)
		if last.text("archiveProgram.program.status") != "ARCHIVED" {
			t.Errorf("archived: %s", last.raw)
		}
	})
}

// form makes an approved form of the scope for all programs.
func (w *world) form(scope code.ConsentScope) {
	w.t.Helper()
	w.ok(w.client.ConsentForm.Create().SetScope(scope).SetEdition(1).SetLocale("en-US").SetTitle("Form").SetBody("I agree").SetSha256("of the body").
		SetEffectiveFrom(day(-1)).SetStatus("APPROVED").Exec(w.system()))
}

// A trial opens when its form is approved, an ethics committee has approved it and it recruits; the gates hold past the
// API as well.
func TestTrialOpens(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		made := w.must("coordinator", `mutation { createProgram(input: {kind: CLINICAL_TRIAL, name: "Nova", trial: {phase: PHASE_3, blinded: true}}) { program { id requiredConsentScopes } } }`, nil)
		id := made.text("createProgram.program.id")
		of := vars{"id": id}
		if made.text("createProgram.program.requiredConsentScopes.0") != "TRIAL_PARTICIPATION" {
			t.Errorf("made: %s", made.raw)
		}
		w.refused("BAD_USER_INPUT", "coordinator", `mutation { createProgram(input: {kind: THERAPY, name: "Nova", trial: {blinded: true}}) { program { id } } }`, nil)
		w.refused("BAD_USER_INPUT", "coordinator", `mutation($id: ID!) { defineProgram(input: {programId: $id, requiredConsentScopes: [DATA_PROCESSING]}) { program { id } } }`, of)
		w.refused("BAD_USER_INPUT", "coordinator", `mutation($id: ID!) { defineProgram(input: {programId: $id, criteria: [{kind: INCLUSION, text: "Adults", expression: "age >="}]}) { program { id } } }`, of)
		opens := func(want ...string) {
			t.Helper()
			if got := w.must("coordinator", openProgram, of).gates("activateProgram"); !slices.Equal(got, want) {
				t.Errorf("opens: %v, not %v", got, want)
			}
		}
		w.refused("", "coordinator", openProgram, of)
		opens("FORM_MISSING", "ETHICS_APPROVAL_MISSING", "STUDY_NOT_RECRUITING")
		key, err := gid.Parse(nil, id)
		w.ok(err)
		program := w.client.CareProgram.UpdateOneID(key.UUID).SetStatus("ACTIVE")
		if err := program.Exec(w.system()); err == nil {
			t.Error("opened past the API")
		}
		if err := w.client.CareProgram.Update().Where(careprogram.ID(key.UUID)).SetStatus("ACTIVE").Exec(w.system()); err == nil {
			t.Error("opened past the API with others")
		}
		w.form("TRIAL_PARTICIPATION")
		opens("ETHICS_APPROVAL_MISSING", "STUDY_NOT_RECRUITING")
		w.must("coordinator", `mutation($id: ID!) { updateProgram(input: {programId: $id, trial: {ethicsApprovalRef: "E-9", ethicsVersion: "1"}}) { program { id } } }`, of)
		opens("STUDY_NOT_RECRUITING")
		w.must("coordinator", `mutation($id: ID!) { updateProgram(input: {programId: $id, trial: {studyStatus: ACTIVE}}) { program { id } } }`, of)
		opens()
		w.refused("INVALID_TRANSITION", "coordinator", openProgram, of)
		w.refused("BAD_USER_INPUT", "coordinator", `mutation($id: ID!) { updateProgram(input: {programId: $id, trial: {blinded: false}}) { program { id } } }`, of)
		w.refused("INVALID_TRANSITION", "coordinator", `mutation($id: ID!) { archiveProgram(input: {programId: $id}) { program { status } } }`, of)
		w.refused("INVALID_TRANSITION", "coordinator", `mutation($id: ID!) { cancelProgram(input: {programId: $id, reason: "no money"}) { program { status } } }`, of)
		steps := w.must("coordinator", `query($id: ID!) { node(id: $id) { ... on CareProgram { status history { nodes { toStatus } } trial { ethicsVersion } } } }`, of)
		if steps.text("node.history.nodes.0.toStatus") != "ACTIVE" || steps.text("node.history.nodes.1.toStatus") != "DRAFT" || steps.text("node.trial.ethicsVersion") != "1" {
			t.Errorf("its steps: %s", steps.raw)
		}
		draft := w.must("coordinator", `mutation { createProgram(input: {kind: THERAPY, name: "Never"}) { program { id } } }`, nil).text("createProgram.program.id")
		if a := w.must("coordinator", `mutation($id: ID!) { cancelProgram(input: {programId: $id, reason: "no money"}) { program { status } } }`, vars{"id": draft}); a.text("cancelProgram.program.status") != "CANCELLED" {
			t.Errorf("given up: %s", a.raw)
		}
	})
}

// Who leads a program says who works for it. Somebody leads it always, also when two stop at the same time.
func TestProgramTeam(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		w.ok(w.client.ProgramTeamMember.Update().Where(programteammember.ProgramID(w.row("program aid"))).SetRole("MANAGER").Exec(w.system()))
		const (
			add = `mutation($id: ID!, $user: ID!, $role: TeamRole!) { addProgramTeamMember(input: {programId: $id, userId: $user, role: $role}) { program { team { nodes { role endedAt identity { id } } } } } }`
			end = `mutation($id: ID!, $user: ID!) { endProgramTeamMember(input: {programId: $id, userId: $user}) { program { id } } }`
		)
		member := func(who, role string) vars {
			return vars{"id": w.id("program aid"), "user": w.id("user " + who), "role": role}
		}
		w.refused("FORBIDDEN", "coordinator2", add, member("coordinator2", "MANAGER"))
		w.refused("BAD_USER_INPUT", "coordinator", add, member("liaison", "NURSE"))
		w.refused("CONFLICT", "coordinator", add, member("coordinator", "NURSE"))
		w.refused("BAD_USER_INPUT", "coordinator", end, member("coordinator", ""))
		w.refused("NOT_FOUND", "coordinator", end, member("coordinator2", ""))

		// Two add the same one at once: one does.
		added := w.together(4, func(int) context.Context { return w.as("coordinator") }, add, func(int) vars { return member("coordinator2", "COORDINATOR") })
		made := 0
		for _, a := range added {
			switch a.code() {
			case "":
				made++
			case "CONFLICT":
			default:
				t.Errorf("added: %s", a.raw)
			}
		}
		if made != 1 {
			t.Errorf("added %d times", made)
		}
		w.refused("FORBIDDEN", "coordinator2", end, member("coordinator", ""))

		// What a member coordinated waits for another one.
		id, _ := w.activated("aid", noon.AddDate(1, 0, 0))
		w.must("coordinator", assign, vars{"id": id, "user": w.id("user coordinator2")})
		if a := w.must("coordinator2", activities, vars{"id": id}); a.text("enrollment.coordinator.id") != w.id("user coordinator2") {
			t.Errorf("assigned: %s", a.raw)
		}
		w.must("coordinator", end, member("coordinator2", ""))
		if a := w.do("coordinator2", activities, vars{"id": id}); a.code() != "NOT_FOUND" {
			t.Errorf("afterwards: %s", a.raw)
		}
		if a := w.must("coordinator", activities, vars{"id": id}); a.at("enrollment.coordinator") != nil || a.at("enrollment.activities.nodes.0.assignee") != nil {
			t.Errorf("waits: %s", a.raw)
		}
		for range 6 { // two who lead stop at the same time
			w.must("coordinator", add, member("coordinator2", "MANAGER"))
			both := []string{"coordinator", "coordinator2"}
			for _, a := range w.together(2, func(i int) context.Context { return w.as(both[i]) }, end, func(i int) vars { return member(both[i], "") }) {
				if c := a.code(); c != "" && c != "CONFLICT" && c != "BAD_USER_INPUT" && c != "FORBIDDEN" {
					t.Errorf("ended: %s", a.raw)
				}
			}
			lead := w.client.ProgramTeamMember.Query().Where(programteammember.ProgramID(w.row("program aid")), programteammember.RoleEQ("MANAGER"),
				programteammember.EndedAtIsNil()).QueryIdentity().OnlyX(w.system())
			if lead.Subject == "coordinator2" {
				w.must("coordinator2", add, member("coordinator", "MANAGER"))
				w.must("coordinator2", end, member("coordinator2", ""))
			}
		}
	})
}
