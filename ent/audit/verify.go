package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/audithead"
	"github.com/carehub/carehub/ent/viewer"
)

// rowsPerPage bounds what Verify has in memory.
const rowsPerPage = 500

// Report is what Verify found.
type Report struct {
	// Chains has one element for each shard, in order, and one for each other number that a row claims.
	Chains []Chain `json:"chains"`
}

// Chain is what Verify found in one shard.
type Chain struct {
	Shard int `json:"shard"`
	// Floor is the last row that retention removed.
	Floor int64 `json:"floor"`
	// Seq and Hash are the head's, up to which the chain was walked.
	Seq  int64  `json:"seq"`
	Hash []byte `json:"hash"`
	// Fault is nil where the chain is whole.
	Fault *Fault `json:"fault,omitempty"`
}

// Fault is the first row of a chain that is not as it was written.
type Fault struct {
	Shard  int    `json:"shard"`
	Seq    int64  `json:"seq"`
	Reason string `json:"reason"`
}

// Error implements error.
func (f *Fault) Error() string {
	return fmt.Sprintf("audit: shard %d, row %d: %s", f.Shard, f.Seq, f.Reason)
}

// Anchor is the head of a chain as somebody outside of the database remembers it. Whoever may change every
// table can hash a chain anew, but not one that ends in an anchor.
type Anchor struct {
	Shard int    `json:"shard"`
	Seq   int64  `json:"seq"`
	Hash  []byte `json:"hash"`
}

// Err returns the faults, or nil when every chain is whole.
func (r Report) Err() error {
	var faults []error
	for _, c := range r.Chains {
		if c.Fault != nil {
			faults = append(faults, c.Fault)
		}
	}
	return errors.Join(faults...)
}

// Anchors returns the heads to give to a later Verify.
func (r Report) Anchors() []Anchor {
	var anchors []Anchor
	for _, c := range r.Chains {
		if c.Seq > 0 {
			anchors = append(anchors, Anchor{Shard: c.Shard, Seq: c.Seq, Hash: c.Hash})
		}
	}
	return anchors
}

// Verify walks every chain from its floor to its head and finds the first row that was altered, deleted,
// inserted or moved. It holds no transaction: rows may be added and retention may run meanwhile. The error is
// of the database; what is wrong with the record is in the report.
func Verify(ctx context.Context, client *ent.Client, anchors ...Anchor) (Report, error) {
	ctx = viewer.System(ctx, "audit verify")
	var report Report
	for shard := 1; shard <= Shards; shard++ {
		chain, err := verifyShard(ctx, client, shard, anchors)
		if err != nil {
			return Report{}, fmt.Errorf("audit: shard %d: %w", shard, err)
		}
		report.Chains = append(report.Chains, chain)
	}
	stray, err := client.AuditEvent.Query().
		Where(auditevent.Or(auditevent.ShardLT(1), auditevent.ShardGT(Shards))).
		Order(auditevent.ByShard(), auditevent.BySeq()).First(ctx)
	switch {
	case err == nil:
		report.Chains = append(report.Chains, Chain{
			Shard: stray.Shard, Fault: &Fault{stray.Shard, stray.Seq, "belongs to no chain"},
		})
	case !ent.IsNotFound(err):
		return Report{}, fmt.Errorf("audit: %w", err)
	}
	return report, nil
}

// ends are the floor and the head of a chain.
type ends struct {
	Seq       int64  `sql:"seq"`
	Hash      []byte `sql:"hash"`
	FloorSeq  int64  `sql:"floor_seq"`
	FloorHash []byte `sql:"floor_hash"`
}

func verifyShard(ctx context.Context, client *ent.Client, shard int, anchors []Anchor) (Chain, error) {
	for {
		// Before the head is read: rows that are added later are beyond neither.
		newest, err := client.AuditEvent.Query().Where(auditevent.Shard(shard)).
			Order(auditevent.BySeq(sql.OrderDesc())).Select(auditevent.FieldSeq).First(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return Chain{}, err
		}
		found, err := endsOf(ctx, client, shard)
		if err != nil {
			return Chain{}, err
		}
		if found == nil {
			return Chain{Shard: shard, Fault: &Fault{shard, 0, "the head is missing"}}, nil
		}
		fault, err := walk(ctx, client, shard, found, anchors)
		if err != nil {
			return Chain{}, err
		}
		if fault == nil && newest != nil && newest.Seq > max(found.Seq, found.FloorSeq) {
			fault = &Fault{shard, newest.Seq, "stands beyond the head"}
		}
		if fault != nil { // perhaps it is only what retention removed while we walked
			now, err := endsOf(ctx, client, shard)
			if err != nil {
				return Chain{}, err
			}
			if now != nil && now.FloorSeq > found.FloorSeq {
				continue
			}
		}
		return Chain{Shard: shard, Floor: found.FloorSeq, Seq: found.Seq, Hash: found.Hash, Fault: fault}, nil
	}
}

// endsOf returns nil where the chain lacks its head or floor.
func endsOf(ctx context.Context, client *ent.Client, shard int) (*ends, error) {
	var found []ends
	err := client.AuditHead.Query().Where(audithead.ID(shard)).Modify(func(s *sql.Selector) {
		floors := sql.Table("audit_floors")
		s.Join(floors).On(s.C(audithead.FieldID), floors.C("shard")).Select(
			s.C(audithead.FieldSeq), s.C(audithead.FieldHash),
			sql.As(floors.C("seq"), "floor_seq"), sql.As(floors.C("hash"), "floor_hash"))
	}).Scan(ctx, &found)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// walk returns the first row between the ends that is not as it was written.
func walk(ctx context.Context, client *ent.Client, shard int, chain *ends, anchors []Anchor) (*Fault, error) {
	if chain.FloorSeq > chain.Seq {
		return &Fault{shard, chain.Seq, "is the head but below the floor"}, nil
	}
	anchored := make(map[int64][]byte)
	for _, a := range anchors {
		if a.Shard == shard {
			anchored[a.Seq] = a.Hash
		}
	}
	last, hash := chain.FloorSeq, chain.FloorHash
	for {
		page, err := client.AuditEvent.Query().
			Where(auditevent.Shard(shard), auditevent.SeqGT(last), auditevent.SeqLTE(chain.Seq)).
			Order(auditevent.BySeq()).Limit(rowsPerPage).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if fault := follows(e, last, hash); fault != nil {
				return fault, nil
			}
			if anchor, isAnchored := anchored[e.Seq]; isAnchored && !bytes.Equal(e.Hash, anchor) {
				return &Fault{shard, e.Seq, "is not the row that was anchored: it or rows before it were replaced"}, nil
			}
			last, hash = e.Seq, e.Hash
		}
		if len(page) < rowsPerPage {
			break
		}
	}
	switch {
	case last < chain.Seq:
		return &Fault{shard, last + 1, "is missing"}, nil
	case !bytes.Equal(hash, chain.Hash):
		return &Fault{shard, last, "is not the row that the head names"}, nil
	}
	for seq := range anchored {
		if seq > chain.Seq {
			return &Fault{shard, chain.Seq + 1, "is missing: the chain was anchored beyond its head"}, nil
		}
	}
	return nil, nil //nolint:nilnil // no fault is found
}

// follows returns what is wrong with a row of which the one before it should be the last of its chain.
func follows(e *ent.AuditEvent, last int64, hash []byte) *Fault {
	switch {
	case e.Seq != last+1:
		return &Fault{e.Shard, last + 1, "is missing"}
	case !bytes.Equal(e.Hash, digest(e)):
		return &Fault{e.Shard, e.Seq, "was altered"}
	case !bytes.Equal(e.PrevHash, hash):
		return &Fault{e.Shard, e.Seq, "does not follow from the row before it: one of the two was replaced"}
	}
	return nil
}
