package demo

import (
	"context"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/auth"
)

// Identity is somebody as whom one may sign in.
type Identity struct {
	// Name is the subject of the tokens.
	Name    string
	Persona viewer.Persona
	Portal  code.Portal

	given, family string
	memberships   []membership
}

// membership is a place in a department; an empty territory means all.
type membership struct {
	department code.DepartmentCode
	role       code.MembershipRole
	territory  code.Territory
}

// identities are in the order of the buttons of the playground. The second of each sees other rows than the first.
var identities = []Identity{
	{Name: "patient", Persona: viewer.Patient, Portal: code.PortalPatientPortal, given: "Ana", family: "Rivera"},
	{Name: "patient2", Persona: viewer.Patient, Portal: code.PortalPatientPortal, given: "Walter", family: "Brandt"},
	{Name: "provider", Persona: viewer.Provider, Portal: code.PortalProviderPortal, given: "Mira", family: "Solano"},
	{Name: "provider2", Persona: viewer.Provider, Portal: code.PortalProviderPortal, given: "Jonas", family: "Whitfield"},
	{
		Name: "liaison", Persona: viewer.Liaison, Portal: code.PortalStaffConsole, given: "Lena", family: "Marlow",
		memberships: []membership{
			{code.DepartmentCodeMedicalAffairs, code.MembershipRoleMember, code.TerritoryNortheast},
			{code.DepartmentCodeMedicalInformation, code.MembershipRoleMember, ""},
		},
	},
	{
		Name: "liaison2", Persona: viewer.Liaison, Portal: code.PortalStaffConsole, given: "Tomas", family: "Keller",
		memberships: []membership{{code.DepartmentCodeMedicalAffairs, code.MembershipRoleMember, code.TerritoryWest}},
	},
	{Name: "coordinator", Persona: viewer.Coordinator, Portal: code.PortalStaffConsole, given: "Cora", family: "Bennett"},
	{Name: "coordinator2", Persona: viewer.Coordinator, Portal: code.PortalStaffConsole, given: "Diego", family: "Paz"},
	{Name: "analyst", Persona: viewer.Analyst, Portal: code.PortalAnalytics, given: "Anders", family: "Lund"},
	{Name: "analyst2", Persona: viewer.Analyst, Portal: code.PortalAnalytics, given: "Priya", family: "Nair"},
	{Name: "admin", Persona: viewer.Admin, Portal: code.PortalStaffConsole, given: "Alex", family: "Novak"},
	{Name: "admin2", Persona: viewer.Admin, Portal: code.PortalStaffConsole, given: "Robin", family: "Hale"},
	{
		Name: "safety", Persona: viewer.Staff, Portal: code.PortalStaffConsole, given: "Sade", family: "Okafor",
		memberships: []membership{{code.DepartmentCodeDrugSafety, code.MembershipRoleMember, ""}},
	},
	{
		Name: "quality", Persona: viewer.Staff, Portal: code.PortalStaffConsole, given: "Quinn", family: "Fischer",
		memberships: []membership{{code.DepartmentCodeQuality, code.MembershipRoleMember, ""}},
	},
	{
		Name: "reviewer", Persona: viewer.Staff, Portal: code.PortalStaffConsole, given: "Rhea", family: "Castellan",
		memberships: []membership{{code.DepartmentCodeMedicalInformation, code.MembershipRoleReviewer, ""}},
	},
	{
		Name: "privacy", Persona: viewer.Staff, Portal: code.PortalStaffConsole, given: "Pia", family: "Lindqvist",
		memberships: []membership{{code.DepartmentCodePrivacy, code.MembershipRoleMember, ""}},
	},
}

// Identities lists the demo identities in the order in which they are offered.
func Identities() []Identity { return append([]Identity(nil), identities...) }

// Find returns the demo identity of the name.
func Find(name string) (Identity, bool) {
	for _, i := range identities {
		if i.Name == name {
			return i, true
		}
	}
	return Identity{}, false
}

// moreProviders are professionals who ask questions, too, beside the two who have a button: their names as subjects
// and where they practise. The last one's identity is still being checked, so that answers to it have to wait.
var moreProviders = []struct {
	name      string
	territory code.Territory
	verified  code.Verification
}{
	{"provider3", code.TerritoryNortheast, code.VerificationVerified},
	{"provider4", code.TerritoryWest, code.VerificationVerified},
	{"provider5", code.TerritoryMidwest, code.VerificationVerified},
	{"provider6", code.TerritorySoutheast, code.VerificationVerified},
	{"provider7", code.TerritorySouthwest, code.VerificationVerified},
	{"provider8", code.TerritoryNortheast, code.VerificationPending},
}

// staff makes the identities of the company's people and their memberships. Those of patients and professionals
// are made with their accounts.
func (w *world) staff(ctx context.Context) error {
	var users []*ent.IdentityCreate
	var members []*ent.MembershipCreate
	for _, i := range identities {
		if i.Persona == viewer.Patient || i.Persona == viewer.Provider {
			continue
		}
		users = append(users, w.user(i.Name, i.Persona, i.given+" "+i.family, nil))
		for _, m := range i.memberships {
			members = append(members, w.tx.Membership.Create().SetIdentityID(w.users[i.Name]).
				SetDepartment(m.department).SetRole(m.role).SetNillableTerritory(unlessEmpty(string(m.territory))).
				SetStartedAt(w.began).SetCreatedAt(w.began))
		}
	}
	if err := insert(ctx, w, w.tx.Identity.CreateBulk, users); err != nil {
		return err
	}
	return insert(ctx, w, w.tx.Membership.CreateBulk, members)
}

// user makes an identity of the demo issuer and remembers its key.
func (w *world) user(subject string, persona viewer.Persona, name string, account *uuid.UUID) *ent.IdentityCreate {
	key := newKey()
	w.users[subject] = key
	return w.tx.Identity.Create().SetID(key).SetPersona(persona).SetIssuer(auth.DemoIssuer).SetSubject(subject).
		SetName(name).SetNillableAccountID(account).SetCreatedAt(w.began)
}
