// Package stream delivers what happened, in the order in which it became visible, without loss or repetition:
// the event log in the database, and readers that resume at any place of it.
//
// The log is the truth; a notification only wakes. Every event has a position: the number of the event in the
// order in which events became visible, without holes. A Log follows the table from one position to the next
// and keeps the latest events in memory. A subscriber is nothing but a position: where the memory does not
// reach back to it, it reads the table. So nothing is ever dropped, however slow a subscriber is, and every
// subscriber of every server sees the same sequence.
package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/viewer"
)

// Entry says that something happened to an entity. It never says what the entity is now: every subscriber
// reads that again under the own rules.
type Entry struct {
	Kind   code.EventKind
	Entity string // the prefix of the entity's identifiers
	ID     uuid.UUID

	// Department and Territory are those that the entity had at the event; a subscriber may choose by them.
	Department *string
	Territory  *string
	// Subject is the identity or account that the event concerns. An ACCESS_CHANGED must name the identity.
	Subject *uuid.UUID
	// Reason says why a case entered a department.
	Reason *code.RoutingReason
}

// Event is an entry of the log with its place in it.
type Event struct {
	Entry
	Pos int64
	At  time.Time

	tag mark
}

// Append writes the entry in the caller's transaction, so that it is there exactly when the change is. After the
// commit the caller should call Log.Kick, or the event waits for the next poll.
func Append(ctx context.Context, tx *ent.Tx, e Entry) error {
	if e.Kind == code.EventKindAccessChanged && e.Subject == nil {
		return fmt.Errorf("stream: %s without a subject", e.Kind)
	}
	err := tx.Event.Create().
		SetKind(e.Kind).
		SetEntity(e.Entity).
		SetEntityID(e.ID).
		SetNillableDepartment(e.Department).
		SetNillableTerritory(e.Territory).
		SetNillableSubjectID(e.Subject).
		SetNillableReason(e.Reason).
		SetAt(clock.Now(ctx)).
		Exec(viewer.System(ctx, "event log"))
	if err != nil {
		return fmt.Errorf("stream: appending %s: %w", e.Kind, err)
	}
	return nil
}
