package main

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/carehub/carehub/ent/store/storetest"
)

// TestInvitation: whoever is invited signs in at the identity provider, presents the code, is verified and comes in, on
// each server; when the access is suspended on one server, what is open on the other is closed within a second.
func TestInvitation(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		database func(testing.TB) string
		servers  int
	}{"sqlite": {storetest.SQLiteURL, 1}, "postgres": {storetest.PostgresURL, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, c.database(t))
			other := p
			if c.servers > 1 {
				other = &program{database: p.database, secretFile: p.secretFile}
				other.start(t, "127.0.0.1:0")
			}
			testInvitation(t, p, other)
		})
	}
}

func testInvitation(t *testing.T, p, other *program) {
	coordinator := p.demoUser(t, "coordinator")
	patient := p.demoUser(t, "patient").asks(`{ me { patient { id } } }`, nil).text("me.patient.id")
	// The demo patient has the patient portal: it is closed for good, and who comes next is another user of the account.
	held := coordinator.asks(`query($id: ID!) { patient(id: $id) { portalAccesses { nodes { id portal status } } } }`, object{"id": patient})
	for _, node := range held.at("patient.portalAccesses.nodes").([]any) {
		if n := node.(object); n["status"] == "ACTIVE" {
			coordinator.does("revokePortalAccess", object{"accessId": n["id"], "reason": "another address"}, "access { status }")
		}
	}
	made := coordinator.does("invitePortalUser", object{"patientId": patient, "portal": "PATIENT_PORTAL"}, "access { id } invitationCode")
	text, access := made.text("payload.invitationCode"), made.text("payload.access.id")
	newcomer := other.user(t, "newcomer", "PATIENT_PORTAL")
	newcomer.refusedBy("before")
	for what, c := range map[string]struct {
		body, token string
		status      int
	}{
		"no token":         {`{"code": "` + text + `"}`, "", http.StatusUnauthorized},
		"a forged token":   {`{"code": "` + text + `"}`, "Bearer x.y.z", http.StatusUnauthorized},
		"a wrong code":     {`{"code": "WRONG"}`, "Bearer " + newcomer.token, http.StatusForbidden},
		"no code":          {`{}`, "Bearer " + newcomer.token, http.StatusBadRequest},
		"another portal's": {`{"code": "` + text + `"}`, "Bearer " + p.user(t, "newcomer", "TRIAL_PORTAL").token, http.StatusForbidden},
		"somebody else":    {`{"code": "` + text + `"}`, "Bearer " + p.user(t, "patient2", "PATIENT_PORTAL").token, http.StatusForbidden},
	} {
		if status, _, said := present(t, p, c.body, c.token); status != c.status {
			t.Errorf("%s: %d %s", what, status, said)
		}
	}
	if status, _, said := present(t, other, `{"code": "`+text+`"}`, "Bearer "+newcomer.token); status != http.StatusOK {
		t.Fatalf("accepted: %d %s", status, said)
	}
	if status, _, said := present(t, p, `{"code": "`+text+`"}`, "Bearer "+newcomer.token); status != http.StatusForbidden {
		t.Errorf("accepted twice: %d %s", status, said)
	}
	newcomer.refusedBy("unverified")
	coordinator.does("verifyIdentity", object{"accessId": access, "method": "DOCUMENT", "level": "IAL2"}, "access { status }").is("payload.access.status", "ACTIVE")
	newcomer.asks(`{ me { patient { id } } }`, nil).is("me.patient.id", patient)

	socket := newcomer.opens()
	coordinator.does("suspendPortalAccess", object{"accessId": access, "reason": "a lost phone"}, "access { status }")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, _, err := socket.Read(ctx); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the socket of a suspended user: %v", err)
	}
	newcomer.refusedBy("suspended")
	coordinator.does("restorePortalAccess", object{"accessId": access}, "access { status }")
	newcomer.asks(`{ me { name } }`, nil)
	coordinator.does("revokePortalAccess", object{"accessId": access, "reason": "moved away"}, "access { status }")
	eventually(t, "the revoked user is shut out", func() bool { return newcomer.status() == http.StatusForbidden })
}

// present presents a code.
func present(t *testing.T, p *program, body, token string) (int, http.Header, string) {
	t.Helper()
	headers := []string{"Content-Type", "application/json"}
	if token != "" {
		headers = append(headers, "Authorization", token)
	}
	return send(t, http.MethodPost, p.url+"/invitation", body, headers...)
}

// status is how the server answers the user over HTTP.
func (u *user) status() int {
	u.t.Helper()
	status, _, _ := send(u.t, http.MethodGet, u.url+"/schema", "", "Authorization", "Bearer "+u.token)
	return status
}

// refusedBy checks that the user may not come in.
func (u *user) refusedBy(when string) {
	u.t.Helper()
	if status := u.status(); status != http.StatusForbidden {
		u.t.Errorf("%s: %s gets HTTP %d", when, u.name, status)
	}
}
