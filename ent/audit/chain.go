package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audithead"
)

// rowsPerInsert keeps a statement below the 32,766 parameters that SQLite takes.
const rowsPerInsert = 500

// record gives the rows their place in their chains and inserts them: three statements, however many chains.
func record(ctx context.Context, tx *ent.Tx, rows []*ent.AuditEvent) error {
	heads, err := lock(ctx, tx, rows)
	if err != nil {
		return err
	}
	for _, e := range rows {
		head := heads[e.Shard]
		e.Seq, e.PrevHash = head.Seq+1, head.Hash
		e.ID = keyOf(e.Shard, e.Seq)
		e.Hash = digest(e)
		head.Seq, head.Hash = e.Seq, e.Hash
	}
	for chunk := range slices.Chunk(rows, rowsPerInsert) {
		builders := make([]*ent.AuditEventCreate, len(chunk))
		for i, e := range chunk {
			builders[i] = create(tx, e)
		}
		if err := tx.AuditEvent.CreateBulk(builders...).Exec(ctx); err != nil {
			return err
		}
	}
	return advance(ctx, tx, slices.Collect(maps.Keys(heads)))
}

// lock reads the heads of the rows' chains and holds them to the end of the transaction, always in the same
// order, so that two transactions cannot wait for each other. On SQLite a transaction that writes holds the
// whole database from its beginning.
func lock(ctx context.Context, tx *ent.Tx, rows []*ent.AuditEvent) (map[int]*ent.AuditHead, error) {
	shards := make(map[int]*ent.AuditHead)
	for _, e := range rows {
		shards[e.Shard] = nil
	}
	query := tx.AuditHead.Query().Where(audithead.IDIn(slices.Sorted(maps.Keys(shards))...)).Order(audithead.ByID())
	query.Modify(func(s *sql.Selector) {
		if s.Dialect() == dialect.Postgres {
			s.ForUpdate()
		}
	})
	heads, err := query.All(ctx)
	if err != nil {
		return nil, err
	}
	if len(heads) != len(shards) {
		return nil, fmt.Errorf("%d of %d chains have a head", len(heads), len(shards))
	}
	for _, h := range heads {
		shards[h.ID] = h
	}
	return shards, nil
}

// advance makes the newest row of each chain its head.
func advance(ctx context.Context, tx *ent.Tx, shards []int) error {
	newest := func(column string) sql.Querier {
		return sql.Expr("(SELECT e." + column + " FROM audit_events AS e WHERE e.shard = audit_heads.id ORDER BY e.seq DESC LIMIT 1)")
	}
	slices.Sort(shards)
	return tx.AuditHead.Update().Where(audithead.IDIn(shards...)).Modify(func(u *sql.UpdateBuilder) {
		u.Set(audithead.FieldSeq, newest("seq")).Set(audithead.FieldHash, newest("hash"))
	}).Exec(ctx)
}

func create(tx *ent.Tx, e *ent.AuditEvent) *ent.AuditEventCreate {
	return tx.AuditEvent.Create().
		SetID(e.ID).SetShard(e.Shard).SetSeq(e.Seq).SetAt(e.At).
		SetNillableActorID(e.ActorID).SetPersona(e.Persona).
		SetAction(e.Action).SetOperation(e.Operation).
		SetEntity(e.Entity).SetEntityIds(e.EntityIds).SetPatientIds(e.PatientIds).
		SetDetail(e.Detail).SetDecision(e.Decision).SetNillableConsentID(e.ConsentID).
		SetRequestID(e.RequestID).SetPrevHash(e.PrevHash).SetHash(e.Hash)
}

// keyOf returns the key of a row: given by its place, so that the hash can cover it.
func keyOf(shard int, seq int64) int64 { return seq*Shards + int64(shard-1) }

// digest returns the SHA-256 of all columns but the hash itself. Numbers have a fixed and texts a leading
// length, so that no two rows have the same encoding.
func digest(e *ent.AuditEvent) []byte {
	var b bytes.Buffer
	number := func(n int64) { b.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	words := func(s string) { number(int64(len(s))); b.WriteString(s) }
	key := func(k *uuid.UUID) {
		if k == nil {
			number(0)
			return
		}
		words(string(k[:]))
	}
	words("carehub audit 1")
	number(e.ID)
	number(int64(e.Shard))
	number(e.Seq)
	number(e.At.UnixMicro())
	key(e.ActorID)
	for _, s := range []string{
		e.Persona, string(e.Action), e.Operation, e.Entity, e.EntityIds, e.PatientIds,
		e.Detail, string(e.Decision), e.RequestID,
	} {
		words(s)
	}
	key(e.ConsentID)
	words(string(e.PrevHash))
	sum := sha256.Sum256(b.Bytes())
	return sum[:]
}
