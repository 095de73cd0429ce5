package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
	"golang.org/x/sync/singleflight"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
)

// Options of a Log; the zero value of each but Key stands for a sensible choice.
type Options struct {
	// Key seals cursors. It is the same on all servers.
	Key []byte
	// Ring is how many of the latest events are kept in memory; 65,536.
	Ring int
	// Poll is how long an event may go unnoticed that no wake-up announced; 25 ms.
	Poll time.Duration
	// Grace is how long a cursor may be ahead of this server before it counts as one of another history; 5 s.
	Grace time.Duration
	// Logger hears of what an operator should know; slog.Default().
	Logger *slog.Logger
}

const (
	// readsMax bounds the statements that subscribers behind the ring run at the same time.
	readsMax = 8
	// A pass over more events than a few is followed by a pause, so that under load many of them share the
	// work of one pass; a lone event is never delayed.
	fewEvents     = 2
	coalescePause = 2 * time.Millisecond
	// readTimeout bounds a statement: a connection that hangs must not stop the log for ever.
	readTimeout = 10 * time.Second
	// retryMin and retryMax bound the pause after a failure.
	retryMin = 20 * time.Millisecond
	retryMax = time.Second
)

// ErrClosed is what a log that was closed answers.
var ErrClosed = errors.New("stream: the log is closed")

// Log follows the event log of one database and hands its events to subscribers. Each server has one.
type Log struct {
	db      *store.Store
	options Options
	cursors *sealer
	ring    *ring

	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	wake    chan struct{}      // one slot: wake-ups have no meaning but "look"
	reads   chan struct{}      // slots of readsMax
	flights singleflight.Group // of pages
	paces   paces

	// What must each be one step; tests take them apart, to see that this would be noticed.
	sequence func(context.Context) error                         // gives positions
	attach   func(position) ([]Event, standing, <-chan struct{}) // reads the ring

	mu      sync.Mutex // guards what follows
	closed  bool
	hooks   []func(uuid.UUID)
	workers sync.WaitGroup
}

// Open starts to follow the log from its present end. The database must be migrated.
func Open(ctx context.Context, db *store.Store, o Options) (*Log, error) {
	l, err := newLog(ctx, db, o)
	if err != nil {
		return nil, err
	}
	l.start()
	return l, nil
}

// start lets the log move.
func (l *Log) start() {
	l.workers.Go(l.tail)
	if l.db.Dialect == dialect.Postgres {
		l.workers.Go(l.listen)
	}
}

// newLog returns a log that stands at its present end and does not move yet.
func newLog(ctx context.Context, db *store.Store, o Options) (*Log, error) {
	cursors, err := newSealer(o.Key)
	if err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	if o.Ring == 0 {
		o.Ring = 1 << 16
	}
	if o.Poll == 0 {
		o.Poll = 25 * time.Millisecond
	}
	if o.Grace == 0 {
		o.Grace = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	l := &Log{db: db, options: o, cursors: cursors, wake: make(chan struct{}, 1), reads: make(chan struct{}, readsMax)}
	start, err := l.tip(ctx)
	if err != nil {
		return nil, err
	}
	l.ring = newRing(o.Ring, start)
	l.sequence, l.attach = l.number, l.ring.after
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return l, nil
}

// Close ends all subscriptions and waits until everything that the log runs has stopped, or the context ends.
func (l *Log) Close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	stopped := make(chan struct{})
	go func() {
		l.workers.Wait()
		close(stopped)
	}()
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stream: closing: %w", ctx.Err())
	}
}

// Kick says that a transaction with an event was committed. It never blocks.
func (l *Log) Kick() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Head returns the cursor of the present end of the log. A client that takes it before it reads a list, and then
// follows the log from it, misses nothing; it may hear of something that the list had already.
func (l *Log) Head() Cursor { return l.cursors.seal(l.ring.last()) }

// OnAccessChanged adds a hook that is called with the identity of every ACCESS_CHANGED event, in the order of the
// log and before any later event is handed out by this server. With uuid.Nil it is called when events may have
// been missed because the log was replaced: what is known of anybody's rights is in doubt. Hooks must be quick
// and be added before the server serves.
func (l *Log) OnAccessChanged(hook func(subject uuid.UUID)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hooks = append(l.hooks, hook)
}

func (l *Log) accessChanged(subject uuid.UUID) {
	l.mu.Lock()
	hooks := l.hooks
	l.mu.Unlock()
	for _, hook := range hooks {
		hook(subject)
	}
}

// spawn runs the work of a subscription until it returns; Close waits for it.
func (l *Log) spawn(work func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	l.workers.Go(work)
	return nil
}

// tail moves the ring on, whenever something wakes it and at every poll.
func (l *Log) tail() {
	poll := time.NewTicker(l.options.Poll)
	defer poll.Stop()
	var retry time.Duration // after a failure
	for {
		n, err := l.advance(l.ctx)
		var pause <-chan time.Time
		switch {
		case l.ctx.Err() != nil:
			return
		case err != nil:
			if retry == 0 {
				l.options.Logger.Error("the event log cannot be followed", "error", err)
			}
			retry = min(max(2*retry, retryMin), retryMax)
			pause = time.After(retry)
		case retry > 0:
			l.options.Logger.Info("the event log is followed again")
			retry, pause = 0, time.After(coalescePause)
		case n > fewEvents:
			pause = time.After(coalescePause)
		}
		wake, tick := l.wake, poll.C
		if pause != nil {
			wake, tick = nil, nil
		}
		select {
		case <-l.ctx.Done():
			return
		case <-pause:
		case <-wake:
		case <-tick:
		}
	}
}

// advance moves the ring on to what the table has, giving positions first where events wait for one, and
// returns by how many events.
func (l *Log) advance(ctx context.Context) (int, error) {
	at := l.ring.last()
	found, err := l.read(ctx, at.pos, at.pos+pageSize)
	if err != nil {
		return 0, err
	}
	if found.unnumbered {
		if err := l.sequence(ctx); err != nil {
			return 0, err
		}
		if found, err = l.read(ctx, at.pos, at.pos+pageSize); err != nil {
			return 0, err
		}
	}
	events, standing := found.after(at)
	if standing != within {
		return 0, l.restart(ctx, at)
	}
	for _, e := range events {
		if e.Kind == code.EventKindAccessChanged && e.Subject != nil {
			l.accessChanged(*e.Subject)
		}
	}
	l.ring.push(events)
	return len(events), nil
}

// restart goes on from the end of a log that is not the one that was followed: a restored backup, a fail-over
// that lost commits, or events that were removed before this server read them. Every subscriber notices when it
// compares its position.
func (l *Log) restart(ctx context.Context, was position) error {
	tip, err := l.tip(ctx)
	if err != nil {
		return err
	}
	l.options.Logger.Error("the event log was replaced; subscribers start anew", "was", was.pos, "is", tip.pos)
	l.accessChanged(uuid.Nil)
	l.ring.reset(tip)
	return nil
}
