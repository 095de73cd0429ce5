package rule

import (
	"github.com/carehub/carehub/ent/carecase"
	"github.com/carehub/carehub/ent/condition"
	"github.com/carehub/carehub/ent/enrollment"
	"github.com/carehub/carehub/ent/patient"
	"github.com/carehub/carehub/ent/provider"
	"github.com/carehub/carehub/ent/touchpoint"
	"github.com/carehub/carehub/ent/treatment"
	"github.com/carehub/carehub/ent/trialsubject"
)

// Condition names what must hold of viewer and row for a single value to be shown: the `when:` of the contract.
type Condition string

// The conditions. Where one does not hold, the value is null and `extensions.withheld` gives its name as the reason.
const (
	// MedicalAffairsConsent: the patient permits medical affairs to know who the patient is.
	MedicalAffairsConsent Condition = "MEDICAL_AFFAIRS_CONSENT"
	// Self: the row is the viewer's own.
	Self Condition = "SELF"
	// Client: the provider is a client of the viewer.
	Client Condition = "CLIENT"
	// Authored: the viewer wrote or submitted it.
	Authored Condition = "AUTHORED"
	// Work: the case is the work of the viewer or of the viewer's department.
	Work Condition = "WORK"
	// SafetyOrPrivacyCase: a case of the viewer's in drug safety or privacy concerns the patient.
	SafetyOrPrivacyCase Condition = "SAFETY_OR_PRIVACY_CASE"
	// AuthoredOrConsent: the viewer wrote it, or the patient permits medical affairs to read it.
	AuthoredOrConsent Condition = "AUTHORED_OR_MEDICAL_AFFAIRS_CONSENT"
	// OpenLabel: the trial is not blinded.
	OpenLabel Condition = "OPEN_LABEL"
)

// conditions gives for each condition the predicate by entity.
var conditions = map[Condition]map[string]Rule{
	MedicalAffairsConsent: {
		"Patient":    consented(patient.FieldID),
		"Enrollment": consented(enrollment.FieldPatientID),
		"Treatment":  consented(treatment.FieldPatientID),
		"Condition":  consented(condition.FieldPatientID),
	},
	Self: {
		"Provider": self(provider.FieldID),
	},
	Client: {
		"Provider": client(provider.FieldID),
	},
	Authored: {
		"CareCase":   own(carecase.FieldRequesterID),
		"Touchpoint": own(touchpoint.FieldUserID),
	},
	Work: {
		"CareCase": work,
	},
	SafetyOrPrivacyCase: {
		"Patient": casePatient(patient.FieldID, guardians...),
	},
	AuthoredOrConsent: {
		"Touchpoint": either(own(touchpoint.FieldUserID), consented(touchpoint.FieldPatientID)),
	},
	OpenLabel: {
		"TrialSubject": through(trialsubject.FieldEnrollmentID, enrollment.Table, "enrolled", openLabel),
	},
}

// Of returns the predicate of the condition for rows of the entity; false when the condition is not defined there.
func (c Condition) Of(entity string) (Rule, bool) {
	r, ok := conditions[c][entity]
	return r, ok
}
