package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// What subscribers of the chaos ask for. The cursor names the event as well as the case does, for it is made of the
// event's position and key; to read the case besides costs a line of audit each time.
const (
	cursorsOnly = `subscription ($after: StreamCursor) { caseCreated(after: $after) { __typename
		... on CaseCreated { cursor } ... on StreamCheckpoint { cursor } ... on StreamReset { cursor reason } } }`
	cursorsAndCases = `subscription ($after: StreamCursor) { caseCreated(after: $after) { __typename
		... on CaseCreated { cursor case { id } } ... on StreamCheckpoint { cursor } ... on StreamReset { cursor reason } } }`
)

// subscriber is a client that follows caseCreated over graphql-transport-ws. Whenever it loses its connection, or lets
// it go, it comes back to any of the servers with its last cursor.
type subscriber struct {
	chaos    *chaos
	document string

	after   string   // its last cursor
	cursors []string // of the events, in the order in which they came
	cases   []string // with cursorsAndCases
	resets  []reset

	connects int
	silences int // connections given up because nothing came
}

// reset is a reset that a subscriber got, and after how many events.
type reset struct {
	reason string
	after  int
}

// follow receives events until the condition holds, which it is asked before each connection and after each item.
func (s *subscriber) follow(ctx context.Context, until func(*subscriber) bool) {
	for ctx.Err() == nil && !until(s) {
		if err := s.listen(ctx, until); err != nil && ctx.Err() == nil {
			s.chaos.failed(err)
			time.Sleep(rand.N(100 * time.Millisecond))
		}
	}
}

// errSilent says that nothing came although it should have.
var errSilent = errors.New("nothing came")

// listen follows on one connection until that ends, or a random moment while things break.
func (s *subscriber) listen(ctx context.Context, until func(*subscriber) bool) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.CloseNow() // the client vanishes
	s.connects++
	leave := time.Now().Add(200*time.Millisecond + rand.N(4*time.Second))
	for !until(s) {
		calm := s.chaos.calm()
		if !calm && time.Now().After(leave) {
			return nil
		}
		patience := 2 * time.Second
		if calm {
			patience = 30 * time.Second
		}
		m, err := receiveFrom(ctx, conn, patience)
		if err != nil {
			if errors.Is(err, errSilent) {
				s.silences++
			}
			return err
		}
		if m.Type != "next" {
			return fmt.Errorf("the stream ended with %s: %s", m.Type, m.Payload)
		}
		if err := s.take(m.Payload); err != nil {
			return err
		}
	}
	return nil
}

// connect opens a socket to any server, signs in and subscribes.
func (s *subscriber) connect(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	to := anyOf(s.chaos.nodes)
	conn, _, err := websocket.Dial(ctx, strings.Replace(to.url, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(1 << 20)
	err = func() error {
		if err := tell(ctx, conn, object{"type": "connection_init", "payload": object{"Authorization": "Bearer " + s.chaos.token("liaison", "STAFF_CONSOLE")}}); err != nil {
			return err
		}
		if m, err := receiveFrom(ctx, conn, 3*time.Second); err != nil || m.Type != "connection_ack" {
			return fmt.Errorf("no acknowledgement but %q: %w", m.Type, err)
		}
		return tell(ctx, conn, object{"id": "1", "type": "subscribe", "payload": object{"query": s.document, "variables": object{"after": s.after}}})
	}()
	if err != nil {
		return nil, errors.Join(err, conn.CloseNow())
	}
	return conn, nil
}

// frame is a message of the server.
type frame struct {
	Type    string
	Payload json.RawMessage
}

// take keeps an item of the stream. One with errors was no item: the client asks for it again.
func (s *subscriber) take(payload json.RawMessage) error {
	var got struct {
		Data struct {
			CaseCreated *struct {
				Typename string `json:"__typename"`
				Cursor   string
				Reason   string
				Case     struct{ ID string }
			}
		}
		Errors []any
	}
	if err := json.Unmarshal(payload, &got); err != nil {
		return err
	}
	it := got.Data.CaseCreated
	if it == nil || len(got.Errors) > 0 {
		return fmt.Errorf("no item but %s", payload)
	}
	switch it.Typename {
	case "CaseCreated":
		s.cursors = append(s.cursors, it.Cursor)
		if s.document == cursorsAndCases {
			s.cases = append(s.cases, it.Case.ID)
		}
		s.chaos.delivered.Add(1)
	case "StreamReset":
		s.resets = append(s.resets, reset{it.Reason, len(s.cursors)})
	}
	s.after = it.Cursor
	return nil
}

func tell(ctx context.Context, conn *websocket.Conn, message object) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageText, text)
}

// receiveFrom returns the next message, or errSilent after the time; the connection is of no use then.
func receiveFrom(ctx context.Context, conn *websocket.Conn, patience time.Duration) (f frame, err error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, text, err := conn.Read(limited)
	if err != nil {
		if limited.Err() != nil && ctx.Err() == nil {
			err = errSilent
		}
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}
