package graph_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/consent"
	"github.com/carehub/carehub/ent/coveragebenefit"
	"github.com/carehub/carehub/ent/gid"
	"github.com/carehub/carehub/ent/money"
	"github.com/carehub/carehub/ent/store"
	"github.com/carehub/carehub/ent/store/storetest"
	"github.com/carehub/carehub/ent/verificationattempt"
	"github.com/carehub/carehub/graph"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/payer"
)

// submitElectronic asks the payer over the clearinghouse.
const submitElectronic = `mutation($id: ID!) { submitBenefitVerification(input: {coverageId: $id, method: ELECTRONIC}) { verification { id status attempt } unmet { code scope } } }`

// house is a clearinghouse that does what a test says.
type house struct {
	mu           sync.Mutex
	asked        []payer.Inquiry
	box          []payer.Response
	acknowledged []string
	// closed refuses inquiries, deaf acknowledgements, down everything.
	closed, deaf, down bool
}

func (h *house) Submit(_ context.Context, in payer.Inquiry) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.down {
		return errors.New("the line is down")
	}
	if !slices.ContainsFunc(h.asked, func(other payer.Inquiry) bool { return other.Trace == in.Trace }) {
		h.asked = append(h.asked, in)
	}
	return nil
}

func (h *house) Responses(_ context.Context, limit int) ([]payer.Response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return nil, errors.New("the line is down")
	}
	return slices.Clone(h.box[:min(limit, len(h.box))]), nil
}

func (h *house) Acknowledge(_ context.Context, id string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.deaf {
		return errors.New("the line is down")
	}
	h.acknowledged = append(h.acknowledged, id)
	h.box = slices.DeleteFunc(h.box, func(r payer.Response) bool { return r.ID == id })
	return nil
}

// says puts an answer to the last inquiry into the box.
func (h *house) says(a model.RecordVerificationResultInput) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.box = append(h.box, payer.Response{ID: uuid.NewString(), Trace: h.asked[len(h.asked)-1].Trace, Answer: a})
}

// exchange is the world's, over the clearinghouse; turn does what there is to do.
func (w *world) exchange(h *house) (turn func() error) {
	x := &graph.Exchange{Client: w.client, House: h, Logger: slog.New(slog.DiscardHandler)}
	return func() error {
		for {
			more, err := x.Turn(w.system())
			if err != nil || !more {
				return err
			}
		}
	}
}

// submitted is a coverage of ann's whose payer is being asked over the clearinghouse.
func (w *world) submitted(priority int) string {
	w.t.Helper()
	coverage := w.must("coordinator", addCoverage, vars{"input": w.policy(priority)}).text("addCoverage.coverage.id")
	w.must("coordinator", permitVerifying, vars{"id": w.id("patient ann")})
	return w.must("coordinator", submitElectronic, vars{"id": coverage}).text("submitBenefitVerification.verification.id")
}

// told is how the coordinator sees a verification: its status, result, error, and how its attempts went.
func (w *world) told(id string) string {
	w.t.Helper()
	a := w.must("coordinator", `query($id: ID!) { benefitVerification(id: $id) { status result errorCode attempts { nodes { outcome errorCode } } } }`, vars{"id": id})
	words := []string{a.text("benefitVerification.status"), a.text("benefitVerification.result"), a.text("benefitVerification.errorCode"), ":"}
	attempts, _ := a.at("benefitVerification.attempts.nodes").([]any)
	for _, one := range attempts {
		outcome, _ := one.(map[string]any)["outcome"].(string)
		failure, _ := one.(map[string]any)["errorCode"].(string)
		words = append(words, outcome, failure)
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// answerOf is a complete answer.
func (w *world) answerOf(result code.VerificationResult) model.RecordVerificationResultInput {
	until := w.now.Load().AddDate(0, 6, 0)
	return model.RecordVerificationResultInput{Outcome: code.VerificationOutcomeComplete, Result: &result, ValidUntil: &until}
}

// decimal is a sum as it is written.
func decimal(text string) *money.Decimal {
	d := money.Decimal(text)
	return &d
}

// revoked ends the patient's consents of the scope that are in force.
func (w *world) revoked(patient string, scope code.ConsentScope) {
	w.t.Helper()
	rows, err := w.client.Consent.Query().Where(consent.PatientID(w.row("patient "+patient)), consent.ScopeEQ(scope), consent.StatusEQ("ACTIVE")).All(w.system())
	w.ok(err)
	for _, c := range rows {
		w.must("coordinator", revoke, vars{"id": gid.ID{Prefix: "consent", UUID: c.ID}.String()})
	}
}

// benefitsOf are the sums of a deductible.
func benefitsOf(limit, applied string) []*model.CoverageBenefitInput {
	return []*model.CoverageBenefitInput{{InNetwork: true, Currency: "USD", DeductibleIndividual: &model.BenefitAmountInput{Limit: decimal(limit), Applied: decimal(applied)}}}
}

// Whatever a payer does, each of its answers is taken in once, and nothing that can not be becomes a result.
func TestExchange(t *testing.T) {
	const waits = "IN_PROGRESS : QUEUED"
	for name, tell := range map[string]func(*testing.T, *world, *house, func() error, string){
		"complete": func(t *testing.T, w *world, h *house, turn func() error, id string) {
			a := w.answerOf("COVERED")
			a.Benefits = benefitsOf("1500.00", "300.50")
			h.says(a)
			w.ok(turn())
			w.is(id, "COMPLETE COVERED : COMPLETE")
			got := w.must("patient", `query($id: ID!) { benefitVerification(id: $id) { benefits { nodes { deductibleIndividual { applied } } } } }`, vars{"id": id})
			if sum := got.text("benefitVerification.benefits.nodes.0.deductibleIndividual.applied"); sum != "300.50" {
				t.Errorf("the patient reads %s", got.raw)
			}
		},
		"partial, then whole": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			h.says(model.RecordVerificationResultInput{Outcome: "PARTIAL", Benefits: benefitsOf("10", "0")})
			w.ok(turn())
			w.is(id, "PARTIAL : PARTIAL")
			w.must("coordinator", retryVerification, vars{"id": id})
			w.ok(turn())
			h.says(w.answerOf("PRIOR_AUTHORIZATION_REQUIRED"))
			w.ok(turn())
			w.is(id, "COMPLETE PRIOR_AUTHORIZATION_REQUIRED : PARTIAL COMPLETE")
		},
		"sums that contradict": func(t *testing.T, w *world, h *house, turn func() error, id string) {
			a := w.answerOf("COVERED")
			a.Benefits = append(benefitsOf("10", "0"), &model.CoverageBenefitInput{Currency: "USD", Copay: decimal("-1")})
			h.says(a)
			w.ok(turn())
			w.is(id, "ERROR IMPLAUSIBLE : ERROR IMPLAUSIBLE")
			key, err := gid.Parse(nil, id)
			w.ok(err)
			if n := w.client.CoverageBenefit.Query().Where(coveragebenefit.VerificationID(key.UUID)).CountX(w.system()); n != 0 {
				t.Errorf("%d benefits are kept of it", n)
			}
			told := w.must("coordinator", `query($id: ID!) { benefitVerification(id: $id) { disposition attempts { nodes { detail } } } }`, vars{"id": id})
			if told.text("benefitVerification.disposition") != "" || !strings.Contains(told.text("benefitVerification.attempts.nodes.0.detail"), "benefits[1].copay") {
				t.Errorf("the coordinator is told %s", told.raw)
			}
		},
		"over before it came": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			a := w.answerOf("COVERED")
			past := noon.AddDate(-1, 0, 0)
			a.ValidUntil = &past
			h.says(a)
			w.ok(turn())
			w.is(id, "ERROR IMPLAUSIBLE : ERROR IMPLAUSIBLE")
		},
		"a result that is new": func(t *testing.T, w *world, h *house, turn func() error, id string) {
			h.says(w.answerOf("COVERED_WITH_STEP_THERAPY"))
			w.ok(turn())
			w.is(id, "COMPLETE UNKNOWN : COMPLETE")
			got := w.must("coordinator", `query($id: ID!) { benefitVerification(id: $id) { disposition } }`, vars{"id": id})
			if said := got.text("benefitVerification.disposition"); said != "COVERED_WITH_STEP_THERAPY" {
				t.Errorf("what the payer said is %q", said)
			}
		},
		"a failure of the payer's": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			failure := "AAA 42"
			h.says(model.RecordVerificationResultInput{Outcome: "ERROR", ErrorCode: &failure})
			w.ok(turn())
			w.is(id, "ERROR AAA 42 : ERROR AAA 42")
		},
		"twice": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			h.says(w.answerOf("COVERED"))
			h.says(w.answerOf("NOT_COVERED"))
			w.ok(turn())
			w.is(id, "COMPLETE COVERED : COMPLETE")
		},
		"taken in, and the line breaks": func(t *testing.T, w *world, h *house, turn func() error, id string) {
			h.deaf = true
			h.says(w.answerOf("COVERED"))
			if turn() == nil {
				t.Error("nobody hears that the line is down")
			}
			h.deaf = false
			w.ok(turn())
			w.is(id, "COMPLETE COVERED : COMPLETE")
		},
		"two exchanges at once": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			h.says(w.answerOf("COVERED"))
			var both sync.WaitGroup
			for range 4 {
				both.Go(func() { _ = turn() }) // who comes second finds the row changed
			}
			both.Wait()
			w.ok(turn())
			w.is(id, "COMPLETE COVERED : COMPLETE")
		},
		"never": func(_ *testing.T, w *world, _ *house, _ func() error, id string) {
			w.later(23 * time.Hour)
			w.due("payers that do not answer")
			w.is(id, waits)
			w.later(2 * time.Hour)
			w.due("payers that do not answer")
			w.is(id, "ERROR TIMEOUT : ERROR TIMEOUT")
		},
		"too late": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			w.later(25 * time.Hour)
			w.due("payers that do not answer")
			h.says(w.answerOf("COVERED"))
			h.says(w.answerOf("NOT_COVERED"))
			w.ok(turn())
			w.is(id, "COMPLETE COVERED : ERROR TIMEOUT COMPLETE")
		},
		"too late, and asked again": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			w.later(25 * time.Hour)
			w.due("payers that do not answer")
			h.says(w.answerOf("NOT_COVERED"))
			w.must("coordinator", retryVerification, vars{"id": id})
			w.ok(turn())
			w.is(id, "IN_PROGRESS : ERROR TIMEOUT QUEUED")
			h.says(w.answerOf("COVERED"))
			w.ok(turn())
			w.is(id, "COMPLETE COVERED : ERROR TIMEOUT COMPLETE")
		},
		"answered on the phone meanwhile": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			w.must("coordinator", recordResult, vars{"input": vars{"verificationId": id, "outcome": "COMPLETE", "result": "COVERED", "validUntil": day(90).Format(time.RFC3339)}})
			h.says(w.answerOf("NOT_COVERED"))
			w.ok(turn())
			w.is(id, "COMPLETE COVERED : COMPLETE")
		},
		"given up meanwhile": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			w.must("coordinator", `mutation($id: ID!) { cancelVerification(input: {verificationId: $id, reason: "not needed"}) { verification { status } } }`, vars{"id": id})
			h.says(w.answerOf("COVERED"))
			w.ok(turn())
			w.is(id, "CANCELLED : ERROR CANCELLED")
		},
		"in texts that can not be kept": func(t *testing.T, w *world, h *house, turn func() error, id string) {
			blank, long, odd := "  ", strings.Repeat(" ", 600)+"the end", "\x00\xffgood"
			for _, word := range []*string{&blank, &long} {
				a := w.answerOf("COVERED")
				a.PayerReference, a.Disposition = word, word
				h.says(a) // the second is an answer to one that was answered
			}
			a := w.answerOf("COVERED")
			a.Disposition, a.Benefits = &odd, benefitsOf("10", "1")
			a.Benefits[0].Notes = &odd
			h.box = append([]payer.Response{{ID: "odd", Trace: h.asked[0].Trace, Answer: a}}, h.box...)
			w.ok(turn())
			w.is(id, "COMPLETE COVERED : COMPLETE")
			got := w.must("coordinator", `query($id: ID!) { benefitVerification(id: $id) { disposition benefits { nodes { notes } } } }`, vars{"id": id})
			if got.text("benefitVerification.disposition") != "good" || got.text("benefitVerification.benefits.nodes.0.notes") != "good" {
				t.Errorf("kept is %s", got.raw)
			}
		},
		"in blanks": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			blank := "   "
			h.says(model.RecordVerificationResultInput{Outcome: "ERROR", ErrorCode: &blank, PayerReference: &blank})
			w.ok(turn())
			w.is(id, "ERROR IMPLAUSIBLE : ERROR IMPLAUSIBLE")
		},
		"too late, and not permitted any more": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			w.later(25 * time.Hour)
			w.due("payers that do not answer")
			w.revoked("ann", "INSURANCE_VERIFICATION")
			h.says(w.answerOf("COVERED"))
			w.ok(turn())
			w.is(id, "ERROR TIMEOUT : ERROR TIMEOUT")
		},
		"to a question that nobody asked": func(_ *testing.T, w *world, h *house, turn func() error, id string) {
			h.box = append(h.box, payer.Response{ID: "stray", Trace: uuid.New(), Answer: w.answerOf("COVERED")})
			w.ok(turn())
			w.is(id, waits)
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, st *store.Store) {
				w := newWorld(t, st)
				h := &house{}
				turn := w.exchange(h)
				id := w.submitted(2)
				w.ok(turn())
				w.is(id, waits)
				tell(t, w, h, turn, id)
				if len(h.box) > 0 {
					t.Errorf("%d answers are not taken in", len(h.box))
				}
			})
		})
	}
}

// is reports a verification that is not as it shall be, or whose history is not a way of its lifecycle.
func (w *world) is(id, want string) {
	w.t.Helper()
	if got := w.told(id); got != want {
		w.t.Errorf("it is %q, want %q", got, want)
	}
}

// A question that can not be handed over is handed over later, as the same; one that may not be asked any more is not.
func TestInquiries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		w := newWorld(t, st)
		h := &house{closed: true}
		turn := w.exchange(h)
		id := w.submitted(2)
		w.ok(turn())
		w.is(id, "SUBMITTED : QUEUED")
		h.closed = false
		w.ok(turn())
		w.is(id, "SUBMITTED : QUEUED")
		w.later(2 * time.Minute)
		w.ok(turn())
		w.is(id, "IN_PROGRESS : QUEUED")
		key, err := gid.Parse(nil, id)
		w.ok(err)
		attempt := w.client.VerificationAttempt.Query().Where(verificationattempt.VerificationID(key.UUID)).OnlyX(w.system())
		if in := h.asked[0]; len(h.asked) != 1 || in.Trace != attempt.ID || in.MemberID != "M1" || in.SubscriberBirthDate != "1971-03-07" || in.Payer == "" {
			t.Errorf("the payer is asked %+v", h.asked)
		}

		h.closed = true
		coverage := w.must("coordinator", addCoverage, vars{"input": w.policy(3)}).text("addCoverage.coverage.id")
		lost := w.must("coordinator", submitElectronic, vars{"id": coverage}).text("submitBenefitVerification.verification.id")
		for range 25 {
			w.ok(turn())
			w.later(time.Hour)
		}
		w.is(lost, "ERROR TRANSPORT : ERROR TRANSPORT")

		h.down = true
		coverage = w.must("coordinator", addCoverage, vars{"input": w.policy(5)}).text("addCoverage.coverage.id")
		stuck := w.must("coordinator", submitElectronic, vars{"id": coverage}).text("submitBenefitVerification.verification.id")
		for range 30 {
			if turn() == nil {
				t.Error("nobody hears that the line is down")
			}
			w.later(time.Hour)
			w.due("payers that do not answer")
		}
		w.is(stuck, "ERROR TRANSPORT : ERROR TRANSPORT")

		h.closed, h.down = false, false
		coverage = w.must("coordinator", addCoverage, vars{"input": w.policy(4)}).text("addCoverage.coverage.id")
		late := w.must("coordinator", submitElectronic, vars{"id": coverage}).text("submitBenefitVerification.verification.id")
		w.revoked("ann", "INSURANCE_VERIFICATION")
		w.ok(turn())
		w.is(late, "CANCELLED : ERROR CANCELLED")
		if len(h.asked) != 1 {
			t.Errorf("without the patient's consent the payer is asked %+v", h.asked)
		}

		alone := w.options
		alone.Electronic = false
		w.api, err = graph.New(alone)
		w.ok(err)
		if a := w.refused("BAD_USER_INPUT", "coordinator", submitElectronic, vars{"id": coverage}); a.errors[0].Extensions["argument"] != "input.method" {
			t.Errorf("without a clearinghouse: %v", a.errors)
		}
	})
}
