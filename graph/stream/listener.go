package stream

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/lib/pq"
)

const (
	reconnectMin = 20 * time.Millisecond
	reconnectMax = 500 * time.Millisecond
)

// listen wakes the log at every notification, and at every connect: what was sent while nobody listened is gone,
// and pq drops what arrives while it subscribes again. Notifications are taken without pause, as a listener that
// does not read holds back the queue of the whole cluster. Whatever fails here costs a poll's time and no event.
func (l *Log) listen() {
	listener := pq.NewDialListener(dialer{l.ctx}, l.db.Source, reconnectMin, reconnectMax,
		func(event pq.ListenerEventType, err error) {
			if event == pq.ListenerEventConnectionAttemptFailed && l.ctx.Err() == nil {
				l.options.Logger.Debug("no notifications of events", "error", err)
			}
			l.Kick()
		})
	l.workers.Go(func() { // blocks until there is a connection
		if err := listener.Listen(channel); err != nil && !errors.Is(err, net.ErrClosed) {
			l.options.Logger.Warn("no notifications of events", "error", err)
		}
	})
	stop := context.AfterFunc(l.ctx, func() {
		_ = listener.Close() // fails only when it is closed already
	})
	defer stop()
	for range listener.Notify { // nil after a reconnect
		l.Kick()
	}
}

// dialer makes the listener's connections end with the context, even in the middle of a handshake, where pq
// would otherwise wait with its lock held. Nothing is ever sent on an idle listener's connection, so only
// keep-alives find out that the other side is gone.
type dialer struct{ ctx context.Context }

// Dial implements pq.Dialer.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialTimeout(network, address, 0)
}

// DialTimeout implements pq.Dialer.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	to := net.Dialer{
		Timeout: timeout,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
		},
	}
	conn, err := to.DialContext(d.ctx, network, address)
	if err != nil {
		return nil, err
	}
	ended := &endedConn{Conn: conn}
	ended.stop = context.AfterFunc(d.ctx, func() { _ = conn.Close() })
	return ended, nil
}

// endedConn is a connection that a context may close.
type endedConn struct {
	net.Conn
	stop func() bool
}

// Close implements net.Conn.
func (c *endedConn) Close() error {
	c.stop()
	return c.Conn.Close()
}
