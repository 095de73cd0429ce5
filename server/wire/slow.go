package wire

import (
	"context"
	"net"
)

// sendBuffer bounds what the kernel takes over for a client that does not read; left to itself it lets this grow to
// megabytes. Linux reserves twice as much, for its own records. What the program holds for such a client is one
// message and one batch of events for each of its operations, so that a stopped reader costs about a quarter of a
// megabyte in the kernel and some tens of kilobytes here, however long it stops and however much happens meanwhile.
const sendBuffer = 128 << 10

// Bounded bounds the memory of a connection. It is the ConnContext of the http.Server that serves an Endpoint, for
// an event stream does not get hold of its connection.
func Bounded(ctx context.Context, conn net.Conn) context.Context {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // fails only on a connection that is broken, as everything else on it will
	}
	return ctx
}
