//go:build unix

package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// guard runs the server $2 $3... and kills it should the process $1 end without having stopped it.
const guard = `
owner=$1
shift
"$@" &
server=$!
while kill -0 $server 2>/dev/null && { [ -d /proc/$owner ] || ps -p $owner >/dev/null 2>&1; }; do sleep 0.1; done
kill -QUIT $server 2>/dev/null
wait $server
`

// Durable is a server that syncs to disk what it commits, as one in production does. It can be crashed, and set back
// to what it was.
type Durable struct {
	bin, dir string
	as       *syscall.Credential
	guard    *exec.Cmd // while the server runs
}

// NewDurable makes a server and starts it. It ends with this process at the latest, but Remove alone leaves nothing
// behind.
func NewDurable(ctx context.Context) (_ *Durable, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "carehub-durable-") // a socket's path must be short
	if err != nil {
		return nil, err
	}
	d := &Durable{bin: bin, dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Remove())
		}
	}()
	if d.as, err = initialise(ctx, bin, dir); err != nil {
		return nil, err
	}
	return d, d.Start(ctx)
}

// URL returns the URL of the server.
func (d *Durable) URL() string { return at(d.dir) }

// Start starts the server that was stopped or crashed, and returns when it answers.
func (d *Durable) Start(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(d.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the server has it open
	d.guard = exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", guard, "sh", strconv.Itoa(os.Getpid()),
		filepath.Join(d.bin, "postgres"), "-D", d.data(), "-k", d.dir, "-c", "listen_addresses=", "-c", "max_connections=200")
	d.guard.Dir = d.dir
	d.guard.Stdout, d.guard.Stderr = log, log
	d.guard.SysProcAttr = &syscall.SysProcAttr{Credential: d.as, Setpgid: true}
	if err := d.guard.Start(); err != nil {
		d.guard = nil
		return err
	}
	return await(ctx, d.dir)
}

// Crash ends the server at once, as pg_ctl stop -m immediate does: what was not synced to disk is gone.
func (d *Durable) Crash() error { return d.end(syscall.SIGQUIT) }

// Stop ends the server properly; it does not wait for its clients.
func (d *Durable) Stop() error { return d.end(syscall.SIGINT) }

func (d *Durable) end(signal syscall.Signal) error {
	if d.guard == nil {
		return errors.New("cluster: the server does not run")
	}
	content, err := os.ReadFile(filepath.Join(d.data(), "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := bytes.Cut(content, []byte("\n"))
	pid, err := strconv.Atoi(string(first))
	if err != nil {
		return fmt.Errorf("cluster: postmaster.pid: %w", err)
	}
	if err := syscall.Kill(pid, signal); err != nil {
		return fmt.Errorf("cluster: ending the server: %w", err)
	}
	_ = d.guard.Wait() // its exit code is that of the server, and says how it was ended
	d.guard = nil
	return nil
}

// Save keeps a copy of the stopped server's files, and Restore puts the last copy in their place.
func (d *Durable) Save() error { return d.copy(d.data(), filepath.Join(d.dir, "saved")) }

// Restore sets the stopped server back to what it was at Save.
func (d *Durable) Restore() error { return d.copy(filepath.Join(d.dir, "saved"), d.data()) }

func (d *Durable) copy(from, to string) error {
	if d.guard != nil {
		return errors.New("cluster: the server runs")
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil { //nolint:noctx // it ends by itself
		return fmt.Errorf("cluster: copying: %w\n%s", err, out)
	}
	return nil
}

// Remove ends the server and removes all of it.
func (d *Durable) Remove() error {
	var err error
	if d.guard != nil {
		err = d.Crash()
	}
	return errors.Join(err, os.RemoveAll(d.dir))
}

func (d *Durable) data() string { return filepath.Join(d.dir, "data") }
