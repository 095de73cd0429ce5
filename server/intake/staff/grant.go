package staff

import (
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/liaisonassignment"
	entmembership "github.com/carehub/carehub/ent/membership"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/programteammember"
	entprovider "github.com/carehub/carehub/ent/provider"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/tally"
)

// count counts a record and marks the person whose rights it changed.
func (l *load) count(r record, who *person, changed bool) {
	if changed {
		who.changed = true
		l.Count(r.typ, tally.Accepted)
		return
	}
	l.Count(r.typ, tally.Unchanged)
}

func (l *load) memberships(path string, who *person, i *identity) error {
	for n, m := range i.Memberships {
		r := record{"Membership", fmt.Sprintf("%s.memberships[%d]", path, n), i.line}
		if m.Role == "" {
			m.Role = string(code.MembershipRoleMember)
		}
		switch {
		case !member[code.DepartmentCode](m.Department):
			l.refuse(r, "department", "no department")
			continue
		case !member[code.MembershipRole](m.Role):
			l.refuse(r, "role", "no role of a member")
			continue
		case m.Territory != "" && !member[code.Territory](m.Territory):
			l.refuse(r, "territory", "no territory")
			continue
		case len(m.TherapeuticArea) > maxArea:
			l.refuse(r, "therapeuticArea", fmt.Sprintf("longer than %d bytes", maxArea))
			continue
		}
		changed, err := l.membership(who, m)
		if err != nil {
			return err
		}
		l.count(r, who, changed)
	}
	return nil
}

// maxArea bounds a therapeutic area.
const maxArea = 60

func (l *load) membership(who *person, m membership) (changed bool, err error) {
	role := code.MembershipRole(m.Role)
	rows, err := l.tx.Membership.Query().Where(
		entmembership.IdentityID(who.ID), entmembership.EndedAtIsNil(),
		entmembership.DepartmentEQ(code.DepartmentCode(m.Department)),
	).All(l.ctx)
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		switch {
		case text(row.Territory) != m.Territory || text(row.TherapeuticArea) != m.TherapeuticArea:
		case row.Role == role:
			return false, nil
		default:
			return true, l.tx.Membership.UpdateOne(row).SetRole(role).Exec(l.ctx)
		}
	}
	return true, l.tx.Membership.Create().SetIdentityID(who.ID).SetDepartment(code.DepartmentCode(m.Department)).
		SetRole(role).SetNillableTerritory(optional(m.Territory)).SetNillableTherapeuticArea(optional(m.TherapeuticArea)).
		SetStartedAt(clock.Now(l.ctx)).Exec(l.ctx)
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

func optional(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}

// clients makes professionals the clients of a liaison. One who was given to the liaison already stays.
func (l *load) clients(path string, who *person, i *identity) error {
	for n, c := range i.Clients {
		r := record{"Client", fmt.Sprintf("%s.clients[%d]", path, n), i.line}
		of, element, reason, err := l.clientele(c)
		if err != nil {
			return err
		}
		if reason == "" && len(c.TherapeuticArea) > maxArea {
			element, reason = "therapeuticArea", fmt.Sprintf("longer than %d bytes", maxArea)
		}
		if reason != "" {
			l.refuse(r, element, reason)
			continue
		}
		changed, err := l.assign(who, c, of)
		if err != nil {
			return err
		}
		l.count(r, who, changed)
	}
	return nil
}

// clientele are the professionals that a client entry means.
func (l *load) clientele(c client) (of []*ent.Provider, element, reason string, err error) {
	named := c.NPI != "" || c.Identifier != ""
	switch {
	case named == (c.Territory != ""):
		return nil, "", "npi, identifier or territory is needed, and only one", nil
	case named:
		key, reason, err := l.party("provider", c.party)
		if err != nil || reason != "" {
			return nil, "", reason, err
		}
		row, err := l.tx.Provider.Get(l.ctx, key)
		return []*ent.Provider{row}, "", "", err
	case !member[code.Territory](c.Territory):
		return nil, "territory", "no territory", nil
	}
	of, err = l.tx.Provider.Query().Where(entprovider.Territory(c.Territory)).Order(entprovider.ByID()).All(l.ctx)
	if len(of) == 0 {
		reason = "has no professional yet"
	}
	return of, "territory", reason, err
}

func (l *load) assign(who *person, c client, of []*ent.Provider) (changed bool, err error) {
	keys := make([]uuid.UUID, len(of))
	for i, p := range of {
		keys[i] = p.ID
	}
	rows, err := l.tx.LiaisonAssignment.Query().
		Where(liaisonassignment.LiaisonID(who.ID), liaisonassignment.EndedAtIsNil(), func(q *sql.Selector) {
			q.Where(arg.Keys(q.C(liaisonassignment.FieldProviderID), keys))
		}).All(l.ctx)
	if err != nil {
		return false, err
	}
	there := map[uuid.UUID]bool{}
	for _, row := range rows {
		there[row.ProviderID] = true
	}
	now := clock.Now(l.ctx)
	var missing []*ent.LiaisonAssignmentCreate
	for _, p := range of {
		if there[p.ID] {
			continue
		}
		missing = append(missing, l.tx.LiaisonAssignment.Create().SetLiaisonID(who.ID).SetProviderID(p.ID).
			SetNillableTerritory(optional(p.Territory)).SetNillableTherapeuticArea(optional(c.TherapeuticArea)).
			SetStartedAt(now))
	}
	const batch = 128
	for rest := missing; len(rest) > 0; rest = rest[min(batch, len(rest)):] {
		if err := l.tx.LiaisonAssignment.CreateBulk(rest[:min(batch, len(rest))]...).Exec(l.ctx); err != nil {
			return false, err
		}
	}
	return len(missing) > 0, nil
}

// teams makes a coordinator a member of programs' teams.
func (l *load) teams(path string, who *person, i *identity) error {
	for n, t := range i.Programs {
		r := record{"TeamMember", fmt.Sprintf("%s.programs[%d]", path, n), i.line}
		if t.Role == "" {
			t.Role = string(code.TeamRoleCoordinator)
		}
		if !member[code.TeamRole](t.Role) {
			l.refuse(r, "role", "no role in a team")
			continue
		}
		program, reason, err := l.program(t)
		if err != nil {
			return err
		}
		if reason != "" {
			l.refuse(r, "", reason)
			continue
		}
		changed, err := l.join(who, program, code.TeamRole(t.Role))
		if err != nil {
			return err
		}
		l.count(r, who, changed)
	}
	return nil
}

// program finds a program by one of its external identifiers or by its name, which must then be the only one.
func (l *load) program(t team) (key uuid.UUID, reason string, err error) {
	switch {
	case (t.Name == "") == (t.Identifier == ""):
		return uuid.Nil, "name or identifier is needed, and only one", nil
	case t.Identifier != "":
		return l.identified("program", t.Identifier)
	}
	found, err := l.tx.CareProgram.Query().Where(careprogram.Name(t.Name)).Limit(2).IDs(l.ctx)
	switch {
	case err != nil:
		return uuid.Nil, "", err
	case len(found) == 0:
		return uuid.Nil, "finds no program", nil
	case len(found) > 1:
		return uuid.Nil, "finds more than one program of the name: use an identifier", nil
	}
	return found[0], "", nil
}

func (l *load) join(who *person, program uuid.UUID, role code.TeamRole) (changed bool, err error) {
	row, err := l.tx.ProgramTeamMember.Query().Where(
		programteammember.IdentityID(who.ID), programteammember.ProgramID(program), programteammember.EndedAtIsNil(),
	).Only(l.ctx)
	switch {
	case ent.IsNotFound(err):
		return true, l.tx.ProgramTeamMember.Create().SetIdentityID(who.ID).SetProgramID(program).
			SetRole(role).SetStartedAt(clock.Now(l.ctx)).Exec(l.ctx)
	case err != nil || row.Role == role:
		return false, err
	}
	return true, l.tx.ProgramTeamMember.UpdateOne(row).SetRole(role).Exec(l.ctx)
}

// portals grants portals to the account that a person acts for. A grant that was suspended or revoked stays so.
func (l *load) portals(path string, who *person, i *identity) error {
	for n, p := range i.Portals {
		r := record{"PortalAccess", fmt.Sprintf("%s.portals[%d]", path, n), i.line}
		portal := code.Portal(p)
		switch {
		case portal == code.PortalTrialPortal:
		case portal == code.PortalPatientPortal && i.Persona == "PATIENT":
		case portal == code.PortalProviderPortal && i.Persona == "PROVIDER":
		default:
			l.refuse(r, "", "no portal of a "+i.Persona)
			continue
		}
		there, err := l.tx.PortalAccess.Query().
			Where(portalaccess.AccountID(who.account), portalaccess.PortalEQ(portal)).Exist(l.ctx)
		if err != nil {
			return err
		}
		if !there {
			if err := l.grant(who.account, portal); err != nil {
				return err
			}
		}
		l.count(r, who, !there)
	}
	return nil
}

func (l *load) grant(account uuid.UUID, portal code.Portal) error {
	now := clock.Now(l.ctx)
	row, err := l.tx.PortalAccess.Create().SetAccountID(account).SetPortal(portal).
		SetStatus(code.PortalAccessStatusActive).SetInvitedAt(now).SetActivatedAt(now).Save(l.ctx)
	if err != nil {
		return err
	}
	return l.tx.StatusChange.Create().SetPortalAccessID(row.ID).
		SetToStatus(string(row.Status)).SetNote("imported").Exec(l.ctx)
}

// party finds a patient or professional by NPI or external identifier.
func (l *load) party(entity string, p party) (key uuid.UUID, reason string, err error) {
	switch {
	case (p.NPI == "") == (p.Identifier == ""):
		return uuid.Nil, "npi or identifier is needed, and only one", nil
	case p.Identifier != "":
		return l.identified(entity, p.Identifier)
	case entity != "provider":
		return uuid.Nil, "a patient has no NPI", nil
	}
	key, err = l.tx.Provider.Query().Where(entprovider.Npi(p.NPI)).OnlyID(l.ctx)
	if ent.IsNotFound(err) {
		return l.identified(entity, fhir.NPISystem+"|"+p.NPI)
	}
	return key, "", err
}

// identified finds a row by an external identifier that is written system|value.
func (l *load) identified(entity, identifier string) (key uuid.UUID, reason string, err error) {
	system, value, found := strings.Cut(identifier, "|")
	if !found {
		return uuid.Nil, "an identifier is written system|value", nil
	}
	row, err := l.tx.ExternalIdentifier.Query().Where(
		externalidentifier.Entity(entity), externalidentifier.System(system), externalidentifier.Value(value),
	).Only(l.ctx)
	switch {
	case ent.IsNotFound(err):
		return uuid.Nil, "finds no " + entity, nil
	case err != nil:
		return uuid.Nil, "", err
	}
	return row.EntityID, "", nil
}
