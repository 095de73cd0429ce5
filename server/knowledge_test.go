package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImportedKnowledge: what is taken in while the server runs is read, and heard of, by those whose work it is, and
// by nobody else.
func TestImportedKnowledge(t *testing.T) {
	topics := filepath.Join(outside(t, "medquad"), "9_CDC_QA.tar.gz")
	questions := filepath.Join(t.TempDir(), "questions.csv")
	table := "File,CHQ,Summary,,\n1,\"SUBJECT: Swollen lips\nMESSAGE: It started after taking Avelurix.\",s,,\n"
	if err := os.WriteFile(questions, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	onEach(t, func(t *testing.T, database string) {
		p := launch(t, database)
		safety, liaison := p.demoUser(t, "safety"), p.demoUser(t, "liaison")
		reviewer, patient, provider := p.demoUser(t, "reviewer"), p.demoUser(t, "patient"), p.demoUser(t, "provider")
		queue := safety.listens(casesEntering)
		if out := command(t, 0, "import", "medquad", "--database", database, topics); !counts(out, "Document", "40", "0", "0", "0") {
			t.Fatalf("the import counts:\n%s", out)
		}
		const drafts = `{ knowledgeResources(filter: {title: "Taeniasis"}) { totalCount nodes { id status body source attribution } } }`
		found := liaison.asks(drafts, nil).is("knowledgeResources.nodes.0.status", "DRAFT").
			is("knowledgeResources.nodes.0.source", "http://www.cdc.gov/parasites/taeniasis/")
		if text := found.text("knowledgeResources.nodes.0.attribution"); !strings.Contains(text, "CC BY 4.0") {
			t.Errorf("attributed to %s", text)
		}
		one := object{"id": found.at("knowledgeResources.nodes.0.id")}
		const resource = "query ($id: ID!) { knowledgeResource(id: $id) { title body } }"
		reviewer.asks(resource, one).is("knowledgeResource.title", "Parasites - Taeniasis")
		for _, other := range []*user{patient, provider} {
			other.asks(`{ knowledgeResources(filter: {title: "Taeniasis"}) { totalCount } }`, nil).is("knowledgeResources.totalCount", 0.0)
			other.tries(resource, one).refused("NOT_FOUND")
		}

		if out := command(t, 0, "import", "inquiries", "--database", database, questions); !counts(out, "Inquiry", "1", "0", "0", "0") {
			t.Fatalf("the import counts:\n%s", out)
		}
		const newest = `{ caseQueue(first: 5, department: MEDICAL_INFORMATION, orderBy: RECEIVED_DESC) { nodes {
			id subject channel inquiry { adverseEvent questions { nodes { text } } } children { nodes { number } } } } }`
		for _, who := range []*user{liaison, reviewer} {
			asked := who.asks(newest, nil).is("caseQueue.nodes.0.subject", "Swollen lips").
				is("caseQueue.nodes.0.inquiry.adverseEvent", true).
				is("caseQueue.nodes.0.inquiry.questions.nodes.0.text", "SUBJECT: Swollen lips\nMESSAGE: It started after taking Avelurix.")
			one = object{"id": asked.at("caseQueue.nodes.0.id")}
		}
		for _, other := range []*user{patient, provider} {
			other.tries("query ($id: ID!) { case(id: $id) { status } }", one).refused("NOT_FOUND")
		}
		reported := safety.asks(`{ caseQueue(first: 1, orderBy: RECEIVED_DESC) { nodes { number narrative parent { id } } } }`, nil)
		queue.hearsOf(reported.text("caseQueue.nodes.0.number"), "CREATED")
		if !slices.Contains(strings.Fields(reported.text("caseQueue.nodes.0.narrative")), "Avelurix.") {
			t.Error("the narrative is not the question")
		}
		p.stop()
		command(t, 0, "audit", "verify", "--database", database)
	})
}
