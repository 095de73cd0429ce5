package wire_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// socket is the client's side of a websocket.
type socket struct {
	*websocket.Conn
	t testing.TB
}

// dialWith opens a websocket. A response without a socket is a refused handshake.
func (s *server) dialWith(o *websocket.DialOptions) (*socket, *http.Response) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	o.HTTPClient = s.Client()
	conn, resp, err := websocket.Dial(ctx, s.URL+"/graphql", o)
	if err != nil {
		if resp == nil {
			s.t.Fatal(err)
		}
		return nil, resp
	}
	conn.SetReadLimit(-1)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{conn, s.t}, resp
}

// dial opens a websocket of the right protocol.
func (s *server) dial() *socket {
	s.t.Helper()
	c, resp := s.dialWith(&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if c == nil {
		s.t.Fatalf("the handshake was refused: %s", resp.Status)
	}
	return c
}

// open opens a websocket and initialises it with a token.
func (s *server) open(token string) *socket {
	s.t.Helper()
	c := s.dial()
	c.send(initAs(token))
	c.expect(`{"type":"connection_ack"}`)
	return c
}

func initAs(token string) string {
	return fmt.Sprintf(`{"type":"connection_init","payload":{"Authorization":"Bearer %s"}}`, token)
}

func subscribe(id, document string) string {
	return fmt.Sprintf(`{"id":"%s","type":"subscribe","payload":%s}`, id, request(document))
}

func (c *socket) send(message string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		c.t.Fatal(err)
	}
}

// receive returns the next message, or the error that ended the socket.
func (c *socket) receive() (string, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 15*time.Second)
	defer cancel()
	_, b, err := c.Read(ctx)
	return string(b), err
}

// expect reads the next message.
func (c *socket) expect(want string) {
	c.t.Helper()
	if got, err := c.receive(); err != nil || got != want {
		c.t.Fatalf("got %s (%v), want %s", got, err, want)
	}
}

// expectError reads an error message of an operation.
func (c *socket) expectError(id, code string) {
	c.t.Helper()
	got, err := c.receive()
	if err != nil {
		c.t.Fatal(err)
	}
	var m struct {
		ID, Type string
		Payload  []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal([]byte(got), &m); err != nil || m.ID != id || m.Type != "error" || len(m.Payload) == 0 || m.Payload[0].Extensions.Code != code {
		c.t.Fatalf("got %s, want an error %s of %s", got, code, id)
	}
}

// expectClose reads until the socket is closed, and returns how many messages came before.
func (c *socket) expectClose(code int) (messages int) {
	c.t.Helper()
	for {
		_, err := c.receive()
		if err == nil {
			messages++
			continue
		}
		if got := websocket.CloseStatus(err); int(got) != code {
			c.t.Fatalf("closed with %d (%v), want %d", got, err, code)
		}
		return messages
	}
}
