package demo

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// capture is a way in which a consent is given, with what proves it.
type capture struct {
	via      code.Channel
	evidence code.EvidenceKind
	ref      string
}

var captures = []weighed[capture]{
	{40, capture{code.ChannelPortal, code.EvidenceKindESignature, "signature"}},
	{30, capture{code.ChannelPhone, code.EvidenceKindPhoneRecording, "recording"}},
	{18, capture{code.ChannelFax, code.EvidenceKindScannedDocument, "document"}},
	{12, capture{code.ChannelInPerson, code.EvidenceKindWitness, "witness"}},
}

// grant is a consent that is to be made: what a patient permitted or, with refused, denied.
type grant struct {
	patient *patient
	scope   code.ConsentScope
	program *program
	at      time.Time
	refused bool
	// ended is when it was revoked or ran out, and why; zero while it is in force.
	ended time.Time
	why   string
	// expires is when it runs out; zero: never.
	expires time.Time
	by      *uuid.UUID
	// asked is when the patient was asked for it; zero where nobody asked. One that is outstanding has no answer yet.
	asked       time.Time
	outstanding bool
}

// consent adds the consent with its history and returns its key.
func (w *world) consent(p *page, g grant, d dice) uuid.UUID {
	id, how := newKey(), roll(d, captures)
	create := w.tx.Consent.Create().SetID(id).SetPatientID(g.patient.id).SetNillableFormID(w.form(g.scope, g.program, g.patient.locale)).
		SetScope(g.scope).SetDecision(code.ConsentDecisionPermit).SetCapturedVia(how.via).SetCapturedAt(g.at).SetEffectiveFrom(g.at).
		SetCreatedAt(g.at).SetEvidenceKind(how.evidence).SetEvidenceRef(fmt.Sprintf("demo-%s-%s", how.ref, d.DigitN(8))).
		SetSignerRole(code.SignerRoleSelf).SetSignerName(g.patient.given + " " + g.patient.family)
	if g.patient.minor {
		create.SetSignerRole(code.SignerRoleGuardian).SetSignerName(d.FirstName() + " " + g.patient.family)
	}
	if g.program != nil {
		create.SetProgramID(g.program.id)
	}
	if !g.expires.IsZero() {
		create.SetExpiresAt(g.expires)
	}
	if g.scope == code.ConsentScopeHipaaAuthorization || g.scope == code.ConsentScopeMedicalAffairs {
		// The elements of 45 CFR 164.508(c)(1).
		create.SetInfoDescription("diagnosis, treatment and insurance").SetDiscloser("the care team").SetRecipient(company).
			SetPurpose("support with the treatment").SetExpiryEvent("end of the program")
	}
	steps := []step[code.ConsentStatus]{{to: code.ConsentStatusActive, at: g.at, by: g.by}}
	if !g.asked.IsZero() {
		create.SetRequestedAt(g.asked)
		steps = []step[code.ConsentStatus]{{to: code.ConsentStatusProposed, at: g.asked, by: g.by}, {to: code.ConsentStatusActive, at: g.at}}
	}
	switch {
	case g.outstanding:
		create.SetCapturedVia(code.ChannelPortal).Mutation().ResetEvidenceKind()
		create.Mutation().ResetEvidenceRef()
		steps = steps[:1]
	case g.refused:
		create.SetDecision(code.ConsentDecisionDeny)
		steps = []step[code.ConsentStatus]{
			{to: code.ConsentStatusProposed, at: g.at.Add(-2 * time.Hour), by: g.by},
			{to: code.ConsentStatusRejected, at: g.at, by: g.by},
		}
	case !g.ended.IsZero():
		steps = append(steps, step[code.ConsentStatus]{to: code.ConsentStatusInactive, at: g.ended, by: g.by, note: g.why})
		create.SetRevokedAt(g.ended).SetRevokedReason(g.why)
	}
	p.consents = append(p.consents, create.SetStatus(steps[len(steps)-1].to).SetVersion(len(steps)))
	p.changes = append(p.changes, changes(w.tx, steps, func(c *ent.StatusChangeCreate) { c.SetConsentID(id) })...)
	return id
}

// permissions adds the consents that belong to no program: which channels the company may use, and whether medical
// affairs may know who the patient is. The first patient has not been asked about the latter, the second permits it.
func (w *world) permissions(p *page, one *patient, d dice) {
	at := w.now.Add(-year - d.days(1, 40))
	one.calls = &permission{consent: w.consent(p, grant{patient: one, scope: code.ConsentScopeChannelPhone, at: at}, d), from: at, to: w.now}
	if d.percent(60) {
		mails := grant{patient: one, scope: code.ConsentScopeChannelEmail, at: at}
		one.mails = &permission{from: at, to: w.now}
		if d.percent(12) {
			mails.ended, mails.why = at.Add(d.days(60, 300)), "the patient wants no more e-mail"
			one.mails.to = mails.ended
		}
		one.mails.consent = w.consent(p, mails, d)
	}
	affairs := grant{patient: one, scope: code.ConsentScopeMedicalAffairs, at: at.Add(d.days(20, 120))}
	affairs.expires = affairs.at.Add(2 * year)
	answer := d.IntN(100)
	switch one {
	case w.patients["patient"]:
		return
	case w.patients["patient2"]:
		answer = 0
	}
	switch {
	case answer < 30:
	case answer < 38:
		affairs.ended, affairs.why = affairs.at.Add(d.days(20, 150)), "revoked by the patient"
	case answer < 44:
		affairs.expires = affairs.at.Add(d.days(60, 150))
		affairs.ended, affairs.why = affairs.expires, "expired"
	case answer < 50:
		affairs.refused, affairs.expires = true, time.Time{}
	default:
		return
	}
	w.consent(p, affairs, d)
}

// required adds the consents that the enrollment's program demands, as far as the enrollment has come: all of them
// before it is ready, one of them taken back when it is put on hold or the patient withdraws.
func (w *world) required(p *page, j *journey, d dice) {
	asked, was := j.at(code.EnrollmentStatusConsentPending)
	if !was {
		return
	}
	coordinator := w.users[j.program.coordinator]
	ready, consented := j.at(code.EnrollmentStatusReady)
	last := j.last()
	for i, scope := range j.program.scopes {
		g := grant{patient: j.patient, scope: scope, program: j.program, by: &coordinator, at: asked.Add(d.between(time.Hour, 20*time.Hour))}
		g.expires = g.at.Add(3 * year)
		switch {
		case consented:
			g.at = ready.Add(-d.between(time.Minute, 20*time.Hour))
			if i == 0 && (last.to == code.EnrollmentStatusOnHold || last.to == code.EnrollmentStatusWithdrawn) {
				g.ended, g.why = last.at, "revoked by the patient"
			}
		case last.to == code.EnrollmentStatusDeclined:
			if i > 0 {
				continue
			}
			g.at, g.refused, g.expires = last.at, true, time.Time{}
		case i > 0:
			g.at, g.expires, g.outstanding = asked, time.Time{}, true
		}
		if g.asked = asked; g.refused {
			g.asked = time.Time{}
		}
		w.consent(p, g, d)
	}
}
