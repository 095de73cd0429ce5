package graph_test

import (
	"testing"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/activitytemplate"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

const (
	activities       = `query($id: ID!) { enrollment(id: $id) { coordinator { id } activities { nodes { id kind status outcome version assignee { id } } } } onboarding(enrollmentId: $id) { completedAt } }`
	completeActivity = `mutation($id: ID!, $version: Int, $outcome: String) { completeActivity(input: {activityId: $id, expectedVersion: $version, outcome: $outcome}) { activity { status completedAt outcome } } }`
	skipActivity     = `mutation($id: ID!) { skipActivity(input: {activityId: $id, reason: "not wanted"}) { activity { status outcome } } }`
	assign           = `mutation($id: ID!, $user: ID!) { assignCoordinator(input: {enrollmentId: $id, userId: $user}) { enrollment { coordinator { id } } } }`
)

// Activities are done or left out; with the last mandatory one the onboarding is complete. They go to another coordinator
// with the enrollment, and what it leaves behind ends with it.
func TestActivities(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("aid", nil)
		ctx := w.system()
		for seq := 2; seq <= 4; seq++ {
			w.ok(w.client.ActivityTemplate.Create().SetProgramID(w.row("program aid")).SetSeq(seq).SetKind("EDUCATION").SetTitle("More").
				SetDueDays(seq + 2).Exec(ctx))
		}
		w.ok(w.client.ActivityTemplate.Update().SetMandatory(true).Exec(ctx))
		w.ok(w.client.ActivityTemplate.Update().Where(activitytemplate.Seq(3)).SetMandatory(false).Exec(ctx))
		id, given := w.activated("aid", noon.AddDate(1, 0, 0))
		of := vars{"id": id}
		list := func() answer { t.Helper(); return w.must("coordinator", activities, of) }
		one := func(i string) string { return list().text("enrollment.activities.nodes." + i + ".id") }
		first, second, third, fourth := one("0"), one("1"), one("2"), one("3")
		w.refused("NOT_FOUND", "coordinator2", completeActivity, vars{"id": first})
		for _, who := range []string{"patient", "provider", "liaison", "quality", "analyst", "admin"} {
			w.refused("GRAPHQL_VALIDATION_FAILED", who, completeActivity, vars{"id": first})
			w.refused("GRAPHQL_VALIDATION_FAILED", who, skipActivity, vars{"id": first})
			w.refused("GRAPHQL_VALIDATION_FAILED", who, assign, vars{"id": id, "user": w.id("user coordinator")})
		}
		w.refused("CONFLICT", "coordinator", completeActivity, vars{"id": first, "version": 9})
		w.refused("BAD_USER_INPUT", "coordinator", completeActivity, vars{"id": first, "outcome": "x"})
		w.later(time.Minute)
		if a := w.must("coordinator", completeActivity, vars{"id": first, "outcome": "trained well"}); a.text("completeActivity.activity.status") != "COMPLETED" ||
			a.text("completeActivity.activity.completedAt") != "2026-11-20T12:01:00Z" || a.text("completeActivity.activity.outcome") != "trained well" {
			t.Errorf("done: %s", a.raw)
		}
		w.refused("INVALID_TRANSITION", "coordinator", completeActivity, vars{"id": first})
		w.refused("INVALID_TRANSITION", "coordinator", skipActivity, vars{"id": first})
		w.must("coordinator", skipActivity, vars{"id": second})
		if a := list(); a.at("onboarding.completedAt") != nil {
			t.Errorf("complete with a step open: %s", a.raw)
		}
		w.must("coordinator", completeActivity, vars{"id": fourth})
		if a := list(); a.text("onboarding.completedAt") != "2026-11-20T12:01:00Z" {
			t.Errorf("not complete with the last mandatory step: %s", a.raw)
		}

		w.refused("BAD_USER_INPUT", "coordinator", assign, vars{"id": id, "user": w.id("user coordinator2")})
		w.ok(w.client.ProgramTeamMember.Create().SetProgramID(w.row("program aid")).SetIdentityID(w.row("user coordinator2")).SetStartedAt(day(0)).Exec(w.system()))
		w.must("coordinator", assign, vars{"id": id, "user": w.id("user coordinator2")})
		if a := list(); a.text("enrollment.coordinator.id") != w.id("user coordinator2") || a.text("enrollment.activities.nodes.2.assignee.id") != w.id("user coordinator2") {
			t.Errorf("assigned: %s", a.raw)
		}

		// A consent that goes leaves a task to look at it, which ends with the hold.
		w.later(time.Minute)
		w.must("coordinator", revoke, vars{"id": given})
		held := func() string {
			t.Helper()
			out := ""
			a := list()
			for _, i := range []string{"0", "1", "2", "3", "4", "5"} {
				if a.text("enrollment.activities.nodes."+i+".kind") == "HOLD_REVIEW" {
					out += a.text("enrollment.activities.nodes."+i+".status") + " "
				}
			}
			return out
		}
		if got := held(); got != "REQUESTED " {
			t.Errorf("on hold: %s", got)
		}
		again := w.must("coordinator", permit, vars{"id": w.id("patient ann")}).text("recordConsent.consent.id")
		w.must("coordinator", resume, of)
		if got := held(); got != "COMPLETED " {
			t.Errorf("resumed: %s", got)
		}
		w.later(time.Minute)
		w.must("coordinator", revoke, vars{"id": again})
		w.must("coordinator", disenroll, of)
		if a := list(); held() != "COMPLETED CANCELLED " && held() != "CANCELLED COMPLETED " || w.status(a, third) != "CANCELLED" || w.status(a, first) != "COMPLETED" {
			t.Errorf("ended: %s", a.raw)
		}
		w.refused("INVALID_TRANSITION", "coordinator", assign, vars{"id": id, "user": w.id("user coordinator")})
	})
}

// status finds the activity in the list.
func (w *world) status(list answer, id string) string {
	nodes, _ := list.at("enrollment.activities.nodes").([]any)
	for _, one := range nodes {
		if row := one.(map[string]any); row["id"] == id {
			return row["status"].(string)
		}
	}
	return ""
}

// Who is active in a program that rests or is closed stays so; nobody begins, goes on after a hold or is let in.
func TestProgramRests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.screened("rests", func(p *ent.CareProgramCreate) { p.SetCapacity(1) })
		w.ok(w.client.ProgramTeamMember.Update().SetRole("MANAGER").Exec(w.system()))
		id, _ := w.activated("rests", noon.AddDate(1, 0, 0))
		program, of := vars{"id": w.id("program rests")}, vars{"id": id}
		status := func() string {
			t.Helper()
			return w.must("coordinator", `query($id: ID!) { enrollment(id: $id) { status } }`, of).text("enrollment.status")
		}
		w.must("coordinator", `mutation($id: ID!) { pauseProgram(input: {programId: $id, reason: "no stock"}) { program { status } } }`, program)
		if got := status(); got != "ACTIVE" {
			t.Errorf("the program rests, the enrollment is %s", got)
		}
		w.must("coordinator", hold, of)
		if got := w.must("coordinator", resume, of).gates("resumeEnrollment"); len(got) != 1 || got[0] != "PROGRAM_NOT_ACTIVE" {
			t.Errorf("resumed meanwhile: %v", got)
		}
		if got := w.must("coordinator", enroll, vars{"input": vars{"programId": w.id("program rests"), "patientId": w.id("patient cal")}}).gates("enrollPatient"); len(got) != 1 || got[0] != "PROGRAM_NOT_ACTIVE" {
			t.Errorf("let in meanwhile: %v", got)
		}
		const reopen = `mutation($id: ID!) { resumeProgram(input: {programId: $id}) { program { status } unmet { code } } }`
		if got := w.must("coordinator", reopen, program).gates("resumeProgram"); len(got) != 1 || got[0] != "FORM_MISSING" {
			t.Errorf("opened again without a form: %v", got)
		}
		w.form("PROGRAM_PARTICIPATION")
		w.must("coordinator", reopen, program)
		w.must("coordinator", resume, of)
		w.must("coordinator", `mutation($id: ID!) { closeProgram(input: {programId: $id, reason: "over"}) { program { status } } }`, program)
		if got := status(); got != "ACTIVE" {
			t.Errorf("the program is closed, the enrollment is %s", got)
		}
		const archive = `mutation($id: ID!) { archiveProgram(input: {programId: $id}) { program { status } unmet { code } } }`
		if got := w.refused("", "coordinator", archive, program).gates("archiveProgram"); len(got) != 1 || got[0] != "OPEN_ENROLLMENTS" {
			t.Errorf("put away with somebody in it: %v", got)
		}
		if err := w.client.CareProgram.UpdateOneID(w.row("program rests")).SetStatus("ARCHIVED").Exec(w.system()); err == nil {
			t.Error("put away past the API with somebody in it")
		}
		w.must("coordinator", complete, of)
		if a := w.must("coordinator", archive, program); a.text("archiveProgram.program.status") != "ARCHIVED" {
			t.Errorf("put away: %s", a.raw)
		}
	})
}
