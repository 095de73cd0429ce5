// Package clearinghouse has the clearinghouses that carry verifications to payers. The one here is simulated: it is for
// demos and tests, and shows whatever a real one may do.
package clearinghouse

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/money"
	"github.com/carehub/carehub/graph/model"
	"github.com/carehub/carehub/graph/payer"
)

// Simulated is a clearinghouse whose payers answer by the end of the member's number:
//
//	LATE     an hour later
//	OVERDUE  two days later
//	NEVER    not at all
//	PARTIAL  in part, when asked first, and whole when asked again
//	WRONG    with sums that contradict each other
//	TWICE    whole, and again
//	FAULT    that they can not answer now (X12 AAA 42)
//	DENIED   that they do not pay
//	AUTH     that they want to be asked for leave first
//	NEWS     with a result that nobody knows yet
//
// Every other number is answered whole, after two seconds. What is under way is forgotten with the process, as if it
// were never answered.
type Simulated struct {
	mu      sync.Mutex
	asked   map[uuid.UUID]bool
	members map[string]int
	box     []delivery
}

// delivery is a response that is there from a moment on.
type delivery struct {
	payer.Response
	at time.Time
}

// How long simulated payers take.
const (
	promptly = 2 * time.Second
	late     = time.Hour
	overdue  = 48 * time.Hour
)

// Submit implements payer.Clearinghouse.
func (s *Simulated) Submit(ctx context.Context, in payer.Inquiry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked[in.Trace] {
		return nil
	}
	if s.asked == nil {
		s.asked, s.members = map[uuid.UUID]bool{}, map[string]int{}
	}
	s.asked[in.Trace] = true
	s.members[in.MemberID]++
	now := clock.Now(ctx)
	at, answer := now.Add(promptly), covered(now)
	switch end := strings.ToUpper(in.MemberID); {
	case strings.HasSuffix(end, "NEVER"):
		return nil
	case strings.HasSuffix(end, "LATE"):
		at = now.Add(late)
	case strings.HasSuffix(end, "OVERDUE"):
		at = now.Add(overdue)
	case strings.HasSuffix(end, "PARTIAL") && s.members[in.MemberID] == 1:
		answer = model.RecordVerificationResultInput{Outcome: code.VerificationOutcomePartial, Benefits: answer.Benefits[:1]}
	case strings.HasSuffix(end, "WRONG"):
		answer.Benefits[0].DeductibleIndividual.Applied = sum("99999.00")
	case strings.HasSuffix(end, "TWICE"):
		s.box = append(s.box, delivery{payer.Response{ID: uuid.NewString(), Trace: in.Trace, Answer: covered(now)}, at})
	case strings.HasSuffix(end, "FAULT"):
		answer = model.RecordVerificationResultInput{
			Outcome: code.VerificationOutcomeError, ErrorCode: text("AAA 42"), Disposition: text("Unable to respond at current time"),
		}
	case strings.HasSuffix(end, "DENIED"):
		answer.Result, answer.Benefits = result(code.VerificationResultNotCovered), nil
	case strings.HasSuffix(end, "AUTH"):
		answer.Result = result(code.VerificationResultPriorAuthorizationRequired)
		for _, b := range answer.Benefits {
			yes := true
			b.PriorAuthorizationRequired = &yes
		}
	case strings.HasSuffix(end, "NEWS"):
		answer.Result = result("COVERED_WITH_STEP_THERAPY")
	}
	s.box = append(s.box, delivery{payer.Response{ID: uuid.NewString(), Trace: in.Trace, Answer: answer}, at})
	return nil
}

// Responses implements payer.Clearinghouse.
func (s *Simulated) Responses(ctx context.Context, limit int) ([]payer.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := clock.Now(ctx)
	var out []payer.Response
	for _, d := range s.box {
		if len(out) < limit && !d.at.After(now) {
			out = append(out, d.Response)
		}
	}
	return out, nil
}

// Acknowledge implements payer.Clearinghouse.
func (s *Simulated) Acknowledge(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.box = slices.DeleteFunc(s.box, func(d delivery) bool { return d.ID == id })
	return nil
}

// covered is the whole answer of a payer that pays, in and out of its network, good for a year.
func covered(now time.Time) model.RecordVerificationResultInput {
	until := now.AddDate(1, 0, 0)
	share := 2000
	ceiling := func(limit, applied, remaining string) *model.BenefitAmountInput {
		return &model.BenefitAmountInput{Limit: sum(limit), Applied: sum(applied), Remaining: sum(remaining)}
	}
	return model.RecordVerificationResultInput{
		Outcome: code.VerificationOutcomeComplete, Result: result(code.VerificationResultCovered), Disposition: text("Active coverage"),
		PayerReference: text(uuid.NewString()), ValidUntil: &until,
		Benefits: []*model.CoverageBenefitInput{
			{
				InNetwork: true, Currency: "USD", Copay: sum("25.00"),
				DeductibleIndividual:  ceiling("1500.00", "300.00", "1200.00"),
				DeductibleFamily:      ceiling("3000.00", "450.00", "2550.00"),
				OutOfPocketIndividual: ceiling("6000.00", "800.00", "5200.00"),
				OutOfPocketFamily:     ceiling("12000.00", "950.00", "11050.00"),
			},
			{InNetwork: false, Currency: "USD", CoinsuranceBasisPoints: &share, OutOfPocketIndividual: ceiling("12000.00", "0.00", "12000.00")},
		},
	}
}

func sum(text string) *money.Decimal { d := money.Decimal(text); return &d }

func text(s string) *string { return &s }

func result(r code.VerificationResult) *code.VerificationResult { return &r }
