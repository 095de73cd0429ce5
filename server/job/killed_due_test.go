package job

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/auditevent"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/event"
	"github.com/carehub/carehub/ent/serviceactivity"
	"github.com/carehub/carehub/ent/statuschange"
)

// expiring are as many enrollments, each active by a consent that has just expired.
func (p *plan) expiring(n int) {
	p.t.Helper()
	ctx, c := p.ctx(), p.Client
	ok := func(err error) {
		p.t.Helper()
		if err != nil {
			p.t.Fatal(err)
		}
	}
	tx, err := c.Tx(ctx)
	ok(err)
	program := tx.CareProgram.Create().SetKind("PATIENT_SERVICES").SetName("Aid").SetStatus("ACTIVE").SaveX(ctx)
	ok(tx.RequiredConsent.Create().SetProgramID(program.ID).SetScope("PROGRAM_PARTICIPATION").Exec(ctx))
	for range n {
		id := uuid.Must(uuid.NewV7())
		ok(tx.Account.Create().SetID(id).SetKind("PATIENT").Exec(ctx))
		ok(tx.Patient.Create().SetID(id).SetGiven("A").SetFamily("B").SetBirthDate("1980-01-01").SetSex("FEMALE").Exec(ctx))
		given := tx.Consent.Create().SetPatientID(id).SetScope("PROGRAM_PARTICIPATION").SetStatus("ACTIVE").SetDecision("PERMIT").SetCapturedVia("IN_PERSON").
			SetCapturedAt(p.clock().Add(-time.Hour)).SetEffectiveFrom(p.clock().Add(-time.Hour)).SetExpiresAt(p.clock().Add(time.Second)).
			SetSignerRole("SELF").SetEvidenceKind("WITNESS").SetEvidenceRef("A nurse").SaveX(ctx)
		ok(tx.StatusChange.Create().SetConsentID(given.ID).SetToStatus("ACTIVE").Exec(ctx))
		e := tx.Enrollment.Create().SetPatientID(id).SetProgramID(program.ID).SetSource("COORDINATOR").SetReferredAt(p.clock()).
			SetStatus("ACTIVE").SetEligibility("ELIGIBLE").SetActivatedAt(p.clock()).SaveX(ctx)
		ok(tx.StatusChange.Create().SetEnrollmentID(e.ID).SetToStatus("ACTIVE").Exec(ctx))
	}
	ok(tx.Commit())
	p.passes(time.Minute)
}

// TestKilledExpiry kills a server in the middle of the expiry of consents: another does the rest, and of each consent
// and enrollment there is one end, one event, one record and one task.
func TestKilledExpiry(t *testing.T) {
	const many, name = 230, "consents that expire"
	each(t, 0, func(t *testing.T, p *plan) {
		p.expiring(many)
		server := exec.CommandContext(t.Context(), os.Args[0])
		server.Env = append(os.Environ(), asServer+"="+url(p), asJob+"="+name)
		server.Stderr = t.Output()
		orders, err := server.StdinPipe() // it stalls until it is told to go on, which nobody does
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = orders.Close() }()
		output, err := server.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		said, err := bufio.NewReader(output).ReadString('\n')
		_ = server.Process.Kill()
		_ = server.Wait() // it was killed, which is no news
		if said != "stalled\n" {
			t.Fatalf("the server says %q (%v)", said, err)
		}
		ctx, c := p.ctx(), p.Client
		if n := c.Consent.Query().Where(consent.StatusEQ(code.ConsentStatusInactive)).CountX(ctx); n != 200 {
			t.Fatalf("%d consents had expired when it was killed, want two batches of a hundred", n)
		}
		var j Job
		for _, d := range due() {
			if d.Name == name {
				j = d
			}
		}
		p.passes(365 * 24 * time.Hour) // its lease, by the clock on the wall, is over
		p.turn(p.runner(), j)
		type count struct {
			what string
			n    int
		}
		for _, got := range []count{
			{"consents are over", c.Consent.Query().Where(consent.StatusEQ(code.ConsentStatusInactive)).CountX(ctx)},
			{"ends of consents", c.StatusChange.Query().Where(statuschange.ConsentIDNotNil(), statuschange.ToStatus("INACTIVE")).CountX(ctx)},
			{"events of consents", c.Event.Query().Where(event.KindEQ(code.EventKindConsentChanged)).CountX(ctx)},
			{"enrollments were put on hold", c.StatusChange.Query().Where(statuschange.EnrollmentIDNotNil(), statuschange.ToStatus("ON_HOLD")).CountX(ctx)},
			{"tasks", c.ServiceActivity.Query().Where(serviceactivity.KindEQ(code.ActivityKindHoldReview)).CountX(ctx)},
			{"consents in the audit", recorded(c.AuditEvent.Query().Where(auditevent.Operation("job: " + name)).AllX(ctx))},
		} {
			if got.n != many {
				t.Errorf("%d %s, want %d", got.n, got.what, many)
			}
		}
	})
}

// recorded counts the consents that the records name.
func recorded(rows []*ent.AuditEvent) int {
	named := map[string]int{}
	for _, row := range rows {
		if row.Entity == ent.TypeConsent {
			for id := range strings.FieldsSeq(row.EntityIds) {
				named[id]++
			}
		}
	}
	n := 0
	for _, times := range named {
		if times == 1 {
			n++
		}
	}
	return n
}
