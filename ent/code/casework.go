package code

// CaseKind says what a case is about.
type CaseKind string

// The members of CaseKind.
const (
	CaseKindMedicalInquiry   CaseKind = "MEDICAL_INQUIRY"
	CaseKindAdverseEvent     CaseKind = "ADVERSE_EVENT"
	CaseKindProductComplaint CaseKind = "PRODUCT_COMPLAINT"
	CaseKindInsurance        CaseKind = "INSURANCE"
	CaseKindEnrollment       CaseKind = "ENROLLMENT"
	CaseKindTrial            CaseKind = "TRIAL"
	CaseKindAccess           CaseKind = "ACCESS"
	CaseKindPrivacy          CaseKind = "PRIVACY"
	CaseKindOther            CaseKind = "OTHER"
)

// Values lists the members.
func (CaseKind) Values() []string {
	return texts(CaseKindMedicalInquiry, CaseKindAdverseEvent, CaseKindProductComplaint, CaseKindInsurance, CaseKindEnrollment, CaseKindTrial, CaseKindAccess, CaseKindPrivacy, CaseKindOther)
}

// CaseStatus is the lifecycle of a case.
type CaseStatus string

// The members of CaseStatus.
const (
	CaseStatusNew         CaseStatus = "NEW"
	CaseStatusRouted      CaseStatus = "ROUTED"
	CaseStatusAccepted    CaseStatus = "ACCEPTED"
	CaseStatusInProgress  CaseStatus = "IN_PROGRESS"
	CaseStatusPendingInfo CaseStatus = "PENDING_INFO"
	CaseStatusResolved    CaseStatus = "RESOLVED"
	CaseStatusClosed      CaseStatus = "CLOSED"
	CaseStatusReopened    CaseStatus = "REOPENED"
	CaseStatusCancelled   CaseStatus = "CANCELLED"
	CaseStatusDuplicate   CaseStatus = "DUPLICATE"
)

// Values lists the members.
func (CaseStatus) Values() []string {
	return texts(CaseStatusNew, CaseStatusRouted, CaseStatusAccepted, CaseStatusInProgress, CaseStatusPendingInfo, CaseStatusResolved, CaseStatusClosed, CaseStatusReopened, CaseStatusCancelled, CaseStatusDuplicate)
}

// CasePriority is FHIR request-priority.
type CasePriority string

// The members of CasePriority.
const (
	CasePriorityRoutine CasePriority = "ROUTINE"
	CasePriorityUrgent  CasePriority = "URGENT"
	CasePriorityAsap    CasePriority = "ASAP"
	CasePriorityStat    CasePriority = "STAT"
)

// Values lists the members.
func (CasePriority) Values() []string {
	return texts(CasePriorityRoutine, CasePriorityUrgent, CasePriorityAsap, CasePriorityStat)
}

// RoutingReason says why a case entered a department.
type RoutingReason string

// The members of RoutingReason.
const (
	RoutingReasonCreated  RoutingReason = "CREATED"
	RoutingReasonRerouted RoutingReason = "REROUTED"
	RoutingReasonReturned RoutingReason = "RETURNED"
)

// Values lists the members.
func (RoutingReason) Values() []string {
	return texts(RoutingReasonCreated, RoutingReasonRerouted, RoutingReasonReturned)
}

// DepartmentCode is the department of the company.
type DepartmentCode string

// The members of DepartmentCode.
const (
	DepartmentCodeMedicalInformation DepartmentCode = "MEDICAL_INFORMATION"
	DepartmentCodeMedicalAffairs     DepartmentCode = "MEDICAL_AFFAIRS"
	DepartmentCodeDrugSafety         DepartmentCode = "DRUG_SAFETY"
	DepartmentCodeQuality            DepartmentCode = "QUALITY"
	DepartmentCodePatientServices    DepartmentCode = "PATIENT_SERVICES"
	DepartmentCodeReimbursement      DepartmentCode = "REIMBURSEMENT"
	DepartmentCodeClinicalOperations DepartmentCode = "CLINICAL_OPERATIONS"
	DepartmentCodePrivacy            DepartmentCode = "PRIVACY"
	DepartmentCodeLegal              DepartmentCode = "LEGAL"
	DepartmentCodeCommercial         DepartmentCode = "COMMERCIAL"
)

// Values lists the members.
func (DepartmentCode) Values() []string {
	return texts(DepartmentCodeMedicalInformation, DepartmentCodeMedicalAffairs, DepartmentCodeDrugSafety, DepartmentCodeQuality, DepartmentCodePatientServices, DepartmentCodeReimbursement, DepartmentCodeClinicalOperations, DepartmentCodePrivacy, DepartmentCodeLegal, DepartmentCodeCommercial)
}

// LabelStatus is the standing of a question or resource towards the approved label.
type LabelStatus string

// The members of LabelStatus.
const (
	LabelStatusUnknown         LabelStatus = "UNKNOWN"
	LabelStatusOnLabel         LabelStatus = "ON_LABEL"
	LabelStatusOffLabel        LabelStatus = "OFF_LABEL"
	LabelStatusInvestigational LabelStatus = "INVESTIGATIONAL"
)

// Values lists the members.
func (LabelStatus) Values() []string {
	return texts(LabelStatusUnknown, LabelStatusOnLabel, LabelStatusOffLabel, LabelStatusInvestigational)
}

// InquiryTopic says what a question asks about.
type InquiryTopic string

// The members of InquiryTopic.
const (
	InquiryTopicEfficacy         InquiryTopic = "EFFICACY"
	InquiryTopicSafety           InquiryTopic = "SAFETY"
	InquiryTopicDosing           InquiryTopic = "DOSING"
	InquiryTopicInteraction      InquiryTopic = "INTERACTION"
	InquiryTopicPharmacokinetics InquiryTopic = "PHARMACOKINETICS"
	InquiryTopicStability        InquiryTopic = "STABILITY"
	InquiryTopicAvailability     InquiryTopic = "AVAILABILITY"
	InquiryTopicOther            InquiryTopic = "OTHER"
)

// Values lists the members.
func (InquiryTopic) Values() []string {
	return texts(InquiryTopicEfficacy, InquiryTopicSafety, InquiryTopicDosing, InquiryTopicInteraction, InquiryTopicPharmacokinetics, InquiryTopicStability, InquiryTopicAvailability, InquiryTopicOther)
}

// ResponseKind is the form of an answer.
type ResponseKind string

// The members of ResponseKind.
const (
	ResponseKindStandardLetter ResponseKind = "STANDARD_LETTER"
	ResponseKindCustomLetter   ResponseKind = "CUSTOM_LETTER"
	ResponseKindVerbal         ResponseKind = "VERBAL"
	ResponseKindReferral       ResponseKind = "REFERRAL"
)

// Values lists the members.
func (ResponseKind) Values() []string {
	return texts(ResponseKindStandardLetter, ResponseKindCustomLetter, ResponseKindVerbal, ResponseKindReferral)
}

// ResponseStatus is the lifecycle of an answer.
type ResponseStatus string

// The members of ResponseStatus.
const (
	ResponseStatusDraft        ResponseStatus = "DRAFT"
	ResponseStatusInReview     ResponseStatus = "IN_REVIEW"
	ResponseStatusApproved     ResponseStatus = "APPROVED"
	ResponseStatusSent         ResponseStatus = "SENT"
	ResponseStatusAcknowledged ResponseStatus = "ACKNOWLEDGED"
	ResponseStatusSuperseded   ResponseStatus = "SUPERSEDED"
	ResponseStatusRecalled     ResponseStatus = "RECALLED"
)

// Values lists the members.
func (ResponseStatus) Values() []string {
	return texts(ResponseStatusDraft, ResponseStatusInReview, ResponseStatusApproved, ResponseStatusSent, ResponseStatusAcknowledged, ResponseStatusSuperseded, ResponseStatusRecalled)
}

// ResourceKind is the kind of knowledge resource.
type ResourceKind string

// The members of ResourceKind.
const (
	ResourceKindLabel            ResourceKind = "LABEL"
	ResourceKindStandardResponse ResourceKind = "STANDARD_RESPONSE"
	ResourceKindPublication      ResourceKind = "PUBLICATION"
	ResourceKindGuideline        ResourceKind = "GUIDELINE"
	ResourceKindPatientEducation ResourceKind = "PATIENT_EDUCATION"
	ResourceKindForm             ResourceKind = "FORM"
	ResourceKindPipeline         ResourceKind = "PIPELINE"
	ResourceKindCongress         ResourceKind = "CONGRESS"
)

// Values lists the members.
func (ResourceKind) Values() []string {
	return texts(ResourceKindLabel, ResourceKindStandardResponse, ResourceKindPublication, ResourceKindGuideline, ResourceKindPatientEducation, ResourceKindForm, ResourceKindPipeline, ResourceKindCongress)
}

// ResourceStatus is the lifecycle of a knowledge resource.
type ResourceStatus string

// The members of ResourceStatus.
const (
	ResourceStatusDraft     ResourceStatus = "DRAFT"
	ResourceStatusInReview  ResourceStatus = "IN_REVIEW"
	ResourceStatusApproved  ResourceStatus = "APPROVED"
	ResourceStatusExpired   ResourceStatus = "EXPIRED"
	ResourceStatusWithdrawn ResourceStatus = "WITHDRAWN"
)

// Values lists the members.
func (ResourceStatus) Values() []string {
	return texts(ResourceStatusDraft, ResourceStatusInReview, ResourceStatusApproved, ResourceStatusExpired, ResourceStatusWithdrawn)
}

// Audience says whom a knowledge resource is written for.
type Audience string

// The members of Audience.
const (
	AudienceHcp      Audience = "HCP"
	AudiencePatient  Audience = "PATIENT"
	AudienceInternal Audience = "INTERNAL"
)

// Values lists the members.
func (Audience) Values() []string {
	return texts(AudienceHcp, AudiencePatient, AudienceInternal)
}
