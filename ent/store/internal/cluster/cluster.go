//go:build unix

// Package cluster starts throw-away PostgreSQL servers: one that all tests share and that forgets, as nothing that it
// stores is synced to disk, and durable ones that a test may crash.
package cluster

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/lib/pq"
)

// ErrAbsent is returned where PostgreSQL is not installed.
var ErrAbsent = errors.New("cluster: initdb is neither on PATH nor under /usr/lib/postgresql")

// keeper runs the server $1 for as long as the process $2 lives, however that ends, in the folder $3, of which
// it leaves nothing behind.
const keeper = `
"$1" -D "$3/data" -k "$3" -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
	-c autovacuum=off -c max_connections=400 -c max_wal_size=4GB -c max_locks_per_transaction=256 &
server=$!
trap 'kill -QUIT $server 2>/dev/null' INT TERM HUP
while kill -0 $server 2>/dev/null && { [ -d /proc/$2 ] || ps -p $2 >/dev/null 2>&1; }; do sleep 0.3; done
kill -QUIT $server 2>/dev/null
wait $server
rm -rf "$3"
`

// URL returns the URL of a server that lives for as long as the owner process does. All who name the same
// owner share one server: the first starts it.
func URL(ctx context.Context, owner int) (string, error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	dir := filepath.Join("/tmp", fmt.Sprintf("carehub-postgres-%d-%d", os.Getuid(), owner)) // a socket's path must be short
	release, err := lock(filepath.Join("/tmp", fmt.Sprintf("carehub-postgres-%d.lock", os.Getuid())))
	if err != nil {
		return "", err
	}
	defer release()
	address := at(dir)
	if ping(ctx, address) == nil {
		return address, nil
	}
	if err := start(ctx, bin, dir, owner); err != nil {
		return "", err
	}
	return address, await(ctx, dir)
}

// at returns the URL of the server whose socket is in the folder.
func at(dir string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.User("carehub"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}, "sslmode": {"disable"}}.Encode(),
	}).String()
}

// await returns when the server in the folder answers.
func await(ctx context.Context, dir string) error {
	deadline := time.Now().Add(time.Minute)
	for {
		err := ping(ctx, at(dir))
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			return fmt.Errorf("cluster: the server does not answer: %w\n%s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// binaries returns the folder of initdb and postgres: the one on PATH, or else the newest that Debian installed.
func binaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrAbsent
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// version returns the 15 of /usr/lib/postgresql/15/bin/initdb.
func version(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

// start makes the cluster and leaves its server running.
func start(ctx context.Context, bin, dir string, owner int) error {
	if err := os.RemoveAll(dir); err != nil { // of an owner that had the same process id
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	as, err := initialise(ctx, bin, dir)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close() //nolint:errcheck // the keeper has it open
	keep := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", keeper, "sh", filepath.Join(bin, "postgres"), strconv.Itoa(owner), dir)
	keep.Dir = dir
	// The files are none of ours, or else go test would wait for the server before it reports a package; and the
	// group is its own, so that the interrupt of a terminal reaches the keeper through the owner's end alone.
	keep.Stdout, keep.Stderr = log, log
	keep.SysProcAttr = &syscall.SysProcAttr{Credential: as, Setpgid: true}
	if err := keep.Start(); err != nil {
		return err
	}
	return keep.Process.Release()
}

// initialise makes the files of a cluster in the folder, and returns whose they are.
func initialise(ctx context.Context, bin, dir string) (*syscall.Credential, error) {
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "--pgdata="+filepath.Join(dir, "data"), "--username=carehub",
		"--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	initdb.Dir = dir
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("cluster: initdb: %w\n%s", err, out)
	}
	return as, nil
}

// unprivileged returns whom to run the server as when this process is root, whom PostgreSQL refuses to serve.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // no other credential than one's own
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// lock waits until no other process of this user starts a server.
func lock(path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

func ping(ctx context.Context, address string) error {
	c, err := pq.NewConnector(address)
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	return errors.Join(db.PingContext(ctx), db.Close())
}
