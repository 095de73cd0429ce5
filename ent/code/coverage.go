package code

// CoverageKind is the kind of insurance.
type CoverageKind string

// The members of CoverageKind.
const (
	CoverageKindMedical    CoverageKind = "MEDICAL"
	CoverageKindPharmacy   CoverageKind = "PHARMACY"
	CoverageKindDental     CoverageKind = "DENTAL"
	CoverageKindVision     CoverageKind = "VISION"
	CoverageKindGovernment CoverageKind = "GOVERNMENT"
	CoverageKindSelfPay    CoverageKind = "SELF_PAY"
)

// Values lists the members.
func (CoverageKind) Values() []string {
	return texts(CoverageKindMedical, CoverageKindPharmacy, CoverageKindDental, CoverageKindVision, CoverageKindGovernment, CoverageKindSelfPay)
}

// CoverageStatus is FHIR fm-status.
type CoverageStatus string

// The members of CoverageStatus.
const (
	CoverageStatusActive         CoverageStatus = "ACTIVE"
	CoverageStatusCancelled      CoverageStatus = "CANCELLED"
	CoverageStatusDraft          CoverageStatus = "DRAFT"
	CoverageStatusEnteredInError CoverageStatus = "ENTERED_IN_ERROR"
)

// Values lists the members.
func (CoverageStatus) Values() []string {
	return texts(CoverageStatusActive, CoverageStatusCancelled, CoverageStatusDraft, CoverageStatusEnteredInError)
}

// SubscriberRelationship is FHIR subscriber-relationship.
type SubscriberRelationship string

// The members of SubscriberRelationship.
const (
	SubscriberRelationshipSelf   SubscriberRelationship = "SELF"
	SubscriberRelationshipSpouse SubscriberRelationship = "SPOUSE"
	SubscriberRelationshipChild  SubscriberRelationship = "CHILD"
	SubscriberRelationshipParent SubscriberRelationship = "PARENT"
	SubscriberRelationshipOther  SubscriberRelationship = "OTHER"
)

// Values lists the members.
func (SubscriberRelationship) Values() []string {
	return texts(SubscriberRelationshipSelf, SubscriberRelationshipSpouse, SubscriberRelationshipChild, SubscriberRelationshipParent, SubscriberRelationshipOther)
}
