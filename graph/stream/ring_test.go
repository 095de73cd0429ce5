package stream

import (
	"testing"

	"github.com/google/uuid"
)

// numbered returns the events with the numbers after one to the other.
func numbered(after, to int64) (events []Event) {
	for n := after + 1; n <= to; n++ {
		events = append(events, Event{Pos: n, tag: mark{1, byte(n)}})
	}
	return events
}

// Wherever a position stands towards the ring, the answer is the events after it or that there are none to give.
func TestRing(t *testing.T) {
	epoch := mark{9}
	at := func(n int64) position { return position{epoch: epoch, pos: n, tag: mark{1, byte(n)}} }
	r := newRing(8, at(3))
	for end := int64(3); end < 100; end += end % 5 {
		first := max(3, end-8) // what the ring reaches back to
		for n := range end + 3 {
			events, standing, moved := r.after(at(n))
			want := within
			switch {
			case n > end:
				want = ahead
			case n < first:
				want = behind
			}
			if standing != want {
				t.Fatalf("%d stands %d towards (%d, %d], want %d", n, standing, first, end, want)
			}
			if want == within && int64(len(events)) != end-n || len(events) > 0 && events[0].Pos != n+1 {
				t.Fatalf("after %d of (%d, %d] come %v", n, first, end, events)
			}
			select {
			case <-moved:
				t.Fatal("the ring has moved before it has")
			default:
			}
			other := at(n)
			other.tag[3] = 1
			if _, standing, _ := r.after(other); want == within && standing != foreign {
				t.Fatalf("another event at %d stands %d", n, standing)
			}
			other = at(n)
			other.epoch[3] = 1
			if _, standing, _ := r.after(other); standing != foreign {
				t.Fatalf("another epoch at %d stands %d", n, standing)
			}
		}
		_, _, moved := r.after(at(end))
		r.push(numbered(end, end+end%5))
		<-moved
		if end%5 == 0 {
			break
		}
	}
}

// A hole in the ring would be a loss that nobody notices.
func TestRingRefusesHole(t *testing.T) {
	for _, events := range [][]Event{numbered(1, 2), numbered(-1, 2), append(numbered(0, 2), numbered(3, 4)...)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v was taken after 0", events)
				}
			}()
			newRing(8, position{}).push(events)
		}()
	}
}

// A cursor opens to the position it was made of, by the same key only, and shows nothing of it.
func TestCursor(t *testing.T) {
	one, err := newSealer([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := newSealer([]byte("0123456789abcdeg"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Cursor]bool{}
	for n := range int64(200) {
		p := position{epoch: markOf(uuid.New()), pos: n << (n % 50), tag: markOf(uuid.New())}
		c := one.seal(p)
		if got, err := one.open(c); err != nil || got != p {
			t.Errorf("%+v was opened as %+v (%v)", p, got, err)
		}
		if _, err := other.open(c); err == nil {
			t.Error("another key opens the cursor")
		}
		raw, err := cursorText.DecodeString(string(c))
		if err != nil {
			t.Fatal(err)
		}
		for i := range raw {
			raw[i] ^= 1 << (n % 8)
			if _, err := one.open(Cursor(cursorText.EncodeToString(raw))); err == nil {
				t.Errorf("a cursor with another byte %d opens", i)
			}
			raw[i] ^= 1 << (n % 8)
		}
		if seen[c] {
			t.Error("two positions have one cursor")
		}
		seen[c] = true
	}
	if _, err := newSealer([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}
