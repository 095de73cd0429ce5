package stream_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/stream"
)

// Without a cursor a stream begins now, with a checkpoint.
func TestFromNow(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		write(t, s, many(3)...)
		l := open(t, s, stream.Options{})
		write(t, s, many(3)...)
		settle(t, l)
		items := follow(t, l, nil)
		start := receive(t, items, stream.KindCheckpoint).Cursor
		keys := write(t, s, many(3)...)
		expect(t, items, keys...)
		expect(t, follow(t, l, &start), keys...)
	})
}

// Resuming is exclusive, wherever the stream was cut, and needs no memory of the server.
func TestResume(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		first := open(t, s, stream.Options{})
		items := follow(t, first, nil)
		receive(t, items, stream.KindCheckpoint)
		keys := write(t, s, many(20)...)
		var cursors []stream.Cursor
		for _, key := range keys {
			cursors = append(cursors, expect(t, items, key))
		}
		other := open(t, peer(t, s), stream.Options{})
		for i, cursor := range cursors {
			for _, l := range []*stream.Log{first, other} {
				items := follow(t, l, &cursor)
				expect(t, items, keys[i+1:]...)
			}
		}
	})
}

// What a subscriber has not asked for, or may not see, is passed over; the position moves on all the same.
func TestMatchAndVisibility(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{})
		reason, north, safety := code.RoutingReasonRerouted, "north", "DRUG_SAFETY"
		wanted, hidden := entry(), entry()
		wanted.Department, wanted.Territory, wanted.Reason = &safety, &north, &reason
		hidden.Department = &safety
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		offered := 0
		items, err := stream.Follow(ctx, l, nil,
			func(e stream.Event) bool { return e.Department != nil && *e.Department == safety },
			func(_ context.Context, e stream.Event) (stream.Event, bool, error) {
				offered++
				return e, e.ID != hidden.ID, nil
			})
		if err != nil {
			t.Fatal(err)
		}
		receive(t, items, stream.KindCheckpoint)
		write(t, s, entry(), hidden, wanted)
		got := receive(t, items, stream.KindValue)
		e := got.Value
		if offered != 2 || e.ID != wanted.ID || e.Kind != wanted.Kind || e.Entity != "case" || *e.Territory != north ||
			*e.Reason != reason || e.Subject != nil || time.Since(e.At).Abs() > time.Minute {
			t.Errorf("after %d rows were read, the event is %+v", offered, e)
		}
		later := write(t, s, entry())
		expect(t, follow(t, l, &got.Cursor), later...)
	})
}

// A client for which nothing happens gets newer cursors all the same, after a time or after many events.
func TestCheckpoints(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ticks := make(chan time.Time)
		items, err := stream.Follow(ctx, l, nil, func(stream.Event) bool { return false }, itself, stream.WithTicks(ticks))
		if err != nil {
			t.Fatal(err)
		}
		start := receive(t, items, stream.KindCheckpoint).Cursor
		ticks <- time.Time{} // the log has not gone on
		quiet(t, items)
		write(t, s, many(3)...)
		settle(t, l)
		first := start
		for first == start { // a tick may come before the subscriber has passed over the events
			select {
			case ticks <- time.Time{}:
			case it := <-items:
				if it.Kind != stream.KindCheckpoint {
					t.Fatalf("got %+v", it)
				}
				first = it.Cursor
			}
		}
		write(t, s, many(1500)...)
		second := receive(t, items, stream.KindCheckpoint).Cursor
		key := write(t, s, entry())
		rest := follow(t, l, &second)
		for range 500 {
			receive(t, rest, stream.KindValue)
		}
		expect(t, rest, key...)
	})
}

// An error of the row's read ends the stream; the client resumes and gets the event then.
func TestFailure(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{})
		broken := errors.New("broken")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		items, err := stream.Follow(ctx, l, nil, all, func(context.Context, stream.Event) (int, bool, error) { return 0, false, broken })
		if err != nil {
			t.Fatal(err)
		}
		at := receive(t, items, stream.KindCheckpoint).Cursor
		keys := write(t, s, many(2)...)
		if it := receive(t, items, stream.KindFailure); !errors.Is(it.Err, broken) || it.Cursor != "" {
			t.Errorf("got %+v", it)
		}
		if _, open := <-items; open {
			t.Error("the stream goes on after a failure")
		}
		expect(t, follow(t, l, &at), keys...)
	})
}

// Who does not read keeps nobody else from reading, and loses nothing even if the memory does not reach back.
func TestSlowSubscriber(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{Ring: 16})
		slow, quick := follow(t, l, nil), follow(t, l, nil)
		receive(t, slow, stream.KindCheckpoint)
		receive(t, quick, stream.KindCheckpoint)
		var keys []uuid.UUID
		for range 20 {
			written := write(t, s, many(50)...)
			expect(t, quick, written...)
			keys = append(keys, written...)
		}
		expect(t, slow, keys...)
		expect(t, slow, write(t, s, entry())...)
	})
}

// Subscribers that fell behind together, as after a restart, read the table together, and only a few at once.
func TestSharedReads(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx, statements := store.WithCounter(t.Context())
		l := closing(t, s, stream.Options{Ring: 4}, func(_ context.Context, s *store.Store, o stream.Options) (*stream.Log, error) {
			return stream.Unmoved(ctx, s, o)
		})
		at := l.Head()
		keys := write(t, s, many(20)...)
		settle(t, open(t, peer(t, s), stream.Options{})) // gives the positions
		advance(t, l)
		before := statements.Count()
		release := stream.OccupyReads(l)
		const crowd = 30
		var streams []<-chan item
		for range crowd {
			streams = append(streams, follow(t, l, &at))
		}
		quiet(t, streams[0]) // no read is free; meanwhile the others come as well
		release()
		for _, items := range streams {
			expect(t, items, keys...)
		}
		if n := statements.Count() - before; n > crowd/5 {
			t.Errorf("%d subscribers took %d statements", crowd, n)
		}
	})
}

// Thousands that come back behind the ring at once, each where it was, take about as many statements as there are
// pages to read, for they share them.
func TestCrowdBehindTheRing(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		ctx, statements := store.WithCounter(t.Context())
		l := closing(t, s, stream.Options{Ring: 4}, func(_ context.Context, s *store.Store, o stream.Options) (*stream.Log, error) {
			return stream.Unmoved(ctx, s, o)
		})
		start := l.Head()
		const events, crowd = 400, 2000
		for range events / 100 {
			write(t, s, many(100)...)
		}
		settle(t, open(t, peer(t, s), stream.Options{})) // gives the positions
		advance(t, l)
		places := cursorsFrom(t, l, start, events)
		before := statements.Count()
		release := stream.OccupyReads(l)
		var missed int
		var reading sync.WaitGroup
		for range crowd {
			from := rand.IntN(events)
			missed += events - from
			items := follow(t, l, &places[from])
			reading.Go(func() {
				for range events - from {
					if it := <-items; it.Kind != stream.KindValue {
						t.Errorf("got %+v", it)
						return
					}
				}
			})
		}
		release()
		reading.Wait()
		n := statements.Count() - before
		t.Logf("%d subscribers got %d events by %d statements", crowd, missed, n)
		if n > crowd/4 {
			t.Errorf("%d subscribers took %d statements", crowd, n)
		}
	})
}

// Closing the log ends its streams; nothing can be followed afterwards.
func TestClose(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{})
		idle, blocked := follow(t, l, nil), follow(t, l, nil)
		receive(t, idle, stream.KindCheckpoint)
		shut(t, l)
		for _, items := range []<-chan item{idle, blocked} {
			if it, open := <-items; open {
				t.Errorf("got %+v", it)
			}
		}
		if _, err := stream.Follow(t.Context(), l, nil, all, itself); !errors.Is(err, stream.ErrClosed) {
			t.Errorf("following a closed log: %v", err)
		}
	})
}

// A text that is no cursor is the client's mistake.
func TestForgedCursor(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store) {
		l := open(t, s, stream.Options{})
		head := l.Head()
		for _, text := range []stream.Cursor{"", "x", head + "A", head[1:], "B" + head[1:], head[:len(head)-1] + "!"} {
			_, err := stream.Follow(t.Context(), l, &text, all, itself)
			var f *fault.Error
			if !errors.As(err, &f) || f.Code != fault.BadUserInput || f.Argument != "after" {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
