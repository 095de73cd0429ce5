// Package code has the value sets of the domain: closed lists whose members are stored, shown by the API and
// compared by rules as the same text. Where a set comes from a standard, its comment names it; FHIR codes are
// upper-snaked.
package code

// AccountKind is the kind of party.
type AccountKind string

// The members of AccountKind.
const (
	AccountKindPatient      AccountKind = "PATIENT"
	AccountKindProvider     AccountKind = "PROVIDER"
	AccountKindOrganization AccountKind = "ORGANIZATION"
	AccountKindPayer        AccountKind = "PAYER"
	AccountKindSite         AccountKind = "SITE"
	AccountKindSponsor      AccountKind = "SPONSOR"
	AccountKindStaff        AccountKind = "STAFF"
	AccountKindCaregiver    AccountKind = "CAREGIVER"
)

// Values lists the members.
func (AccountKind) Values() []string {
	return texts(AccountKindPatient, AccountKindProvider, AccountKindOrganization, AccountKindPayer, AccountKindSite, AccountKindSponsor, AccountKindStaff, AccountKindCaregiver)
}

// AccountStatus says whether the party is still dealt with.
type AccountStatus string

// The members of AccountStatus.
const (
	AccountStatusActive   AccountStatus = "ACTIVE"
	AccountStatusInactive AccountStatus = "INACTIVE"
	AccountStatusMerged   AccountStatus = "MERGED"
)

// Values lists the members.
func (AccountStatus) Values() []string {
	return texts(AccountStatusActive, AccountStatusInactive, AccountStatusMerged)
}

// Sex is FHIR administrative-gender.
type Sex string

// The members of Sex.
const (
	SexMale    Sex = "MALE"
	SexFemale  Sex = "FEMALE"
	SexOther   Sex = "OTHER"
	SexUnknown Sex = "UNKNOWN"
)

// Values lists the members.
func (Sex) Values() []string {
	return texts(SexMale, SexFemale, SexOther, SexUnknown)
}

// Qualification is the kind of reporter or professional, E2B(R3) C.2.r.4: 1 physician, 2 pharmacist, 3 other health professional, 4 lawyer, 5 consumer.
type Qualification string

// The members of Qualification.
const (
	QualificationPhysician               Qualification = "PHYSICIAN"
	QualificationPharmacist              Qualification = "PHARMACIST"
	QualificationOtherHealthProfessional Qualification = "OTHER_HEALTH_PROFESSIONAL"
	QualificationLawyer                  Qualification = "LAWYER"
	QualificationConsumer                Qualification = "CONSUMER"
)

// Values lists the members.
func (Qualification) Values() []string {
	return texts(QualificationPhysician, QualificationPharmacist, QualificationOtherHealthProfessional, QualificationLawyer, QualificationConsumer)
}

// Verification is the state of the check of a provider's identity.
type Verification string

// The members of Verification.
const (
	VerificationUnverified Verification = "UNVERIFIED"
	VerificationPending    Verification = "PENDING"
	VerificationVerified   Verification = "VERIFIED"
	VerificationRejected   Verification = "REJECTED"
	VerificationExpired    Verification = "EXPIRED"
)

// Values lists the members.
func (Verification) Values() []string {
	return texts(VerificationUnverified, VerificationPending, VerificationVerified, VerificationRejected, VerificationExpired)
}

// OrganizationKind is the kind of organization.
type OrganizationKind string

// The members of OrganizationKind.
const (
	OrganizationKindHospital OrganizationKind = "HOSPITAL"
	OrganizationKindClinic   OrganizationKind = "CLINIC"
	OrganizationKindPayer    OrganizationKind = "PAYER"
	OrganizationKindSite     OrganizationKind = "SITE"
	OrganizationKindSponsor  OrganizationKind = "SPONSOR"
	OrganizationKindOther    OrganizationKind = "OTHER"
)

// Values lists the members.
func (OrganizationKind) Values() []string {
	return texts(OrganizationKindHospital, OrganizationKindClinic, OrganizationKindPayer, OrganizationKindSite, OrganizationKindSponsor, OrganizationKindOther)
}

// IdentityStatus says whether an identity may sign in.
type IdentityStatus string

// The members of IdentityStatus.
const (
	IdentityStatusActive   IdentityStatus = "ACTIVE"
	IdentityStatusDisabled IdentityStatus = "DISABLED"
)

// Values lists the members.
func (IdentityStatus) Values() []string {
	return texts(IdentityStatusActive, IdentityStatusDisabled)
}

// MembershipRole is the right of a member within a department.
type MembershipRole string

// The members of MembershipRole.
const (
	MembershipRoleMember   MembershipRole = "MEMBER"
	MembershipRoleReviewer MembershipRole = "REVIEWER"
	MembershipRoleLead     MembershipRole = "LEAD"
)

// Values lists the members.
func (MembershipRole) Values() []string {
	return texts(MembershipRoleMember, MembershipRoleReviewer, MembershipRoleLead)
}

// CareBasis says why a provider treats a patient.
type CareBasis string

// The members of CareBasis.
const (
	CareBasisReferral          CareBasis = "REFERRAL"
	CareBasisPrescriber        CareBasis = "PRESCRIBER"
	CareBasisTrialInvestigator CareBasis = "TRIAL_INVESTIGATOR"
	CareBasisEncounter         CareBasis = "ENCOUNTER"
)

// Values lists the members.
func (CareBasis) Values() []string {
	return texts(CareBasisReferral, CareBasisPrescriber, CareBasisTrialInvestigator, CareBasisEncounter)
}

// TeamRole is the task of a team member in a program.
type TeamRole string

// The members of TeamRole.
const (
	TeamRoleCoordinator TeamRole = "COORDINATOR"
	TeamRoleNurse       TeamRole = "NURSE"
	TeamRoleManager     TeamRole = "MANAGER"
)

// Values lists the members.
func (TeamRole) Values() []string {
	return texts(TeamRoleCoordinator, TeamRoleNurse, TeamRoleManager)
}

func texts[T ~string](members ...T) []string {
	out := make([]string, len(members))
	for i, m := range members {
		out[i] = string(m)
	}
	return out
}
