package job

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/stream"
)

// period reads a period as the command line does.
func period(t *testing.T, text string) (p Period) {
	t.Helper()
	if err := p.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return p
}

// Each kind goes when it has been kept for as long as it is to be kept, and neither before nor together with another.
func TestRetention(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPlan(t, s, 0)
		begin := p.clock()
		// More than a batch of each, and one of each that is a day younger.
		remember := func(n int) {
			t.Helper()
			ctx := clock.At(viewer.System(t.Context(), "test"), p.clock())
			tx, err := s.Client.Tx(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for range n {
				if err := stream.Append(ctx, tx, stream.Entry{Kind: code.EventKindCaseEntered, Entity: "case", ID: uuid.New()}); err != nil {
					t.Fatal(err)
				}
				if err := tx.IdempotencyKey.Create().SetIdentityID(uuid.New()).SetOperation("test").SetKey("k").SetInputHash("h").SetCreatedAt(p.clock()).Exec(ctx); err != nil {
					t.Fatal(err)
				}
			}
			entries := make([]audit.Entry, n)
			for i := range entries {
				entries[i] = audit.Entry{Action: code.AuditActionRead, Operation: "test", Entity: "Patient", IDs: []uuid.UUID{uuid.New()}}
			}
			if err := audit.Append(ctx, tx, entries...); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		const many = rowsPerBatch + 10
		remember(many)
		p.passes(24 * time.Hour)
		remember(1)
		log, err := stream.Open(t.Context(), s, stream.Options{Key: []byte("a key of sixteen bytes or more")})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "all events have positions", func() bool {
			var waiting int
			return s.DB.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM events WHERE pos IS NULL").Scan(&waiting) == nil && waiting == 0
		})
		if err := log.Close(t.Context()); err != nil {
			t.Fatal(err)
		}

		r := p.runner()
		jobs := All(Settings{Keep{Events: period(t, "14d"), EventsMin: 3, Audit: period(t, "6y"), Idempotency: period(t, "36h")}})
		for _, step := range []struct {
			at                  time.Time
			events, audit, keys int
		}{
			{begin.Add(36 * time.Hour), many + 1, many + 1, many + 1},
			{begin.Add(36*time.Hour + time.Minute), many + 1, many + 1, 1},
			{begin.Add(14 * 24 * time.Hour), many + 1, many + 1, 0},
			{begin.Add(14*24*time.Hour + time.Minute), 3, many + 1, 0},
			{begin.Add(15*24*time.Hour + time.Minute), 3, many + 1, 0},
			{begin.AddDate(6, 0, 0), 3, many + 1, 0},
			{begin.AddDate(6, 0, 0).Add(time.Minute), 3, 1, 0},
			{begin.AddDate(6, 0, 2), 3, 0, 0},
		} {
			p.passes(step.at.Sub(p.clock()))
			p.exec("UPDATE scheduled_jobs SET due_at = '2026-01-01 00:00:00+00:00'")
			for _, j := range jobs {
				p.turn(r, j)
				if row := p.row(j); row.Failures > 0 {
					t.Errorf("%s: %s", j.Name, *row.LastError)
				}
			}
			var events, rows, keys int
			if err := s.DB.QueryRowContext(t.Context(), "SELECT (SELECT COUNT(*) FROM events), (SELECT COUNT(*) FROM audit_events), (SELECT COUNT(*) FROM idempotency_keys)").Scan(&events, &rows, &keys); err != nil {
				t.Fatal(err)
			}
			if events != step.events || rows != step.audit || keys != step.keys {
				t.Errorf("at %v there are %d events, %d rows of audit, %d keys, want %+v", step.at, events, rows, keys, step)
			}
			if report, err := audit.Verify(p.ctx(), s.Client); err != nil || report.Err() != nil {
				t.Errorf("at %v audit is broken: %v, %v", step.at, err, report.Err())
			}
		}
	})
}

// A broken chain stops the retention of audit, says so, and stops nothing else.
func TestRetentionOfBrokenAudit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newPlan(t, s, 0)
		ctx := p.ctx()
		tx, err := s.Client.Tx(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.Append(ctx, tx, audit.Entry{Action: code.AuditActionRead, Operation: storetest.Canary("Operation")}); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		switch s.Dialect {
		case "postgres":
			p.exec("ALTER TABLE audit_events DISABLE TRIGGER USER")
		default:
			p.exec("DROP TRIGGER audit_events_update")
		}
		p.exec("UPDATE audit_events SET detail = 'forged'")
		p.passes(7 * 366 * 24 * time.Hour)
		for _, j := range All(Settings{Keep{Events: period(t, "14d"), Audit: period(t, "6y"), Idempotency: period(t, "24h")}}) {
			p.turn(p.runner(), j)
			row := p.row(j)
			if j.Name != "retention of audit" {
				if row.Runs != 1 || row.Failures != 0 {
					t.Errorf("%s: %v", j.Name, row)
				}
				continue
			}
			if row.Failures != 1 || row.LastError == nil || *row.LastError != "audit: shard 6, row 1: was altered" {
				t.Errorf("the row is %v", row)
			}
		}
	})
}

func TestPeriod(t *testing.T) {
	leap := time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"1h":   leap.Add(-time.Hour),
		"36h":  leap.Add(-36 * time.Hour),
		"14d":  time.Date(2028, 2, 15, 12, 0, 0, 0, time.UTC),
		"6y":   time.Date(2022, 3, 1, 12, 0, 0, 0, time.UTC),
		"999y": time.Date(1029, 3, 1, 12, 0, 0, 0, time.UTC),
	} {
		if got := period(t, text).Before(leap); !got.Equal(want) {
			t.Errorf("%s before %v is %v, want %v", text, leap, got, want)
		}
	}
	if got := (Period{}).Before(leap); !got.IsZero() {
		t.Errorf("what has no end ended at %v", got)
	}
	for _, text := range []string{"", "6", "y", "0d", "-1d", "6 y", "6m", "6yy", "1d2h", "1.5d", "1001y", "99999999999999999999h", "٣d"} {
		var p Period
		if err := p.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, p)
		}
	}
}
