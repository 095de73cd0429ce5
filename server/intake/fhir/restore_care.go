package fhir

import (
	"github.com/carehub/carehub/ent"
	entrelation "github.com/carehub/carehub/ent/carerelationship"
	"github.com/carehub/carehub/ent/code"
	entcondition "github.com/carehub/carehub/ent/condition"
	entconsent "github.com/carehub/carehub/ent/consent"
	entcoverage "github.com/carehub/carehub/ent/coverage"
	enttouch "github.com/carehub/carehub/ent/touchpoint"
	enttreatment "github.com/carehub/carehub/ent/treatment"
	out "github.com/carehub/carehub/server/export/fhir"
	"github.com/carehub/carehub/server/intake/tally"
)

// codeIn is the code of a system in a concept; empty where there is none.
func codeIn(c *out.CodeableConcept, system string) string {
	if c != nil {
		for _, coding := range c.Coding {
			if coding.System == system {
				return coding.Code
			}
		}
	}
	return ""
}

// says is the text of a concept; empty where there is none.
func says(c *out.CodeableConcept) string {
	if c == nil {
		return ""
	}
	return c.Text
}

// firstSays is says of the first concept of a list.
func firstSays(all []out.CodeableConcept) string {
	if len(all) == 0 {
		return ""
	}
	return all[0].Text
}

func (l *load) restoreConsent(x *exact, p *out.Consent) func() {
	var evidence string
	if p.SourceAttachment != nil {
		evidence = p.SourceAttachment.Title
	}
	c := l.tx.Consent.Create().SetPatientID(x.owner("patient", p.Patient)).
		SetNillableProgramID(x.refer(x.path("program"), x.extension("program").ValueReference, programs)).
		SetNillableRenewsID(x.earlier("renews", consents)).
		SetScope(chosen(x, "Consent.policyRule", codeIn(p.PolicyRule, out.ConsentScopes), entconsent.ScopeValidator)).
		SetStatus(chosen(x, "Consent.status", unwired(p.Status), entconsent.StatusValidator)).
		SetDecision(chosen(x, "Consent.provision.type", unwired(p.Provision.Type), entconsent.DecisionValidator)).
		SetCapturedVia(must(x, "captured-via", entconsent.CapturedViaValidator)).
		SetCapturedAt(x.began("dateTime", p.DateTime)).
		SetEffectiveFrom(x.began("provision.period.start", p.Provision.Period.Start)).
		SetNillableExpiresAt(x.moment("Consent.provision.period.end", p.Provision.Period.End)).
		SetNillableRevokedAt(x.when("revoked-at")).
		SetNillableRevokedReason(x.words("revoked-reason", entconsent.RevokedReasonValidator)).
		SetSignerRole(must(x, "signer-role", entconsent.SignerRoleValidator)).
		SetNillableSignerName(x.words("signer-name", entconsent.SignerNameValidator)).
		SetNillableSignedFrom(x.words("signed-from", entconsent.SignedFromValidator)).
		SetNillableScriptVersion(x.words("script-version", entconsent.ScriptVersionValidator)).
		SetNillableAgentName(x.words("agent-name", entconsent.AgentNameValidator)).
		SetNillableRequestedAt(x.when("requested-at")).
		SetNillableEvidenceKind(picked(x, "evidence-kind", entconsent.EvidenceKindValidator)).
		SetNillableEvidenceRef(x.text("sourceAttachment.title", evidence, entconsent.EvidenceRefValidator)).
		SetNillableInfoDescription(x.words("info-description", entconsent.InfoDescriptionValidator)).
		SetNillableDiscloser(x.words("discloser", entconsent.DiscloserValidator)).
		SetNillableRecipient(x.words("recipient", entconsent.RecipientValidator)).
		SetNillablePurpose(x.words("purpose", entconsent.PurposeValidator)).
		SetNillableExpiryEvent(x.words("expiry-event", entconsent.ExpiryEventValidator))
	if proved := evidence != "" && x.extension("evidence-kind").ValueCode != ""; !proved && p.Status == "active" {
		x.refuse("Consent.sourceAttachment.title", "a consent in force has its evidence")
	}
	history := x.changes(x.all("status-change"))
	return func() {
		l.consents = append(l.consents, c.SetID(x.it.key))
		for _, h := range history {
			l.history = append(l.history, h.SetConsentID(x.it.key))
		}
	}
}

func (l *load) restoreCoverage(x *exact, p *out.Coverage) func() {
	c := l.tx.Coverage.Create().SetPatientID(x.owner("beneficiary", p.Beneficiary)).
		SetKind(must(x, "coverage-kind", entcoverage.KindValidator)).
		SetStatus(chosen(x, "Coverage.status", unwired(p.Status), entcoverage.StatusValidator)).
		SetNillableMemberID(x.text("subscriberId", p.SubscriberID, entcoverage.MemberIDValidator)).
		SetPriority(p.Order)
	if err := entcoverage.PriorityValidator(p.Order); err != nil {
		x.refuse("Coverage.order", "%v", err)
	}
	if len(p.Payor) > 0 && !x.means(&p.Payor[0], patients) { // else nobody else pays
		c.SetNillablePayerID(x.refer("Coverage.payor", &p.Payor[0], orgs))
	}
	start := (*code.Date)(nil)
	if p.Period != nil {
		start = x.date("period.start", p.Period.Start)
		c.SetNillablePeriodEnd(x.date("period.end", p.Period.End))
	}
	if start == nil {
		x.refuse("Coverage.period.start", "missing")
	} else {
		c.SetPeriodStart(*start)
	}
	if relation := codeIn(p.Relationship, "http://terminology.hl7.org/CodeSystem/subscriber-relationship"); relation != "" {
		c.SetSubscriberRelationship(chosen(x, "Coverage.relationship", unwired(relation), entcoverage.SubscriberRelationshipValidator))
	}
	for _, who := range p.Contained {
		c.SetNillableSubscriberBirthDate(x.date("contained.birthDate", who.BirthDate))
		if len(who.Name) > 0 {
			c.SetNillableSubscriberName(x.text("contained.name.text", who.Name[0].Text, entcoverage.SubscriberNameValidator))
		}
	}
	for _, class := range p.Class {
		switch codeIn(class.Type, "http://terminology.hl7.org/CodeSystem/coverage-class") {
		case "group":
			c.SetNillableGroupID(x.text("class.value", class.Value, entcoverage.GroupIDValidator))
		case "plan":
			c.SetNillablePlanName(x.text("class.value", class.Value, entcoverage.PlanNameValidator))
		case "rxbin":
			c.SetNillableBin(x.text("class.value", class.Value, entcoverage.BinValidator))
		case "rxpcn":
			c.SetNillablePcn(x.text("class.value", class.Value, entcoverage.PcnValidator))
		}
	}
	history := x.changes(x.all("status-change"))
	return func() {
		l.coverages = append(l.coverages, c.SetID(x.it.key))
		for _, h := range history {
			l.history = append(l.history, h.SetCoverageID(x.it.key))
		}
	}
}

// restoreCareTeam makes a care relationship. Of one pair only one is open: that which is here.
func (l *load) restoreCareTeam(x *exact, t *out.CareTeam) func() {
	if len(t.Participant) != 1 {
		x.refuse("CareTeam.participant", "an export has one")
		return nil
	}
	who := t.Participant[0]
	patient, provider := x.owner("subject", t.Subject), x.needs("participant.member", who.Member, providers)
	c := l.tx.CareRelationship.Create().SetPatientID(patient).SetProviderID(provider).
		SetNillableRole(x.text("participant.role", firstSays(who.Role), entrelation.RoleValidator)).
		SetBasis(must(x, "care-basis", entrelation.BasisValidator)).
		SetStartedAt(x.began("period.start", t.Period.Start)).
		SetNillableEndedAt(x.moment("CareTeam.period.end", t.Period.End))
	between := bond{provider, patient}
	if key, here := l.open[between]; here && t.Period.End == "" && x.isNew() && x.fault == nil {
		x.it.key, x.it.outcome = key, tally.Unchanged
		l.book(x.it)
	}
	return func() {
		if t.Period.End == "" {
			l.open[between] = x.it.key
		}
		l.relationships = append(l.relationships, c.SetID(x.it.key))
	}
}

func (l *load) restoreCondition(x *exact, p *out.Condition) func() {
	c := l.tx.Condition.Create().SetPatientID(x.owner("subject", p.Subject)).
		SetText(x.needed("code.text", says(p.Code), entcondition.TextValidator)).
		SetNillableSnomedCode(x.text("code.coding.code", codeIn(p.Code, "http://snomed.info/sct"), entcondition.SnomedCodeValidator)).
		SetClinicalStatus(chosen(x, "Condition.clinicalStatus",
			unwired(codeIn(p.ClinicalStatus, "http://terminology.hl7.org/CodeSystem/condition-clinical")), entcondition.ClinicalStatusValidator)).
		SetOnsetAt(x.began("onsetDateTime", p.OnsetDateTime)).
		SetNillableAbatedAt(x.moment("Condition.abatementDateTime", p.AbatementDateTime))
	return func() { l.conditions = append(l.conditions, c.SetID(x.it.key)) }
}

func (l *load) restoreMedication(x *exact, p *out.MedicationRequest) func() {
	drug := p.MedicationCodeableConcept
	c := l.tx.Treatment.Create().SetPatientID(x.owner("subject", p.Subject)).
		SetText(x.needed("medicationCodeableConcept.text", says(drug), enttreatment.TextValidator)).
		SetNillableRxnormCode(x.text("medicationCodeableConcept.coding.code",
			codeIn(drug, "http://www.nlm.nih.gov/research/umls/rxnorm"), enttreatment.RxnormCodeValidator)).
		SetStatus(chosen(x, "MedicationRequest.status", unwired(p.Status), enttreatment.StatusValidator)).
		SetStartedAt(x.began("authoredOn", p.AuthoredOn)).
		SetNillablePrescriberID(x.refer("MedicationRequest.requester", p.Requester, providers)).
		SetNillableEnrollmentID(x.refer(x.path("enrollment"), x.extension("enrollment").ValueReference, enrollments)).
		SetNillableProductID(x.product())
	if len(p.DosageInstruction) > 0 {
		c.SetNillableDosage(x.text("dosageInstruction.text", p.DosageInstruction[0].Text, enttreatment.DosageValidator))
	}
	if p.DispenseRequest != nil {
		c.SetNillableEndedAt(x.moment("MedicationRequest.dispenseRequest.validityPeriod.end", p.DispenseRequest.ValidityPeriod.End))
	}
	return func() { l.treatments = append(l.treatments, c.SetID(x.it.key)) }
}

// restoreTouchpoint reads what touchpoints of all kinds have.
func (l *load) restoreTouchpoint(x *exact, of *out.Reference, subject, body string) *ent.TouchpointCreate {
	c := l.tx.Touchpoint.Create().
		SetChannel(must(x, "channel", enttouch.ChannelValidator)).
		SetNillableOutcome(picked(x, "outcome", enttouch.OutcomeValidator)).
		SetAeScreen(must(x, "adverse-event-screen", enttouch.AeScreenValidator)).
		SetNillableReactive(x.extension("reactive").ValueBoolean).
		SetNillableEnrollmentID(x.refer(x.path("enrollment"), x.extension("enrollment").ValueReference, enrollments)).
		SetNillableConsentID(x.refer(x.path("consent"), x.extension("consent").ValueReference, consents)).
		SetNillableSubject(x.text("subject", subject, enttouch.SubjectValidator)).
		SetNillableBody(x.text("body", body, enttouch.BodyValidator))
	if of != nil {
		c.SetPatientID(x.owner("subject", of))
	}
	return c
}

func (l *load) restoreEncounter(x *exact, e *out.Encounter) func() {
	start := x.began("period.start", e.Period.Start)
	c := l.restoreTouchpoint(x, e.Subject, firstSays(e.Type), firstSays(e.ReasonCode)).
		SetKind(code.TouchpointKindCareEncounter).
		SetDirection(must(x, "direction", enttouch.DirectionValidator)).
		SetStatus(must(x, "touchpoint-status", enttouch.StatusValidator)).
		SetOccurredAt(start).
		SetNillableOrganizationID(x.refer("Encounter.serviceProvider", e.ServiceProvider, orgs))
	if _, end := x.span("Encounter.period", period{e.Period.Start, e.Period.End}); end != nil {
		c.SetDurationSeconds(int(end.Unix() - start.Unix()))
	}
	if len(e.Participant) > 0 {
		c.SetNillableProviderID(x.refer("Encounter.participant", e.Participant[0].Individual, providers))
	}
	if len(e.EpisodeOfCare) > 0 {
		c.SetNillableEnrollmentID(x.refer("Encounter.episodeOfCare", &e.EpisodeOfCare[0], enrollments))
	}
	return func() { l.touchpoints = append(l.touchpoints, c.SetID(x.it.key)) }
}

func (l *load) restoreCommunication(x *exact, p *out.Communication) func() {
	direction, at, other := code.DirectionInbound, p.Received, p.Sender
	if at == "" {
		direction, at = code.DirectionOutbound, p.Sent
		if len(p.Recipient) > 0 {
			other = &p.Recipient[0]
		}
	}
	var body string
	if len(p.Payload) > 0 {
		body = p.Payload[0].ContentString
	}
	c := l.restoreTouchpoint(x, p.Subject, says(p.Topic), body).
		SetKind(must(x, "touchpoint-kind", enttouch.KindValidator)).SetDirection(direction).
		SetStatus(chosen(x, "Communication.status", unwired(p.Status), enttouch.StatusValidator)).
		SetOccurredAt(x.began("sent", at)).
		SetNillableDurationSeconds(x.number("duration-seconds", enttouch.DurationSecondsValidator)).
		SetNillableOrganizationID(x.refer(x.path("organization"), x.extension("organization").ValueReference, orgs))
	if other != nil && x.means(other, providers) {
		c.SetNillableProviderID(x.refer("Communication.recipient", other, providers))
	}
	return func() { l.touchpoints = append(l.touchpoints, c.SetID(x.it.key)) }
}
