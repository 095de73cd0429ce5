package graph_test

import (
	"strings"
	"testing"

	"github.com/carehub/carehub/ent/viewer"
)

// relation is a row of a type as one persona stands to it.
type relation struct {
	persona viewer.Persona
	label   string
	who     string // the user of the persona who asks
	row     string // the row's name in the world
}

// relations lists, for each type with rows, how each persona may stand to one: LABEL=row, or user:LABEL=row where
// not the first user of the persona asks. A persona that has no line is given no identifier of such rows by the
// API; its view must not have the type. Every line has a row that the persona is shown.
const relations = `
User
	LIAISON      self=liaison colleague=chief portal-user=provider
	COORDINATOR  self=coordinator colleague=liaison portal-user=patient
	STAFF        self=safety colleague=liaison portal-user=patient
	ADMIN        any=patient
Membership
	ADMIN        any=former
Department
	LIAISON      any=LEGAL
	COORDINATOR  any=LEGAL
	STAFF        any=LEGAL
	ANALYST      any=LEGAL
	ADMIN        any=LEGAL
Patient
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS=ann treated-once=old other=bob
	LIAISON      CLIENT-PT,consent=ann CLIENT-PT=cal CLIENT-PT,revoked=rex CLIENT-PT,expired=eve CLIENT-PT,future=fay CLIENT-PT,denied=dee other=bob
	COORDINATOR  PROGRAM=ann other=bob
	STAFF        safety:OWN-CASE,safety=ann privacy:OWN-CASE,privacy=bob quality:OWN-CASE,quality=ann quality:other=bob
	ANALYST      DEID=ann
Provider
	PATIENT      treating=provider other=provider2
	PROVIDER     SELF=provider peer=provider2
	LIAISON      CLIENT=provider other=provider2
	COORDINATOR  any=provider
	STAFF        any=provider
	ANALYST      DEID=provider
Organization
	PATIENT      any=clinic
	PROVIDER     any=clinic
	LIAISON      any=clinic
	COORDINATOR  any=clinic
	STAFF        any=clinic
Location
	PATIENT      any=clinic
	PROVIDER     any=clinic
	LIAISON      any=clinic
	COORDINATOR  any=clinic
	STAFF        any=clinic
ContactPoint
	PATIENT      SELF=ann other=bob
	PROVIDER     SELF=provider TREATS=ann peer=provider2 other=bob
	LIAISON      CLIENT=provider other=provider2 CLIENT-PT,consent=ann
	COORDINATOR  PROGRAM=ann provider=provider other=bob
PortalAccess
	PATIENT      SELF=ann other=bob
	PROVIDER     SELF=provider peer=provider2
	LIAISON      CLIENT=provider other=provider2
	COORDINATOR  PROGRAM=ann other=bob
	ADMIN        any=ann
ProxyGrant
	PATIENT      SELF=ann PROXY=cal other=bob
	COORDINATOR  PROGRAM=ann other=bob
CareRelationship
	PATIENT      SELF=ann other=bob
	PROVIDER     own=ann ended=old other=bob
	LIAISON      CLIENT=ann other=bob
	COORDINATOR  PROGRAM=ann other=bob
LiaisonAssignment
	LIAISON      own=provider other=provider2
Product
	PATIENT      any=zelora
	PROVIDER     any=zelora
	LIAISON      any=zelora
	COORDINATOR  any=zelora
	STAFF        any=zelora
	ANALYST      any=zelora
	ADMIN        any=zelora
CareProgram
	PATIENT      active=bridge draft=sketch closed=ended
	PROVIDER     active=bridge draft=sketch closed=ended
	LIAISON      active=bridge draft=sketch
	COORDINATOR  active=bridge draft=sketch
	STAFF        active=bridge draft=sketch
	ANALYST      active=bridge draft=sketch
	ADMIN        active=bridge draft=sketch
ProgramTeamMember
	COORDINATOR  own=bridge other=harbor
TrialDetail
	PATIENT      active=bridge draft=sketch closed=ended
	PROVIDER     active=bridge draft=sketch closed=ended
	LIAISON      active=bridge draft=sketch
	COORDINATOR  active=bridge draft=sketch
	STAFF        active=bridge draft=sketch
ProgramSite
	PATIENT      active=bridge draft=sketch closed=ended
	PROVIDER     active=bridge draft=sketch closed=ended
	LIAISON      active=bridge draft=sketch
	COORDINATOR  active=bridge draft=sketch
	STAFF        active=bridge draft=sketch
EligibilityCriterion
	PATIENT      active=bridge draft=sketch closed=ended
	PROVIDER     active=bridge draft=sketch closed=ended
	LIAISON      active=bridge draft=sketch
	COORDINATOR  active=bridge draft=sketch
	STAFF        active=bridge draft=sketch
ActivityTemplate
	COORDINATOR  active=bridge draft=sketch
EligibilityAnswer
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS=ann AUTHORED=old other=bob
	COORDINATOR  PROGRAM=ann coordinator2:coordinated=old other=bob
OnboardingPlan
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS=ann AUTHORED=old other=bob
	COORDINATOR  PROGRAM=ann coordinator2:coordinated=old other=bob
ServiceActivity
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS=ann AUTHORED=old other=bob
	COORDINATOR  PROGRAM=ann coordinator2:coordinated=old other=bob
TrialSubject
	PATIENT      SELF=ann patient2:SELF,open=bob other=bob
	PROVIDER     TREATS=ann AUTHORED=old other=bob
	COORDINATOR  PROGRAM=ann coordinator2:coordinated=old other=bob
Enrollment
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS=ann AUTHORED=old other=bob
	LIAISON      CLIENT-PT,consent=ann CLIENT-PT=cal other=bob
	COORDINATOR  PROGRAM=ann coordinator2:coordinated=old other=bob
	STAFF        quality:OWN-CASE=ann quality:other=bob
	ANALYST      DEID=ann
Treatment
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS=ann treated-once=old other=bob
	LIAISON      CLIENT-PT,consent=ann CLIENT-PT=cal other=bob
	COORDINATOR  PROGRAM=ann other=bob
	STAFF        safety:OWN-CASE,safety=ann quality:OWN-CASE,quality=ann safety:other=bob
Condition
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS=ann treated-once=old other=bob
	LIAISON      CLIENT-PT,consent=ann CLIENT-PT=cal other=bob
	COORDINATOR  PROGRAM=ann other=bob
	STAFF        safety:OWN-CASE,safety=ann quality:OWN-CASE,quality=ann safety:other=bob
Consent
	PATIENT      SELF=annMarketing other=bob
	PROVIDER     TREATS=annMarketing other=bob
	LIAISON      CLIENT-PT,medical-affairs=ann CLIENT-PT,other-scope=annMarketing other=bob
	COORDINATOR  PROGRAM=annMarketing other=bob
	STAFF        quality:OWN-CASE=annMarketing quality:other=bob
ConsentForm
	PATIENT      approved=approved draft=draft
	COORDINATOR  approved=approved draft=draft
	STAFF        privacy:approved=approved safety:other-department=approved
Document
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS,AUTHORED=sent TREATS=ann other=bob
	COORDINATOR  PROGRAM=ann other=bob
	STAFF        privacy:OWN-CASE,privacy=bob safety:OWN-CASE,safety=ann privacy:other=cal
Disclosure
	PATIENT      SELF=ann other=bob
	COORDINATOR  PROGRAM=ann other=bob
	STAFF        privacy:OWN-CASE,privacy=bob safety:OWN-CASE,safety=ann privacy:other=cal
Coverage
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS=ann treated-once=old other=bob
	COORDINATOR  PROGRAM=ann other=bob
	ANALYST      DEID=ann
BenefitVerification
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS=ann treated-once=old other=bob
	COORDINATOR  PROGRAM=ann other=bob
	ANALYST      DEID=ann
CoverageBenefit
	PATIENT      SELF=ann other=bob
	COORDINATOR  PROGRAM=ann other=bob
VerificationAttempt
	COORDINATOR  PROGRAM=ann other=bob
PriorAuthorization
	PATIENT      SELF=ann other=bob
	PROVIDER     TREATS=ann treated-once=old other=bob
	COORDINATOR  PROGRAM=ann other=bob
Case
	PATIENT      AUTHORED=own SELF=event other=west
	PROVIDER     AUTHORED=done AUTHORED,event=event treated-patient's=own other=west
	LIAISON      QUEUE=done ASSIGNED=assigned AUTHORED=reported client's-event=event other=west
	COORDINATOR  PROGRAM=done PROGRAM,event=event other=west
	STAFF        safety:QUEUE=event information:ASSIGNED=own quality:AUTHORED=forwarded quality:other=event
	ANALYST      DEID=event
CaseRouting
	LIAISON      QUEUE=done ASSIGNED=assigned AUTHORED=reported other=west
	STAFF        safety:QUEUE=event quality:AUTHORED=forwarded quality:other=event
StatusChange
	LIAISON      case,QUEUE=case_done answer,QUEUE=response_done case,AUTHORED=case_reported case,other=case_west answer,other=response_west enrollment=enrollment_ann consent=consent_ann
	COORDINATOR  enrollment,PROGRAM=enrollment_ann subject,PROGRAM=subject_ann subject,other=subject_bob consent,PROGRAM=consent_ann enrollment,other=enrollment_bob consent,other=consent_bob coverage,PROGRAM=coverage_ann coverage,other=coverage_bob verification,PROGRAM=verification_ann authorization,PROGRAM=authorization_ann verification,other=verification_bob case=case_done program=program_bridge
	STAFF        safety:case,QUEUE=case_event information:answer,QUEUE=response_own quality:case,other=case_event information:answer,other=response_done
RoutingRule
	LIAISON      any=full
	STAFF        any=full
	ADMIN        any=full
MedicalInquiry
	PATIENT      AUTHORED=own about-self=done other=west
	PROVIDER     AUTHORED=done other=west
	LIAISON      QUEUE=done ASSIGNED=assigned other=west
	COORDINATOR  PROGRAM=done other=west
	STAFF        information:QUEUE=own information:other=done
InquiryQuestion
	PATIENT      AUTHORED=own about-self=done other=west
	PROVIDER     AUTHORED=done other=west
	LIAISON      QUEUE=done ASSIGNED=assigned other=west
	COORDINATOR  PROGRAM=done other=west
	STAFF        information:QUEUE=own information:other=done
InquiryResponse
	PATIENT      AUTHORED,sent=own AUTHORED,draft=ownDraft about-self=done other=west
	PROVIDER     AUTHORED,sent=done AUTHORED,draft=doneDraft other=west
	LIAISON      QUEUE,sent=done QUEUE,draft=doneDraft ASSIGNED=assigned other=west
	COORDINATOR  PROGRAM,sent=done PROGRAM,draft=doneDraft other=west
	STAFF        information:QUEUE,sent=own information:QUEUE,draft=ownDraft information:other=done
ResponseAnswer
	PATIENT      AUTHORED,sent=own AUTHORED,draft=ownDraft other=west
	PROVIDER     AUTHORED,sent=done AUTHORED,draft=doneDraft other=west
	LIAISON      QUEUE=doneDraft other=west
	COORDINATOR  PROGRAM,sent=done PROGRAM,draft=doneDraft other=west
	STAFF        information:QUEUE=ownDraft information:other=done
ResponseCitation
	PATIENT      AUTHORED,sent=own AUTHORED,draft=ownDraft other=west
	PROVIDER     AUTHORED,sent=done AUTHORED,draft=doneDraft other=west
	LIAISON      QUEUE=doneDraft other=west
	COORDINATOR  PROGRAM,sent=done PROGRAM,draft=doneDraft other=west
	STAFF        information:QUEUE=ownDraft information:other=done
Touchpoint
	PATIENT      SELF=ann other=bob
	PROVIDER     participant=visit treated-patient's=ann other=west
	LIAISON      own=visit CLIENT=joint CLIENT-PT,consent=ann CLIENT-PT=cal other=west
	COORDINATOR  PROGRAM=ann coordinator2:own=cal other=bob
	STAFF        safety:own=call quality:OWN-CASE=ann quality:other=bob
	ANALYST      DEID=ann
KnowledgeResource
	PATIENT      PUBLISHED=forPatients other-audience=script draft=draft expired=expired early=early off-label=offLabel cited=cited
	PROVIDER     PUBLISHED=label other-audience=forPatients draft=draft expired=expired early=early off-label=offLabel cited-to-viewer=cited
	LIAISON      PUBLISHED=label draft=draft expired=expired off-label=offLabel
	COORDINATOR  PUBLISHED=script draft=draft expired=expired early=early off-label=offLabel
	STAFF        PUBLISHED=label draft=draft expired=expired off-label=offLabel
	ANALYST      approved=label draft=draft
ImportRun
	ADMIN        any=run
ScheduledJob
	ADMIN        any=nightly
`

// first is the user of a persona who asks unless another is named.
var first = map[viewer.Persona]string{
	viewer.Patient: "patient", viewer.Provider: "provider", viewer.Liaison: "liaison", viewer.Coordinator: "coordinator",
	viewer.Staff: "safety", viewer.Analyst: "analyst", viewer.Admin: "admin",
}

// readRelations reads the relations by type.
func readRelations(t *testing.T) map[string][]relation {
	t.Helper()
	out := map[string][]relation{}
	typ := ""
	for line := range strings.Lines(strings.TrimSpace(relations)) {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, "\t") {
			typ = words[0]
			continue
		}
		persona := viewer.Persona(words[0])
		for _, word := range words[1:] {
			label, row, found := strings.Cut(word, "=")
			if !found {
				t.Fatalf("relations: %q is not LABEL=row", word)
			}
			r := relation{persona: persona, label: label, who: first[persona], row: strings.ReplaceAll(row, "_", " ")}
			if who, rest, named := strings.Cut(label, ":"); named {
				r.who, r.label = who, rest
			}
			out[typ] = append(out[typ], r)
		}
	}
	return out
}
