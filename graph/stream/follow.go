package stream

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// ItemKind tells what an item of a stream is.
type ItemKind int

// The kinds of items.
const (
	// KindValue: something happened that the viewer may see.
	KindValue ItemKind = iota + 1
	// KindCheckpoint: nothing happened for the viewer, but the log went on. The client keeps the cursor.
	KindCheckpoint
	// KindReset: the client must load anew what it derived from the stream; the stream goes on from the cursor.
	KindReset
	// KindFailure: the stream ends with the error. It is the last item.
	KindFailure
)

// ResetReason says why a stream could not simply go on.
type ResetReason string

// The reasons of a reset.
const (
	// CursorExpired: events after the cursor are no longer kept.
	CursorExpired ResetReason = "CURSOR_EXPIRED"
	// CursorUnknown: the cursor is of another history: a backup was restored, or a fail-over lost commits.
	CursorUnknown ResetReason = "CURSOR_UNKNOWN"
	// ScopeChanged: the viewer's own rights changed.
	ScopeChanged ResetReason = "SCOPE_CHANGED"
)

// Item is what a stream carries. Resuming after its cursor brings what would have come after it.
type Item[T any] struct {
	Kind   ItemKind
	Value  T           // of a value
	Reason ResetReason // of a reset
	Err    error       // of a failure, which has no cursor
	Cursor Cursor
}

const (
	// checkpointPeriod and checkpointEvents say after how long, or how many events that were not for it, a
	// client gets a newer cursor.
	checkpointPeriod = 30 * time.Second
	checkpointEvents = 1000
)

type following struct {
	viewer func(context.Context) (context.Context, error)
	known  func(context.Context) (context.Context, error)
	ticks  <-chan time.Time
}

// FollowOption changes how a stream is followed.
type FollowOption func(*following)

// WithViewer gives the function that reads the identity of the context anew and returns a context with it. It is
// called with the context of Follow: when the place where the stream begins is settled, whenever the identity's
// rights change, and when events were skipped that may have changed them. Its error ends the stream. Without it,
// a stream of an identity ends with UNAUTHENTICATED as soon as its rights may have changed.
func WithViewer(refresh func(context.Context) (context.Context, error)) FollowOption {
	return func(f *following) { f.viewer = refresh }
}

// WithKnownViewer gives the function that is called instead of that of WithViewer where the stream begins. It may answer
// from what is in memory if the hooks of the log keep that true: when many come back at once, each saves the statements.
func WithKnownViewer(known func(context.Context) (context.Context, error)) FollowOption {
	return func(f *following) { f.known = known }
}

// WithTicks gives the moments at which a checkpoint is sent when the log has gone on; otherwise every 30 s.
func WithTicks(ticks <-chan time.Time) FollowOption {
	return func(f *following) { f.ticks = ticks }
}

// Follow streams what happens after the cursor, or from now on when there is none; then the first item is a
// checkpoint. Each event is offered to match, which must be cheap and only look at the event; if it takes it,
// read reads the row under the rules of the viewer in its context. A row that the viewer may not see (false) is
// passed over. Every event is taken or passed over exactly once, in the order of the log; the event that
// changes the viewer's own rights is never a value but a reset.
//
// The channel is closed when the context ends, when the log is closed and after a failure. A cursor that is none
// of ours is BAD_USER_INPUT.
func Follow[T any](
	ctx context.Context, log *Log, after *Cursor,
	match func(Event) bool, read func(context.Context, Event) (T, bool, error),
	opts ...FollowOption,
) (<-chan Item[T], error) {
	f := &follower[T]{log: log, origin: ctx, asking: ctx, at: log.ring.last(), match: match, read: read, out: make(chan Item[T])}
	for _, opt := range opts {
		opt(&f.following)
	}
	if after != nil {
		var err error
		if f.at, err = log.cursors.open(*after); err != nil {
			return nil, err
		}
	}
	if v := viewer.From(ctx); v != nil {
		f.identity = v.Key
	}
	// The viewer is read when the position is settled: a change of rights that is not seen now comes after the
	// position. Of one before it, this server's hooks must have heard; where it has not come so far yet, the
	// viewer is read once more.
	early := f.at.pos > log.ring.last().pos
	if err := f.begin(early); err != nil {
		return nil, err
	}
	// What the stream itself does ends with the log as well.
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(log.ctx, cancel)
	err := log.spawn(func() {
		defer close(f.out)
		defer cancel()
		defer stop()
		f.run(ctx, after == nil)
	})
	if err != nil {
		stop()
		cancel()
		return nil, err
	}
	return f.out, nil
}

// follower is one stream: a position, and what to do with the events after it.
type follower[T any] struct {
	following
	log      *Log
	origin   context.Context // as Follow got it
	asking   context.Context // origin with the viewer as last read
	early    bool            // asking was read before this server had come to the position
	identity uuid.UUID       // whose rights matter; uuid.Nil: nobody's
	match    func(Event) bool
	read     func(context.Context, Event) (T, bool, error)
	out      chan Item[T]

	at     position // behind the last event that was taken or passed over
	told   position // where the client's cursor is
	passed int      // events since then
}

// run sends items until the context ends or something fails; the latter is the last item.
func (f *follower[T]) run(ctx context.Context, fromNow bool) {
	if f.ticks == nil {
		ticker := time.NewTicker(checkpointPeriod)
		defer ticker.Stop()
		f.ticks = ticker.C
	}
	f.told = f.at
	var err error
	if fromNow {
		err = f.send(ctx, Item[T]{Kind: KindCheckpoint})
	}
	for err == nil {
		err = f.step(ctx)
	}
	if ctx.Err() == nil {
		select {
		case f.out <- Item[T]{Kind: KindFailure, Err: err}:
		case <-ctx.Done():
		}
	}
}

// step handles the next events, reset or tick.
func (f *follower[T]) step(ctx context.Context) error {
	events, reset, err := f.log.next(ctx, f.at, f.ticks)
	switch {
	case err != nil:
		return err
	case reset != "":
		f.at = f.log.ring.last()
		if err := f.refresh(); err != nil {
			return err
		}
		return f.send(ctx, Item[T]{Kind: KindReset, Reason: reset})
	case len(events) == 0 && f.at != f.told:
		return f.send(ctx, Item[T]{Kind: KindCheckpoint})
	}
	if f.early && len(events) > 0 {
		if err := f.refresh(); err != nil {
			return err
		}
	}
	for _, e := range events {
		f.at = f.at.behind(e)
		if err := f.take(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// take sends what the event is to the viewer, if anything.
func (f *follower[T]) take(ctx context.Context, e Event) error {
	if e.Kind == code.EventKindAccessChanged && f.identity != uuid.Nil && e.Subject != nil && *e.Subject == f.identity {
		if err := f.refresh(); err != nil {
			return err
		}
		return f.send(ctx, Item[T]{Kind: KindReset, Reason: ScopeChanged})
	}
	if f.match(e) {
		value, visible, err := f.read(f.asking, e)
		if err != nil {
			return err
		}
		if visible {
			return f.send(ctx, Item[T]{Kind: KindValue, Value: value})
		}
	}
	if f.passed++; f.passed >= checkpointEvents {
		return f.send(ctx, Item[T]{Kind: KindCheckpoint})
	}
	return nil
}

// begin reads the viewer where the stream begins.
func (f *follower[T]) begin(early bool) (err error) {
	switch {
	case f.known != nil && !early:
		f.asking, err = f.known(f.origin)
	case f.viewer != nil:
		err = f.refresh()
	}
	f.early = early
	return err
}

// refresh reads the viewer anew.
func (f *follower[T]) refresh() (err error) {
	f.early = false
	if f.viewer != nil {
		f.asking, err = f.viewer(f.origin)
		return err
	}
	if f.identity != uuid.Nil {
		return fault.New(fault.Unauthenticated, "the rights of the identity may have changed")
	}
	return nil
}

// send hands the item over with the cursor of the present position. However long that takes, nobody else waits.
func (f *follower[T]) send(ctx context.Context, item Item[T]) error {
	item.Cursor = f.log.cursors.seal(f.at)
	select {
	case f.out <- item:
		f.told, f.passed = f.at, 0
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
