package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// numbers returns the numbers of so many cases.
func numbers(prefix string, from, to int) (out []string) {
	for n := from; n < to; n++ {
		out = append(out, fmt.Sprintf("%s-%05d", prefix, n))
	}
	return out
}

// hearing follows a stream until it has got cases, and fails when it gets another than the next.
type hearing struct {
	*reading
	t     *testing.T
	after string
}

// wide is entering with answers so long that few of them fill what is between a server and its client.
var wide = strings.Replace(entering, "number", "number a: subject b: subject c: subject d: subject e: subject f: subject g: subject", 1)

// hears opens a stream of the user after the cursor.
func (u *user) hears(over, after string, dial dialer) *hearing {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.t.Context(), 2*time.Minute)
	u.t.Cleanup(cancel)
	r, err := follow(ctx, over, u.url, u.token, wide, after, dial)
	if err != nil {
		u.t.Fatal(err)
	}
	u.t.Cleanup(r.close)
	h := &hearing{r, u.t, after}
	if after == "" {
		if n, err := r.item(); err != nil || n.Typename != "StreamCheckpoint" {
			u.t.Fatalf("the stream begins with %+v (%v)", n, err)
		} else {
			h.after = n.Cursor
		}
	}
	return h
}

// some gets cases until the stream ends or those with the numbers are there, and returns those that are missing.
func (h *hearing) some(want []string) (rest []string, err error) {
	for len(want) > 0 {
		n, err := h.item()
		if err != nil {
			return want, err
		}
		h.after = n.Cursor
		switch {
		case n.Case.Number == "":
		case n.Case.Number != want[0]:
			return want, fmt.Errorf("got %s, want %s", n.Case.Number, want[0])
		default:
			want = want[1:]
		}
	}
	return nil, nil
}

// all is some for whoever is not cut off.
func (h *hearing) all(want []string) {
	h.t.Helper()
	if rest, err := h.some(want); err != nil {
		h.t.Fatalf("with %d cases missing: %v", len(rest), err)
	}
}

// stoppable is a connection of which little is read ahead, and that can be left unread.
type stoppable struct {
	net.Conn
	mu sync.Mutex // held while nothing is read
}

// Read implements net.Conn.
func (c *stoppable) Read(b []byte) (int, error) {
	c.mu.Lock()
	c.mu.Unlock() //nolint:staticcheck // it only waits here
	return c.Conn.Read(b)
}

func (c *stoppable) dial(ctx context.Context, network, address string) (_ net.Conn, err error) {
	if c.Conn, err = new(net.Dialer).DialContext(ctx, network, address); err != nil {
		return nil, err
	}
	return c, c.Conn.(*net.TCPConn).SetReadBuffer(4 << 10)
}

// TestStoppedReader: who stops reading is cut off in time and finds everything after the last that it has read when
// it comes back; who reads gets everything at once, meanwhile and afterwards.
func TestStoppedReader(t *testing.T) {
	onEach(t, func(t *testing.T, database string) {
		p := launch(t, database, "--streams-per-identity", "2")
		d := p.desk(t)
		for over, of := range map[string]struct {
			name  string
			queue place
		}{"socket": {"liaison", queueOfLiaison}, "events": {"liaison2", queueOfLiaison2}} {
			t.Run(over, func(t *testing.T) {
				t.Parallel()
				liaison := p.demoUser(t, of.name)
				line := &stoppable{}
				slow, quick := liaison.hears(over, "", line.dial), liaison.hears(over, "", nil)
				line.mu.Lock()
				stopped := time.Now()
				want := numbers(over, 0, 400) // more than fits into what the kernels hold for it
				heard := make(chan error, 2)
				go func() {
					for _, part := range [][]string{want, {over + "-last"}} {
						_, err := quick.some(part)
						heard <- err
					}
				}()
				for portion := range slices.Chunk(want, 50) {
					if err := d.does(of.queue.enters(portion...)); err != nil {
						t.Fatal(err)
					}
				}
				begin := time.Now()
				if err := <-heard; err != nil {
					t.Fatal(err)
				}
				t.Logf("the other had all %v after the last commit", time.Since(begin))
				if time.Since(begin) > 20*time.Second {
					t.Error("the others wait")
				}
				eventually(t, "the place of the stopped one is free", func() bool {
					again, err := follow(t.Context(), over, p.url, liaison.token, entering, "", nil)
					if err == nil {
						_, err = again.item()
						again.close()
					}
					return err == nil
				})
				t.Logf("the stopped one was gone after %v", time.Since(stopped))
				line.mu.Unlock()
				rest, err := slow.some(want)
				if err == nil || len(rest) == 0 || len(rest) == len(want) {
					t.Fatalf("with %d of %d cases missing the stopped one is told %v", len(rest), len(want), err)
				}
				back := liaison.hears(over, slow.after, nil)
				back.all(rest)
				if err := d.does(of.queue.enters(over + "-last")); err != nil {
					t.Fatal(err)
				}
				back.all([]string{over + "-last"})
				if err := <-heard; err != nil {
					t.Error(err)
				}
			})
		}
	})
}

// TestExpiry: what a token opened ends with it, within a second; the client comes back with a new token and goes on.
func TestExpiry(t *testing.T) {
	onEach(t, func(t *testing.T, database string) {
		p := launch(t, database)
		d, liaison := p.desk(t), p.demoUser(t, "liaison")
		for over := range transports {
			t.Run(over, func(t *testing.T) {
				const lifetime = 3 * time.Second
				issued := time.Now().Add(lifetime - time.Hour) // demo tokens are good for an hour
				expires := issued.UTC().Truncate(time.Second).Add(time.Hour)
				short := &user{p, t, "liaison", p.tokenAt(t, "liaison", "STAFF_CONSOLE", issued)}
				h := short.hears(over, "", nil)
				want := numbers(over, 0, 1000)
				wrote := make(chan error, 1)
				go func() {
					for portion := range slices.Chunk(want, 10) {
						if err := d.does(queueOfLiaison.enters(portion...)); err != nil {
							wrote <- err
							return
						}
						pause(50)
					}
					wrote <- nil
				}()
				rest, err := h.some(want)
				late := time.Since(expires)
				if !errors.Is(err, map[string]ended{"socket": 4403, "events": 0}[over]) || len(rest) == 0 {
					t.Errorf("with %d cases missing: %v", len(rest), err)
				}
				if late < 0 || late > time.Second {
					t.Errorf("it ended %v after the token had expired", late)
				}
				liaison.t = t
				liaison.hears(over, h.after, nil).all(rest)
				if err := <-wrote; err != nil {
					t.Error(err)
				}
			})
		}
	})
}
