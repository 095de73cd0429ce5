package wire

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/google/uuid"
)

// occupant is what stays open and has a seat: a websocket or an event stream.
type occupant interface {
	// revoke ends it because the access of its identity has changed. It does not wait.
	revoke()
	// drain ends it because the server goes away, after what runs on it and will end by itself,
	// or when ctx ends.
	drain(ctx context.Context)
	// cut ends it at once, without a word to the client. It does not wait.
	cut()
}

// seats counts what is open, by identity and by address, and finds it again.
type seats struct {
	limits Limits

	mu         sync.Mutex
	taken      map[*seat]struct{}
	byIdentity map[uuid.UUID]map[*seat]struct{}
	byAddress  map[string]int
	draining   bool
	empty      chan struct{} // closed when draining and the last has left
}

// seat is one place among the seats. Its fields belong to the lock of the seats.
type seat struct {
	seats    *seats
	address  string
	identity uuid.UUID
	occupant occupant
}

func newSeats(limits Limits) *seats {
	return &seats{
		limits:     limits,
		taken:      map[*seat]struct{}{},
		byIdentity: map[uuid.UUID]map[*seat]struct{}{},
		byAddress:  map[string]int{},
		empty:      make(chan struct{}),
	}
}

// take gives a seat to a newcomer from an address, or nil when the address has too many. While draining
// there are none left.
func (s *seats) take(address string) (_ *seat, draining bool) {
	address = network(address)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return nil, true
	}
	if s.byAddress[address] >= s.limits.PerAddress {
		return nil, false
	}
	t := &seat{seats: s, address: address}
	s.taken[t] = struct{}{}
	s.byAddress[address]++
	return t, false
}

// occupy says who sits here, and reports whether it may stay: draining may have begun meanwhile.
func (t *seat) occupy(o occupant) bool {
	t.seats.mu.Lock()
	defer t.seats.mu.Unlock()
	t.occupant = o
	return !t.seats.draining
}

// assign puts the seat under an identity, and reports whether that identity may have one more.
func (t *seat) assign(identity uuid.UUID) bool {
	s := t.seats
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.byIdentity[identity]
	if len(own) >= s.limits.PerIdentity {
		return false
	}
	if own == nil {
		own = map[*seat]struct{}{}
		s.byIdentity[identity] = own
	}
	own[t] = struct{}{}
	t.identity = identity
	return true
}

// leave gives the seat back.
func (t *seat) leave() {
	s := t.seats
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.taken, t)
	if s.byAddress[t.address]--; s.byAddress[t.address] == 0 {
		delete(s.byAddress, t.address)
	}
	if own := s.byIdentity[t.identity]; own != nil {
		if delete(own, t); len(own) == 0 {
			delete(s.byIdentity, t.identity)
		}
	}
	if s.draining && len(s.taken) == 0 {
		close(s.empty)
	}
}

func (s *seats) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.taken)
}

func (s *seats) revoke(identity uuid.UUID) {
	s.mu.Lock()
	var own []occupant
	for t := range s.byIdentity[identity] {
		own = append(own, t.occupant)
	}
	s.mu.Unlock()
	for _, o := range own {
		o.revoke()
	}
}

// drain ends all occupants, each after a random part of the spread, and waits until the last has left.
// They get three quarters of the time that ctx has; the rest is for saying goodbye.
func (s *seats) drain(ctx context.Context, spread time.Duration) error {
	patient, cancel := context.WithCancel(ctx)
	defer cancel()
	if end, ok := ctx.Deadline(); ok {
		left := max(time.Until(end), 0)
		spread = min(spread, left/2)
		patient, cancel = context.WithTimeout(patient, left*3/4)
		defer cancel()
	}
	for _, o := range s.closeDoors() {
		go func() {
			wait(patient, time.Duration(rand.Int64N(int64(spread)+1)))
			o.drain(patient)
		}()
	}
	select {
	case <-s.empty:
		return nil
	case <-ctx.Done():
	}
	for _, o := range s.occupants() {
		o.cut()
	}
	return ctx.Err()
}

// closeDoors lets nobody in any more and returns who is in.
func (s *seats) closeDoors() []occupant {
	s.mu.Lock()
	if !s.draining {
		s.draining = true
		if len(s.taken) == 0 {
			close(s.empty)
		}
	}
	s.mu.Unlock()
	return s.occupants()
}

func (s *seats) occupants() []occupant {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []occupant
	for t := range s.taken {
		if t.occupant != nil {
			all = append(all, t.occupant)
		}
	}
	return all
}

// network returns what is counted as one address: for IPv6 the /64 that one customer has to himself.
func network(address string) string {
	if at, err := netip.ParseAddrPort(address); err == nil {
		address = at.Addr().String()
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	return ip.String()
}

// wait returns after d, or when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
