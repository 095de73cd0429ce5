package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/viewer"
)

// enteredEvery is how exact the moment is at which a portal was last entered. There are no sessions of the server's own,
// and a token may be renewed unseen for days: an hour says enough, and costs one write an hour and user, not one a request.
const enteredEvery = time.Hour

// A request waits so long for the note, and where that failed the next try comes so much later: nobody is kept out for it.
const (
	enteredWithin = 250 * time.Millisecond
	enteredAgain  = time.Minute
)

// door is a portal of a user.
type door struct {
	user   uuid.UUID
	portal string
}

// Entered notes that somebody who was let in has entered a portal that is granted to accounts. Of all requests within an
// hour, at whatever server, one is noted.
func (d *Directory) Entered(ctx context.Context, who *viewer.Identity, portal string) error {
	if who.Role != viewer.Patient && who.Role != viewer.Provider || who.AccountKey == uuid.Nil {
		return nil
	}
	now, through := clock.Now(ctx), door{who.Key, portal}
	d.mu.Lock()
	last, known := d.entered[through]
	fresh := known && now.Sub(last) < enteredEvery && !now.Before(last)
	if !fresh {
		d.entered[through] = now
	}
	d.mu.Unlock()
	if fresh {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, enteredWithin)
	defer cancel()
	err := d.client.PortalAccess.Update().Where(
		portalaccess.AccountID(who.AccountKey), portalaccess.PortalEQ(code.Portal(portal)), portalaccess.StatusEQ(code.PortalAccessStatusActive),
		portalaccess.Or(portalaccess.LastLoginAtIsNil(), portalaccess.LastLoginAtLTE(now.Add(-enteredEvery))),
	).SetLastLoginAt(now).Exec(viewer.System(ctx, "sign-in"))
	if err != nil { // a later request tries again
		d.mu.Lock()
		d.entered[through] = now.Add(enteredAgain - enteredEvery)
		d.mu.Unlock()
	}
	return err
}
