package intake

import (
	"context"

	"github.com/carehub/carehub/server/intake/synthea"
)

// syntheaTables takes the tables of a CSV export of Synthea in.
func syntheaTables(ctx context.Context, r *run, paths []string) error {
	importer := synthea.NewImporter()
	return r.tables(ctx, paths, export{
		ranks: synthea.Ranks, sort: synthea.Sort, read: importer.Read, load: importer.Load,
	})
}
