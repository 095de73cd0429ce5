// Package audit keeps the record of who did or read what, in a form in which nobody can change it unseen.
//
// The rows stand in 16 chains (shards), so that writers seldom wait for one another: an actor's rows are all in
// one chain, in the order in which they were committed. Every row carries a hash over all of its columns and
// the hash of the row before it; the head of the chain has the last. Verify walks the chains.
//
// A change is recorded by Append in its own transaction. What was read is gathered by a Recorder while an
// operation runs and written by a Writer before its answer leaves.
package audit

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/viewer"
)

// Shards is the number of chains. The migration makes a head for each, numbered from 1.
const Shards = 16

// Entry is what one row says beyond who, when and where in the chain.
type Entry struct {
	Action code.AuditAction
	// Operation is the name of the API's operation, or of the command or job.
	Operation string
	// Entity is the type of the rows concerned as package ent names it; empty when there are none.
	Entity string
	IDs    []uuid.UUID
	// Patients are the persons that the rows are about; they find the entry in their access log.
	Patients []uuid.UUID
	// Detail is the condition that revealed, the purpose of use, or the reason of denial.
	Detail string
	// Decision is PERMIT unless it is set.
	Decision  code.AuditDecision
	ConsentID *uuid.UUID
	// RequestID is that of the context's Recorder unless it is set.
	RequestID string
}

// Append records the entries as the last statements of the caller's transaction. From here to its end the
// transaction holds the actor's chain, so it must neither do anything else nor wait for a Writer.
func Append(ctx context.Context, tx *ent.Tx, entries ...Entry) error {
	rows, err := draft(ctx, entries)
	if err != nil || len(rows) == 0 {
		return err
	}
	if err := record(viewer.System(ctx, "audit"), tx, rows); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	return nil
}

// draft returns the rows of the entries as far as the context determines them: without their place in the chain.
func draft(ctx context.Context, entries []Entry) ([]*ent.AuditEvent, error) {
	var actor *uuid.UUID
	var key uuid.UUID
	var persona string
	if id := viewer.From(ctx); id != nil {
		key, persona = id.Key, string(id.Role)
		actor = &key
	}
	at, shard := clock.Now(ctx), shardOf(key)
	rows := make([]*ent.AuditEvent, len(entries))
	for i, e := range entries {
		if e.Decision == "" {
			e.Decision = code.AuditDecisionPermit
		}
		if e.RequestID == "" {
			e.RequestID = requestID(ctx)
		}
		if err := e.check(); err != nil {
			return nil, err
		}
		rows[i] = e.row(at, shard, actor, persona)
	}
	return rows, nil
}

// check refuses what a database would refuse: many requests share a transaction, which no single one may spoil.
func (e *Entry) check() error {
	if err := auditevent.ActionValidator(e.Action); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := auditevent.DecisionValidator(e.Decision); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	for _, s := range []string{e.Operation, e.Entity, e.Detail, e.RequestID} {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			return fmt.Errorf("audit: %q is no text", s)
		}
	}
	return nil
}

func (e *Entry) row(at time.Time, shard int, actor *uuid.UUID, persona string) *ent.AuditEvent {
	return &ent.AuditEvent{
		Shard: shard, At: at, ActorID: actor, Persona: persona,
		Action: e.Action, Operation: e.Operation, Entity: e.Entity,
		EntityIds: text(e.IDs), PatientIds: text(e.Patients),
		Detail: e.Detail, Decision: e.Decision, ConsentID: e.ConsentID, RequestID: e.RequestID,
	}
}

// text returns the keys joined by a blank.
func text(keys []uuid.UUID) string {
	var b strings.Builder
	b.Grow(37 * len(keys))
	for i, k := range keys {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(k.String())
	}
	return b.String()
}

// shardOf returns the chain of an actor. Work of nobody has one as well.
func shardOf(actor uuid.UUID) int {
	h := fnv.New32a()
	_, _ = h.Write(actor[:]) // a hash takes everything
	return int(h.Sum32()%Shards) + 1
}
