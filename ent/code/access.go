package code

// Portal is the door an identity comes through.
type Portal string

// The members of Portal.
const (
	PortalProviderPortal Portal = "PROVIDER_PORTAL"
	PortalPatientPortal  Portal = "PATIENT_PORTAL"
	PortalTrialPortal    Portal = "TRIAL_PORTAL"
	PortalStaffConsole   Portal = "STAFF_CONSOLE"
	PortalAnalytics      Portal = "ANALYTICS"
)

// Values lists the members.
func (Portal) Values() []string {
	return texts(PortalProviderPortal, PortalPatientPortal, PortalTrialPortal, PortalStaffConsole, PortalAnalytics)
}

// PortalAccessStatus is the lifecycle of a portal grant.
type PortalAccessStatus string

// The members of PortalAccessStatus.
const (
	PortalAccessStatusInvited         PortalAccessStatus = "INVITED"
	PortalAccessStatusIdentityPending PortalAccessStatus = "IDENTITY_PENDING"
	PortalAccessStatusActive          PortalAccessStatus = "ACTIVE"
	PortalAccessStatusSuspended       PortalAccessStatus = "SUSPENDED"
	PortalAccessStatusRevoked         PortalAccessStatus = "REVOKED"
	PortalAccessStatusExpired         PortalAccessStatus = "EXPIRED"
)

// Values lists the members.
func (PortalAccessStatus) Values() []string {
	return texts(PortalAccessStatusInvited, PortalAccessStatusIdentityPending, PortalAccessStatusActive, PortalAccessStatusSuspended, PortalAccessStatusRevoked, PortalAccessStatusExpired)
}

// AuditAction says what was done, FHIR audit-event-action.
type AuditAction string

// The members of AuditAction.
const (
	AuditActionCreate  AuditAction = "CREATE"
	AuditActionRead    AuditAction = "READ"
	AuditActionUpdate  AuditAction = "UPDATE"
	AuditActionDelete  AuditAction = "DELETE"
	AuditActionExecute AuditAction = "EXECUTE"
)

// Values lists the members.
func (AuditAction) Values() []string {
	return texts(AuditActionCreate, AuditActionRead, AuditActionUpdate, AuditActionDelete, AuditActionExecute)
}

// AuditDecision says whether it was let through.
type AuditDecision string

// The members of AuditDecision.
const (
	AuditDecisionPermit AuditDecision = "PERMIT"
	AuditDecisionDeny   AuditDecision = "DENY"
)

// Values lists the members.
func (AuditDecision) Values() []string {
	return texts(AuditDecisionPermit, AuditDecisionDeny)
}

// EventKind is the kind of an event.
type EventKind string

// The members of EventKind.
const (
	EventKindCaseEntered         EventKind = "CASE_ENTERED"
	EventKindCaseAssigned        EventKind = "CASE_ASSIGNED"
	EventKindCaseUpdated         EventKind = "CASE_UPDATED"
	EventKindAccessChanged       EventKind = "ACCESS_CHANGED"
	EventKindConsentChanged      EventKind = "CONSENT_CHANGED"
	EventKindEnrollmentChanged   EventKind = "ENROLLMENT_CHANGED"
	EventKindVerificationChanged EventKind = "VERIFICATION_CHANGED"
)

// Values lists the members.
func (EventKind) Values() []string {
	return texts(EventKindCaseEntered, EventKindCaseAssigned, EventKindCaseUpdated, EventKindAccessChanged, EventKindConsentChanged, EventKindEnrollmentChanged, EventKindVerificationChanged)
}

// IssuerOfInvited stands in identities that somebody was invited to and nobody has accepted: no token is of this issuer.
const IssuerOfInvited = "urn:carehub:invited"

// IdentityMethod is how the identity of a portal user was verified.
type IdentityMethod string

// The members of IdentityMethod.
const (
	IdentityMethodInPerson       IdentityMethod = "IN_PERSON"
	IdentityMethodDocument       IdentityMethod = "DOCUMENT"
	IdentityMethodVideo          IdentityMethod = "VIDEO"
	IdentityMethodKnowledgeBased IdentityMethod = "KNOWLEDGE_BASED"
	IdentityMethodFederated      IdentityMethod = "FEDERATED"
)

// Values lists the members.
func (IdentityMethod) Values() []string {
	return texts(
		IdentityMethodInPerson,
		IdentityMethodDocument,
		IdentityMethodVideo,
		IdentityMethodKnowledgeBased,
		IdentityMethodFederated,
	)
}

// IdentityLevel is the identity assurance level reached, NIST SP 800-63A.
type IdentityLevel string

// The members of IdentityLevel.
const (
	IdentityLevelIal1 IdentityLevel = "IAL1"
	IdentityLevelIal2 IdentityLevel = "IAL2"
	IdentityLevelIal3 IdentityLevel = "IAL3"
)

// Values lists the members.
func (IdentityLevel) Values() []string {
	return texts(
		IdentityLevelIal1,
		IdentityLevelIal2,
		IdentityLevelIal3,
	)
}

// ProxyRelationship is who acts for a patient.
type ProxyRelationship string

// The members of ProxyRelationship.
const (
	ProxyRelationshipParent              ProxyRelationship = "PARENT"
	ProxyRelationshipGuardian            ProxyRelationship = "GUARDIAN"
	ProxyRelationshipSpouse              ProxyRelationship = "SPOUSE"
	ProxyRelationshipChild               ProxyRelationship = "CHILD"
	ProxyRelationshipCaregiver           ProxyRelationship = "CAREGIVER"
	ProxyRelationshipLegalRepresentative ProxyRelationship = "LEGAL_REPRESENTATIVE"
	ProxyRelationshipOther               ProxyRelationship = "OTHER"
)

// Values lists the members.
func (ProxyRelationship) Values() []string {
	return texts(
		ProxyRelationshipParent,
		ProxyRelationshipGuardian,
		ProxyRelationshipSpouse,
		ProxyRelationshipChild,
		ProxyRelationshipCaregiver,
		ProxyRelationshipLegalRepresentative,
		ProxyRelationshipOther,
	)
}

// ProxyScope is what somebody may do for a patient.
type ProxyScope string

// The members of ProxyScope.
const (
	ProxyScopeRead   ProxyScope = "READ"
	ProxyScopeManage ProxyScope = "MANAGE"
)

// Values lists the members.
func (ProxyScope) Values() []string {
	return texts(
		ProxyScopeRead,
		ProxyScopeManage,
	)
}
