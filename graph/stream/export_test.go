package stream

import (
	"context"
	"time"

	"github.com/carehub/carehub/ent/store"
)

// The statements of the sequencer.
const (
	LockHead     = lockHead
	NumberEvents = numberEvents
	MoveHead     = moveHead
)

// Settle waits until the log has come to the end of the table.
func Settle(ctx context.Context, l *Log) error {
	for {
		tip, err := l.tip(ctx)
		if err != nil {
			return err
		}
		found, err := l.read(ctx, 0, 0)
		if err != nil {
			return err
		}
		_, _, moved := l.ring.after(tip)
		if !found.unnumbered && found.last == tip.pos && l.ring.last().pos >= tip.pos {
			return nil
		}
		select {
		case <-moved:
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Reached is the number of the last event that the ring holds, and of the last before it.
func Reached(l *Log) (before, last int64) {
	l.ring.mu.RLock()
	defer l.ring.mu.RUnlock()
	return l.ring.base.pos, l.ring.head.pos
}

// Unmoved is Open for a log that only Advance moves on: a server that lags.
func Unmoved(ctx context.Context, s *store.Store, o Options) (*Log, error) { return newLog(ctx, s, o) }

// Advance moves the log on to the end of the table.
func Advance(ctx context.Context, l *Log) error {
	for {
		if n, err := l.advance(ctx); n == 0 {
			return err
		}
	}
}

// OccupyReads takes all that subscribers may read at the same time, until it is released.
func OccupyReads(l *Log) (release func()) {
	for range cap(l.reads) {
		l.reads <- struct{}{}
	}
	return func() {
		for range cap(l.reads) {
			<-l.reads
		}
	}
}
