package rule

import (
	"entgo.io/ent"

	"github.com/carehub/carehub/ent/viewer"
)

// grants says what a persona may create and change, by entity. What is not named is denied; which rows an update
// reaches is for the rules, which steps it may take for the lifecycles.
var grants = map[viewer.Persona]map[string]ent.Op{
	viewer.Provider: {
		"CareCase":          ent.OpCreate | updates,
		"MedicalInquiry":    ent.OpCreate,
		"InquiryQuestion":   ent.OpCreate,
		"InquiryResponse":   updates,
		"Enrollment":        ent.OpCreate | updates,
		"EligibilityAnswer": ent.OpCreate | updates,
		"Document":          ent.OpCreate,
	},
	viewer.Patient: {
		"Document":          ent.OpCreate,
		"Consent":           ent.OpCreate | updates,
		"Enrollment":        ent.OpCreate | updates,
		"EligibilityAnswer": ent.OpCreate | updates,
	},
	viewer.Admin: {
		"PortalAccess":         ent.OpCreate | updates,
		"IdentityVerification": ent.OpCreate,
	},
	viewer.Liaison: caseworker,
	viewer.Staff: {
		"CareCase":         caseworker["CareCase"],
		"InquiryQuestion":  caseworker["InquiryQuestion"],
		"InquiryResponse":  caseworker["InquiryResponse"],
		"ResponseAnswer":   caseworker["ResponseAnswer"],
		"ResponseCitation": caseworker["ResponseCitation"],
		"Consent":          updates,
		"ConsentForm":      updates,
	},
	viewer.Coordinator: {
		"PortalAccess":         ent.OpCreate | updates,
		"IdentityVerification": ent.OpCreate,
		"ProxyGrant":           ent.OpCreate | updates,
		"Consent":              ent.OpCreate | updates,
		"Enrollment":           ent.OpCreate | updates,
		"EligibilityAnswer":    ent.OpCreate | updates,
		"ConsentForm":          ent.OpCreate | updates,
		"Document":             ent.OpCreate,
		"Disclosure":           ent.OpCreate,
		"Coverage":             ent.OpCreate | updates,
		"BenefitVerification":  ent.OpCreate | updates,
		"PriorAuthorization":   ent.OpCreate | updates,
	},
}

const updates = ent.OpUpdate | ent.OpUpdateOne

var caseworker = map[string]ent.Op{
	"CareCase":         updates,
	"InquiryQuestion":  updates,
	"InquiryResponse":  ent.OpCreate | updates,
	"ResponseAnswer":   ent.OpCreate,
	"ResponseCitation": ent.OpCreate,
}

// May reports whether the persona may do the operation on the entity at all.
func May(p viewer.Persona, entity string, op ent.Op) bool {
	return grants[p][entity]&op != 0
}
