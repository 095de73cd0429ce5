package fhir

import (
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	entlocation "github.com/carehub/carehub/ent/location"
	"github.com/carehub/carehub/server/intake/tally"
)

// location is FHIR's Location: a place of an organization. What it is within another place has no place here.
type location struct {
	Identifier           []identifier
	Name, Mode           string
	Telecom              []contactPoint
	Address              address
	ManagingOrganization reference
}

func (p *location) refer(to func(reference, string)) { to(p.ManagingOrganization, orgs) }

func (l *load) location(it *item, p *location) {
	if p.Mode == "kind" {
		it.outcome, it.fault = tally.Unmapped, fault{"Location.mode", "a kind of places is no place"}
		return
	}
	r := &reader{}
	name := r.text("Location.name", p.Name, 300)
	if name == "" {
		r.refuse("Location.name", "missing")
	}
	at := r.place("Location", []address{p.Address})
	org, reason := l.find(it, p.ManagingOrganization, orgs)
	if reason != "" {
		r.refuse("Location.managingOrganization", "%s", reason)
	}
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	fill := func(m *ent.LocationMutation) {
		m.SetName(name)
		set(m.SetPhone, phone(p.Telecom))
		set(m.SetAddressLine, at.line)
		set(m.SetAddressCity, at.city)
		set(m.SetAddressState, at.state)
		set(m.SetAddressZip, at.zip)
		set(m.SetAddressCountry, at.country)
		if org != uuid.Nil {
			m.SetOrganizationID(org)
		}
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error {
			u := l.tx.Location.UpdateOneID(it.key).Where(editable)
			fill(u.Mutation())
			return u.Exec(l.ctx)
		}
		return
	}
	l.managers[it.key] = org
	c := l.tx.Location.Create().SetID(it.key)
	fill(c.Mutation())
	l.locations = append(l.locations, c)
}

// managerOf is the organization of a location that was found; uuid.Nil when nobody manages it.
func (l *load) managerOf(key uuid.UUID) uuid.UUID {
	if org, asked := l.managers[key]; asked {
		return org
	}
	row, err := l.tx.Location.Query().Where(entlocation.ID(key)).Select(entlocation.FieldOrganizationID).Only(l.ctx)
	switch {
	case err != nil:
		l.fail(err)
	case row.OrganizationID != nil:
		l.managers[key] = *row.OrganizationID
	default:
		l.managers[key] = uuid.Nil
	}
	return l.managers[key]
}
