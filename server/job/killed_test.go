package job

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"github.com/carehub/carehub/ent/store"
)

// The variables that make this binary a server which stalls in the third batch of a job: the database's URL, and the
// job's name.
const (
	asServer = "CAREHUB_TEST_STALLING_SERVER"
	asJob    = "CAREHUB_TEST_STALLING_JOB"
)

// stallingLease is the lease of that server.
const stallingLease = 3 * time.Second

// stall does the work, and says so when it has changed rows in a third batch without having committed them. It goes on
// when it is told to.
func stall(url string) {
	s, err := store.Open(context.Background(), url)
	if err != nil {
		panic(err)
	}
	j, batches := work(), 0
	for _, d := range due() {
		if d.Name == os.Getenv(asJob) {
			j = d
		}
	}
	stalling := j
	stalling.Do = func(ctx context.Context, tx *store.Tx, now time.Time) (bool, error) {
		more, err := j.Do(ctx, tx, now)
		if batches++; batches == 3 {
			fmt.Println("stalled")
			var word string
			_, err = fmt.Scanln(&word)
		}
		return more, err
	}
	Start(context.Background(), s, []Job{stalling}, Options{
		Poll: 10 * time.Millisecond, Lease: stallingLease, Logger: slog.New(slog.NewTextHandler(os.Stdout, nil)),
	})
	select {}
}

// A server that is killed in the middle of its work, or freezes there, is replaced: all of the work is done, and
// none of it twice.
func TestKilled(t *testing.T) {
	each(t, 20, func(t *testing.T, p *plan) {
		for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "frozen": syscall.SIGSTOP} {
			if signal == syscall.SIGSTOP && p.Dialect == dialect.SQLite {
				continue // with the one file there is one server, and nobody to replace it
			}
			t.Run(name, func(t *testing.T) {
				p.t = t
				p.exec("UPDATE work SET done = 0")
				p.exec("DELETE FROM scheduled_jobs")
				server := exec.CommandContext(t.Context(), os.Args[0])
				server.Env = append(os.Environ(), asServer+"="+url(p))
				server.Stderr = t.Output()
				orders, err := server.StdinPipe()
				if err != nil {
					t.Fatal(err)
				}
				output, err := server.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				said := bufio.NewReader(output)
				if err := server.Start(); err != nil {
					t.Fatal(err)
				}
				defer func() { _ = server.Wait() }() // it was killed, which is no news
				defer func() { _ = server.Process.Kill() }()
				if line, err := said.ReadString('\n'); line != "stalled\n" {
					t.Fatalf("the server says %q (%v)", line, err)
				}
				if err := server.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				r := Start(t.Context(), p.Store, []Job{work()}, Options{Poll: 10 * time.Millisecond})
				defer func() {
					if err := r.Close(t.Context()); err != nil {
						t.Error(err)
					}
				}()
				eventually(t, "the other server has done the job", func() bool { return p.row(work()).Runs == 1 })
				t.Logf("replaced after %v", time.Since(begin))
				p.done(20)
				if signal == syscall.SIGSTOP {
					if err := server.Process.Signal(syscall.SIGCONT); err != nil {
						t.Fatal(err)
					}
					if _, err := io.WriteString(orders, "go\n"); err != nil {
						t.Fatal(err)
					}
					if line, err := said.ReadString('\n'); !strings.Contains(line, "job") {
						t.Errorf("the server that was frozen says %q (%v)", line, err)
					}
					p.done(20)
				}
			})
		}
	})
}

// url returns the URL of the database for another process.
func url(p *plan) string {
	if p.Dialect == dialect.Postgres {
		return p.Source
	}
	var seq int
	var name, file string
	if err := p.DB.QueryRowContext(p.t.Context(), "PRAGMA database_list").Scan(&seq, &name, &file); err != nil {
		p.t.Fatal(err)
	}
	return "sqlite:" + strings.TrimSpace(file)
}
