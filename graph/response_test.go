package graph_test

import (
	"fmt"
	"testing"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// The gates of an answer's way out.
func TestGates(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		// written is an answer in progress by the liaison, approved where it can be.
		written := func(label string, replaced vars) string {
			t.Helper()
			id, question := w.inquire()
			who := "liaison"
			w.must(who, accept, vars{"id": id})
			w.must(who, classify, vars{"id": question, "label": label})
			if label != "ON_LABEL" {
				who = "information"
				w.must(who, accept, vars{"id": id})
			}
			return w.must(who, draft, w.letter(id, replaced)).text("draftInquiryResponse.response.id")
		}
		standard := vars{"kind": "STANDARD_LETTER"}
		response := written("ON_LABEL", standard)
		w.must("liaison", approve, vars{"id": response})
		unmet := func(want, who, document, id string) {
			t.Helper()
			field := "sendInquiryResponse"
			if document == approve {
				field = "approveInquiryResponse"
			}
			if a := w.refused("", who, document, vars{"id": id}); gateCodes(a, field) != want || a.at(field+".response") != nil {
				t.Errorf("not %s: %s", want, a.raw)
			}
		}
		verify := func(v code.Verification) {
			w.ok(w.client.Provider.UpdateOneID(w.row("provider provider")).SetVerification(v).Exec(w.system()))
		}
		verify("PENDING")
		unmet("PROVIDER_NOT_VERIFIED", "liaison", send, response)
		verify("VERIFIED")
		w.set(day(301))
		unmet("RESOURCE_NOT_VALID", "liaison", send, response)
		w.set(noon)
		w.must("liaison", send, vars{"id": response})

		unmet("CITATION_MISSING", "liaison", approve, written("ON_LABEL", vars{"kind": "STANDARD_LETTER", "resourceIds": []string{}}))
		response = written("ON_LABEL", vars{"kind": "STANDARD_LETTER", "resourceIds": []string{w.id("resource offLabel"), w.id("resource draft")}})
		w.must("liaison", approve, vars{"id": response})
		unmet("OFF_LABEL_RESOURCE RESOURCE_NOT_VALID", "liaison", send, response)

		unmet("DISCLAIMER_MISSING REVIEW_REQUIRED", "information", approve, written("OFF_LABEL", standard))
		response = written("OFF_LABEL", vars{"kind": "STANDARD_LETTER", "disclaimers": []string{"not approved"}, "resourceIds": []string{w.id("resource offLabel")}})
		unmet("REVIEW_REQUIRED", "information", approve, response)
		w.must("information", review, vars{"id": response})
		w.must("reviewer", approve, vars{"id": response})
		w.must("information", send, vars{"id": response})
		response = written("OFF_LABEL", nil)
		w.must("information", review, vars{"id": response})
		unmet("DISCLAIMER_MISSING", "reviewer", approve, response)
	})
}

// A question that turns out to be outside the label holds up the answer that was approved before, whoever sends it.
func TestClassifiedAfterApproval(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		id, question := w.inquire()
		w.must("liaison", reroute, vars{"id": id, "to": "MEDICAL_INFORMATION"})
		w.must("information", accept, vars{"id": id})
		early := w.must("information", draft, w.letter(id, vars{"kind": "STANDARD_LETTER"})).text("draftInquiryResponse.response.id")
		late := w.must("information", draft, w.letter(id, vars{"kind": "STANDARD_LETTER", "disclaimers": []string{"not approved"}})).text("draftInquiryResponse.response.id")
		w.must("information", approve, vars{"id": early})
		w.must("information", classify, vars{"id": question, "label": "OFF_LABEL"})
		if a := w.refused("", "information", send, vars{"id": early}); gateCodes(a, "sendInquiryResponse") != "REVIEW_REQUIRED" {
			t.Errorf("approved as on label: %s", a.raw)
		}
		if a := w.refused("", "information", approve, vars{"id": late}); gateCodes(a, "approveInquiryResponse") != "REVIEW_REQUIRED" {
			t.Errorf("drafted as on label: %s", a.raw)
		}
		w.must("information", review, vars{"id": late})
		w.must("reviewer", approve, vars{"id": late})
		w.must("information", send, vars{"id": late})
	})
}

// Whoever takes over a case with an approved answer may send it.
func TestApprovedAnswerOutlivesReturn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		id, _ := w.inquire()
		w.must("liaison", accept, vars{"id": id})
		response := w.must("liaison", draft, w.letter(id, vars{"kind": "STANDARD_LETTER"})).text("draftInquiryResponse.response.id")
		w.must("liaison", approve, vars{"id": response})
		w.must("liaison", giveBack, vars{"id": id})
		w.must("chief", accept, vars{"id": id})
		w.must("chief", send, vars{"id": response})
		if got := w.steps(id); got != "NEW ROUTED ACCEPTED IN_PROGRESS ROUTED ACCEPTED IN_PROGRESS RESOLVED" {
			t.Errorf("its steps: %s", got)
		}
	})
}

// An answer to some of the questions leaves the case open, without a step of its own.
func TestPartialAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		a := w.must("provider", submit, w.question(vars{"questions": []any{
			map[string]any{"text": "one", "topic": "SAFETY"}, map[string]any{"text": "two", "topic": "DOSING"},
		}}))
		id := a.text("submitMedicalInquiry.case.id")
		w.must("liaison", accept, vars{"id": id})
		for i, want := range []string{"IN_PROGRESS", "RESOLVED"} {
			question := a.text(fmt.Sprintf("submitMedicalInquiry.case.inquiry.questions.nodes.%d.id", i))
			response := w.must("liaison", draft, w.letter(id, vars{"kind": "STANDARD_LETTER", "questionIds": []string{question}})).text("draftInquiryResponse.response.id")
			w.must("liaison", approve, vars{"id": response})
			if a := w.must("liaison", send, vars{"id": response}); a.text("sendInquiryResponse.case.status") != want {
				t.Errorf("answer %d: %s", i+1, a.raw)
			}
		}
		if got := w.steps(id); got != "NEW ROUTED ACCEPTED IN_PROGRESS RESOLVED" {
			t.Errorf("its steps: %s", got)
		}
	})
}
