package demo

import (
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// talk is what a contact is about.
type talk struct{ subject, body string }

// milestones are the talks that belong to steps of an enrollment.
var milestones = map[code.EnrollmentStatus]talk{
	code.EnrollmentStatusScreening:      {"Welcome", "Introduced the program and what happens next."},
	code.EnrollmentStatusConsentPending: {"Consent", "Explained the forms and how to sign them."},
	code.EnrollmentStatusActive:         {"First dose", "Went through the first dose and how to store the medicine."},
	code.EnrollmentStatusOnHold:         {"On hold", "Explained why the services rest and what would change that."},
	code.EnrollmentStatusCompleted:      {"Farewell", "Said goodbye and named whom to call from now on."},
}

// routine are the talks of every month.
var routine = []talk{
	{"Monthly check-in", "Asked how the treatment goes. No missed dose."},
	{"Refill reminder", "Reminded of the refill that is due this week."},
	{"Delivery", "Confirmed the address and the day of the next delivery."},
	{"Injection training", "Repeated the technique; the patient feels sure of it."},
	{"Insurance", "Told that the plan asks for a new authorization next month."},
}

// inbound are what patients come up with themselves.
var inbound = []talk{
	{"Question about travel", "Asked how to keep the medicine cool on a flight."},
	{"Change of address", "Moved; the new address was taken down."},
	{"Missed dose", "Asked what to do after a missed dose and was referred to the physician."},
}

// conversations adds the contacts of an enrollment: at its steps, then monthly while it is active.
func (w *world) conversations(p *page, j *journey, d dice) {
	for _, s := range j.steps {
		if t, is := milestones[s.to]; is && (!j.patient.dead || !s.at.Equal(j.patient.until)) {
			w.call(p, j, s.at.Add(d.between(10*time.Minute, 4*time.Hour)), t, d)
		}
	}
	from, active := j.at(code.EnrollmentStatusActive)
	if !active {
		return
	}
	until := j.patient.until
	if last := j.last(); last.to != code.EnrollmentStatusActive {
		until = last.at
	}
	for at := from.Add(d.days(20, 32)); at.Before(until); at = at.Add(d.days(24, 36)) {
		w.call(p, j, at, pick(d, routine), d)
		if reply := at.Add(d.between(time.Hour, 90*time.Hour)); d.percent(25) && reply.Before(until) {
			t := pick(d, inbound)
			p.touchpoints = append(p.touchpoints, w.contact(j, reply, t).SetDirection(code.DirectionInbound).
				SetChannel(roll(d, []weighed[code.Channel]{{60, code.ChannelPhone}, {40, code.ChannelPortal}})).
				SetStatus(code.TouchpointStatusCompleted).SetAeScreen(code.AdverseEventScreenNone))
		}
	}
}

// contact begins a touchpoint of the enrollment's coordinator.
func (w *world) contact(j *journey, at time.Time, t talk) *ent.TouchpointCreate {
	return w.tx.Touchpoint.Create().SetKind(code.TouchpointKindCommunication).SetOccurredAt(at).SetSubject(t.subject).SetBody(t.body).
		SetPatientID(j.patient.id).SetEnrollmentID(j.id).SetUserID(w.users[j.program.coordinator]).SetCreatedAt(at)
}

// call adds an outbound contact over a channel that the patient permits; without permission it is not done. Now
// and then a side effect comes up, which opens a case in drug safety.
func (w *world) call(p *page, j *journey, at time.Time, t talk, d dice) {
	if at.After(j.patient.until) {
		return
	}
	create := w.contact(j, at, t).SetDirection(code.DirectionOutbound)
	p.touchpoints = append(p.touchpoints, create)
	if d.percent(30) {
		create.SetChannel(code.ChannelEmail)
		if !j.patient.mails.holds(at) {
			create.SetStatus(code.TouchpointStatusNotDone).SetAeScreen(code.AdverseEventScreenNotApplicable)
			return
		}
		create.SetStatus(code.TouchpointStatusCompleted).SetConsentID(j.patient.mails.consent).SetAeScreen(code.AdverseEventScreenNotApplicable).
			SetOutcome(roll(d, []weighed[code.TouchpointOutcome]{{55, code.TouchpointOutcomeDelivered}, {40, code.TouchpointOutcomeRead}, {5, code.TouchpointOutcomeBounced}}))
		return
	}
	create.SetChannel(code.ChannelPhone).SetStatus(code.TouchpointStatusCompleted).SetConsentID(j.patient.calls.consent)
	outcome := roll(d, []weighed[code.TouchpointOutcome]{{74, code.TouchpointOutcomeReached}, {16, code.TouchpointOutcomeVoicemail}, {10, code.TouchpointOutcomeNoAnswer}})
	create.SetOutcome(outcome).SetAeScreen(code.AdverseEventScreenNotApplicable)
	if outcome != code.TouchpointOutcomeReached {
		return
	}
	create.SetDurationSeconds(d.IntRange(90, 900)).SetAeScreen(code.AdverseEventScreenNone)
	if d.percent(2) {
		create.SetAeScreen(code.AdverseEventScreenReported).SetCareCaseID(w.sideEffect(p, j, at, d))
	}
}

// engagements adds what a liaison and a client talked about over the year.
func (w *world) engagements(p *page, with *provider, liaison string, d dice) {
	topics := []talk{
		{"Question on dosing", "Asked about the dose in practice; showed the label."},
		{"Data of the congress", "Went through the posters on the approved use."},
		{"Guideline", "Talked about where the product stands in the new guideline."},
		{"Investigator's interest", "Wants to hear when a trial opens nearby."},
	}
	by := w.users[liaison]
	for at := w.now.Add(-year + d.days(0, 60)); at.Before(w.now); at = at.Add(d.days(35, 90)) {
		t := pick(d, topics)
		p.touchpoints = append(p.touchpoints, w.tx.Touchpoint.Create().SetKind(code.TouchpointKindHcpEngagement).
			SetDirection(code.DirectionOutbound).SetChannel(roll(d, []weighed[code.Channel]{{55, code.ChannelInPerson}, {45, code.ChannelVideo}})).
			SetStatus(code.TouchpointStatusCompleted).SetOutcome(code.TouchpointOutcomeReached).SetOccurredAt(at).
			SetDurationSeconds(60*d.IntRange(10, 50)).SetSubject(t.subject).SetBody(t.body).SetReactive(d.percent(60)).
			SetAeScreen(code.AdverseEventScreenNone).SetProviderID(with.id).SetUserID(by).SetCreatedAt(at))
	}
}
