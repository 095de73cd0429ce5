package main

import (
	"net/http"
	"testing"
	"time"
)

// TestEnteredOverHTTP: whoever signs in at a portal has entered it, by whatever request, and once an hour that is noted.
func TestEnteredOverHTTP(t *testing.T) {
	onEach(t, func(t *testing.T, database string) {
		a := newArchive(t, database)
		coordinator := a.demoUser(t, "coordinator")
		ana := coordinator.ana("patients")
		// seen is when the coordinator sees that the patient has entered the portal.
		seen := func() time.Time {
			t.Helper()
			reader := &user{a.program, t, "coordinator", a.tokenAt(t, "coordinator", "STAFF_CONSOLE", a.now())}
			text := reader.asks(`query($id: ID!) { portalAccessMatrix(patientId: $id) { portal lastLoginAt } }`, object{"id": ana}).text("portalAccessMatrix.0.lastLoginAt")
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		enters := func() {
			t.Helper()
			token := a.tokenAt(t, "patient", "PATIENT_PORTAL", a.now())
			if status, _, text := send(t, http.MethodGet, a.url+"/schema", "", "Authorization", "Bearer "+token); status != http.StatusOK {
				t.Fatal(text)
			}
		}
		a.ahead.Add(int64(2 * time.Hour)) // later than the demo's data
		before := seen()
		start := a.now()
		enters()
		first := seen()
		if !first.After(before) || first.Before(start.Truncate(time.Second)) {
			t.Errorf("entered at %v, before at %v", first, before)
		}
		a.ahead.Add(int64(30 * time.Minute))
		enters()
		if at := seen(); !at.Equal(first) {
			t.Errorf("half an hour later it was at %v, not at %v", at, first)
		}
		a.ahead.Add(int64(31 * time.Minute))
		enters()
		if at := seen(); !at.After(first.Add(time.Hour)) {
			t.Errorf("an hour later it was at %v", at)
		}
	})
}
