package main

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/store/storetest"
)

// The streams that the stories follow.
const (
	casesEntering = `subscription ($after: StreamCursor) { caseCreated(after: $after) { __typename
		... on CaseCreated { cursor reason case { id number status department subject patient { pseudonym name } } }
		... on StreamCheckpoint { cursor } ... on StreamReset { cursor } } }`
	casesMoving = `subscription ($after: StreamCursor) { myCaseUpdated(after: $after) { __typename
		... on CaseUpdated { cursor case { id number status } } ... on StreamCheckpoint { cursor } ... on StreamReset { cursor } } }`
	enrollmentsMoving = `subscription ($after: StreamCursor) { enrollmentUpdated(after: $after) { __typename
		... on EnrollmentUpdated { cursor enrollment { id status } } ... on StreamCheckpoint { cursor } ... on StreamReset { cursor } } }`
	verificationsMoving = `subscription ($after: StreamCursor) { benefitVerificationUpdated(after: $after) { __typename
		... on BenefitVerificationUpdated { cursor verification { id status } } ... on StreamCheckpoint { cursor } ... on StreamReset { cursor } } }`
)

// listener is a client that follows a stream, in a process of its own: testdata/liaison.mjs.
type listener struct {
	t      *testing.T
	name   string
	orders io.Writer
	heard  chan event
}

// event is what a listener says: one of these.
type event struct {
	Connected, Waits bool
	Closed           int
	Failed           string
	Item             *item
	Errors           []any
	Extensions       struct {
		Withheld []struct {
			Path   []any
			Reason string
		}
	}
}

// item is one item of a stream.
type item struct {
	Typename string `json:"__typename"`
	Reason   string
	Case     struct {
		ID, Number, Status, Department, Subject string
		Patient                                 *struct {
			Pseudonym string
			Name      *string
		}
	}
	Enrollment   struct{ ID, Status string }
	Verification struct{ ID, Status string }
}

// listens follows a stream from now on.
func (u *user) listens(stream string) *listener {
	u.t.Helper()
	_, err := exec.LookPath("node")
	storetest.Require(u.t, "Node", err == nil)
	_, err = os.Stat("playground/node_modules/ws")
	storetest.Require(u.t, "server/playground/node_modules", err == nil)
	node := exec.Command("node", "testdata/liaison.mjs") //nolint:noctx // it ends with its input
	node.Env = append(os.Environ(), "CAREHUB_URL="+strings.Replace(u.url, "http", "ws", 1)+"/graphql", "CAREHUB_TOKEN="+u.token, "CAREHUB_STREAM="+stream)
	node.Stderr = u.t.Output()
	orders, err := node.StdinPipe()
	if err != nil {
		u.t.Fatal(err)
	}
	said, err := node.StdoutPipe()
	if err != nil {
		u.t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		u.t.Fatal(err)
	}
	l := &listener{u.t, u.name, orders, make(chan event, 1000)}
	go func() {
		defer close(l.heard)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			var e event
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				e.Failed = err.Error()
			}
			l.heard <- e
		}
	}()
	u.t.Cleanup(func() {
		orders.Close()
		for range l.heard { // what nobody waited for
		}
		if err := node.Wait(); err != nil {
			u.t.Errorf("the client of %s: %v", u.name, err)
		}
	})
	l.connects()
	if first := l.next(); first.Item == nil || first.Item.Typename != "StreamCheckpoint" {
		u.t.Fatalf("the stream of %s begins with %+v", u.name, first)
	}
	return l
}

// next waits for the next event.
func (l *listener) next() event {
	l.t.Helper()
	select {
	case e, ok := <-l.heard:
		if !ok || e.Failed != "" || len(e.Errors) > 0 {
			l.t.Fatalf("%s hears %+v", l.name, e)
		}
		return e
	case <-time.After(20 * time.Second):
		l.t.Fatalf("%s hears nothing", l.name)
		return event{}
	}
}

func (l *listener) connects() {
	l.t.Helper()
	if e := l.next(); !e.Connected {
		l.t.Fatalf("%s hears %+v instead of connecting", l.name, e)
	}
}

// hears waits for the next case of the stream.
func (l *listener) hears() event {
	l.t.Helper()
	for {
		e := l.next()
		if e.Item == nil || e.Item.Typename == "StreamReset" {
			l.t.Fatalf("%s hears %+v instead of a case", l.name, e)
		}
		if e.Item.Typename != "StreamCheckpoint" {
			return e
		}
	}
}

// hearsOf waits for the next case and fails unless it is the one, and came for the reason.
func (l *listener) hearsOf(number, reason string) event {
	l.t.Helper()
	e := l.hears()
	if e.Item.Case.Number != number || e.Item.Reason != reason {
		l.t.Fatalf("%s hears of %+v, not of %s (%s)", l.name, e.Item, number, reason)
	}
	return e
}

// hearsWay waits for the steps of an enrollment or a verification: the next items of the stream, and no others. Of steps that follow one
// another at once, each item may show it as it is after the last.
func (l *listener) hearsWay(id string, statuses ...string) {
	l.t.Helper()
	for i := range statuses {
		said := l.hears().Item
		at := said.Enrollment
		if at.ID == "" {
			at = said.Verification
		}
		if at.ID != id || !slices.Contains(statuses[i:], at.Status) {
			l.t.Fatalf("%s hears of %+v, not of %s as %v", l.name, at, id, statuses[i:])
		}
	}
}

// hearsOut waits until the enrollment has the status, whatever else there is to hear of.
func (l *listener) hearsOut(id, status string) {
	l.t.Helper()
	for {
		if at := l.hears().Item.Enrollment; at.ID == id && at.Status == status {
			return
		}
	}
}

// hearsUntil waits until the case has the status. Until then it hears only of steps of the cases.
func (l *listener) hearsUntil(number, status string, others ...string) {
	l.t.Helper()
	for {
		switch at := l.hears().Item.Case; {
		case at.Number == number && at.Status == status:
			return
		case at.Number != number && !slices.Contains(others, at.Number):
			l.t.Fatalf("%s hears of %+v", l.name, at)
		}
	}
}

// cut drops the connection.
func (l *listener) cut() {
	l.t.Helper()
	l.order("cut")
	l.leaves(1006)
}

// leaves waits until the connection is closed with the code and the client waits to come back.
func (l *listener) leaves(code int) {
	l.t.Helper()
	if e := l.next(); e.Closed != code {
		l.t.Fatalf("%s hears %+v instead of closing with %d", l.name, e, code)
	}
	if e := l.next(); !e.Waits {
		l.t.Fatalf("%s hears %+v instead of waiting", l.name, e)
	}
}

// returns lets the client come back.
func (l *listener) returns() {
	l.t.Helper()
	l.order("return")
	l.connects()
}

func (l *listener) order(order string) {
	l.t.Helper()
	if _, err := io.WriteString(l.orders, order+"\n"); err != nil {
		l.t.Fatal(err)
	}
}
