package job

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// outside is a job whose work happens outside of the transactions of its runner.
func (p *plan) outside(before func()) Job {
	return Job{Name: "errand", Next: Every(time.Hour), Work: func(ctx context.Context, _ time.Time) (bool, error) {
		before()
		done, err := p.DB.ExecContext(ctx, fmt.Sprintf(
			"UPDATE work SET done = done + 1 WHERE n IN (SELECT n FROM work WHERE done = 0 ORDER BY n LIMIT %d)", piecesPerBatch))
		if err != nil {
			return false, err
		}
		n, err := done.RowsAffected()
		return n > 0, err
	}}
}

// What happens outside of the database is done to its end while the lease is held, by one server at a time, and holds up
// no transaction; what fails or panics is tried again, and a server that has lost the lease does no more.
func TestOutside(t *testing.T) {
	each(t, 10, func(t *testing.T, p *plan) {
		first, second := p.runner(), p.runner()
		j := p.outside(func() {})
		nested := p.outside(func() {
			p.turn(second, j)                           // the lease is the first one's
			p.exec("UPDATE work SET done = done + 0")   // and nobody is held up by it
			p.passes(first.options.Lease - time.Second) // it is renewed by each batch
		})
		p.turn(first, nested)
		p.done(10)
		if row := p.row(j); row.Runs != 1 || row.Holder != nil {
			t.Errorf("after the run the row is %v", row)
		}

		p.more(1)
		p.passes(2 * time.Hour)
		p.turn(first, p.outside(func() { panic("a pin drops") }))
		if row := p.row(j); row.Failures != 1 || row.LastError == nil || !strings.Contains(*row.LastError, "panic") {
			t.Errorf("after a panic the row is %v", row)
		}
		p.done(10)
		p.passes(2 * time.Hour)
		p.turn(first, j)
		p.done(11)

		p.more(6)
		p.passes(2 * time.Hour)
		row, err := first.row(p.ctx(), j)
		if err != nil {
			t.Fatal(err)
		}
		if claimed, err := first.claim(p.ctx(), j, row); !claimed || err != nil {
			t.Fatalf("claimed: %v, %v", claimed, err)
		}
		if more, err := first.batch(p.ctx(), j, row); !more || err != nil {
			t.Fatalf("batch: %v, %v", more, err)
		}
		p.passes(2 * first.options.Lease)
		p.turn(second, j)
		p.done(17)
		p.more(1)
		if _, err := first.batch(p.ctx(), j, row); !errors.Is(err, errTaken) {
			t.Errorf("a batch without the lease: %v", err)
		}
		p.done(17)
	})
}
