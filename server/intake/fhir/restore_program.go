package fhir

import (
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	entprogram "github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	cel "github.com/carehub/carehub/ent/criterion"
	entcriterion "github.com/carehub/carehub/ent/eligibilitycriterion"
	entenrollment "github.com/carehub/carehub/ent/enrollment"
	entsite "github.com/carehub/carehub/ent/programsite"
	entrequired "github.com/carehub/carehub/ent/requiredconsent"
	enttrial "github.com/carehub/carehub/ent/trialdetail"
	entsubject "github.com/carehub/carehub/ent/trialsubject"
	out "github.com/carehub/carehub/server/export/fhir"
)

// site is an organization at which a program is carried out.
type site struct{ program, organization uuid.UUID }

func (l *load) restoreService(x *exact, p *out.HealthcareService) func() {
	c, write := l.restoreProgram(x, "name", p.Name)
	c.SetNillableStartsOn(x.on("starts-on")).SetNillableEndsOn(x.on("ends-on"))
	return write
}

func (l *load) restoreStudy(x *exact, p *out.ResearchStudy) func() {
	c, write := l.restoreProgram(x, "title", p.Title)
	if p.Period != nil {
		c.SetNillableStartsOn(x.date("period.start", p.Period.Start)).SetNillableEndsOn(x.date("period.end", p.Period.End))
	}
	if x.extension("blinded").ValueBoolean == nil {
		return write // a trial without its detail
	}
	d := l.tx.TrialDetail.Create().
		SetNillableOfficialTitle(x.words("official-title", enttrial.OfficialTitleValidator)).
		SetNillableSummary(x.text("description", p.Description, enttrial.SummaryValidator)).
		SetNillableRegistryStatus(x.words("registry-status", enttrial.RegistryStatusValidator)).
		SetNillableEthicsApprovalRef(x.words("ethics-approval", enttrial.EthicsApprovalRefValidator)).
		SetNillableEthicsVersion(x.words("ethics-version", enttrial.EthicsVersionValidator)).
		SetBlinded(x.is("blinded")).
		SetNillableTargetEnrollment(x.number("target-enrollment", enttrial.TargetEnrollmentValidator)).
		SetNillableSponsorID(x.refer("ResearchStudy.sponsor", p.Sponsor, orgs))
	if p.Status != "" {
		d.SetStudyStatus(chosen(x, "ResearchStudy.status", unwired(p.Status), enttrial.StudyStatusValidator))
	}
	if p.Phase != nil && len(p.Phase.Coding) > 0 {
		phase := unwired(p.Phase.Coding[0].Code)
		if phase == "N_A" {
			phase = string(code.StudyPhaseNotApplicable)
		}
		d.SetPhase(chosen(x, "ResearchStudy.phase", phase, enttrial.PhaseValidator))
	}
	var conditions []string
	for _, c := range p.Condition {
		conditions = append(conditions, c.Text)
	}
	if conditions != nil {
		d.SetConditions(conditions)
	}
	return func() {
		write()
		l.details = append(l.details, d.SetProgramID(x.it.key))
	}
}

// restoreProgram reads what programs of all kinds have.
func (l *load) restoreProgram(x *exact, element, title string) (*ent.CareProgramCreate, func()) {
	c := l.tx.CareProgram.Create().
		SetName(x.needed(element, title, entprogram.NameValidator)).
		SetKind(must(x, "program-kind", entprogram.KindValidator)).
		SetStatus(must(x, "program-status", entprogram.StatusValidator)).
		SetNillableCapacity(x.number("capacity", entprogram.CapacityValidator)).
		SetCoverageRequired(x.is("coverage-required")).SetSelfEnrollment(x.is("self-enrollment")).
		SetAutoActivate(x.is("auto-activate")).
		SetNillableWaitlist(x.extension("waitlist").ValueBoolean).
		SetNillableLeadHours(x.number("lead-hours", entprogram.LeadHoursValidator)).
		SetNillableCutoffHours(x.number("cutoff-hours", entprogram.CutoffHoursValidator)).
		SetNillableOptOutDays(x.number("opt-out-days", entprogram.OptOutDaysValidator)).
		SetNillableRegistryID(x.words("registry-id", entprogram.RegistryIDValidator)).
		SetNillableProductID(x.product()).
		SetNillableParentID(x.earlier("part-of", programs))
	further, templates := x.furtherProducts(), x.templates()
	history := x.changes(x.all("status-change"))
	var required []*ent.RequiredConsentCreate
	for _, e := range x.all("required-consent") {
		required = append(required, l.tx.RequiredConsent.Create().
			SetScope(chosen(x, x.path("required-consent"), e.ValueCode, entrequired.ScopeValidator)))
	}
	sites := map[uuid.UUID]*ent.ProgramSiteCreate{}
	var order []uuid.UUID
	for _, e := range x.all("site") {
		of := x.part(e.Extension)
		at := of.needs("extension(site)", of.extension("organization").ValueReference, orgs)
		sites[at] = l.tx.ProgramSite.Create().SetID(uuid.Must(uuid.NewV7())).SetOrganizationID(at).
			SetNillableStudyStatus(picked(of, "study-status", entsite.StudyStatusValidator)).
			SetNillableNumber(of.words("number", entsite.NumberValidator))
		order = append(order, at)
	}
	var criteria []*ent.EligibilityCriterionCreate
	for _, e := range x.all("criterion") {
		of := x.part(e.Extension)
		seq := of.number("seq", entcriterion.SeqValidator)
		if seq == nil {
			x.refuse(x.path("criterion"), "has no place in the order")
			seq = new(int)
		}
		expression := of.words("expression", entcriterion.ExpressionValidator)
		if expression != nil {
			if err := cel.Check(*expression); err != nil {
				x.refuse(x.path("criterion"), "its expression cannot be decided: %v", err)
			}
		}
		criteria = append(criteria, l.tx.EligibilityCriterion.Create().SetID(uuid.Must(uuid.NewV7())).SetSeq(*seq).
			SetKind(must(of, "kind", entcriterion.KindValidator)).
			SetText(of.needed("extension(text)", of.extension("text").ValueString, entcriterion.TextValidator)).
			SetNillableExpression(expression).
			SetRequired(of.is("required")))
	}
	return c, func() {
		l.programs = append(l.programs, c.SetID(x.it.key))
		for _, r := range required {
			l.required = append(l.required, r.SetProgramID(x.it.key))
		}
		for _, at := range order {
			s := sites[at].SetProgramID(x.it.key)
			l.programSites = append(l.programSites, s)
			id, _ := s.Mutation().ID()
			l.siteKeys[site{x.it.key, at}] = id
		}
		for _, r := range criteria {
			l.criteria = append(l.criteria, r.SetProgramID(x.it.key))
			seq, _ := r.Mutation().Seq()
			id, _ := r.Mutation().ID()
			l.criterionKeys[question{x.it.key, seq}] = id
		}
		for _, r := range further {
			l.further = append(l.further, r.SetProgramID(x.it.key))
		}
		for _, r := range templates {
			l.templates = append(l.templates, r.SetProgramID(x.it.key))
		}
		for _, h := range history {
			l.history = append(l.history, h.SetProgramID(x.it.key))
		}
	}
}

// number reads the number of an extension.
func (x *exact) number(name string, rule func(int) error) *int {
	value := x.extension(name).ValueInteger
	if value != nil {
		if err := rule(*value); err != nil {
			x.refuse(x.path(name), "%v", err)
		}
	}
	return value
}

func (l *load) restoreEpisode(x *exact, e *out.EpisodeOfCare) func() {
	var steps []out.Extension
	for _, s := range e.StatusHistory {
		steps = append(steps, (&exact{reader: x.reader, it: x.it, extensions: s.Extension}).all("status-change")...)
	}
	_, write := l.restoreEnrollment(x, e.Patient, x.extension("program").ValueReference, e.Period, steps)
	return write
}

func (l *load) restoreSubject(x *exact, s *out.ResearchSubject) func() {
	program, write := l.restoreEnrollment(x, s.Individual, s.Study, s.Period, x.all("status-change"))
	if s.Status == "" {
		return write // an enrollment without a subject
	}
	key := uuid.Must(uuid.NewV7())
	c := l.tx.TrialSubject.Create().SetID(key).
		SetState(chosen(x, "ResearchSubject.status", unwired(s.Status), entsubject.StateValidator)).
		SetNillableScreeningNumber(x.words("screening-number", entsubject.ScreeningNumberValidator)).
		SetNillableRandomizedAt(x.when("randomized-at")).
		SetNillableArm(x.text("assignedArm", s.AssignedArm, entsubject.ArmValidator))
	if at := x.refer(x.path("site"), x.extension("site").ValueReference, orgs); at != nil && x.fault == nil {
		c.SetSiteID(x.siteOf(program, *at))
	}
	history := x.changes(x.all("subject-status-change"))
	return func() {
		write()
		l.subjects = append(l.subjects, c.SetEnrollmentID(x.it.key))
		for _, h := range history {
			l.history = append(l.history, h.SetTrialSubjectID(key))
		}
	}
}

// siteOf finds a site of a program.
func (x *exact) siteOf(program, organization uuid.UUID) uuid.UUID {
	l, at := x.l, site{program, organization}
	if key, known := l.siteKeys[at]; known {
		return key
	}
	rows, err := l.tx.ProgramSite.Query().Where(entsite.ProgramID(program)).All(l.ctx)
	if err != nil {
		l.failed = err
	}
	for _, row := range rows {
		l.siteKeys[site{program, row.OrganizationID}] = row.ID
	}
	key, known := l.siteKeys[at]
	if !known {
		x.refuse(x.path("site"), "the program has no such site")
	}
	return key
}

// restoreEnrollment reads what enrollments in programs of all kinds have.
func (l *load) restoreEnrollment(x *exact, of, in *out.Reference, during out.Period, steps []out.Extension) (program uuid.UUID, write func()) {
	patient, program := x.owner("patient", of), x.needs("program", in, programs)
	ended := x.moment(x.it.typ+".period.end", during.End)
	c := l.tx.Enrollment.Create().SetPatientID(patient).SetProgramID(program).
		SetStatus(must(x, "enrollment-status", entenrollment.StatusValidator)).
		SetSource(must(x, "enrollment-source", entenrollment.SourceValidator)).
		SetReferredAt(x.began("period.start", during.Start)).SetNillableEndedAt(ended).
		SetNillableReferrerID(x.refer(x.path("referrer"), x.extension("referrer").ValueReference, providers)).
		SetNillableEligibility(picked(x, "eligibility", entenrollment.EligibilityValidator)).
		SetNillableEligibilityNote(x.words("eligibility-note", entenrollment.EligibilityNoteValidator)).
		SetNillableEligibilityDecidedAt(x.when("eligibility-decided-at")).
		SetNillableWaitlistedAt(x.when("waitlisted-at")).
		SetNillableHoldReason(x.words("hold-reason", entenrollment.HoldReasonValidator)).
		SetNillableConsentedAt(x.when("consented-at")).SetNillableActivatedAt(x.when("activated-at")).
		SetNillableEndReason(x.words("end-reason", entenrollment.EndReasonValidator)).
		SetNillableOptOutUntil(x.on("opt-out-until"))
	history := x.changes(steps)
	answers, onboarding := x.answers(program), x.onboarding()
	at := seat{patient, program}
	if ended == nil && x.isNew() && l.seats[at] {
		x.refuse(x.it.typ+".period", "a second open enrollment of one patient and program")
	}
	return program, func() {
		l.seats[at] = l.seats[at] || ended == nil
		l.enrollments = append(l.enrollments, c.SetID(x.it.key))
		for _, h := range history {
			l.history = append(l.history, h.SetEnrollmentID(x.it.key))
		}
		for _, a := range answers {
			l.answers = append(l.answers, a.SetEnrollmentID(x.it.key))
		}
		if onboarding != nil {
			l.plans = append(l.plans, onboarding.SetEnrollmentID(x.it.key))
			l.planKeys[x.it.key], _ = onboarding.Mutation().ID()
		}
	}
}
