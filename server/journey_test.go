package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/carehub/carehub/ent/golden"
)

// TestJourney tells how people work together over one running server.
func TestJourney(t *testing.T) {
	onEach(t, func(t *testing.T, database string) {
		p := launch(t, database)
		t.Run("question", func(t *testing.T) { testQuestion(t, p) })
		t.Run("consent", func(t *testing.T) { testConsent(t, p) })
		t.Run("reroute", func(t *testing.T) { testReroute(t, p) })
		t.Run("acceptance", func(t *testing.T) { testAcceptance(t, p) })
		t.Run("cut", func(t *testing.T) { testCut(t, p) })
		t.Run("restart", func(t *testing.T) { testRestart(t, p) })
		t.Run("books", func(t *testing.T) { testBooks(t, p) })
	})
}

// What is asked and told in the stories, and must not turn up where it does not belong.
const (
	asking   = "Is Avelurix of use in adolescents with CanaryAsthma?"
	reported = "CanaryHives two hours after the second dose."
	body     = "CanaryAnswer: this use is not approved. The study is enclosed."
)

// inquiry is the input of a question on the demo provider's product.
func (u *user) inquiry(more object) object {
	u.t.Helper()
	product := u.asks(`{ products(first: 1, filter: {name: "Avelurix"}) { nodes { id } } }`, nil).text("products.nodes.0.id")
	input := object{
		"productId": product, "unsolicited": true, "involvesAdverseEvent": false,
		"questions": []object{{"topic": "EFFICACY", "text": asking}},
	}
	for name, value := range more {
		input[name] = value
	}
	return input
}

// submits asks a question and returns the identifier and the number of its case.
func (u *user) submits(more object) (id, number string) {
	u.t.Helper()
	made := u.does("submitMedicalInquiry", u.inquiry(more), "case { id number }")
	return made.text("payload.case.id"), made.text("payload.case.number")
}

// testQuestion: a physician asks and reports a side effect, the liaison hears of it at once, finds the question off
// label, answers with a reviewer's approval, and the physician acknowledges. What everybody sees of it at each step
// stands in testdata/sights.golden.
func testQuestion(t *testing.T, p *program) {
	provider, provider2, liaison, liaison2 := p.demoUser(t, "provider"), p.demoUser(t, "provider2"), p.demoUser(t, "liaison"), p.demoUser(t, "liaison2")
	reviewer, safety := p.demoUser(t, "reviewer"), p.demoUser(t, "safety")
	queue, queue2, steps := liaison.listens(casesEntering), liaison2.listens(casesEntering), provider.listens(casesMoving)
	sights := newSights(t, p)

	patient := provider.asks(`{ myPatients(first: 1, filter: {family: "Rivera"}) { nodes { id } } }`, nil).text("myPatients.nodes.0.id")
	input := provider.inquiry(object{"patientId": patient, "involvesAdverseEvent": true, "idempotencyKey": "first"})
	provider.attempts("submitMedicalInquiry", input, "case { id }").refused("BAD_USER_INPUT") // what happened is not told
	input["adverseEventText"] = reported
	const made = "case { id number status inquiry { questions { nodes { id } } } } adverseEventCase { id number status }"
	asked := provider.does("submitMedicalInquiry", input, made).is("payload.case.status", "ROUTED").is("payload.adverseEventCase.status", "ROUTED")
	id, number := asked.text("payload.case.id"), asked.text("payload.case.number")
	provider.does("submitMedicalInquiry", input, made).is("payload.case.id", id) // sent twice, made once
	report := asked.text("payload.adverseEventCase.number")

	heard := queue.hearsOf(number, "CREATED")
	if at := heard.Item.Case; at.Department != "MEDICAL_AFFAIRS" || at.Patient == nil || at.Patient.Pseudonym == "" || at.Patient.Name != nil {
		t.Errorf("the liaison hears %+v of patient %+v", at, at.Patient)
	}
	if w := heard.Extensions.Withheld; len(w) != 1 || w[0].Reason != "MEDICAL_AFFAIRS_CONSENT" || fmt.Sprint(w[0].Path) != "[caseCreated case patient name]" {
		t.Errorf("the liaison is told of withheld values: %v", w)
	}
	_, other := provider2.submits(nil)
	queue2.hearsOf(other, "CREATED") // and of nothing before
	steps.hearsUntil(number, "ROUTED", report)
	sights.of("asked", id, asked.text("payload.adverseEventCase.id"))

	liaison2.attempts("acceptCase", object{"caseId": id}, "case { id }").refused("NOT_FOUND")
	liaison.does("acceptCase", object{"caseId": id}, "case { status assignee { name } }").is("payload.case.status", "ACCEPTED")
	steps.hearsUntil(number, "ACCEPTED", report)
	sights.of("accepted", id)

	classified := liaison.does("classifyQuestion", object{"questionId": asked.text("payload.case.inquiry.questions.nodes.0.id"), "labelStatus": "OFF_LABEL"},
		"department case { status assignee { name } } question { labelStatus }")
	classified.is("payload.department", "MEDICAL_INFORMATION").is("payload.case.status", "ROUTED").is("payload.case.assignee", nil).is("payload.question.labelStatus", "OFF_LABEL")
	queue.hearsOf(number, "REROUTED")
	steps.hearsUntil(number, "ROUTED", report)
	sights.of("found off label", id)

	liaison.does("acceptCase", object{"caseId": id}, "case { id }")
	steps.hearsUntil(number, "ACCEPTED", report)
	resources := liaison.asks(`{ knowledgeResources(filter: {title: "adolescents"}) { nodes { id } } }`, nil)
	drafted := liaison.does("draftInquiryResponse", object{
		"caseId": id, "kind": "CUSTOM_LETTER", "body": body, "disclaimers": []string{"This use is not approved by the FDA."},
		"resourceIds": []any{resources.at("knowledgeResources.nodes.0.id")},
	}, "response { id status } case { status }").is("payload.case.status", "IN_PROGRESS")
	response := object{"responseId": drafted.text("payload.response.id")}
	steps.hearsUntil(number, "IN_PROGRESS", report)
	liaison.attempts("sendInquiryResponse", response, "response { id }").refused("INVALID_TRANSITION")
	liaison.does("submitResponseForReview", response, "response { status }").is("payload.response.status", "IN_REVIEW")
	sights.of("answer in review", id)

	liaison.attempts("approveInquiryResponse", response, "response { id }").refused("FORBIDDEN") // one's own
	reviewer.does("approveInquiryResponse", response, "response { status } unmet { code }").is("payload.response.status", "APPROVED")
	sights.of("answer approved", id)

	liaison.does("sendInquiryResponse", response, "response { status } case { status } unmet { code }").
		is("payload.response.status", "SENT").is("payload.case.status", "RESOLVED")
	steps.hearsUntil(number, "RESOLVED", report)
	sights.of("answered", id)
	provider.asks("query ($id: ID!) { case(id: $id) { inquiry { responses { nodes { body disclaimers citations { nodes { resource { title } } } } } } } }", object{"id": id}).
		is("case.inquiry.responses.nodes.0.body", body).
		is("case.inquiry.responses.nodes.0.citations.nodes.0.resource.title", "Velurimab in adolescents: an open study")

	provider2.attempts("acknowledgeResponse", response, "case { status }").refused("NOT_FOUND")
	provider.does("acknowledgeResponse", response, "case { status }").is("payload.case.status", "CLOSED")
	steps.hearsUntil(number, "CLOSED", report)
	sights.of("acknowledged", id)
	provider.attempts("acknowledgeResponse", response, "case { status }").refused("INVALID_TRANSITION")

	reportID := object{"caseId": asked.text("payload.adverseEventCase.id")}
	safety.does("acceptCase", reportID, "case { status }").is("payload.case.status", "ACCEPTED")
	safety.asks("query ($id: ID!) { case(id: $id) { narrative patient { name birthDate } } }", object{"id": reportID["caseId"]}).
		is("case.narrative", reported).is("case.patient.name", "Ana Rivera")
	steps.hearsUntil(report, "ACCEPTED")
	golden.Compare(t, "testdata/sights.golden", []byte(sights.String()))

	history := liaison.asks("query ($id: ID!) { case(id: $id) { history { nodes { toStatus } } routings { nodes { toDepartment reason } } } }", object{"id": id})
	var trail []string
	for _, step := range history.at("case.history.nodes").([]any) {
		trail = append(trail, step.(object)["toStatus"].(string))
	}
	if got := strings.Join(trail, " "); got != "CLOSED RESOLVED IN_PROGRESS ACCEPTED ROUTED ACCEPTED ROUTED NEW" {
		t.Errorf("the case's history is %s", got)
	}
	history.is("case.routings.nodes.0.toDepartment", "MEDICAL_INFORMATION").is("case.routings.nodes.1.reason", "CREATED")
}

// testConsent: the liaison knows the patient's name from the moment on at which the consent stands in the books and
// until it is revoked.
func testConsent(t *testing.T, p *program) {
	liaison, coordinator := p.demoUser(t, "liaison"), p.demoUser(t, "coordinator")
	patient := coordinator.asks(`{ patients(filter: {family: "Rivera"}) { nodes { id } } }`, nil).text("patients.nodes.0.id")
	var pseudonym string
	knows := func(name any, withheld int) {
		t.Helper()
		r := liaison.asks("query ($id: ID!) { patient(id: $id) { pseudonym name } }", object{"id": patient}).is("patient.name", name)
		if len(r.Extensions.Withheld) != withheld || withheld > 0 && r.Extensions.Withheld[0].Reason != "MEDICAL_AFFAIRS_CONSENT" {
			t.Errorf("withheld is %v", r.Extensions.Withheld)
		}
		if now := r.text("patient.pseudonym"); pseudonym == "" {
			pseudonym = now
		} else if now != pseudonym {
			t.Errorf("the pseudonym was %s and is %s", pseudonym, now)
		}
	}
	knows(nil, 1)
	consent := object{"patientId": patient, "scope": "MEDICAL_AFFAIRS", "capturedVia": "PHONE", "evidence": object{"witness": "Cora Bennett"}}
	coordinator.attempts("recordConsent", consent, "consent { id }").refused("BAD_USER_INPUT")
	knows(nil, 1)
	consent["evidence"] = object{"recordingId": "REC-2041"}
	recorded := coordinator.does("recordConsent", consent, "consent { id status version evidenceKind evidenceRef }").
		is("payload.consent.status", "ACTIVE").is("payload.consent.evidenceKind", "PHONE_RECORDING").is("payload.consent.evidenceRef", "REC-2041")
	knows("Ana Rivera", 0)
	revoke := object{"consentId": recorded.at("payload.consent.id"), "reason": "told on the phone"}
	liaison.attempts("revokeConsent", revoke, "consent { id }").refused("GRAPHQL_VALIDATION_FAILED")
	coordinator.does("revokeConsent", revoke, "consent { status }").is("payload.consent.status", "INACTIVE")
	knows(nil, 1)
	coordinator.attempts("revokeConsent", revoke, "consent { status }").refused("INVALID_TRANSITION")
}

// testReroute: who sends a case to a department of others loses sight of it, and those who work there hear of it.
func testReroute(t *testing.T, p *program) {
	liaison, quality := p.demoUser(t, "liaison"), p.demoUser(t, "quality")
	queue := quality.listens(casesEntering)
	id, number := p.demoUser(t, "provider").submits(nil)
	quality.attempts("acceptCase", object{"caseId": id}, "case { id }").refused("NOT_FOUND")
	send := object{"caseId": id, "department": "QUALITY", "reason": "the pen does not click"}
	liaison.does("rerouteCase", send, "caseId department case { id }").
		is("payload.caseId", id).is("payload.department", "QUALITY").is("payload.case", nil)
	liaison.tries("query ($id: ID!) { case(id: $id) { status } }", object{"id": id}).refused("NOT_FOUND")
	liaison.attempts("rerouteCase", send, "caseId").refused("NOT_FOUND")
	queue.hearsOf(number, "REROUTED")
	quality.attempts("returnToQueue", object{"caseId": id, "reason": "not mine"}, "case { id }").refused("FORBIDDEN") // not accepted yet
	quality.does("acceptCase", object{"caseId": id}, "case { status }")
	quality.does("returnToQueue", object{"caseId": id, "reason": "off until Monday"}, "case { status assignee { name } }").
		is("payload.case.status", "ROUTED").is("payload.case.assignee", nil)
	queue.hearsOf(number, "RETURNED")
}

// testAcceptance: of many who accept a case at the same moment one wins, and the books know of one.
func testAcceptance(t *testing.T, p *program) {
	liaison, reviewer := p.demoUser(t, "liaison"), p.demoUser(t, "reviewer")
	id, _ := p.user(t, "provider5", "PROVIDER_PORTAL").submits(nil) // no liaison serves there
	const n = 32
	replies := make([]*reply, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			replies[i] = []*user{liaison, reviewer}[i%2].attempts("acceptCase", object{"caseId": id}, "case { status }")
		})
	}
	group.Wait()
	codes := map[string]int{}
	for _, r := range replies {
		codes[r.code()]++
		if r.code() == "ALREADY_ACCEPTED" && r.Errors[0].Extensions["acceptedAt"] == nil {
			t.Errorf("it is not said when somebody accepted: %s", r.body)
		}
	}
	if codes[""] != 1 || codes["ALREADY_ACCEPTED"] != n-1 {
		t.Errorf("outcomes: %v", codes)
	}
	history := reviewer.asks("query ($id: ID!) { case(id: $id) { history { nodes { toStatus } } } }", object{"id": id})
	if nodes := history.at("case.history.nodes").([]any); len(nodes) != 3 {
		t.Errorf("history: %s", history.body)
	}
}

// testCut: a client that was cut off comes back with its last cursor and gets what it missed, once and in order.
func testCut(t *testing.T, p *program) {
	provider, liaison := p.demoUser(t, "provider"), p.demoUser(t, "liaison")
	queue := liaison.listens(casesEntering)
	_, before := provider.submits(nil)
	queue.hearsOf(before, "CREATED")
	queue.cut()
	_, first := provider.submits(nil)
	_, second := provider.submits(nil)
	queue.returns()
	queue.hearsOf(first, "CREATED")
	queue.hearsOf(second, "CREATED")
	_, after := provider.submits(nil)
	queue.hearsOf(after, "CREATED")
}

// testRestart: a server that stops says so to its clients. They come back to the next one and have missed nothing.
func testRestart(t *testing.T, p *program) {
	provider, liaison := p.demoUser(t, "provider"), p.demoUser(t, "liaison")
	queue := liaison.listens(casesEntering)
	_, before := provider.submits(nil)
	queue.hearsOf(before, "CREATED")
	_, last := provider.submits(nil)
	p.stop()
	e := queue.next()
	heard := e.Item != nil
	if heard {
		if e.Item.Case.Number != last {
			t.Errorf("the liaison hears %+v", e.Item)
		}
		queue.leaves(1012)
	} else if e.Closed != 1012 || !queue.next().Waits {
		t.Fatalf("the liaison hears %+v", e)
	}
	p.restart(t)
	_, first := provider.submits(nil)
	queue.returns()
	if !heard {
		queue.hearsOf(last, "CREATED")
	}
	queue.hearsOf(first, "CREATED")
	_, after := provider.submits(nil)
	queue.hearsOf(after, "CREATED")
}

// testBooks: after all of it the audit log is whole, the doctor finds nothing, and the operator's log repeats
// neither tokens nor secrets nor what people wrote.
func testBooks(t *testing.T, p *program) {
	token := p.demoUser(t, "liaison").token
	p.stop()
	if out := command(t, 0, "audit", "verify", "--database", p.database); strings.Count(out, " ok\n") < 2 {
		t.Errorf("audit verify says:\n%s", out)
	}
	if out := command(t, 0, "doctor", "--database", p.database, "--secret-file", p.secretFile); out != "all is well\n" {
		t.Errorf("doctor says:\n%s", out)
	}
	secret, err := os.ReadFile(p.secretFile)
	if err != nil {
		t.Fatal(err)
	}
	said := p.log.String()
	for _, text := range []string{token, strings.TrimSpace(string(secret)), "eyJ", "Canary", "Rivera", "Solano"} {
		if strings.Contains(said, text) {
			t.Errorf("the log repeats %q:\n%s", text, said)
		}
	}
}
