package code

// ProductKind is the kind of medical product.
type ProductKind string

// The members of ProductKind.
const (
	ProductKindDrug        ProductKind = "DRUG"
	ProductKindBiologic    ProductKind = "BIOLOGIC"
	ProductKindDevice      ProductKind = "DEVICE"
	ProductKindCombination ProductKind = "COMBINATION"
)

// Values lists the members.
func (ProductKind) Values() []string {
	return texts(ProductKindDrug, ProductKindBiologic, ProductKindDevice, ProductKindCombination)
}

// MarketingStatus is the regulatory standing of a product.
type MarketingStatus string

// The members of MarketingStatus.
const (
	MarketingStatusApproved        MarketingStatus = "APPROVED"
	MarketingStatusInvestigational MarketingStatus = "INVESTIGATIONAL"
	MarketingStatusWithdrawn       MarketingStatus = "WITHDRAWN"
)

// Values lists the members.
func (MarketingStatus) Values() []string {
	return texts(MarketingStatusApproved, MarketingStatusInvestigational, MarketingStatusWithdrawn)
}

// ProgramKind is the kind of care program.
type ProgramKind string

// The members of ProgramKind.
const (
	ProgramKindPatientServices ProgramKind = "PATIENT_SERVICES"
	ProgramKindTherapy         ProgramKind = "THERAPY"
	ProgramKindClinicalTrial   ProgramKind = "CLINICAL_TRIAL"
)

// Values lists the members.
func (ProgramKind) Values() []string {
	return texts(ProgramKindPatientServices, ProgramKindTherapy, ProgramKindClinicalTrial)
}

// ProgramStatus is the lifecycle of a care program.
type ProgramStatus string

// The members of ProgramStatus.
const (
	ProgramStatusDraft     ProgramStatus = "DRAFT"
	ProgramStatusActive    ProgramStatus = "ACTIVE"
	ProgramStatusPaused    ProgramStatus = "PAUSED"
	ProgramStatusClosed    ProgramStatus = "CLOSED"
	ProgramStatusArchived  ProgramStatus = "ARCHIVED"
	ProgramStatusCancelled ProgramStatus = "CANCELLED"
)

// Values lists the members.
func (ProgramStatus) Values() []string {
	return texts(ProgramStatusDraft, ProgramStatusActive, ProgramStatusPaused, ProgramStatusClosed, ProgramStatusArchived, ProgramStatusCancelled)
}

// EnrollmentStatus is the lifecycle of an enrollment, mapped to FHIR EpisodeOfCare.
type EnrollmentStatus string

// The members of EnrollmentStatus.
const (
	EnrollmentStatusReferred       EnrollmentStatus = "REFERRED"
	EnrollmentStatusScreening      EnrollmentStatus = "SCREENING"
	EnrollmentStatusEligible       EnrollmentStatus = "ELIGIBLE"
	EnrollmentStatusIneligible     EnrollmentStatus = "INELIGIBLE"
	EnrollmentStatusWaitlisted     EnrollmentStatus = "WAITLISTED"
	EnrollmentStatusConsentPending EnrollmentStatus = "CONSENT_PENDING"
	EnrollmentStatusReady          EnrollmentStatus = "READY"
	EnrollmentStatusActive         EnrollmentStatus = "ACTIVE"
	EnrollmentStatusOnHold         EnrollmentStatus = "ON_HOLD"
	EnrollmentStatusCompleted      EnrollmentStatus = "COMPLETED"
	EnrollmentStatusWithdrawn      EnrollmentStatus = "WITHDRAWN"
	EnrollmentStatusDiscontinued   EnrollmentStatus = "DISCONTINUED"
	EnrollmentStatusDeclined       EnrollmentStatus = "DECLINED"
	EnrollmentStatusCancelled      EnrollmentStatus = "CANCELLED"
)

// Values lists the members.
func (EnrollmentStatus) Values() []string {
	return texts(EnrollmentStatusReferred, EnrollmentStatusScreening, EnrollmentStatusEligible, EnrollmentStatusIneligible, EnrollmentStatusWaitlisted, EnrollmentStatusConsentPending, EnrollmentStatusReady, EnrollmentStatusActive, EnrollmentStatusOnHold, EnrollmentStatusCompleted, EnrollmentStatusWithdrawn, EnrollmentStatusDiscontinued, EnrollmentStatusDeclined, EnrollmentStatusCancelled)
}

// EnrollmentSource says who brought an enrollment in.
type EnrollmentSource string

// The members of EnrollmentSource.
const (
	EnrollmentSourceProvider    EnrollmentSource = "PROVIDER"
	EnrollmentSourcePatient     EnrollmentSource = "PATIENT"
	EnrollmentSourceCoordinator EnrollmentSource = "COORDINATOR"
	EnrollmentSourceImport      EnrollmentSource = "IMPORT"
)

// Values lists the members.
func (EnrollmentSource) Values() []string {
	return texts(EnrollmentSourceProvider, EnrollmentSourcePatient, EnrollmentSourceCoordinator, EnrollmentSourceImport)
}

// TreatmentStatus is FHIR medicationrequest-status.
type TreatmentStatus string

// The members of TreatmentStatus.
const (
	TreatmentStatusActive         TreatmentStatus = "ACTIVE"
	TreatmentStatusOnHold         TreatmentStatus = "ON_HOLD"
	TreatmentStatusCancelled      TreatmentStatus = "CANCELLED"
	TreatmentStatusCompleted      TreatmentStatus = "COMPLETED"
	TreatmentStatusEnteredInError TreatmentStatus = "ENTERED_IN_ERROR"
	TreatmentStatusStopped        TreatmentStatus = "STOPPED"
	TreatmentStatusDraft          TreatmentStatus = "DRAFT"
	TreatmentStatusUnknown        TreatmentStatus = "UNKNOWN"
)

// Values lists the members.
func (TreatmentStatus) Values() []string {
	return texts(TreatmentStatusActive, TreatmentStatusOnHold, TreatmentStatusCancelled, TreatmentStatusCompleted, TreatmentStatusEnteredInError, TreatmentStatusStopped, TreatmentStatusDraft, TreatmentStatusUnknown)
}

// ClinicalStatus is FHIR condition-clinical.
type ClinicalStatus string

// The members of ClinicalStatus.
const (
	ClinicalStatusActive     ClinicalStatus = "ACTIVE"
	ClinicalStatusRecurrence ClinicalStatus = "RECURRENCE"
	ClinicalStatusRelapse    ClinicalStatus = "RELAPSE"
	ClinicalStatusInactive   ClinicalStatus = "INACTIVE"
	ClinicalStatusRemission  ClinicalStatus = "REMISSION"
	ClinicalStatusResolved   ClinicalStatus = "RESOLVED"
)

// Values lists the members.
func (ClinicalStatus) Values() []string {
	return texts(ClinicalStatusActive, ClinicalStatusRecurrence, ClinicalStatusRelapse, ClinicalStatusInactive, ClinicalStatusRemission, ClinicalStatusResolved)
}
