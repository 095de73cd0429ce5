package main

import (
	"context"
	"time"

	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/server/job"
)

// exchange carries verifications to payers and back. Of several servers one does, as of every job.
func exchange(x *graph.Exchange) job.Job {
	return job.Job{
		Name: "exchange with payers",
		Next: job.Every(time.Second),
		Poll: time.Second,
		Work: func(ctx context.Context, _ time.Time) (bool, error) { return x.Turn(ctx) },
	}
}
