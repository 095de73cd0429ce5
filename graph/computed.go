package graph

// Computed gives the fields that are neither a column nor an edge but follow from columns of their own row, and
// those columns.
var Computed = map[string][]string{
	"Case.daysToClose":            {"closed_at", "received_at"},
	"Case.receivedYear":           {"received_at"},
	"Condition.onsetYear":         {"onset_at"},
	"Enrollment.daysToActivation": {"activated_at", "referred_at"},
	"Enrollment.referredYear":     {"referred_at"},
	"KnowledgeResource.audience":  {"for_hcp", "for_internal", "for_patients"},
	"Location.address":            {"address_city", "address_country", "address_line", "address_state", "address_zip"},
	"Organization.address":        {"address_city", "address_country", "address_line", "address_state", "address_zip"},
	"Patient.address":             {"address_city", "address_country", "address_line", "address_state", "address_zip"},
	"Patient.ageGroup":            {"birth_date", "deceased_at"},
	"Patient.birthYear":           {"birth_date", "deceased_at"},
	"Patient.name":                {"family", "given"},
	"Patient.pseudonym":           {"id"},
	"Patient.state":               {"address_state"},
	"Patient.zip3":                {"address_country", "address_zip"},
	"Provider.address":            {"address_city", "address_line", "address_state", "address_zip"},
	"Provider.name":               {"family", "given"},
	"Provider.state":              {"address_state"},
	"Touchpoint.occurredYear":     {"occurred_at"},
	"Treatment.startedYear":       {"started_at"},
}

// Resolved are the fields of a query that only their resolvers can answer, whatever they select.
var Resolved = []string{
	"CareProgram.requiredConsentScopes",
	"Enrollment.unmet",
	"Query.caseStreamHead",
	"Query.clientProfile",
	"Query.consentForm",
	"Query.departments",
	"Query.eligibilityForm",
	"Query.me",
	"Query.nodes",
	"Query.onboarding",
	"Query.routingPreview",
	"Query.streamHead",
	"TrialSubject.reconsentDue",
}
