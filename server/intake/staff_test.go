package intake_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/event"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/liaisonassignment"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake"
)

const people = `
identities:
  - persona: liaison
    issuer: urn:test
    subject: l1
    name: Lee Stone
    memberships:
      - {department: MEDICAL_AFFAIRS, role: LEAD, territory: NORTHEAST, therapeuticArea: ONCOLOGY}
      - {department: MEDICAL_INFORMATION}
      - {department: KITCHEN}
      - {department: QUALITY, territory: ATLANTIS}
    clients:
      - npi: "1245319599"
      - identifier: http://hl7.org/fhir/sid/us-npi|80
      - territory: SOUTHWEST
      - npi: "0000000000"
      - {npi: "1", territory: WEST}
  - persona: COORDINATOR
    issuer: urn:test
    subject: c1
    name: Cory Ash
    programs:
      - name: Respiratory therapy
      - {identifier: "http://snomed.info/sct|53950000", role: NURSE}
      - {name: Wound care}
  - persona: PROVIDER
    issuer: urn:test
    subject: p1
    name: Felicitas Kub
    account: {npi: "1245319599"}
    portals: [PROVIDER_PORTAL, PATIENT_PORTAL]
    verified: state board
  - persona: PATIENT
    issuer: urn:test
    subject: p2
    name: Nelida Gislason
    account: {identifier: "urn:mrn|1"}
    portals: [PATIENT_PORTAL]
  - persona: PATIENT
    issuer: urn:test
    subject: p3
    name: Nobody
    account: {identifier: "urn:mrn|2"}
    portals: [PATIENT_PORTAL]
  - persona: WIZARD
    issuer: urn:test
    subject: w
    name: W
`

// staff takes YAML files in.
func (f *fixture) staff(files ...string) {
	f.Helper()
	folder := f.TempDir()
	for i, content := range files {
		write(f.T, filepath.Join(folder, string(rune('a'+i))+".yaml"), []byte(content))
	}
	var lines bytes.Buffer
	report, err := intake.Staff(f.Context(), f.Client, intake.Options{Errors: &lines}, folder)
	if err != nil {
		f.Fatal(err)
	}
	f.report, f.findings = report, findings(f.T, lines.String())
}

// TestStaff takes people in, twice, and finds what they may do.
func TestStaff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		f.take(transaction(
			patientOf("a1", `"identifier":[{"system":"urn:mrn","value":"1"}]`),
			practitionerOf("a2", "1245319599"), practitionerOf("a3", "80"),
			resource("Practitioner", "a4", `"name":[{"family":"West"}]`, `"address":[{"state":"Texas"}]`),
			planOf("a5", "a1", "active", `{"start":"2020-01-01"}`),
		))
		f.staff(people)
		f.counts("Identity", 4, 0, 2)
		f.counts("Membership", 2, 0, 2)
		f.counts("Client", 3, 0, 2)
		f.counts("TeamMember", 2, 0, 1)
		f.counts("PortalAccess", 2, 0, 2)
		f.found("Membership identities[0].memberships[2] (line 3)", "identities[0].memberships[2].department", "no department")
		f.found("Membership identities[0].memberships[3] (line 3)", "identities[0].memberships[3].territory", "no territory")
		f.found("Client identities[0].clients[3] (line 3)", "identities[0].clients[3]", "finds no provider")
		f.found("Client identities[0].clients[4] (line 3)", "identities[0].clients[4]", "only one")
		f.found("TeamMember identities[1].programs[2] (line 18)", "identities[1].programs[2]", "finds no program")
		f.found("PortalAccess identities[2].portals[1] (line 26)", "identities[2].portals[1]", "no portal of a PROVIDER")
		f.found("Identity identities[4] (line 39)", "identities[4].account", "finds no patient")
		f.found("PortalAccess identities[4].portals[0] (line 39)", "identities[4].portals[0]", "depends on identities[4]")
		f.found("Identity identities[5] (line 45)", "identities[5].persona", "no persona")

		liaison := f.Client.Identity.Query().Where(identity.Subject("l1")).OnlyX(f.ctx)
		f.is("clients", f.Client.LiaisonAssignment.Query().Where(liaisonassignment.LiaisonID(liaison.ID)).CountX(f.ctx), 3)
		f.is("client of a territory", f.Client.LiaisonAssignment.Query().
			Where(liaisonassignment.ProviderID(f.keyOf("provider", "a4")), liaisonassignment.Territory("SOUTHWEST")).CountX(f.ctx), 1)
		f.is("rights", liaison.RightsVersion, 1)
		f.is("account", *f.Client.Identity.Query().Where(identity.Subject("p2")).OnlyX(f.ctx).AccountID, f.keyOf("patient", "a1"))
		f.is("verified", f.provider("a2").Verification, code.VerificationVerified)
		grant := f.Client.PortalAccess.Query().Where(portalaccess.AccountID(f.keyOf("provider", "a2"))).OnlyX(f.ctx)
		f.is("grant", grant.Status, code.PortalAccessStatusActive)
		f.is("history", f.Client.StatusChange.Query().Where(statuschange.PortalAccessID(grant.ID)).CountX(f.ctx), 1)
		f.is("team", f.Client.ProgramTeamMember.Query().OnlyX(f.ctx).Role, code.TeamRoleNurse)

		before := f.Client.Event.Query().CountX(f.ctx)
		f.staff(strings.Replace(people, "role: NURSE", "role: COORDINATOR", 1))
		f.counts("TeamMember", 1, 1, 1)
		f.staff(strings.Replace(people, "role: NURSE", "role: COORDINATOR", 1))
		f.is("accepted", f.report.Accepted, 0)
		f.counts("Identity", 0, 4, 2)
		coordinator := f.Client.Identity.Query().Where(identity.Subject("c1")).OnlyX(f.ctx)
		f.is("rights changed once", coordinator.RightsVersion, 2)
		f.is("events", f.Client.Event.Query().Where(
			event.KindEQ(code.EventKindAccessChanged), event.SubjectID(coordinator.ID)).CountX(f.ctx), 2)
		f.is("no other events", f.Client.Event.Query().CountX(f.ctx), before+1)
	})
}

// TestStaffChanges changes what may change, and nothing else.
func TestStaffChanges(t *testing.T) {
	f := newFixture(t, storetest.SQLite(t))
	f.staff("identities: [{persona: STAFF, issuer: i, subject: s, name: A, memberships: [{department: QUALITY}]}]")
	f.staff("identities: [{persona: STAFF, issuer: i, subject: s, name: B, status: DISABLED, memberships: [{department: QUALITY, role: REVIEWER}]}]")
	f.counts("Identity", 1)
	f.counts("Membership", 1)
	who := f.Client.Identity.Query().WithMemberships().OnlyX(f.ctx)
	f.is("name and status", who.Name+" "+string(who.Status), "B DISABLED")
	f.is("memberships", len(who.Edges.Memberships), 1)
	f.is("role", who.Edges.Memberships[0].Role, code.MembershipRoleReviewer)
	f.staff("identities: [{persona: ADMIN, issuer: i, subject: s, name: B}]")
	f.found("Identity identities[0] (line 1)", "identities[0]", "another persona")
}

// TestStaffForm refuses a file that is not of the form, with the lines at fault.
func TestStaffForm(t *testing.T) {
	f := newFixture(t, storetest.SQLite(t))
	for content, want := range map[string]string{
		"identities:\n  - persona: STAFF\n    isuer: x\n    memberships:\n      - {depratment: QUALITY}\n": "line 3: field isuer not found; line 5: field depratment not found",
		"identities: [{persona: STAFF, persona: ADMIN}]":                                                   "already",
		"identities: 5":          "line 1: cannot unmarshal",
		"a: [":                   "no YAML",
		"":                       "empty",
		"identities: []\n---\nx": "more than one",
	} {
		f.staff(content)
		f.counts("File", 0, 0, 1)
		f.found("File", "File", want)
		f.is("exit code", f.report.ExitCode(), 2)
	}
	f.is("identities", f.Client.Identity.Query().CountX(f.ctx), 0)
}

// TestProducts: a file brings the products that inquiries are asked on; one that is there already is changed.
func TestProducts(t *testing.T) {
	const first = `products:
  - {name: Examplast, genericName: examplamab, therapeuticArea: ONCOLOGY, kind: BIOLOGIC, marketingStatus: INVESTIGATIONAL}
  - {name: Other, therapeuticArea: ONCOLOGY, kind: PILL, marketingStatus: APPROVED}
`
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		load := func(text string) (intake.Report, string) {
			t.Helper()
			path := filepath.Join(t.TempDir(), "staff.yaml")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var list bytes.Buffer
			report, err := intake.Staff(t.Context(), st.Client, intake.Options{Errors: &list}, path)
			if err != nil {
				t.Fatal(err)
			}
			return report, list.String()
		}
		report, list := load(first)
		if report.Accepted != 1 || report.Refused != 1 || !strings.Contains(list, "products[1].kind") {
			t.Fatalf("%+v\n%s", report, list)
		}
		if report, _ = load(first); report.Accepted != 0 || report.Unchanged != 1 {
			t.Fatalf("the second time: %+v", report)
		}
		if report, _ = load(strings.Replace(first, "INVESTIGATIONAL", "APPROVED", 1)); report.Accepted != 1 {
			t.Fatalf("approved: %+v", report)
		}
		row, err := st.Client.Product.Query().Only(viewer.System(t.Context(), "test"))
		if err != nil || row.MarketingStatus != code.MarketingStatusApproved || row.GenericName == nil {
			t.Fatal(row, err)
		}
	})
}
