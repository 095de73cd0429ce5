package graph_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/contactpoint"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/touchpoint"
)

const (
	permitMail = `mutation($input: RecordConsentInput!) { recordConsent(input: $input) { consent { id status } } }`
	revokeIt   = `mutation($id: ID!) { revokeConsent(input: {consentId: $id, reason: "no mail any more"}) { consent { status } } }`
)

// mailed is an approved answer to a question of ann's, who wants it by e-mail.
func (w *world) mailed(number string, by code.Channel) (response string) {
	w.t.Helper()
	ctx := w.system()
	of := w.keep(number)(w.client.CareCase.Create().SetNumber(number).SetKind("MEDICAL_INQUIRY").SetStatus("ACCEPTED").SetChannel(by).SetRequesterKind("PATIENT").
		SetDepartment("MEDICAL_INFORMATION").SetSubject("A question").SetReceivedAt(day(-1)).SetDueAt(day(3)).SetAcceptedAt(day(-1)).SetRequesterID(w.row("user patient")).
		SetPatientID(w.row("patient ann")).SetAssigneeID(w.row("user information")).SetProductID(w.row("product zelora")).Save(ctx))
	inquiry, err := w.client.MedicalInquiry.Create().SetCareCaseID(of).SetUnsolicited(true).SetAttestedAt(day(-1)).SetAdverseEvent(false).SetPreferredDelivery("EMAIL").Save(ctx)
	w.ok(err)
	w.ok(w.client.InquiryQuestion.Create().SetInquiryID(inquiry.ID).SetSeq(1).SetText("May I drive?").SetTopic("SAFETY").SetLabelStatus("ON_LABEL").Exec(ctx))
	response = w.must("information", draft, w.letter(w.id("case "+number), vars{"kind": "STANDARD_LETTER"})).text("draftInquiryResponse.response.id")
	w.must("information", approve, vars{"id": response})
	return response
}

// mail gives or denies the consent of ann to be written to by e-mail.
func (w *world) mail(more vars) string {
	w.t.Helper()
	input := vars{"patientId": w.id("patient ann"), "scope": "CHANNEL_EMAIL", "capturedVia": "IN_PERSON", "evidence": vars{"witness": "A nurse"}}
	for k, v := range more {
		input[k] = v
	}
	return w.must("coordinator", permitMail, vars{"input": input}).text("recordConsent.consent.id")
}

// reachable says whether ann's e-mail address is in use.
func (w *world) reachable() bool {
	w.t.Helper()
	row, err := w.client.ContactPoint.Query().Where(contactpoint.AccountID(w.row("patient ann")), contactpoint.ChannelEQ("EMAIL")).Only(w.system())
	w.ok(err)
	return row.OptedOutAt == nil
}

// Nothing is sent to a patient over a channel that the patient does not permit now: not before the consent, and not after
// it was revoked, withdrawn, denied, or ran out. Each closes the contact point with it, and a new consent opens it.
func TestChannelCloses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.ok(w.client.ContactPoint.Create().SetAccountID(w.row("patient ann")).SetChannel("EMAIL").SetValue("ann@example.org").SetVerifiedAt(day(-3)).Exec(w.system()))
		response := w.mailed("C-mail", "PHONE")
		closed := func(when string) {
			t.Helper()
			if a := w.refused("", "information", send, vars{"id": response}); gateCodes(a, "sendInquiryResponse") != "CHANNEL_CLOSED" || a.at("sendInquiryResponse.response") != nil {
				t.Errorf("%s: %s", when, a.raw)
			}
		}
		closed("never permitted")
		if !w.reachable() {
			t.Error("what nobody has closed is closed")
		}
		for how, end := range map[string]func(id string){
			"revoked":   func(id string) { w.must("coordinator", revokeIt, vars{"id": id}) },
			"withdrawn": func(id string) { w.must("patient", withdrawFor, vars{"id": id}) },
			"denied":    func(string) { w.mail(vars{"decision": "DENY"}) },
			"denied for all programs": func(string) {
				w.later(time.Minute)
				w.mail(vars{"programId": w.id("program bridge")})
				w.later(time.Minute)
				w.mail(vars{"decision": "DENY"})
			},
			"run out": func(string) { w.later(3 * time.Hour); closed("run out, not yet ended"); w.due() },
		} {
			w.later(time.Minute)
			id := w.mail(vars{"expiresAt": w.now.Load().Add(2 * time.Hour).Format(time.RFC3339)})
			if !w.reachable() {
				t.Errorf("before it is %s the channel is closed", how)
			}
			w.later(time.Minute)
			before := w.audits("revokeConsent")
			end(id)
			if how == "revoked" && w.audits("revokeConsent") < before+2 { // of the consent and of the contact point
				t.Error("that the contact point was closed is not recorded")
			}
			if w.reachable() {
				t.Errorf("%s, and the address is in use", how)
			}
			closed(how)
		}
		w.later(time.Minute)
		first := w.mail(nil)
		w.later(time.Minute)
		second := w.mail(nil) // takes the place of the first, which ends by that
		if !w.reachable() || first == second {
			t.Error("a consent that was replaced closes the channel")
		}
		if a := w.must("information", send, vars{"id": response}); a.text("sendInquiryResponse.response.channel") != "EMAIL" {
			t.Errorf("sent: %s", a.raw)
		}
		row, err := w.client.Touchpoint.Query().Where(touchpoint.CareCaseID(w.row("case C-mail"))).WithConsent().Only(w.system())
		if err != nil || row.Edges.Consent == nil || row.Edges.Consent.GlobalID().String() != second || row.PatientID == nil {
			t.Errorf("sent relying on %+v: %v", row, err)
		}
	})
}

// An opt-out that is later than the consent stays, and what is taken in as it was elsewhere says itself what is in use.
func TestLaterOptOutStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		w.ok(w.client.ContactPoint.Create().SetAccountID(w.row("patient ann")).SetChannel("EMAIL").SetValue("ann@example.org").SetOptedOutAt(day(-1)).Exec(w.system()))
		w.mail(vars{"capturedAt": day(-2).Format(time.RFC3339)})
		if w.reachable() {
			t.Error("an earlier consent undoes a later opt-out")
		}
		w.ok(w.client.Consent.Create().SetPatientID(w.row("patient ann")).SetScope("CHANNEL_EMAIL").SetStatus("ACTIVE").SetDecision("PERMIT").SetCapturedVia("LETTER").
			SetCapturedAt(noon).SetEffectiveFrom(noon).SetSignerRole("SELF").SetEvidenceKind("SOURCE_RECORD").SetEvidenceRef("r").Exec(w.system()))
		if w.reachable() {
			t.Error("what is taken in changes a contact point")
		}
		if a := w.refused("", "information", send, vars{"id": w.mailed("C-out", "PHONE")}); gateCodes(a, "sendInquiryResponse") != "CHANNEL_CLOSED" {
			t.Errorf("to an address that is out of use: %s", a.raw)
		}
	})
}

// A reply over the channel by which the patient asked waits for no consent, unless the patient has said no to the channel.
func TestReply(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		first, second := w.mailed("C-first", "EMAIL"), w.mailed("C-second", "EMAIL")
		if a := w.must("information", send, vars{"id": first}); a.text("sendInquiryResponse.response.status") != "SENT" {
			t.Errorf("a reply: %s", a.raw)
		}
		row, err := w.client.Touchpoint.Query().Where(touchpoint.CareCaseID(w.row("case C-first"))).Only(w.system())
		if err != nil || row.ConsentID != nil || row.Reactive == nil || !*row.Reactive {
			t.Errorf("noted as %+v: %v", row, err)
		}
		w.mail(vars{"decision": "DENY"})
		if a := w.refused("", "information", send, vars{"id": second}); gateCodes(a, "sendInquiryResponse") != "CHANNEL_CLOSED" {
			t.Errorf("who said no: %s", a.raw)
		}
		w.later(time.Minute)
		w.must("coordinator", revokeIt, vars{"id": w.mail(nil)})
		if a := w.refused("", "information", send, vars{"id": second}); gateCodes(a, "sendInquiryResponse") != "CHANNEL_CLOSED" {
			t.Errorf("who took the word back: %s", a.raw)
		}
	})
}

// Of a revocation and a send at the same time, either comes first: what is sent relied on the consent, and nothing is sent
// after the end of it.
func TestRevocationRacesSend(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		for i := range 4 {
			number := fmt.Sprintf("C-race%d", i)
			response := w.mailed(number, "PHONE")
			w.later(time.Minute)
			id := w.mail(nil)
			var wait sync.WaitGroup
			var sent, ended answer
			wait.Go(func() { sent = w.do("information", send, vars{"id": response}) })
			wait.Go(func() { ended = w.do("coordinator", revokeIt, vars{"id": id}) })
			wait.Wait()
			if len(ended.errors) > 0 || len(sent.errors) > 0 {
				t.Fatalf("sent: %s, revoked: %s", sent.raw, ended.raw)
			}
			relied, err := w.client.Touchpoint.Query().Where(touchpoint.CareCaseID(w.row("case " + number))).All(w.system())
			w.ok(err)
			switch {
			case sent.text("sendInquiryResponse.response.status") == "SENT":
				if len(relied) != 1 || relied[0].ConsentID == nil {
					t.Errorf("sent relying on nothing: %+v", relied)
				}
			case gateCodes(sent, "sendInquiryResponse") != "CHANNEL_CLOSED" || len(relied) != 0:
				t.Errorf("neither sent nor refused: %s", sent.raw)
			}
		}
	})
}
