package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph/stream/streamtest"
)

// backup is a copy of the database that can be put in its place.
type backup interface {
	save(ctx context.Context) error
	restore(ctx context.Context) error
}

// clusterBackup is of a PostgreSQL server, which is stopped meanwhile; the servers that use it are not.
type clusterBackup struct{ *storetest.Durable }

func (b clusterBackup) save(ctx context.Context) error {
	return errors.Join(b.Stop(), b.Save(), b.Start(ctx))
}

func (b clusterBackup) restore(ctx context.Context) error {
	return errors.Join(b.Stop(), b.Restore(), b.Start(ctx))
}

// fileBackup is of an SQLite file, which nobody may have open meanwhile.
type fileBackup struct {
	chaos *chaos
	path  string
}

func (b fileBackup) save(ctx context.Context) error {
	return b.alone(ctx, func() error { return copyFile(b.path, b.path+".saved") })
}

func (b fileBackup) restore(ctx context.Context) error {
	return b.alone(ctx, func() error {
		for _, log := range []string{b.path + "-wal", b.path + "-shm"} {
			if err := os.Remove(log); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
		return copyFile(b.path+".saved", b.path)
	})
}

// alone does something with the file while nobody uses it. Who closes it last moves its log into it.
func (b fileBackup) alone(ctx context.Context, do func() error) error {
	for _, n := range b.chaos.nodes {
		n.kill()
	}
	if err := b.chaos.store.Close(); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	for _, n := range b.chaos.nodes {
		n.start()
	}
	var err error
	b.chaos.store, err = store.Open(ctx, "sqlite:"+b.path)
	return err
}

func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

const (
	// lostEvents are written after the backup and gone after the restore; then more are written, so that every lost
	// position is given to another event.
	lostEvents  = 40
	laterEvents = 60
)

// restore puts an older backup in the place of the database under the eyes of the subscribers. What was committed
// since is lost, and no stream could bring it; but each subscriber must be told so before it gets anything else, and
// get from there on what all others get.
func (c *chaos) restore(subs []*subscriber) {
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	c.must(c.backup.save(ctx))
	c.allReady(ctx)
	var start int64
	c.row("SELECT max(id) FROM events", &start)
	var reading sync.WaitGroup
	for _, s := range subs {
		s.document, s.cursors, s.cases = cursorsAndCases, nil, nil
		reading.Go(func() { s.follow(ctx, func(s *subscriber) bool { return len(s.cases) >= lostEvents }) })
	}
	for range lostEvents {
		c.writeOne(ctx)
	}
	c.await(&reading, cancel)
	lost := c.newCases(start)
	var received [][]uuid.UUID
	for _, s := range subs {
		received = append(received, c.keys(s.cases))
		s.cases = nil
	}
	if v := streamtest.Judge(lost, received...); v.Err() != nil {
		c.Errorf("before the restore: %v", v)
	}

	var told atomic.Int64
	var last atomic.Value // the identifier of the case that is waited for
	last.Store("none yet")
	for _, s := range subs {
		reading.Go(func() {
			s.follow(ctx, func(s *subscriber) bool { return len(s.resets) > 0 })
			told.Add(1)
			s.follow(ctx, func(s *subscriber) bool { return slices.Contains(s.cases, last.Load().(string)) })
		})
	}
	c.nodes[0].kill() // one server remembers nothing
	c.must(c.backup.restore(ctx))
	c.nodes[0].kill()
	c.nodes[0].start()
	restored := time.Now()
	for range laterEvents {
		c.writeOne(ctx)
	}
	for told.Load() < int64(len(subs)) && time.Since(restored) < time.Minute {
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(restored)
	c.writeOne(ctx)
	table := c.newCases(start)
	last.Store(gid.ID{Prefix: "case", UUID: table[len(table)-1]}.String())
	c.writeOne(ctx) // whoever had the last already looks again
	c.await(&reading, cancel)
	for i, s := range subs {
		if len(s.resets) != 1 || s.resets[0].reason != "CURSOR_UNKNOWN" || s.resets[0].after != lostEvents {
			c.Errorf("subscriber %d had %d events of what was lost, and was then reset: %v", i, lostEvents, s.resets)
			continue
		}
		got := c.keys(s.cases)
		until := slices.Index(got, table[len(table)-1]) + 1
		from := slices.Index(table, got[0])
		if until == 0 || from < 0 {
			c.Errorf("subscriber %d got %d events after the restore, none that it should", i, len(got))
			continue
		}
		if v := streamtest.Judge(table[from:], got[:until]); v.Err() != nil {
			c.Errorf("subscriber %d after the restore: %v", i, v)
		}
	}
	c.Logf("backup restored: %d events lost, %d of %d subscribers were told so (CURSOR_UNKNOWN), the last after %.1f s; none was silent",
		lostEvents, told.Load(), len(subs), took.Seconds())
}

func (c *chaos) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}
