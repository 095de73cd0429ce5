package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/viewer"
)

// Trim removes rows before the moment from the old ends of the chains, never more than limit at once, and returns
// how many it removed. The chain's floor goes up to the last of them first: Verify begins there. A row that is not
// as it was written is not removed, nor is any after it, because it would take the proof with it: that is a *Fault.
func Trim(ctx context.Context, tx *store.Tx, before time.Time, limit int) (removed int, err error) {
	ctx = viewer.System(ctx, "audit retention")
	for shard := 1; shard <= Shards && removed < limit; shard++ {
		n, err := trimShard(ctx, tx, shard, before, limit-removed)
		if err != nil {
			return 0, fmt.Errorf("audit: removing old rows: %w", err)
		}
		removed += n
	}
	return removed, nil
}

func trimShard(ctx context.Context, tx *store.Tx, shard int, before time.Time, limit int) (int, error) {
	var last int64
	var hash []byte
	if err := tx.Row(ctx, "SELECT seq, hash FROM audit_floors WHERE shard = $1", []any{shard}, &last, &hash); err != nil {
		return 0, err
	}
	rows, err := tx.AuditEvent.Query().Where(auditevent.Shard(shard), auditevent.SeqGT(last)).
		Order(auditevent.BySeq()).Limit(limit).All(ctx)
	if err != nil {
		return 0, err
	}
	var cut *ent.AuditEvent
	for _, e := range rows {
		if !e.At.Before(before) {
			break
		}
		if fault := follows(e, last, hash); fault != nil {
			return 0, fault
		}
		cut, last, hash = e, e.Seq, e.Hash
	}
	if cut == nil {
		return 0, nil
	}
	if _, err := tx.Exec(ctx, "UPDATE audit_floors SET seq = $1, hash = $2 WHERE shard = $3", cut.Seq, cut.Hash, shard); err != nil {
		return 0, err
	}
	return tx.AuditEvent.Delete().Where(auditevent.Shard(shard), auditevent.SeqLTE(cut.Seq)).Exec(ctx)
}
