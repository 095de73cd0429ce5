package code

// ConsentScope says what a consent permits or denies.
type ConsentScope string

// The members of ConsentScope.
const (
	ConsentScopeProgramParticipation  ConsentScope = "PROGRAM_PARTICIPATION"
	ConsentScopeDataProcessing        ConsentScope = "DATA_PROCESSING"
	ConsentScopeHipaaAuthorization    ConsentScope = "HIPAA_AUTHORIZATION"
	ConsentScopeInsuranceVerification ConsentScope = "INSURANCE_VERIFICATION"
	ConsentScopeMedicalAffairs        ConsentScope = "MEDICAL_AFFAIRS"
	ConsentScopeTrialParticipation    ConsentScope = "TRIAL_PARTICIPATION"
	ConsentScopeTrialPrescreen        ConsentScope = "TRIAL_PRESCREEN"
	ConsentScopeChannelPhone          ConsentScope = "CHANNEL_PHONE"
	ConsentScopeChannelEmail          ConsentScope = "CHANNEL_EMAIL"
	ConsentScopeChannelSms            ConsentScope = "CHANNEL_SMS"
	ConsentScopeChannelFax            ConsentScope = "CHANNEL_FAX"
	ConsentScopeChannelLetter         ConsentScope = "CHANNEL_LETTER"
	ConsentScopeChannelPortal         ConsentScope = "CHANNEL_PORTAL"
	ConsentScopeChannelApp            ConsentScope = "CHANNEL_APP"
	ConsentScopeMarketing             ConsentScope = "MARKETING"
)

// Values lists the members.
func (ConsentScope) Values() []string {
	return texts(ConsentScopeProgramParticipation, ConsentScopeDataProcessing, ConsentScopeHipaaAuthorization, ConsentScopeInsuranceVerification, ConsentScopeMedicalAffairs, ConsentScopeTrialParticipation, ConsentScopeTrialPrescreen, ConsentScopeChannelPhone, ConsentScopeChannelEmail, ConsentScopeChannelSms, ConsentScopeChannelFax, ConsentScopeChannelLetter, ConsentScopeChannelPortal, ConsentScopeChannelApp, ConsentScopeMarketing)
}

// ConsentStatus is the lifecycle of a consent, FHIR R4 consent-state-codes.
type ConsentStatus string

// The members of ConsentStatus.
const (
	ConsentStatusDraft          ConsentStatus = "DRAFT"
	ConsentStatusProposed       ConsentStatus = "PROPOSED"
	ConsentStatusActive         ConsentStatus = "ACTIVE"
	ConsentStatusRejected       ConsentStatus = "REJECTED"
	ConsentStatusInactive       ConsentStatus = "INACTIVE"
	ConsentStatusEnteredInError ConsentStatus = "ENTERED_IN_ERROR"
)

// Values lists the members.
func (ConsentStatus) Values() []string {
	return texts(ConsentStatusDraft, ConsentStatusProposed, ConsentStatusActive, ConsentStatusRejected, ConsentStatusInactive, ConsentStatusEnteredInError)
}

// ConsentDecision is the FHIR consent provision type.
type ConsentDecision string

// The members of ConsentDecision.
const (
	ConsentDecisionPermit ConsentDecision = "PERMIT"
	ConsentDecisionDeny   ConsentDecision = "DENY"
)

// Values lists the members.
func (ConsentDecision) Values() []string {
	return texts(ConsentDecisionPermit, ConsentDecisionDeny)
}

// EvidenceKind says what proves a consent.
type EvidenceKind string

// The members of EvidenceKind.
const (
	EvidenceKindESignature      EvidenceKind = "E_SIGNATURE"
	EvidenceKindPhoneRecording  EvidenceKind = "PHONE_RECORDING"
	EvidenceKindScannedDocument EvidenceKind = "SCANNED_DOCUMENT"
	EvidenceKindWitness         EvidenceKind = "WITNESS"
	EvidenceKindSourceRecord    EvidenceKind = "SOURCE_RECORD"
)

// Values lists the members.
func (EvidenceKind) Values() []string {
	return texts(EvidenceKindESignature, EvidenceKindPhoneRecording, EvidenceKindScannedDocument, EvidenceKindWitness, EvidenceKindSourceRecord)
}

// SignerRole says who signed a consent.
type SignerRole string

// The members of SignerRole.
const (
	SignerRoleSelf                SignerRole = "SELF"
	SignerRoleGuardian            SignerRole = "GUARDIAN"
	SignerRoleLegalRepresentative SignerRole = "LEGAL_REPRESENTATIVE"
)

// Values lists the members.
func (SignerRole) Values() []string {
	return texts(SignerRoleSelf, SignerRoleGuardian, SignerRoleLegalRepresentative)
}

// FormStatus is the lifecycle of a consent form.
type FormStatus string

// The members of FormStatus.
const (
	FormStatusDraft    FormStatus = "DRAFT"
	FormStatusApproved FormStatus = "APPROVED"
	FormStatusRetired  FormStatus = "RETIRED"
)

// Values lists the members.
func (FormStatus) Values() []string {
	return texts(FormStatusDraft, FormStatusApproved, FormStatusRetired)
}

// LegalBasis is why something may be disclosed: 45 CFR 164.508 (authorization), 164.512(b)(1)(iii) (safety of an FDA-regulated product), 164.512(i) (research), 164.512(a) (required by law).
type LegalBasis string

// The members of LegalBasis.
const (
	LegalBasisAuthorization LegalBasis = "AUTHORIZATION"
	LegalBasisPublicHealth  LegalBasis = "PUBLIC_HEALTH"
	LegalBasisResearch      LegalBasis = "RESEARCH"
	LegalBasisRequiredByLaw LegalBasis = "REQUIRED_BY_LAW"
)

// Values lists the members.
func (LegalBasis) Values() []string {
	return texts(
		LegalBasisAuthorization,
		LegalBasisPublicHealth,
		LegalBasisResearch,
		LegalBasisRequiredByLaw,
	)
}

// DocumentKind is what a stored document is.
type DocumentKind string

// The members of DocumentKind.
const (
	DocumentKindConsentEvidence    DocumentKind = "CONSENT_EVIDENCE"
	DocumentKindInsuranceCard      DocumentKind = "INSURANCE_CARD"
	DocumentKindPriorAuthorization DocumentKind = "PRIOR_AUTHORIZATION"
	DocumentKindProxyEvidence      DocumentKind = "PROXY_EVIDENCE"
	DocumentKindOther              DocumentKind = "OTHER"
)

// Values lists the members.
func (DocumentKind) Values() []string {
	return texts(
		DocumentKindConsentEvidence,
		DocumentKindInsuranceCard,
		DocumentKindPriorAuthorization,
		DocumentKindProxyEvidence,
		DocumentKindOther,
	)
}
