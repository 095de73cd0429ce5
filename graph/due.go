package graph

import (
	"context"
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/audit"
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
		{Name: "expiry of invitations", Every: time.Minute, do: expireInvitations},
		{Name: "expiry of proxy grants", Every: time.Minute, do: endProxies},
	}
}

// Do does a part of the work in the transaction, as the system, with its audit and its events, and reports whether there
// is more. The context must be a system one.
func (d Due) Do(ctx context.Context, tx *ent.Tx) (more bool, err error) {
	c := &change{Context: ctx, system: ctx, tx: tx}
	if more, err = d.do(c); err != nil {
		return false, err
	}
	for _, e := range c.events {
		if err := stream.Append(ctx, tx, e); err != nil {
			return false, err
		}
	}
	for i := range c.entries {
		c.entries[i].Operation = "job: " + d.Name
	}
	return more, audit.Append(ctx, tx, c.entries...)
}
