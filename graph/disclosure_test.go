package graph_test

import (
	"testing"
	"time"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

const disclosed = `mutation($input: RecordDisclosureInput!) { recordDisclosure(input: $input) { disclosure { id consent { id } } unmet { code scope } } }`

// A disclosure is recorded once and for all; one that an authorization permits was made while that held.
func TestDisclosures(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		say := func(patient, basis string, more vars) vars {
			input := vars{
				"patientId": w.id("patient " + patient), "recipientName": "Somebody Ltd", "description": "Dates of treatment", "purpose": "Their study", "legalBasis": basis,
			}
			for k, v := range more {
				input[k] = v
			}
			return vars{"input": input}
		}
		given := w.must("coordinator", `mutation($id: ID!) { recordConsent(input: {patientId: $id, scope: HIPAA_AUTHORIZATION, capturedVia: IN_PERSON, evidence: {witness: "A nurse"}}) { consent { id } } }`,
			vars{"id": w.id("patient ann")}).text("recordConsent.consent.id")
		began := *w.now.Load()
		w.later(time.Hour)
		during := began.Add(30 * time.Minute).Format(time.RFC3339)
		w.must("coordinator", revoke, vars{"id": given})
		w.later(time.Hour)
		if got := w.must("coordinator", disclosed, say("ann", "AUTHORIZATION", vars{"consentId": given, "disclosedAt": during})); got.text("recordDisclosure.disclosure.consent.id") != given {
			t.Errorf("while it held: %s", got.raw)
		}
		for name, more := range map[string]vars{
			"without": {}, "after": {"consentId": given}, "before": {"consentId": given, "disclosedAt": began.Add(-time.Hour).Format(time.RFC3339)},
			"another scope": {"consentId": w.id("consent ann")},
		} {
			if got := w.must("coordinator", disclosed, say("ann", "AUTHORIZATION", more)).gates("recordDisclosure"); len(got) != 1 || got[0] != "CONSENT_MISSING" {
				t.Errorf("%s: %v", name, got)
			}
		}
		w.must("coordinator", disclosed, say("ann", "REQUIRED_BY_LAW", nil))
		w.refused("BAD_USER_INPUT", "coordinator", disclosed, say("ann", "RESEARCH", vars{"consentId": given}))
		w.refused("BAD_USER_INPUT", "coordinator", disclosed, say("ann", "RESEARCH", vars{"disclosedAt": began.AddDate(0, 0, 1).Format(time.RFC3339)}))
		w.refused("NOT_FOUND", "coordinator", disclosed, say("bob", "RESEARCH", nil))
		w.refused("NOT_FOUND", "coordinator", disclosed, say("cal", "AUTHORIZATION", vars{"consentId": w.id("consent bob")}))
		if got := w.must("patient", `{ myDisclosures { totalCount } }`, nil); got.at("myDisclosures.totalCount") != 3.0 {
			t.Errorf("the patient's own: %s", got.raw)
		}
		row := w.row("disclosure ann")
		if w.client.Disclosure.UpdateOneID(row).Exec(w.system()) == nil || w.client.Disclosure.DeleteOneID(row).Exec(w.system()) == nil {
			t.Error("a disclosure was changed")
		}
	})
}

// Privacy says that a consent never was; what relied on it is put on hold.
func TestEnteredInError(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		mark := `mutation($id: ID!) { markConsentEnteredInError(input: {consentId: $id, reason: "wrong patient"}) { consent { status } } }`
		bob := vars{"id": w.id("consent bob")}
		w.refused("GRAPHQL_VALIDATION_FAILED", "coordinator2", mark, bob)
		w.refused("NOT_FOUND", "quality", mark, bob)
		ctx := w.system()
		w.client.RequiredConsent.Delete().ExecX(ctx)
		w.ok(w.client.RequiredConsent.Create().SetProgramID(w.row("program bridge")).SetScope("MEDICAL_AFFAIRS").Exec(ctx))
		tx, err := w.client.Tx(ctx)
		w.ok(err)
		active, err := tx.Enrollment.Create().SetPatientID(w.row("patient bob")).SetProgramID(w.row("program bridge")).SetStatus("ACTIVE").SetEligibility("ELIGIBLE").
			SetSource("COORDINATOR").SetReferredAt(noon).Save(ctx)
		w.ok(err)
		w.ok(tx.Commit())
		if got := w.must("privacy", mark, bob).text("markConsentEnteredInError.consent.status"); got != "ENTERED_IN_ERROR" {
			t.Errorf("marked: %s", got)
		}
		w.refused("INVALID_TRANSITION", "privacy", mark, bob)
		if now, err := w.client.Enrollment.Get(w.system(), active.ID); err != nil || now.Status != "ON_HOLD" {
			t.Errorf("what relied on it: %v %v", now.Status, err)
		}
	})
}
