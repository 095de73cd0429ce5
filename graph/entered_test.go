package graph_test

import (
	"testing"
	"time"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/graph"
)

// When a portal is entered is noted once an hour, at whichever server, of the portal that was entered; the coordinator
// sees it.
func TestEntered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		access := w.row("access ann")
		other := w.client.PortalAccess.Create().SetAccountID(w.row("patient ann")).SetPortal("TRIAL_PORTAL").SetStatus("ACTIVE").SetInvitedAt(day(-2)).SaveX(w.system())
		elsewhere := graph.NewDirectory(st.Client, nil)
		enter := func(d *graph.Directory, who string, portal code.Portal) {
			t.Helper()
			w.ok(d.Entered(clock.At(t.Context(), *w.now.Load()), w.identity(who), string(portal)))
		}
		seen := func(want time.Time, version int) {
			t.Helper()
			row, err := w.client.PortalAccess.Get(w.system(), access)
			w.ok(err)
			if row.LastLoginAt == nil || !row.LastLoginAt.Equal(want) || row.Version != version {
				t.Errorf("entered at %v, want %v, after %d changes", row.LastLoginAt, want, row.Version)
			}
		}
		enter(w.directory, "patient", "PATIENT_PORTAL")
		enter(w.directory, "coordinator", "STAFF_CONSOLE")
		seen(noon, 2)
		w.later(59 * time.Minute)
		enter(w.directory, "patient", "PATIENT_PORTAL")
		enter(elsewhere, "patient", "PATIENT_PORTAL")
		seen(noon, 2)
		w.later(time.Minute)
		enter(elsewhere, "patient", "PATIENT_PORTAL")
		enter(w.directory, "patient", "PATIENT_PORTAL")
		seen(noon.Add(time.Hour), 3)
		if row := w.client.PortalAccess.GetX(w.system(), other.ID); row.LastLoginAt != nil {
			t.Errorf("another portal was entered at %v", row.LastLoginAt)
		}
		a := w.must("coordinator", `query($id: ID!) { portalAccessMatrix(patientId: $id) { portal status lastLoginAt access { lastLoginAt } } }`, vars{"id": w.id("patient ann")})
		want := noon.Add(time.Hour).Format(time.RFC3339)
		if a.text("portalAccessMatrix.0.lastLoginAt") != want || a.text("portalAccessMatrix.0.access.lastLoginAt") != want || a.at("portalAccessMatrix.1.lastLoginAt") != nil {
			t.Errorf("the coordinator sees %s", a.raw)
		}
		if n, err := w.client.PortalAccess.Query().Where(portalaccess.LastLoginAtGT(noon)).Count(w.system()); n != 1 || err != nil {
			t.Errorf("%d portals were entered (%v)", n, err)
		}
	})
}
