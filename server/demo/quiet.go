package demo

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// quiet is a case that nobody opens through the API: what patients and coordinators bring up. It is written as the
// API would have left it, and no stream tells of it.
type quiet struct {
	kind      code.CaseKind
	from      code.AccountKind
	channel   code.Channel
	subject   string
	narrative string
	requester *uuid.UUID
	patient   *patient
	at        time.Time
	// worker is who of the department takes it, unless it is too new for that.
	worker string
}

// sideEffects are what patients tell, in their words.
var sideEffects = []string{
	"I have had a headache since the last dose, and felt sick all of Sunday.",
	"My arm was red and swollen where I gave the injection. It went away after two days.",
	"I was so dizzy that I fell in the kitchen. I did not break anything.",
	"There is a rash on both of my legs. I have not called my doctor yet.",
}

// sideEffect adds the case of an adverse event that a coordinator heard of.
func (w *world) sideEffect(p *page, j *journey, at time.Time, d dice) uuid.UUID {
	coordinator := w.users[j.program.coordinator]
	return w.open(p, quiet{
		kind: code.CaseKindAdverseEvent, from: code.AccountKindStaff, channel: code.ChannelPhone,
		subject: "Adverse event told in a call", narrative: pick(d, sideEffects),
		requester: &coordinator, patient: j.patient, at: at, worker: "safety",
	}, d)
}

// matters adds the complaints and privacy requests of the year. The latest wait, or are being
// worked on.
func (w *world) matters(ctx context.Context) error {
	p := &page{}
	complaints := []string{"The pen did not click", "The box arrived warm", "A tablet was broken", "The label came off"}
	requests := []string{"Which data do you hold about me?", "Please correct my address", "Please delete what you no longer need"}
	ages := []time.Duration{5 * time.Hour, 8 * time.Hour, 29 * time.Hour, 31 * time.Hour}
	for age := 12 * day; age < year; age += 35 * day {
		ages = append(ages, age)
	}
	for i, age := range ages {
		d := w.dice("matter %d", i)
		q := quiet{from: code.AccountKindPatient, channel: code.ChannelPortal, at: w.now.Add(-age)}
		if i%2 == 0 {
			q.kind, q.subject, q.worker = code.CaseKindProductComplaint, pick(d, complaints), "quality"
		} else {
			q.kind, q.subject, q.worker = code.CaseKindPrivacy, pick(d, requests), "privacy"
		}
		name := signingIn[i/2%2]
		requester := w.users[name]
		q.requester, q.patient = &requester, w.patients[name]
		w.open(p, q, d)
	}
	return p.flush(ctx, w)
}

// open adds the case as the rule of its kind routes it: accepted after some hours, closed after some days.
func (w *world) open(p *page, q quiet, d dice) uuid.UUID {
	rule := w.rules[q.kind]
	worker := w.users[q.worker]
	id := newKey()
	territory := string(q.patient.at.territory())
	create := w.tx.CareCase.Create().SetID(id).SetNumber(number(d)).SetKind(q.kind).SetPriority(rule.CasePriority).
		SetChannel(q.channel).SetRequesterKind(q.from).SetDepartment(rule.Target).SetSubject(q.subject).
		SetNillableNarrative(unlessEmpty(q.narrative)).SetTerritory(territory).SetTherapeuticArea(q.patient.product.area).SetCountry("US").
		SetReceivedAt(q.at).SetDueAt(q.at.Add(time.Duration(rule.DueMinutes) * time.Minute)).SetRoutingCount(1).
		SetNillableRequesterID(q.requester).SetPatientID(q.patient.id).SetProductID(q.patient.product.id).SetCreatedAt(q.at)
	steps := []step[code.CaseStatus]{
		{to: code.CaseStatusNew, at: q.at, by: q.requester},
		{to: code.CaseStatusRouted, at: q.at, by: q.requester},
	}
	then := func(to code.CaseStatus, after time.Duration) bool {
		at := steps[len(steps)-1].at.Add(after)
		if at.After(w.now) {
			return false
		}
		steps = append(steps, step[code.CaseStatus]{to: to, at: at, by: &worker})
		switch to {
		case code.CaseStatusAccepted:
			create.SetAssigneeID(worker).SetAcceptedAt(at)
		case code.CaseStatusResolved:
			create.SetRespondedAt(at).SetResolvedAt(at)
		case code.CaseStatusClosed:
			create.SetClosedAt(at)
		}
		return true
	}
	_ = then(code.CaseStatusAccepted, d.between(9*time.Hour, 20*time.Hour)) &&
		then(code.CaseStatusInProgress, d.between(time.Hour, 10*time.Hour)) &&
		then(code.CaseStatusResolved, d.days(1, 5)) &&
		then(code.CaseStatusClosed, d.days(1, 4))
	p.cases = append(p.cases, create.SetStatus(steps[len(steps)-1].to).SetVersion(len(steps)-1))
	p.routings = append(p.routings, w.tx.CaseRouting.Create().SetCareCaseID(id).SetSeq(1).SetToDepartment(rule.Target).
		SetReason(code.RoutingReasonCreated).SetRuleID(rule.ID).SetAt(q.at))
	p.changes = append(p.changes, changes(w.tx, steps, func(c *ent.StatusChangeCreate) { c.SetCareCaseID(id) })...)
	return id
}

// number returns a case's number in the form of the API's: C-, five and five characters.
func number(d dice) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	text := []byte("C-00000-00000")
	for i, c := range text {
		if c == '0' {
			text[i] = alphabet[d.IntN(len(alphabet))]
		}
	}
	return string(text)
}
