package code

// Channel is the way of communication; FHIR v3-ParticipationMode PHONE, EMAILWRIT, FAXWRIT, MAILWRIT, ONLINEWRIT and PHYSICAL.
type Channel string

// The members of Channel.
const (
	ChannelPhone    Channel = "PHONE"
	ChannelEmail    Channel = "EMAIL"
	ChannelFax      Channel = "FAX"
	ChannelLetter   Channel = "LETTER"
	ChannelPortal   Channel = "PORTAL"
	ChannelApp      Channel = "APP"
	ChannelSms      Channel = "SMS"
	ChannelInPerson Channel = "IN_PERSON"
	ChannelVideo    Channel = "VIDEO"
)

// Values lists the members.
func (Channel) Values() []string {
	return texts(ChannelPhone, ChannelEmail, ChannelFax, ChannelLetter, ChannelPortal, ChannelApp, ChannelSms, ChannelInPerson, ChannelVideo)
}

// Direction says who began the communication.
type Direction string

// The members of Direction.
const (
	DirectionInbound  Direction = "INBOUND"
	DirectionOutbound Direction = "OUTBOUND"
)

// Values lists the members.
func (Direction) Values() []string {
	return texts(DirectionInbound, DirectionOutbound)
}

// TouchpointKind says what a touchpoint was; care encounters come from outside and are exempt from channel consent and adverse-event screen.
type TouchpointKind string

// The members of TouchpointKind.
const (
	TouchpointKindCommunication TouchpointKind = "COMMUNICATION"
	TouchpointKindHcpEngagement TouchpointKind = "HCP_ENGAGEMENT"
	TouchpointKindCareEncounter TouchpointKind = "CARE_ENCOUNTER"
)

// Values lists the members.
func (TouchpointKind) Values() []string {
	return texts(TouchpointKindCommunication, TouchpointKindHcpEngagement, TouchpointKindCareEncounter)
}

// TouchpointStatus is FHIR event-status preparation, in-progress, completed, not-done, stopped.
type TouchpointStatus string

// The members of TouchpointStatus.
const (
	TouchpointStatusPreparation TouchpointStatus = "PREPARATION"
	TouchpointStatusInProgress  TouchpointStatus = "IN_PROGRESS"
	TouchpointStatusCompleted   TouchpointStatus = "COMPLETED"
	TouchpointStatusNotDone     TouchpointStatus = "NOT_DONE"
	TouchpointStatusStopped     TouchpointStatus = "STOPPED"
)

// Values lists the members.
func (TouchpointStatus) Values() []string {
	return texts(TouchpointStatusPreparation, TouchpointStatusInProgress, TouchpointStatusCompleted, TouchpointStatusNotDone, TouchpointStatusStopped)
}

// TouchpointOutcome says what came of a communication.
type TouchpointOutcome string

// The members of TouchpointOutcome.
const (
	TouchpointOutcomeReached   TouchpointOutcome = "REACHED"
	TouchpointOutcomeVoicemail TouchpointOutcome = "VOICEMAIL"
	TouchpointOutcomeNoAnswer  TouchpointOutcome = "NO_ANSWER"
	TouchpointOutcomeBounced   TouchpointOutcome = "BOUNCED"
	TouchpointOutcomeDelivered TouchpointOutcome = "DELIVERED"
	TouchpointOutcomeRead      TouchpointOutcome = "READ"
	TouchpointOutcomeRefused   TouchpointOutcome = "REFUSED"
)

// Values lists the members.
func (TouchpointOutcome) Values() []string {
	return texts(TouchpointOutcomeReached, TouchpointOutcomeVoicemail, TouchpointOutcomeNoAnswer, TouchpointOutcomeBounced, TouchpointOutcomeDelivered, TouchpointOutcomeRead, TouchpointOutcomeRefused)
}

// AdverseEventScreen is the answer to the question whether a contact told of an adverse event.
type AdverseEventScreen string

// The members of AdverseEventScreen.
const (
	AdverseEventScreenPending       AdverseEventScreen = "PENDING"
	AdverseEventScreenNone          AdverseEventScreen = "NONE"
	AdverseEventScreenSuspected     AdverseEventScreen = "SUSPECTED"
	AdverseEventScreenReported      AdverseEventScreen = "REPORTED"
	AdverseEventScreenNotApplicable AdverseEventScreen = "NOT_APPLICABLE"
)

// Values lists the members.
func (AdverseEventScreen) Values() []string {
	return texts(AdverseEventScreenPending, AdverseEventScreenNone, AdverseEventScreenSuspected, AdverseEventScreenReported, AdverseEventScreenNotApplicable)
}
