package graph

// Computed gives the fields that are neither a column nor an edge but follow from columns of their own row, and
// those columns.
var Computed = map[string][]string{
	"BenefitVerification.daysToComplete":             {"completed_at", "submitted_at"},
	"BenefitVerification.priorAuthorizationRequired": {"result"},
	"CoverageBenefit.copay":                          {"copay", "currency"},
	"CoverageBenefit.deductibleFamily":               {"currency", "deductible_family_applied", "deductible_family_limit", "deductible_family_remaining"},
	"CoverageBenefit.deductibleIndividual":           {"currency", "deductible_individual_applied", "deductible_individual_limit", "deductible_individual_remaining"},
	"CoverageBenefit.outOfPocketFamily":              {"currency", "out_of_pocket_family_applied", "out_of_pocket_family_limit", "out_of_pocket_family_remaining"},
	"CoverageBenefit.outOfPocketIndividual":          {"currency", "out_of_pocket_individual_applied", "out_of_pocket_individual_limit", "out_of_pocket_individual_remaining"},
	"Case.daysToClose":                               {"closed_at", "received_at"},
	"Case.receivedYear":                              {"received_at"},
	"Condition.onsetYear":                            {"onset_at"},
	"Enrollment.daysToActivation":                    {"activated_at", "referred_at"},
	"Enrollment.referredYear":                        {"referred_at"},
	"KnowledgeResource.audience":                     {"for_hcp", "for_internal", "for_patients"},
	"Location.address":                               {"address_city", "address_country", "address_line", "address_state", "address_zip"},
	"Organization.address":                           {"address_city", "address_country", "address_line", "address_state", "address_zip"},
	"Patient.address":                                {"address_city", "address_country", "address_line", "address_state", "address_zip"},
	"Patient.ageGroup":                               {"birth_date", "deceased_at"},
	"Patient.birthYear":                              {"birth_date", "deceased_at"},
	"Patient.name":                                   {"family", "given"},
	"Patient.pseudonym":                              {"id"},
	"Patient.state":                                  {"address_state"},
	"Patient.zip3":                                   {"address_country", "address_zip"},
	"Provider.address":                               {"address_city", "address_line", "address_state", "address_zip"},
	"Provider.name":                                  {"family", "given"},
	"Provider.state":                                 {"address_state"},
	"Touchpoint.occurredYear":                        {"occurred_at"},
	"Treatment.startedYear":                          {"started_at"},
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
}
