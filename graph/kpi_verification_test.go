package graph_test

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/gid"
)

// inventVerification makes up a verification, perhaps one that makes an earlier one anew.
func (p *past) inventVerification(d *rand.Rand, submitted time.Time) *pastVerification {
	v := &pastVerification{
		id: uuid.Must(uuid.NewV7()), submitted: submitted, attempt: 1 + d.IntN(3),
		status: []code.VerificationStatus{"DRAFT", "IN_PROGRESS", "COMPLETE", "COMPLETE", "COMPLETE", "EXPIRED", "PARTIAL", "ERROR", "CANCELLED"}[d.IntN(9)],
	}
	if d.IntN(3) > 0 {
		v.enrollment = &p.enrollments[d.IntN(len(p.enrollments))]
	}
	if v.coordinator = []string{"coordinator", "coordinator2"}[d.IntN(2)]; d.IntN(8) == 0 {
		v.coordinator = ""
	}
	if v.status != "DRAFT" && v.status != "IN_PROGRESS" {
		at := submitted.Add(time.Duration(d.IntN(40)) * 6 * time.Hour)
		v.answered = &at
	}
	if v.status == "COMPLETE" || v.status == "EXPIRED" {
		until := v.answered.Add(time.Duration(d.IntN(120)) * 6 * time.Hour)
		v.until = &until
	}
	if len(p.verifications) > 0 && d.IntN(2) == 0 {
		v.supersedes = p.verifications[d.IntN(len(p.verifications))]
	}
	return v
}

// whole reports whether the verification was completed.
func (v *pastVerification) whole() bool { return v.status == "COMPLETE" || v.status == "EXPIRED" }

// verified writes a verification of the history.
func (w *world) verified(v *pastVerification) {
	w.t.Helper()
	ctx, c := w.system(), w.client
	patient := w.row("patient ann")
	create := c.BenefitVerification.Create().SetID(v.id).SetCoverageID(w.row("coverage ann")).SetStatus(v.status).SetMethod("PHONE").
		SetAttempt(v.attempt).SetSubmittedAt(v.submitted).SetNillableValidUntil(v.until)
	if v.enrollment != nil {
		create.SetEnrollmentID(v.enrollment.id)
		patient = v.enrollment.patient
	}
	if v.coordinator != "" {
		create.SetRequestedByID(w.row("user " + v.coordinator))
	}
	if v.supersedes != nil {
		create.SetSupersedesID(v.supersedes.id)
	}
	if v.whole() {
		create.SetCompletedAt(*v.answered)
	}
	w.ok(create.SetPatientID(patient).Exec(ctx))
	for seq := range v.attempt {
		attempt := c.VerificationAttempt.Create().SetVerificationID(v.id).SetSeq(seq + 1).SetSubmittedAt(v.submitted)
		switch {
		case seq+1 < v.attempt:
			attempt.SetOutcome("ERROR").SetAnsweredAt(v.submitted)
		case v.answered != nil:
			attempt.SetOutcome("COMPLETE").SetAnsweredAt(*v.answered)
		}
		w.ok(attempt.Exec(ctx))
	}
}

// checks recomputes the figures of verifications.
func (p past) checks(coordinator string, in func(*time.Time) bool, now time.Time) map[string]any {
	var turnaround []time.Duration
	var completed, answered, atOnce, ranOut, onTime []string
	for _, v := range p.verifications {
		of := v.coordinator
		if v.enrollment != nil {
			of = v.enrollment.coordinator
		}
		if of != coordinator {
			continue
		}
		id := gid.ID{Prefix: "verification", UUID: v.id}.String()
		if v.whole() && in(v.answered) {
			turnaround, completed = append(turnaround, v.answered.Sub(v.submitted)), append(completed, id)
		}
		if in(v.answered) && v.status != "CANCELLED" {
			answered = append(answered, id)
			if v.whole() && v.attempt == 1 {
				atOnce = append(atOnce, id)
			}
		}
		if v.whole() && in(v.until) && v.until.Before(now) {
			ranOut = append(ranOut, id)
			if slices.ContainsFunc(p.verifications, func(next *pastVerification) bool {
				return next.supersedes == v && next.whole() && !next.answered.After(*v.until)
			}) {
				onTime = append(onTime, id)
			}
		}
	}
	return map[string]any{
		"verificationTurnaround": took(turnaround, completed), "verificationFirstPass": rated(atOnce, answered, "met"),
		"reverificationOnTime": rated(onTime, ranOut, "met"),
	}
}
