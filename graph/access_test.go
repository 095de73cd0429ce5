package graph_test

import (
	"slices"
	"testing"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/portalaccess"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// The list of exceptions and the matrix of a patient, which are computed apart, say the same of every state of every
// portal, with and without an enrollment that calls for it.
func TestAccessExceptions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		ctx, ann := w.system(), w.row("patient ann")
		seen := map[string]bool{}
		check := func(what string) {
			t.Helper()
			differs := false
			rows := w.must("coordinator", accessMatrix, vars{"id": w.id("patient ann")}).at("portalAccessMatrix").([]any)
			for _, row := range rows {
				if is, _ := row.(map[string]any)["mismatch"].(string); is != "" {
					differs, seen[is] = true, true
				}
			}
			listed := false
			for _, node := range w.must("coordinator", exceptions, nil).at("portalAccessExceptions.nodes").([]any) {
				listed = listed || node.(map[string]any)["id"] == w.id("patient ann")
			}
			if differs != listed || len(rows) != 2 {
				t.Errorf("%s: the matrix differs: %v, listed: %v", what, differs, listed)
			}
		}
		w.screened("aid", nil)
		w.screened("study", func(c *ent.CareProgramCreate) { c.SetKind(code.ProgramKindClinicalTrial) })
		for _, enrolled := range []string{"", "aid", "study"} {
			if enrolled != "" {
				w.ok(w.client.Enrollment.Create().SetPatientID(ann).SetProgramID(w.row("program " + enrolled)).SetSource("PATIENT").SetReferredAt(day(-1)).Exec(ctx))
			}
			for _, portal := range []code.Portal{"PATIENT_PORTAL", "TRIAL_PORTAL"} {
				_, err := w.client.PortalAccess.Delete().Where(portalaccess.AccountID(ann), portalaccess.PortalEQ(portal)).Exec(ctx)
				w.ok(err)
				check(enrolled + " without " + string(portal))
				for _, status := range code.PortalAccessStatus("").Values() {
					for _, expires := range []int{-1, 1} {
						_, err := w.client.PortalAccess.Delete().Where(portalaccess.AccountID(ann), portalaccess.PortalEQ(portal)).Exec(ctx)
						w.ok(err)
						w.ok(w.client.PortalAccess.Create().SetAccountID(ann).SetPortal(portal).SetStatus(code.PortalAccessStatus(status)).
							SetInvitedAt(day(-2)).SetExpiresAt(day(expires)).Exec(ctx))
						check(enrolled + " " + status + " " + string(portal))
					}
				}
			}
		}
		for _, is := range []string{"IDENTITY_PENDING_LONG", "INVITATION_EXPIRED", "MISSING", "OPEN_WITHOUT_REASON", "REVOKED_THOUGH_EXPECTED", "SUSPENDED_THOUGH_EXPECTED"} {
			if !seen[is] {
				t.Errorf("never %s", is)
			}
		}
		if a := w.must("coordinator2", exceptions, nil); slices.ContainsFunc(a.at("portalAccessExceptions.nodes").([]any), func(n any) bool { return n.(map[string]any)["id"] == w.id("patient ann") }) {
			t.Errorf("another team is told: %s", a.raw)
		}
		w.refused("NOT_FOUND", "coordinator2", accessMatrix, vars{"id": w.id("patient ann")})
	})
}
