package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph"
)

// TestScheduledJobs: a server does its jobs, of which the operator sees each; one that leaves them to others does not.
func TestScheduledJobs(t *testing.T) {
	const document = "{ scheduledJobs { totalCount nodes { id name dueAt startedAt finishedAt runs failures lastError } } }"
	onEach(t, func(t *testing.T, database string) {
		p := launch(t, database, "--no-jobs")
		admin := p.demoUser(t, "admin")
		admin.asks(document, nil).is("scheduledJobs.totalCount", 0.0)
		p.stop()
		p.restart(t)
		var found *reply
		const others = 5 // three of retention, that of orphaned blobs and the exchange with payers
		eventually(t, "each job was done", func() bool {
			found = admin.asks(document, nil)
			jobs := found.at("scheduledJobs.nodes").([]any)
			return len(jobs) == others+len(graph.Dues()) && !slices.ContainsFunc(jobs, func(j any) bool { return j.(object)["runs"] == 0.0 })
		})
		at := fmt.Sprintf("scheduledJobs.nodes.%d.", slices.IndexFunc(found.at("scheduledJobs.nodes").([]any), func(j any) bool { return j.(object)["name"] == "retention of audit" }))
		found.is(at+"failures", 0.0).is(at+"lastError", nil)
		if due, err := time.Parse(time.RFC3339, found.text(at+"dueAt")); err != nil || time.Until(due) < 50*time.Minute {
			t.Errorf("due at %v (%v)", due, err)
		}
		p.demoUser(t, "liaison").tries(document, nil).refused("GRAPHQL_VALIDATION_FAILED")
	})
}

// TestKeepingSettings: what the operator says about keeping is taken from flags and environment, and checked.
func TestKeepingSettings(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		"--keep-events":      {"serve", "--keep-events", "two weeks"},
		"--keep-audit":       {"serve", "--keep-audit", "0y"},
		"--keep-idempotency": {"serve", "--keep-idempotency", "1 day"},
	} {
		args = append(args, "--listen", "127.0.0.1:0", "--database", storetest.SQLiteURL(t))
		if _, said := commandSaying(t, 1, args...); !strings.Contains(said, says) {
			t.Errorf("%q says:\n%s", args, said)
		}
	}
}

// eventually waits until what is said is true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal("not in time: " + what)
		}
	}
}
