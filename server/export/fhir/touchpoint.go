package fhir

import (
	"time"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/code"
)

// Encounter is a touchpoint at which a patient was treated.
type Encounter struct {
	Resource
	Status          string                 `json:"status"`
	Class           Coding                 `json:"class"`
	Type            []CodeableConcept      `json:"type,omitempty"`
	Subject         *Reference             `json:"subject,omitempty"`
	EpisodeOfCare   []Reference            `json:"episodeOfCare,omitempty"`
	Participant     []EncounterParticipant `json:"participant,omitempty"`
	Period          Period                 `json:"period"`
	ReasonCode      []CodeableConcept      `json:"reasonCode,omitempty"`
	ServiceProvider *Reference             `json:"serviceProvider,omitempty"`
}

// EncounterParticipant is who treats.
type EncounterParticipant struct {
	Individual *Reference `json:"individual"`
}

// encounterStatuses are the codes of FHIR's encounter-status that come next to ours.
var encounterStatuses = map[code.TouchpointStatus]string{
	code.TouchpointStatusPreparation: "planned", code.TouchpointStatusInProgress: "in-progress",
	code.TouchpointStatusCompleted: "finished", code.TouchpointStatusNotDone: "cancelled", code.TouchpointStatusStopped: "cancelled",
}

// EncounterOf writes a touchpoint that was care; its enrollment with the program is loaded.
func EncounterOf(at Addressing, row *ent.Touchpoint, names Identifiers) *Encounter {
	const system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	out := &Encounter{
		Resource: resource(TypeEncounter, row.ID, row.UpdatedAt, names),
		Status:   encounterStatuses[row.Status], Class: Coding{System: system, Code: "AMB"},
		Type: concepts(text(row.Subject)), Subject: at.maybe(TypePatient, row.PatientID),
		Period: Period{Start: moment(row.OccurredAt)}, ReasonCode: concepts(text(row.Body)),
		ServiceProvider: at.maybe(TypeOrganization, row.OrganizationID),
	}
	if row.Channel != code.ChannelInPerson {
		out.Class.Code = "VR"
	}
	if row.DurationSeconds != nil {
		out.Period.End = moment(row.OccurredAt.Add(time.Duration(*row.DurationSeconds) * time.Second))
	}
	if row.ProviderID != nil {
		out.Participant = []EncounterParticipant{{at.to(TypePractitioner, *row.ProviderID)}}
	}
	x := touchpointExtensions(at, row)
	if of := at.enrolled(row.Edges.Enrollment); isTrial(row.Edges.Enrollment) {
		x.reference("enrollment", of)
	} else if of != nil {
		out.EpisodeOfCare = []Reference{*of}
	}
	x.code("touchpoint-status", string(row.Status))
	x.code("direction", string(row.Direction))
	out.Extension = x
	return out
}

// touchpointExtensions are those of touchpoints of all kinds.
func touchpointExtensions(at Addressing, row *ent.Touchpoint) extensions {
	var x extensions
	x.code("channel", string(row.Channel))
	x.code("outcome", optional(row.Outcome))
	x.code("adverse-event-screen", string(row.AeScreen))
	x.flag("reactive", row.Reactive)
	x.reference("consent", at.maybe(TypeConsent, row.ConsentID))
	return x
}

// Communication is a touchpoint that was a conversation or a message.
type Communication struct {
	Resource
	Status    string            `json:"status"`
	Medium    []CodeableConcept `json:"medium"`
	Subject   *Reference        `json:"subject,omitempty"`
	Topic     *CodeableConcept  `json:"topic,omitempty"`
	Sent      string            `json:"sent,omitempty"`
	Received  string            `json:"received,omitempty"`
	Recipient []Reference       `json:"recipient,omitempty"`
	Sender    *Reference        `json:"sender,omitempty"`
	Payload   []Payload         `json:"payload,omitempty"`
}

// Payload is what was said.
type Payload struct {
	ContentString string `json:"contentString"`
}

// media are the codes of v3 ParticipationMode that come next to the channels.
var media = map[code.Channel]string{
	code.ChannelPhone: "PHONE", code.ChannelEmail: "EMAILWRIT", code.ChannelFax: "FAXWRIT", code.ChannelLetter: "MAILWRIT",
	code.ChannelPortal: "ONLINEWRIT", code.ChannelApp: "ONLINEWRIT", code.ChannelSms: "WRITTEN",
	code.ChannelInPerson: "PHYSICAL", code.ChannelVideo: "VIDEOCONF",
}

// CommunicationOf writes a touchpoint that was not care; its enrollment with the program is loaded. The other side
// is the professional, else the organization, else the patient.
func CommunicationOf(at Addressing, row *ent.Touchpoint, names Identifiers) *Communication {
	out := &Communication{
		Resource: resource(TypeCommunication, row.ID, row.UpdatedAt, names),
		Status:   wire(row.Status),
		Medium:   []CodeableConcept{*coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationMode", media[row.Channel], "")},
		Subject:  at.maybe(TypePatient, row.PatientID), Topic: concept(text(row.Subject)),
	}
	if row.Body != nil {
		out.Payload = []Payload{{*row.Body}}
	}
	other := out.Subject
	switch {
	case row.ProviderID != nil:
		other = at.to(TypePractitioner, *row.ProviderID)
	case row.OrganizationID != nil:
		other = at.to(TypeOrganization, *row.OrganizationID)
	}
	switch {
	case row.Direction == code.DirectionInbound:
		out.Received, out.Sender = moment(row.OccurredAt), other
	case other != nil:
		out.Recipient = []Reference{*other}
		fallthrough
	default:
		out.Sent = moment(row.OccurredAt)
	}
	x := touchpointExtensions(at, row)
	x.reference("enrollment", at.enrolled(row.Edges.Enrollment))
	x.code("touchpoint-kind", string(row.Kind))
	x.number("duration-seconds", row.DurationSeconds)
	x.reference("organization", at.maybe(TypeOrganization, row.OrganizationID))
	out.Extension = x
	return out
}
