package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/enrollment"
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
			if differs != listed || len(rows) != 3 {
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
							SetInvitedAt(day(-2)).SetExpiresAt(day(expires)).SetVerifyBy(day(expires)).Exec(ctx))
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

// A provider who treats a patient of a program is expected at the providers' portal: the matrix says where that fails, for
// each of those who treat the patient now, and the list of exceptions agrees.
func TestProvidersAccess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		ctx := w.system()
		w.screened("aid", nil)
		const matrix = `query($id: ID!) { portalAccessMatrix(patientId: $id) { portal expected mismatch explanation status access { id } provider { id name } } }`
		// seen is what is said of the providers: by whom, and how it differs.
		seen := func() map[string]string {
			t.Helper()
			out := map[string]string{}
			differs := false
			for _, node := range w.must("coordinator", matrix, vars{"id": w.id("patient ann")}).at("portalAccessMatrix").([]any) {
				row := node.(map[string]any)
				is, _ := row["mismatch"].(string)
				words, _ := row["explanation"].(string)
				if (is == "") != (words == "") {
					t.Errorf("not explained: %v", row)
				}
				differs = differs || is != ""
				if row["portal"] != "PROVIDER_PORTAL" {
					continue
				}
				if row["access"] != nil || is != "" && !strings.HasPrefix(words, "the provider treats a patient who is in a program, but ") {
					t.Errorf("of a provider: %v", row)
				}
				provider := row["provider"].(map[string]any)
				if is == "" && row["expected"] == false {
					is = "unexpected"
				}
				out[provider["id"].(string)] = is
			}
			listed := slices.ContainsFunc(w.must("coordinator", exceptions, nil).at("portalAccessExceptions.nodes").([]any), func(n any) bool { return n.(map[string]any)["id"] == w.id("patient ann") })
			if listed != differs {
				t.Errorf("the matrix differs: %v, listed: %v", differs, listed)
			}
			return out
		}
		_, err := w.client.Enrollment.Update().Where(enrollment.PatientID(w.row("patient ann")), enrollment.EndedAtIsNil()).SetEndedAt(day(-1)).Save(ctx)
		w.ok(err)
		one, two := w.id("provider provider"), w.id("provider provider2")
		if got := seen(); len(got) != 1 || got[one] != "unexpected" {
			t.Errorf("without an enrollment: %v", got)
		}
		w.ok(w.client.Enrollment.Create().SetPatientID(w.row("patient ann")).SetProgramID(w.row("program aid")).SetSource("PATIENT").SetReferredAt(day(-1)).Exec(ctx))
		if got := seen(); len(got) != 1 || got[one] != "" {
			t.Errorf("in order: %v", got)
		}
		care := w.client.CareRelationship.Create().SetProviderID(w.row("provider provider2")).SetPatientID(w.row("patient ann")).SetBasis("PRESCRIBER").SetStartedAt(day(-2)).SaveX(ctx)
		for status, want := range map[code.PortalAccessStatus]string{
			"INVITED": "INVITATION_EXPIRED", "IDENTITY_PENDING": "IDENTITY_PENDING_LONG", "ACTIVE": "", "SUSPENDED": "SUSPENDED_THOUGH_EXPECTED",
			"REVOKED": "REVOKED_THOUGH_EXPECTED", "EXPIRED": "INVITATION_EXPIRED", "": "MISSING",
		} {
			_, err := w.client.PortalAccess.Delete().Where(portalaccess.AccountID(w.row("provider provider2"))).Exec(ctx)
			w.ok(err)
			if status != "" {
				w.ok(w.client.PortalAccess.Create().SetAccountID(w.row("provider provider2")).SetPortal("PROVIDER_PORTAL").SetStatus(status).
					SetInvitedAt(day(-20)).SetExpiresAt(day(-1)).SetVerifyBy(day(-1)).Exec(ctx))
			}
			if got := seen(); len(got) != 2 || got[one] != "" || got[two] != want {
				t.Errorf("%s: %v, want %s", status, got, want)
			}
		}
		_, err = w.client.PortalAccess.Delete().Where(portalaccess.AccountID(w.row("provider provider2"))).Exec(ctx)
		w.ok(err)
		w.ok(w.client.PortalAccess.Create().SetAccountID(w.row("provider provider2")).SetPortal("PROVIDER_PORTAL").SetStatus("INVITED").SetInvitedAt(day(-1)).SetExpiresAt(day(1)).Exec(ctx))
		if got := seen(); got[two] != "" {
			t.Errorf("invited in time: %v", got)
		}
		w.ok(w.client.CareRelationship.UpdateOneID(care.ID).SetEndedAt(day(-1)).Exec(ctx))
		if got := seen(); len(got) != 1 {
			t.Errorf("of those who treat the patient no more: %v", got)
		}
	})
}
