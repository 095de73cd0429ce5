package nppes

import (
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/account"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/provider"
	"github.com/carehub/carehub/server/intake/fhir"
	"github.com/carehub/carehub/server/intake/table"
	"github.com/carehub/carehub/server/intake/tally"
)

const (
	practice     = "Provider Business Practice Location Address "
	firstLine    = "Provider First Line Business Practice Location Address"
	secondLine   = "Provider Second Line Business Practice Location Address"
	organization = "Provider Organization Name (Legal Business Name)"
)

var practiceColumns = columns{
	firstLine, secondLine, practice + "City Name", practice + "State Name", practice + "Postal Code",
	practice + "Country Code (If outside U.S.)", practice + "Telephone Number",
}

var providerColumns = []string{
	organization, firstLine, practiceColumns.city, practiceColumns.state, practiceColumns.zip, practiceColumns.phone,
	"Last Update Date", "NPI Deactivation Date", "NPI Reactivation Date",
	"Healthcare Provider Taxonomy Code_1", "Healthcare Provider Primary Taxonomy Switch_1",
}

// Entity types.
const (
	individual = "1"
	company    = "2"
)

// providers takes rows of npidata_pfile in. The account of an NPI that was deactivated, and not reactivated since,
// is INACTIVE. Of such an NPI the register says nothing else: one that is not known here is refused.
func (l *load) providers() error {
	bare := map[*table.Record]string{}
	for _, r := range l.Records {
		n := npi(r)
		switch typ := number(r, "Entity Type Code"); {
		case typ == individual || typ == company:
		case value(r, "Entity Type Code") == "" && !l.active(r):
			if r.Open() {
				bare[r] = n
			}
		default:
			r.Refuse("Entity Type Code", "neither 1 nor 2")
		}
	}
	full := l.Select(func(r *table.Record) bool { return r.Open() && bare[r] == "" })
	err := l.Take(l.ctx, l.tx, l.fhir, full, func(r *table.Record) fhir.Object {
		if number(r, "Entity Type Code") == company {
			return l.organization(r)
		}
		return l.practitioner(r)
	}, nil)
	if err != nil {
		return err
	}
	specialists := l.Select(func(r *table.Record) bool {
		return r.In() && number(r, "Entity Type Code") == individual && primary(r) != ""
	})
	err = l.Take(l.ctx, l.tx, l.fhir, specialists, role, func(*table.Record) {
		l.Remark("a taxonomy code that is none was left out")
	})
	if err != nil {
		return err
	}
	return l.deactivate(bare)
}

// active tells whether an NPI is in use.
func (l *load) active(r *table.Record) bool {
	off, on := l.day(r, "NPI Deactivation Date"), l.day(r, "NPI Reactivation Date")
	return off.IsZero() || !on.Before(off)
}

// party is what organizations and individuals have in common.
func (l *load) party(typ string, r *table.Record) fhir.Object {
	out := fhir.Object{
		"resourceType": typ, "active": l.active(r),
		"identifier": []fhir.Object{fhir.Identifier("", fhir.NPISystem, number(r, "NPI"))},
	}
	latest := time.Time{}
	for _, column := range []string{"Last Update Date", "NPI Deactivation Date", "NPI Reactivation Date"} {
		if t := l.day(r, column); t.After(latest) {
			latest = t
		}
	}
	if !latest.IsZero() {
		out["meta"] = fhir.Object{"lastUpdated": latest.Format(time.DateOnly)}
	}
	s := l.read(r, practiceColumns)
	out["address"] = []fhir.Object{{
		"line": []string{s.line}, "city": s.city, "state": s.state, "postalCode": s.zip, "country": s.country,
	}}
	if s.phone != "" {
		out["telecom"] = []fhir.Object{{"system": "phone", "value": s.phone}}
	}
	return out
}

func (l *load) organization(r *table.Record) fhir.Object {
	o := l.party("Organization", r)
	o["name"] = value(r, organization)
	o["type"] = []fhir.Object{fhir.Concept(fhir.NUCC, primary(r), "")}
	return o
}

func (l *load) practitioner(r *table.Record) fhir.Object {
	p := l.party("Practitioner", r)
	var given []string
	for _, column := range []string{"Provider First Name", "Provider Middle Name"} {
		if name := value(r, column); name != "" {
			given = append(given, name)
		}
	}
	p["name"] = []fhir.Object{{"family": value(r, "Provider Last Name (Legal Name)"), "given": given}}
	return p
}

func role(r *table.Record) fhir.Object {
	n := number(r, "NPI")
	return fhir.Object{
		"resourceType": "PractitionerRole", "id": uuid.NewSHA1(space, []byte(n)).String(),
		"practitioner": fhir.Object{"identifier": fhir.Identifier("", fhir.NPISystem, n)},
		"specialty":    []fhir.Object{fhir.Concept(fhir.NUCC, primary(r), "")},
	}
}

// primary is the primary taxonomy code; none when several are marked as such.
func primary(r *table.Record) string {
	const taxonomies = 15
	found := ""
	for i := 1; i <= taxonomies; i++ {
		if value(r, fmt.Sprintf("Healthcare Provider Primary Taxonomy Switch_%d", i)) != "Y" {
			continue
		}
		of := value(r, fmt.Sprintf("Healthcare Provider Taxonomy Code_%d", i))
		if found != "" && of != found {
			return ""
		}
		found = of
	}
	return found
}

// deactivate makes the accounts of NPIs INACTIVE, unless a person decided on them.
func (l *load) deactivate(bare map[*table.Record]string) error {
	if len(bare) == 0 {
		return nil
	}
	parties, err := l.parties(bare)
	if err != nil {
		return err
	}
	var keys []uuid.UUID
	for _, key := range parties {
		keys = append(keys, key)
	}
	rows, err := l.tx.Account.Query().
		Where(account.StatusEQ(code.AccountStatusActive), account.UpdatedByIsNil(), func(q *sql.Selector) {
			q.Where(arg.Keys(q.C(account.FieldID), keys))
		}).
		IDs(l.ctx)
	if err != nil {
		return err
	}
	changed := map[uuid.UUID]bool{}
	for _, key := range rows {
		changed[key] = true
		if err := l.tx.Account.UpdateOneID(key).SetStatus(code.AccountStatusInactive).Exec(l.ctx); err != nil {
			return err
		}
		l.Touch()
	}
	for r, n := range bare {
		key, found := parties[n]
		switch {
		case !found:
			r.Refuse("NPI Deactivation Date", "deactivated, and the register says nothing else of it")
		case changed[key]:
			r.Outcome = tally.Accepted
		default:
			r.Outcome = tally.Unchanged
		}
	}
	return nil
}

// parties are the organizations and professionals with the NPIs.
func (l *load) parties(of map[*table.Record]string) (map[string]uuid.UUID, error) {
	var npis []string
	for _, n := range of {
		npis = append(npis, n)
	}
	out := map[string]uuid.UUID{}
	rows, err := l.tx.Provider.Query().
		Where(func(q *sql.Selector) { q.Where(arg.Codes(q.C(provider.FieldNpi), npis)) }).
		Select(provider.FieldID, provider.FieldNpi).
		All(l.ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		out[*row.Npi] = row.ID
	}
	companies, err := fhir.Find(l.ctx, l.tx, fhir.EntityOrganization, fhir.NPISystem, npis)
	for n, key := range companies {
		out[n] = key
	}
	return out, err
}
