package job

import (
	"context"
	"time"

	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/graph"
)

// due is the work of the domain that time asks for.
func due() []Job {
	var jobs []Job
	for _, d := range graph.Dues() {
		jobs = append(jobs, Job{
			Name: d.Name,
			Next: Every(d.Every),
			Do: func(ctx context.Context, tx *store.Tx, _ time.Time) (bool, error) {
				return d.Do(ctx, tx.Tx)
			},
		})
	}
	return jobs
}
