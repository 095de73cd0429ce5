package export_test

import (
	"context"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/server/export"
)

// TestHeap exports eight times as many patients in the same room.
func TestHeap(t *testing.T) {
	few, many := liveHeap(t, 600), liveHeap(t, 4800)
	t.Logf("live heap at most %d KiB with few patients, %d KiB with many", few>>10, many>>10)
	const tolerance = 2 << 20
	if many > few+tolerance {
		t.Errorf("the live heap grows with the patients: %d KiB, then %d KiB", few>>10, many>>10)
	}
}

// liveHeap is the most memory that an export of so many patients holds, beyond what there was before.
func liveHeap(t *testing.T, patients int) uint64 {
	t.Helper()
	s := storetest.SQLite(t)
	crowd(t, s, patients)
	var most uint64
	before := live()
	s.Client.Intercept(ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			value, err := next.Query(ctx, q)
			most = max(most, live())
			return value, err
		})
	}))
	counts, err := export.Bulk(t.Context(), s.Client, filepath.Join(t.TempDir(), "out"), export.Disclosure{})
	if err != nil {
		t.Fatal(err)
	}
	if counts["Communication"] != patients {
		t.Errorf("exported %v", counts)
	}
	return most - min(most, before)
}

// live is the memory that is in use.
func live() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// crowd writes patients of whom there is something of every size to say.
func crowd(t testing.TB, s *store.Store, patients int) {
	t.Helper()
	const page = 100
	ctx, c := system(t), s.Client
	at, long := clock.Now(ctx), strings.Repeat("as was said ", 80)
	for range patients / page {
		var accounts []*ent.AccountCreate
		var rows []*ent.PatientCreate
		var said []*ent.TouchpointCreate
		for range page {
			key := uuid.Must(uuid.NewV7())
			accounts = append(accounts, c.Account.Create().SetID(key).SetKind(code.AccountKindPatient))
			rows = append(rows, c.Patient.Create().SetID(key).SetFamily("Crowd"))
			said = append(said, c.Touchpoint.Create().SetPatientID(key).SetKind(code.TouchpointKindCommunication).
				SetDirection(code.DirectionInbound).SetChannel(code.ChannelEmail).SetStatus(code.TouchpointStatusCompleted).
				SetOccurredAt(at).SetBody(long))
		}
		c.Account.CreateBulk(accounts...).ExecX(ctx)
		c.Patient.CreateBulk(rows...).ExecX(ctx)
		c.Touchpoint.CreateBulk(said...).ExecX(ctx)
	}
}

// BenchmarkBulk exports a thousand patients.
func BenchmarkBulk(b *testing.B) {
	s := storetest.SQLite(b)
	crowd(b, s, 1000)
	for b.Loop() {
		if _, err := export.Bulk(b.Context(), s.Client, filepath.Join(b.TempDir(), "out"), export.Disclosure{}); err != nil {
			b.Fatal(err)
		}
	}
}
