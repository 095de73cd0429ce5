package wire

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
)

// socket is one websocket. Its handler's goroutine reads; every operation has one of its own, which writes.
// Timers ping, and end it when the initialisation is late or the token expires.
type socket struct {
	endpoint *Endpoint
	conn     *websocket.Conn
	raw      net.Conn // under conn
	header   http.Header
	seat     *seat
	token    string

	// ctx is the operations'. Reading and writing have contexts of their own: the library drops the
	// connection when one of those ends, and then no close code gets through.
	ctx    context.Context
	cancel context.CancelFunc

	initialised bool       // only the reader looks
	writing     sync.Mutex // held for one write, never while holding mu

	mu       sync.Mutex
	acked    bool
	over     bool // nothing more is sent but the close code, nothing more begins
	draining bool
	active   map[string]*operation // by the client's id
	running  int                   // operations whose goroutine has not ended
	finite   int                   // queries and mutations among them
	settled  chan struct{}         // closed when draining and finite is zero
	expiry   *time.Timer
	pinger   *time.Timer
	work     sync.WaitGroup // the operations and the closing
}

// isUpgrade reports whether the request asks for a websocket.
func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// serveSocket upgrades the request and returns when the socket and all that ran on it are gone.
func (e *Endpoint) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !e.origins.permits(r) {
		e.refuse(w, r, &refusal{status: http.StatusForbidden, code: fault.Forbidden, message: "the origin is not on the list"})
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	s := &socket{
		endpoint: e,
		header:   r.Header,
		token:    bearerOf(r),
		ctx:      ctx,
		cancel:   cancel,
		active:   map[string]*operation{},
		settled:  make(chan struct{}),
	}
	seat, refused := e.seat(r, func(*seat) bool { return true })
	if refused != nil {
		e.refuse(w, r, refused)
		return
	}
	defer seat.leave()
	s.seat = seat

	upgrade := &handshake{ResponseWriter: w}
	conn, err := websocket.Accept(upgrade, r, &websocket.AcceptOptions{
		Subprotocols:   []string{protocol},
		OriginPatterns: e.origins.patterns(),
	})
	if err != nil {
		e.refuse(w, r, &refusal{status: upgrade.status, code: fault.BadUserInput, message: "the websocket handshake is not valid"})
		return
	}
	conn.SetReadLimit(e.limits.Message)
	s.conn, s.raw = conn, upgrade.raw
	s.serve()
}

// handshake keeps the library's plain text from a client whose handshake failed, for the answer is ours, and
// the connection under the socket, which the library would not drop while it waits for a closing.
type handshake struct {
	http.ResponseWriter
	status int
	raw    net.Conn
}

// Hijack implements http.Hijacker.
func (h *handshake) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	raw, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.raw = raw
	return raw, buffered, err
}

// WriteHeader implements http.ResponseWriter.
func (h *handshake) WriteHeader(status int) {
	if h.status = status; status == http.StatusSwitchingProtocols {
		h.ResponseWriter.WriteHeader(status)
	}
}

// Write implements http.ResponseWriter.
func (h *handshake) Write(b []byte) (int, error) { return len(b), nil }

// serve reads until the connection is closed, by whichever side.
func (s *socket) serve() {
	limits := s.endpoint.limits
	defer s.finish()
	defer func() {
		if v := recover(); v != nil {
			s.endpoint.panicked(s.ctx, v)
			s.end(closeTryAgain, "Try again later")
		}
	}()
	if !s.seat.occupy(s) {
		s.end(closeRestart, "Service restart")
	}
	if s.conn.Subprotocol() != protocol {
		s.end(closeSubprotocol, "Subprotocol not acceptable")
	}
	late := time.AfterFunc(limits.Init, func() {
		if !s.isAcked() {
			s.end(closeInitTimeout, "Connection initialisation timeout")
		}
	})
	defer late.Stop()
	s.mu.Lock()
	s.pinger = time.AfterFunc(limits.Ping, s.ping)
	s.mu.Unlock()

	for {
		kind, raw, err := s.conn.Read(context.Background())
		if err != nil {
			return
		}
		if s.isOver() {
			continue // waiting for the client's half of the closing
		}
		if m, ok := parseMessage(kind, raw); ok {
			s.receive(m)
		} else {
			s.end(closeInvalid, "Invalid message")
		}
	}
}

func (s *socket) receive(m message) {
	switch m.kind {
	case typeInit:
		s.initialise(m.payload)
	case typePing:
		s.send(frame(typePong, "", m.payload))
	case typeSubscribe:
		s.subscribe(m)
	case typeComplete:
		s.abandon(m.id)
	}
}

// initialise admits the bearer of the token in the payload, or else in the upgrade's header.
func (s *socket) initialise(payload json.RawMessage) {
	if s.initialised {
		s.end(closeTooManyRequests, "Too many initialisation requests")
		return
	}
	s.initialised = true
	var members map[string]any
	_ = json.Unmarshal(payload, &members) // parseMessage has seen that it is an object
	for name, value := range members {
		if text, ok := value.(string); strings.EqualFold(name, "Authorization") {
			if s.token = ""; ok {
				s.token = bearer(text)
			}
		}
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.endpoint.limits.Init)
	defer cancel()
	id, refused := s.endpoint.admit(ctx, s.seat, s.token)
	if refused != nil {
		s.refuse(refused)
		return
	}
	s.mu.Lock()
	s.acked = true
	s.mu.Unlock()
	s.expireWith(id)
	s.send(frame(typeAck, "", nil))
}

// refuse ends the socket of somebody who may not come in.
func (s *socket) refuse(f *refusal) {
	switch f.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		s.end(closeForbidden, "Forbidden")
	case http.StatusTooManyRequests:
		s.end(closeTooManyRequests, "Too many connections")
	default:
		s.end(closeTryAgain, "Try again later")
	}
}

// expireWith ends the socket when the identity's token expires.
func (s *socket) expireWith(id *viewer.Identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expiry != nil {
		s.expiry.Stop()
	}
	if s.over || id.Expires.IsZero() {
		return
	}
	s.expiry = time.AfterFunc(id.Expires.Sub(clock.Now(s.ctx)), func() { s.end(closeForbidden, "Token expired") })
}

// ping asks the peer for a sign of life, and dismisses it when there is none. While a message is being
// written there is nothing to ask: the write has its own time, and a ping could not overtake it.
func (s *socket) ping() {
	ctx, cancel := context.WithTimeout(context.Background(), s.endpoint.limits.Ping)
	defer cancel()
	if s.writing.TryLock() {
		s.writing.Unlock()
		if s.conn.Ping(ctx) != nil {
			s.dismiss()
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.pinger.Reset(s.endpoint.limits.Ping)
	}
}

// farewell is how long a connection is left open for a close code that its client may never read.
const farewell = time.Second

// dismiss asks a client that gives no sign of life to come back, for it may only have stopped reading and find the
// code behind what it has not read; and drops the connection without waiting for its half of the closing.
func (s *socket) dismiss() {
	s.end(closeTryAgain, "Too slow")
	time.AfterFunc(farewell, func() { _ = s.raw.Close() })
}

// send writes a message.
func (s *socket) send(message []byte) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.write(message)
}

// write is send for who holds the writing lock, and reports whether the message left. A client that keeps the write
// waiting for half of its time is asked to come back; one that does not read at all is cut off after the whole:
// nothing waits for ever.
func (s *socket) write(message []byte) bool {
	if s.isOver() {
		return false
	}
	patience := s.endpoint.limits.Write
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	begin := time.Now()
	if s.conn.Write(ctx, websocket.MessageText, message) != nil {
		s.cut()
		return false
	}
	if time.Since(begin) > patience/2 {
		s.end(closeTryAgain, "Too slow")
	}
	return true
}

func (s *socket) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

func (s *socket) isAcked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked
}

// end cancels what runs and closes with a code. Only the first end counts. It does not wait for the client.
func (s *socket) end(code websocket.StatusCode, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.over = true
	s.cancel()
	s.work.Go(func() { _ = s.conn.Close(code, reason) })
}

// cut implements occupant: it drops the connection, also one that waits for the client's half of a closing.
func (s *socket) cut() {
	_ = s.raw.Close()
	s.end(closeNormal, "")
}

// finish waits until everything that belongs to the socket has ended.
func (s *socket) finish() {
	s.end(closeNormal, "")
	s.mu.Lock()
	s.pinger.Stop()
	if s.expiry != nil {
		s.expiry.Stop()
	}
	s.mu.Unlock()
	s.work.Wait()
}

// revoke implements occupant.
func (s *socket) revoke() { s.end(closeForbidden, "Access changed") }

// drain implements occupant.
func (s *socket) drain(ctx context.Context) {
	s.mu.Lock()
	s.draining = true
	s.settle()
	s.mu.Unlock()
	select {
	case <-s.settled:
	case <-s.ctx.Done():
	case <-ctx.Done():
	}
	s.end(closeRestart, "Service restart")
}

// settle notes that nothing finite runs any more while draining. The caller holds mu.
func (s *socket) settle() {
	if !s.draining || s.finite > 0 {
		return
	}
	select {
	case <-s.settled:
	default:
		close(s.settled)
	}
}
