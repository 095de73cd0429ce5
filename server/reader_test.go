package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/stream"
)

// The streams that readers follow.
const (
	entering = `subscription ($after: StreamCursor) { items: caseCreated(after: $after) { __typename
		... on CaseCreated { cursor case { number } } ... on StreamCheckpoint { cursor } ... on StreamReset { cursor reset: reason } } }`
	moving = `subscription ($after: StreamCursor) { items: myCaseUpdated(after: $after) { __typename
		... on CaseUpdated { cursor case { number } } ... on StreamCheckpoint { cursor } ... on StreamReset { cursor reset: reason } } }`
)

// news is an item of a stream as readers get it.
type news struct {
	Typename string `json:"__typename"`
	Cursor   string
	Reset    string
	Case     struct{ Number string }
}

// ended says how a connection came to its end: with the close code of a websocket, the status of a refusal, or 0.
type ended int

// Error implements error.
func (e ended) Error() string { return fmt.Sprintf("ended with %d", int(e)) }

// reading is an open stream.
type reading struct {
	next  func() ([]byte, error) // the next answer
	close func()
}

// transports are the ways to follow a stream, by name. Each dials with the function.
var transports = map[string]func(ctx context.Context, url, token string, request object, dial dialer) (*reading, error){
	"socket": overSocket,
	"events": overEvents,
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// follow opens a stream after the cursor.
func follow(ctx context.Context, over, url, token, document, after string, dial dialer) (*reading, error) {
	variables := object{}
	if after != "" {
		variables["after"] = after
	}
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return transports[over](ctx, url+"/graphql", token, object{"query": document, "variables": variables}, dial)
}

func overSocket(ctx context.Context, url, token string, request object, dial dialer) (*reading, error) {
	client := &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	conn, response, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		if response != nil {
			err = ended(response.StatusCode)
		}
		return nil, err
	}
	conn.SetReadLimit(-1)
	receive := func() (kind string, payload json.RawMessage, err error) {
		_, text, err := conn.Read(ctx)
		if err != nil {
			if code := websocket.CloseStatus(err); code >= 0 {
				err = ended(code)
			}
			return "", nil, err
		}
		var message struct {
			Type    string
			Payload json.RawMessage
		}
		err = json.Unmarshal(text, &message)
		return message.Type, message.Payload, err
	}
	send := func(message object) error {
		text, err := json.Marshal(message)
		if err == nil {
			err = conn.Write(ctx, websocket.MessageText, text)
		}
		return err
	}
	r := &reading{close: func() { _ = conn.CloseNow() }}
	if err = send(object{"type": "connection_init", "payload": object{"Authorization": "Bearer " + token}}); err == nil {
		if _, _, err = receive(); err == nil {
			err = send(object{"id": "1", "type": "subscribe", "payload": request})
		}
	}
	if err != nil {
		r.close()
		return nil, err
	}
	r.next = func() ([]byte, error) {
		kind, payload, err := receive()
		if err == nil && kind != "next" {
			err = fmt.Errorf("%s %s", kind, payload)
		}
		return payload, err
	}
	return r, nil
}

func overEvents(ctx context.Context, url, token string, request object, dial dialer) (*reading, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		cancel()
		return nil, err
	}
	post.Header = http.Header{"Accept": {"text/event-stream"}, "Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}}
	client := &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	response, err := client.Do(post)
	if err != nil {
		cancel()
		return nil, err
	}
	r := &reading{close: func() {
		cancel()
		_ = response.Body.Close()
	}}
	if response.StatusCode != http.StatusOK {
		r.close()
		return nil, ended(response.StatusCode)
	}
	lines := bufio.NewReader(response.Body)
	r.next = func() ([]byte, error) {
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return nil, ended(0)
			}
			if data, found := bytes.CutPrefix(line, []byte("data: ")); found {
				return data, nil
			}
			if bytes.HasPrefix(line, []byte("event: complete")) {
				return nil, errors.New("the server says that the stream is complete")
			}
		}
	}
	return r, nil
}

// item waits for the next item.
func (r *reading) item() (n news, err error) {
	text, err := r.next()
	if err != nil {
		return n, err
	}
	var answer struct {
		Data   struct{ Items *news }
		Errors []any
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return n, err
	}
	if answer.Data.Items == nil || len(answer.Errors) > 0 {
		return n, fmt.Errorf("the answer is %s", text)
	}
	return *answer.Data.Items, nil
}

// desk is where things happen that servers hear of through the log alone, as when they happen at another server.
type desk struct {
	*store.Store
	t testing.TB
}

// desk opens the program's database beside it.
func (p *program) desk(t testing.TB) *desk {
	t.Helper()
	s, err := store.Open(t.Context(), p.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &desk{s, t}
}

// does changes something in one transaction. It may be called by any goroutine.
func (d *desk) does(change func(ctx context.Context, tx *ent.Tx) error) error {
	ctx := viewer.System(context.WithoutCancel(d.t.Context()), "test")
	tx, err := d.Client.Tx(ctx)
	if err != nil {
		return err
	}
	if err := change(ctx, tx); err != nil {
		_ = tx.Rollback() // what went wrong before matters more
		return err
	}
	return tx.Commit()
}

// user returns a demo identity's row.
func (d *desk) user(name string) *ent.Identity {
	d.t.Helper()
	row, err := d.Client.Identity.Query().Where(identity.Subject(name)).Only(viewer.System(d.t.Context(), "test"))
	if err != nil {
		d.t.Fatal(err)
	}
	return row
}

// place is where a case enters, and whose it is.
type place struct {
	kind       code.CaseKind
	department code.DepartmentCode
	territory  code.Territory
	requester  *uuid.UUID
}

// The queues of demo identities.
var (
	queueOfLiaison  = place{kind: code.CaseKindMedicalInquiry, department: code.DepartmentCodeMedicalAffairs, territory: code.TerritoryNortheast}
	queueOfLiaison2 = place{kind: code.CaseKindMedicalInquiry, department: code.DepartmentCodeMedicalAffairs, territory: code.TerritoryWest}
	queueOfSafety   = place{kind: code.CaseKindAdverseEvent, department: code.DepartmentCodeDrugSafety, territory: code.TerritoryWest}
)

// subject is that of the cases, as long as it may be.
var subject = strings.Repeat("A test. ", 37)

// enters returns a change by which cases with the numbers enter the place.
func (at place) enters(numbers ...string) func(ctx context.Context, tx *ent.Tx) error {
	return func(ctx context.Context, tx *ent.Tx) error {
		for _, number := range numbers {
			now := time.Now()
			made, err := tx.CareCase.Create().SetNumber(number).SetKind(at.kind).SetChannel(code.ChannelPhone).
				SetRequesterKind(code.AccountKindProvider).SetNillableRequesterID(at.requester).
				SetDepartment(at.department).SetTerritory(string(at.territory)).SetSubject(subject).
				SetReceivedAt(now).SetDueAt(now.Add(time.Hour)).Save(ctx)
			if err != nil {
				return err
			}
			department, why := string(at.department), code.RoutingReasonCreated
			e := stream.Entry{
				Kind: code.EventKindCaseEntered, Entity: "case", ID: made.ID,
				Department: &department, Territory: made.Territory, Reason: &why,
			}
			if at.requester != nil {
				e.Kind, e.Subject = code.EventKindCaseUpdated, at.requester
			}
			if err := stream.Append(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	}
}

// accessChanged adds to the change that it changes what the identity may do.
func accessChanged(user uuid.UUID, change func(ctx context.Context, tx *ent.Tx) error) func(ctx context.Context, tx *ent.Tx) error {
	return func(ctx context.Context, tx *ent.Tx) error {
		if err := change(ctx, tx); err != nil {
			return err
		}
		return stream.Append(ctx, tx, stream.Entry{Kind: code.EventKindAccessChanged, Entity: "user", ID: user, Subject: &user})
	}
}
