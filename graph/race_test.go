package graph_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/carehub/carehub/ent/idempotencykey"
	"github.com/carehub/carehub/ent/membership"
	"github.com/carehub/carehub/ent/statuschange"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
)

// together runs the operation n times at once, each in the context that it is given the number of.
func (w *world) together(n int, as func(int) context.Context, document string, variables func(int) vars) []answer {
	answers := make([]answer, n)
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ctx, variables := as(i), variables(i)
		wait.Go(func() {
			<-start
			answers[i] = w.send(ctx, document, variables)
		})
	}
	close(start)
	wait.Wait()
	return answers
}

// Of 32 who accept one case at once, one wins; the others learn when it was accepted, and nothing of who it was.
func TestAcceptRace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		var rivals []context.Context
		for i := range 32 {
			name := fmt.Sprintf("rival%d", i)
			id := w.keep(name)(w.client.Identity.Create().SetPersona("LIAISON").SetIssuer(issuer).SetSubject(name).SetName(name).Save(w.system()))
			w.ok(w.client.Membership.Create().SetIdentityID(id).SetDepartment("MEDICAL_AFFAIRS").SetStartedAt(day(-1)).Exec(w.system()))
			rivals = append(rivals, w.as(name))
		}
		id := w.id("case waiting")
		before := w.audits("acceptCase")
		winners, losers := 0, 0
		for _, a := range w.together(32, func(i int) context.Context { return rivals[i] }, accept, func(int) vars { return vars{"id": id} }) {
			switch a.code() {
			case "":
				winners++
			case "ALREADY_ACCEPTED":
				losers++
				if a.errors[0].Extensions["acceptedAt"] == nil {
					t.Errorf("no moment: %s", a.raw)
				}
			default:
				t.Errorf("%s", a.raw)
			}
		}
		if winners != 1 || losers != 31 {
			t.Errorf("%d winners, %d losers", winners, losers)
		}
		steps, err := w.client.StatusChange.Query().Where(statuschange.CareCaseID(w.row("case waiting")), statuschange.ToStatus("ACCEPTED")).Count(w.system())
		w.ok(err)
		if recorded := w.audits("acceptCase") - before; steps != 1 || recorded != 1 {
			t.Errorf("%d steps, %d entries of the record", steps, recorded)
		}
	})
}

// One key makes one row, however often and however many at once; a key is its user's own.
func TestIdempotency(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		count := func() int {
			n, err := w.client.CareCase.Query().Count(w.system())
			w.ok(err)
			return n
		}
		before := count()
		as, input := w.as("provider"), w.question(vars{"idempotencyKey": "once", "involvesAdverseEvent": true, "adverseEventText": "a rash"})
		answers := w.together(50, func(int) context.Context { return as }, submit, func(int) vars { return input })
		for _, a := range answers {
			if a.code() != "" || a.raw != answers[0].raw {
				t.Errorf("%s, and %s", answers[0].raw, a.raw)
			}
		}
		if made := count() - before; made != 2 {
			t.Errorf("%d cases", made)
		}
		keys, err := w.client.IdempotencyKey.Query().Where(idempotencykey.Key("once")).Count(w.system())
		w.ok(err)
		if keys != 1 {
			t.Errorf("%d keys", keys)
		}
		a := w.refused("CONFLICT", "provider", submit, w.question(vars{"idempotencyKey": "once"}))
		if a.errors[0].Extensions["argument"] != "input.idempotencyKey" {
			t.Errorf("another input: %s", a.raw)
		}
		if other := w.must("provider2", submit, input); other.text("submitMedicalInquiry.case.id") == answers[0].text("submitMedicalInquiry.case.id") {
			t.Error("another user's key gives the first one's case")
		}
		if made := count() - before; made != 4 {
			t.Errorf("%d cases", made)
		}
		// The key of a refused change is free again.
		w.refused("NOT_FOUND", "provider", submit, w.question(vars{"idempotencyKey": "again", "patientId": w.id("patient bob")}))
		w.must("provider", submit, w.question(vars{"idempotencyKey": "again"}))
	})
}

// A repetition shows what the user may see by now.
func TestReplayUnderPresentRights(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		variables := vars{"id": w.id("case waiting"), "key": "mine"}
		first := w.must("liaison", accept, variables)
		if again := w.must("liaison", accept, variables); again.raw != first.raw {
			t.Errorf("%s, and %s", first.raw, again.raw)
		}
		w.must("liaison", reroute, vars{"id": w.id("case waiting"), "to": "LEGAL"})
		if again := w.must("liaison", accept, variables); again.at("acceptCase.case") != nil || again.code() != "" {
			t.Errorf("after the reroute: %s", again.raw)
		}
		signedIn := w.as("liaison")
		w.ok(w.client.Membership.Update().Where(membership.IdentityID(w.row("user liaison"))).SetEndedAt(noon).Exec(w.system()))
		w.ok(w.client.Identity.UpdateOneID(w.row("user liaison")).SetStatus("DISABLED").Exec(w.system()))
		if again := w.send(signedIn, accept, variables); again.code() != "FORBIDDEN" {
			t.Errorf("disabled: %s", again.raw)
		}
	})
}
