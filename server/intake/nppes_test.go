package intake_test

import (
	"compress/gzip"
	stdsql "database/sql"
	stdcsv "encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	entaccount "github.com/carehub/carehub/ent/account"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/location"
	"github.com/carehub/carehub/ent/organization"
	"github.com/carehub/carehub/ent/provider"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake"
)

const restored = "a ZIP code was given its leading zeros back"

// TestNPPES takes the excerpts of the register in, twice, on both engines, and finds what was counted in them.
func TestNPPES(t *testing.T) {
	folder := shared(t, "nppes")
	officials := officialsOf(t, folder)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		peak := watchHeap(t)
		started := time.Now()
		f.twice(intake.NPPES, folder)
		t.Logf("%d rows twice in %v", f.report.Sum(), time.Since(started).Round(time.Millisecond))
		f.counts("npidata_pfile", 1173)
		f.counts("pl_pfile", 0, 0, 6365) // none of these organizations is in the excerpt of the other file
		f.counts("othername_pfile", 0, 0, 0, 1580)
		c, ctx := f.Client, f.ctx
		f.is("organizations", c.Organization.Query().Where(organization.NpiNotNil()).CountX(ctx), 1173)
		f.is("defect 42: repaired ZIP codes", f.report.Remarks[restored], 96)
		f.is("remarks", len(f.report.Remarks), 1)
		f.is("defect 42: ZIP codes", c.Organization.Query().Where(organization.AddressZipIsNil()).CountX(ctx), 0)
		f.is("defect 42: phones", c.Organization.Query().Where(organization.PhoneHasPrefix("+1")).CountX(ctx), 1173)
		f.is("defect 43: withheld", c.Organization.Query().Where(organization.NameContains("UNAVAIL")).CountX(ctx), 0)
		f.is("defect 43: deactivated and reactivated", c.Account.Query().Where(entaccount.StatusEQ(code.AccountStatusActive)).CountX(ctx), 1173)
		f.is("hospitals", c.Organization.Query().Where(organization.KindEQ(code.OrganizationKindHospital)).CountX(ctx), 86)
		f.is("clinics", c.Organization.Query().Where(organization.KindEQ(code.OrganizationKindClinic)).CountX(ctx), 166)
		o := c.Organization.Query().Where(organization.Npi("1023011178")).OnlyX(ctx)
		f.is("organization", fmt.Sprint(o.Name, "; ", *o.AddressLine, "; ", *o.AddressCity, " ", *o.AddressState, " ", *o.AddressZip, " ", *o.AddressCountry, " ", *o.Phone),
			"COLLABRIA CARE; 414 S JEFFERSON ST; NAPA CA 94559-4515 US +17072589080")
		stored := everything(t, s)
		for _, text := range officials {
			if strings.Contains(stored, text) {
				t.Errorf("%q is in the database", text)
			}
		}
		const limit = 200 << 20
		if top := peak(); top > limit {
			t.Errorf("the heap grew to %d MiB", top>>20)
		}
	})
}

// rowsOf reads a file of the register as it is.
func rowsOf(t *testing.T, path string) (header []string, rows [][]string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	expanded, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := stdcsv.NewReader(expanded).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all[0], all[1:]
}

// officialsOf are the names and telephone numbers of authorized officials that stand nowhere else in the file.
func officialsOf(t *testing.T, folder string) []string {
	t.Helper()
	header, rows := rowsOf(t, filepath.Join(folder, "nppes_organizations.csv.gz"))
	var public strings.Builder
	var out []string
	column := func(name string) int { return slices.Index(header, "Authorized Official "+name) }
	last, first, middle, phone := column("Last Name"), column("First Name"), column("Middle Name"), column("Telephone Number")
	for _, row := range rows {
		for i, value := range row {
			if !strings.HasPrefix(header[i], "Authorized Official") {
				public.WriteString(value + "\n")
			}
		}
		out = append(out, row[first]+" "+row[last], row[last]+", "+row[first], row[first]+" "+row[middle]+" "+row[last],
			strings.TrimSuffix(row[phone], ".0"))
		if len(row[last]) > len("SMITHSON") { // rare enough to be looked for alone
			out = append(out, row[last])
		}
	}
	said := public.String()
	out = slices.DeleteFunc(out, func(text string) bool { return strings.Contains(said, text) })
	if len(out) < 3000 {
		t.Fatalf("only %d texts to look for", len(out))
	}
	return out
}

// everything is all that all tables of the database have, as text.
func everything(t *testing.T, s *store.Store) string {
	t.Helper()
	tables := "SELECT name FROM sqlite_schema WHERE type = 'table'"
	if s.Dialect == dialect.Postgres {
		tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	}
	var out strings.Builder
	for table := range strings.Lines(valuesOf(t, s, tables)) {
		out.WriteString(valuesOf(t, s, `SELECT * FROM "`+strings.TrimSpace(table)+`"`))
	}
	return out.String()
}

// valuesOf are all values of all rows, one a line.
func valuesOf(t *testing.T, s *store.Store, query string) string {
	t.Helper()
	rows, err := s.DB.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]stdsql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	var out strings.Builder
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			out.WriteString(v.String + "\n")
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var registerColumns = []string{
	"", "NPI", "Entity Type Code", "Provider Organization Name (Legal Business Name)", "Provider Last Name (Legal Name)",
	"Provider First Name", "Provider Middle Name", "Provider First Line Business Practice Location Address",
	"Provider Second Line Business Practice Location Address", "Provider Business Practice Location Address City Name",
	"Provider Business Practice Location Address State Name", "Provider Business Practice Location Address Postal Code",
	"Provider Business Practice Location Address Country Code (If outside U.S.)",
	"Provider Business Practice Location Address Telephone Number", "Last Update Date", "NPI Deactivation Date",
	"NPI Reactivation Date", "Healthcare Provider Taxonomy Code_1", "Healthcare Provider Primary Taxonomy Switch_1",
	"Healthcare Provider Taxonomy Code_2", "Healthcare Provider Primary Taxonomy Switch_2",
	"Authorized Official Last Name", "Authorized Official First Name", "Authorized Official Telephone Number",
}

// registered is a row of npidata_pfile with some values other than a company's.
func registered(npi string, values ...string) string {
	row := map[string]string{
		"NPI": npi, "Entity Type Code": "2.0", "Provider Organization Name (Legal Business Name)": "COLLABRIA CARE",
		"Provider First Line Business Practice Location Address": "414 S JEFFERSON ST", "Provider Business Practice Location Address State Name": "CA",
		"Provider Business Practice Location Address Postal Code": "945594515.0", "Provider Business Practice Location Address Telephone Number": "7072589080.0",
		"Last Update Date": "05/15/2025", "Authorized Official Last Name": "NOBODYHERE",
	}
	for i := 0; i < len(values); i += 2 {
		for _, column := range registerColumns {
			if strings.HasSuffix(column, values[i]) {
				row[column] = values[i+1]
			}
		}
	}
	out := make([]string, len(registerColumns))
	for i, column := range registerColumns {
		out[i] = row[column]
	}
	return strings.Join(out, ",")
}

// registry is a file of the register, spoiled as a data frame writes it.
func registry(rows ...string) map[string]string {
	return map[string]string{"npidata.csv": csv(append([]string{strings.Join(registerColumns, ",")}, rows...)...)}
}

// TestPracticeLocations takes all practice locations of the excerpt in, for organizations that are made up.
func TestPracticeLocations(t *testing.T) {
	path := filepath.Join(shared(t, "nppes"), "pl_pfile_20251103-20251109.csv.gz")
	_, rows := rowsOf(t, path)
	var owners []string
	known := map[string]bool{}
	for _, row := range rows {
		if !known[row[0]] {
			known[row[0]] = true
			owners = append(owners, registered(row[0]))
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		folder := f.TempDir()
		// Named so that the locations stand before their owners.
		write(t, filepath.Join(folder, "a.csv.gz"), content)
		write(t, filepath.Join(folder, "b.csv"), []byte(registry(owners...)["npidata.csv"]))
		peak := watchHeap(t)
		f.twice(intake.NPPES, folder)
		f.counts("npidata_pfile", 3144)
		f.counts("pl_pfile", 6365-58, 58) // 57 say the same, one says another fax number alone
		f.is("defect 44: locations", f.Client.Location.Query().CountX(f.ctx), 6365-58)
		f.is("defect 44: abroad", f.Client.Location.Query().Where(location.AddressCountryNEQ("US")).CountX(f.ctx), 3)
		five, nine := 0, 0
		for _, l := range f.Client.Location.Query().Where(location.AddressCountry("US")).AllX(f.ctx) {
			switch zip := text(l.AddressZip); {
			case len(zip) == len("94559"):
				five++
			case len(zip) == len("94559-4515") && zip[5] == '-':
				nine++
			default:
				t.Errorf("ZIP code %q in %s", zip, text(l.AddressState))
			}
		}
		f.is("defect 44: ZIP codes", five+nine, 6365-58-3)
		if five < 250 || five > 271 {
			t.Errorf("defect 44: %d ZIP codes of five digits", five)
		}
		beijing := f.Client.Location.Query().Where(location.AddressCity("Beijing")).OnlyX(f.ctx)
		f.is("abroad", fmt.Sprint(text(beijing.AddressZip), " ", text(beijing.AddressState), " ", text(beijing.Phone)), "100016 Beijing (none)")
		f.is("without a code", text(f.Client.Location.Query().Where(location.AddressCountry("KH")).OnlyX(f.ctx).AddressZip), "(none)")
		f.is("phones abroad", f.report.Remarks["a telephone number abroad was left out"], 2)
		f.is("by the name of", f.Client.Location.Query().Where(location.Name("COLLABRIA CARE")).CountX(f.ctx), 6365-58)
		const limit = 200 << 20
		if top := peak(); top > limit {
			t.Errorf("the heap grew to %d MiB", top>>20)
		}
	})
}

// TestRegister takes small files in that each meet one rule.
func TestRegister(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		f := newFixture(t, s)
		take := func(f *fixture, rows ...string) { f.takeTables(intake.NPPES, registry(rows...)) }
		account := func(f *fixture, npi string) code.AccountStatus {
			return f.Client.Account.GetX(f.ctx, f.Client.Organization.Query().Where(organization.Npi(npi)).OnlyIDX(f.ctx)).Status
		}
		for name, test := range map[string]func(*fixture){
			"42 what a data frame spoiled": func(f *fixture) {
				take(f,
					registered("1003000118.0", "State Name", "MA", "Postal Code", "21693302.0"),
					registered("1003000126.0", "State Name", "CA", "Postal Code", "4559.0", "Address Telephone Number", "258.0"),
					registered("1003000134", "Postal Code", "<UNAVAIL>", "Country Code (If outside U.S.)", "US", "Last Update Date", "soon"),
					registered("1003000127", "Country Code (If outside U.S.)", "US"),
					registered(""),
				)
				f.counts("npidata_pfile", 3, 0, 2)
				o := f.Client.Organization.Query().Where(organization.Npi("1003000118")).OnlyX(f.ctx)
				f.is("certain", text(o.AddressZip)+" "+text(o.Phone), "02169-3302 +17072589080")
				o = f.Client.Organization.Query().Where(organization.Npi("1003000126")).OnlyX(f.ctx)
				f.is("uncertain", text(o.AddressZip)+" "+text(o.Phone), "(none) (none)")
				for remark, n := range map[string]int{
					restored: 1, "a ZIP code that is none, or may have lost its leading zeros, was left out": 1,
					"a telephone number that is not of ten digits was left out": 1, "a date that is none was left out": 1,
				} {
					f.is(remark, f.report.Remarks[remark], n)
				}
				f.found("npidata_pfile line 5 byte "+fmt.Sprint(f.byteOf(5)), "NPI", "no valid NPI")
			},
			"43 deactivated": func(f *fixture) {
				off := []string{"NPI Deactivation Date", "05/05/2008"}
				bare := func(npi string) string {
					return registered(npi, append(off, "Entity Type Code", "", "(Legal Business Name)", "", "Last Update Date", "")...)
				}
				take(f,
					registered("1043279011", off...),
					registered("1205705860", append(off, "NPI Reactivation Date", "05/20/2008")...),
					bare("1942179536"),
				)
				f.counts("npidata_pfile", 2, 0, 1)
				f.is("deactivated", account(f, "1043279011"), code.AccountStatusInactive)
				f.is("reactivated", account(f, "1205705860"), code.AccountStatusActive)
				f.found("npidata_pfile line 4 byte "+fmt.Sprint(f.byteOf(4)), "NPI Deactivation Date", "the register says nothing else of it")
				take(f, bare("1205705860"))
				f.counts("npidata_pfile", 1)
				f.is("deactivated since", account(f, "1205705860"), code.AccountStatusInactive)
				take(f, bare("1205705860"))
				f.counts("npidata_pfile", 0, 1)
				take(f, registered("1043279011", append(off, "NPI Reactivation Date", "05/20/2025", "(Legal Business Name)", "NEW")...))
				f.counts("npidata_pfile", 1)
				f.is("reactivated since", account(f, "1043279011"), code.AccountStatusActive)
				f.is("a later row changes it", f.Client.Organization.Query().Where(organization.Npi("1043279011")).OnlyX(f.ctx).Name, "NEW")
			},
			"a person's decision stays": func(f *fixture) {
				take(f, registered("1265882203"))
				who := f.Client.Identity.Create().SetPersona(viewer.Admin).SetIssuer("i").SetSubject("nppes").SetName("A").SaveX(f.ctx)
				person := viewer.System(viewer.NewContext(f.ctx, &viewer.Identity{Key: who.ID, Role: viewer.Admin}), "test")
				key := f.Client.Organization.Query().Where(organization.Npi("1265882203")).OnlyIDX(f.ctx)
				f.Client.Account.UpdateOneID(key).SetStatus(code.AccountStatusInactive).ExecX(person)
				take(f, registered("1265882203", "Last Update Date", "06/15/2025", "(Legal Business Name)", "NEW"))
				f.is("name", f.Client.Organization.GetX(f.ctx, key).Name, "NEW")
				f.is("status", account(f, "1265882203"), code.AccountStatusInactive)
			},
			"kinds of organizations, where one is certain": func(f *fixture) {
				kinds := map[string]code.OrganizationKind{
					"282N00000X": code.OrganizationKindHospital, "261QX0203X": code.OrganizationKindClinic,
					"302R00000X": code.OrganizationKindPayer, "333600000X": code.OrganizationKindOther,
				}
				npis := map[string]string{"282N00000X": "1487657433", "261QX0203X": "1740283795", "302R00000X": "1023011079", "333600000X": "1548065568"}
				for taxonomy, kind := range kinds {
					take(f, registered(npis[taxonomy], "Taxonomy Code_1", taxonomy, "Taxonomy Switch_1", "Y", "Taxonomy Code_2", "282N00000X", "Taxonomy Switch_2", "N"))
					f.is(taxonomy, f.Client.Organization.Query().Where(organization.Npi(npis[taxonomy])).OnlyX(f.ctx).Kind, kind)
				}
				take(f, registered("1295057917", "Taxonomy Code_1", "282N00000X", "Taxonomy Switch_1", "Y", "Taxonomy Code_2", "261Q00000X", "Taxonomy Switch_2", "Y"))
				f.is("two primary ones", f.Client.Organization.Query().Where(organization.Npi("1295057917")).OnlyX(f.ctx).Kind, code.OrganizationKindOther)
			},
			"individuals": func(f *fixture) {
				row := registered("1245319599", "Entity Type Code", "1.0", "(Legal Name)", "DOE", "Provider First Name", "JANE", "Provider Middle Name", "Q",
					"(Legal Business Name)", "", "Taxonomy Code_1", "183500000X", "Taxonomy Switch_1", "Y")
				take(f, row)
				f.counts("npidata_pfile", 1)
				p := f.Client.Provider.Query().Where(provider.Npi("1245319599")).OnlyX(f.ctx)
				f.is("provider", fmt.Sprint(p.Given, " ", p.Family, " ", p.Territory, " ", text(p.SpecialtyCode), " ", p.Qualification, " ", p.Verification),
					"JANE Q DOE WEST 183500000X PHARMACIST UNVERIFIED")
				take(f, row)
				f.counts("npidata_pfile", 0, 1)
			},
			"found by NPI": func(f *fixture) {
				f.take(transaction(practitionerOf("e01", "1234567893"), resource("Organization", "e02", `"name":"CARNEY"`,
					`"identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1861184681"}]`)))
				take(f, registered("1234567893", "Entity Type Code", "1"), registered("1861184681"))
				f.counts("npidata_pfile", 0, 2)
				f.is("name", f.Client.Organization.Query().Where(organization.Npi("1861184681")).OnlyX(f.ctx).Name, "CARNEY")
			},
			"what is refused": func(f *fixture) {
				take(f, registered("1548537723", "Entity Type Code", "3"), registered("1548537723", "Entity Type Code", ""),
					registered("1548537723", "(Legal Business Name)", "<UNAVAIL>"), registered("1548537723", "(Legal Business Name)", strings.Repeat("x", 301)))
				f.counts("npidata_pfile", 0, 0, 4)
				f.takeTables(intake.NPPES, map[string]string{
					"npidata.csv": csv("NPI,Entity Type Code"), "other.csv": csv("NPI"),
					"endpoint_pfile.csv": csv("NPI,Endpoint Type", "1548537723,DIRECT"),
				})
				f.found("File", "File", `line 1: column "Provider Organization Name (Legal Business Name)" is missing`)
				f.counts("File", 0, 0, 1, 1)
				f.counts("endpoint_pfile", 0, 0, 0, 1)
			},
		} {
			t.Run(name, func(t *testing.T) { test(f.on(t)) })
		}
		if strings.Contains(everything(t, s), "NOBODYHERE") {
			t.Error("an official is in the database")
		}
	})
}

// byteOf is where a line of the file that was last refused begins.
func (f *fixture) byteOf(line int) int {
	f.Helper()
	for _, finding := range f.findings {
		var table string
		var at, offset int
		if _, err := fmt.Sscanf(finding.Resource, "%s line %d byte %d", &table, &at, &offset); err == nil && at == line {
			return offset
		}
	}
	f.Fatalf("no finding in line %d of %+v", line, f.findings)
	return 0
}
