package main

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/store/storetest"
)

// TestStorm: a server is killed with a crowd attached, things happen meanwhile, and when it is back everybody comes
// back at once: all get what they have missed, in order, without anybody being refused.
//
// CAREHUB_STORM is how many they are, 300 otherwise. With 10,000 of them on an idle machine of two cores all should be
// caught up within ten seconds of the restart; what it took is in the log of the test. Each needs a descriptor here and
// one at the server.
func TestStorm(t *testing.T) {
	crowd := 300
	if text := os.Getenv("CAREHUB_STORM"); text != "" {
		var err error
		if crowd, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLiteURL, "postgres": storetest.PostgresURL} {
		t.Run(name, func(t *testing.T) { storm(t, database(t), crowd) })
	}
}

// member is one of the crowd: what it has, and what it still has to get.
type member struct {
	*user
	after string
	rest  []string
}

func storm(t *testing.T, database string, crowd int) {
	p := launch(t, database) // makes the demo data and a secret
	d := p.desk(t)
	var users []*user
	for _, name := range []string{"liaison", "liaison2", "safety"} {
		users = append(users, p.demoUser(t, name))
	}
	queues := []place{queueOfLiaison, queueOfLiaison2, queueOfSafety}
	p.stop()
	kill, _ := p.process(t, "--streams-per-identity", strconv.Itoa(crowd), "--streams-per-address", strconv.Itoa(crowd))

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	members := make([]*member, crowd)
	var attaching sync.WaitGroup
	gone := make([]func() error, crowd)
	slots := make(chan struct{}, 200) // of those who come in at a time
	refused := &refusals{}
	for i := range members {
		m := &member{user: users[i%len(users)]}
		members[i] = m
		attaching.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			r := m.attach(ctx, refused)
			if r == nil {
				t.Errorf("reader %d cannot attach", i)
				return
			}
			gone[i] = func() error {
				defer r.close()
				_, err := r.item()
				return err
			}
		})
	}
	attaching.Wait()
	if t.Failed() {
		return
	}
	kill()
	for i := range gone {
		if err := gone[i](); err == nil {
			t.Fatal("a killed server says something")
		}
	}
	const missed = 2 // in each queue
	for i, q := range queues {
		want := numbers("S"+strconv.Itoa(i), 0, missed)
		if err := d.does(q.enters(want...)); err != nil {
			t.Fatal(err)
		}
		for n := i; n < crowd; n += len(queues) {
			members[n].rest = want
		}
	}
	refused = &refusals{}
	_, cpu := p.process(t, "--streams-per-identity", strconv.Itoa(crowd), "--streams-per-address", strconv.Itoa(crowd))
	begin, before := time.Now(), cpu()
	took := make([]time.Duration, crowd)
	var catching sync.WaitGroup
	for i, m := range members {
		catching.Go(func() {
			if err := m.catchUp(ctx, refused); err != nil {
				t.Errorf("reader %d misses %v: %v", i, m.rest, err)
			}
			took[i] = time.Since(begin)
		})
	}
	catching.Wait()
	slices.Sort(took)
	t.Logf("%d readers of %d missed cases each: half were caught up after %v, 99%% after %v, all after %v; failed attempts: %v; the server computed for %v",
		crowd, missed, took[crowd/2], took[crowd*99/100], took[crowd-1], refused.count, cpu()-before)
}

// refusals counts the attempts that failed, by reason.
type refusals struct {
	mu    sync.Mutex
	count map[string]int
}

func (r *refusals) add(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count == nil {
		r.count = map[string]int{}
	}
	text := err.Error()
	r.count[text[strings.LastIndex(text, ": ")+1:]]++
}

// attach opens a stream and waits for its first item, as often as it takes.
func (m *member) attach(ctx context.Context, refused *refusals) *reading {
	for wait := 50; ctx.Err() == nil; wait = min(2*wait, 5000) {
		r, err := follow(ctx, "socket", m.url, m.token, entering, m.after, nil)
		if err == nil && m.after == "" {
			var n news
			if n, err = r.item(); err == nil {
				m.after = n.Cursor
			}
		}
		if err == nil {
			return r
		}
		if r != nil {
			r.close()
		}
		refused.add(err)
		pause(wait/2 + rand.IntN(wait)) // as graphql-ws does
	}
	return nil
}

// catchUp comes back and gets what is missing.
func (m *member) catchUp(ctx context.Context, refused *refusals) error {
	for {
		r := m.attach(ctx, refused)
		if r == nil {
			return ctx.Err()
		}
		h := &hearing{reading: r, after: m.after}
		rest, err := h.some(m.rest)
		m.after, m.rest = h.after, rest
		r.close()
		if err == nil || len(rest) == 0 {
			return nil
		}
		if strings.HasPrefix(err.Error(), "got ") {
			return err
		}
		refused.add(err)
	}
}

// process starts the stopped server anew, as a process of its own, and returns what kills it without warning, and what
// tells for how long it has had a processor.
func (p *program) process(t *testing.T, flags ...string) (kill func(), cpu func() time.Duration) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], append([]string{
		"serve", "--listen", strings.TrimPrefix(p.url, "http://"), "--database", p.database, "--secret-file", p.secretFile,
		"--blobs", p.secretFile + ".blobs",
	}, flags...)...)
	c.Env = append(os.Environ(), asProgram+"=1")
	said := &transcript{address: make(chan string, 1)}
	c.Stderr = said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed, which is no news
	})
	t.Cleanup(kill)
	select {
	case <-said.address:
	case <-time.After(time.Minute):
		t.Fatalf("the server does not come up:\n%s", said)
	}
	return kill, func() time.Duration {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(c.Process.Pid) + "/stat")
		fields := strings.Fields(string(stat))
		if err != nil || len(fields) < 15 {
			return 0 // another system than Linux
		}
		user, _ := strconv.Atoi(fields[13])
		system, _ := strconv.Atoi(fields[14])
		return time.Duration(user+system) * 10 * time.Millisecond
	}
}
