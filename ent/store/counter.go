package store

import (
	"context"
	"database/sql/driver"
	"sync"
)

// Statement is one statement that was sent to the database.
type Statement struct {
	SQL  string
	Args []any
}

// Counter counts the statements that run under a context, on whichever connection and in whichever transaction.
// BEGIN and COMMIT do not count.
type Counter struct {
	mu  sync.Mutex
	ran []ran
}

type ran struct {
	query string
	args  []driver.NamedValue
}

type counterKey struct{}

// WithCounter returns a context whose statements the counter counts. An outer counter does not see them.
func WithCounter(ctx context.Context) (context.Context, *Counter) {
	c := &Counter{}
	return context.WithValue(ctx, counterKey{}, c), c
}

func record(ctx context.Context, query string, args []driver.NamedValue) {
	c, ok := ctx.Value(counterKey{}).(*Counter)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ran = append(c.ran, ran{query, args})
}

// Count returns the number of statements up to now.
func (c *Counter) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ran)
}

// Statements returns the statements in the order in which they were sent, with the arguments as the driver got them.
func (c *Counter) Statements() []Statement {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Statement, len(c.ran))
	for i, r := range c.ran {
		out[i] = Statement{SQL: r.query, Args: make([]any, len(r.args))}
		for j, a := range r.args {
			out[i].Args[j] = a.Value
		}
	}
	return out
}
