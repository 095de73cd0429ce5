package fhir

import (
	"fmt"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
	entconsent "github.com/carehub/carehub/ent/consent"
)

// communication is FHIR's Communication.
type communication struct {
	Status         string
	Category       []concept
	Medium         []concept
	Subject        reference
	Recipient      []reference
	Sender         reference
	Topic          concept
	Sent, Received string
	Payload        []struct{ ContentString string }
}

func (c *communication) refer(to func(reference, string)) {
	to(c.Subject, patients)
	for _, ref := range append([]reference{c.Sender}, c.Recipient...) {
		to(ref, patients)
		to(ref, providers)
		to(ref, orgs)
	}
}

func (c *communication) of() (string, reference) { return "subject", c.Subject }

var communicationStatuses = map[string]code.TouchpointStatus{
	"preparation": code.TouchpointStatusPreparation,
	"in-progress": code.TouchpointStatusInProgress,
	"completed":   code.TouchpointStatusCompleted,
	"not-done":    code.TouchpointStatusNotDone,
	"stopped":     code.TouchpointStatusStopped,
}

// media are the channels of HL7's ParticipationMode.
var media = map[string]code.Channel{
	"PHONE":      code.ChannelPhone,
	"EMAILWRIT":  code.ChannelEmail,
	"FAXWRIT":    code.ChannelFax,
	"SMSWRIT":    code.ChannelSms,
	"ONLINEWRIT": code.ChannelPortal,
	"VIDEOCONF":  code.ChannelVideo,
	"FACE":       code.ChannelInPerson,
	"WRITTEN":    code.ChannelLetter,
	"HANDWRIT":   code.ChannelLetter,
	"TYPEWRIT":   code.ChannelLetter,
	"MAILWRIT":   code.ChannelLetter,
}

// channelScopes are the consents that it takes to use a channel.
var channelScopes = map[code.Channel]code.ConsentScope{
	code.ChannelPhone:  code.ConsentScopeChannelPhone,
	code.ChannelEmail:  code.ConsentScopeChannelEmail,
	code.ChannelSms:    code.ConsentScopeChannelSms,
	code.ChannelFax:    code.ConsentScopeChannelFax,
	code.ChannelLetter: code.ConsentScopeChannelLetter,
	code.ChannelPortal: code.ConsentScopeChannelPortal,
	code.ChannelApp:    code.ConsentScopeChannelApp,
}

// contact is who a communication was between.
type contact struct {
	direction              code.Direction
	toPatient              bool
	provider, organization uuid.UUID
}

// between tells who a communication was between. What a person wrote came in; what an organization or a device sent
// went out.
func (l *load) between(r *reader, it *item, c *communication) contact {
	var out contact
	party := func(path string, ref reference) (isPatient bool) {
		if who, _ := l.find(it, ref, patients); who != uuid.Nil {
			return true
		}
		provider, reason := l.find(it, ref, providers)
		org, unknown := l.find(it, ref, orgs)
		switch {
		case provider != uuid.Nil && out.provider == uuid.Nil:
			out.provider = provider
		case org != uuid.Nil && out.organization == uuid.Nil:
			out.organization = org
		case reason != "" && typeOf(ref) != "Organization" && typeOf(ref) != "Patient":
			r.refuse(path, "%s", reason)
		case unknown != "" && typeOf(ref) == "Organization":
			r.refuse(path, "%s", unknown)
		}
		return false
	}
	fromPatient := party("Communication.sender", c.Sender)
	switch typ := typeOf(c.Sender); {
	case fromPatient, out.provider != uuid.Nil, typ == "RelatedPerson":
		out.direction = code.DirectionInbound
	case out.organization != uuid.Nil, typ == "Device", typ == "HealthcareService":
		out.direction = code.DirectionOutbound
	default:
		r.refuse("Communication.sender", "neither a person nor an organization: in or out cannot be told")
	}
	for i, ref := range c.Recipient {
		if party(fmt.Sprintf("Communication.recipient[%d]", i), ref) {
			out.toPatient = true
		}
	}
	return out
}

// communication makes a touchpoint of a communication. What came in has not been screened for adverse events here, so
// it is in progress until somebody does; what went out to a patient needs the consent for its channel.
func (l *load) communication(it *item, c *communication) {
	r := &reader{}
	status := translate(r, "Communication.status", c.Status, communicationStatuses)
	at := r.firstMoment([2]string{"Communication.sent", c.Sent}, [2]string{"Communication.received", c.Received})
	if at == nil {
		r.refuse("Communication.sent", "missing")
	}
	channel, known := media[""], false
	for _, m := range c.Medium {
		if channel, known = media[m.first()]; known {
			break
		}
	}
	if !known {
		r.refuse("Communication.medium", "missing, or no channel: by which one cannot be told")
	}
	subject := r.optional("Communication.topic", firstText(append([]concept{c.Topic}, c.Category...)), 300)
	var texts []string
	for _, p := range c.Payload {
		if p.ContentString != "" {
			texts = append(texts, p.ContentString)
		}
	}
	body := r.optional("Communication.payload", strings.Join(texts, "\n"), 20000)
	with := l.between(r, it, c)
	screen := code.AdverseEventScreenNotApplicable
	if with.direction == code.DirectionInbound {
		if screen = code.AdverseEventScreenPending; status == code.TouchpointStatusCompleted {
			status = code.TouchpointStatusInProgress
		}
	}
	relied := uuid.Nil
	if at != nil && r.fault == nil && with.toPatient && with.direction == code.DirectionOutbound && status == code.TouchpointStatusCompleted {
		if relied = l.permissionOf(it.patient, channelScopes[channel], *at); relied == uuid.Nil {
			r.refuse("Communication.recipient", "no consent to reach the patient by this channel then")
		}
	}
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	fill := func(m *ent.TouchpointMutation) {
		m.SetStatus(status)
		m.SetOccurredAt(*at)
		set(m.SetSubject, subject)
		set(m.SetBody, body)
		if with.provider != uuid.Nil {
			m.SetProviderID(with.provider)
		}
		if with.organization != uuid.Nil {
			m.SetOrganizationID(with.organization)
		}
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error {
			u := l.tx.Touchpoint.UpdateOneID(it.key).Where(editable)
			fill(u.Mutation())
			return u.Exec(l.ctx)
		}
		return
	}
	if with.direction == code.DirectionInbound && c.Status == "completed" {
		l.remark("a communication that came in is in progress until it is screened for adverse events")
	}
	row := l.tx.Touchpoint.Create().SetID(it.key).SetPatientID(it.patient).
		SetKind(code.TouchpointKindCommunication).SetDirection(with.direction).SetChannel(channel).SetAeScreen(screen)
	fill(row.Mutation())
	if relied != uuid.Nil {
		row.SetConsentID(relied)
	}
	l.touchpoints = append(l.touchpoints, row)
}

// permissionOf finds the consent of a patient that permitted a scope at a moment.
func (l *load) permissionOf(patient uuid.UUID, scope code.ConsentScope, at time.Time) uuid.UUID {
	var latest uuid.UUID
	for key, p := range l.permissions {
		given := p.patient == patient && p.scope == scope && p.holds() && !at.Before(p.at)
		if given && (latest == uuid.Nil || p.at.After(l.permissions[latest].at)) {
			latest = key
		}
	}
	if latest != uuid.Nil {
		return latest
	}
	row, err := l.tx.Consent.Query().
		Where(
			entconsent.PatientID(patient), entconsent.ScopeEQ(scope), entconsent.DecisionEQ(code.ConsentDecisionPermit),
			entconsent.StatusEQ(code.ConsentStatusActive), entconsent.CapturedAtLTE(at),
		).
		Order(entconsent.ByCapturedAt(sql.OrderDesc()), entconsent.ByID()).
		First(l.ctx)
	if ent.IsNotFound(err) {
		return uuid.Nil
	}
	if err != nil {
		l.fail(err)
		return uuid.Nil
	}
	return row.ID
}

// holds tells that a consent permits.
func (p permission) holds() bool {
	return p.decision == code.ConsentDecisionPermit && p.status == code.ConsentStatusActive
}
