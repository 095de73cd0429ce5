package graph

import (
	"context"
	"errors"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
	"github.com/carehub/carehub/ent/gate"
	"github.com/carehub/carehub/graph/stream"
)

// Due is work of the domain that nobody asks for but time itself: what expires, what is to be made anew, who moves up.
type Due struct {
	// Name is how the operator knows it, the same for ever.
	Name string
	// Every is how often it is looked for.
	Every time.Duration
	// do does a part of it, at most duePart rows, and reports whether there is more. It finds what is to be done from the
	// rows alone, so that whoever goes on after a crash does nothing twice.
	do func(*change) (more bool, err error)
}

// duePart bounds what is done in one transaction.
const duePart = 100

// Dues lists the work that is due again and again.
func Dues() []Due {
	return []Due{
		{Name: "consents that expire", Every: time.Minute, do: expireConsents},
		{Name: "consents to be renewed", Every: time.Hour, do: renewalTasks},
		{Name: "participants to be asked again", Every: time.Hour, do: reconsentTasks},
		{Name: "places that became free", Every: time.Minute, do: freePlaces},
		{Name: "verifications that expire", Every: time.Minute, do: expireVerifications},
		{Name: "verifications to be made anew", Every: time.Hour, do: reverifications},
		{Name: "payers that do not answer", Every: time.Minute, do: silentPayers},
		{Name: "prior authorizations that expire", Every: time.Hour, do: expireAuthorizations},
		{Name: "expiry of invitations", Every: time.Minute, do: expireInvitations},
		{Name: "expiry of proxy grants", Every: time.Minute, do: endProxies},
	}
}

// Do does a part of the work in the transaction, as the system, with its audit and its events, and reports whether there
// is more. The context must be a system one.
func (d Due) Do(ctx context.Context, tx *ent.Tx) (more bool, err error) {
	c := ofSystem(ctx, tx)
	if more, err = d.do(c); err != nil {
		return false, err
	}
	return more, c.write("job: " + d.Name)
}

// ofSystem is a change that nobody asked for.
func ofSystem(ctx context.Context, tx *ent.Tx) *change {
	c := &change{tx: tx}
	ctx = gate.Following(ctx, c.followed)
	c.Context, c.system = ctx, ctx
	return c
}

// part does something of the system's own in a transaction, with its audit and its events.
func part(ctx context.Context, client *ent.Client, operation string, do func(*change) error) error {
	tx, err := client.Tx(ctx)
	if err != nil {
		return err
	}
	c := ofSystem(ctx, tx)
	if err = do(c); err == nil {
		err = c.write(operation)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// write writes what is announced and recorded with a change of the system's own.
func (c *change) write(operation string) error {
	for _, e := range c.events {
		if err := stream.Append(c, c.tx, e); err != nil {
			return err
		}
	}
	for i := range c.entries {
		c.entries[i].Operation = operation
	}
	return audit.Append(c, c.tx, c.entries...)
}
