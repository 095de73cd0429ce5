package intake_test

import (
	"context"
	stdcsv "encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/server/intake/nppes"
	"github.com/carehub/carehub/server/intake/source"
	"github.com/carehub/carehub/server/intake/synthea"
	"github.com/carehub/carehub/server/intake/table"
	"github.com/carehub/carehub/server/intake/tally"
)

// named is a table and the name of its file.
type named struct {
	name string
	rows [][]string
}

func tableOf(name string, lines ...string) named {
	out := named{name: name}
	for _, line := range lines {
		out.rows = append(out.rows, strings.Split(line, ","))
	}
	return out
}

// syntheaSeed has every table and column that is read, in the order in which they are taken in.
var syntheaSeed = []named{
	tableOf("organizations.csv", "Id,NAME,ADDRESS,CITY,STATE,ZIP,PHONE", uuidOf("1")+",CARNEY,1 A St,BOSTON,MA,02124,5082225200"),
	tableOf("payers.csv", "Id,NAME,ADDRESS,CITY,STATE_HEADQUARTERED,ZIP,PHONE",
		uuidOf("2")+",Aetna,1 A St,Hartford,CT,6156,1-800-872-3862", uuidOf("3")+",NO_INSURANCE,,,,,"),
	tableOf("providers.csv", "Id,ORGANIZATION,NAME,GENDER,SPECIALITY,ADDRESS,CITY,STATE,ZIP",
		uuidOf("4")+","+uuidOf("1")+",Ludivina884 Steuber698,F,GENERAL PRACTICE,1 A St,BOSTON,MA,02124"),
	tableOf("patients.csv", "Id,BIRTHDATE,DEATHDATE,SSN,DRIVERS,PASSPORT,FIRST,MIDDLE,LAST,MAIDEN,GENDER,ADDRESS,CITY,STATE,ZIP",
		uuidOf("5")+",1990-01-02,2020-01-01,999-10-1000,S1,X1,Jackie93,M,Okuneva707,Kihn564,F,1 A St,Quincy,Massachusetts,02169"),
	tableOf("encounters.csv", "Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,ENCOUNTERCLASS,CODE,DESCRIPTION,REASONCODE,REASONDESCRIPTION",
		uuidOf("6")+",2009-09-13T11:33:59Z,2009-09-13T11:48:59Z,"+uuidOf("5")+","+uuidOf("1")+","+uuidOf("4")+",ambulatory,185347001,Encounter for problem,59621000,Hypertension"),
	tableOf("conditions.csv", "START,STOP,PATIENT,ENCOUNTER,CODE,SYSTEM,DESCRIPTION",
		"2011-08-09,2011-09-09,"+uuidOf("5")+","+uuidOf("6")+",232353008,SNOMED-CT,Rhinitis"),
	tableOf("medications.csv", "START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION",
		"2009-09-27T14:12:44Z,2010-09-27T14:12:44Z,"+uuidOf("5")+","+uuidOf("6")+",665078,Loratadine 5 MG"),
	tableOf("careplans.csv", "Id,START,STOP,PATIENT,CODE,DESCRIPTION",
		uuidOf("7")+",2009-09-13,2010-09-13,"+uuidOf("5")+",384758001,Self-care"),
	tableOf("payer_transitions.csv", transitionsHeader,
		uuidOf("5")+",m1,2010-01-05T11:33:59Z,2011-01-11T11:33:59Z,"+uuidOf("2")+","+uuidOf("2")+",Guardian,Jackie93 Okuneva707",
		uuidOf("5")+",,2011-01-05T11:33:59Z,2012-01-11T11:33:59Z,"+uuidOf("3")+",,,"),
}

// nppesSeed is the same of the register.
var nppesSeed = []named{
	tableOf("npidata.csv", strings.Join(registerColumns, ","),
		registered("1023011178", "Country Code (If outside U.S.)", "US", "Taxonomy Code_1", "282N00000X", "Taxonomy Switch_1", "Y"),
		registered("1245319599", "Entity Type Code", "1", "(Legal Name)", "DOE", "Taxonomy Code_1", "183500000X", "Taxonomy Switch_1", "Y"),
		registered("1023011178", "Entity Type Code", "", "NPI Deactivation Date", "05/05/2025")),
	tableOf("pl_pfile.csv", strings.Join([]string{
		"NPI", "Provider Secondary Practice Location Address- Address Line 1",
		"Provider Secondary Practice Location Address-  Address Line 2", "Provider Secondary Practice Location Address - City Name",
		"Provider Secondary Practice Location Address - State Name", "Provider Secondary Practice Location Address - Postal Code",
		"Provider Secondary Practice Location Address - Country Code (If outside U.S.)",
		"Provider Secondary Practice Location Address - Telephone Number",
		"Provider Secondary Practice Location Address - Telephone Extension",
	}, ","),
		"1023011178,1 A St,Suite 2,Norwich,CT,063602740,US,8605459000,104"),
}

// odd are values that stand where something else is expected.
var odd = []string{
	"", "\x00", strings.Repeat("é", 20001), "9999-12-31T23:59:59.999999999-14:00", "0001-01-01", "9999", "NaN", "-1e400", `"`, "a\nb",
	uuidOf("5"), uuidOf("9"), "NO_INSURANCE", "<UNAVAIL>", "00000", "12345678", "Self", "1", "2.0", "01/01/0001", "1023011178.0", "X",
}

// cells is the number of cells of the tables, their headers included.
func cells(tables []named) (n int) {
	for _, t := range tables {
		n += len(t.rows) * len(t.rows[0])
	}
	return n
}

// written are the tables as files, with the value of one cell replaced.
func written(t testing.TB, tables []named, cell int, value string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, of := range tables {
		var text strings.Builder
		w := stdcsv.NewWriter(&text)
		for _, row := range of.rows {
			if cell >= 0 && cell < len(row) {
				row = append([]string{}, row...)
				row[cell] = value
			}
			cell -= len(row)
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		out[of.name] = text.String()
	}
	return out
}

// format is what the tests need of an importer of tables.
type format struct {
	seed []named
	sort func(*source.Table) (string, int, error)
	read func(*table.Batch)
	load func(context.Context, *ent.Tx, *table.Batch) error
}

func formats() map[string]format {
	tables, register := synthea.NewImporter(), nppes.NewImporter()
	return map[string]format{
		"synthea-csv": {syntheaSeed, synthea.Sort, tables.Read, tables.Load},
		"nppes":       {nppesSeed, nppes.Sort, func(*table.Batch) {}, register.Load},
	}
}

// surviveTables takes files in, twice: every row has one outcome, the second time nothing is accepted, and nothing
// that the rules let through is refused by the database.
func surviveTables(t *testing.T, s *store.Store, e format, files map[string]string) {
	t.Helper()
	ctx := viewer.System(t.Context(), "fuzz")
	tx, err := s.Client.Tx(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}()
	for turn := range 2 {
		for _, of := range e.seed { // in the order of their ranks
			content := files[of.name]
			b := batchOf(e, of.name, content)
			if b == nil {
				continue
			}
			e.read(b)
			if err := e.load(ctx, tx, b); err != nil {
				t.Fatalf("%s: %v\n%.2000s", of.name, err, content)
			}
			result := b.Result()
			if n := result.Len(); n != len(b.Records) {
				t.Fatalf("%s: %d outcomes of %d rows\n%.2000s", of.name, n, len(b.Records), content)
			}
			for _, r := range b.Records {
				if r.Open() || turn > 0 && r.Outcome == tally.Accepted {
					t.Fatalf("%s: line %d was %q the second time\n%.2000s", of.name, r.Line, r.Outcome, content)
				}
			}
		}
	}
}

// batchOf are the rows of a file; nil when it is refused as a whole.
func batchOf(e format, name, content string) *table.Batch {
	t, err := source.NewTable(&source.Document{Name: name, Reader: strings.NewReader(content)})
	if err != nil {
		return nil
	}
	of, rank, err := e.sort(t)
	if err != nil || rank < 0 {
		return nil
	}
	var rows []*source.Row
	for {
		row, err := t.Next()
		var fault *source.RowError
		switch {
		case errors.As(err, &fault):
			continue
		case errors.Is(err, io.EOF), err != nil:
			return table.NewBatch(name, of, rows)
		}
		rows = append(rows, row)
	}
}

// TestOddTables puts odd values in the place of every cell, some of them in turn; fuzzing tries them all.
func TestOddTables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, e := range formats() {
			t.Run(name, func(t *testing.T) {
				surviveTables(t, s, e, written(t, e.seed, -1, ""))
				for cell := range cells(e.seed) {
					for turn := range 3 {
						surviveTables(t, s, e, written(t, e.seed, cell, odd[(3*cell+7*turn)%len(odd)]))
					}
				}
			})
		}
	})
}

// FuzzSyntheaCSV replaces any cell of an export by any value.
func FuzzSyntheaCSV(f *testing.F) { fuzzTables(f, "synthea-csv") }

// FuzzNPPES replaces any cell of the register by any value.
func FuzzNPPES(f *testing.F) { fuzzTables(f, "nppes") }

func fuzzTables(f *testing.F, name string) {
	seed := formats()[name].seed
	for i, value := range odd {
		f.Add(i*cells(seed)/len(odd), value, i, "")
	}
	s := storetest.SQLite(f)
	f.Fuzz(func(t *testing.T, cell int, value string, other int, raw string) {
		e := formats()[name]
		files := written(t, e.seed, cell, value)
		if raw != "" { // a file of anything, as a whole
			files[e.seed[abs(other)%len(e.seed)].name] = raw
		}
		surviveTables(t, s, e, files)
	})
}

func abs(n int) int { return max(n, -(n + 1)) }
