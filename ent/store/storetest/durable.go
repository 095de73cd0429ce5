package storetest

import (
	"errors"
	"testing"

	"github.com/carehub/carehub/ent/store/internal/cluster"
)

// Durable is a PostgreSQL server of one test that keeps what it commits, and that the test may crash, stop, start and
// set back.
type Durable = cluster.Durable

// NewDurable starts a durable server, which goes at the end of the test. Without PostgreSQL the test is skipped.
func NewDurable(t testing.TB) *Durable {
	t.Helper()
	d, err := cluster.NewDurable(t.Context())
	Require(t, "PostgreSQL", !errors.Is(err, cluster.ErrAbsent))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Remove(); err != nil {
			t.Error(err)
		}
	})
	return d
}
