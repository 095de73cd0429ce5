package demo_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/externalidentifier"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/demo"
)

// Nothing that is generated could be anybody's: numbers, addresses, provider numbers, and a mark on everything.
func TestSynthetic(t *testing.T) {
	st := storetest.SQLite(t)
	newService(t, st).seed(t, demo.Options{Patients: 120})
	ctx := system(t)
	phone := regexp.MustCompile(`^\+1\d{3}55501\d\d$`)
	mail := regexp.MustCompile(`^[a-z]+\.\d+@example\.com$`)
	for _, c := range must(st.Client.ContactPoint.Query().All(ctx))(t) {
		if form := map[code.Channel]*regexp.Regexp{code.ChannelPhone: phone, code.ChannelEmail: mail}[c.Channel]; form == nil || !form.MatchString(c.Value) {
			t.Errorf("%s %q", c.Channel, c.Value)
		}
	}
	for _, p := range must(st.Client.Provider.Query().All(ctx))(t) {
		if !phone.MatchString(*p.Phone) {
			t.Errorf("provider's telephone %q", *p.Phone)
		}
		if !luhn("80840" + *p.Npi) {
			t.Errorf("NPI %s has the wrong check digit", *p.Npi)
		}
		if p.Territory != string(code.TerritoryOf(*p.AddressState)) || p.Territory == "" {
			t.Errorf("%s is in territory %q", *p.AddressState, p.Territory)
		}
	}
	for _, o := range must(st.Client.Organization.Query().All(ctx))(t) {
		if !phone.MatchString(*o.Phone) {
			t.Errorf("organization's telephone %q", *o.Phone)
		}
	}
	for prefix, ids := range map[string]func(context.Context) ([]uuid.UUID, error){
		"patient": st.Client.Patient.Query().IDs, "provider": st.Client.Provider.Query().IDs, "org": st.Client.Organization.Query().IDs,
		"product": st.Client.Product.Query().IDs, "program": st.Client.CareProgram.Query().IDs, "resource": st.Client.KnowledgeResource.Query().IDs,
	} {
		for _, id := range must(ids(ctx))(t) {
			marked := must(st.Client.ExternalIdentifier.Query().Where(
				externalidentifier.Entity(prefix), externalidentifier.EntityID(id), externalidentifier.System("urn:carehub:demo"),
			).Count(ctx))(t)
			if marked != 1 {
				t.Errorf("%s %s has %d marks", prefix, id, marked)
			}
		}
	}
}

// luhn checks a number's check digit by its definition: from the right, every second digit is doubled.
func luhn(number string) bool {
	sum := 0
	for i := range number {
		digit := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			digit = digit*2/10 + digit*2%10
		}
		sum += digit
	}
	return sum%10 == 0
}

// The same seed and present make the same rows but for keys and case numbers; another seed makes others.
func TestDeterminism(t *testing.T) {
	world := func(seed uint64) []string {
		st := storetest.SQLite(t)
		newService(t, st).seed(t, demo.Options{Patients: 30, Seed: seed})
		return dump(t, st)
	}
	first, again, other := world(7), world(7), world(8)
	if len(first) < 1000 {
		t.Fatalf("%d rows", len(first))
	}
	if !slices.Equal(first, again) {
		for i := range min(len(first), len(again)) {
			if first[i] != again[i] {
				t.Fatalf("the same seed made\n%s\nand\n%s", first[i], again[i])
			}
		}
		t.Fatalf("the same seed made %d and %d rows", len(first), len(again))
	}
	if slices.Equal(first, other) {
		t.Error("another seed made the same rows")
	}
}

// unstable is what differs from run to run: keys, case numbers.
var unstable = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|C-[0-9A-Z]{5}-[0-9A-Z]{5}`)

// dump returns all rows as text, sorted, without what is unstable. The audit's hashes are over keys: it is left out.
func dump(t *testing.T, st *store.Store) []string {
	t.Helper()
	var tables []string
	for _, row := range rows(t, st, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'audit_%'") {
		tables = append(tables, row[0].(string))
	}
	var out []string
	for _, table := range tables {
		for _, row := range rows(t, st, "SELECT * FROM "+table) {
			out = append(out, table+unstable.ReplaceAllString(fmt.Sprint(row...), "*"))
		}
	}
	slices.Sort(out)
	return out
}

func rows(t *testing.T, st *store.Store, query string) [][]any {
	t.Helper()
	found := must(st.DB.QueryContext(t.Context(), query))(t)
	defer found.Close()
	columns := must(found.Columns())(t)
	var out [][]any
	for found.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// A second seed changes nothing.
func TestSeedsOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		s := newService(t, st)
		s.seed(t, demo.Options{Patients: 5})
		count := func() (n int) {
			ctx := system(t)
			for _, c := range []func(context.Context) (int, error){
				st.Client.Account.Query().Count, st.Client.CareCase.Query().Count, st.Client.Identity.Query().Count,
				st.Client.ImportRun.Query().Count, st.Client.StatusChange.Query().Count, st.Client.Event.Query().Count,
			} {
				n += must(c(ctx))(t)
			}
			return n
		}
		before := count()
		s.seed(t, demo.Options{Patients: 50, Seed: 3})
		if after := count(); after != before {
			t.Errorf("%d rows before the second seed, %d after it", before, after)
		}
		book := must(st.Client.ImportRun.Query().Only(system(t)))(t)
		if book.FinishedAt == nil || book.Accepted < 500 {
			t.Errorf("the book says: finished at %v, %d rows", book.FinishedAt, book.Accepted)
		}
	})
}

// Into a database that has something already nothing is mixed.
func TestSeedLeavesOthersAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		s := newService(t, st)
		ctx := system(t)
		err := st.Client.Product.Create().SetName("Something real").SetTherapeuticArea("ONCOLOGY").
			SetKind(code.ProductKindDrug).SetMarketingStatus(code.MarketingStatusApproved).Exec(ctx)
		if err != nil {
			t.Fatal(err)
		}
		s.seed(t, demo.Options{Patients: 5})
		if n := must(st.Client.Identity.Query().Count(ctx))(t); n != 0 {
			t.Errorf("%d demo identities among real data", n)
		}
	})
}

// Commits are as durable after the seed as before it.
func TestSeedRestoresDurability(t *testing.T) {
	st := storetest.SQLite(t, store.WithSynchronous("FULL"))
	newService(t, st).seed(t, demo.Options{Patients: 2})
	const full = int64(2)
	if mode := rows(t, st, "PRAGMA synchronous")[0][0]; mode != full {
		t.Errorf("synchronous is %v after the seed", mode)
	}
}

// What is waited for is told.
func TestProgress(t *testing.T) {
	var told strings.Builder
	newService(t, storetest.SQLite(t)).seed(t, demo.Options{Patients: 3, Progress: &told})
	if !strings.Contains(told.String(), "3 of 3 patients") {
		t.Errorf("progress: %q", told.String())
	}
}
