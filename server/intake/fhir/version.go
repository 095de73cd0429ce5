package fhir

import (
	"bytes"
	"encoding/json"
	"slices"
)

// A bundle does not say which version of FHIR it is written in. A sign is an element, or a type of resource,
// that R4 does not have or gives another shape.
type sign struct {
	typ, element string
	shape        byte // the first byte of the element's JSON; 0: whatever it is
	version      string
}

const (
	dstu2 = "DSTU2"
	stu3  = "STU3"
	older = "DSTU2 or STU3"
	r5    = "R5"

	asText, asObject, asList = '"', '{', '['
)

// signs are tried in their order: the vague ones last.
var signs = []sign{
	{"Encounter", "patient", 0, dstu2},
	{"Encounter", "class", asText, dstu2},
	{"Condition", "patient", 0, dstu2},
	{"Patient", "careProvider", 0, dstu2},
	{"Practitioner", "practitionerRole", 0, dstu2},
	{"Practitioner", "name", asObject, dstu2},
	{"Organization", "type", asObject, dstu2},
	{"Observation", "category", asObject, dstu2},
	{"Immunization", "wasNotGiven", 0, dstu2},

	{"Condition", "context", 0, stu3},
	{"Condition", "assertedDate", 0, stu3},
	{"MedicationRequest", "context", 0, stu3},
	{"Observation", "context", 0, stu3},
	{"Procedure", "context", 0, stu3},
	{"DiagnosticReport", "context", 0, stu3},
	{"Encounter", "incomingReferral", 0, stu3},
	{"ExplanationOfBenefit", "organization", 0, stu3},
	{"Immunization", "notGiven", 0, stu3},

	{"Encounter", "class", asList, r5},
	{"Encounter", "actualPeriod", 0, r5},
	{"MedicationRequest", "medication", 0, r5},
	{"Procedure", "occurrenceDateTime", 0, r5},
	{"Coverage", "insurer", 0, r5},
	{"PractitionerRole", "contact", 0, r5},

	{"Condition", "clinicalStatus", asText, older},
	{"Condition", "verificationStatus", asText, older},
	{"AllergyIntolerance", "clinicalStatus", asText, older},
	{"CarePlan", "context", 0, older},
	{"Immunization", "date", 0, older},
	{"Patient", "animal", 0, older},
}

var foreignTypes = map[string][]string{
	dstu2: {"MedicationOrder", "DiagnosticOrder", "DeviceUseRequest", "Order", "OrderResponse", "Conformance"},
	stu3:  {"EligibilityRequest", "EligibilityResponse", "ImagingManifest"},
	older: {"ProcedureRequest", "ReferralRequest", "ProcessRequest", "ProcessResponse", "BodySite", "Sequence", "DataElement"},
	r5:    {"Transport", "Permission", "GenomicStudy", "DeviceUsage", "DeviceDispense", "ImagingSelection", "EncounterHistory", "NutritionIntake", "InventoryReport"},
}

// foreignVersion names the version that a bundle is written in when it is not R4. It looks at the first
// resource of each type: a bundle is of one version throughout.
func foreignVersion(entries []*entry) string {
	first := map[string]json.RawMessage{}
	vague := ""
	for _, e := range entries {
		if _, seen := first[e.typ]; seen {
			continue
		}
		first[e.typ] = e.raw
		for version, types := range foreignTypes {
			switch {
			case !slices.Contains(types, e.typ):
			case version == older:
				vague = version
			default:
				return version
			}
		}
	}
	elements := map[string]map[string]json.RawMessage{}
	for _, s := range signs {
		raw, present := first[s.typ]
		if !present {
			continue
		}
		if _, read := elements[s.typ]; !read {
			var of map[string]json.RawMessage
			_ = json.Unmarshal(raw, &of) // what is no object has no elements
			elements[s.typ] = of
		}
		value, present := elements[s.typ][s.element]
		if present && (s.shape == 0 || bytes.HasPrefix(value, []byte{s.shape})) {
			return s.version
		}
	}
	return vague
}
