package clearinghouse_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/graph/payer"
	"github.com/carehub/carehub/server/clearinghouse"
)

// Each number is answered as it says, and an answer is delivered until it is acknowledged.
func TestSimulated(t *testing.T) {
	begin := time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC)
	for number, want := range map[string]struct {
		after   time.Duration
		outcome code.VerificationOutcome
		result  code.VerificationResult
		copies  int
	}{
		"M1":         {2 * time.Second, "COMPLETE", "COVERED", 1},
		"M1-LATE":    {time.Hour, "COMPLETE", "COVERED", 1},
		"M1-OVERDUE": {48 * time.Hour, "COMPLETE", "COVERED", 1},
		"M1-NEVER":   {},
		"m1-partial": {2 * time.Second, "PARTIAL", "", 1},
		"M1-WRONG":   {2 * time.Second, "COMPLETE", "COVERED", 1},
		"M1-TWICE":   {2 * time.Second, "COMPLETE", "COVERED", 2},
		"M1-FAULT":   {2 * time.Second, "ERROR", "", 1},
		"M1-DENIED":  {2 * time.Second, "COMPLETE", "NOT_COVERED", 1},
		"M1-AUTH":    {2 * time.Second, "COMPLETE", "PRIOR_AUTHORIZATION_REQUIRED", 1},
		"M1-NEWS":    {2 * time.Second, "COMPLETE", "COVERED_WITH_STEP_THERAPY", 1},
	} {
		t.Run(number, func(t *testing.T) {
			var s clearinghouse.Simulated
			trace := uuid.New()
			came := func(after time.Duration) []payer.Response {
				t.Helper()
				out, err := s.Responses(clock.At(t.Context(), begin.Add(after)), 100)
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			for range 2 { // submitted twice, asked once
				if err := s.Submit(clock.At(t.Context(), begin), payer.Inquiry{Trace: trace, MemberID: number}); err != nil {
					t.Fatal(err)
				}
			}
			if early := came(want.after - time.Nanosecond); want.copies > 0 && len(early) > 0 {
				t.Errorf("too early came %+v", early)
			}
			answers := came(max(want.after, 1000*time.Hour))
			if len(answers) != want.copies {
				t.Fatalf("%d answers, want %d", len(answers), want.copies)
			}
			for _, a := range answers {
				var result code.VerificationResult
				if a.Answer.Result != nil {
					result = *a.Answer.Result
				}
				if a.Trace != trace || a.Answer.Outcome != want.outcome || result != want.result {
					t.Errorf("it answers %+v", a)
				}
				if err := s.Acknowledge(t.Context(), a.ID); err != nil {
					t.Fatal(err)
				}
			}
			if left := came(1000 * time.Hour); len(left) > 0 {
				t.Errorf("after they were acknowledged there are %+v", left)
			}
			if err := s.Submit(clock.At(t.Context(), begin), payer.Inquiry{Trace: uuid.New(), MemberID: number}); err != nil {
				t.Fatal(err)
			}
			if again := came(1000 * time.Hour); number == "m1-partial" && (len(again) != 1 || again[0].Answer.Outcome != "COMPLETE") {
				t.Errorf("asked again it answers %+v", again)
			}
		})
	}
}
