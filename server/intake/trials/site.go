package trials

import (
	"strings"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/programsite"
	"github.com/carehub/carehub/server/intake/record"
	"github.com/carehub/carehub/server/intake/tally"
)

// spot is a location of a study as the columns have it.
type spot struct {
	name record.Name // of its organization
	// called is the organization's name.
	called                    string
	city, state, zip, country *string
	status                    *code.StudyStatus
	fault                     *record.Fault
}

// anonymous are names that sponsors give to sites whose names they keep to themselves.
var anonymous = map[string]bool{
	"local institution": true, "research site": true, "study site": true, "clinical research site": true,
	"investigational site": true, "investigative site": true,
}

// places reads the locations of a study.
func (l *load) places(s *study) []spot {
	people := newPeople(s)
	out := make([]spot, len(s.locations))
	for i, at := range s.locations {
		r := &record.Reader{}
		state := record.Clean(at.state)
		if letters, known := code.StateOf(state); known {
			state = letters
		}
		p := spot{
			called: r.Text("location.facility", at.facility, 300),
			city:   r.Optional("location.city", at.city, 120), state: r.Optional("location.state", state, 60),
			zip: r.Optional("location.zip", at.zip, 20), country: r.Optional("location.country", at.country, 60),
			status: studyStatus(at.status),
		}
		city, country := record.Clean(at.city), record.Clean(at.country)
		parts := []string{strings.ToLower(p.called), strings.ToLower(city), strings.ToLower(state), strings.ToLower(country)}
		person := people.isPerson(p.called, "")
		switch {
		case city == "" && country == "" && (p.called == "" || person):
			r.Refuse("location", "neither facility nor place")
		case p.called == "" || person:
			p.called = siteIn(city, state, country)
			parts[0] = s.id
			l.result.Remark("a location without a facility, or named after a person, is called after its place")
		case anonymous[parts[0]]:
			parts = append(parts, s.id)
		}
		p.name = record.NameOf(record.Organizations, facilitySystem, parts...)
		p.fault = r.Fault
		out[i] = p
	}
	return out
}

// siteIn is the name of a site that has none.
func siteIn(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return "Site in " + strings.Join(said, ", ")
}

// sites makes the sites of a study. Those that are there take the status of a newer record; one that is no longer
// listed stays.
func (l *load) sites(e *entry, program uuid.UUID, places []spot, newer bool) (changed bool, err error) {
	rows, err := l.tx.ProgramSite.Query().Where(programsite.ProgramID(program)).All(l.ctx)
	if err != nil {
		return false, err
	}
	there := map[uuid.UUID]*ent.ProgramSite{}
	for _, row := range rows {
		there[row.OrganizationID] = row
	}
	var accounts []*ent.AccountCreate
	var organizations []*ent.OrganizationCreate
	var fresh []*ent.ProgramSiteCreate
	for i := range places {
		p := &places[i]
		if p.fault != nil {
			l.find("Location", e.name(), tally.Refused, *p.fault)
			continue
		}
		key, found := l.names.Key(p.name)
		site, listed := there[key]
		switch {
		case !newer && (!found || !listed):
			// An older record knows sites that a newer one does not list.
			l.result.Count("Location", tally.Unchanged)
			continue
		case found && listed && (site == nil || !newer || site.UpdatedBy != nil || same(site.StudyStatus, p.status)):
			l.result.Count("Location", tally.Unchanged)
			continue
		case found && listed:
			u := l.tx.ProgramSite.UpdateOne(site)
			put(u.Mutation().SetStudyStatus, u.Mutation().ClearStudyStatus, p.status)
			if err := u.Exec(l.ctx); err != nil {
				return false, err
			}
			there[key] = nil
			changed = true
			l.result.Count("Location", tally.Accepted)
			continue
		case !found:
			key = uuid.Must(uuid.NewV7())
			l.names.Call(p.name, key)
			accounts = append(accounts, l.tx.Account.Create().SetID(key).SetKind(code.AccountKindSite))
			organizations = append(organizations, l.tx.Organization.Create().SetID(key).
				SetName(p.called).SetKind(code.OrganizationKindSite).SetNillableAddressCity(p.city).
				SetNillableAddressState(p.state).SetNillableAddressZip(p.zip).SetNillableAddressCountry(p.country))
		}
		there[key] = nil
		fresh = append(fresh, l.tx.ProgramSite.Create().SetProgramID(program).SetOrganizationID(key).SetNillableStudyStatus(p.status))
		changed = true
		l.result.Count("Location", tally.Accepted)
	}
	if err := record.Insert(l.ctx, accounts, l.tx.Account.CreateBulk); err != nil {
		return false, err
	}
	if err := record.Insert(l.ctx, organizations, l.tx.Organization.CreateBulk); err != nil {
		return false, err
	}
	return changed, record.Insert(l.ctx, fresh, l.tx.ProgramSite.CreateBulk)
}

func same[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// sponsor is the organization that answers for a study; it is made when it is new.
func (l *load) sponsor(d *details) (*uuid.UUID, error) {
	if d.sponsor == nil {
		return nil, nil //nolint:nilnil // there is none
	}
	name := sponsorName(*d.sponsor)
	if key, found := l.names.Key(name); found {
		return &key, nil
	}
	key := uuid.Must(uuid.NewV7())
	l.names.Call(name, key)
	if err := l.tx.Account.Create().SetID(key).SetKind(code.AccountKindSponsor).Exec(l.ctx); err != nil {
		return nil, err
	}
	return &key, l.tx.Organization.Create().SetID(key).SetName(*d.sponsor).SetKind(code.OrganizationKindSponsor).Exec(l.ctx)
}
