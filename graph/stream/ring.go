package stream

import (
	"fmt"
	"sync"
)

// standing says how a position relates to a stretch of the log.
type standing int

const (
	// within: what comes after the position is in the stretch, as far as the stretch goes.
	within standing = iota
	// behind: the stretch begins later.
	behind
	// ahead: the stretch does not reach the position yet.
	ahead
	// foreign: the position is a place in another history.
	foreign
)

// batchSize bounds how many events are taken at once.
const batchSize = 64

// ring holds the latest events, dense and ascending. Looking at it and learning how to wait for more is one
// step under its lock, so that nobody waits for an event that came in between.
type ring struct {
	mu    sync.RWMutex
	base  position // just before the first event held
	head  position // just behind the last
	slots []Event  // the event with number n is in slot n modulo their count
	moved chan struct{}
}

func newRing(size int, start position) *ring {
	return &ring{base: start, head: start, slots: make([]Event, size), moved: make(chan struct{})}
}

func (r *ring) slot(pos int64) *Event { return &r.slots[pos%int64(len(r.slots))] }

// last returns the position behind the last event.
func (r *ring) last() position {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.head
}

// after returns a batch of the events after p, and a channel that is closed when the ring has moved on.
func (r *ring) after(p position) ([]Event, standing, <-chan struct{}) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	switch {
	case p.epoch != r.head.epoch:
		return nil, foreign, r.moved
	case p.pos > r.head.pos:
		return nil, ahead, r.moved
	case p.pos < r.base.pos:
		return nil, behind, r.moved
	}
	tag := r.base.tag
	if p.pos > r.base.pos {
		tag = r.slot(p.pos).tag
	}
	if !tag.same(p.tag) {
		return nil, foreign, r.moved
	}
	n := min(r.head.pos-p.pos, batchSize)
	if n == 0 {
		return nil, within, r.moved
	}
	events := make([]Event, n)
	for i := range events {
		events[i] = *r.slot(p.pos + 1 + int64(i))
	}
	return events, within, r.moved
}

// push adds the events that follow on the last. A hole would be a loss that nobody could notice later, so it is
// not survived.
func (r *ring) push(events []Event) {
	if len(events) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		if e.Pos != r.head.pos+1 {
			panic(fmt.Sprintf("stream: event %d after event %d", e.Pos, r.head.pos))
		}
		if r.head.pos-r.base.pos == int64(len(r.slots)) {
			r.base = r.base.behind(*r.slot(r.base.pos + 1))
		}
		*r.slot(e.Pos) = e
		r.head = r.head.behind(e)
	}
	r.wake()
}

// reset empties the ring and goes on from the position.
func (r *ring) reset(p position) {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.slots)
	r.base, r.head = p, p
	r.wake()
}

func (r *ring) wake() {
	close(r.moved)
	r.moved = make(chan struct{})
}
