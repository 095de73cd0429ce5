package graph_test

import (
	"slices"
	"testing"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

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
		const open = `mutation($id: ID!) { activateProgram(input: {programId: $id}) { program { status } unmet { code } } }`
		w.refused("FORBIDDEN", "coordinator2", open, of)
		w.refused("GRAPHQL_VALIDATION_FAILED", "provider", open, of)
		if got := w.must("coordinator", open, of).gates("activateProgram"); !slices.Equal(got, []string{"FORM_MISSING"}) {
			t.Errorf("opened without a form: %v", got)
		}
		w.must("coordinator", `mutation($id: ID!) { defineProgram(input: {programId: $id, requiredConsentScopes: []}) { program { id } } }`, of)
		if got := w.must("coordinator", open, of); got.text("activateProgram.program.status") != "ACTIVE" {
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
