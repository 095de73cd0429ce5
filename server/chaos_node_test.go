package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// node is a server in a process of its own, which can be killed, paused and started again where it was.
type node struct {
	*program
	t       testing.TB
	address string // where it serves, once it has
	process *exec.Cmd
}

// newNode starts a server on the database. The servers of a cluster share the secret file.
func newNode(t *testing.T, database, secretFile string) *node {
	t.Helper()
	n := &node{program: &program{database: database, secretFile: secretFile}, t: t, address: "127.0.0.1:0"}
	n.start()
	t.Cleanup(func() {
		n.kill()
		if t.Failed() {
			t.Logf("%s said at last:\n%s", n.address, n.log)
		}
	})
	return n
}

// start starts the process, and returns when it serves.
func (n *node) start() {
	n.t.Helper()
	n.log = &transcript{address: make(chan string, 1)}
	n.process = exec.Command(os.Args[0], "serve", "--listen", n.address, //nolint:noctx // it is killed at the end of the test
		"--database", n.database, "--secret-file", n.secretFile, "--patients", "10")
	n.process.Env = append(os.Environ(), asProgram+"=1")
	n.process.Stderr = n.log
	if err := n.process.Start(); err != nil {
		n.t.Fatal(err)
	}
	select {
	case n.url = <-n.log.address:
		n.address = strings.TrimPrefix(n.url, "http://")
	case <-time.After(time.Minute):
		n.kill()
		n.t.Fatalf("the server does not start:\n%s", n.log)
	}
}

// kill ends the process at once, as kill -9 does, whatever it is doing.
func (n *node) kill() {
	_ = n.process.Process.Kill() // fails when it has ended already
	_ = n.process.Wait()         // killed
}

func (n *node) signal(s syscall.Signal) {
	n.t.Helper()
	if err := n.process.Process.Signal(s); err != nil {
		n.t.Errorf("%s to %s: %v", s, n.address, err)
	}
}

// ready waits until the server answers that it is.
func (n *node) ready(ctx context.Context) {
	n.t.Helper()
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+"/readyz", nil)
		if err != nil {
			n.t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			continue
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
	}
	n.t.Fatalf("%s does not become ready:\n%s", n.address, n.log)
}

// anyOf returns one of the nodes.
func anyOf(nodes []*node) *node { return nodes[rand.IntN(len(nodes))] }
