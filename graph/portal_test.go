package graph_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/identity"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph"
)

// The operations of portal access.
const (
	inviteTo      = `mutation($id: ID!, $portal: Portal!) { invitePortalUser(input: {patientId: $id, portal: $portal}) { access { id status expiresAt } invitationCode } }`
	verify        = `mutation($id: ID!, $level: IdentityLevel!) { verifyIdentity(input: {accessId: $id, method: DOCUMENT, level: $level}) { access { status activatedAt } } }`
	suspendAccess = `mutation($id: ID!) { suspendPortalAccess(input: {accessId: $id, reason: "a lost phone"}) { access { status reason } } }`
	restoreAccess = `mutation($id: ID!) { restorePortalAccess(input: {accessId: $id}) { access { status reason } } }`
	revokeAccess  = `mutation($id: ID!) { revokePortalAccess(input: {accessId: $id, reason: "moved away"}) { access { status } } }`
	accessMatrix  = `query($id: ID!) { portalAccessMatrix(patientId: $id) { portal expected mismatch explanation access { status } } }`
	exceptions    = `{ portalAccessExceptions(first: 100) { totalCount nodes { id } } }`
)

// accepts presents the code as somebody who signed in at the portal.
func (w *world) accepts(who string, portal code.Portal, text string) error {
	return w.api.AcceptInvitation(clock.At(w.t.Context(), *w.now.Load()), issuer, who, string(portal), text)
}

// enters says whether the subject of a token is let in.
func (w *world) enters(who string, portal code.Portal) error {
	_, err := w.directory.Lookup(w.t.Context(), issuer, who, string(portal))
	return err
}

// steps of the grant with the identifier.
func (w *world) accessSteps(id string) string {
	w.t.Helper()
	key, err := gid.Parse(nil, id)
	w.ok(err)
	rows, err := w.client.StatusChange.Query().Where(statuschange.PortalAccessID(key.UUID)).Order(statuschange.ByAt(), statuschange.ByID()).All(w.system())
	w.ok(err)
	var out []string
	for _, row := range rows {
		out = append(out, row.ToStatus)
	}
	return strings.Join(out, " ")
}

// A patient is invited to a portal, comes, is verified, and is let in until the access is taken away; then a new
// invitation is a new grant.
func TestPortalAccess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		trial := vars{"id": w.id("patient ann"), "portal": "TRIAL_PORTAL"}
		for _, who := range []string{"patient", "provider", "liaison", "safety", "analyst"} {
			w.refused("GRAPHQL_VALIDATION_FAILED", who, inviteTo, trial)
		}
		w.refused("NOT_FOUND", "coordinator2", inviteTo, trial)
		w.refused("BAD_USER_INPUT", "coordinator", inviteTo, vars{"id": w.id("patient ann"), "portal": "STAFF_CONSOLE"})
		w.refused("INVALID_TRANSITION", "coordinator", inviteTo, vars{"id": w.id("patient ann"), "portal": "PATIENT_PORTAL"})

		made := w.must("coordinator", inviteTo, trial)
		id, text := made.text("invitePortalUser.access.id"), made.text("invitePortalUser.invitationCode")
		if made.text("invitePortalUser.access.status") != "INVITED" || len(text) < 26 {
			t.Fatalf("invited: %s", made.raw)
		}
		of := vars{"id": id}
		for name, bad := range map[string]error{
			"a wrong code":     w.accepts("patient", "TRIAL_PORTAL", text+"X"),
			"no code":          w.accepts("patient", "TRIAL_PORTAL", ""),
			"another portal":   w.accepts("patient", "PATIENT_PORTAL", text),
			"somebody else's":  w.accepts("patient2", "TRIAL_PORTAL", text),
			"an unknown thief": w.accepts("thief", "TRIAL_PORTAL", text), // the account has a user who may enter elsewhere
		} {
			if !errors.Is(bad, graph.ErrNoInvitation) {
				t.Errorf("%s: %v", name, bad)
			}
		}
		w.refused("INVALID_TRANSITION", "coordinator", verify, vars{"id": id, "level": "IAL2"})
		w.refused("INVALID_TRANSITION", "coordinator", suspendAccess, of)
		w.refused("INVALID_TRANSITION", "coordinator", restoreAccess, of)
		w.ok(w.accepts("patient", "TRIAL_PORTAL", text))
		if err := w.accepts("patient", "TRIAL_PORTAL", text); !errors.Is(err, graph.ErrNoInvitation) {
			t.Errorf("accepted twice: %v", err)
		}
		if a := w.must("coordinator", `query($id: ID!) { portalAccessMatrix(patientId: $id) { access { expiresAt verifyBy } } }`, vars{"id": w.id("patient ann")}); a.at("portalAccessMatrix.1.access.expiresAt") != nil ||
			a.text("portalAccessMatrix.1.access.verifyBy") != noon.AddDate(0, 0, 14).Format(time.RFC3339) {
			t.Errorf("to be verified: %s", a.raw)
		}
		if err := w.enters("patient", "TRIAL_PORTAL"); !errors.Is(err, graph.ErrNoPortal) {
			t.Errorf("enters unverified: %v", err)
		}
		w.refused("INVALID_TRANSITION", "coordinator", restoreAccess, of)
		if a := w.must("coordinator", verify, vars{"id": id, "level": "IAL1"}); a.text("verifyIdentity.access.status") != "IDENTITY_PENDING" {
			t.Errorf("IAL1 is enough: %s", a.raw)
		}
		if a := w.must("coordinator", verify, vars{"id": id, "level": "IAL2"}); a.text("verifyIdentity.access.status") != "ACTIVE" {
			t.Errorf("verified: %s", a.raw)
		}
		w.ok(w.enters("patient", "TRIAL_PORTAL"))
		w.refused("NOT_FOUND", "coordinator2", suspendAccess, of)
		before, err := w.client.Identity.Query().Where(identity.Subject("patient")).Only(w.system())
		w.ok(err)
		w.ok(w.enters("patient", "TRIAL_PORTAL")) // and is known here now
		w.must("coordinator", suspendAccess, of)
		if w.enters("patient", "TRIAL_PORTAL") == nil {
			t.Error("where the access was suspended the patient still comes in")
		}
		now, err := w.client.Identity.Get(w.system(), before.ID)
		w.ok(err)
		if now.RightsVersion != before.RightsVersion+1 {
			t.Errorf("rights %d after %d", now.RightsVersion, before.RightsVersion)
		}
		w.shut("patient", "TRIAL_PORTAL")
		w.must("coordinator", restoreAccess, of)
		w.ok(w.enters("patient", "TRIAL_PORTAL"))
		w.must("admin", revokeAccess, of)
		w.shut("patient", "TRIAL_PORTAL")
		for _, document := range []string{suspendAccess, restoreAccess, revokeAccess} {
			w.refused("INVALID_TRANSITION", "coordinator", document, of)
		}
		if got := w.accessSteps(id); got != "INVITED IDENTITY_PENDING ACTIVE SUSPENDED ACTIVE REVOKED" {
			t.Errorf("went %s", got)
		}

		again := w.must("coordinator", inviteTo, trial)
		if again.text("invitePortalUser.access.id") == id {
			t.Error("the revoked grant is opened again")
		}
		w.must("coordinator", revokeAccess, vars{"id": again.text("invitePortalUser.access.id")})
		if err := w.accepts("patient", "TRIAL_PORTAL", again.text("invitePortalUser.invitationCode")); !errors.Is(err, graph.ErrNoInvitation) {
			t.Errorf("a withdrawn invitation is accepted: %v", err)
		}
		late := w.must("coordinator", inviteTo, trial)
		w.later(15 * 24 * time.Hour)
		if err := w.accepts("patient", "TRIAL_PORTAL", late.text("invitePortalUser.invitationCode")); !errors.Is(err, graph.ErrNoInvitation) {
			t.Errorf("a late invitation is accepted: %v", err)
		}
		w.due()
		if got := w.accessSteps(late.text("invitePortalUser.access.id")); got != "INVITED EXPIRED" {
			t.Errorf("went %s", got)
		}
		if left, err := w.client.PortalAccess.Query().Where(portalaccess.InvitationHashNotNil()).Count(w.system()); err != nil || left != 0 {
			t.Errorf("%d codes are worth something (%v)", left, err)
		}
	})
}

// shut waits until the user, of whose rights every server hears, is not let in.
func (w *world) shut(who string, portal code.Portal) {
	w.t.Helper()
	for end := time.Now().Add(time.Second); w.enters(who, portal) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%s still enters the %s", who, portal)
		}
	}
}

// A repetition tells no code, and a code never shows anywhere else. Of those who race for one, one wins.
func TestInvitationRaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		const keyed = `mutation($id: ID!) { invitePortalUser(input: {patientId: $id, portal: TRIAL_PORTAL, idempotencyKey: "k"}) { access { id } invitationCode } }`
		first, second := w.must("coordinator", keyed, vars{"id": w.id("patient cal")}), w.must("coordinator", keyed, vars{"id": w.id("patient cal")})
		if first.text("invitePortalUser.access.id") != second.text("invitePortalUser.access.id") || second.at("invitePortalUser.invitationCode") != nil {
			t.Errorf("repeated: %s", second.raw)
		}
		text := first.text("invitePortalUser.invitationCode")
		var wait sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wait.Go(func() { errs[i] = w.accepts(fmt.Sprintf("cal%d", i), "TRIAL_PORTAL", text) })
		}
		wait.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, graph.ErrNoInvitation) {
				t.Errorf("lost with %v", err)
			}
		}
		users, err := w.client.Identity.Query().Where(identity.AccountID(w.row("patient cal"))).Count(w.system())
		if won != 1 || err != nil || users != 1 {
			t.Errorf("%d accepted, %d users (%v)", won, users, err)
		}
	})
}
