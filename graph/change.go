package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql/sqlgraph"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/ent/idempotencykey"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/stream"
)

// change is one mutation in its transaction: it collects what is recorded and announced with it.
type change struct {
	// Context runs for the viewer, as read anew within the transaction; system is for rows that the viewer's
	// change brings about and that are not the viewer's to write.
	context.Context
	system context.Context //nolint:containedctx // a change lives exactly as long as its contexts

	tx *ent.Tx
	// viewer is nil for what the system takes in from outside.
	viewer *viewer.Identity

	entries []audit.Entry
	events  []stream.Entry
	// about is the row that the viewer asked to change, as far as it was found: what a refusal is recorded of.
	about audit.Entry
}

// errKeyTaken says that another transaction has used the idempotency key first.
var errKeyTaken = errors.New("idempotency key taken")

// maxKey bounds an idempotency key.
const maxKey = 255

// change runs do in one transaction and returns the key of the row that it names as its outcome. With an
// idempotency key, a repetition of the same input does nothing and returns the first outcome; another input
// under the same key is CONFLICT.
func (r *resolver) change(ctx context.Context, operation string, key *string, input any, do func(*change) (uuid.UUID, error)) (uuid.UUID, error) {
	var use *keyUse
	if key != nil {
		if *key == "" || len(*key) > maxKey {
			return uuid.Nil, fault.Input("input.idempotencyKey", "an idempotency key has 1 to %d characters", maxKey)
		}
		text, err := json.Marshal(input)
		if err != nil {
			return uuid.Nil, err
		}
		sum := sha256.Sum256(text)
		use = &keyUse{operation: operation, key: *key, hash: hex.EncodeToString(sum[:])}
		if outcome, done, err := r.replay(ctx, use); done || err != nil {
			return outcome, err
		}
	}
	outcome, err := r.once(ctx, operation, use, do)
	if errors.Is(err, errKeyTaken) {
		outcome, _, err = r.replay(ctx, use)
	}
	return outcome, err
}

// keyUse is an idempotency key as one mutation uses it.
type keyUse struct{ operation, key, hash string }

// replay returns the outcome of an earlier use of the key.
func (r *resolver) replay(ctx context.Context, use *keyUse) (outcome uuid.UUID, done bool, err error) {
	earlier, err := r.Client.IdempotencyKey.Query().Where(
		idempotencykey.IdentityID(viewer.From(ctx).Key), idempotencykey.Operation(use.operation), idempotencykey.Key(use.key),
	).Only(viewer.System(ctx, "idempotency"))
	switch {
	case ent.IsNotFound(err):
		return uuid.Nil, false, nil
	case err != nil:
		return uuid.Nil, false, err
	case earlier.InputHash != use.hash:
		f := fault.New(fault.Conflict, "the idempotency key was used for another input")
		f.Argument = "input.idempotencyKey"
		return uuid.Nil, true, f
	case earlier.ResultID == nil:
		return uuid.Nil, true, fmt.Errorf("idempotency key %s has no outcome", earlier.ID)
	}
	// Who may no longer come in is told nothing of what was done before; what the rest may still see of it is for
	// the rules.
	_, err = r.Identities.Fresh(ctx)
	return *earlier.ResultID, true, err
}

// once runs do in a transaction of its own, with everything that is written beside it.
func (r *resolver) once(ctx context.Context, operation string, use *keyUse, do func(*change) (uuid.UUID, error)) (outcome uuid.UUID, err error) {
	tx, err := r.Client.Tx(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	c := &change{tx: tx}
	asked := ctx
	defer func() {
		if p := recover(); p != nil {
			tx.Rollback() //nolint:errcheck // the panic matters more
			panic(p)
		}
		if err == nil {
			return
		}
		if rollback := tx.Rollback(); rollback != nil {
			err = errors.Join(err, rollback)
		}
		// A refusal outlives the transaction: it is recorded with what the operation read.
		if f := fault.Classify(err); f.Code == fault.Forbidden {
			audit.Denied(asked, code.AuditActionExecute, c.about.Entity, c.about.IDs, f.Message)
		}
	}()
	// The rights that count are those of this moment.
	if ctx, err = r.Identities.fresh(ctx, tx.Client()); err != nil {
		return uuid.Nil, err
	}
	ctx = gate.Following(ctx, c.followed)
	c.Context, c.system, c.viewer = ctx, viewer.System(ctx, operation), viewer.From(ctx)
	var used *ent.IdempotencyKey
	if use != nil {
		used, err = tx.IdempotencyKey.Create().
			SetIdentityID(c.viewer.Key).SetOperation(use.operation).SetKey(use.key).SetInputHash(use.hash).
			SetCreatedAt(clock.Now(ctx)).Save(c.system)
		if sqlgraph.IsUniqueConstraintError(err) {
			return uuid.Nil, errKeyTaken
		}
		if err != nil {
			return uuid.Nil, err
		}
	}
	if outcome, err = do(c); err != nil {
		return uuid.Nil, err
	}
	if used != nil {
		if err = tx.IdempotencyKey.UpdateOne(used).SetResultID(outcome).Exec(c.system); err != nil {
			return uuid.Nil, err
		}
	}
	for _, e := range c.events {
		if err = stream.Append(c.system, tx, e); err != nil {
			return uuid.Nil, err
		}
	}
	for i := range c.entries {
		c.entries[i].Operation = operation
	}
	if err = audit.Append(ctx, tx, c.entries...); err != nil {
		return uuid.Nil, err
	}
	if err = tx.Commit(); err != nil {
		return uuid.Nil, err
	}
	for _, e := range c.events { // here at once; other servers hear it by the stream
		if e.Kind == code.EventKindAccessChanged && e.Subject != nil {
			r.Identities.Forget(*e.Subject)
		}
	}
	if len(c.events) > 0 {
		r.Log.Kick()
	}
	return outcome, nil
}

// actor is the key of who makes the change; nil for the system.
func (c *change) actor() *uuid.UUID {
	if c.viewer == nil {
		return nil
	}
	return &c.viewer.Key
}

// concerns notes which row the viewer asked to change.
func (c *change) concerns(entity string, id uuid.UUID) {
	c.about = audit.Entry{Entity: entity, IDs: []uuid.UUID{id}}
}

// record notes for audit that rows were created or changed, and which patient they are about.
func (c *change) record(action code.AuditAction, entity string, patient *uuid.UUID, ids ...uuid.UUID) {
	e := audit.Entry{Action: action, Entity: entity, IDs: ids}
	if patient != nil {
		e.Patients = []uuid.UUID{*patient}
	}
	c.entries = append(c.entries, e)
}

// followed notes for audit what followed from the change without being asked for.
func (c *change) followed(f gate.Follow) { c.record(f.Action, f.Entity, &f.Patient, f.ID) }

// announce notes an event for the streams.
func (c *change) announce(e stream.Entry) { c.events = append(c.events, e) }

// ForgetKeys removes idempotency keys from before the moment, never more than limit at once, and returns how many. A
// retry that comes later than that is a new request.
func ForgetKeys(ctx context.Context, tx *ent.Tx, before time.Time, limit int) (int, error) {
	system := viewer.System(ctx, "retention of idempotency keys")
	old, err := tx.IdempotencyKey.Query().Where(idempotencykey.CreatedAtLT(before)).
		Order(idempotencykey.ByCreatedAt()).Limit(limit).IDs(system)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	return tx.IdempotencyKey.Delete().Where(idempotencykey.IDIn(old...)).Exec(system)
}
