package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/membership"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/store/storetest"
)

// TestRevocation: whatever happens at the same time, on whichever server and by whichever transport, nothing that was
// committed after a user's rights had ended reaches that user until they are back; what was open is closed within a
// second; and who comes back with the rights they had before has missed nothing and got nothing twice.
func TestRevocation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		database func(testing.TB) string
		servers  int
	}{"sqlite": {storetest.SQLiteURL, 1}, "postgres": {storetest.PostgresURL, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servers := []*program{launch(t, c.database(t))}
			for len(servers) < c.servers {
				p := &program{database: servers[0].database, secretFile: servers[0].secretFile}
				p.start(t, "127.0.0.1:0")
				servers = append(servers, p)
			}
			w := newWitness(t, servers)
			w.tell(5 * time.Second)
			w.judge()
		})
	}
}

// right is something of a user that ends and comes back.
type right struct {
	change func(ctx context.Context, tx *ent.Tx, on bool) error
	// closes: without it the user may not come in at all; otherwise the user sees less.
	closes bool
	// spells are the times without it, the last of which may not have ended yet.
	spells []spell
}

// spell is a time without a right: from the commit of its end to the beginning of the transaction that brings it
// back. What is in between is certain; the transactions themselves are not.
type spell struct{ begins, from, to time.Time }

// party is a user who follows a stream, and what happens to the user's rights.
type party struct {
	name, document string
	id             uuid.UUID
	place          place
	right          *right // nil: nothing happens to them
	token          string
	readers        []*witnessed
}

// witnessed is one reader and all that it has got.
type witnessed struct {
	*party
	url, over string

	mu    sync.Mutex
	begun bool // has a cursor
	got   []sight
	spans []span
}

// sight is a case that was delivered.
type sight struct {
	number string
	at     time.Time
}

// span is the life of a connection.
type span struct {
	opened, closed time.Time
	end            error
}

// witness knows everything that happened.
type witness struct {
	t       *testing.T
	desk    *desk
	parties []*party

	mu    sync.Mutex
	cases map[string]entry
}

// entry is when the transaction of a case began and was committed, and whose it is.
type entry struct {
	begun, done time.Time
	of          *party
}

func newWitness(t *testing.T, servers []*program) *witness {
	w := &witness{t: t, desk: servers[0].desk(t), cases: map[string]entry{}}
	provider := w.desk.user("provider")
	w.parties = []*party{
		{name: "safety", document: entering, place: queueOfSafety},
		{name: "liaison", document: entering, place: queueOfLiaison, right: &right{change: w.member}},
		{name: "liaison2", document: entering, place: queueOfLiaison2, right: &right{change: w.active, closes: true}},
		{
			name: "provider", document: moving, right: &right{change: w.admitted, closes: true},
			place: place{kind: code.CaseKindMedicalInquiry, department: code.DepartmentCodeMedicalAffairs, territory: code.TerritoryMidwest, requester: &provider.ID},
		},
	}
	for _, p := range w.parties {
		p.id = w.desk.user(p.name).ID
		p.token = servers[0].demoUser(t, p.name).token
		for _, server := range servers {
			for over := range transports {
				p.readers = append(p.readers, &witnessed{party: p, url: server.url, over: over})
			}
		}
	}
	return w
}

// member ends and restores the liaison's membership of medical affairs.
func (w *witness) member(ctx context.Context, tx *ent.Tx, on bool) error {
	change := tx.Membership.Update().Where(membership.IdentityID(w.parties[1].id), membership.DepartmentEQ(code.DepartmentCodeMedicalAffairs))
	if on {
		return change.ClearEndedAt().Exec(ctx)
	}
	return change.SetEndedAt(time.Now()).Exec(ctx)
}

// active disables and enables the second liaison.
func (w *witness) active(ctx context.Context, tx *ent.Tx, on bool) error {
	status := code.IdentityStatusDisabled
	if on {
		status = code.IdentityStatusActive
	}
	return tx.Identity.UpdateOneID(w.parties[2].id).SetStatus(status).Exec(ctx)
}

// admitted suspends and restores the provider's access to the portal.
func (w *witness) admitted(ctx context.Context, tx *ent.Tx, on bool) error {
	status := code.PortalAccessStatusSuspended
	if on {
		status = code.PortalAccessStatusActive
	}
	provider, err := tx.Identity.Get(ctx, w.parties[3].id)
	if err != nil {
		return err
	}
	return tx.PortalAccess.Update().Where(portalaccess.AccountID(*provider.AccountID)).SetStatus(status).Exec(ctx)
}

// tell lets everything happen for a while, then restores all rights and waits until everybody has what is theirs.
func (w *witness) tell(d time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	var reading, happening sync.WaitGroup
	for _, p := range w.parties {
		for _, r := range p.readers {
			reading.Go(func() { r.read(ctx) })
		}
	}
	eventually(w.t, "everybody has begun", func() bool {
		return w.each(func(_ *party, r *witnessed) bool { return r.begun })
	})
	over := time.Now().Add(d)
	for range 2 {
		happening.Go(func() {
			for time.Now().Before(over) {
				w.enter(w.parties[rand.IntN(len(w.parties))])
				pause(rand.IntN(10))
			}
		})
	}
	happening.Go(func() {
		for time.Now().Before(over) {
			pause(rand.IntN(300))
			p := w.parties[1+rand.IntN(len(w.parties)-1)]
			w.turn(p, !p.right.on())
		}
		for _, p := range w.parties[1:] {
			if !p.right.on() {
				w.turn(p, true)
			}
		}
	})
	happening.Wait()
	last := map[*party]string{}
	for _, p := range w.parties {
		last[p] = w.enter(p)
	}
	eventually(w.t, "everybody has the last case", func() bool {
		return w.each(func(p *party, r *witnessed) bool {
			return slices.ContainsFunc(r.got, func(s sight) bool { return s.number == last[p] })
		})
	})
	cancel()
	reading.Wait()
}

// pause lets some milliseconds pass.
func pause(ms int) { <-time.After(time.Duration(ms) * time.Millisecond) }

// on reports whether the right is there.
func (r *right) on() bool { return len(r.spells) == 0 || !r.spells[len(r.spells)-1].to.IsZero() }

// turn ends the party's right or brings it back.
func (w *witness) turn(p *party, on bool) {
	begins := time.Now()
	err := w.desk.does(accessChanged(p.id, func(ctx context.Context, tx *ent.Tx) error {
		defer pause(rand.IntN(10))
		return p.right.change(ctx, tx, on)
	}))
	if err != nil {
		w.t.Error(err)
	}
	if on {
		p.right.spells[len(p.right.spells)-1].to = begins
		return
	}
	p.right.spells = append(p.right.spells, spell{begins: begins, from: time.Now()})
}

// enter lets a case of the party come in.
func (w *witness) enter(p *party) string {
	w.mu.Lock()
	number := fmt.Sprintf("W-%06d", len(w.cases))
	w.cases[number] = entry{begun: time.Now(), of: p}
	w.mu.Unlock()
	err := w.desk.does(func(ctx context.Context, tx *ent.Tx) error {
		defer pause(rand.IntN(3))
		return p.place.enters(number)(ctx, tx)
	})
	if err != nil {
		w.t.Error(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.cases[number]
	c.done = time.Now()
	w.cases[number] = c
	return number
}

// read follows the stream for as long as the context lives, and comes back whenever it is let in.
func (r *witnessed) read(ctx context.Context) {
	for after := ""; ctx.Err() == nil; pause(5) {
		opened := time.Now()
		stream, err := follow(ctx, r.over, r.url, r.token, r.document, after, nil)
		if err != nil {
			continue
		}
		for {
			n, err := stream.item()
			at := time.Now()
			if err != nil {
				r.mu.Lock()
				r.spans = append(r.spans, span{opened, at, err})
				r.mu.Unlock()
				break
			}
			after = n.Cursor
			r.mu.Lock()
			r.begun = true
			if n.Case.Number != "" {
				r.got = append(r.got, sight{n.Case.Number, at})
			}
			r.mu.Unlock()
		}
		stream.close()
	}
}

// each reports whether something is true of every reader.
func (w *witness) each(is func(p *party, r *witnessed) bool) bool {
	for _, p := range w.parties {
		for _, r := range p.readers {
			r.mu.Lock()
			yes := is(p, r)
			r.mu.Unlock()
			if !yes {
				return false
			}
		}
	}
	return true
}

// judge compares what everybody got with what they may have got.
func (w *witness) judge() {
	w.t.Helper()
	// What a delivery takes to those whose rights never end is the machine's own slowness.
	var slow, late time.Duration
	for _, r := range w.parties[0].readers {
		for _, s := range r.got {
			slow = max(slow, s.at.Sub(w.cases[s.number].done))
		}
	}
	delivered, spells := 0, 0
	for _, p := range w.parties {
		for _, r := range p.readers {
			times := map[string]int{}
			for _, s := range r.got {
				times[s.number]++
				c := w.cases[s.number]
				if c.of != p {
					w.t.Errorf("%s over %s got %s, which is another's", p.name, r.over, s.number)
				}
				if p.right != nil {
					for _, without := range p.right.spells {
						if c.begun.After(without.from) && (without.to.IsZero() || s.at.Before(without.to)) {
							w.t.Errorf("%s over %s got %s, of %v after the right had ended, %v before it came back",
								p.name, r.over, s.number, c.begun.Sub(without.from), without.to.Sub(s.at))
						}
					}
				}
			}
			delivered += len(r.got)
			for number, n := range times {
				if n > 1 {
					w.t.Errorf("%s over %s got %s %d times", p.name, r.over, number, n)
				}
			}
			if p.right == nil || p.right.closes { // whoever stays and sees less has passed over what was not to be seen
				for number, c := range w.cases {
					if c.of == p && times[number] == 0 {
						w.t.Errorf("%s over %s never got %s", p.name, r.over, number)
					}
				}
			}
			late = max(late, w.judgeSpans(r, time.Second+slow))
		}
		if p.right != nil {
			spells += len(p.right.spells)
		}
	}
	w.t.Logf("%d cases, %d deliveries, rights ended %d times; the last was closed %v after the end of its right, the slowest delivery took %v",
		len(w.cases), delivered, spells, late, slow)
}

// judgeSpans checks that connections end when rights do, and only then, and returns for how long one outlived them.
func (w *witness) judgeSpans(r *witnessed, patience time.Duration) (late time.Duration) {
	w.t.Helper()
	var without []spell
	if r.right != nil {
		without = r.right.spells
	}
	for i, s := range r.spans {
		var code ended
		if last := i == len(r.spans)-1; !last && (len(without) == 0 || errors.As(s.end, &code) && code != 4403 && code != 0) {
			w.t.Errorf("%s over %s: %v", r.name, r.over, s.end)
		}
		for _, none := range without {
			if s.opened.Before(none.begins) && s.closed.After(none.from) {
				late = max(late, s.closed.Sub(none.from))
			}
			if r.right.closes && s.opened.After(none.from) && s.opened.Before(none.to) {
				late = max(late, min(s.closed.Sub(s.opened), none.to.Sub(s.opened)))
			}
		}
	}
	if late > patience {
		w.t.Errorf("%s over %s was open for %v without the right", r.name, r.over, late)
	}
	return late
}
