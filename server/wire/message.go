package wire

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
)

// protocol is the one websocket protocol that is spoken. Its predecessor, whose name is graphql-ws, is not.
const protocol = "graphql-transport-ws"

// maxID bounds the identifiers of operations, which the server has to keep.
const maxID = 256

// The close codes of the protocol, and those of RFC 6455 that clients answer by coming back. Forbidden also
// ends a socket whose token expired: clients take Unauthorized for final, but fetch a new token for Forbidden.
const (
	closeNormal          = websocket.StatusNormalClosure
	closeRestart         = websocket.StatusServiceRestart
	closeTryAgain        = websocket.StatusTryAgainLater
	closeInvalid         = websocket.StatusCode(4400)
	closeUnauthorized    = websocket.StatusCode(4401)
	closeForbidden       = websocket.StatusCode(4403)
	closeSubprotocol     = websocket.StatusCode(4406)
	closeInitTimeout     = websocket.StatusCode(4408)
	closeDuplicate       = websocket.StatusCode(4409)
	closeTooManyRequests = websocket.StatusCode(4429)
)

// The types of messages.
const (
	typeInit      = "connection_init"
	typeAck       = "connection_ack"
	typePing      = "ping"
	typePong      = "pong"
	typeSubscribe = "subscribe"
	typeNext      = "next"
	typeError     = "error"
	typeComplete  = "complete"
)

// message is what a client may send.
type message struct {
	kind    string
	id      string             // of subscribe and complete
	payload json.RawMessage    // of ping, pong and connection_init: an object or nothing
	params  *graphql.RawParams // of subscribe
}

// parseMessage reads a message, and reports whether the protocol lets a client send it.
func parseMessage(frame websocket.MessageType, raw []byte) (m message, ok bool) {
	var members map[string]json.RawMessage
	if frame != websocket.MessageText || !utf8.Valid(raw) || json.Unmarshal(raw, &members) != nil || members == nil {
		return m, false
	}
	if !decode(members["type"], &m.kind) {
		return m, false
	}
	switch m.kind {
	case typeInit, typePing, typePong:
		m.payload = members["payload"]
		var object map[string]json.RawMessage
		return m, m.payload == nil || decode(m.payload, &object)
	case typeSubscribe:
		if !decode(members["id"], &m.id) || m.id == "" || len(m.id) > maxID {
			return m, false
		}
		params, refused := decodeParams(members["payload"])
		m.params = params
		return m, refused == nil
	case typeComplete:
		return m, decode(members["id"], &m.id) && m.id != ""
	}
	return m, false
}

// frame gives a message of the server. An empty id or payload is left out.
func frame(kind, id string, payload []byte) []byte {
	b := make([]byte, 0, len(kind)+len(id)+len(payload)+40)
	b = append(b, '{')
	if id != "" {
		b = appendMember(b, "id", marshal(id, false))
	}
	b = appendMember(b, "type", strconv.AppendQuote(nil, kind))
	b = appendMember(b, "payload", payload)
	return append(b, '}')
}
