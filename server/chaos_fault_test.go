package main

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"

	"github.com/carehub/carehub/ent/store/storetest"
)

// pausedFor is longer than a server may hold the sequencer's lock without a word.
const pausedFor = 3 * time.Second

// killNode ends a server without warning, and starts it again.
func (c *chaos) killNode(context.Context) {
	n := anyOf(c.nodes)
	n.kill()
	c.tally.kills++
	time.Sleep(rand.N(500 * time.Millisecond))
	n.start()
}

// terminateBackends ends all sessions of the database but its own: listeners, sequencers, readers and writers.
func (c *chaos) terminateBackends(ctx context.Context) {
	var n int
	c.look(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`, &n)
	c.tally.terminated += n
}

// look reads a value on a session of its own: those of the pool may have been ended by an earlier fault.
func (c *chaos) look(ctx context.Context, query string, to any) {
	c.Helper()
	db, err := sql.Open("postgres", c.store.Source)
	if err != nil {
		c.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, query).Scan(to); err != nil {
		c.Error(err)
	}
}

// pauseNode stops a server for a while as a virtual machine that is moved is stopped; it notices nothing.
func (c *chaos) pauseNode(context.Context) {
	n := anyOf(c.nodes)
	n.signal(syscall.SIGSTOP)
	c.tally.pauses++
	time.Sleep(pausedFor)
	n.signal(syscall.SIGCONT)
}

// pauseSequencer is pauseNode in the worst moment, if that can be found: when the server is giving positions.
func (c *chaos) pauseSequencer(ctx context.Context) {
	n := anyOf(c.nodes)
	c.tally.pauses++
	for range 100 {
		n.signal(syscall.SIGSTOP)
		time.Sleep(15 * time.Millisecond)
		var holds bool
		c.look(ctx, `
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'
  AND clock_timestamp() - state_change > interval '10 ms'
  AND (query LIKE '%FROM event_heads WHERE id = 1 FOR UPDATE%' OR query LIKE '%UPDATE events SET pos%' OR query LIKE '%UPDATE event_heads SET last%'))`, &holds)
		if holds {
			c.tally.pausedWithLock++
			break
		}
		n.signal(syscall.SIGCONT)
		time.Sleep(rand.N(5 * time.Millisecond))
	}
	n.signal(syscall.SIGSTOP)
	time.Sleep(pausedFor)
	n.signal(syscall.SIGCONT)
}

// jumpClocks sets the clock of every server forwards or backwards.
func (c *chaos) jumpClocks(context.Context) {
	for _, n := range c.nodes {
		n.signal(syscall.SIGUSR1)
		c.tally.jumps++
	}
}

// crashDatabase ends the database at once, and starts it again.
func (c *chaos) crashDatabase(d *storetest.Durable) func(context.Context) {
	return func(ctx context.Context) {
		if err := d.Crash(); err != nil {
			c.Fatal(err)
		}
		c.tally.crashes++
		time.Sleep(rand.N(500 * time.Millisecond))
		if err := d.Start(ctx); err != nil {
			c.Fatal(err)
		}
		c.allReady(ctx)
	}
}

// allReady waits until every server serves.
func (c *chaos) allReady(ctx context.Context) {
	var group sync.WaitGroup
	for _, n := range c.nodes {
		group.Go(func() { n.ready(ctx) })
	}
	group.Wait()
}
