package graph_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/caserouting"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// The operations of casework.
const (
	submit = `mutation($input: SubmitMedicalInquiryInput!) { submitMedicalInquiry(input: $input) {
		case { id number status inquiry { id questions { nodes { id } } } } adverseEventCase { id number status parent { id } narrative } } }`
	accept   = `mutation($id: ID!, $key: String) { acceptCase(input: {caseId: $id, idempotencyKey: $key}) { case { id status version assignee { id } acceptedAt } } }`
	reroute  = `mutation($id: ID!, $to: DepartmentCode!, $version: Int) { rerouteCase(input: {caseId: $id, department: $to, reason: "not ours", expectedVersion: $version}) { caseId department case { id } } }`
	giveBack = `mutation($id: ID!) { returnToQueue(input: {caseId: $id, reason: "on leave"}) { case { status assignee { id } } } }`
	classify = `mutation($id: ID!, $label: LabelStatus!) { classifyQuestion(input: {questionId: $id, labelStatus: $label}) { caseId department question { labelStatus } case { labelStatus status } } }`
	draft    = `mutation($input: DraftInquiryResponseInput!) { draftInquiryResponse(input: $input) { response { id status version edition offLabel } case { status } } }`
	review   = `mutation($id: ID!) { submitResponseForReview(input: {responseId: $id}) { response { status } } }`
	sendBack = `mutation($id: ID!) { returnInquiryResponse(input: {responseId: $id, reason: "too long"}) { response { status } } }`
	approve  = `mutation($id: ID!, $version: Int) { approveInquiryResponse(input: {responseId: $id, expectedVersion: $version}) { response { status reviewer { id } } unmet { code message } } }`
	send     = `mutation($id: ID!) { sendInquiryResponse(input: {responseId: $id}) { response { status sentAt channel } case { status resolvedAt } unmet { code } } }`
	confirm  = `mutation($id: ID!) { acknowledgeResponse(input: {responseId: $id}) { response { status } case { status closedAt } } }`
)

// question is the input of a plain inquiry; what is given replaces its fields.
func (w *world) question(replaced vars) vars {
	input := map[string]any{
		"productId": w.id("product zelora"), "unsolicited": true, "involvesAdverseEvent": false,
		"questions": []any{map[string]any{"text": "Is " + canary("asked", "Question") + " safe?", "topic": "SAFETY"}},
	}
	maps.Copy(input, replaced)
	return vars{"input": input}
}

// submit asks a question and returns the identifier of its case.
func (w *world) submit(who string, replaced vars) string {
	w.t.Helper()
	return w.must(who, submit, w.question(replaced)).text("submitMedicalInquiry.case.id")
}

// inquire asks a question as the provider, and returns its case's identifier and the question's.
func (w *world) inquire() (of, question string) {
	w.t.Helper()
	a := w.must("provider", submit, w.question(nil))
	return a.text("submitMedicalInquiry.case.id"), a.text("submitMedicalInquiry.case.inquiry.questions.nodes.0.id")
}

// letter is the input of a draft; what is given replaces its fields.
func (w *world) letter(of string, replaced vars) vars {
	input := map[string]any{"caseId": of, "kind": "CUSTOM_LETTER", "body": canary("letter", "Body"), "resourceIds": []string{w.id("resource label")}}
	maps.Copy(input, replaced)
	return vars{"input": input}
}

// found reads a case past all rules.
func (w *world) found(id string) *ent.CareCase {
	w.t.Helper()
	key, err := gid.Parse(nil, id)
	w.ok(err)
	row, err := w.client.CareCase.Get(w.system(), key.UUID)
	w.ok(err)
	return row
}

// steps are the statuses that the case has gone through.
func (w *world) steps(id string) string {
	w.t.Helper()
	rows, err := w.client.StatusChange.Query().Where(statuschange.CareCaseID(w.found(id).ID)).Order(statuschange.ByAt(), statuschange.ByID()).All(w.system())
	w.ok(err)
	var out []string
	for _, row := range rows {
		out = append(out, row.ToStatus)
	}
	return strings.Join(out, " ")
}

// refused checks that the operation ends with the code and changes nothing.
func (w *world) refused(code, who, document string, variables vars) answer {
	w.t.Helper()
	before := w.census()
	a := w.do(who, document, variables)
	if a.code() != code {
		w.t.Errorf("%s: %s %v: not %s: %s", who, strings.Fields(document)[1], variables, code, a.raw)
	}
	w.unchanged(before)
	return a
}

// An inquiry's whole way: asked, accepted, answered, reviewed, sent and acknowledged, with every refusal on it.
// Every row that a step writes is in the record.
func TestLifecycle(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		written := w.watch()
		// do runs a step and checks that all it wrote is recorded under its name.
		do := func(who, operation, document string, variables vars) answer {
			t.Helper()
			var a answer
			w.later(1e9)
			written() // what refused changes had written before they were undone
			entries := w.audited(func() { a = w.must(who, document, variables) })
			recorded := map[string][]string{}
			for _, e := range entries {
				if e.Operation == operation && e.Action != "READ" && e.Decision == "PERMIT" && *e.ActorID == w.row("user "+who) {
					recorded[e.Entity] = append(recorded[e.Entity], strings.Fields(e.EntityIds)...)
				}
			}
			rows := written()
			if len(rows) == 0 {
				t.Errorf("%s wrote nothing", operation)
			}
			for entity, ids := range rows {
				for _, id := range ids {
					if !slices.Contains(recorded[entity], id.String()) {
						t.Errorf("%s wrote a %s that is not in the record", operation, entity)
					}
				}
			}
			return a
		}

		a := do("provider", "submitMedicalInquiry", submit, w.question(vars{"patientId": w.id("patient ann")}))
		id, question := a.text("submitMedicalInquiry.case.id"), a.text("submitMedicalInquiry.case.inquiry.questions.nodes.0.id")
		if c := w.found(id); c.Status != "ROUTED" || c.Department != "MEDICAL_AFFAIRS" || *c.Territory != east || c.AssigneeID != nil || c.RoutingCount != 1 {
			t.Errorf("submitted: %v", c)
		}
		w.refused("NOT_FOUND", "liaison2", accept, vars{"id": id})
		w.refused("NOT_FOUND", "information", accept, vars{"id": id})
		w.refused("BAD_USER_INPUT", "liaison", accept, vars{"id": question})
		w.refused("FORBIDDEN", "liaison", draft, w.letter(id, nil))
		w.refused("FORBIDDEN", "liaison", classify, vars{"id": question, "label": "ON_LABEL"})
		w.refused("FORBIDDEN", "liaison", giveBack, vars{"id": id})

		a = do("liaison", "acceptCase", accept, vars{"id": id})
		if a.text("acceptCase.case.status") != "ACCEPTED" || a.text("acceptCase.case.assignee.id") != w.id("user liaison") {
			t.Errorf("accepted: %s", a.raw)
		}
		for _, who := range []string{"liaison", "chief"} {
			a := w.refused("ALREADY_ACCEPTED", who, accept, vars{"id": id})
			if at, _ := a.errors[0].Extensions["acceptedAt"].(string); at != w.now.Load().Format("2006-01-02T15:04:05Z") {
				t.Errorf("when it was accepted: %s", a.raw)
			}
		}
		w.refused("FORBIDDEN", "chief", reroute, vars{"id": id, "to": "LEGAL"})
		w.refused("CONFLICT", "liaison", reroute, vars{"id": id, "to": "LEGAL", "version": 1})
		w.refused("BAD_USER_INPUT", "liaison", reroute, vars{"id": id, "to": "MEDICAL_AFFAIRS"})
		w.refused("BAD_USER_INPUT", "liaison", classify, vars{"id": question, "label": "UNKNOWN"})

		a = do("liaison", "returnToQueue", giveBack, vars{"id": id})
		if a.text("returnToQueue.case.status") != "ROUTED" || a.at("returnToQueue.case.assignee") != nil {
			t.Errorf("returned: %s", a.raw)
		}
		do("liaison", "acceptCase", accept, vars{"id": id})
		a = do("liaison", "classifyQuestion", classify, vars{"id": question, "label": "ON_LABEL"})
		if a.text("classifyQuestion.case.labelStatus") != "ON_LABEL" || a.text("classifyQuestion.department") != "MEDICAL_AFFAIRS" {
			t.Errorf("classified: %s", a.raw)
		}

		for _, wrong := range []vars{{"body": " "}, {"questionIds": []string{}}, {"questionIds": []string{w.id("question west")}}, {"resourceIds": []string{id}}, {"disclaimers": []string{" "}}} {
			w.refused("BAD_USER_INPUT", "liaison", draft, w.letter(id, wrong))
		}
		w.refused("NOT_FOUND", "liaison", draft, w.letter(id, vars{"resourceIds": []string{w.nobodys("liaison", "resource")}}))
		a = do("liaison", "draftInquiryResponse", draft, w.letter(id, nil))
		response := a.text("draftInquiryResponse.response.id")
		if a.text("draftInquiryResponse.case.status") != "IN_PROGRESS" || a.at("draftInquiryResponse.response.offLabel") != false {
			t.Errorf("drafted: %s", a.raw)
		}
		w.refused("FORBIDDEN", "chief", review, vars{"id": response})
		w.refused("INVALID_TRANSITION", "liaison", send, vars{"id": response})
		w.refused("NOT_FOUND", "provider", confirm, vars{"id": response})
		w.refused("CONFLICT", "liaison", approve, vars{"id": response, "version": 99})
		if a := w.refused("", "liaison", approve, vars{"id": response}); gateCodes(a, "approveInquiryResponse") != "REVIEW_REQUIRED" || a.at("approveInquiryResponse.response") != nil {
			t.Errorf("a custom letter without review: %s", a.raw)
		}
		do("liaison", "submitResponseForReview", review, vars{"id": response})
		w.refused("INVALID_TRANSITION", "liaison", review, vars{"id": response})
		w.refused("FORBIDDEN", "liaison", approve, vars{"id": response})
		w.refused("FORBIDDEN", "liaison", sendBack, vars{"id": response})
		w.refused("NOT_FOUND", "reviewer", approve, vars{"id": response})
		do("chief", "returnInquiryResponse", sendBack, vars{"id": response})
		do("liaison", "submitResponseForReview", review, vars{"id": response})
		a = do("chief", "approveInquiryResponse", approve, vars{"id": response})
		if a.text("approveInquiryResponse.response.status") != "APPROVED" || a.text("approveInquiryResponse.response.reviewer.id") != w.id("user chief") {
			t.Errorf("approved: %s", a.raw)
		}
		w.refused("FORBIDDEN", "chief", send, vars{"id": response})
		a = do("liaison", "sendInquiryResponse", send, vars{"id": response})
		if a.text("sendInquiryResponse.response.status") != "SENT" || a.text("sendInquiryResponse.case.status") != "RESOLVED" {
			t.Errorf("sent: %s", a.raw)
		}
		w.refused("INVALID_TRANSITION", "liaison", send, vars{"id": response})
		w.refused("INVALID_TRANSITION", "liaison", reroute, vars{"id": id, "to": "LEGAL"})
		w.refused("BAD_USER_INPUT", "liaison", draft, w.letter(id, nil))
		w.refused("NOT_FOUND", "provider2", confirm, vars{"id": response})
		a = do("provider", "acknowledgeResponse", confirm, vars{"id": response})
		if a.text("acknowledgeResponse.response.status") != "ACKNOWLEDGED" || a.text("acknowledgeResponse.case.status") != "CLOSED" {
			t.Errorf("acknowledged: %s", a.raw)
		}
		w.refused("INVALID_TRANSITION", "provider", confirm, vars{"id": response})
		if got := w.steps(id); got != "NEW ROUTED ACCEPTED ROUTED ACCEPTED IN_PROGRESS RESOLVED CLOSED" {
			t.Errorf("its steps: %s", got)
		}
		routings, err := w.client.CaseRouting.Query().Where(caserouting.CareCaseID(w.found(id).ID)).Order(caserouting.BySeq()).All(w.system())
		w.ok(err)
		if len(routings) != 2 || routings[0].Reason != "CREATED" || routings[0].RuleID == nil || routings[1].Reason != "RETURNED" || *routings[1].RoutedByID != w.row("user liaison") {
			t.Errorf("its ways: %v", routings)
		}
	})
}

// gateCodes are the gates that the payload lists as unmet.
func gateCodes(a answer, field string) string {
	var out []string
	list, _ := a.at(field + ".unmet").([]any)
	for _, gate := range list {
		out = append(out, gate.(map[string]any)["code"].(string))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// What the input of an inquiry may not be, and whom it may not be about.
func TestSubmitRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		long := strings.Repeat("x", 4001)
		for _, c := range []struct {
			wrong          vars
			code, argument string
		}{
			{vars{"unsolicited": false}, "BAD_USER_INPUT", "input.unsolicited"},
			{vars{"questions": []any{}}, "BAD_USER_INPUT", "input.questions"},
			{vars{"questions": []any{map[string]any{"text": long, "topic": "SAFETY"}}}, "BAD_USER_INPUT", "input.questions[0].text"},
			{vars{"subject": strings.Repeat("x", 201)}, "BAD_USER_INPUT", "input.subject"},
			{vars{"involvesAdverseEvent": true}, "BAD_USER_INPUT", "input.adverseEventText"},
			{vars{"adverseEventText": "a rash"}, "BAD_USER_INPUT", "input.involvesAdverseEvent"},
			{vars{"involvesAdverseEvent": true, "adverseEventText": long}, "BAD_USER_INPUT", "input.adverseEventText"},
			{vars{"productId": w.id("patient ann")}, "BAD_USER_INPUT", "input.productId"},
			{vars{"productId": w.nobodys("provider", "product")}, "NOT_FOUND", "input.productId"},
			{vars{"patientId": w.id("patient bob")}, "NOT_FOUND", "input.patientId"},
			{vars{"patientId": w.id("patient old")}, "NOT_FOUND", "input.patientId"},
			{vars{"idempotencyKey": strings.Repeat("k", 256)}, "BAD_USER_INPUT", "input.idempotencyKey"},
			{vars{"idempotencyKey": ""}, "BAD_USER_INPUT", "input.idempotencyKey"},
		} {
			a := w.refused(c.code, "provider", submit, w.question(c.wrong))
			if len(a.errors) == 1 && a.errors[0].Extensions["argument"] != c.argument {
				t.Errorf("%v: %s", c.wrong, a.raw)
			}
		}
		// Bounds count characters: this one has two bytes.
		w.must("provider", submit, w.question(vars{
			"subject": strings.Repeat("é", 200), "involvesAdverseEvent": true, "adverseEventText": strings.Repeat("é", 4000),
			"questions": []any{map[string]any{"text": strings.Repeat("é", 4000), "topic": "SAFETY"}},
		}))
	})
}

// A side effect opens a case of drug safety's in the transaction of the inquiry; only drug safety sees it whole.
func TestAdverseEvent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		told := canary("told", "Narrative")
		a := w.must("provider", submit, w.question(vars{"patientId": w.id("patient cal"), "involvesAdverseEvent": true, "adverseEventText": told}))
		parent, event := a.text("submitMedicalInquiry.case.id"), a.text("submitMedicalInquiry.adverseEventCase.id")
		c := w.found(event)
		if c.Kind != "ADVERSE_EVENT" || c.Department != "DRUG_SAFETY" || *c.ParentID != w.found(parent).ID || *c.Narrative != told || c.CreatedAt != w.found(parent).CreatedAt {
			t.Errorf("the event: %v", c)
		}
		const read = `query($id: ID!) { case(id: $id) { number } }`
		for who, sees := range map[string]bool{
			"provider": true, "safety": true, "liaison": false, "chief": false, "information": false, "quality": false, "privacy": false, "coordinator": false, "patient": false,
		} {
			if a := w.do(who, read, vars{"id": event}); (a.code() == "") != sees {
				t.Errorf("%s: %s", who, a.raw)
			}
		}
		if a := w.must("liaison", `query($id: ID!) { case(id: $id) { children { totalCount nodes { id } } } }`, vars{"id": parent}); a.at("case.children.totalCount") != 0.0 {
			t.Errorf("the liaison counts it: %s", a.raw)
		}
		if a := w.must("safety", `query($id: ID!) { case(id: $id) { narrative patient { name } parent { id } } }`, vars{"id": event}); a.text("case.narrative") != told || a.text("case.patient.name") == "" || a.at("case.parent") != nil {
			t.Errorf("drug safety: %s", a.raw)
		}
		for _, to := range code.DepartmentCode("").Values() {
			w.refused("BAD_USER_INPUT", "safety", reroute, vars{"id": event, "to": to})
		}
	})
}

// A question that is classified as outside the label takes its case to medical information by rule, and never stays
// with or goes to sales.
func TestClassifyReroutes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		for _, label := range []string{"OFF_LABEL", "INVESTIGATIONAL"} {
			id, question := w.inquire()
			w.must("liaison", accept, vars{"id": id})
			a := w.must("liaison", classify, vars{"id": question, "label": label})
			if a.text("classifyQuestion.department") != "MEDICAL_INFORMATION" || a.at("classifyQuestion.case") != nil || a.at("classifyQuestion.question") != nil || a.text("classifyQuestion.caseId") != id {
				t.Errorf("%s: %s", label, a.raw)
			}
			c := w.found(id)
			if c.Status != "ROUTED" || c.AssigneeID != nil || string(c.LabelStatus) != label || c.RoutingCount != 2 {
				t.Errorf("%s: %v", label, c)
			}
			last, err := w.client.CaseRouting.Query().Where(caserouting.CareCaseID(c.ID), caserouting.Seq(2)).Only(w.system())
			w.ok(err)
			if last.RuleID == nil || last.RoutedByID != nil || last.Reason != "REROUTED" || *last.FromDepartment != "MEDICAL_AFFAIRS" {
				t.Errorf("%s: routed as %v", label, last)
			}
			w.must("information", accept, vars{"id": id})
			w.refused("BAD_USER_INPUT", "information", reroute, vars{"id": id, "to": "COMMERCIAL"})
		}
		// Sales holds what nobody has classified yet; the classification itself takes it away.
		id, question := w.inquire()
		w.must("liaison", reroute, vars{"id": id, "to": "COMMERCIAL"})
		w.must("sales", accept, vars{"id": id})
		if a := w.must("sales", classify, vars{"id": question, "label": "OFF_LABEL"}); a.text("classifyQuestion.department") != "MEDICAL_INFORMATION" || a.at("classifyQuestion.case") != nil {
			t.Errorf("sales: %s", a.raw)
		}
		n, err := w.client.CareCase.Query().Where(carecase.DepartmentEQ("COMMERCIAL"), carecase.LabelStatusIn("OFF_LABEL", "INVESTIGATIONAL")).Count(w.system())
		w.ok(err)
		if n != 0 {
			t.Errorf("sales holds %d questions outside the label", n)
		}
	})
}

// audits counts the entries of the operation.
func (w *world) audits(operation string) int {
	w.t.Helper()
	n, err := w.client.AuditEvent.Query().Where(auditevent.Operation(operation)).Count(w.system())
	w.ok(err)
	return n
}
