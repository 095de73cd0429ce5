package graph_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

const mark = `mutation($id: ID!) { markConsentEnteredInError(input: {consentId: $id, reason: "the wrong end"}) { consent { status } } }`

// A signature that is recorded as proof is one that the patient gave here: on that form, for that scope and decision, and
// it proves one consent.
func TestSignatureProvesOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		signed := w.must("patient2", signFor, vars{"form": w.id("form approved")}).text("signConsent.consent.id")
		ref := w.must("coordinator2", `query($id: ID!) { consentLedger(patientId: $id, first: 100) { nodes { id evidenceRef } } }`, vars{"id": w.id("patient bob")})
		var signature string
		for _, node := range ref.at("consentLedger.nodes").([]any) {
			if n := node.(map[string]any); n["id"] == signed {
				signature, _ = n["evidenceRef"].(string)
			}
		}
		if !strings.HasPrefix(signature, "sha256:") {
			t.Fatalf("signed with %q: %s", signature, ref.raw)
		}
		w.later(time.Minute)
		with := func(more vars) vars {
			input := vars{"patientId": w.id("patient bob"), "scope": "MARKETING", "capturedVia": "PORTAL", "evidence": vars{"signatureId": signature}}
			maps.Copy(input, more)
			return vars{"input": input}
		}
		bad := func(what, argument string, more vars) {
			t.Helper()
			a := w.refused("BAD_USER_INPUT", "coordinator2", proofed, with(more))
			if len(a.errors) == 1 && a.errors[0].Extensions["argument"] != argument {
				t.Errorf("%s: %s", what, a.raw)
			}
		}
		const at = "input.evidence.signatureId"
		bad("in use", at, nil)
		w.must("privacy", mark, vars{"id": signed})
		bad("invented", at, vars{"evidence": vars{"signatureId": "S-1"}})
		bad("for another scope", at, vars{"scope": "DATA_PROCESSING"})
		bad("for another decision", at, vars{"decision": "DENY"})
		bad("given elsewhere", "input.capturedVia", vars{"capturedVia": "APP"})
		bad("given at another moment", "input.capturedAt", vars{"capturedAt": day(-1).Format(time.RFC3339)})
		if a := w.refused("BAD_USER_INPUT", "coordinator", proofed, with(vars{"patientId": w.id("patient ann")})); a.errors[0].Extensions["argument"] != at {
			t.Errorf("another patient's: %s", a.raw)
		}
		// The next edition is what is asked for now: the signature is on the one before.
		next := w.must("coordinator2", draftForm, vars{"input": vars{"scope": "MARKETING", "locale": "en-US", "title": "News", "body": "Other words."}}).text("draftConsentForm.form.id")
		w.must("privacy", approveForm, vars{"id": next})
		w.later(time.Minute)
		asked := w.must("coordinator2", `mutation($id: ID!) { requestConsent(input: {patientId: $id, scope: MARKETING, channel: PORTAL}) { consent { id } unmet { code } } }`,
			vars{"id": w.id("patient bob")}).text("requestConsent.consent.id")
		bad("on an earlier edition", at, vars{"consentId": asked})

		made := w.must("coordinator2", proofed, with(vars{"signerName": "Somebody else"}))
		if made.text("recordConsent.consent.status") != "ACTIVE" {
			t.Errorf("recorded: %s", made.raw)
		}
		w.later(time.Minute)
		bad("used twice", at, nil)
		// Whoever comes past the mutation is refused as well.
		tx, err := w.client.Tx(w.as("coordinator"))
		w.ok(err)
		err = tx.Consent.Create().SetPatientID(w.row("patient ann")).SetScope("MARKETING").SetFormID(w.row("form approved")).SetStatus("ACTIVE").SetDecision("PERMIT").
			SetCapturedVia("PORTAL").SetCapturedAt(noon).SetEffectiveFrom(noon).SetSignerRole("SELF").SetEvidenceKind("E_SIGNATURE").SetEvidenceRef(signature).Exec(w.as("coordinator"))
		if err == nil || !strings.Contains(err.Error(), "a signature proves one consent") {
			t.Errorf("another patient's: %v", err)
		}
		w.ok(tx.Rollback())
	})
}

// A signature under a consent that was taken back, or that ran out, proves no other; what expires does so however it is
// recorded.
func TestSignatureOfThePast(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		sign := func(until time.Time) (consent, signature string) {
			t.Helper()
			asked := w.must("coordinator2", `mutation($id: ID!, $until: Time) { requestConsent(input: {patientId: $id, scope: MARKETING, channel: PORTAL, expiresAt: $until}) { consent { id form { id } } unmet { code } } }`,
				vars{"id": w.id("patient bob"), "until": until.Format(time.RFC3339)})
			consent = asked.text("requestConsent.consent.id")
			w.later(time.Minute)
			w.must("patient2", `mutation($id: ID!, $form: ID!) { signConsent(input: {consentId: $id, formId: $form, decision: PERMIT, signerName: "Bob"}) { consent { id } unmet { code } } }`,
				vars{"id": consent, "form": asked.text("requestConsent.consent.form.id")})
			key, err := gid.Parse(nil, consent)
			w.ok(err)
			return consent, *w.client.Consent.GetX(w.system(), key.UUID).EvidenceRef
		}
		with := func(signature string, more vars) vars {
			input := vars{"patientId": w.id("patient bob"), "scope": "MARKETING", "capturedVia": "PORTAL", "evidence": vars{"signatureId": signature}}
			maps.Copy(input, more)
			return vars{"input": input}
		}
		until := noon.Add(48 * time.Hour)
		taken, signature := sign(until)
		w.must("patient2", `mutation($id: ID!) { withdrawConsent(input: {consentId: $id}) { consent { status } } }`, vars{"id": taken})
		w.must("privacy", mark, vars{"id": taken})
		w.refused("BAD_USER_INPUT", "coordinator2", proofed, with(signature, nil))

		wrong, signature := sign(until)
		w.must("privacy", mark, vars{"id": wrong})
		w.refused("BAD_USER_INPUT", "coordinator2", proofed, with(signature, vars{"expiresAt": until.Add(time.Hour).Format(time.RFC3339)}))
		right := w.must("coordinator2", proofed, with(signature, nil)).text("recordConsent.consent.id")
		key, err := gid.Parse(nil, right)
		w.ok(err)
		if at := w.client.Consent.GetX(w.system(), key.UUID).ExpiresAt; at == nil || !at.Equal(until) {
			t.Errorf("it expires at %v", at)
		}
		w.must("privacy", mark, vars{"id": right})
		w.set(until)
		w.refused("BAD_USER_INPUT", "coordinator2", proofed, with(signature, nil))
	})
}
