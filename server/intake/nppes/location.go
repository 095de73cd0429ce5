package nppes

import (
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	entorganization "github.com/carehub/carehub/ent/organization"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/table"
	"github.com/carehub/carehub/server/intake/tally"
)

const locationPrefix = "Provider Secondary Practice Location Address"

// secondary are the columns of a secondary practice location.
var secondary = columns{
	locationPrefix + "- Address Line 1", locationPrefix + "- Address Line 2", locationPrefix + " - City Name",
	locationPrefix + " - State Name", locationPrefix + " - Postal Code",
	locationPrefix + " - Country Code (If outside U.S.)", locationPrefix + " - Telephone Number",
}

var locationColumns = []string{secondary.first, secondary.city, secondary.state, secondary.zip, secondary.phone}

// locationSystem is the system of the external identifiers of practice locations, for which the register has no
// number: their value is a key that is made of all that is stored of one.
const locationSystem = "urn:carehub:nppes-practice-location"

// locations takes rows of pl_pfile in: each is a Location of the organization with its NPI, by whose name it goes.
// The locations of individuals have no place. A row that says the same as another one is the same location.
func (l *load) locations() error {
	owners, err := l.owners()
	if err != nil {
		return err
	}
	sites := map[*table.Record]site{}
	names := map[*table.Record]string{}
	var wanted []string
	for _, r := range l.Records {
		n := npi(r)
		if _, known := owners[n]; !known {
			r.Refuse("NPI", "no organization has this NPI")
		}
		if !r.Open() {
			continue
		}
		s := l.read(r, secondary)
		sites[r] = s
		names[r] = uuid.NewSHA1(space, []byte(strings.Join(
			[]string{n, s.line, s.city, s.state, s.zip, s.country, s.phone}, "\x00"))).String()
		wanted = append(wanted, names[r])
	}
	known, err := fhir.Find(l.ctx, l.tx, entityLocation, locationSystem, wanted)
	if err != nil {
		return err
	}
	var rows []*ent.LocationCreate
	var identifiers []*ent.ExternalIdentifierCreate
	for _, r := range l.Records {
		if !r.Open() {
			continue
		}
		sites[r].check(r)
		if _, is := known[names[r]]; is && r.Open() {
			r.Outcome = tally.Unchanged
		}
		if !r.Open() {
			continue
		}
		if value(r, locationPrefix+" - Telephone Extension") != "" {
			l.Remark("the extension of a telephone number was left out")
		}
		key := uuid.Must(uuid.NewV7())
		known[names[r]], r.Outcome = key, tally.Accepted
		l.Touch()
		rows = append(rows, sites[r].location(l.tx, key, owners[number(r, "NPI")]))
		identifiers = append(identifiers, l.tx.ExternalIdentifier.Create().
			SetEntity(entityLocation).SetSystem(locationSystem).SetValue(names[r]).SetEntityID(key))
	}
	if err := fhir.InsertRows(l.ctx, rows, l.tx.Location.CreateBulk); err != nil {
		return err
	}
	return fhir.InsertRows(l.ctx, identifiers, l.tx.ExternalIdentifier.CreateBulk)
}

// entityLocation is the prefix of the identifiers of locations.
const entityLocation = "location"

// owners are the organizations of the batch by their NPI.
func (l *load) owners() (map[string]*ent.Organization, error) {
	var npis []string
	for _, r := range l.Records {
		npis = append(npis, number(r, "NPI"))
	}
	keys, err := fhir.Find(l.ctx, l.tx, fhir.EntityOrganization, fhir.NPISystem, npis)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	var of []uuid.UUID
	for _, key := range keys {
		of = append(of, key)
	}
	rows, err := l.tx.Organization.Query().
		Where(func(q *sql.Selector) { q.Where(arg.Keys(q.C(entorganization.FieldID), of)) }).
		Select(entorganization.FieldID, entorganization.FieldName).
		All(l.ctx)
	byKey := map[uuid.UUID]*ent.Organization{}
	for _, row := range rows {
		byKey[row.ID] = row
	}
	out := map[string]*ent.Organization{}
	for n, key := range keys {
		if row := byKey[key]; row != nil {
			out[n] = row
		}
	}
	return out, err
}

// check refuses the record of a site whose texts are too long to be stored.
func (s site) check(r *table.Record) {
	for _, f := range []struct {
		column, text string
		limit        int
	}{
		{secondary.first, s.line, 300},
		{secondary.city, s.city, 120},
		{secondary.state, s.state, 60},
		{secondary.zip, s.zip, 20},
		{secondary.country, s.country, 60},
	} {
		if len(f.text) > f.limit {
			r.Refuse(f.column, "longer than %d bytes", f.limit)
		}
	}
}

// location is the row of a site.
func (s site) location(tx *ent.Tx, key uuid.UUID, of *ent.Organization) *ent.LocationCreate {
	c := tx.Location.Create().SetID(key).SetName(of.Name).SetOrganizationID(of.ID)
	for _, f := range []struct {
		text string
		set  func(string) *ent.LocationCreate
	}{
		{s.line, c.SetAddressLine},
		{s.city, c.SetAddressCity},
		{s.state, c.SetAddressState},
		{s.zip, c.SetAddressZip},
		{s.country, c.SetAddressCountry},
		{s.phone, c.SetPhone},
	} {
		if f.text != "" {
			f.set(f.text)
		}
	}
	return c
}
