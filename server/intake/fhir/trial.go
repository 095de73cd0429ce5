package fhir

import (
	"regexp"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent"
	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
	"github.com/carehub/carehub/ent/trialdetail"
)

// researchStudy is FHIR's ResearchStudy.
type researchStudy struct {
	Identifier         []identifier
	Title, Description string
	Status             string
	Phase              concept
	Condition          []concept
	Period             period
	Sponsor            reference
	Site               []reference
}

func (s *researchStudy) refer(to func(reference, string)) {
	to(s.Sponsor, orgs)
	for _, site := range s.Site {
		to(site, locations)
	}
}

var studyStatuses = map[string]code.StudyStatus{
	"active":                             code.StudyStatusActive,
	"administratively-completed":         code.StudyStatusAdministrativelyCompleted,
	"approved":                           code.StudyStatusApproved,
	"closed-to-accrual":                  code.StudyStatusClosedToAccrual,
	"closed-to-accrual-and-intervention": code.StudyStatusClosedToAccrualAndIntervention,
	"completed":                          code.StudyStatusCompleted,
	"disapproved":                        code.StudyStatusDisapproved,
	"in-review":                          code.StudyStatusInReview,
	"temporarily-closed-to-accrual":      code.StudyStatusTemporarilyClosedToAccrual,
	"temporarily-closed-to-accrual-and-intervention": code.StudyStatusTemporarilyClosedToAccrualAndIntervention,
	"withdrawn": code.StudyStatusWithdrawn,
}

var studyPhases = map[string]code.StudyPhase{
	"n-a":             code.StudyPhaseNotApplicable,
	"early-phase-1":   code.StudyPhaseEarlyPhase1,
	"phase-1":         code.StudyPhasePhase1,
	"phase-1-phase-2": code.StudyPhasePhase1Phase2,
	"phase-2":         code.StudyPhasePhase2,
	"phase-2-phase-3": code.StudyPhasePhase2Phase3,
	"phase-3":         code.StudyPhasePhase3,
	"phase-4":         code.StudyPhasePhase4,
}

// registryNumber is that of ClinicalTrials.gov.
var registryNumber = regexp.MustCompile(`^NCT[0-9]{8}$`)

// registered is the study's number in the registry.
func (s *researchStudy) registered() string {
	for _, id := range s.Identifier {
		if value := strings.ToUpper(clean(id.Value)); registryNumber.MatchString(value) {
			return value
		}
	}
	return ""
}

// study takes a study in as a clinical trial in draft: it lacks what it takes to enroll somebody, an ethics approval
// and consent forms, until a coordinator completes it. A site is the organization of its location.
func (l *load) study(it *item, s *researchStudy) {
	r := &reader{}
	status := translate(r, "ResearchStudy.status", s.Status, studyStatuses)
	title := r.text("ResearchStudy.title", s.Title, 1000)
	name := title
	const maxTitle = 300
	if len(name) > maxTitle || name == "" {
		name = s.registered()
	}
	switch {
	case name == "" && title != "":
		r.refuse("ResearchStudy.title", "longer than %d bytes", maxTitle)
	case name == "":
		r.refuse("ResearchStudy.title", "missing")
	}
	var phase code.StudyPhase
	if given := s.Phase.first(); given != "" {
		phase = translate(r, "ResearchStudy.phase", given, studyPhases)
	}
	summary := r.optional("ResearchStudy.description", s.Description, 20000)
	begins, ends := r.day("ResearchStudy.period.start", s.Period.Start), r.day("ResearchStudy.period.end", s.Period.End)
	r.span("ResearchStudy.period", s.Period)
	sponsor, reason := l.find(it, s.Sponsor, orgs)
	if reason != "" {
		r.refuse("ResearchStudy.sponsor", "%s", reason)
	}
	sites := l.sites(r, it, s)
	var treats []string
	for _, c := range s.Condition {
		if text := r.text("ResearchStudy.condition", c.text(), 300); text != "" {
			treats = append(treats, text)
		}
	}
	if r.fault != nil {
		l.drop(it, *r.fault)
		return
	}
	describe := func(m *ent.TrialDetailMutation) {
		m.SetStudyStatus(status)
		if phase != "" {
			m.SetPhase(phase)
		}
		if title != name {
			set(m.SetOfficialTitle, nonempty(title))
		}
		set(m.SetSummary, summary)
		if len(treats) > 0 {
			m.SetConditions(treats)
		}
		if sponsor != uuid.Nil {
			m.SetSponsorID(sponsor)
		}
	}
	fill := func(m *ent.CareProgramMutation) {
		m.SetName(name)
		set(m.SetStartsOn, begins)
		set(m.SetEndsOn, ends)
		set(m.SetRegistryID, nonempty(s.registered()))
	}
	if !l.place(it) {
		it.revise = func(editable func(*sql.Selector)) error {
			u := l.tx.CareProgram.UpdateOneID(it.key).Where(editable)
			fill(u.Mutation())
			if err := u.Exec(l.ctx); err != nil {
				return err
			}
			d := l.tx.TrialDetail.Update().Where(trialdetail.ProgramID(it.key))
			describe(d.Mutation())
			return d.Exec(l.ctx)
		}
		return
	}
	l.trials[it.key] = code.ProgramStatusDraft
	p := l.tx.CareProgram.Create().SetID(it.key).SetKind(code.ProgramKindClinicalTrial).SetStatus(code.ProgramStatusDraft)
	fill(p.Mutation())
	l.programs = append(l.programs, p)
	d := l.tx.TrialDetail.Create().SetProgramID(it.key)
	describe(d.Mutation())
	l.details = append(l.details, d)
	for _, org := range sites {
		l.programSites = append(l.programSites, l.tx.ProgramSite.Create().SetProgramID(it.key).SetOrganizationID(org))
	}
}

// sites are the organizations of a study's locations, each once.
func (l *load) sites(r *reader, it *item, s *researchStudy) []uuid.UUID {
	var out []uuid.UUID
	for _, ref := range s.Site {
		key, reason := l.find(it, ref, locations)
		if reason != "" {
			r.refuse("ResearchStudy.site", "%s", reason)
		}
		if key == uuid.Nil {
			continue
		}
		if org := l.managerOf(key); org == uuid.Nil {
			l.remark("a site of a trial whose location nobody manages was left out")
		} else if !slices.Contains(out, org) {
			out = append(out, org)
		}
	}
	return out
}

// registryName is what a trial is called by its number in the registry.
func registryName(number string) name { return name{programs, "https://clinicaltrials.gov", number} }

// lookUpTrials finds the trials by the registry's number that came in otherwise.
func (l *load) lookUpTrials() error {
	var numbers []string
	for _, it := range l.items {
		if s, is := it.resource.(*researchStudy); is {
			if n := registryName(s.registered()); n.value != "" && l.known[n] == uuid.Nil {
				numbers = append(numbers, n.value)
			}
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	rows, err := l.tx.CareProgram.Query().
		Where(careprogram.KindEQ(code.ProgramKindClinicalTrial), func(q *sql.Selector) {
			q.Where(arg.Codes(q.C(careprogram.FieldRegistryID), numbers))
		}).
		Order(careprogram.ByID()).
		All(l.ctx)
	for _, row := range rows {
		if n := registryName(*row.RegistryID); l.known[n] == uuid.Nil {
			l.known[n] = row.ID
		}
	}
	return err
}
