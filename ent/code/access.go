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
	EventKindCaseEntered    EventKind = "CASE_ENTERED"
	EventKindCaseAssigned   EventKind = "CASE_ASSIGNED"
	EventKindCaseUpdated    EventKind = "CASE_UPDATED"
	EventKindAccessChanged  EventKind = "ACCESS_CHANGED"
	EventKindConsentChanged EventKind = "CONSENT_CHANGED"
)

// Values lists the members.
func (EventKind) Values() []string {
	return texts(EventKindCaseEntered, EventKindCaseAssigned, EventKindCaseUpdated, EventKindAccessChanged, EventKindConsentChanged)
}
