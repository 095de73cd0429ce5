package intake

import (
	"context"

	"github.com/carehub/carehub/server/intake/nppes"
	"github.com/carehub/carehub/server/intake/table"
)

// register takes the tables of the National Plan and Provider Enumeration System in.
func register(ctx context.Context, r *run, paths []string) error {
	return r.tables(ctx, paths, export{
		ranks: nppes.Ranks, sort: nppes.Sort, read: func(*table.Batch) {}, load: nppes.NewImporter().Load,
	})
}
