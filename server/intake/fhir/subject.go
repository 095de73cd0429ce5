package fhir

import (
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/arg"
	"github.com/carehub/carehub/ent/careprogram"
	"github.com/carehub/carehub/ent/code"
)

// researchSubject is FHIR's ResearchSubject.
type researchSubject struct {
	Identifier             []identifier
	Status                 string
	Period                 period
	Study, Individual      reference
	AssignedArm, ActualArm string
	Consent                reference
}

func (s *researchSubject) refer(to func(reference, string)) {
	to(s.Individual, patients)
	to(s.Study, programs)
	to(s.Consent, consents)
}

func (s *researchSubject) of() (string, reference) { return "individual", s.Individual }

// progress is how far a subject has come in a trial: its state, and the status of the enrollment.
type progress struct {
	state    code.SubjectState
	status   code.EnrollmentStatus
	consents bool // the state is that of somebody who has consented
}

var subjectStates = map[string]progress{
	"potential-candidate":   {code.SubjectStatePotentialCandidate, code.EnrollmentStatusReferred, false},
	"candidate":             {code.SubjectStateCandidate, code.EnrollmentStatusReferred, false},
	"not-registered":        {code.SubjectStateNotRegistered, code.EnrollmentStatusCancelled, false},
	"screening":             {code.SubjectStateScreening, code.EnrollmentStatusScreening, true},
	"eligible":              {code.SubjectStateEligible, code.EnrollmentStatusEligible, true},
	"ineligible":            {code.SubjectStateIneligible, code.EnrollmentStatusIneligible, true},
	"pending-on-study":      {code.SubjectStatePendingOnStudy, code.EnrollmentStatusReady, true},
	"on-study":              {code.SubjectStateOnStudy, code.EnrollmentStatusActive, true},
	"on-study-intervention": {code.SubjectStateOnStudyIntervention, code.EnrollmentStatusActive, true},
	"on-study-observation":  {code.SubjectStateOnStudyObservation, code.EnrollmentStatusActive, true},
	"follow-up":             {code.SubjectStateFollowUp, code.EnrollmentStatusActive, true},
	"off-study":             {code.SubjectStateOffStudy, code.EnrollmentStatusCompleted, true},
	"withdrawn":             {code.SubjectStateWithdrawn, code.EnrollmentStatusWithdrawn, false},
}

// subject is what a stay in a trial has beyond others.
type subject struct {
	state     code.SubjectState
	number    *string
	arm       *string
	consented *time.Time
}

// subject reads a subject as a stay in the trial. From screening on it takes a consent to the trial that was given
// before; who is in the trial now needs a trial that is active. Somebody who withdrew without having consented was
// never in it.
func (l *load) subject(it *item, s *researchSubject) (stay, *fault) {
	r := &reader{}
	at, known := subjectStates[s.Status]
	if !known {
		translate(r, "ResearchSubject.status", s.Status, map[string]code.SubjectState{})
	}
	consent, reason := l.find(it, s.Consent, consents)
	permission := l.permissions[consent]
	switch {
	case reason != "":
		r.refuse("ResearchSubject.consent", "%s", reason)
	case consent == uuid.Nil && at.consents:
		r.refuse("ResearchSubject.consent", "missing: nobody is screened without consent")
	case consent != uuid.Nil:
		l.relies(r, it, at, permission)
	}
	if at.state == code.SubjectStateWithdrawn && consent == uuid.Nil {
		at.status = code.EnrollmentStatusCancelled
	}
	out := l.stay(r, "ResearchSubject", at.status, s.Period, "")
	if out.status != at.status { // its period is over
		at.state = code.SubjectStateOffStudy
	}
	out.subject = &subject{state: at.state}
	if consent != uuid.Nil {
		out.subject.consented = &permission.at
		if start := r.moment("ResearchSubject.period.start", s.Period.Start); start != nil && start.Before(permission.at) {
			r.refuse("ResearchSubject.consent", "given after the trial began for the subject")
		}
	}
	trial, reason := l.find(it, s.Study, programs)
	status, is := l.trials[trial]
	switch {
	case reason != "":
		r.refuse("ResearchSubject.study", "%s", reason)
	case !is:
		r.refuse("ResearchSubject.study", "names no clinical trial")
	case out.status == code.EnrollmentStatusActive && status != code.ProgramStatusActive:
		r.refuse("ResearchSubject.study", "the trial is not active here: nobody can be in it")
	}
	out.into = trial
	arm := s.ActualArm
	if arm == "" {
		arm = s.AssignedArm
	}
	out.subject.arm = r.optional("ResearchSubject.actualArm", arm, 200)
	if len(s.Identifier) > 0 {
		out.subject.number = r.optional("ResearchSubject.identifier.value", s.Identifier[0].Value, 60)
	}
	return out, r.fault
}

// relies checks the consent that a subject names.
func (l *load) relies(r *reader, it *item, at progress, p permission) {
	current := p.status == code.ConsentStatusActive || ended[at.status] && p.status == code.ConsentStatusInactive
	switch {
	case p.patient != it.patient:
		r.refuse("ResearchSubject.consent", "it is another patient's")
	case p.scope != code.ConsentScopeTrialParticipation, p.decision != code.ConsentDecisionPermit:
		r.refuse("ResearchSubject.consent", "it does not permit to take part in a trial")
	case !current:
		r.refuse("ResearchSubject.consent", "it is not in force")
	}
}

// lookUpPrograms reads the status of trials that were there before.
func (l *load) lookUpPrograms(of []uuid.UUID) error {
	if len(of) == 0 {
		return nil
	}
	rows, err := l.tx.CareProgram.Query().
		Where(careprogram.KindEQ(code.ProgramKindClinicalTrial), func(q *sql.Selector) {
			q.Where(arg.Keys(q.C(careprogram.FieldID), of))
		}).
		Select(careprogram.FieldStatus).
		All(l.ctx)
	for _, row := range rows {
		l.trials[row.ID] = row.Status
	}
	return err
}
