package audit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/viewer"
)

// ErrClosed is returned by a Writer that no longer takes entries.
var ErrClosed = errors.New("audit: the writer is closed")

const (
	// rowsPerGroup bounds a transaction of a Writer.
	rowsPerGroup = 2000
	// groupTimeout ends a transaction that the database does not answer; its requests have failed long before.
	groupTimeout = 30 * time.Second
)

// Writer records what was read. Many requests share one transaction: those that arrive while one is being
// committed form the next, so the group grows with the load and a lone request waits for nobody.
type Writer struct {
	client *ent.Client
	stop   context.CancelFunc
	wake   chan struct{}
	done   chan struct{}

	mu     sync.Mutex
	queue  []*waiter
	closed bool
}

// waiter is a request whose rows are not durable yet.
type waiter struct {
	ctx    context.Context
	rows   []*ent.AuditEvent
	result chan error
}

// NewWriter returns a Writer that runs until Close. Its transactions are its own: it serves any number of
// goroutines, none of which may hold a transaction that has appended.
func NewWriter(client *ent.Client) *Writer {
	ctx, stop := context.WithCancel(viewer.System(context.Background(), "audit"))
	w := &Writer{client: client, stop: stop, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go w.run(ctx)
	return w
}

// Write returns when the entries are durable, in the name of the context's identity and at its time. After an
// error they may or may not have been recorded, and what they are about must not be shown.
func (w *Writer) Write(ctx context.Context, entries ...Entry) error {
	rows, err := draft(ctx, entries)
	if err != nil || len(rows) == 0 {
		return err
	}
	one := &waiter{ctx: ctx, rows: rows, result: make(chan error, 1)}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return ErrClosed
	}
	w.queue = append(w.queue, one)
	w.mu.Unlock()
	w.nudge()
	select {
	case err := <-one.result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close refuses new entries and returns when those that wait are recorded. When the context ends before, they
// fail and its error is returned.
func (w *Writer) Close(ctx context.Context) error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.nudge()
	defer w.stop()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		w.stop()
		<-w.done
		return ctx.Err()
	}
}

func (w *Writer) nudge() {
	select {
	case w.wake <- struct{}{}:
	default: // it has been woken and will see what was queued before this
	}
}

// run records group after group until the writer is closed and nobody waits.
func (w *Writer) run(ctx context.Context) {
	defer close(w.done)
	for {
		group, last := w.next()
		if len(group) == 0 {
			if last {
				return
			}
			<-w.wake
			continue
		}
		err := w.commit(ctx, group)
		for _, one := range group {
			one.result <- err
		}
	}
}

// next takes the waiters of the next group from the queue, and says whether none can follow. Those that have
// given up are left out: their requests have failed and showed nothing.
func (w *Writer) next() (group []*waiter, last bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken, rows := 0, 0
	for _, one := range w.queue {
		if rows > 0 && rows+len(one.rows) > rowsPerGroup {
			break
		}
		taken++
		if one.ctx.Err() == nil {
			group = append(group, one)
			rows += len(one.rows)
		}
	}
	rest := copy(w.queue, w.queue[taken:])
	clear(w.queue[rest:])
	w.queue = w.queue[:rest]
	return group, w.closed && rest == 0
}

func (w *Writer) commit(ctx context.Context, group []*waiter) error {
	ctx, cancel := context.WithTimeout(ctx, groupTimeout)
	defer cancel()
	var rows []*ent.AuditEvent
	for _, one := range group {
		rows = append(rows, one.rows...)
	}
	tx, err := w.client.Tx(ctx)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := record(ctx, tx, rows); err != nil {
		return fmt.Errorf("audit: %w", errors.Join(err, tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}
