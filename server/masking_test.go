package main

import (
	"testing"

	"github.com/carehub/carehub/ent/store/storetest"
)

// TestMaskedEverywhere: a consent to medical affairs that is given at one server unmasks the patient at the other, in the
// next answer and the next event; one that is revoked, or withdrawn by the patient, masks her again as soon.
func TestMaskedEverywhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		database func(testing.TB) string
		servers  int
	}{"sqlite": {storetest.SQLiteURL, 1}, "postgres": {storetest.PostgresURL, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here := launch(t, c.database(t))
			there := here
			if c.servers > 1 {
				there = &program{database: here.database, secretFile: here.secretFile}
				there.start(t, "127.0.0.1:0")
			}
			liaison, provider := there.demoUser(t, "liaison"), there.demoUser(t, "provider")
			coordinator, patient := here.demoUser(t, "coordinator"), here.demoUser(t, "patient")
			ana := coordinator.ana("patients")
			queue := liaison.listens(casesEntering)
			seen := func(name any) {
				t.Helper()
				liaison.asks("query ($id: ID!) { patient(id: $id) { name } }", object{"id": ana}).is("patient.name", name)
				_, number := provider.submits(object{"patientId": provider.ana("myPatients")})
				heard := queue.hearsOf(number, "CREATED").Item.Case.Patient
				switch {
				case heard == nil || heard.Pseudonym == "":
					t.Errorf("the liaison hears of patient %+v", heard)
				case name == nil && heard.Name != nil, name != nil && (heard.Name == nil || *heard.Name != name):
					t.Errorf("the event calls the patient %v, want %v", heard.Name, name)
				}
			}
			seen(nil)
			permit := object{"patientId": ana, "scope": "MEDICAL_AFFAIRS", "capturedVia": "PHONE", "evidence": object{"recordingId": "REC-77"}}
			given := coordinator.does("recordConsent", permit, "consent { id }").at("payload.consent.id")
			seen("Ana Rivera")
			coordinator.does("revokeConsent", object{"consentId": given, "reason": "told on the phone"}, "consent { status }")
			seen(nil)
			given = coordinator.does("recordConsent", permit, "consent { id }").at("payload.consent.id")
			seen("Ana Rivera")
			patient.does("withdrawConsent", object{"consentId": given}, "consent { status }")
			seen(nil)
		})
	}
}
