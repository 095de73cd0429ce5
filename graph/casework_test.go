package graph_test

const accept = `mutation($id: ID!, $key: String) { acceptCase(input: {caseId: $id, idempotencyKey: $key}) { case { id status version assignee { id } acceptedAt } } }`

const submit = `mutation($input: SubmitMedicalInquiryInput!) { submitMedicalInquiry(input: $input) {
	case { id number status inquiry { id questions { nodes { id } } } } adverseEventCase { id status number } } }`

// question is the input of a plain inquiry; what is given replaces its fields.
func (w *world) question(replaced vars) vars {
	input := map[string]any{
		"productId": w.id("product zelora"), "unsolicited": true, "involvesAdverseEvent": false,
		"questions": []any{map[string]any{"text": "Is " + canary("asked", "Question") + " safe?", "topic": "SAFETY"}},
	}
	for name, value := range replaced {
		input[name] = value
	}
	return vars{"input": input}
}

// submit asks a question and returns the identifier of its case.
func (w *world) submit(who string, replaced vars) string {
	w.t.Helper()
	return w.must(who, submit, w.question(replaced)).text("submitMedicalInquiry.case.id")
}
