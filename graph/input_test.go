package graph_test

import (
	"slices"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

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
